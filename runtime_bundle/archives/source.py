"""Reading bytes in order: whole records, one member's share, decompressed chunks as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from rtinstall.runtime_bundle.archives.limits import Meter
from rtinstall.runtime_bundle.errors import UnsafeArchive

CHUNK = 1 << 18


class Source(Protocol):
    """Anything with ``read``: fewer bytes than asked for are no end, none are."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes."""


def up_to(source: Source, size: int) -> bytes:
    """Return ``size`` bytes, fewer only at the end."""
    data = source.read(size)
    if len(data) == size or not data:
        return data
    pieces = [data]
    left = size - len(data)
    while left and (data := source.read(left)):
        pieces.append(data)
        left -= len(data)
    return b"".join(pieces)


def exactly(source: Source, size: int) -> bytes:
    """Return ``size`` bytes, or raise :class:`UnsafeArchive`."""
    data = up_to(source, size)
    if len(data) != size:
        raise UnsafeArchive(f"the archive is cut short: {size - len(data)} bytes are missing")
    return data


def only_zeros(source: Source, what: str) -> None:
    """Read to the end, and raise :class:`UnsafeArchive` for anything but zeros."""
    while data := source.read(CHUNK):
        if data.count(0) != len(data):
            raise UnsafeArchive(f"there is more after the end of the {what}")


class Part:
    """The next ``size`` bytes of a source: a source itself, and an iterator of chunks."""

    def __init__(self, source: Source, size: int) -> None:
        """Take nothing yet."""
        self._source = source
        self.left = size

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; a source that ends too early is an :class:`UnsafeArchive`."""
        if not self.left or not size:
            return b""
        data = self._source.read(min(size, self.left))
        if not data:
            raise UnsafeArchive(f"the archive is cut short: {self.left} bytes are missing")
        self.left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next chunk."""
        if not self.left:
            raise StopIteration
        return self.read(CHUNK)

    def skip(self) -> None:
        """Read what is left."""
        while self.left:
            self.read(CHUNK)


class Stream:
    """A source made of chunks, every byte of it metered."""

    def __init__(self, chunks: Iterator[bytes], meter: Meter) -> None:
        """Take nothing yet."""
        self._chunks = chunks
        self._meter = meter
        self._held = b""
        self._at = 0

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes."""
        while self._at == len(self._held):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._meter.add(len(chunk))
            self._held, self._at = chunk, 0
        data = self._held[self._at : self._at + size]
        self._at += len(data)
        return data


def joined(chunks: Iterable[bytes], limit: int, what: str) -> bytes:
    """Return all chunks as one, which may be at most ``limit`` bytes."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise UnsafeArchive(f"{what} is larger than {limit} bytes")
    return bytes(data)


def text(data: bytes, what: str) -> str:
    """Decode UTF-8, or raise :class:`UnsafeArchive`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UnsafeArchive(f"{what} is not UTF-8: {data[:80]!r}") from None
