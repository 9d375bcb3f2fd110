from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from oracles import tool
from readers import cpio as reader
from rtinstall.platforms.containers import cpio

# Every remainder of name and content modulo four, and an empty file.
MEMBERS = [(f"./{'n' * name}", b"c" * size) for name in range(1, 6) for size in range(5)]


def archive(members: list[tuple[str, bytes]]) -> bytes:
    return (
        b"".join(
            cpio.header(name, mode=0o100644, size=len(data), time=1_700_000_000, inode=inode)
            + data
            + cpio.padding(len(data))
            for inode, (name, data) in enumerate(members, 1)
        )
        + cpio.TRAILER
    )


@pytest.mark.parametrize("member", MEMBERS)
def test_names_and_contents_of_any_length_are_read_back(member: tuple[str, bytes]) -> None:
    (found,) = reader.read(archive([member]))
    assert (found.name, found.data, found.mode) == (*member, 0o100644)
    assert (found.uid, found.gid, found.links, found.inode) == (0, 0, 1, 1)
    assert found.time == 1_700_000_000


def test_cpio_extracts_what_was_written(tmp_path: Path) -> None:
    members = dict(MEMBERS)
    result = subprocess.run(
        [tool("cpio"), "-id", "--quiet"],
        input=archive(list(members.items())),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert result.stderr == b""
    assert {f"./{path.name}": path.read_bytes() for path in tmp_path.iterdir()} == members


@pytest.mark.parametrize(("size", "time"), [(1 << 32, 0), (0, 1 << 32), (-1, 0), (0, -1)])
def test_what_eight_digits_cannot_hold_is_refused(size: int, time: int) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        cpio.header("./a", mode=0o100644, size=size, time=time, inode=1)


@pytest.mark.parametrize("cut", [1, 50, 109, 112, 130])
def test_the_reader_refuses_an_archive_cut_short(cut: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        reader.read(archive([("./name", b"content")])[:-cut])


def odc(members: list[tuple[str, bytes]]) -> bytes:
    written = b"".join(
        cpio.odc_header(name, mode=0o100644, size=len(data), time=1_700_000_000, inode=inode) + data
        for inode, (name, data) in enumerate(members, 1)
    )
    return written + cpio.odc_trailer(len(written))


def test_the_portable_format_is_read_back_and_extracted(tmp_path: Path) -> None:
    found = reader.read_odc(odc(MEMBERS))
    assert [(m.name, m.data, m.inode) for m in found] == [
        (*member, inode) for inode, member in enumerate(MEMBERS, 1)
    ]
    assert {(m.mode, m.uid, m.gid, m.links, m.time) for m in found} == {
        (0o100644, 0, 0, 1, 1_700_000_000)
    }
    members = dict(MEMBERS)
    result = subprocess.run(
        [tool("cpio"), "-id", "--quiet"],
        input=odc(list(members.items())),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert result.stderr == b""
    assert {f"./{path.name}": path.read_bytes() for path in tmp_path.iterdir()} == members


def test_an_inode_beyond_the_portable_format_is_cut() -> None:
    header = cpio.odc_header("./a", mode=0o100644, size=0, time=0, inode=(1 << 18) + 7)
    assert reader.read_odc(header + cpio.odc_trailer(len(header)))[0].inode == 7


@pytest.mark.parametrize("written", [0, 1, 425, 426, 512, 1 << 33])
def test_the_portable_archive_ends_with_a_whole_block(written: int) -> None:
    trailer = cpio.odc_trailer(written)
    assert (written + len(trailer)) % 512 == 0
    assert trailer.startswith(b"070707")
    assert trailer.rstrip(b"\0").endswith(b"TRAILER!!!")
    assert 87 <= len(trailer) < 87 + 512


@pytest.mark.parametrize(
    ("name", "size", "time"),
    [("a", 1 << 33, 0), ("a", -1, 0), ("a", 0, 1 << 33), ("a", 0, -1), ("a" * (1 << 18), 0, 0)],
    ids=["size", "negative-size", "time", "negative-time", "name"],
)
def test_what_octal_digits_cannot_hold_is_refused(name: str, size: int, time: int) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        cpio.odc_header(name, mode=0o100644, size=size, time=time, inode=1)


@pytest.mark.parametrize("cut", [1, 50, 88, 100])
def test_the_reader_refuses_a_portable_archive_cut_short(cut: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        reader.read_odc(odc([("./name", b"content")])[:-cut])
