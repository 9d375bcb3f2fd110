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
