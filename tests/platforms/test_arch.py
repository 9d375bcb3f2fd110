from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from bundles import small_bundle
from foreign import printed
from oracles import run
from readers import arch as reader
from readers import mtree
from roots import Pacman
from rtinstall.platforms.linux import arch
from rtinstall.platforms.package import Codec, Effort, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.versions import Version

CODECS: dict[Codec, str] = {"zstd": ".zst", "xz": ".xz", "gzip": ".gz", "none": ""}
KINDS: dict[type[Entry], str] = {File: "file", Directory: "directory", Symlink: "symlink"}
BITS: dict[type[Entry], int] = {
    File: stat.S_IFREG,
    Directory: stat.S_IFDIR,
    Symlink: stat.S_IFLNK,
}
# Every character that mtree(5) gives a meaning, or ASCII has not.
ODD = File.of("usr/share/odd/a b#c=d[e]*日本.txt", b"odd\n")
SETTINGS = Settings(npmrc=b"registry=https://npm.example/\n", extra=(ODD,))


def settings(codec: Codec) -> Settings:
    return replace(SETTINGS, metadata=Metadata(codec={"arch": codec}))


def content(package: Package, effort: Effort | None = None) -> bytes:
    out = BytesIO()
    arch.write(package, out, effort or Effort("fast"))
    return out.getvalue()


def write(package: Package, folder: Path) -> Path:
    path = folder / arch.filename(package)
    with path.open("xb+") as out:
        arch.write(package, out, Effort("fast"))
    return path


# What is in the file: Package, our reader and the real tools agree.


@pytest.mark.parametrize(("codec", "suffix"), CODECS.items())
def test_every_entry_is_read_back(bundle: Bundle, codec: Codec, suffix: str) -> None:
    package = arch.package(bundle, settings(codec))
    assert arch.filename(package) == f"nodejs-24.19.0-1-x86_64.pkg.tar{suffix}"
    members = reader.read(content(package)).members
    assert [member.name.rstrip("/") for member in members] == [e.path for e in package.entries]
    for member, entry in zip(members, package.entries, strict=True):
        assert (member.kind, member.mode) == (KINDS[type(entry)], entry.mode)
        assert (member.uid, member.gid, member.owner, member.group) == (0, 0, "root", "root")
        assert member.time == package.time
        assert member.link == (entry.target if isinstance(entry, Symlink) else "")
        if isinstance(entry, File):
            assert hashlib.sha256(member.data).hexdigest() == entry.sha256


def test_node_and_npm_are_the_bundles_own(bundle: Bundle) -> None:
    members = {m.name: m.data for m in reader.read(content(arch.package(bundle, SETTINGS))).members}
    for path in ("bin/node", "lib/node_modules/npm/lib/npm.js", "include/node/node.h"):
        assert members[f"usr/{path}"] == b"".join(bundle.file(path).content.chunks())


def test_the_list_of_files_tells_what_the_archive_holds(bundle: Bundle) -> None:
    found = reader.read(content(arch.package(bundle, SETTINGS)))
    buildinfo, _, pkginfo = found.metadata
    described = {}
    for member in (buildinfo, pkginfo, *found.members):
        words = {"uid": "0", "gid": "0", "mode": f"{member.mode:o}", "time": f"{member.time}.0"}
        if member.kind == "file":
            words["type"] = "file"
            words["size"] = str(member.size)
            words["md5digest"] = hashlib.md5(member.data).hexdigest()
            words["sha256digest"] = hashlib.sha256(member.data).hexdigest()
        elif member.kind == "symlink":
            words |= {"type": "link", "link": member.link}
        else:
            words["type"] = "dir"
        described[member.name.rstrip("/")] = words
    assert found.mtree == described
    assert ODD.path in found.mtree


def test_bsdtar_makes_the_same_list_of_the_archive(bundle: Bundle, tmp_path: Path) -> None:
    """As makepkg does: bsdtar's own list, from the archive alone."""
    path = write(arch.package(bundle, SETTINGS), tmp_path)
    keywords = "!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link"
    options = ("--format=mtree", f"--options={keywords}", "--exclude=./.MTREE", "--exclude=.MTREE")
    listed = run("bsdtar", "-cf", "-", *options, f"@{path}")
    # Without a file system bsdtar leaves out "./", and writes "/set" anew where another word is common.
    lines = ["#mtree"]
    for line in listed.splitlines()[1:]:
        lines.append(line if line.startswith("/set") else f"./{line.removeprefix('./')}")
    found = mtree.read("".join(f"{line}\n" for line in lines).encode())
    expected = reader.read(path.read_bytes()).mtree
    assert {name.rstrip("/"): words for name, words in found.items()} == expected


@pytest.mark.parametrize("codec", CODECS)
def test_bsdtar_lists_every_entry(bundle: Bundle, tmp_path: Path, codec: Codec) -> None:
    package = arch.package(bundle, settings(codec))
    lines = run("bsdtar", "-tvf", write(package, tmp_path)).splitlines()
    found = []
    for line in lines[3:]:
        mode, _, owner, group, size, *_, where = line.split(None, 8)
        path, _, link = where.partition(" -> ")
        found.append((mode, owner, group, int(size), path.rstrip("/"), link))
    assert found == [
        (
            stat.filemode(BITS[type(entry)] | entry.mode),
            "root",
            "root",
            entry.size if isinstance(entry, File) else 0,
            entry.path,
            entry.target if isinstance(entry, Symlink) else "",
        )
        for entry in package.entries
    ]


# What the package says.


def test_the_package_says_what_pacman_shows(bundle: Bundle) -> None:
    package = arch.package(bundle, SETTINGS)
    assert reader.read(content(package)).pkginfo == {
        "pkgname": ["nodejs"],
        "pkgbase": ["nodejs"],
        "xdata": ["pkgtype=pkg"],
        "pkgver": ["24.19.0-1"],
        "pkgdesc": ["Node.js event-driven JavaScript runtime, with npm"],
        "url": ["https://nodejs.org/"],
        "builddate": ["1767225600"],
        "packager": ["rtinstall <packages@rtinstall.invalid>"],
        "size": [str(sum(entry.size for entry in package.entries if isinstance(entry, File)))],
        "arch": ["x86_64"],
        "license": ["MIT"],
        "conflict": ["nodejs-lts", "npm"],
        "provides": ["npm=11.6.2", "nodejs-lts"],
        "backup": ["etc/npmrc"],
        "depend": ["gcc-libs", "glibc>=2.28"],
        "optdepend": [
            "gcc: to build native addons",
            "git: to install packages from git repositories",
            "make: to build native addons",
            "python: to build native addons",
        ],
    }


def test_the_build_is_described_without_a_trace_of_the_machine(bundle: Bundle) -> None:
    buildinfo = reader.read(content(arch.package(bundle, SETTINGS))).buildinfo
    # BUILDINFO(5): every key of version 2 that is not a list.
    assert list(buildinfo) == [
        "format",
        "pkgname",
        "pkgbase",
        "pkgver",
        "pkgarch",
        "pkgbuild_sha256sum",
        "packager",
        "builddate",
        "builddir",
        "startdir",
        "buildtool",
        "buildtoolver",
    ]
    assert buildinfo["format"] == ["2"]
    assert buildinfo["builddate"] == ["1767225600"]
    assert buildinfo["pkgbuild_sha256sum"] == [hashlib.sha256(b"").hexdigest()]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("linux-x64", "x86_64"),
        ("linux-arm64", "aarch64"),
        ("linux-armv7l", "armv7h"),
        ("linux-ppc64le", "powerpc64le"),
        ("linux-s390x", "s390x"),
    ],
)
def test_architectures_have_their_names(target: str, name: str) -> None:
    package = arch.package(small_bundle(target), Settings())
    assert arch.filename(package) == f"nodejs-24.19.0-1-{name}.pkg.tar.zst"
    assert reader.read(content(package)).pkginfo["arch"] == [name]


@pytest.mark.parametrize("target", ["linux-x64-musl", "linux-riscv64", "darwin-x64"])
def test_other_targets_are_refused(target: str) -> None:
    with pytest.raises(NotPublished, match=f"arch has no packages for {target}"):
        arch.package(small_bundle(target), Settings())


def test_corepack_and_another_name_are_told_to_pacman(bundle: Bundle) -> None:
    with_corepack = replace(bundle, entries=(*bundle.entries, File.of("bin/corepack", b"", 0o755)))
    package = arch.package(with_corepack, Settings(Metadata(name="acme-node")))
    assert package.conflicts == ("corepack", "nodejs", "nodejs-lts", "npm")
    assert package.provides == ("nodejs=24.19.0", "npm=11.6.2", "nodejs-lts")


def test_a_release_that_is_not_lts_does_not_claim_to_be(bundle: Bundle) -> None:
    assert "nodejs-lts" not in arch.package(replace(bundle, lts=""), Settings()).provides


def test_below_another_prefix_the_package_takes_nobodys_place(bundle: Bundle) -> None:
    package = arch.package(bundle, Settings(prefix="opt/node"))
    assert (package.provides, package.conflicts, package.replaces) == ((), (), ())


# Each older than the next.
VERSIONS = (
    ("22.11.0", 2, "22.11.0-2"),
    ("24.0.0-nightly20250101abcdef0123", 1, "24.0.0nightly20250101.abcdef0123-1"),
    ("24.0.0-nightly202501020123456789", 1, "24.0.0nightly20250102.0123456789-1"),
    ("24.0.0-nightly20250103fedcba9876", 1, "24.0.0nightly20250103.fedcba9876-1"),
    ("24.0.0-rc.1", 1, "24.0.0rc1-1"),
    ("24.0.0-rc.10", 1, "24.0.0rc10-1"),
    ("24.0.0-test20250101abcdef0123", 1, "24.0.0test20250101.abcdef0123-1"),
    ("24.0.0-v8-canary20250101abcdef0123", 1, "24.0.0v8canary20250101.abcdef0123-1"),
    ("24.0.0", 1, "24.0.0-1"),
    ("24.0.0", 2, "24.0.0-2"),
    ("24.0.0", 10, "24.0.0-10"),
    ("24.0.1", 1, "24.0.1-1"),
    ("24.10.0", 1, "24.10.0-1"),
)


@pytest.mark.parametrize(("text", "revision", "expected"), VERSIONS)
def test_versions_have_no_hyphen_but_the_one_before_the_revision(
    text: str, revision: int, expected: str
) -> None:
    assert arch.version(Version.parse(text), revision) == expected
    assert re.fullmatch(r"[A-Za-z0-9._+]+-\d+", expected)


@pytest.mark.parametrize(("older", "newer"), list(pairwise(VERSIONS)))
def test_vercmp_sorts_versions_as_they_were_released(
    older: tuple[str, int, str], newer: tuple[str, int, str]
) -> None:
    assert run("vercmp", older[2], newer[2]) == "-1\n"
    assert Version.parse(older[0]) <= Version.parse(newer[0])


# What pacman makes of it.


def files(root: Path) -> dict[str, tuple[int, str]]:
    """Return mode, and digest or link target, of everything below the root."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        if path.is_symlink():
            what = str(path.readlink())
        else:
            what = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[path.relative_to(root).as_posix()] = (mode, what)
    return found


@pytest.fixture
def pacman(tmp_path: Path) -> Pacman:
    return Pacman(tmp_path)


@pytest.mark.parametrize("codec", CODECS)
def test_pacman_installs_every_entry_and_removes_it(
    bundle: Bundle, tmp_path: Path, pacman: Pacman, codec: Codec
) -> None:
    package = arch.package(bundle, settings(codec))
    pacman("-Udd", write(package, tmp_path))
    assert files(pacman.root) == {
        entry.path: (
            BITS[type(entry)] | entry.mode,
            entry.sha256 if isinstance(entry, File) else getattr(entry, "target", ""),
        )
        for entry in package.entries
    }
    # Nothing that -Qkk prints is fine but its last line.
    total = len(package.entries)
    assert pacman("-Qkk", "nodejs") == f"nodejs: {total} total files, 0 altered files\n"
    assert f"Version         : {package.version}" in pacman("-Qi", "nodejs")
    owned = [line.removeprefix(f"nodejs {pacman.root}/") for line in pacman("-Ql").splitlines()]
    assert sorted(path.rstrip("/") for path in owned) == sorted(e.path for e in package.entries)
    pacman("-Rdd", "nodejs")
    assert files(pacman.root) == {}


def test_pacman_finds_a_file_that_was_altered(
    bundle: Bundle, tmp_path: Path, pacman: Pacman
) -> None:
    pacman("-Udd", write(arch.package(bundle, SETTINGS), tmp_path))
    altered = pacman.root / "usr/share/doc/nodejs/README.md"
    before = altered.stat()
    altered.write_bytes(altered.read_bytes().swapcase())
    os.utime(altered, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = pacman.attempt("-Qkk", "nodejs")
    assert result.returncode == 1
    assert "README.md (SHA256 checksum mismatch)" in result.stderr
    assert "1 altered file\n" in result.stdout


def test_pacman_upgrades_and_keeps_what_was_configured(
    bundle: Bundle, tmp_path: Path, pacman: Pacman
) -> None:
    pacman("-Udd", write(arch.package(bundle, SETTINGS), tmp_path))
    npmrc = pacman.root / "etc/npmrc"
    npmrc.write_bytes(b"edited=true\n")
    vanished = "lib/node_modules/npm/lib/empty.js"
    assert (pacman.root / "usr" / vanished).exists()
    newer = small_bundle(version="24.20.0")
    newer = replace(newer, entries=tuple(e for e in newer.entries if e.path != vanished))
    package = arch.package(newer, replace(SETTINGS, npmrc=b"registry=https://new.example/\n"))
    pacman("-Udd", write(package, tmp_path))
    assert pacman("-Q") == "nodejs 24.20.0-1\n"
    assert not (pacman.root / "usr" / vanished).exists()
    assert npmrc.read_bytes() == b"edited=true\n"
    assert npmrc.with_name("npmrc.pacnew").read_bytes() == b"registry=https://new.example/\n"


def test_pacman_asks_for_the_c_library(bundle: Bundle, tmp_path: Path, pacman: Pacman) -> None:
    result = pacman.attempt("-U", write(arch.package(bundle, Settings()), tmp_path))
    assert result.returncode == 1
    assert 'cannot resolve "glibc>=2.28", a dependency of "nodejs"' in result.stderr
    assert files(pacman.root) == {}


def test_pacman_refuses_another_architecture(tmp_path: Path, pacman: Pacman) -> None:
    package = arch.package(small_bundle("linux-arm64"), Settings())
    result = pacman.attempt("-Udd", write(package, tmp_path))
    assert result.returncode == 1
    assert "package architecture is not valid" in result.stdout + result.stderr


def test_repo_add_takes_the_package(bundle: Bundle, tmp_path: Path) -> None:
    path = write(arch.package(bundle, SETTINGS), tmp_path)
    database = tmp_path / "local.db.tar.gz"
    run("repo-add", "-q", database, path)
    described = run("bsdtar", "-xOf", database, "nodejs-24.19.0-1/desc")
    assert f"%FILENAME%\n{path.name}\n" in described
    assert f"%SHA256SUM%\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n" in described


# The same bytes, wherever and however.


def test_progress_counts_the_payload_and_nothing_else(bundle: Bundle) -> None:
    package = arch.package(bundle, SETTINGS)
    counted: list[int] = []
    content(package, Effort("fast", advance=counted.append))
    assert sum(counted) == package.size


@pytest.mark.parametrize("codec", CODECS)
def test_threads_change_no_byte(bundle: Bundle, codec: Codec) -> None:
    package = arch.package(bundle, settings(codec))
    assert content(package, Effort(jobs=1)) == content(package, Effort(jobs=4))


SCRIPT = """
import hashlib, io, os, sys
os.umask(int(sys.argv[1], 8))
from bundles import small_bundle
from rtinstall.platforms.linux import arch
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
out = io.BytesIO()
arch.write(arch.package(small_bundle(), Settings()), out, Effort("fast"))
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_the_machine_leaves_no_trace_in_the_bytes(tmp_path: Path) -> None:
    here = content(arch.package(small_bundle(), Settings()))
    assert printed(SCRIPT, "077", folder=tmp_path) == hashlib.sha256(here).hexdigest()
