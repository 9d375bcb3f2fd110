"""The bill of materials of a macOS package: what is installed, with which owner, mode and checksum.

A store of numbered blocks and, in it, trees of pages; big-endian. Apple has never described it: what
is known is what ``lsbom`` prints of the files its own tools make. Only the tree of paths is read.
The checksum is the one of POSIX ``cksum``, a CRC of other bit order than zlib's.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from rtinstall.runtime_bundle.archives.entry import Kind
from rtinstall.runtime_bundle.archives.limits import Limits
from rtinstall.runtime_bundle.archives.source import text
from rtinstall.runtime_bundle.errors import UnsafeArchive

MAGIC = b"BOMStore"
HEADER = struct.Struct(">8s6I")
TREE = struct.Struct(">5I")
TREE_MAGIC = int.from_bytes(b"tree", "big")
NODE = struct.Struct(">2H2I")
PAIR = struct.Struct(">2I")
ENTRY = struct.Struct(">2B2H4IB2I")
KINDS: dict[int, Kind] = {1: "file", 2: "directory", 3: "symlink", 4: "device"}
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class BomEntry:
    """What the bill says of one path; ``mode`` holds the twelve permission bits."""

    kind: Kind
    mode: int
    uid: int
    gid: int
    time: int
    size: int
    checksum: int
    link: str


class Cksum:
    """The CRC of POSIX ``cksum``, computed by zlib's on bytes whose bits are in reverse."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._state = 0xFFFFFFFF  # zlib inverts it to the 0 that cksum begins with
        self._size = 0

    def update(self, data: bytes) -> None:
        """Add ``data``."""
        self._size += len(data)
        self._state = zlib.crc32(data.translate(REVERSED), self._state)

    @property
    def value(self) -> int:
        """Return the checksum of what was added; the length counts, too."""
        length = self._size.to_bytes((self._size.bit_length() + 7) // 8, "little")
        state = zlib.crc32(length.translate(REVERSED), self._state)
        return int.from_bytes(state.to_bytes(4, "little").translate(REVERSED), "big")


def read_bom(data: bytes, limits: Limits) -> dict[str, BomEntry]:
    """Return what the bill lists by path without ``./``, the root as ``.``.

    Raises :class:`UnsafeArchive` for anything malformed: blocks outside, pages that lead in circles,
    keys out of order, paths listed twice.
    """
    store = _Store(data, limits)
    found: dict[int, tuple[int, str, BomEntry]] = {}
    last: tuple[int, bytes] | None = None
    for info, key in store.leaves("Paths"):
        file = store.block(key)
        if len(file) < 5 or file.find(b"\0", 4) != len(file) - 1:
            raise UnsafeArchive("a name in the Bom is not ended")
        parent, name = int.from_bytes(file[:4], "big"), file[4:-1]
        if last is not None and (parent, name) <= last:
            raise UnsafeArchive("the paths of the Bom are out of order")
        last = (parent, name)
        number, place = store.record(info, PAIR)
        if number in found or not number or name in (b"", b"..") or b"/" in name:
            raise UnsafeArchive(f"the Bom lists {name[:80]!r} twice, or it is no name")
        found[number] = (parent, text(name, "a name in the Bom"), store.entry(place))
    return _paths(found, limits)


def _paths(found: dict[int, tuple[int, str, BomEntry]], limits: Limits) -> dict[str, BomEntry]:
    paths: dict[str, BomEntry] = {}
    for number, (_, _, entry) in found.items():
        parts: list[str] = []
        while number in found and len(parts) <= limits.depth:
            number, name, _ = found[number]
            parts.append(name)
        if number or parts.pop() != ".":
            raise UnsafeArchive("a path in the Bom does not begin at its root, or is too deep")
        if "." in parts:
            raise UnsafeArchive("the Bom has a folder below its root that is called '.'")
        paths["/".join(reversed(parts)) or "."] = entry
    return paths


class _Store:
    """The blocks of the file, each found by its number, and the trees in them."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._data = data
        self._limits = limits
        magic, version, _, index, index_size, names, names_size = HEADER.unpack(
            self._piece(0, HEADER.size)
        )
        if magic != MAGIC or version != 1:
            raise UnsafeArchive("this is no Bom of version 1")
        table = self._piece(index, index_size)
        (count,) = struct.unpack(">I", table[:4].ljust(4, b"\0"))
        # A bill has four blocks for a path, and a page for each 256 of them.
        if 4 + 8 * count > len(table) or count > 8 * limits.members:
            raise UnsafeArchive("the Bom's list of blocks is malformed or too long")
        self._blocks = list(PAIR.iter_unpack(table[4 : 4 + 8 * count]))
        self._names = dict(self._variables(self._piece(names, names_size)))

    def _piece(self, offset: int, size: int) -> bytes:
        if offset + size > len(self._data):
            raise UnsafeArchive("the Bom is cut short, or points outside of itself")
        return self._data[offset : offset + size]

    def _variables(self, data: bytes) -> Iterator[tuple[str, int]]:
        place = 4
        for _ in range(min(int.from_bytes(data[:4], "big"), 64)):
            if place + 5 > len(data) or place + 5 + data[place + 4] > len(data):
                raise UnsafeArchive("the Bom's list of trees is malformed")
            length = data[place + 4]
            name = data[place + 5 : place + 5 + length].decode("ascii", "replace")
            yield name, int.from_bytes(data[place : place + 4], "big")
            place += 5 + length

    def block(self, number: int) -> bytes:
        """Return the block called ``number``."""
        if not 0 < number < len(self._blocks):
            raise UnsafeArchive(f"the Bom has no block {number}")
        return self._piece(*self._blocks[number])

    def record(self, number: int, layout: struct.Struct) -> tuple[int, ...]:
        """Return the fields that a block begins with."""
        data = self.block(number)
        if len(data) < layout.size:
            raise UnsafeArchive("a block of the Bom is cut short")
        return layout.unpack_from(data)

    def entry(self, number: int) -> BomEntry:
        """Return what is said of a path."""
        kind, _, _, mode, uid, gid, time, size, _, checksum, length = self.record(number, ENTRY)
        # The type in ``mode`` is not looked at: of the resource fork of a directory (``._name``)
        # Apple's own bills say that it is a file, with the mode of that directory.
        if kind not in KINDS:
            raise UnsafeArchive(f"the Bom has a path of the unknown type {kind}")
        link = b""
        if KINDS[kind] == "symlink":
            link, end, _ = self.block(number)[ENTRY.size : ENTRY.size + length].partition(b"\0")
            if not end:
                raise UnsafeArchive("a link in the Bom is not ended")
        target = text(link, "a link in the Bom")
        return BomEntry(KINDS[kind], stat.S_IMODE(mode), uid, gid, time, size, checksum, target)

    def leaves(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield value and key, both blocks, of a tree's leaves in order; they are linked, too."""
        if name not in self._names:
            raise UnsafeArchive(f"the Bom has no tree {name}")
        magic, _, root, _, count = self.record(self._names[name], TREE)
        if magic != TREE_MAGIC:
            raise UnsafeArchive(f"the Bom's tree {name} is none")
        pages = list(self._pages(root))
        total = 0
        for place, (number, rows) in enumerate(pages):
            _, _, forward, backward = self.record(number, NODE)
            before = pages[place - 1][0] if place else 0
            after = pages[place + 1][0] if place + 1 < len(pages) else 0
            if (backward, forward) != (before, after):
                raise UnsafeArchive(f"the pages of the Bom's tree {name} are not linked in order")
            total += len(rows)
            yield from rows
        if total != count:
            raise UnsafeArchive(f"the Bom's tree {name} has {total} entries, and says {count}")

    def _pages(self, root: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Yield number and rows of each leaf below ``root``, from left to right."""
        todo, seen, rows_left = [root], set(), self._limits.members
        while todo:
            number = todo.pop()
            if number in seen:
                raise UnsafeArchive("a page of the Bom is reached twice")
            seen.add(number)
            leaf, count, _, _ = self.record(number, NODE)
            rows_left -= count
            # A branch has one node more than it has keys, but not as bomutils writes it.
            size = PAIR.size * (count if leaf else count + 1)
            data = self.block(number)[NODE.size : NODE.size + size]
            if len(data) != size or rows_left < 0:
                raise UnsafeArchive("a page of the Bom is cut short, or there are too many paths")
            rows = list(PAIR.iter_unpack(data))
            if leaf:
                yield number, rows
                continue
            *_, (last, _) = rows
            todo += [child for child, _ in reversed(rows if last else rows[:-1])]
