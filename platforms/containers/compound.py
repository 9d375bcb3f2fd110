"""Compound files, version 4 ([MS-CFB]): the container of a Windows Installer database.

Streams are written in place, one after the other, each from the start of a sector, so every chain
is a run of consecutive sectors and the allocation table is known from the runs' lengths alone. The
header is left empty until :meth:`CompoundFile.close`. There are no storages below the root, and no
times. Past 2 GiB a file would need a lock sector (section 2.8); it is refused instead.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from rtinstall.runtime_bundle.errors import NotExpressible

SECTOR = 4096
MINI_SECTOR = 64
# Streams shorter than this live in the mini stream; readers go by the size alone.
CUTOFF = 4096
NAME_UNITS = 31
FORBIDDEN = frozenset("/\\:!")
# Where the lock sector of section 2.8 would be.
LIMIT = 0x7FFFFF00

FREE, END, FAT_SECTOR, DIFAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
PER_SECTOR = SECTOR // 4
IN_HEADER = 109
RED, BLACK = 0, 1
NO_ENTRY = 0xFFFFFFFF
STREAM, ROOT = 2, 5

HEADER = struct.Struct("<8s16xHHHHH6xIIIIIIIII")
ENTRY = struct.Struct("<64sHBBIII16s4x16xIQ")
UNUSED_ENTRY = ENTRY.pack(b"", 0, 0, 0, NO_ENTRY, NO_ENTRY, NO_ENTRY, b"", 0, 0)


class _Extent(NamedTuple):
    """Where a stream is: a sector, or a mini sector if it is shorter than the cutoff."""

    start: int
    size: int


class CompoundFile:
    """A compound file being written to ``out``: empty, readable, writable and seekable."""

    def __init__(self, out: BinaryIO, clsid: bytes) -> None:
        """Begin the file; ``clsid`` (16 bytes, as stored) says what kind of file it is."""
        self._out = out
        self._clsid = clsid
        self._extents: dict[str, _Extent] = {}
        self._taken: set[tuple[int, tuple[str, ...]]] = set()
        self._runs: list[int] = []
        self._mini = bytearray()
        self._mini_runs: list[int] = []
        out.write(bytes(SECTOR))

    @contextmanager
    def stream(self, name: str) -> Iterator[BinaryIO]:
        """Make a stream of what is written within the block; the position must end at its end."""
        self._take(name)
        start = self._out.tell()
        yield self._out
        size = self._out.tell() - start
        if size >= CUTOFF:
            self._extents[name] = _Extent(start // SECTOR - 1, size)
            self._pad(size)
            return
        self._out.seek(start)
        data = self._out.read(size)
        self._out.seek(start)
        self._out.truncate()
        self._add_small(name, data)

    def add(self, name: str, data: bytes) -> None:
        """Add a whole stream."""
        if len(data) < CUTOFF:
            self._take(name)
            self._add_small(name, data)
        else:
            with self.stream(name) as out:
                out.write(data)

    def close(self) -> None:
        """Write what says where everything is; ``out`` stays open, at its end.

        Raises :class:`NotExpressible` for a file beyond 2 GiB.
        """
        self._mini += bytes(-len(self._mini) % MINI_SECTOR)
        mini = self._append(self._mini)
        mini_fat = self._append(_pack_sectors(list(_chains(self._mini_runs))))
        directory = self._append(self._directory(_Extent(mini, len(self._mini))))
        used = sum(self._runs)
        fats, difats = table_sectors(used)
        size = (1 + used + fats + difats) * SECTOR
        if size > LIMIT:
            raise NotExpressible(f"a compound file is no larger than 2 GiB, and not {size} bytes")
        table = [*_chains(self._runs), *[FAT_SECTOR] * fats, *[DIFAT_SECTOR] * difats]
        self._out.write(_pack_sectors(table))
        self._out.write(_difat(used, fats, difats))
        end = self._out.tell()
        self._out.seek(0)
        self._out.write(
            HEADER.pack(
                bytes.fromhex("d0cf11e0a1b11ae1"),
                0x3E,
                4,
                0xFFFE,
                SECTOR.bit_length() - 1,
                MINI_SECTOR.bit_length() - 1,
                used - directory,
                fats,
                directory,
                0,
                CUTOFF,
                mini_fat,
                -(-len(self._mini) // MINI_SECTOR // PER_SECTOR),
                used + fats if difats else END,
                difats,
            )
        )
        first = range(used, used + min(fats, IN_HEADER))
        self._out.write(struct.pack("<109I", *first, *[FREE] * (IN_HEADER - len(first))))
        self._out.seek(end)

    def _take(self, name: str) -> None:
        units = _units(name)
        if not 0 < len(units) <= NAME_UNITS or FORBIDDEN & set(units):
            raise ValueError(f"no name for a stream of a compound file: {name!r}")
        if _order(name) in self._taken:
            raise ValueError(f"the stream {name!r} is there already")
        self._taken.add(_order(name))

    def _add_small(self, name: str, data: bytes) -> None:
        start = len(self._mini) // MINI_SECTOR if data else END
        self._extents[name] = _Extent(start, len(data))
        self._mini += data + bytes(-len(data) % MINI_SECTOR)
        self._mini_runs.append(-(-len(data) // MINI_SECTOR))

    def _append(self, data: bytes | bytearray) -> int:
        """Write a chain of its own, and return its first sector."""
        start = sum(self._runs)
        self._out.write(data)
        self._pad(len(data))
        return start if data else END

    def _pad(self, size: int) -> None:
        """Fill the last sector of a chain of ``size`` bytes, and remember the chain."""
        self._out.write(bytes(-size % SECTOR))
        self._runs.append(-(-size // SECTOR))

    def _directory(self, mini: _Extent) -> bytes:
        names = sorted(self._extents, key=_order)
        top, nodes = tree(len(names))
        entries = [_entry("Root Entry", ROOT, (NO_ENTRY, NO_ENTRY, BLACK), mini, top, self._clsid)]
        for name, node in zip(names, nodes, strict=True):
            entries.append(_entry(name, STREAM, node, self._extents[name]))
        entries += [UNUSED_ENTRY] * (-len(entries) % (SECTOR // ENTRY.size))
        return b"".join(entries)


def table_sectors(used: int) -> tuple[int, int]:
    """Return how many FAT and DIFAT sectors describe a file of ``used`` sectors and themselves."""
    fats = difats = 0
    while fats * PER_SECTOR < used + fats + difats:
        fats += 1
        difats = -(-max(0, fats - IN_HEADER) // (PER_SECTOR - 1))
    return fats, difats


def tree(count: int) -> tuple[int, list[tuple[int, int, int]]]:
    """Return a red-black tree over ``count`` sorted streams (section 2.6.4).

    That is the entry at its top, and left entry, right entry and colour of each stream, whose
    entries are numbered from 1: the root storage has 0. Every level but the last is full, so the
    last one alone is red, unless it is full as well.
    """
    full = (count + 1).bit_length() - 1
    nodes = [(NO_ENTRY, NO_ENTRY, BLACK)] * count

    def grow(low: int, high: int, depth: int) -> int:
        if low == high:
            return NO_ENTRY
        middle = (low + high) // 2
        left, right = grow(low, middle, depth + 1), grow(middle + 1, high, depth + 1)
        nodes[middle] = (left, right, RED if depth == full else BLACK)
        return middle + 1

    return grow(0, count, 0), nodes


def _units(name: str) -> list[str]:
    data = name.encode("utf-16-le")
    return [chr(unit) for unit in struct.unpack(f"<{len(data) // 2}H", data)]


def _order(name: str) -> tuple[int, tuple[str, ...]]:
    """Return what siblings are sorted by, and may not share: length, then upper-case units."""
    upper = [unit.upper() for unit in _units(name)]
    # One unit for one: "ß" has no upper case of its own length, and is compared as it is.
    units = [new if len(new) == 1 else old for old, new in zip(_units(name), upper, strict=True)]
    return len(units), tuple(units)


def _entry(
    name: str,
    kind: int,
    node: tuple[int, int, int],
    extent: _Extent,
    child: int = NO_ENTRY,
    clsid: bytes = b"",
) -> bytes:
    encoded = name.encode("utf-16-le")
    left, right, colour = node
    return ENTRY.pack(
        encoded,
        len(encoded) + 2,
        kind,
        colour,
        left,
        right,
        child,
        clsid,
        extent.start,
        extent.size,
    )


def _chains(runs: Sequence[int]) -> Iterator[int]:
    """Yield the allocation table of chains that lie one after the other."""
    start = 0
    for length in runs:
        if length:
            yield from range(start + 1, start + length)
            yield END
        start += length


def _difat(first: int, fats: int, difats: int) -> bytes:
    """Return the sectors that name the FAT sectors after the header's 109: a chain by last entry."""
    numbers = list(range(first + IN_HEADER, first + fats))
    sectors = b""
    for index in range(difats):
        part = numbers[index * (PER_SECTOR - 1) : (index + 1) * (PER_SECTOR - 1)]
        part += [FREE] * (PER_SECTOR - 1 - len(part))
        following = first + fats + index + 1 if index + 1 < difats else END
        sectors += struct.pack(f"<{PER_SECTOR}I", *part, following)
    return sectors


def _pack_sectors(numbers: list[int]) -> bytes:
    numbers += [FREE] * (-len(numbers) % PER_SECTOR)
    return struct.pack(f"<{len(numbers)}I", *numbers)
