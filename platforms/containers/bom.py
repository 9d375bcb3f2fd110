"""Bom: the bill of materials of a macOS package, which becomes its receipt (bom(5); hogliux/bomutils, ``bom.h``).

Numbered blocks, a table of where they are, and five named ones: ``Paths`` is a tree of the entries,
sorted by the parent's number and name; ``HLIndex`` (hard links), ``VIndex`` and ``Size64`` are trees
too, always empty here. Numbers are big-endian.

Where bomutils and Apple's tool differ (lengths of nodes and records, numbers of the first blocks,
the table of a universal binary's architectures, the totals), Apple's own files were followed.
"""

from __future__ import annotations

import stat
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

HEADER = struct.Struct(">8s6I")
HEADER_ROOM = 512
TREE = struct.Struct(">4s4IB")
NODE = struct.Struct(">2H2I")
NODE_SIZE, VINDEX_NODE_SIZE = 4096, 128
PATH = struct.Struct(">BBHHIIIIBI")
# What a node holds: half of its room in a leaf, which is how a tree filled in order comes out.
LEAF_MOST = 256
BRANCH_MOST = (NODE_SIZE - NODE.size) // 8
KIND = {stat.S_IFREG: 1, stat.S_IFDIR: 2, stat.S_IFLNK: 3}
# The lower bits: everything about the entry is recorded. The upper: a universal binary.
PLAIN, UNIVERSAL = 0x000F, 0x200F
MAX_SIZE = 0xFFFFFFFF
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Cksum:
    """The checksum of POSIX ``cksum``: CRC-32 with the first bit first, over the data and its length.

    zlib's CRC-32 is the same polynomial with every byte and the result turned around, so turning them
    back makes of its fast code what is asked for.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        from zlib_ng import zlib_ng  # several times as fast as the standard library's

        self._crc32 = zlib_ng.crc32
        self._crc = 0xFFFFFFFF  # which zlib inverts to the zero that POSIX begins with
        self._length = 0

    def update(self, data: bytes) -> None:
        """Append ``data``."""
        self._crc = self._crc32(data.translate(REVERSED), self._crc)
        self._length += len(data)

    @property
    def value(self) -> int:
        """Return the checksum of all that was appended."""
        length = self._length.to_bytes((self._length.bit_length() + 7) // 8, "little")
        crc = self._crc32(length.translate(REVERSED), self._crc)
        return int(f"{crc:032b}"[::-1], 2)


@dataclass(frozen=True, slots=True)
class Slice:
    """One architecture of a universal binary: numbers as in its header, its bytes and checksum."""

    cpu: int
    subtype: int
    size: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Path:
    """One entry; ``path`` is relative, ``.`` for the root. Owned by root, of group wheel.

    ``mode`` includes the type of the file, ``time`` is in seconds since 1970, ``size`` in bytes (of a
    link: of its target); ``checksum`` is that of :class:`Cksum` over content or target.
    """

    path: str
    mode: int
    time: int
    size: int = 0
    checksum: int = 0
    link: str = ""
    slices: tuple[Slice, ...] = ()


@dataclass(slots=True)
class _Store:
    """The blocks so far; a number that is promised before its block is known is filled in later."""

    blocks: list[bytes] = field(default_factory=lambda: [b""])  # number 0 means none

    def add(self, data: bytes = b"") -> int:
        self.blocks.append(data)
        return len(self.blocks) - 1


def encode(paths: Sequence[Path]) -> bytes:
    """Return the bill of ``paths``: the root first, every parent before what is in it.

    Raises ValueError for a missing parent, or for 4 GiB or more together.
    """
    store = _Store()
    variables = {"BomInfo": store.add(_totals(paths))}
    variables["Paths"], top = store.add(), store.add()
    store.blocks[variables["Paths"]] = _tree(top, len(paths))
    variables["HLIndex"] = _empty_tree(store, NODE_SIZE)
    variables["VIndex"] = store.add()
    tree = _empty_tree(store, VINDEX_NODE_SIZE)
    store.blocks[variables["VIndex"]] = struct.pack(">3IB", 1, tree, 0, 0)
    variables["Size64"] = _empty_tree(store, NODE_SIZE)
    _fill(store, top, _records(store, paths))
    return _file(store.blocks, variables)


def _totals(paths: Iterable[Path]) -> bytes:
    """Return ``BomInfo``: how many paths, and bytes by processor; number 0 is for what has none."""
    totals = Counter({0: 0})
    count = 1
    for path in paths:
        count += 1
        for part in path.slices:
            totals[part.cpu] += part.size
        if not path.slices:
            totals[0] += path.size
        if path.size < 0 or max(totals.values()) > MAX_SIZE:
            raise ValueError(f"a Bom cannot hold {path}")
    entries = b"".join(struct.pack(">4I", cpu, 0, totals[cpu], 0) for cpu in sorted(totals))
    return struct.pack(">3I", 1, count, len(totals)) + entries


def _records(store: _Store, paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Store what is known of each path; return, sorted, the blocks of its two halves."""
    numbers = {"": 0}
    found: list[tuple[int, bytes, tuple[int, int]]] = []
    for number, path in enumerate(paths, 1):
        above, _, name = path.path.rpartition("/")
        parent = numbers.get(above or ("." if path.path != "." else ""))
        if parent is None:
            raise ValueError(f"a Bom cannot hold {path}")
        numbers[path.path] = number
        information = store.add(_information(path))
        key = struct.pack(">I", parent) + name.encode() + b"\0"
        file = store.add(key)
        found.append((parent, key, (store.add(struct.pack(">2I", number, information)), file)))
    return [blocks for _, _, blocks in sorted(found)]


def _information(path: Path) -> bytes:
    kind = KIND[stat.S_IFMT(path.mode)]
    flags = UNIVERSAL if path.slices else PLAIN
    record = PATH.pack(kind, 1, flags, path.mode, 0, 0, path.time, path.size, 1, path.checksum)
    if path.slices:
        record += struct.pack(">BI", 1, len(path.slices))
        for part in path.slices:
            record += struct.pack(">4I", part.cpu, part.subtype, part.size, part.checksum)
    if kind == KIND[stat.S_IFLNK]:
        link = path.link.encode() + b"\0"
        return record + struct.pack(">I", len(link)) + link + bytes(8)
    # No link, and Apple's zeros behind it: four for a file, none for a directory.
    return record + bytes(8 if kind == KIND[stat.S_IFREG] else 4)


def _fill(store: _Store, top: int, pairs: list[tuple[int, int]]) -> None:
    """Make the tree of ``pairs`` (value, key), leaves and then branches, with its top at ``top``.

    A branch holds the last key of each node below it but the last: that one follows without a key.
    """
    level = [(entries, entries[-1][1]) for entries in _cut(pairs, LEAF_MOST)]
    leaf = True
    while len(level) > 1:
        numbers = [store.add() for _ in level]
        for place, (number, (entries, _)) in enumerate(zip(numbers, level, strict=True)):
            forward = numbers[place + 1] if place + 1 < len(numbers) else 0
            backward = numbers[place - 1] if place else 0
            store.blocks[number] = _node(entries, leaf, NODE_SIZE, forward, backward)
        below = [(number, key) for number, (_, key) in zip(numbers, level, strict=True)]
        level = [(nodes, nodes[-1][1]) for nodes in _cut(below, BRANCH_MOST)]
        leaf = False
    store.blocks[top] = _node(level[0][0] if level else [], leaf, NODE_SIZE)


def _cut(pairs: list[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    """Yield pieces of ``most``, but never one alone: a branch above a single node has no key."""
    start = 0
    while start < len(pairs):
        end = start + most
        if end == len(pairs) - 1:
            end -= 1
        yield pairs[start:end]
        start = end


def _node(
    entries: list[tuple[int, int]], leaf: bool, size: int, forward: int = 0, backward: int = 0
) -> bytes:
    count = len(entries)
    if not leaf:
        count -= 1
        entries = [*entries[:-1], (entries[-1][0], 0)]
    node = NODE.pack(leaf, count, forward, backward)
    return (node + b"".join(struct.pack(">2I", *pair) for pair in entries)).ljust(size, b"\0")


def _tree(top: int, count: int, node_size: int = NODE_SIZE) -> bytes:
    return TREE.pack(b"tree", 1, top, node_size, count, 0)


def _empty_tree(store: _Store, node_size: int) -> int:
    number = store.add()
    top = store.add(_node([], True, node_size))
    store.blocks[number] = _tree(top, 0, node_size)
    return number


def _file(blocks: Sequence[bytes], variables: dict[str, int]) -> bytes:
    """Lay out header, variables, blocks and the table of where these are."""
    names = struct.pack(">I", len(variables)) + b"".join(
        struct.pack(">IB", number, len(name)) + name.encode() for name, number in variables.items()
    )
    table = [struct.pack(">I", len(blocks))]
    offset = HEADER_ROOM + len(names)
    for block in blocks:
        table.append(struct.pack(">2I", offset if block else 0, len(block)))
        offset += len(block)
    table.append(struct.pack(">I", 0) + bytes(16))  # no room is free; two spare pointers follow
    index = b"".join(table)
    header = HEADER.pack(
        b"BOMStore", 1, len(blocks) - 1, offset, len(index), HEADER_ROOM, len(names)
    )
    return b"".join((header.ljust(HEADER_ROOM, b"\0"), names, *blocks, index))
