"""Read a compound file, version 3 or 4, from [MS-CFB]; whatever breaks its rules is a ValueError.

Every sector must have one owner: a chain, a table, or nobody, and then it is marked as free.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass

FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
NONE = 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5
BLACK = 1


@dataclass(frozen=True)
class Entry:
    name: str
    kind: int
    red: bool
    left: int
    right: int
    child: int
    clsid: bytes
    state: int
    times: tuple[int, int]
    start: int
    size: int


@dataclass(frozen=True)
class Compound:
    data: bytes | mmap.mmap
    version: int
    sector_size: int
    fat: list[int]
    difat_sectors: int
    entries: list[Entry]
    mini_fat: list[int]
    mini: bytes
    names: dict[str, Entry]
    balanced: bool

    @property
    def clsid(self) -> bytes:
        return self.entries[0].clsid

    def chain(self, name: str) -> list[int]:
        """Return the sectors of a stream, mini sectors of one below 4096 bytes."""
        entry = self.names[name]
        return _chain(self.mini_fat if entry.size < 4096 else self.fat, entry.start, name)

    def read(self, name: str) -> bytes:
        entry = self.names[name]
        if entry.size < 4096:
            parts = [self.mini[64 * n : 64 * (n + 1)] for n in self.chain(name)]
        else:
            parts = [_sector(self.data, self.sector_size, n) for n in self.chain(name)]
        return b"".join(parts)[: entry.size]


def read(data: bytes | mmap.mmap) -> Compound:
    """Return the file with its streams' entries by name."""
    magic, clsid, _, version, order, shift, mini_shift, reserved = struct.unpack_from(
        "<8s16sHHHHH6s", data
    )
    if (magic, clsid, order) != (bytes.fromhex("D0CF11E0A1B11AE1"), bytes(16), 0xFFFE):
        raise ValueError("no header of a compound file")
    if (version, shift) not in ((3, 9), (4, 12)) or mini_shift != 6 or reserved.strip(b"\0"):
        raise ValueError("version and sector size do not fit")
    size = 1 << shift
    counts = struct.unpack_from("<9I", data, 40)
    directories, fats, directory, transaction, cutoff, mini_fat, mini_fats, difat, difats = counts
    if transaction or cutoff != 4096 or bytes(data[512:size]).strip(b"\0"):
        raise ValueError("transaction, cutoff or the rest of the header is wrong")
    if len(data) % size:
        raise ValueError("the file ends within a sector")
    numbers, difat_chain = _difat(data, size, difat, difats)
    if len(numbers) != fats:
        raise ValueError(f"{fats} FAT sectors are promised, {len(numbers)} are listed")
    table = [entry for n in numbers for entry in _numbers(_sector(data, size, n))]

    used = _chain(table, directory, "directory")
    if directories != (len(used) if version == 4 else 0):
        raise ValueError("the number of directory sectors is wrong")
    raw = b"".join(_sector(data, size, n) for n in used)
    entries = [_entry(raw[start : start + 128]) for start in range(0, len(raw), 128)]
    root = entries[0]
    if (root.name, root.kind, root.red, root.left, root.right) != (
        "Root Entry", ROOT, False, NONE, NONE
    ):  # fmt: skip
        raise ValueError("the first entry is no root")
    names, balanced = _siblings(entries)

    mini_chain = _chain(table, root.start, "mini stream")
    mini = b"".join(_sector(data, size, n) for n in mini_chain)
    if -(-root.size // size) != len(mini_chain):
        raise ValueError("the mini stream and its chain differ in length")
    mini_fat_chain = _chain(table, mini_fat, "mini FAT")
    if len(mini_fat_chain) != mini_fats:
        raise ValueError("the number of mini FAT sectors is wrong")
    minis = [entry for n in mini_fat_chain for entry in _numbers(_sector(data, size, n))]

    found = Compound(data, version, size, table, difats, entries, minis, mini, names, balanced)
    owners = [("directory", used), ("mini stream", mini_chain), ("mini FAT", mini_fat_chain)]
    mini_owners: list[tuple[str, list[int]]] = []
    for name, entry in names.items():
        chain = found.chain(name)
        unit = 64 if entry.size < 4096 else size
        if len(chain) != -(-entry.size // unit):
            raise ValueError(f"{name!r} has {len(chain)} sectors for {entry.size} bytes")
        (mini_owners if unit == 64 else owners).append((name, chain))
    marks = dict.fromkeys(numbers, FAT) | dict.fromkeys(difat_chain, DIFAT)
    _check_owners(table, len(data) // size - 1, owners, marks)
    _check_owners(minis, root.size // 64, mini_owners, {})
    return found


def _sector(data: bytes | mmap.mmap, size: int, number: int) -> bytes:
    found = data[(number + 1) * size : (number + 2) * size]
    if len(found) != size:
        raise ValueError(f"sector {number} is beyond the end")
    return found


def _numbers(sector: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sector) // 4}I", sector)


def _difat(
    data: bytes | mmap.mmap, size: int, first: int, count: int
) -> tuple[list[int], list[int]]:
    """Return the FAT's sectors, and those that list them beyond the header."""
    listed = list(struct.unpack_from("<109I", data, 76))
    chain: list[int] = []
    while first != END:
        if first in chain:
            raise ValueError("the DIFAT runs in a circle")
        chain.append(first)
        *part, first = _numbers(_sector(data, size, first))
        listed += part
    if len(chain) != count:
        raise ValueError("the number of DIFAT sectors is wrong")
    numbers = [n for n in listed if n != FREE]
    if listed[: len(numbers)] != numbers:
        raise ValueError("the DIFAT has holes")
    return numbers, chain


def _chain(table: list[int], start: int, what: str) -> list[int]:
    chain: list[int] = []
    while start != END:
        if start >= len(table) or len(chain) > len(table):
            raise ValueError(f"the chain of {what!r} is broken")
        chain.append(start)
        start = table[start]
    return chain


def _entry(raw: bytes) -> Entry:
    name, length, kind, colour, left, right, child, clsid, state, made, changed, start, size = (
        struct.unpack("<64sHBBIII16sIQQIQ", raw)
    )
    if kind == 0:
        # libgsf leaves the links of such an entry at zero.
        if name.strip(b"\0") or length or not {left, right, child} <= {0, NONE}:
            raise ValueError("an unused entry is not empty")
    elif kind not in (STORAGE, STREAM, ROOT) or length % 2 or not 2 < length <= 64:
        raise ValueError("an entry has no known type or no name")
    elif name[length - 2 :].strip(b"\0") or colour > 1:
        raise ValueError("an entry's name does not end in NUL")
    text = name[: max(length - 2, 0)].decode("utf-16-le", "surrogatepass")
    return Entry(
        text, kind, kind != 0 and colour != BLACK, left, right, child, clsid, state,
        (made, changed), start, size,
    )  # fmt: skip


def _siblings(entries: list[Entry]) -> tuple[dict[str, Entry], bool]:
    """Walk the tree below the root; check order, colours and that nothing is outside of it.

    Whether it is balanced as well is returned: the specification does not ask for it.
    """
    names: dict[str, Entry] = {}
    heights: set[int] = set()
    seen = {0}

    def walk(number: int, parent_red: bool, height: int) -> None:
        if number == NONE:
            heights.add(height)
            return
        if number >= len(entries) or number in seen:
            raise ValueError("the tree of streams is none")
        seen.add(number)
        entry = entries[number]
        if entry.kind != STREAM or entry.child != NONE:
            raise ValueError(f"{entry.name!r} is no stream")
        if parent_red and entry.red:
            raise ValueError(f"{entry.name!r} is red below red")
        height += not entry.red
        walk(entry.left, entry.red, height)
        if names and _order(next(reversed(names))) >= _order(entry.name):
            raise ValueError(f"{entry.name!r} is out of order")
        names[entry.name] = entry
        walk(entry.right, entry.red, height)

    walk(entries[0].child, True, 0)
    if any(entry.kind for number, entry in enumerate(entries) if number not in seen):
        raise ValueError("an entry is not in the tree")
    return names, len(heights) == 1


def _order(name: str) -> tuple[int, list[str]]:
    raw = name.encode("utf-16-le", "surrogatepass")
    units = [chr(unit) for (unit,) in struct.iter_unpack("<H", raw)]
    return len(units), [char.upper() if len(char.upper()) == 1 else char for char in units]


def _check_owners(
    table: list[int], count: int, owners: list[tuple[str, list[int]]], marks: dict[int, int]
) -> None:
    """Check that each of ``count`` sectors has one owner and the table none beyond them."""
    owner: dict[int, str] = {}
    for name, chain in [*owners, ("tables", list(marks))]:
        for number in chain:
            if number >= count or number in owner:
                raise ValueError(f"sector {number} of {name!r} is taken or not there")
            owner[number] = name
    for number, mark in enumerate(table):
        if number in marks and mark != marks[number]:
            raise ValueError(f"sector {number} of a table is not marked as one")
        if number not in owner and mark != FREE:
            raise ValueError(f"sector {number} belongs to nobody and is not free")
