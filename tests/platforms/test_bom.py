from __future__ import annotations

import stat
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import tool
from readers import bom as reader
from rtinstall.platforms.containers import bom

ROOT = bom.Path(".", stat.S_IFDIR | 0o755, 1)
FILE, DIRECTORY, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o755
PATHS = [
    ROOT,
    bom.Path("./usr", DIRECTORY, 2),
    bom.Path("./usr/b", FILE, 3, 4, 5),
    bom.Path("./usr/a", LINK, 4, 1, 6, "b"),
    bom.Path("./Größe ✓", stat.S_IFREG | 0o755, 0xFFFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF),
    bom.Path("./usr/c", FILE, 5, 7, 8, slices=(bom.Slice(12, 3, 2, 9), bom.Slice(7, 0, 4, 10))),
]


def cksum(data: bytes, *cuts: int) -> int:
    state = bom.Cksum()
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        state.update(data[start:end])
    return state.value


def test_the_empty_file_has_the_checksum_of_posix() -> None:
    assert cksum(b"") == 0xFFFFFFFF


def test_a_checksum_of_apples_own_is_found() -> None:
    assert cksum(b"faust.txt") == 0xCCB0A091  # a link to that name, in a Bom that mkbom made


@pytest.mark.parametrize("length", [1, 9, 255, 256, 65535, 65536, 70000])
def test_cksum_agrees(length: int) -> None:
    data = bytes(i * i % 251 for i in range(length))
    printed = subprocess.run([tool("cksum")], input=data, capture_output=True, check=True).stdout
    assert cksum(data, length // 3, length // 2) == int(printed.split()[0])


def test_every_fact_is_read_back() -> None:
    found = reader.read(bom.encode(PATHS))
    assert {
        (p.path, p.mode, p.time, p.size, p.checksum, p.link, p.slices) for p in found.paths
    } == {
        (p.path, p.mode, p.time, p.size, p.checksum, p.link,
         tuple((s.cpu, s.subtype, s.size, s.checksum) for s in p.slices)) for p in PATHS
    }  # fmt: skip
    assert {(p.uid, p.gid) for p in found.paths} == {(0, 0)}
    assert {p.path: p.flags for p in found.paths if p.flags != 0x000F} == {"./usr/c": 0x200F}


def test_the_structure_is_that_of_apples_own() -> None:
    """As in two Boms of mkbom's: lengths of nodes, room behind the free list, totals by processor."""
    found = reader.read(bom.encode(PATHS))
    assert found.node_sizes == (4096, 4096, 128, 4096)
    assert (found.spare, found.unused) == (16, 0)
    assert found.totals == ((0, 4 + 1 + 0xFFFFFFF0), (7, 4), (12, 2))


@pytest.mark.parametrize(
    ("count", "leaves", "depth"),
    [(1, 1, 0), (256, 1, 0), (257, 2, 1), (513, 3, 1), (1024, 4, 1), (1025, 5, 2)],
)
def test_more_paths_than_a_node_holds_make_a_tree(
    monkeypatch: pytest.MonkeyPatch, count: int, leaves: int, depth: int
) -> None:
    assert bom.BRANCH_MOST == 510  # a level more only beyond 130,560 paths
    monkeypatch.setattr(bom, "BRANCH_MOST", 4)
    paths = [ROOT, *(bom.Path(f"./{number:06}", FILE, 1) for number in range(count - 1))]
    found = reader.read(bom.encode(paths))
    assert [path.path for path in found.paths] == [path.path for path in paths]
    assert (found.leaves, found.depth) == (leaves, depth)


def test_a_branch_has_one_node_more_than_keys() -> None:
    """As in the Bom of a macOS installer of Apple's: the last node has no key, and is not counted."""
    paths = [ROOT, *(bom.Path(f"./{number:06}", FILE, 1) for number in range(600))]
    data = bom.encode(paths)
    index = int.from_bytes(data[16:20], "big") + 4
    places = [struct.unpack_from(">2I", data, index + 8 * number) for number in range(4)]
    top = data[places[3][0] : sum(places[3])]
    assert struct.unpack_from(">2H2I", top) == (0, 2, 0, 0)
    *children, rest = struct.unpack_from(">6I", top, 12)
    assert all(children)
    assert (rest, top[36:].strip(b"\0")) == (0, b"")


@pytest.mark.parametrize(
    "path",
    [
        bom.Path("./a/b", FILE, 1),
        bom.Path("./a", FILE, 1, 1 << 32),
        bom.Path("./a", FILE, 1, -1),
    ],
)
def test_what_a_bom_cannot_hold_is_refused(path: bom.Path) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        bom.encode([ROOT, path])


names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=9)


@settings(max_examples=50)
@given(st.sets(names.filter(lambda name: name not in (".", "..")), max_size=300))
def test_paths_are_sorted_bytewise_below_their_parent(found: set[str]) -> None:
    listed = [ROOT, *(bom.Path(f"./{name}", DIRECTORY, 1) for name in sorted(found))]
    listed += [bom.Path(f"./{name}/{name}", FILE, 1) for name in sorted(found)]
    assert {p.path for p in reader.read(bom.encode(listed)).paths} == {p.path for p in listed}


GOOD = bom.encode([ROOT, *(bom.Path(f"./{number}", FILE, 1) for number in range(300))])


@settings(max_examples=200)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.booleans())
def test_the_reader_ends_on_damage(place: int, change: int, cut: bool) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= change
    try:
        found = reader.read(bytes(damaged[:place] if cut else damaged))
    except ValueError:
        return
    assert len(found.paths) == 301
