"""A tree written is the tree read back, whole or not there at all, and never anywhere else."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.errors import NoSpace, NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import Blob, Directory, Entry, File, Slice, Symlink
from rtinstall.runtime_bundle.unpack import read_tree, write_tree

TREE: tuple[Entry, ...] = (
    File.of("bin/node", b"\x7fELF" * 70_000, 0o755),
    Symlink("bin/npm", "../lib/npm/cli.js"),
    Symlink("current", "lib"),
    Directory("empty"),
    File.of("lib/npm/cli.js", b"#!/usr/bin/env node\n", 0o755),
    File.of("lib/ä", b""),
)


def facts(entries: tuple[Entry, ...]) -> list[tuple[str, int, str]]:
    return [
        (entry.path, entry.mode, getattr(entry, "sha256", "") or getattr(entry, "target", ""))
        for entry in entries
        if not isinstance(entry, Directory) or entry.path == "empty"
    ]


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    old = os.umask(request.param)
    yield
    os.umask(old)


@pytest.mark.usefixtures("umask")
def test_a_tree_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_tree(TREE, tmp_path / "out", time=1_700_000_000)
    assert facts(read_tree(tmp_path / "out")) == facts(TREE)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")):
        status = path.lstat()
        assert status.st_mtime == 1_700_000_000
        if path.is_dir() and not path.is_symlink():
            assert stat.S_IMODE(status.st_mode) == 0o755


def test_without_descriptors_the_same_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtinstall.runtime_bundle.directory.FROM_DESCRIPTOR", False)
    write_tree(TREE, tmp_path / "out", time=1)
    assert facts(read_tree(tmp_path / "out")) == facts(TREE)


@pytest.mark.parametrize("kind", ["file", "directory", "dangling link"])
def test_what_is_there_already_stays(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    match kind:
        case "file":
            out.write_bytes(b"mine")
        case "directory":
            out.mkdir()
        case _:
            out.symlink_to("nowhere")
    with pytest.raises(NoSpace, match="already there"):
        write_tree(TREE, out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert kind != "directory" or list(out.iterdir()) == []


@pytest.mark.parametrize(
    "entries",
    [
        [File.of("../x", b"")],
        [File.of("/x", b"")],
        [Symlink("a", "/"), File.of("a/x", b"")],
        [Symlink("a/b/l", "../.."), Symlink("x", "a/b/l/..")],
        [File.of("nul", b"")],
        [File.of("x", b""), File.of("X", b"")],
    ],
)
def test_entries_that_are_no_safe_tree_are_refused(entries: list[Entry], tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive):
        write_tree(entries, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"short")
    lost = File("b", 0o644, Slice(tmp_path / "spool", 0, 100), "0" * 64)
    with pytest.raises(UnsafeArchive, match="cut short"):
        write_tree([File.of("a", b"x"), lost], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["spool"]


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match="No such file"):
        write_tree(TREE, tmp_path / "absent" / "out")


def test_content_may_be_a_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"abcdef")
    write_tree([File("x", 0o644, Slice(tmp_path / "spool", 2, 3), "")], tmp_path / "out")
    assert (tmp_path / "out/x").read_bytes() == b"cde"
    assert isinstance(TREE[0], File)
    assert isinstance(TREE[0].content, Blob)


def test_modes_of_a_directory_become_plain(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"")
    (tmp_path / "tool").chmod(0o4710)
    (tmp_path / "text").write_bytes(b"")
    (tmp_path / "text").chmod(0o600)
    assert [(entry.path, entry.mode) for entry in read_tree(tmp_path)] == [
        ("text", 0o644),
        ("tool", 0o755),
    ]


@pytest.mark.parametrize("kind", ["fifo", "link out", "absolute link", "not UTF-8", "through"])
def test_what_no_bundle_holds_is_refused(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    match kind:
        case "fifo":
            os.mkfifo(folder / "x")
        case "link out":
            (folder / "x").symlink_to("../y")
        case "absolute link":
            (folder / "x").symlink_to(folder)
        case "through":
            (folder / "l").symlink_to(".")
            (folder / "x").symlink_to("l/l")
        case _:
            Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_bytes(b"")
    with pytest.raises(UnsafeArchive):
        read_tree(folder)


def test_links_to_directories_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").write_bytes(b"")
    (tmp_path / "b").symlink_to("a")
    assert [entry.path for entry in read_tree(tmp_path)] == ["a", "a/x", "b"]


def test_a_directory_that_is_not_there_is_not_readable(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="absent"):
        read_tree(tmp_path / "absent")
