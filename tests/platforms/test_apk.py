from __future__ import annotations

import hashlib
import re
import stat
import subprocess
import zlib
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from bundles import small_bundle
from foreign import printed
from oracles import attempt, run, tool
from readers import apk as reader
from rtinstall.platforms.linux import apk
from rtinstall.platforms.package import LEVELS, Effort, Level, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished, WrongBinary
from rtinstall.runtime_bundle.executables import Executable
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink, tree
from rtinstall.runtime_bundle.versions import Version

KINDS: dict[type[Entry], str] = {File: "file", Directory: "directory", Symlink: "symlink"}
BITS: dict[type[Entry], int] = {
    File: stat.S_IFREG,
    Directory: stat.S_IFDIR,
    Symlink: stat.S_IFLNK,
}
SETTINGS = Settings(
    npmrc=b"registry=https://npm.example/\n",
    extra=(File.of("usr/share/odd/a b#c=d[e]*日本.txt", b"odd\n"),),
)
MUSL = "so:libc.musl-x86_64.so.1"


@pytest.fixture(scope="module")
def musl() -> Bundle:
    return small_bundle("linux-x64-musl")


def content(package: Package, effort: Effort | None = None) -> bytes:
    out = BytesIO()
    apk.write(package, out, effort or Effort("fast"))
    return out.getvalue()


def write(package: Package, folder: Path) -> Path:
    path = folder / apk.filename(package)
    with path.open("xb+") as out:
        apk.write(package, out, Effort("fast"))
    return path


# What is in the file: Package, our reader and the real tools agree.


@pytest.mark.parametrize("level", LEVELS)
def test_every_entry_is_read_back(musl: Bundle, level: Level) -> None:
    package = apk.package(musl, SETTINGS)
    members = reader.read(content(package, Effort(level))).members
    assert [member.name.rstrip("/") for member in members] == [e.path for e in package.entries]
    for member, entry in zip(members, package.entries, strict=True):
        assert (member.kind, member.mode) == (KINDS[type(entry)], entry.mode)
        assert (member.uid, member.gid, member.owner, member.group) == (0, 0, "root", "root")
        assert member.time == package.time
        assert member.link == (entry.target if isinstance(entry, Symlink) else "")
        if isinstance(entry, File):
            assert hashlib.sha256(member.data).hexdigest() == entry.sha256


def test_node_and_npm_are_the_bundles_own(musl: Bundle) -> None:
    members = {m.name: m.data for m in reader.read(content(apk.package(musl, SETTINGS))).members}
    for path in ("bin/node", "lib/node_modules/npm/lib/npm.js", "include/node/node.h"):
        assert members[f"usr/{path}"] == b"".join(musl.file(path).content.chunks())


def test_a_large_package_is_still_two_gzip_members(musl: Bundle) -> None:
    """Several pieces are compressed apart, and must come out as one."""
    noise = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(1 << 16))
    large = File.of("usr/share/odd/large", noise * 2)
    package = apk.package(musl, replace(SETTINGS, extra=(large,)))
    found = reader.read(content(package, Effort("fast", jobs=2)))
    (member,) = [member for member in found.members if member.name == large.path]
    assert hashlib.sha256(member.data).hexdigest() == large.sha256


def test_the_members_read_together_are_one_tar(musl: Bundle, tmp_path: Path) -> None:
    package = apk.package(musl, SETTINGS)
    path = write(package, tmp_path)
    first, *lines = run("bsdtar", "-tvf", path).splitlines()
    assert first.endswith(" .PKGINFO")
    found = []
    for line in lines:
        mode, _, owner, group, size, *_, where = line.split(None, 8)
        name, _, link = where.partition(" -> ")
        found.append((mode, owner, group, int(size), name.rstrip("/"), link))
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


def test_gnu_tar_extracts_what_the_package_holds(musl: Bundle, tmp_path: Path) -> None:
    package = apk.package(musl, SETTINGS)
    root = tmp_path / "root"
    root.mkdir()
    run("tar", "-xzf", write(package, tmp_path), "-C", root, "--warning=no-unknown-keyword")
    (root / ".PKGINFO").unlink()
    assert files(root) == expected(package)


def files(root: Path) -> dict[str, tuple[int, str]]:
    """Return mode, and digest or link target, of everything below ``root``."""
    found = {}
    for path in root.rglob("*"):
        if path.is_symlink():
            what = str(path.readlink())
        else:
            what = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[path.relative_to(root).as_posix()] = (path.lstat().st_mode, what)
    return found


def expected(package: Package) -> dict[str, tuple[int, str]]:
    return {
        entry.path: (
            BITS[type(entry)] | entry.mode,
            entry.sha256 if isinstance(entry, File) else getattr(entry, "target", ""),
        )
        for entry in package.entries
    }


# What the package says.


def test_the_package_says_what_apk_shows(musl: Bundle) -> None:
    package = apk.package(musl, SETTINGS)
    pkginfo = reader.read(content(package)).pkginfo
    del pkginfo["datahash"]  # compared by the reader
    assert pkginfo == {
        "pkgname": ["nodejs"],
        "pkgver": ["24.19.0-r1"],
        "pkgdesc": ["Node.js event-driven JavaScript runtime, with npm"],
        "url": ["https://nodejs.org/"],
        "builddate": ["1767225600"],
        "packager": ["rtinstall <packages@rtinstall.invalid>"],
        "size": [str(sum(entry.size for entry in package.entries if isinstance(entry, File)))],
        "arch": ["x86_64"],
        "origin": ["nodejs"],
        "maintainer": ["rtinstall <packages@rtinstall.invalid>"],
        "license": ["MIT"],
        "replaces": ["nodejs-current", "nodejs-dev", "nodejs-doc", "npm", "npm-doc"],
        "depend": [
            "ca-certificates",
            MUSL,
            "so:libgcc_s.so.1",
            "so:libstdc++.so.6",
            "!nodejs-current",
        ],
        "provides": [
            "nodejs-dev=24.19.0-r1",
            "npm=11.6.2",
            "nodejs-npm=11.6.2",
            "cmd:node=24.19.0-r1",
            "cmd:npm=11.6.2",
            "cmd:npx=11.6.2",
        ],
    }


@pytest.mark.parametrize(
    ("target", "name"), [("linux-x64-musl", "x86_64"), ("linux-arm64-musl", "aarch64")]
)
def test_architectures_have_their_names(target: str, name: str) -> None:
    package = apk.package(small_bundle(target), Settings())
    assert apk.filename(package) == f"nodejs-24.19.0-r1.{name}.apk"
    assert f"so:libc.musl-{name}.so.1" in package.requires
    assert reader.read(content(package)).pkginfo["arch"] == [name]


def test_a_library_left_behind_in_a_wheel_is_an_error_unless_the_bundle_has_it(
    musl: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = "libstdc++-5d72f927.so.6.0.33"
    found = Executable(
        "elf", "linux", ("x64",), libc="musl", needed=(renamed, "libc.musl-x86_64.so.1")
    )
    monkeypatch.setattr(apk, "read_executable", lambda content: found)
    with pytest.raises(WrongBinary, match=re.escape(renamed)):
        apk.package(musl, SETTINGS)
    library = File.of(f"lib/{renamed}", b"", 0o755)
    package = apk.package(replace(musl, entries=(*musl.entries, library)), SETTINGS)
    assert package.requires == ("ca-certificates", MUSL)
    assert f"usr/lib/{renamed}" in {entry.path for entry in package.entries}


@pytest.mark.parametrize("target", ["linux-x64", "linux-armv7l", "darwin-arm64"])
def test_what_is_not_for_musl_is_refused(target: str) -> None:
    with pytest.raises(NotPublished, match=f"apk has no packages for {target}") as raised:
        apk.package(small_bundle(target), Settings())
    assert "musl" in raised.value.hint


def test_corepack_and_another_name_are_told_to_apk(musl: Bundle) -> None:
    with_corepack = replace(musl, entries=(*musl.entries, File.of("bin/corepack", b"", 0o755)))
    package = apk.package(with_corepack, Settings(Metadata(name="acme-node")))
    assert package.conflicts == ("!corepack", "!nodejs", "!nodejs-current")
    assert {"nodejs=24.19.0-r1", "cmd:corepack=24.19.0-r1"} < set(package.provides)
    assert {"corepack", "nodejs"} < set(package.replaces)


def test_below_another_prefix_the_package_takes_nobodys_place(musl: Bundle) -> None:
    package = apk.package(musl, Settings(prefix="opt/node"))
    assert (package.provides, package.conflicts, package.replaces) == ((), (), ())


# Each older than the next, for apk; test builds and canaries are from other branches.
VERSIONS = (
    ("22.11.0", 2, "22.11.0-r2"),
    ("24.0.0-nightly20250101abcdef0123", 1, "24.0.0_alpha20250101-r1"),
    ("24.0.0-nightly202501020123456789", 1, "24.0.0_alpha20250102-r1"),
    ("24.0.0-test20250101abcdef0123", 1, "24.0.0_beta20250101-r1"),
    ("24.0.0-v8-canary20250101abcdef0123", 1, "24.0.0_pre20250101-r1"),
    ("24.0.0-rc.1", 1, "24.0.0_rc1-r1"),
    ("24.0.0-rc.10", 1, "24.0.0_rc10-r1"),
    ("24.0.0", 1, "24.0.0-r1"),
    ("24.0.0", 2, "24.0.0-r2"),
    ("24.0.0", 10, "24.0.0-r10"),
    ("24.0.1", 1, "24.0.1-r1"),
    ("24.10.0", 1, "24.10.0-r1"),
)


@pytest.mark.parametrize(("text", "revision", "expected"), VERSIONS)
def test_versions_are_in_the_words_that_apk_knows(text: str, revision: int, expected: str) -> None:
    assert apk.version(Version.parse(text), revision) == expected
    assert re.fullmatch(r"\d+(\.\d+)*(_(alpha|beta|pre|rc)\d*)?-r\d+", expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("11.6.2", "11.6.2"), ("11.0.0-pre.1", "11.0.0_pre1")]
)
def test_versions_of_npm_are_too(text: str, expected: str) -> None:
    assert apk.npm_version(text) == expected


@pytest.mark.parametrize(("older", "newer"), list(pairwise(VERSIONS)))
def test_apk_sorts_versions_as_they_were_released(
    older: tuple[str, int, str], newer: tuple[str, int, str]
) -> None:
    assert run("apk", "version", "-t", older[2], newer[2]) == "<\n"


# What apk makes of it. It is on PATH on Alpine; elsewhere RTINSTALL_APK may name one.


class Alpine:
    """A root directory of its own, with packages that stand for the rest of the distribution."""

    def __init__(self, folder: Path, package: Package) -> None:
        self.root = folder / "root"
        self.arguments = (
            "--root", self.root, "--no-network", "--allow-untrusted", "--arch", "x86_64",
        )  # fmt: skip
        release = File.of("etc/alpine-release", b"3.23\n")
        rest = replace(
            other(package, "rest-of-alpine", release),
            provides=tuple(f"{name}=1" for name in package.requires),
        )
        self("add", "--initdb", write(rest, folder))
        self.before = self.files()

    def __call__(self, command: str, *arguments: str | Path) -> str:
        return run("apk", command, *self.arguments, *arguments)

    def attempt(self, command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return attempt("apk", command, *self.arguments, *arguments)

    def files(self) -> dict[str, tuple[int, str]]:
        """Return what is below the root, apk's own accounts left out."""
        ours = re.compile(r"(lib|var|dev|tmp|proc|etc/apk|usr/lib/apk)(/.*)?")
        return {path: what for path, what in files(self.root).items() if not ours.fullmatch(path)}


@pytest.fixture
def alpine(musl: Bundle, tmp_path: Path) -> Alpine:
    tool("apk")
    return Alpine(tmp_path, apk.package(musl, SETTINGS))


def test_apk_installs_every_entry_and_removes_it(
    musl: Bundle, tmp_path: Path, alpine: Alpine
) -> None:
    package = apk.package(musl, SETTINGS)
    path = write(package, tmp_path)
    assert attempt("apk", "verify", "--allow-untrusted", path).returncode == 0
    alpine("add", path)
    # The exit status alone proves nothing: of a package it takes for empty apk installs nothing.
    assert alpine.files() == alpine.before | expected(package)
    listed = alpine("info", "-L", "nodejs").splitlines()[1:]
    assert sorted(filter(None, listed)) == sorted(
        entry.path for entry in package.entries if not isinstance(entry, Directory)
    )
    alpine("del", "nodejs")
    assert alpine.files() == alpine.before


def test_apk_upgrades_and_keeps_what_was_configured(
    musl: Bundle, tmp_path: Path, alpine: Alpine
) -> None:
    alpine("add", write(apk.package(musl, SETTINGS), tmp_path))
    npmrc = alpine.root / "etc/npmrc"
    npmrc.write_bytes(b"edited=true\n")
    vanished = "lib/node_modules/npm/lib/empty.js"
    assert (alpine.root / "usr" / vanished).exists()
    newer = small_bundle("linux-x64-musl", version="24.20.0")
    newer = replace(newer, entries=tuple(e for e in newer.entries if e.path != vanished))
    package = apk.package(newer, replace(SETTINGS, npmrc=b"registry=https://new.example/\n"))
    alpine("add", write(package, tmp_path))
    assert alpine("info", "-v", "-e", "nodejs") == "nodejs-24.20.0-r1\n"
    assert not (alpine.root / "usr" / vanished).exists()
    assert npmrc.read_bytes() == b"edited=true\n"
    assert npmrc.with_name("npmrc.apk-new").read_bytes() == b"registry=https://new.example/\n"


def test_apk_asks_for_the_c_library(musl: Bundle, tmp_path: Path, alpine: Alpine) -> None:
    alpine("del", "rest-of-alpine")
    result = alpine.attempt("add", write(apk.package(musl, SETTINGS), tmp_path))
    assert result.returncode != 0
    assert f"{MUSL} (no such package)" in result.stdout + result.stderr


def other(package: Package, name: str, *files: File) -> Package:
    """Return a package of Alpine's own, as far as ours could meet it."""
    return replace(
        package,
        metadata=Metadata(name=name),
        entries=tree(files),
        provides=(),
        requires=(),
        conflicts=(),
        replaces=(),
    )


def test_apk_puts_it_in_the_place_of_alpines_npm(
    musl: Bundle, tmp_path: Path, alpine: Alpine
) -> None:
    package = apk.package(musl, SETTINGS)
    path = write(package, tmp_path)
    npm = other(package, "npm", File.of("usr/bin/npm", b"#!/bin/sh\n", 0o755))
    folder = tmp_path / "repository" / "x86_64"
    folder.mkdir(parents=True)
    published = write(npm, folder).rename(folder / "npm-24.19.0-r1.apk")
    run("apk", "index", "--allow-untrusted", "-o", folder / "APKINDEX.tar.gz", published)
    repository = f"--repository={folder.parent}"
    alpine("add", repository, "npm")
    assert not (alpine.root / "usr/bin/npm").is_symlink()
    alpine("add", repository, path)
    assert "npm" not in alpine("info").splitlines()
    assert alpine.files() == alpine.before | expected(package)


def test_apk_does_not_install_it_beside_nodejs_current(
    musl: Bundle, tmp_path: Path, alpine: Alpine
) -> None:
    package = apk.package(musl, SETTINGS)
    current = other(package, "nodejs-current", File.of("usr/bin/node", b"", 0o755))
    result = alpine.attempt("add", write(current, tmp_path), write(package, tmp_path))
    assert result.returncode != 0
    assert "nodejs-24.19.0-r1[!nodejs-current]" in result.stdout + result.stderr


def test_apk_finds_a_byte_that_was_altered(musl: Bundle, tmp_path: Path) -> None:
    path = write(apk.package(musl, SETTINGS), tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert attempt("apk", "verify", "--allow-untrusted", path).returncode != 0


def test_our_reader_finds_a_file_whose_checksum_is_wrong(musl: Bundle) -> None:
    data = content(apk.package(musl, SETTINGS))
    control, rest, _ = reader.gzip_member(data)
    plain = zlib.decompress(rest, wbits=31).replace(b"prefix=/usr/local", b"prefix=/usr/lokal")
    broken = stored(plain)
    was, now = hashlib.sha256(rest).hexdigest(), hashlib.sha256(broken).hexdigest()
    head = stored(control.replace(was.encode(), now.encode()))
    with pytest.raises(AssertionError, match="npmrc"):
        reader.read(head + broken)


def stored(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=31)
    return encoder.compress(data) + encoder.flush()


# The same bytes, wherever and however.


def test_progress_counts_the_payload_and_nothing_else(musl: Bundle) -> None:
    package = apk.package(musl, SETTINGS)
    counted: list[int] = []
    content(package, Effort("fast", advance=counted.append))
    assert sum(counted) == package.size


def test_threads_change_no_byte(musl: Bundle) -> None:
    package = apk.package(musl, SETTINGS)
    assert content(package, Effort(jobs=1)) == content(package, Effort(jobs=4))


SCRIPT = """
import hashlib, io, os, sys
os.umask(int(sys.argv[1], 8))
from bundles import small_bundle
from rtinstall.platforms.linux import apk
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
out = io.BytesIO()
apk.write(apk.package(small_bundle("linux-x64-musl"), Settings()), out, Effort("fast"))
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_the_machine_leaves_no_trace_in_the_bytes(musl: Bundle, tmp_path: Path) -> None:
    here = content(apk.package(musl, Settings()))
    assert printed(SCRIPT, "077", folder=tmp_path) == hashlib.sha256(here).hexdigest()
