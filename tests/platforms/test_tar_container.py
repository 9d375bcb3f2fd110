from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from bundles import LONG, LONGEST, UNICODE, small_bundle
from oracles import run
from readers import tar as reader
from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.package import Effort
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink

TIME = 1_767_225_600
DIALECTS: tuple[tar.Dialect, ...] = ("gnu", "pax")
# At, and one beyond, what a field holds: name 100, prefix 155 and name 100, link 100.
NAMES = (
    "short",
    "n" * 99,
    "n" * 100,
    "n" * 101,
    "d/" + "n" * 100,
    "p" * 155 + "/" + "n" * 100,
    "p" * 156 + "/" + "n" * 100,
    "p" * 155 + "/" + "n" * 101,
    "p" * 99 + "/" + "n",
    "é" * 50,
    "é" * 51,
    "d/" * 60 + "é" * 40,
    LONG,
    LONGEST,
    UNICODE,
)


def archive(entries: list[Entry], dialect: tar.Dialect) -> bytes:
    out = io.BytesIO()
    stream = open_stream("none", out, Effort())
    for entry in entries:
        tar.append(stream, entry, entry.path, time=TIME, dialect=dialect)
    stream.write(tar.END)
    stream.close()
    return out.getvalue()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", ["file", "directory", "symlink", "link"])
@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{len(name.encode())}")
def test_every_length_of_name_is_read_back(name: str, kind: str, dialect: tar.Dialect) -> None:
    entries: dict[str, Entry] = {
        "file": File.of(name, b"data", 0o755),
        "directory": Directory(name),
        "symlink": Symlink(name, "target"),
        "link": Symlink("link", name),
    }
    entry = entries[kind]
    data = archive([entry], dialect)
    (member,) = reader.read(data)
    assert member.name == entry.path + ("/" if kind == "directory" else "")
    assert member.link == (entry.target if isinstance(entry, Symlink) else "")
    assert member.mode == entry.mode
    assert (member.uid, member.gid, member.owner, member.group) == (0, 0, "root", "root")
    assert (member.time, member.size) == (TIME, len(member.data))
    with tarfile.open(fileobj=io.BytesIO(data)) as archived:
        (info,) = archived
        assert (info.name, info.linkname, info.mode) == (entry.path, member.link, member.mode)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{len(name.encode())}")
def test_gnu_has_no_pax_header_and_pax_no_gnu_record(name: str) -> None:
    entries: list[Entry] = [File.of(name, b"x"), Symlink("link", name)]
    flags = {dialect: type_flags(archive(entries, dialect)) for dialect in DIALECTS}
    assert flags["gnu"] <= set("02LK")
    assert flags["pax"] <= set("02x")


def type_flags(data: bytes) -> set[str]:
    found = set()
    offset = 0
    while any(data[offset : offset + 512]):
        found.add(chr(data[offset + 156]))
        offset += 512 + -(-int(data[offset + 124 : offset + 135], 8) // 512) * 512
    return found


def test_pax_uses_the_prefix_before_it_makes_a_record() -> None:
    header = tar.header("p" * 155 + "/" + "n" * 100, kind="file", mode=0o644, time=0, dialect="pax")
    assert len(header) == tar.BLOCK
    assert header[345:500] == b"p" * 155


@pytest.mark.parametrize("value", ["1", "é" * 3, "two\nlines", "=", "x" * 87, "x" * 88, "x" * 985])
def test_pax_records_count_their_own_length(value: str) -> None:
    header = tar.header(
        "f", kind="file", mode=0o644, time=0, dialect="pax", records={"key": value, "a": "b"}
    )
    (member,) = reader.read(header + tar.END)
    assert member.records == {"key": value, "a": "b"}


@pytest.mark.parametrize(
    ("size", "time"), [(-1, 0), (0, -1), (tar.MAX_OCTAL + 1, 0), (0, tar.MAX_OCTAL + 1)]
)
def test_a_number_without_room_is_refused(size: int, time: int) -> None:
    with pytest.raises(ValueError, match="tar cannot hold"):
        tar.header("f", kind="file", mode=0o644, size=size, time=time, dialect="gnu")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("judge", ["tar", "bsdtar", "busybox"])
def test_real_tars_unpack_what_was_put_in(judge: str, dialect: tar.Dialect, tmp_path: Path) -> None:
    entries = list(small_bundle().entries)
    (tmp_path / "a.tar").write_bytes(archive(entries, dialect))
    (tmp_path / "out").mkdir()
    applet = ["tar"] if judge == "busybox" else []
    run(judge, *applet, "-xf", tmp_path / "a.tar", "-C", tmp_path / "out")
    for entry in entries:
        path = tmp_path / "out" / entry.path
        if isinstance(entry, Symlink):
            assert str(path.readlink()) == entry.target
        else:
            assert path.stat().st_mode & 0o777 == entry.mode
            assert int(path.stat().st_mtime) == TIME or path.is_dir()
        if isinstance(entry, File):
            assert path.read_bytes() == b"".join(entry.content.chunks())
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*")}
    assert found == {entry.path for entry in entries}
