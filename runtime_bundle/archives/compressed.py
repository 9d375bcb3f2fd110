"""gzip, xz, Zstandard and bzip2, found by their magic and read as a metered stream.

The output of one step is bounded whatever the input, so a bomb meets the meter before the memory.
Concatenated streams are read as one, as each format says; anything else behind a stream is refused.
"""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import BinaryIO, Literal, Protocol

from rtinstall.runtime_bundle.archives.ahead import ahead
from rtinstall.runtime_bundle.archives.limits import Limits, Meter
from rtinstall.runtime_bundle.archives.source import CHUNK, Source, Stream
from rtinstall.runtime_bundle.errors import MissingTool, UnsafeArchive

Codec = Literal["gzip", "xz", "zstd", "bzip2"]
MAGIC: dict[Codec, bytes] = {
    "gzip": b"\x1f\x8b\x08",
    "xz": b"\xfd7zXZ\x00",
    "zstd": b"\x28\xb5\x2f\xfd",
    "bzip2": b"BZh",
}
FEED = 1 << 18
MOST = 1 << 20  # bytes of one step's output
# libzstd has no bound on the output of one step. Its densest block makes 128 KiB of 4 bytes, so
# this much input makes 8 MiB at worst.
ZSTD_FEED = 1 << 8


class _Decoder(Protocol):
    """The interface that :mod:`bz2` and :mod:`lzma` share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflate:
    """The same for zlib, or another library with its interface."""

    def __init__(self, library: ModuleType) -> None:
        new: Callable[[int], zlib._Decompress] = library.decompressobj
        self._inner = new(16 + zlib.MAX_WBITS)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class _Zstd:
    """The same for zstandard, one frame."""

    needs_input = True

    def __init__(self, window: int) -> None:
        import zstandard

        self._inner = zstandard.ZstdDecompressor(max_window_size=window).decompressobj()

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(data)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def codec_of(start: bytes) -> Codec | None:
    """Return the codec whose magic ``start`` begins with; six bytes are enough."""
    return next((codec for codec, magic in MAGIC.items() if start.startswith(magic)), None)


def expanded(file: BinaryIO, meter: Meter, *, early: bool = False) -> Stream:
    """Read ``file`` from its beginning, decompressed if it begins with the magic of a codec.

    With ``early`` a thread decompresses what has not been asked for yet.
    """
    codec = codec_of(file.read(6))
    file.seek(0)
    if codec:
        return decompress(file, codec, meter, early=early)
    return Stream(iter(lambda: file.read(CHUNK), b""), meter)


def decompress(source: Source, codec: Codec, meter: Meter, *, early: bool = False) -> Stream:
    """Read every stream of ``codec`` in ``source``, to its end.

    Raises :class:`UnsafeArchive` while it is read, :class:`MissingTool` at once where the codec needs
    a library that is not there.
    """
    new, errors = _decoder(codec, meter.limits)
    feed = ZSTD_FEED if codec == "zstd" else FEED
    chunks = _streams(source, codec, new, errors, feed)
    return Stream(ahead(chunks) if early else chunks, meter)


def gzip_member(file: BinaryIO, meter: Meter) -> Stream:
    """Read one gzip member; at its end ``file`` stands on the byte behind it."""
    new, errors = _decoder("gzip", meter.limits)

    def member() -> Iterator[bytes]:
        decoder = new()
        yield from _one(file, "gzip", decoder, errors, b"", FEED)
        file.seek(-len(decoder.unused_data), os.SEEK_CUR)

    return Stream(member(), meter)


def _decoder(
    codec: Codec, limits: Limits
) -> tuple[Callable[[], _Decoder], tuple[type[Exception], ...]]:
    match codec:
        case "gzip":
            library = _zlib()
            return lambda: _Inflate(library), (library.error,)
        case "xz":
            return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, limits.memory), (lzma.LZMAError,)
        case "bzip2":
            return bz2.BZ2Decompressor, (OSError, ValueError)
        case "zstd":
            return _zstd(limits.window)


def _zlib() -> ModuleType:
    """Return zlib-ng, which takes half the time, where its package is; else zlib."""
    try:
        return import_module("zlib_ng.zlib_ng")
    except ImportError:
        return zlib


def _zstd(window: int) -> tuple[Callable[[], _Decoder], tuple[type[Exception], ...]]:
    """Return a decoder of the library, or else of Python itself, which has one since 3.14."""
    try:
        import zstandard
    except ImportError:
        pass
    else:
        return lambda: _Zstd(window), (zstandard.ZstdError,)
    try:
        own = import_module("compression.zstd")
    except ImportError:
        raise MissingTool(
            "reading Zstandard needs Python 3.14, or the package zstandard",
            hint="pip install zstandard (FreeBSD: pkg install py311-zstandard), or use the .tar.xz",
        ) from None
    options = {own.DecompressionParameter.window_log_max: window.bit_length() - 1}
    return lambda: own.ZstdDecompressor(options=options), (own.ZstdError,)


def _streams(
    source: Source,
    codec: Codec,
    new: Callable[[], _Decoder],
    errors: tuple[type[Exception], ...],
    feed: int,
) -> Iterator[bytes]:
    data = source.read(feed)
    while True:
        decoder = new()
        yield from _one(source, codec, decoder, errors, data, feed)
        data = decoder.unused_data or source.read(feed)
        if not data:
            return


def _one(
    source: Source,
    codec: Codec,
    decoder: _Decoder,
    errors: tuple[type[Exception], ...],
    data: bytes,
    feed: int,
) -> Iterator[bytes]:
    """Yield what one stream holds; ``data`` was read ahead."""
    while not decoder.eof:
        ended = False
        if not data and decoder.needs_input:
            data = source.read(feed)
            ended = not data
        try:
            out = decoder.decompress(data, MOST)
        except errors as error:
            raise UnsafeArchive(f"the {codec} data is damaged: {error}") from None
        data = b""
        if out:
            yield out
        elif ended and not decoder.eof:
            raise UnsafeArchive(f"the {codec} data is cut short")
