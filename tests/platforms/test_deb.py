from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

import elf
from bundles import LICENSE, RELEASED, small_bundle
from oracles import attempt, run
from readers import ar as ar_reader
from readers import deb as reader
from roots import dpkg, on_disk
from rtinstall.platforms.compression import SUFFIX
from rtinstall.platforms.containers import ar
from rtinstall.platforms.linux import deb
from rtinstall.platforms.linux.deb_libraries import depends
from rtinstall.platforms.package import Codec, Effort, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished, WrongBinary
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.model import Blob, Bundle, File, Symlink
from rtinstall.runtime_bundle.targets import TARGETS
from rtinstall.runtime_bundle.versions import Version

CODECS: tuple[Codec, ...] = get_args(Codec)
EACH_CODEC = pytest.mark.parametrize("codec", CODECS)
COMPANY = Settings(
    npmrc=b"registry=https://npm.example/\n",
    certificates=b"-----BEGIN CERTIFICATE-----\n",
    extra=(File.of("opt/acme/notice", b"hello\n"),),
)
# Errors of lintian that stay, and why.
LINTIAN_ERRORS = {
    "malformed-deb-archive": "zstd: not in Debian's own archive, but dpkg reads it since 1.21.18",
}


def with_codec(codec: Codec, settings: Settings = COMPANY) -> Settings:
    return replace(settings, metadata=replace(settings.metadata, codec={"deb": codec}))


def written(package: Package, jobs: int = 1) -> bytes:
    out = io.BytesIO()
    deb.write(package, out, Effort("fast", jobs))
    return out.getvalue()


def saved(folder: Path, bundle: Bundle, settings: Settings = COMPANY) -> Path:
    package = deb.package(bundle, settings)
    path = folder / deb.filename(package)
    path.write_bytes(written(package))
    return path


# What is in it.


@EACH_CODEC
def test_reader_and_package_agree(bundle: Bundle, codec: Codec) -> None:
    package = deb.package(bundle, with_codec(codec))
    found = reader.read(written(package))
    assert set(found.suffixes) == {SUFFIX[codec]}
    root, *members = found.members
    assert (root.name, root.kind, root.mode) == ("./", "directory", 0o755)
    assert [member.name.rstrip("/") for member in members] == [
        f"./{entry.path}" for entry in package.entries
    ]
    for member, entry in zip(members, package.entries, strict=True):
        assert (member.mode, member.dialect) == (entry.mode, "gnu")
        assert (member.uid, member.gid, member.owner, member.group) == (0, 0, "root", "root")
        assert member.link == (entry.target if isinstance(entry, Symlink) else "")
        if isinstance(entry, File):
            assert hashlib.sha256(member.data).hexdigest() == entry.sha256
    assert {found.time, *(member.time for member in found.members)} == {RELEASED}


def test_everything_of_the_bundle_is_placed(bundle: Bundle) -> None:
    placed = {
        (entry.sha256, entry.path.rpartition("/")[2])
        for entry in deb.package(bundle, Settings()).files
    }
    rewritten = {"LICENSE", "CHANGELOG.md", "share/man/man1/node.1"}
    for entry in bundle.entries:
        if isinstance(entry, File) and entry.path not in rewritten:
            assert (entry.sha256, entry.path.rpartition("/")[2]) in placed


def test_control_files_say_what_is_in_the_package(bundle: Bundle) -> None:
    package = deb.package(bundle, COMPANY)
    found = reader.read(written(package))
    assert sorted(found.files) == ["conffiles", "control", "md5sums"]
    files = {m.name[2:]: m.data for m in found.members if m.kind == "file"}
    conffiles = found.files["conffiles"].decode().splitlines()
    assert conffiles == [
        "/etc/nodejs/ca-certificates.pem", "/etc/npmrc", "/etc/profile.d/nodejs-ca.sh",
    ]  # fmt: skip
    assert found.files["md5sums"].decode().splitlines() == [
        f"{hashlib.md5(data).hexdigest()}  {path}"
        for path, data in files.items()
        if f"/{path}" not in conffiles
    ]
    kib = sum(-(-m.size // 1024) if m.kind == "file" else 1 for m in found.members)
    assert found.control["Installed-Size"] == str(kib)


def test_a_package_without_configuration_has_no_conffiles(bundle: Bundle) -> None:
    assert "conffiles" not in reader.read(written(deb.package(bundle, Settings()))).files


def test_control_is_what_debians_users_expect(bundle: Bundle) -> None:
    control = reader.read(written(deb.package(bundle, Settings()))).control
    control.pop("Installed-Size")
    control.pop("Description")
    assert control == {
        "Package": "nodejs",
        "Version": "24.19.0-1",
        "Architecture": "amd64",
        "Multi-Arch": "allowed",
        "Maintainer": "rtinstall <packages@rtinstall.invalid>",
        "Depends": "libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 7)",
        "Recommends": "ca-certificates",
        "Suggests": "build-essential, python3",
        "Conflicts": "libnode-dev, npm",
        "Replaces": "libnode-dev, npm",
        "Provides": "npm (= 11.6.2)",
        "Section": "javascript",
        "Priority": "optional",
        "Homepage": "https://nodejs.org/",
    }


def test_a_package_of_another_name_stands_in_for_nodejs(bundle: Bundle) -> None:
    package = deb.package(bundle, Settings(metadata=Metadata(name="acme-node", revision=7)))
    assert deb.filename(package) == "acme-node_24.19.0-7_amd64.deb"
    assert package.provides == ("nodejs (= 24.19.0-7)", "npm (= 11.6.2)")
    assert package.conflicts == package.replaces == ("libnode-dev", "nodejs", "npm")
    assert "usr/share/doc/acme-node/copyright" in package.licenses


def test_a_package_below_another_prefix_takes_nobodys_place(bundle: Bundle) -> None:
    settings = Settings(metadata=Metadata(name="acme-node"), prefix="opt/node")
    package = deb.package(bundle, settings)
    assert package.provides == package.conflicts == package.replaces == ()
    links = {e.path: e.target for e in package.entries if isinstance(e, Symlink)}
    assert links["opt/node/bin/nodejs"] == "node"


def test_corepack_conflicts_with_debians(bundle: Bundle) -> None:
    corepack = Symlink("bin/corepack", "../lib/node_modules/corepack/dist/corepack.js")
    package = deb.package(replace(bundle, entries=(*bundle.entries, corepack)), Settings())
    assert "node-corepack" in package.conflicts


def test_documents_follow_the_policy(bundle: Bundle) -> None:
    package = deb.package(bundle, Settings())
    folder = "usr/share/doc/nodejs/"
    files = {e.path.removeprefix(folder): e for e in package.files if e.path.startswith(folder)}
    assert set(files) == {
        "README.md",
        "changelog.Debian.gz",
        "changelog.gz",
        "copyright",
        "gdbinit",
    }
    assert package.licenses == {f"{folder}copyright"}
    assert package.docs == {f"{folder}{name}" for name in files}
    text = b"".join(files["copyright"].content.chunks()).decode()
    header, stanza = text.split("\n\n")
    assert reader.fields(header + "\n")["Upstream-Name"] == "Node.js"
    assert reader.fields(stanza)["License"] == "Node.js\n" + LICENSE.removesuffix("\n")


@pytest.mark.parametrize(
    ("needed", "expected"),
    [
        ({"libc.so.6": ["GLIBC_2.34"]}, ("libc6 (>= 2.28)",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.9"]}, ("libstdc++6",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.20", "CXXABI_1.3"]}, ("libstdc++6",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.9", "CXXABI_FLOAT128"]}, ("libstdc++6",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.21"]}, ("libstdc++6 (>= 5.2)",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.25", "GLIBCXX_3.4.9"]}, ("libstdc++6 (>= 8)",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.21", "CXXABI_1.3.13"]}, ("libstdc++6 (>= 11)",)),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.29", "CXXABI_1.3.9"]}, ("libstdc++6 (>= 11)",)),
        ({"libgcc_s.so.1": ["GCC_3.4", "GCC_7.0.0"]}, ("libgcc-s1 (>= 7.0.0)",)),
        ({"libatomic.so.1": ["LIBATOMIC_1.0"]}, ("libatomic1",)),
        ({"libm.so.6": [], "libdl.so.2": [], "ld-linux-x86-64.so.2": []}, ("libc6 (>= 2.28)",)),
        ({}, ()),
    ],
)
def test_depends_are_what_the_executable_needs(
    needed: dict[str, list[str]], expected: tuple[str, ...]
) -> None:
    assert depends(read_executable(Blob(elf.executable("x64", needed))), (2, 28)) == expected


@pytest.mark.parametrize(
    ("needed", "message"),
    [
        ({"libssl.so.3": []}, "needs libssl.so.3, of no known package"),
        ({"libstdc++.so.6": ["GLIBCXX_3.4.99"]}, "needs GLIBCXX_3.4.99, of a GCC"),
        ({"libstdc++.so.6": ["CXXABI_1.4"]}, "needs CXXABI_1.4, of a GCC"),
    ],
)
def test_an_unknown_need_is_an_error(needed: dict[str, list[str]], message: str) -> None:
    with pytest.raises(WrongBinary, match=message):
        depends(read_executable(Blob(elf.executable("x64", needed))), (2, 28))


# Who it is for.


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_every_target_has_a_debian_name_or_is_refused(target: object) -> None:
    bundle = small_bundle(str(target))
    expected = {
        "linux-x64": "amd64", "linux-arm64": "arm64", "linux-armv7l": "armhf",
        "linux-ppc64le": "ppc64el", "linux-s390x": "s390x", "linux-riscv64": "riscv64",
        "linux-loong64": "loong64", "linux-x64-glibc-217": "amd64",
    }  # fmt: skip
    if str(target) in expected:
        assert deb.package(bundle, Settings()).architecture == expected[str(target)]
    else:
        with pytest.raises(NotPublished, match=f"deb has no packages for {target}"):
            deb.package(bundle, Settings())


VERSIONS = (
    ("23.11.1", "23.11.1-1"),
    ("24.0.0-nightly20260101abcdef0123", "24.0.0~nightly20260101abcdef0123-1"),
    ("24.0.0-nightly20260102abcdef0123", "24.0.0~nightly20260102abcdef0123-1"),
    ("24.0.0-rc.1", "24.0.0~rc.1-1"),
    ("24.0.0-rc.2", "24.0.0~rc.2-1"),
    ("24.0.0-rc.10", "24.0.0~rc.10-1"),
    ("24.0.0-test20260101abcdef0123", "24.0.0~test20260101abcdef0123-1"),
    ("24.0.0-v8-canary20260101abcdef0123", "24.0.0~v8-canary20260101abcdef0123-1"),
    ("24.0.0", "24.0.0-1"),
    ("24.0.1", "24.0.1-1"),
    ("24.9.0", "24.9.0-1"),
    ("24.19.0", "24.19.0-1"),
    ("100.0.0", "100.0.0-1"),
)


@pytest.mark.parametrize(("upstream", "debian"), VERSIONS)
def test_a_version_maps_to_debians(upstream: str, debian: str) -> None:
    assert deb.version(Version.parse(upstream), 1) == debian


def test_dpkg_orders_versions_as_upstream_does() -> None:
    ordered = [debian for _, debian in VERSIONS]
    assert sorted(VERSIONS, key=lambda pair: Version.parse(pair[0])) == list(VERSIONS)
    ordered.insert(1, deb.version(Version.parse("23.11.1"), 2))
    ordered.insert(2, deb.version(Version.parse("23.11.1"), 10))
    for older, newer in pairwise(ordered):
        run("dpkg", "--compare-versions", older, "lt", newer)


# What Debian's tools make of it.


def expected(package: Package) -> dict[str, str]:
    return {
        entry.path: f"{entry.mode:o} {entry.sha256}"
        if isinstance(entry, File)
        else entry.target
        if isinstance(entry, Symlink)
        else f"{entry.mode:o}"
        for entry in package.entries
    }


@EACH_CODEC
def test_dpkg_deb_and_package_agree(bundle: Bundle, codec: Codec, tmp_path: Path) -> None:
    package = deb.package(bundle, with_codec(codec))
    path = saved(tmp_path, bundle, with_codec(codec))
    assert run("dpkg-deb", "-f", path, "Version") == "24.19.0-1\n"
    listed = run("dpkg-deb", "-c", path).splitlines()
    assert len(listed) == len(package.entries) + 1
    assert all(line.split()[1] == "root/root" for line in listed)
    assert all(line.split()[3:5] == ["2026-01-01", "00:00"] for line in listed)
    run("dpkg-deb", "-x", path, tmp_path / "out")
    assert dict(on_disk(tmp_path / "out")) == expected(package)


@EACH_CODEC
def test_dpkg_installs_and_removes_it(bundle: Bundle, codec: Codec, tmp_path: Path) -> None:
    package = deb.package(bundle, with_codec(codec))
    root = tmp_path / "root"
    dpkg(root, "-i", saved(tmp_path, bundle, with_codec(codec)))
    assert dict(on_disk(root, "var")) == expected(package)
    assert dpkg(root, "--verify", "nodejs") == ""
    dpkg(root, "--remove", "nodejs")
    assert {name for name, _ in on_disk(root, "var")} == {
        "etc", "etc/nodejs", "etc/nodejs/ca-certificates.pem", "etc/npmrc", "etc/profile.d",
        "etc/profile.d/nodejs-ca.sh",
    }  # fmt: skip
    dpkg(root, "--purge", "nodejs")
    assert list(on_disk(root, "var")) == []


def test_an_upgrade_removes_what_vanished_and_keeps_configuration(tmp_path: Path) -> None:
    old = small_bundle(version="24.19.0")
    new = small_bundle(version="24.20.0-rc.1")
    vanished = File.of("lib/node_modules/npm/lib/old/gone.js", b"gone\n")
    old = replace(old, entries=(*old.entries, vanished))
    root = tmp_path / "root"
    old_file, new_file = saved(tmp_path, old), saved(tmp_path, new)
    dpkg(root, "-i", old_file)
    assert (root / "usr" / vanished.path).is_file()
    (root / "etc/npmrc").write_text("registry=https://mine.example/\n")
    dpkg(root, "-i", new_file)
    assert not (root / "usr/lib/node_modules/npm/lib/old").exists()
    assert "24.20.0" in (root / "usr/include/node/node_version.h").read_text()
    assert (root / "etc/npmrc").read_text() == "registry=https://mine.example/\n"
    dpkg(root, "-i", old_file)
    assert (root / "usr" / vanished.path).is_file()
    dpkg(root, "--purge", "nodejs")
    assert list(on_disk(root, "var")) == []


def debians(folder: Path, name: str, version: str, *files: str) -> Path:
    """Build a package that has the files of Debian's package ``name`` in the way."""
    tree = folder / name
    for file in files:
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(f"Debian's {file}\n")
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: a <a@b.c>\n"
        f"Description: {name}\n"
    )
    run("dpkg-deb", "--root-owner-group", "--build", tree, folder)
    return folder / f"{name}_{version}_amd64.deb"


def test_debians_own_packages_are_replaced_and_can_come_back(
    bundle: Bundle, tmp_path: Path
) -> None:
    theirs = (
        debians(tmp_path, "nodejs", "18.20.4+dfsg-1~deb12u3", "usr/bin/node", "usr/bin/nodejs"),
        debians(tmp_path, "npm", "9.2.0~ds1-1", "usr/bin/npm", "usr/share/man/man1/npm.1.gz"),
        debians(tmp_path, "libnode-dev", "18.20.4+dfsg-1~deb12u3", "usr/include/node/node.h"),
    )
    root = tmp_path / "root"
    dpkg(root, "-i", *theirs)
    dpkg(root, "-i", saved(tmp_path, bundle, Settings()))
    assert dict(on_disk(root, "var")) == expected(deb.package(bundle, Settings()))
    dpkg(root, "-i", *theirs)
    assert {(root / name).read_text() for name in ("usr/bin/node", "usr/bin/npm")} == {
        "Debian's usr/bin/node\n", "Debian's usr/bin/npm\n",
    }  # fmt: skip


def test_lintian_finds_no_error_without_a_reason(bundle: Bundle, tmp_path: Path) -> None:
    result = attempt(
        "lintian", "--no-cfg", "--allow-root", "--tag-display-limit", "0", "--fail-on", "none",
        saved(tmp_path, bundle, Settings()),
    )  # fmt: skip
    found = {
        line.split(": ", 2)[2].split()[0] for line in result.stdout.splitlines() if line[:2] == "E:"
    }
    assert found <= set(LINTIAN_ERRORS), result.stdout + result.stderr


# Whatever goes in.


def test_hostile_words_stay_within_their_field(bundle: Bundle, tmp_path: Path) -> None:
    hostile = "x\nEssential: yes\r\n\n\x0bPre-Depends: evil\u2028Tag: a"
    metadata = Metadata(
        maintainer=f"{hostile} <a@b.c>",
        homepage=f"https://h.example/{hostile}",
        summary=hostile,
        description=f"\n{hostile}\n   \n.\nlast line ✓\n\n",
    )
    path = saved(tmp_path, bundle, Settings(metadata=metadata))
    control = reader.read(path.read_bytes()).control
    assert {"Essential", "Pre-Depends", "Tag"}.isdisjoint(control)
    assert run("dpkg-deb", "-f", path, "Essential", "Pre-Depends", "Tag") == ""
    text = run("dpkg-deb", "-f", path, "Description")
    assert text.endswith("\n .\n .\n last line ✓\n .\n")
    assert all(line.startswith(" ") for line in text.splitlines()[1:])


def test_a_runtime_without_a_licence_is_refused(bundle: Bundle) -> None:
    bare = replace(bundle, entries=tuple(e for e in bundle.entries if e.path != "LICENSE"))
    with pytest.raises(Exception, match="no file 'LICENSE'"):
        deb.package(bare, Settings())


class FullDisk(io.BytesIO):
    """A file on a disk that has room for ``room`` bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: object, /) -> int:
        written = super().write(data)  # type: ignore[arg-type]  # typeshed's Buffer is not importable
        if self.tell() > self.room:
            raise OSError(errno.ENOSPC, "no space left on device")
        return written


@EACH_CODEC
@pytest.mark.parametrize("room", [0, 100, 3000])
def test_a_full_disk_is_an_oserror(bundle: Bundle, codec: Codec, room: int) -> None:
    package = deb.package(bundle, with_codec(codec))
    with pytest.raises(OSError, match="no space") as caught:
        deb.write(package, FullDisk(room), Effort("fast", 2))
    assert caught.value.errno == errno.ENOSPC


SCRIPT = """
import hashlib, io, os, sys
os.umask(int(sys.argv[1], 8))
from bundles import small_bundle
from rtinstall.platforms.linux import deb
from rtinstall.platforms.linux.deb_libraries import depends
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
out = io.BytesIO()
deb.write(deb.package(small_bundle(), Settings(npmrc=b"a=b")), out, Effort("fast", int(sys.argv[2])))
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_the_machine_leaves_no_trace(bundle: Bundle, tmp_path: Path) -> None:
    def elsewhere(umask: str, jobs: str, **environment: str) -> str:
        path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, umask, jobs],
            env={**os.environ, "PYTHONPATH": path, **environment},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    here = written(deb.package(bundle, Settings(npmrc=b"a=b")))
    assert {
        hashlib.sha256(here).hexdigest(),
        elsewhere("000", "4", TZ="Asia/Kathmandu", LC_ALL="C", PYTHONHASHSEED="1"),
        elsewhere("077", "1", TZ="America/Lima", LANG="de_DE.UTF-8", PYTHONHASHSEED="2"),
    } == {hashlib.sha256(here).hexdigest()}


# The container.


def test_ar_members_are_read_back_and_padded() -> None:
    out = io.BytesIO()
    out.write(ar.MAGIC)
    for name, data in (("odd", b"123"), ("empty", b""), ("sixteen-long.tar", b"1234")):
        with ar.member(out, name, time=5):
            out.write(data)
    found = ar_reader.read(out.getvalue())
    assert [(m.name, m.data, m.time) for m in found] == [
        ("odd", b"123", 5), ("empty", b"", 5), ("sixteen-long.tar", b"1234", 5),
    ]  # fmt: skip
    assert len(out.getvalue()) % 2 == 0


@pytest.mark.parametrize(
    ("name", "size", "time"), [("seventeen-letters", 1, 1), ("a", 10**10, 1), ("a", 1, 10**12)]
)
def test_ar_refuses_what_has_no_room(name: str, size: int, time: int) -> None:
    with pytest.raises(ValueError, match="ar cannot hold"):
        ar.header(name, size=size, time=time)
