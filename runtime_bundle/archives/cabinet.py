"""Cabinets ([MS-CAB], [MS-MCI]): one file, stored or MSZIP, every checksum compared.

Read from the first byte to the last, as :mod:`.zip` is: header, folders, files, then the blocks of
each folder, without a gap; the files of a folder lie one behind the other and fill it. Cabinets
that continue in another one, and the compressions Quantum and LZX, are not read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives.archive import Archive
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import Part, Source, Stream, exactly, text
from rtinstall.runtime_bundle.archives.zip import dos_time
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive

MAGIC = b"MSCF"
HEADER = struct.Struct("<4s5I2B5H")
FOLDER = struct.Struct("<I2H")
FILE = struct.Struct("<2I4H")
DATA = struct.Struct("<I2H")
PREVIOUS, NEXT, RESERVE = 1, 2, 4
READ_ONLY, EXECUTABLE, UTF8 = 0x01, 0x40, 0x80
STORED, MSZIP = 0, 1
COMPRESSIONS = {2: "Quantum", 3: "LZX"}
BLOCK = 1 << 15
# [MS-MCI] 2.1: what one block may take when it does not compress.
PACKED_BLOCK = BLOCK + 12


@dataclass(frozen=True, slots=True)
class CabinetFile:
    """A file as the cabinet lists it; ``date`` and ``clock`` are as DOS stores them."""

    name: str
    size: int
    folder: int
    date: int
    clock: int
    attributes: int


class Cabinet:
    """A cabinet whose list of files has been read from ``source``; :meth:`members` reads on."""

    def __init__(self, source: Source, meter: Meter) -> None:
        """Read everything before the data, or raise :class:`UnsafeArchive`."""
        self._source = source
        self._meter = meter
        (magic, zero, size, zero2, start, zero3, minor, major, folders, files, flags, _, _) = (
            HEADER.unpack(exactly(source, HEADER.size))
        )
        if magic != MAGIC or (zero, zero2, zero3, minor, major) != (0, 0, 0, 3, 1):
            raise UnsafeArchive("this is no cabinet of version 1.3")
        if flags & (PREVIOUS | NEXT) or flags & ~RESERVE:
            raise UnsafeArchive(f"the cabinet continues in another one (flags {flags:#x})")
        self._size = size
        at = HEADER.size
        folder_reserve = self._reserve = 0
        if flags & RESERVE:
            reserve, folder_reserve, self._reserve = struct.unpack("<HBB", exactly(source, 4))
            exactly(source, reserve)
            at += 4 + reserve
        stored = [FOLDER.unpack(exactly(source, FOLDER.size + folder_reserve)[: FOLDER.size])
                  for _ in range(folders)]  # fmt: skip
        at += folders * (FOLDER.size + folder_reserve)
        self._at = stored[0][0] if stored else size
        if start != at or not start <= self._at <= size:
            raise UnsafeArchive("the cabinet's list of files does not lie behind its folders")
        if self._at - start > meter.limits.metadata:
            raise UnsafeArchive("the cabinet's list of files is too large")
        self._folders = stored
        self.files = tuple(self._listed(exactly(source, self._at - start), files))

    def members(self) -> Iterator[Member]:
        """Yield the files in the cabinet's order; to be called once."""
        files = iter(self.files)
        file = next(files, None)
        for number, (start, count, compression) in enumerate(self._folders):
            if start != self._at:
                raise UnsafeArchive(f"the cabinet has a gap or an overlap before folder {number}")
            blocks = Stream(self._blocks(count, compression), self._meter)
            while file and file.folder == number:
                chunks = Part(blocks, file.size)
                yield _entry(file), chunks
                chunks.skip()
                file = next(files, None)
            if blocks.read(1):
                raise UnsafeArchive(f"folder {number} of the cabinet holds more than its files")
        if self._at != self._size or self._source.read(1):
            raise UnsafeArchive("there is something behind the end of the cabinet")

    def _listed(self, data: bytes, count: int) -> Iterator[CabinetFile]:
        """Read the list of files, which has to be in the order of their data."""
        names: set[str] = set()
        at = folder = filled = 0
        for _ in range(count):
            self._meter.member()
            end = data.find(b"\0", at + FILE.size)
            if end < 0:
                raise UnsafeArchive("the cabinet's list of files is cut short")
            size, offset, number, date, clock, attributes = FILE.unpack_from(data, at)
            name = _name(data[at + FILE.size : end], attributes)
            at = end + 1
            if name in names:
                raise UnsafeArchive(f"{name!r} is in the cabinet twice")
            names.add(name)
            if folder < number < len(self._folders):
                folder, filled = number, 0
            if number != folder or number >= len(self._folders) or offset != filled:
                raise UnsafeArchive(f"{name!r} does not lie behind the file before it")
            filled += size
            yield CabinetFile(name, size, number, date, clock, attributes)
        if at != len(data):
            raise UnsafeArchive("the cabinet has something between its files and their data")

    def _blocks(self, count: int, compression: int) -> Iterator[bytes]:
        """Yield the content of a folder, at most 32 KiB at a time."""
        kind = compression & 0xF
        if kind in COMPRESSIONS:
            raise NotReadable(
                f"the cabinet is compressed with {COMPRESSIONS[kind]}, which is not read here",
                hint="cabinets that are stored or compressed with MSZIP are read",
            )
        if compression not in (STORED, MSZIP):
            raise UnsafeArchive(f"the cabinet is compressed by the unknown method {compression:#x}")
        history = b""
        for left in range(count, 0, -1):
            checksum, packed, size = DATA.unpack(exactly(self._source, DATA.size))
            reserve = exactly(self._source, self._reserve)
            # Only the last block of a folder may be shorter.
            if not size or size > BLOCK or (left > 1 and size < BLOCK) or packed > PACKED_BLOCK:
                raise UnsafeArchive(f"a block of the cabinet has the sizes {packed} and {size}")
            data = exactly(self._source, packed)
            self._at += DATA.size + self._reserve + packed
            # 0 says that none was computed.
            if checksum not in (0, _checksum(struct.pack("<2H", packed, size) + reserve, data)):
                raise UnsafeArchive("a block of the cabinet is damaged: its checksum is wrong")
            history = _inflated(data, size, history) if compression == MSZIP else data
            if len(history) != size:
                raise UnsafeArchive(
                    f"a stored block of the cabinet has the sizes {packed} and {size}"
                )
            yield history


def open_cab(path: Path, limits: Limits = LIMITS) -> Archive:
    """Prepare to read a cabinet of its own."""

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        yield from Cabinet(file, Meter(limits, path.stat().st_size)).members()

    return Archive(path, "cab", {}, (), [], members)


def _name(data: bytes, attributes: int) -> str:
    if not data or len(data) > 255:
        raise UnsafeArchive(f"a file in the cabinet has no usable name: {data[:80]!r}")
    if not attributes & UTF8 and not data.isascii():
        raise UnsafeArchive(f"the name {data!r} does not say in which encoding it is")
    return text(data, "a name in the cabinet")


def _entry(file: CabinetFile) -> ArchiveEntry:
    mode = 0o755 if file.attributes & EXECUTABLE else 0o644
    if file.attributes & READ_ONLY:
        mode &= ~0o222
    return ArchiveEntry(file.name, "file", mode, file.size, dos_time(file.date, file.clock))


def _inflated(data: bytes, size: int, history: bytes) -> bytes:
    """Return one MSZIP block; ``history`` is the block before it, which it may refer to."""
    if not data.startswith(b"CK"):
        raise UnsafeArchive("a block of the cabinet is no MSZIP")
    decoder = zlib.decompressobj(-zlib.MAX_WBITS, zdict=history)
    try:
        out = decoder.decompress(memoryview(data)[2:], size + 1)
    except zlib.error as error:
        raise UnsafeArchive(f"a block of the cabinet is damaged: {error}") from None
    if len(out) != size or not decoder.eof or decoder.unused_data:
        raise UnsafeArchive(f"a block of the cabinet does not expand to its {size} bytes")
    return out


def _checksum(sizes: bytes, data: bytes) -> int:
    """Return the checksum of a block ([MS-CAB] 3.1): of its data, then of what stands before it."""
    return _folded(data) ^ _folded(sizes)


def _folded(data: bytes) -> int:
    """Return the exclusive or of the little-endian words; 1 to 3 bytes left over are big-endian.

    The words are folded as one large number, half upon half: a loop over them would take longer
    than the decompression.
    """
    whole = len(data) & ~3
    value = int.from_bytes(data[:whole], "little")
    width = max(32, 1 << (whole * 8 - 1).bit_length()) if whole else 32
    while width > 32:
        width //= 2
        value = (value >> width) ^ (value & (1 << width) - 1)
    return value ^ int.from_bytes(data[whole:], "big")
