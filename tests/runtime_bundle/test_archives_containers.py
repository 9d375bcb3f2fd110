"""tar in every dialect, cpio in both, ar: entries as stored, whoever wrote them."""

import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import zstandard

import archive_makers as make
from archive_makers import pax, tar, tar_member
from rtinstall.runtime_bundle.archives import ar, cpio, open_archive
from rtinstall.runtime_bundle.archives import tar as reader
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Meter
from rtinstall.runtime_bundle.archives.source import Source
from rtinstall.runtime_bundle.errors import MissingTool, UnsafeArchive

LONG = "folder/" * 40 + "file"


class Dribble:
    """A source that never gives more than a few bytes at once."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, 7))


def meter() -> Meter:
    return Meter(LIMITS, 1 << 20)


def read(
    members: Callable[[Source, Meter], Iterator[Member]], data: bytes
) -> list[tuple[ArchiveEntry, bytes]]:
    whole = [(entry, b"".join(chunks)) for entry, chunks in members(io.BytesIO(data), meter())]
    slow = [(entry, b"".join(chunks)) for entry, chunks in members(Dribble(data), meter())]
    skipped = [entry for entry, _ in members(io.BytesIO(data), meter())]
    assert whole == slow
    assert [entry for entry, _ in whole] == skipped
    return whole


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_dialect_of_tar_is_read(form: int) -> None:
    names = {"short": b"x" * 513, "folder/" * 20 + "name": b"", "ä/" * 10 + "b": b"y" * 512}
    if form != tarfile.USTAR_FORMAT:
        names[LONG] = b"z"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in names.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime, info.uid, info.uname = len(data), 0o640, 99, 7, "me"
            archive.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "short" if form == 0 else LONG
        archive.addfile(info)
    *files, (link, _) = read(reader.members, out.getvalue())
    assert {entry.name: data for entry, data in files} == names
    assert {(e.kind, e.mode, e.time, e.uid, e.owner) for e, _ in files} == {
        ("file", 0o640, 99, 7, "me")
    }
    assert (link.kind, link.link) == ("symlink", info.linkname)


@pytest.mark.parametrize("form", ["v7", "ustar", "gnutar", "pax", "newc", "odc"])
@pytest.mark.skipif(not shutil.which("bsdtar"), reason="bsdtar is not installed")
def test_what_bsdtar_writes_is_read(form: str, tmp_path: Path) -> None:
    (tmp_path / "in/folder").mkdir(parents=True)
    (tmp_path / "in/file").write_bytes(b"x" * 1025)
    (tmp_path / "in/link").symlink_to("file")
    done = subprocess.run(
        ["bsdtar", "-c", "--format", form, "file", "folder", "link"],
        cwd=tmp_path / "in", check=True, capture_output=True,
    )  # fmt: skip
    members = cpio.members if form in ("newc", "odc") else reader.members
    assert [
        (entry.name.rstrip("/"), entry.kind, data, entry.link)
        for entry, data in read(members, done.stdout)
    ] == [
        ("file", "file", b"x" * 1025, ""),
        ("folder", "directory", b"", ""),
        ("link", "symlink", b"", "file"),
    ]


def test_pax_records_are_kept_and_obeyed() -> None:
    records = {"APK-TOOLS.checksum.SHA1": "ab", "SCHILY.xattr.user.x": "=\n", "mtime": "12.75",
               "uid": "70000", "uname": "ü", "path": "naïve"}  # fmt: skip
    ((entry, data),) = read(reader.members, tar(pax(records) + tar_member("x", b"data")))
    assert (entry.name, entry.time, entry.uid, entry.owner, data) == (
        "naïve", 12, 70000, "ü", b"data",
    )  # fmt: skip
    assert entry.records["APK-TOOLS.checksum.SHA1"] == "ab"
    assert entry.records["SCHILY.xattr.user.x"] == "=\n"


def test_records_do_not_reach_the_next_member() -> None:
    members = pax({"path": "a", "uid": "5"}), tar_member("x"), tar_member("y")
    found = read(reader.members, tar(*members))
    assert [(entry.name, entry.uid) for entry, _ in found] == [("a", 5), ("y", 0)]


def test_base_256_numbers_are_read() -> None:
    size = b"\x80" + (3).to_bytes(11, "big")
    ((entry, data),) = read(reader.members, tar(tar_member("x", b"abc", size=size)))
    assert (entry.size, data) == (3, b"abc")


def test_the_end_may_be_open_only_where_it_is_said() -> None:
    data = tar_member("x", b"abc")
    with pytest.raises(UnsafeArchive, match="cut short"):
        list(reader.members(io.BytesIO(data), meter()))
    assert len(list(reader.members(io.BytesIO(data), meter(), end="open"))) == 1


def test_kinds_are_told_apart() -> None:
    flags = {b"\0": "file", b"1": "hardlink", b"3": "device", b"4": "device", b"6": "fifo",
             b"7": "other", b"V": "other", b"5": "directory"}  # fmt: skip
    found = read(reader.members, tar(*(tar_member("x", flag=flag, link="y") for flag in flags)))
    assert [entry.kind for entry, _ in found] == list(flags.values())


FILE, FOLDER, LINK = 0o100644, 0o040755, 0o120777


@pytest.mark.parametrize("maker", [make.newc, make.odc])
def test_cpio_is_read(maker: Callable[..., bytes]) -> None:
    data = maker(("./f", FOLDER, b""), ("./f/abc", FILE, b"12345"), ("./l", LINK, b"f/abc"),
                 ("./d", 0o020600, b""))  # fmt: skip
    assert [(e.name, e.kind, e.mode, e.link, body) for e, body in read(cpio.members, data)] == [
        ("./f", "directory", 0o755, "", b""),
        ("./f/abc", "file", 0o644, "", b"12345"),
        ("./l", "symlink", 0o777, "f/abc", b""),
        ("./d", "device", 0o600, "", b""),
    ]


CPIO = make.newc(("abc", FILE, b"12345"))


@pytest.mark.parametrize(
    "data",
    [
        b"", CPIO[:50], CPIO[:-60], CPIO[:112], CPIO + b"x", CPIO.replace(b"070701", b"070702"),
        CPIO.replace(b"070701", b"07070X"), CPIO.replace(b"00000001", b"0000000g", 1),
        CPIO.replace(b"00000004", b"00000000", 1), CPIO.replace(b"00000004", b"ffffffff", 1),
        CPIO.replace(b"00000004", b"00000003", 1), CPIO.replace(b"abc\0", b"a\0c\0"),
        CPIO.replace(b"abc\0", b"\xff\xff\xff\0"), make.newc(("f", FOLDER, b"data")),
        make.newc(("l", LINK, b"x" * 5000)), make.newc(("l", LINK, b"\xff")),
    ],
)  # fmt: skip
def test_a_malformed_cpio_is_refused(data: bytes) -> None:
    with pytest.raises(UnsafeArchive):
        list(cpio.members(io.BytesIO(data), meter()))


def test_ar_is_read_and_its_parts_are_sources() -> None:
    data = make.ar(("one/", b"abc"), ("two", b"de"))
    found = []
    for entry, part in ar.members(io.BytesIO(data), meter()):
        found.append((entry.name, entry.size, part.read(2), part.read(9)))
    assert found == [("one", 3, b"ab", b"c"), ("two", 2, b"de", b"")]


AR = make.ar(("one", b"abc"), ("two", b"de"))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"!<arch>", AR[:40], AR[:70], AR[:-1], AR.replace(b"one", b"o/e"),
        AR.replace(b"one ", b"/12 "), AR.replace(b"one ", b"\xff\xff\xff "), AR.replace(b"`\n", b"``"),
        AR.replace(b"100644", b"100699"), AR.replace(b"abc\n", b"abcx"),
        AR.replace(b"3         `", b"-3        `"),
    ],
)  # fmt: skip
def test_a_malformed_ar_is_refused(data: bytes) -> None:
    with pytest.raises(UnsafeArchive):
        list(ar.members(io.BytesIO(data), meter()))


class OfPython314(ModuleType):
    """``compression.zstd`` as its documentation has it, as far as it is used, around the library."""

    def __init__(self) -> None:
        super().__init__("compression.zstd")
        self.ZstdError = zstandard.ZstdError
        self.DecompressionParameter = SimpleNamespace(window_log_max=100)
        self.ZstdDecompressor = self.decoder

    class decoder:
        needs_input = True

        def __init__(self, *, options: dict[int, int]) -> None:
            window = 1 << options[100]
            self._inner = zstandard.ZstdDecompressor(max_window_size=window).decompressobj()

        def decompress(self, data: bytes, max_length: int) -> bytes:
            return self._inner.decompress(data)

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)


def test_zstandard_is_read_by_python_itself_where_the_library_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(make.pack(make.tar(make.tar_member("a", b"content")), "zst"))
    own = OfPython314()
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingTool, match=r"Python 3\.14"):
        list(open_archive(path).entries())
    monkeypatch.setitem(sys.modules, "compression", ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", own)
    assert [b"".join(chunks) for _, chunks in open_archive(path).entries()] == [b"content"]
