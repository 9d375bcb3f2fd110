"""Packages of every kind are recognised by content, described, read and held to their own digests."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import archive_makers as make
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive

FILES = {"usr/bin/node": b"\x7fELF" + b"x" * 700_000, "usr/share/a b": b"", "usr/share/c": b"text"}
ABSOLUTE = {f"/{name}": data for name, data in FILES.items()}
DOTTED = {f"./{name}": data for name, data in FILES.items()}
ZEROS = "0" * 64


def written(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {
        entry.name.lstrip("./"): b"".join(chunks)
        for entry, chunks in open_archive(path).entries()
        if entry.kind == "file"
    }


PACKAGES: dict[str, tuple[bytes, str, str, str]] = {
    "deb": (make.deb(DOTTED), "1.0-2", "amd64", "postinst"),
    "rpm": (make.rpm(ABSOLUTE), "1.0-2", "x86_64", "prein"),
    "apk": (make.apk(FILES), "1.0-r2", "x86_64", ".post-install"),
    "arch": (make.arch(FILES), "1.0-2", "x86_64", ".INSTALL"),
    "freebsd": (make.freebsd(ABSOLUTE), "1.0_2", "FreeBSD:14:amd64", "post-install"),
    "wheel": (make.wheel(FILES), "1.0", "linux_x86_64", ""),
}


@pytest.mark.parametrize("kind", PACKAGES)
def test_a_package_says_what_it_is_and_holds(kind: str, tmp_path: Path) -> None:
    data, version, architecture, script = PACKAGES[kind]
    archive = open_archive(written(tmp_path, data))
    assert archive.format == kind
    assert archive.metadata["name"] == "demo"
    assert archive.metadata["version"] == version
    assert archive.metadata["architecture"] == architecture
    assert archive.scripts == ((script,) if script else ())
    found = contents(archive.path)
    assert {name: found[name] for name in FILES} == FILES
    assert [name for name in found if name not in FILES and ".dist-info/" not in name] == []
    for _ in archive.entries():
        pass
    assert archive.problems == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("deb", make.deb(DOTTED, codec="gz")),
        ("deb", make.deb(DOTTED, codec="zst")),
        ("deb", make.deb(DOTTED, codec="")),
        ("rpm", make.rpm(ABSOLUTE, codec="xz")),
        ("rpm", make.rpm(ABSOLUTE, codec="zst")),
        ("rpm", make.rpm(ABSOLUTE, codec="")),
        ("apk", make.apk(FILES, signed=False)),
        ("arch", make.arch(FILES, codec="xz")),
        ("arch", make.arch(FILES, codec="gz")),
        ("freebsd", make.freebsd(ABSOLUTE, codec="xz")),
        ("freebsd", make.freebsd(ABSOLUTE, codec="")),
        ("tar", make.gnu_tar(FILES)),
        ("tar.gz", make.pack(make.gnu_tar(FILES), "gz")),
        ("tar.xz", make.pack(make.gnu_tar(FILES), "xz")),
        ("tar.zst", make.pack(make.gnu_tar(FILES), "zst")),
        ("tar.bz2", make.pack(make.gnu_tar(FILES), "bz2")),
        ("tar", make.gnu_tar({".hidden": b"", **FILES})),
        ("zip", make.zip_archive(*(make.ZipMember(n.encode(), d) for n, d in FILES.items()))),
    ],
)
def test_every_codec_of_a_format_is_read(kind: str, data: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, data)
    assert open_archive(path).format == kind
    found = contents(path)
    assert {name: found[name] for name in FILES} == FILES


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (make.deb(DOTTED, sums=f"{'0' * 32}  usr/share/c\n"), "the md5 of './usr/share/c'"),
        (make.deb(DOTTED, sums=f"{'0' * 32}  usr/gone\n"), "'usr/gone' is listed"),
        (make.rpm(ABSOLUTE, header_digest=ZEROS), "the header's sha256"),
        (make.rpm(ABSOLUTE)[:-1] + b"\x7f", "the payload's sha256"),
        (make.apk(FILES, datahash=ZEROS), "datahash"),
        (make.apk(FILES, sha1="0" * 40), "the sha1 of 'usr/bin/node'"),
        (make.arch(FILES, sha256=ZEROS), "the sha256 of 'usr/bin/node'"),
        (make.freebsd(ABSOLUTE, sha256=ZEROS), "the sha256 of '/usr/bin/node'"),
        (make.wheel(FILES, sha256="A" * 43), "the sha256 of 'usr/bin/node'"),
    ],
)
def test_a_wrong_digest_inside_a_package_is_reported(
    data: bytes, problem: str, tmp_path: Path
) -> None:
    archive = open_archive(written(tmp_path, data))
    try:
        for _, chunks in archive.entries():
            next(chunks, None)  # a consumer that does not care must not hide it
    except UnsafeArchive:  # the payload whose last byte was changed
        pass
    assert any(problem in found for found in archive.problems), archive.problems


def test_repeated_fields_become_lists(tmp_path: Path) -> None:
    metadata = open_archive(written(tmp_path, make.apk(FILES))).metadata
    assert metadata["depend"] == ["a", "b"]
    metadata = open_archive(written(tmp_path, make.rpm(ABSOLUTE))).metadata
    assert metadata["requires"] == ["libc.so.6", "bash >= 5"]


def broken_rpm_header(change: Callable[[bytearray], None]) -> bytes:
    data = bytearray(make.rpm(ABSOLUTE))
    change(data)
    return bytes(data)


def put(offset: int, value: bytes) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[offset : offset + len(value)] = value

    return change


GOOD = make.deb(DOTTED)


@pytest.mark.parametrize(
    "data",
    [
        make.ar(("debian-binary", b"3.0\n")),
        make.ar(("debian-binary", b"2.0\n")),
        make.ar(("debian-binary", b"2.0\n"), ("data.tar", make.tar())),
        make.ar(("debian-binary", b"2.0\n"), ("control.tar.lz", b"")),
        make.ar(("debian-binary", b"2.0\n"), ("debian-binary", b"2.0\n")),
        GOOD[: len(GOOD) // 2],
        GOOD.replace(b"`\n", b"``", 1),
        make.deb(DOTTED, control="Package: demo\nVersion: 1\n"),
        make.deb(DOTTED, control="Package: demo\nPackage: demo\nVersion: 1\nArchitecture: all\n"),
        make.deb(DOTTED, control="no field at all\n"),
        make.deb(DOTTED, sums="not a sum\n"),
        make.rpm(ABSOLUTE)[:50],
        make.rpm(ABSOLUTE)[:300],
        broken_rpm_header(put(4, b"\x09")),
        broken_rpm_header(put(96, b"\0")),
        broken_rpm_header(put(104, b"\xff\xff\xff\xff")),
        broken_rpm_header(put(108, b"\xff\xff\xff\xff")),
        broken_rpm_header(put(112, b"\0\0\0\0")),
        broken_rpm_header(put(128, b"\0\0\0\1")),
        broken_rpm_header(put(132, b"\0\0\0\x0b")),
        broken_rpm_header(put(136, b"\0\0\xff\xff")),
        broken_rpm_header(put(140, b"\0\0\0\0")),
        make.apk(FILES) + b"behind",
        make.apk(FILES) + make.pack(make.tar(), "gz"),
        make.arch(FILES)[:-5],
        make.pack(make.tar(make.tar_member(".PKGINFO", b"nonsense\n")), "xz"),
        make.pack(make.tar(make.tar_member("+MANIFEST", b"{")), "xz"),
        make.pack(make.tar(make.tar_member("+MANIFEST", b"[" * 100_000)), "xz"),
        make.pack(make.tar(make.tar_member("+MANIFEST", b'{"name": "x", "files": 3}')), "xz"),
    ],
)
def test_a_malformed_package_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive):
        for _ in open_archive(written(tmp_path, data)).entries():
            pass


@pytest.mark.parametrize(
    "data", [b"", b"text\n", b"\x7fELF" + bytes(600), make.pack(b"no tar", "gz"), make.ar()]
)
def test_what_is_no_archive_is_not_readable(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotReadable):
        open_archive(written(tmp_path, data))


def test_a_missing_file_a_directory_and_a_fifo_are_not_readable(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("absent", ".", "fifo"):
        with pytest.raises(NotReadable):
            open_archive(tmp_path / name)


needs = {
    tool: pytest.mark.skipif(not shutil.which(tool), reason=f"{tool} is not installed")
    for tool in ("dpkg-deb", "rpmbuild")
}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout


def root(folder: Path) -> Path:
    for name, data in FILES.items():
        path = folder / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "root/usr/bin/npm").symlink_to("../share/c")
    return folder / "root"


@needs["dpkg-deb"]
def test_a_package_of_dpkg_is_read(tmp_path: Path) -> None:
    folder = root(tmp_path)
    (folder / "DEBIAN").mkdir()
    (folder / "DEBIAN/control").write_text(
        "Package: demo\nVersion: 2:1.0\nArchitecture: all\nMaintainer: x <x@y.z>\nDescription: a\n"
    )
    run("dpkg-deb", "--root-owner-group", "-b", folder, "out.deb", cwd=tmp_path)
    archive = open_archive(tmp_path / "out.deb")
    assert (archive.format, archive.metadata["version"]) == ("deb", "2:1.0")
    assert contents(archive.path) == FILES
    listed = run("dpkg-deb", "--fsys-tarfile", "out.deb", cwd=tmp_path) and run(
        "dpkg-deb", "-c", "out.deb", cwd=tmp_path
    )
    assert len(listed.splitlines()) == len(list(archive.entries()))
    assert [entry.link for entry, _ in archive.entries() if entry.link] == ["../share/c"]


@needs["rpmbuild"]
def test_a_package_of_rpmbuild_is_read(tmp_path: Path) -> None:
    folder = root(tmp_path)
    (tmp_path / "demo.spec").write_text(
        f"Name: demo\nVersion: 1.0\nRelease: 3\nSummary: a\nLicense: MIT\nBuildArch: noarch\n"
        f"%description\nb\n%install\ncp -a {folder}/. %{{buildroot}}\n%files\n/usr\n"
    )
    run(
        "rpmbuild", "-bb", "--define", f"_topdir {tmp_path}/top", "--define", "__os_install_post %{nil}",
        "demo.spec", cwd=tmp_path,
    )  # fmt: skip
    (path,) = (tmp_path / "top/RPMS").rglob("*.rpm")
    archive = open_archive(path)
    assert archive.metadata["version"] == "1.0-3"
    assert archive.metadata["architecture"] == "noarch"
    assert contents(path) == FILES
    listed = run("rpm", "-qpl", path, cwd=tmp_path).splitlines()
    assert sorted(listed) == sorted(entry.name[1:] for entry, _ in archive.entries())
    assert archive.problems == []


def test_an_rpms_scripts_can_be_read(tmp_path: Path) -> None:
    archive = open_archive(written(tmp_path, make.rpm({"/a": b"a"})))
    assert (archive.scripts, archive.metadata["prein"]) == (("prein",), "exit 0")
