"""Compound files, version 3 and 4 ([MS-CFB]): the container of Windows Installer packages.

A file system of sectors inside a file, so the dangers are those of one: chains that loop, sectors
that two streams share, directories whose tree is none. Every chain is walked when the file is
opened, each sector may be used once, and a stream's chain has to be exactly as long as its size.
What lies behind the last sector in use has to be zeros: signatures do not cover it.
"""

from __future__ import annotations

import os
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits
from rtinstall.runtime_bundle.archives.source import CHUNK, Part, exactly, joined, only_zeros
from rtinstall.runtime_bundle.errors import UnsafeArchive

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# 2.2: version, byte order, the two shifts, reserved, directory sectors, FAT sectors, first of the
# directory, transaction, cutoff, mini FAT (first, count), DIFAT (first, count), 109 FAT sectors.
HEADER = struct.Struct("<8s16s5H6s9I436s")
# 2.6.1: name, its length, type, colour, left, right, child, class, state, times, start, size.
ENTRY = struct.Struct("<64sHBB3I16sIQQIQ")
# 2.1: what a sector number, or the FAT's word for a sector, can be beside a sector.
REGULAR, DIFAT, FAT, END, FREE = 0xFFFFFFFA, 0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
SHIFTS = {3: 9, 4: 12}
MINI_SECTOR, CUTOFF = 64, 4096
UNUSED, STORAGE, STREAM, ROOT = 0, 1, 2, 5
FORBIDDEN = frozenset("/\\:!")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the directory."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    clsid: bytes
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stream lies: its sectors in order, of the file or of the mini stream."""

    size: int
    mini: bool
    sectors: array[int]


class Compound:
    """An open compound file.

    ``clsid`` is the root's class. ``sizes`` holds every stream by its raw name, one inside a
    storage as ``storage/stream``. ``loose`` counts sectors that belong to nothing; ``ordered`` is
    false where siblings are not in the order that readers who search by name rely on (2.6.4).
    """

    def __init__(self, file: BinaryIO, limits: Limits = LIMITS) -> None:
        """Read all there is but the streams; raise :class:`UnsafeArchive` for what is malformed."""
        self._file = file
        self._limits = limits
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        (magic, _, _, version, order, shift, mini_shift, _, directory_count, fat_count, directory,
         _, cutoff, mini_fat, mini_fat_count, difat, difat_count, first) = HEADER.unpack(
            exactly(file, HEADER.size)
        )  # fmt: skip
        if (
            magic != MAGIC
            or order != 0xFFFE
            or SHIFTS.get(version) != shift
            or (mini_shift, cutoff) != (6, CUTOFF)
        ):
            raise UnsafeArchive("this is no compound file of version 3 or 4")
        self._sector: int = 1 << shift
        if length % self._sector:
            raise UnsafeArchive("the compound file does not consist of whole sectors")
        self._used = bytearray(length // self._sector - 1)
        self._fat = self._read_fat(first, fat_count, difat, difat_count)
        chain = self._chain(directory)
        # Version 3 does not count them (2.2).
        if directory_count not in ((0,) if version == 3 else (len(chain),)):
            raise UnsafeArchive("the compound file's directory is longer or shorter than stated")
        entries = list(self._entries(self._table(chain), version))
        mini_chain = self._chain(mini_fat, mini_fat_count)
        self._mini_fat = _words(self._table(mini_chain))
        root = entries[0]
        self._mini_stream = self._chain(root.start if root.size else END, self._sectors(root.size))
        self._mini_used = bytearray(-(-root.size // MINI_SECTOR))
        self.clsid = root.clsid
        self.ordered = True
        self._places = {
            name: self._place(name, entry) for name, entry in self._walk(entries).items()
        }
        self.sizes = {name: place.size for name, place in self._places.items()}
        self._check_end()
        self.loose = self._used.count(0)

    def read(self, name: str, limit: int) -> bytes:
        """Return a whole stream, which may be at most ``limit`` bytes."""
        return joined(self.open(name), limit, f"the stream {name!r}")

    def open(self, name: str) -> Part:
        """Return a stream as a source, and as an iterator of chunks."""
        if name not in self._places:
            raise UnsafeArchive(f"the compound file has no stream {name!r}")
        place = self._places[name]
        return Part(_Reader(self._chunks(place)), place.size)

    def _read_fat(self, first: bytes, count: int, difat: int, difat_count: int) -> array[int]:
        """Collect the FAT's sectors from the header and the DIFAT (2.5.1); return the FAT."""
        if count * self._sector > self._limits.metadata:
            raise UnsafeArchive(f"the compound file's FAT of {count} sectors is too large")
        listed = _words(first)
        others = []
        while difat < REGULAR:
            others.append(difat)
            if len(others) > difat_count:
                break
            self._use(difat)
            words = _words(self._read_sector(difat))
            listed.extend(words[:-1])
            difat = words[-1]
        sectors = listed[:count]
        if len(others) != difat_count or len(sectors) != count or set(listed[count:]) - {FREE}:
            raise UnsafeArchive("the compound file's FAT is longer or shorter than stated")
        fat: array[int] = array("I")
        for sector in sectors:
            self._use(sector)
            fat.extend(_words(self._read_sector(sector)))
        marks = [*((sector, FAT) for sector in sectors), *((sector, DIFAT) for sector in others)]
        if any(sector >= len(fat) or fat[sector] != mark for sector, mark in marks):
            raise UnsafeArchive("the compound file's FAT does not know where it lies itself")
        return fat

    def _sectors(self, size: int) -> int:
        """Return how many sectors ``size`` bytes take, or refuse a size beyond the file."""
        count = -(-size // self._sector)
        if count > len(self._used):
            raise UnsafeArchive(f"a stream of {size} bytes is larger than the compound file")
        return count

    def _use(self, sector: int) -> None:
        if sector >= len(self._used):
            raise UnsafeArchive(f"sector {sector} lies outside the compound file")
        if self._used[sector]:
            raise UnsafeArchive(f"sector {sector} of the compound file is used twice")
        self._used[sector] = 1

    def _chain(self, start: int, length: int | None = None) -> array[int]:
        """Return the sectors of a chain, ``length`` of them if that is known, and mark them used."""
        sectors: array[int] = array("I")
        while start != END and len(sectors) != length:
            self._use(start)
            if start >= len(self._fat):
                raise UnsafeArchive(f"the compound file's FAT ends before sector {start}")
            sectors.append(start)
            start = self._fat[start]
        if start != END or (length is not None and len(sectors) != length):
            raise UnsafeArchive("a chain of sectors is longer or shorter than its stream")
        return sectors

    def _read_sector(self, sector: int) -> bytes:
        self._file.seek((sector + 1) * self._sector)
        return exactly(self._file, self._sector)

    def _table(self, sectors: array[int]) -> bytes:
        """Return the content of sectors that hold structures."""
        if len(sectors) * self._sector > self._limits.metadata:
            raise UnsafeArchive("the compound file's directory or mini FAT is too large")
        return b"".join(map(self._read_sector, sectors))

    def _entries(self, data: bytes, version: int) -> Iterator[_Entry]:
        for number, fields in enumerate(ENTRY.iter_unpack(data)):
            (name, length, kind, _, left, right, child, clsid, _, _, _, start, size) = fields
            if kind not in (UNUSED, STORAGE, STREAM, ROOT) or (number == 0) != (kind == ROOT):
                raise UnsafeArchive(f"the compound file's entry {number} is of no known kind")
            if number > self._limits.members:
                raise UnsafeArchive(f"the compound file has more than {number} entries")
            # 2.6.3: the high half is to be ignored in version 3.
            size &= 0xFFFFFFFF if version == 3 else 0xFFFFFFFFFFFFFFFF
            yield _Entry(_name(name, length, kind), kind, left, right, child, clsid, start, size)

    def _walk(self, entries: list[_Entry]) -> dict[str, _Entry]:
        """Return the streams of all storages by path; hold every tree of siblings to its rules."""
        found: dict[str, _Entry] = {}
        seen = {0}
        storages = [("", entries[0].child)]
        for prefix, top in storages:
            names: set[bytes] = set()
            last: tuple[int, bytes] | None = None
            for entry in _in_order(entries, top, seen):
                name = _upper(entry.name).encode("utf-16-be")
                key = (len(name), name)
                if name in names:
                    raise UnsafeArchive(f"{entry.name!r} is in the compound file twice")
                names.add(name)
                self.ordered = self.ordered and (last is None or last < key)
                last = key
                if entry.kind == STORAGE:
                    storages.append((f"{prefix}{entry.name}/", entry.child))
                else:
                    found[prefix + entry.name] = entry
        if any(entry.kind != UNUSED and at not in seen for at, entry in enumerate(entries)):
            raise UnsafeArchive("the compound file has an entry that no storage holds")
        return found

    def _place(self, name: str, entry: _Entry) -> _Place:
        if not entry.size:  # its start says nothing then
            return _Place(0, False, array("I"))
        if entry.size >= CUTOFF:
            return _Place(entry.size, False, self._chain(entry.start, self._sectors(entry.size)))
        sectors: array[int] = array("I")
        at = entry.start
        for _ in range(-(-entry.size // MINI_SECTOR)):
            if at >= min(len(self._mini_used), len(self._mini_fat)) or self._mini_used[at]:
                raise UnsafeArchive(f"the stream {name!r} lies outside or where another one lies")
            self._mini_used[at] = 1
            sectors.append(at)
            at = self._mini_fat[at]
        if at != END:
            raise UnsafeArchive(f"the chain of {name!r} is longer than its {entry.size} bytes")
        return _Place(entry.size, True, sectors)

    def _check_end(self) -> None:
        last = self._used.rfind(1)
        self._file.seek((last + 2) * self._sector)
        only_zeros(self._file, "compound file's last sector")

    def _chunks(self, place: _Place) -> Iterator[bytes]:
        """Yield a stream's sectors, neighbours together."""
        if place.mini:
            per = self._sector // MINI_SECTOR
            for sector in place.sectors:
                self._file.seek(
                    (self._mini_stream[sector // per] + 1) * self._sector
                    + sector % per * MINI_SECTOR
                )
                yield exactly(self._file, MINI_SECTOR)
            return
        sectors = place.sectors
        most = CHUNK // self._sector
        at = 0
        while at < len(sectors):
            count = 1
            while (
                count < most
                and at + count < len(sectors)
                and sectors[at + count] == sectors[at] + count
            ):
                count += 1
            self._file.seek((sectors[at] + 1) * self._sector)
            yield exactly(self._file, count * self._sector)
            at += count


class _Reader:
    """Chunks as a source; what they hold beyond the stream is never asked for."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        if not self._held:
            self._held = memoryview(next(self._chunks, b""))
        data = bytes(self._held[:size])
        self._held = self._held[size:]
        return data


def _words(data: bytes) -> array[int]:
    words = array("I", data)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _name(data: bytes, length: int, kind: int) -> str:
    if kind == UNUSED:
        return ""
    if length % 2 or not 4 <= length <= 64 or data[length - 2 : length] != b"\0\0":
        raise UnsafeArchive("a name in the compound file is malformed")
    try:
        name = data[: length - 2].decode("utf-16-le")
    except UnicodeDecodeError:
        raise UnsafeArchive("a name in the compound file is not UTF-16") from None
    if "\0" in name or FORBIDDEN & set(name):
        raise UnsafeArchive(f"the name {name!r} in the compound file is forbidden")
    return name


def _upper(name: str) -> str:
    """Return the name as siblings are compared: character by character, never longer (2.6.4)."""
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in name)


def _in_order(entries: list[_Entry], top: int, seen: set[int]) -> Iterator[_Entry]:
    """Yield a tree of siblings from the left; no entry may be seen twice."""
    path: list[int] = []
    at = top
    while at != FREE or path:
        while at != FREE:
            if at in seen or at >= len(entries) or entries[at].kind not in (STORAGE, STREAM):
                raise UnsafeArchive(f"the compound file's tree leads to entry {at}, and must not")
            seen.add(at)
            path.append(at)
            at = entries[at].left
        entry = entries[path.pop()]
        yield entry
        at = entry.right
