"""Read a Bom, from its description in hogliux/bomutils' ``bom.h`` and from Boms that Apple's tool made.

The reader takes Apple's own (with free room between blocks) and checks what all of them have in common.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

VARIABLES = ["BomInfo", "Paths", "HLIndex", "VIndex", "Size64"]
KINDS = {1: "file", 2: "directory", 3: "symlink"}
TYPES = {"file": 0o100000, "directory": 0o040000, "symlink": 0o120000}


@dataclass(frozen=True)
class Path:
    path: str
    number: int
    kind: str
    flags: int
    mode: int
    uid: int
    gid: int
    time: int
    size: int
    checksum: int
    link: str
    slices: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Bom:
    paths: tuple[Path, ...]
    totals: tuple[tuple[int, int], ...]
    leaves: int
    depth: int
    node_sizes: tuple[int, ...]
    spare: int
    unused: int

    def path(self, name: str) -> Path:
        return next(path for path in self.paths if path.path == name)


class _Blocks:
    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or data[:8] != b"BOMStore":
            raise ValueError("no Bom header")
        version, count, index, index_size, variables, variables_size = _numbers(data, 8, 6)
        if version != 1 or any(data[32:512]) or index + index_size != len(data):
            raise ValueError("bad Bom header")
        (pointers,) = _numbers(data, index, 1)
        table = _numbers(data, index + 4, 2 * pointers)
        places = list(zip(table[::2], table[1::2], strict=True))
        if places[0] != (0, 0) or sum(place != (0, 0) for place in places) != count:
            raise ValueError("the number of blocks is another")
        free = index + 4 + 8 * pointers
        (holes,) = _numbers(data, free, 1)
        # Room for two more pointers follows the list of what is free.
        self.spare = len(data) - (free + 4 + 8 * holes)
        if any(data[free + 4 + 8 * holes :]):
            raise ValueError("something follows the free list")
        end = 0
        for address, size in sorted([*(p for p in places if p[1]), (variables, variables_size)]):
            if address < max(end, 512) or address + size > index:
                raise ValueError(f"the block at {address} overlaps another")
            end = address + size
        self.data, self.places = data, places
        self.used: set[int] = set()
        self.variables = self._variables(variables, variables_size)

    def _variables(self, start: int, size: int) -> dict[str, int]:
        (count,) = _numbers(self.data, start, 1)
        place = start + 4
        found: dict[str, int] = {}
        for _ in range(count):
            number, length = struct.unpack_from(">IB", self.data, place)
            found[self.data[place + 5 : place + 5 + length].decode("ascii")] = number
            place += 5 + length
        if place != start + size or list(found) != VARIABLES:
            raise ValueError(f"the variables are {list(found)}")
        return found

    def block(self, number: int) -> bytes:
        if not 0 < number < len(self.places) or not self.places[number][1]:
            raise ValueError(f"there is no block {number}")
        self.used.add(number)
        address, size = self.places[number]
        return self.data[address : address + size]


def read(data: bytes) -> Bom:
    """Return the bill; a structure unlike Apple's is a ValueError.

    ``spare`` are the bytes behind the list of free room, ``unused`` the blocks that nothing leads to:
    in a Bom of Apple's they are left over from looking for hard links.
    """
    try:
        return _read(data)
    except (struct.error, IndexError, UnicodeDecodeError, KeyError) as error:
        raise ValueError(f"malformed Bom: {error!r}") from error


def _read(data: bytes) -> Bom:
    blocks = _Blocks(data)
    leaves, depth, size, count = _tree(blocks, blocks.variables["Paths"])
    pairs = [pair for leaf in leaves for pair in leaf]
    if len(pairs) != count:
        raise ValueError(f"the tree counts {count} paths, and has {len(pairs)}")
    sizes = [size]
    for name in ("HLIndex", "VIndex", "Size64"):
        number = blocks.variables[name]
        if name == "VIndex":
            one, number, zero, last = struct.unpack(">3IB", blocks.block(number))
            if (one, zero, last) != (1, 0, 0):
                raise ValueError("VIndex is malformed")
        found, _, size, count = _tree(blocks, number)
        if found != [[]] or count:
            raise ValueError(f"{name} is not empty")
        sizes.append(size)
    paths = _paths(blocks, pairs)
    totals = _totals(blocks.block(blocks.variables["BomInfo"]), len(paths))
    unused = {n for n, place in enumerate(blocks.places) if place != (0, 0)} - blocks.used
    return Bom(tuple(paths), totals, len(leaves), depth, tuple(sizes), blocks.spare, len(unused))


def _totals(data: bytes, count: int) -> tuple[tuple[int, int], ...]:
    version, paths, entries = _numbers(data, 0, 3)
    if version != 1 or paths != count + 1 or len(data) != 12 + 16 * entries:
        raise ValueError("BomInfo is malformed")
    rows = [_numbers(data, 12 + 16 * row, 4) for row in range(entries)]
    if any(row[1] or row[3] for row in rows):
        raise ValueError("BomInfo is malformed")
    return tuple((row[0], row[2]) for row in rows)


def _tree(blocks: _Blocks, number: int) -> tuple[list[list[tuple[int, int]]], int, int, int]:
    magic, version, top, size, count, last = struct.unpack(">4s4IB", blocks.block(number))
    if (magic, version, last) != (b"tree", 1, 0):
        raise ValueError("no tree")
    level = [top]
    depth = 0
    while True:
        nodes = [_node(blocks.block(node), size) for node in level]
        links = [(forward, backward) for _, forward, backward, _ in nodes]
        if links != list(zip([*level[1:], 0], [0, *level[:-1]], strict=True)):
            raise ValueError("the nodes of a level are not linked to each other")
        if len({leaf for leaf, *_ in nodes}) != 1:
            raise ValueError("leaves are not all at one depth")
        if nodes[0][0]:
            return [pairs for *_, pairs in nodes], depth, size, count
        for *_, pairs in nodes:
            for child, key in pairs[:-1]:
                if _last_key(blocks, child, size) != key:
                    raise ValueError("a branch does not name the last key below it")
        level = [child for *_, pairs in nodes for child, _ in pairs]
        depth += 1


def _last_key(blocks: _Blocks, number: int, size: int) -> int:
    leaf, _, _, pairs = _node(blocks.block(number), size)
    return pairs[-1][1] if leaf else _last_key(blocks, pairs[-1][0], size)


def _node(data: bytes, size: int) -> tuple[bool, int, int, list[tuple[int, int]]]:
    """Return the pairs: of a leaf value and key, of a branch node and key, the last without a key."""
    leaf, count, forward, backward = struct.unpack_from(">2H2I", data)
    count += not leaf
    if leaf > 1 or len(data) != size or any(data[12 + 8 * count :]):
        raise ValueError("a node is malformed")
    numbers = _numbers(data, 12, 2 * count)
    if not leaf and (count < 2 or numbers[-1]):
        raise ValueError("a branch is malformed")
    return bool(leaf), forward, backward, list(zip(numbers[::2], numbers[1::2], strict=True))


def _paths(blocks: _Blocks, pairs: list[tuple[int, int]]) -> list[Path]:
    records: dict[int, tuple[int, bytes, bytes]] = {}
    keys = []
    for value, key in pairs:
        file = blocks.block(key)
        (parent,) = _numbers(file, 0, 1)
        if file.count(b"\0", 4) != 1 or file[-1] or len(file) < 6:
            raise ValueError("a name is malformed")
        number, information = struct.unpack(">2I", blocks.block(value))
        if number in records:
            raise ValueError(f"the number {number} is there twice")
        records[number] = (parent, file[4:-1], blocks.block(information))
        keys.append((parent, file[4:-1]))
    if keys != sorted(set(keys)) or keys[:1] != [(0, b".")]:
        raise ValueError("the paths are not sorted, or do not begin with the root")
    return [
        _path(_name(records, number), number, information)
        for number, (_, _, information) in records.items()
    ]


def _name(records: dict[int, tuple[int, bytes, bytes]], number: int) -> str:
    parts: list[str] = []
    while number:
        if len(parts) > len(records):
            raise ValueError("a path leads back to itself")
        number, name, _ = records[number]
        parts.insert(0, name.decode())
    return "/".join(parts)


def _path(name: str, number: int, data: bytes) -> Path:
    kind_number, one, flags, mode, uid, gid, time, size, also_one, checksum = struct.unpack_from(
        ">BBHHIIIIBI", data
    )
    kind = KINDS[kind_number]
    place = 27
    slices = []
    if flags >> 12:
        has, count = struct.unpack_from(">BI", data, place)
        place += 5
        slices = [tuple(_numbers(data, place + 16 * row, 4)) for row in range(count)]
        place += 16 * count
        if has != 1:
            raise ValueError(f"{name}: its architectures are malformed")
    (length,) = _numbers(data, place, 1)
    link = data[place + 4 : place + 4 + length]
    rest = data[place + 4 + length :]
    # A record of which only the path is known has nothing behind the link, as a directory.
    padding = 0 if kind == "directory" or flags == 1 else 8 if kind == "symlink" else 4
    if (
        (one, also_one) != (1, 1)
        or mode & 0o170000 not in (TYPES[kind], 0o040000)
        or rest != bytes(padding)
    ):
        raise ValueError(f"{name}: its record is malformed")
    if bool(link) != (kind == "symlink") or (link and (link[-1] or link.count(b"\0") != 1)):
        raise ValueError(f"{name}: its link is malformed")
    return Path(
        name, number, kind, flags, mode, uid, gid, time, size, checksum, link[:-1].decode(),
        tuple((a, b, c, d) for a, b, c, d in slices),
    )  # fmt: skip


def _numbers(data: bytes, place: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f">{count}I", data, place)
