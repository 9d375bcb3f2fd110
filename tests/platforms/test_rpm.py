from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from bundles import small_bundle
from oracles import attempt, run, tool
from readers import rpm as reader
from rtinstall.platforms.linux import rpm, rpm_relations, rpm_tags
from rtinstall.platforms.package import Codec, Effort, Level, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import BadConfiguration, NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Slice, Symlink
from rtinstall.runtime_bundle.versions import Version

CODECS: tuple[Codec, ...] = ("zstd", "gzip", "xz", "none")
NPMRC = b"registry=https://npm.example/\n"
CONFIG, DOC, NOREPLACE, LICENSE = 1, 2, 16, 128

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="installing into a directory needs root")
each_codec = pytest.mark.parametrize("codec", CODECS)


def settings(codec: Codec | None = None, npmrc: bytes = NPMRC) -> Settings:
    metadata = Metadata(codec={"rpm": codec} if codec else {})
    return Settings(metadata=metadata, npmrc=npmrc)


def content(package: Package, level: Level = "fast", jobs: int = 1) -> bytes:
    out = BytesIO()
    rpm.write(package, out, Effort(level, jobs))
    return out.getvalue()


def build(package: Package, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / rpm.filename(package)
    path.write_bytes(content(package))
    return path


def made(folder: Path, codec: Codec | None = None) -> tuple[Package, Path]:
    package = rpm.package(small_bundle(), settings(codec))
    return package, build(package, folder)


def owned(package: Package) -> dict[str, Entry]:
    """Return what the package owns, by absolute path."""
    return {
        f"/{entry.path}": entry
        for entry in package.entries
        if not isinstance(entry, Directory)
        or entry.path not in package.shared
        or entry.path == "usr/lib/node_modules"
    }


def full_mode(entry: Entry) -> int:
    kinds = {File: stat.S_IFREG, Symlink: stat.S_IFLNK, Directory: stat.S_IFDIR}
    return kinds[type(entry)] | entry.mode


def size_of(entry: Entry) -> int:
    if isinstance(entry, File):
        return entry.size
    return len(entry.target) if isinstance(entry, Symlink) else 0


# What is in the file: Bundle, our reader and the real tools agree.


@each_codec
def test_reader_and_package_agree_on_every_entry(tmp_path: Path, codec: Codec) -> None:
    package, path = made(tmp_path, codec)
    found = reader.read(path.read_bytes())
    assert found.codec == codec
    assert found.name == "nodejs-24.19.0-1"
    expected = owned(package)
    assert [item.path for item in found.items] == sorted(expected, key=str.encode)
    for item in found.items:
        entry = expected[item.path]
        assert (item.mode, item.size) == (full_mode(entry), size_of(entry))
        assert (item.user, item.group, item.time) == ("root", "root", package.time)
        if isinstance(entry, File):
            assert item.data == b"".join(entry.content.chunks())
            assert item.digest == entry.sha256
        assert item.target == (entry.target if isinstance(entry, Symlink) else "")


def test_every_file_of_the_bundle_is_in_the_package(bundle: Bundle) -> None:
    found = reader.read(content(rpm.package(bundle, settings())))
    digests = {item.digest for item in found.items}
    compressed = {item.path for item in found.items if item.path.endswith(".gz")}
    for entry in bundle.entries:
        if isinstance(entry, File):
            manual = f"/usr/share/man/man1/{entry.path.rpartition('/')[2]}.gz"
            assert entry.sha256 in digests or manual in compressed, entry.path


def test_files_are_flagged_as_configuration_licence_and_documents(bundle: Bundle) -> None:
    flags = {
        item.path: item.flags
        for item in reader.read(content(rpm.package(bundle, settings()))).items
    }
    assert {path: flag for path, flag in flags.items() if flag} == {
        "/etc/npmrc": CONFIG | NOREPLACE,
        "/usr/share/licenses/nodejs/LICENSE": LICENSE,
        **{
            path: DOC
            for path in flags
            if path.startswith(("/usr/share/man/man", "/usr/share/doc/nodejs/"))
        },
    }
    assert flags["/usr/share/man/man1/node.1.gz"] == flags["/usr/share/doc/nodejs/README.md"] == DOC


@each_codec
def test_rpm_lists_the_same_as_the_package(tmp_path: Path, codec: Codec) -> None:
    package, path = made(tmp_path, codec)
    found = {}
    for line in run("rpm", "-qp", "--dump", path).splitlines():
        name, size, time, digest, mode, owner, group, *_, target = line.split(" ")
        found[name] = (int(size), int(time), digest.strip("0"), int(mode, 8), owner, group, target)
    assert found == {
        name: (
            size_of(entry),
            package.time,
            entry.sha256.strip("0") if isinstance(entry, File) else "",
            full_mode(entry),
            "root",
            "root",
            entry.target if isinstance(entry, Symlink) else "X",
        )
        for name, entry in owned(package).items()
    }


def listing(text: str, size_column: int) -> dict[str, tuple[str, int, str]]:
    """Read the long listing of cpio or bsdtar: mode, size and link target by absolute path."""
    found = {}
    for line in text.splitlines():
        fields = line.split(None, 8)
        name, _, target = fields[8].partition(" -> ")
        found[name.removeprefix(".")] = (fields[0], int(fields[size_column]), target)
    return found


@each_codec
def test_cpio_and_bsdtar_list_the_same_as_the_package(tmp_path: Path, codec: Codec) -> None:
    package, path = made(tmp_path, codec)
    expected = {
        name: (
            stat.filemode(full_mode(entry)),
            size_of(entry),
            entry.target if isinstance(entry, Symlink) else "",
        )
        for name, entry in owned(package).items()
    }
    payload = subprocess.run([tool("rpm2cpio"), path], capture_output=True, check=True).stdout
    listed = subprocess.run(
        [tool("cpio"), "-tv", "--quiet"],
        input=payload,
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert listing(listed.stdout.decode(), 4) == expected
    assert listing(run("bsdtar", "-tvf", path), 4) == expected


# What keeps it whole: digests.


@each_codec
@pytest.mark.parametrize("level", ["fast", "balanced", "max"])
def test_rpm_finds_every_digest_right(tmp_path: Path, codec: Codec, level: Level) -> None:
    package = rpm.package(small_bundle(), settings(codec))
    path = tmp_path / "a.rpm"
    path.write_bytes(content(package, level))
    lines = run("rpm", "-Kv", path).splitlines()[1:]
    kinds = {line.strip().removesuffix(" digest: OK") for line in lines}
    assert {"Header SHA256", "Header SHA1", "Payload SHA256", "MD5"} <= kinds
    assert all(line.endswith(": OK") for line in lines)


@each_codec
def test_a_byte_flipped_anywhere_is_detected(tmp_path: Path, codec: Codec) -> None:
    """Anywhere but in the lead and the sizes, which no digest of the format covers."""
    _, path = made(tmp_path, codec)
    data = path.read_bytes()
    found = reader.read(data)
    start = found.payload_offset - len(found.header.raw)
    digests = data.index(found.signature.values[1004], 96)
    positions = [
        digests,
        start,
        found.payload_offset - 1,
        found.payload_offset,
        len(data) - 1,
        *range(start, len(data), max(1, (len(data) - start) // 60)),
    ]
    for position in positions:
        broken = bytearray(data)
        broken[position] ^= 0x10
        (tmp_path / f"{position:08}.broken").write_bytes(broken)
    broken_files = sorted(tmp_path.glob("*.broken"))
    result = attempt("rpm", "-K", *broken_files)
    assert result.returncode == len(broken_files), result.stdout
    assert "digests OK" not in result.stdout


def test_a_package_cut_short_is_detected(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert attempt("rpm", "-K", path).returncode != 0


# What it says of itself and of others.


@pytest.mark.parametrize(
    ("target", "file", "isa"),
    [
        ("linux-x64", "nodejs-24.19.0-1.x86_64.rpm", "x86-64"),
        ("linux-arm64", "nodejs-24.19.0-1.aarch64.rpm", "aarch-64"),
        ("linux-armv7l", "nodejs-24.19.0-1.armv7hl.rpm", "armv7hl-32"),
        ("linux-ppc64le", "nodejs-24.19.0-1.ppc64le.rpm", "ppc-64"),
        ("linux-s390x", "nodejs-24.19.0-1.s390x.rpm", "s390-64"),
        ("linux-riscv64", "nodejs-24.19.0-1.riscv64.rpm", "riscv-64"),
        ("linux-loong64", "nodejs-24.19.0-1.loongarch64.rpm", "loongarch64-64"),
    ],
)
def test_each_architecture_has_rpms_names(tmp_path: Path, target: str, file: str, isa: str) -> None:
    package = rpm.package(small_bundle(target), settings())
    path = build(package, tmp_path)
    assert path.name == file
    printed = run("rpm", "-qp", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm %{OS}", path)
    assert printed == f"{file} linux"
    assert f"nodejs({isa}) = 2:24.19.0-1" in package.provides


def test_an_architecture_without_a_name_is_refused() -> None:
    with pytest.raises(NotPublished, match="no packages for linux-armv6l"):
        rpm.package(small_bundle("linux-armv6l"), settings())


def test_the_package_stands_for_the_packages_of_fedora(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    provided = run("rpm", "-qp", "--provides", path).splitlines()
    assert provided == sorted(
        """\
alternative-for(nodejs-bin) = 2:24.19.0-1
alternative-for(nodejs-devel) = 2:24.19.0-1
alternative-for(nodejs-npm-bin) = 2:11.6.2-1
bundled(libuv) = 1.51.0
bundled(openssl) = 3.5.4
bundled(v8) = 13.6.233.17
nodejs = 2:24.19.0-1
nodejs(abi) = 137
nodejs(abi24) = 137
nodejs(engine) = 24.19.0
nodejs(x86-64) = 2:24.19.0-1
nodejs-devel = 2:24.19.0-1
nodejs-npm = 2:11.6.2-1
npm = 2:11.6.2-1
npm(npm) = 11.6.2
""".splitlines()
    )


def test_another_prefix_is_in_nobodys_way(bundle: Bundle) -> None:
    beside = rpm.package(bundle, Settings(Metadata(name="acme-node"), prefix="opt/acme"))
    assert beside.conflicts == beside.replaces == ()
    assert not any(text.startswith(("nodejs", "npm")) for text in beside.provides)
    assert "acme-node(x86-64) = 2:24.19.0-1" in beside.provides


def test_another_name_in_the_same_place_stands_for_nodejs_and_excludes_it(bundle: Bundle) -> None:
    package = rpm.package(bundle, Settings(Metadata(name="acme-node")))
    assert {"acme-node = 2:24.19.0-1", "nodejs = 2:24.19.0-1"} <= set(package.provides)
    assert "nodejs" in package.conflicts


def test_components_with_a_suffix_are_named_by_their_version() -> None:
    bundle = replace(
        small_bundle(),
        components={"v8": "13.6.233.17-node.31", "zlib": "1.3.1-e00f703", "odd": "1"},
    )
    provided = rpm_relations.beside(bundle, Metadata()).provides
    assert provided[:2] == ("bundled(v8) = 13.6.233.17", "bundled(zlib) = 1.3.1")
    assert not any("odd" in text for text in provided)


def test_libraries_are_required_as_rpmbuild_would(tmp_path: Path, bundle: Bundle) -> None:
    generator = Path("/usr/lib/rpm/elfdeps")
    if not generator.is_file():
        pytest.skip("needs elfdeps (Debian package rpm)")
    program = tmp_path / "node"
    program.write_bytes(b"".join(bundle.file("bin/node").content.chunks()))
    program.chmod(0o755)
    expected = subprocess.run(
        [generator, "--requires"], input=f"{program}\n", capture_output=True, check=True, text=True
    ).stdout.splitlines()
    package = rpm.package(bundle, settings())
    assert {*package.requires} - {"/usr/bin/env"} == {*expected} - {"rtld(GNU_HASH)"}


@pytest.mark.parametrize(
    ("codec", "version", "features"),
    [
        ("gzip", "24.19.0", set()),
        ("none", "24.19.0", set()),
        ("xz", "24.19.0", {"PayloadIsXz"}),
        ("zstd", "24.19.0", {"PayloadIsZstd"}),
        ("gzip", "24.0.0-rc.1", {"TildeInVersions"}),
    ],
)
def test_only_what_is_used_is_asked_of_rpm(codec: Codec, version: str, features: set[str]) -> None:
    package = rpm.package(small_bundle(version=version), settings(codec))
    found = reader.read(content(package))
    asked = {relation.name[7:-1] for relation in found.requires if relation.flags & 1 << 24}
    always = {"CompressedFileNames", "FileDigests", "PayloadFilesHavePrefix"}
    assert asked == always | features


VERSIONS = [  # each below the next
    ("26.0.0-nightly20260101f0f0f0f0f0", "26.0.0~nightly20260101.f0f0f0f0f0"),
    ("26.0.0-nightly202601021a2b3c4d5e", "26.0.0~nightly20260102.1a2b3c4d5e"),
    ("26.0.0-nightly20260103abcdef0123", "26.0.0~nightly20260103.abcdef0123"),
    ("26.0.0-rc.1", "26.0.0~rc.1"),
    ("26.0.0-rc.2", "26.0.0~rc.2"),
    ("26.0.0-rc.10", "26.0.0~rc.10"),
    ("26.0.0-v8-canary20260101abcdef0123", "26.0.0~v8.canary20260101.abcdef0123"),
    ("26.0.0", "26.0.0"),
    ("26.0.1-rc.1", "26.0.1~rc.1"),
    ("26.0.1", "26.0.1"),
    ("26.10.0", "26.10.0"),
    ("27.0.0", "27.0.0"),
]


@pytest.mark.parametrize(("version", "expected"), VERSIONS)
def test_versions_are_written_as_rpm_writes_them(version: str, expected: str) -> None:
    assert rpm.CONVENTIONS.version(Version.parse(version), 3) == f"{expected}-3"


def test_rpm_orders_versions_as_they_were_published() -> None:
    texts = [expected for _, expected in VERSIONS]
    script = "".join(f'io.write(rpm.vercmp("{a}", "{b}"), " ")' for a, b in pairwise(texts))
    assert run("rpm", "--eval", f"%{{lua:{script}}}").split() == ["-1"] * (len(texts) - 1)


REFUSED_BY_RPMLINT = {
    "no-signature": "signing is a step of its own, after the package is built",
    "env-script-interpreter": "npm's own scripts are shipped as npm publishes them",
    "zero-length": "npm ships empty files, and reads them",
}


def test_rpmlint_finds_no_error_without_a_reason(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    printed = attempt("rpmlint", path).stdout.splitlines()
    errors = {line.split()[2] for line in printed if " E: " in line}
    assert errors <= REFUSED_BY_RPMLINT.keys(), "\n".join(printed)
    assert "no-signature" in errors  # rpmlint did read the package


def test_files_of_four_gigabytes_are_refused_before_anything_is_written(bundle: Bundle) -> None:
    large = File("usr/share/large", 0o644, Slice(Path("absent"), 0, 1 << 32), "0" * 64)
    package = rpm.package(bundle, replace(settings(), extra=(large,)))
    out = BytesIO()
    with pytest.raises(BadConfiguration, match="smaller than 4 GiB"):
        rpm.write(package, out, Effort())
    assert out.getvalue() == b""


# The same bytes everywhere.

SCRIPT = """
import hashlib, io, os, sys
os.umask(int(sys.argv[1], 8))
from bundles import small_bundle
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
out = io.BytesIO()
rpm.write(rpm.package(small_bundle(), Settings()), out, Effort("balanced", int(sys.argv[2])))
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_the_machine_leaves_no_trace_in_the_bytes(tmp_path: Path) -> None:
    def digest(umask: str, jobs: str, **environment: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, umask, jobs],
            capture_output=True,
            check=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        ).stdout.strip()

    here = content(rpm.package(small_bundle(), Settings()), "balanced")
    assert digest("022", "1", PYTHONHASHSEED="1", TZ="UTC") == hashlib.sha256(here).hexdigest()
    assert (
        digest("077", "3", PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C", USER="other")
        == hashlib.sha256(here).hexdigest()
    )


# Installed, upgraded, removed.


def rpm_in(root: Path, *arguments: str | Path) -> str:
    return run("rpm", "--root", root, "--dbpath", "/var/lib/rpm", *arguments)


def verify(root: Path) -> str:
    return attempt(
        "rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-V", "--nodeps", "nodejs"
    ).stdout


def below(root: Path) -> set[str]:
    """Return what is in ``root`` but for the database and directories of the system."""
    found = {f"/{path.relative_to(root)}" for path in root.rglob("*")}
    shared = {f"/{path}" for path in rpm.package(small_bundle(), settings()).shared}
    return {path for path in found if not path.startswith(("/var", "/tmp", "/dev"))} - (
        shared - {"/usr/lib/node_modules"}
    )


def check_installed(root: Path, package: Package) -> None:
    for name, entry in owned(package).items():
        path = root / name[1:]
        status = path.lstat()
        assert (status.st_mode, status.st_uid, status.st_gid) == (full_mode(entry), 0, 0)
        if isinstance(entry, File):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
            assert status.st_mtime == package.time
        if isinstance(entry, Symlink):
            assert path.readlink() == Path(entry.target)
    assert below(root) == set(owned(package))


@needs_root
@each_codec
def test_rpm_installs_what_the_package_says_and_removes_all_of_it(
    tmp_path: Path, codec: Codec
) -> None:
    package, path = made(tmp_path, codec)
    root = tmp_path / "root"
    root.mkdir()
    rpm_in(root, "-i", "--nodeps", path)
    check_installed(root, package)
    assert verify(root) == ""
    rpm_in(root, "-e", "nodejs")
    assert below(root) == set()


@needs_root
def test_an_upgrade_removes_what_vanished_and_keeps_changed_configuration(tmp_path: Path) -> None:
    old = small_bundle(version="24.18.0")
    gone = File.of("lib/node_modules/npm/lib/gone.js", b"gone\n")
    old = replace(old, entries=(*old.entries, gone))
    root = tmp_path / "root"
    root.mkdir()
    rpm_in(root, "-i", "--nodeps", build(rpm.package(old, settings()), tmp_path))
    vanished = root / "usr/lib/node_modules/npm/lib/gone.js"
    assert vanished.exists()
    mine = b"registry=https://mine.example/\n"
    (root / "etc/npmrc").write_bytes(mine)

    package = rpm.package(small_bundle(), settings(npmrc=b"registry=https://new.example/\n"))
    rpm_in(root, "-U", "--nodeps", build(package, tmp_path))

    assert not vanished.exists()
    assert (root / "etc/npmrc").read_bytes() == mine
    assert (root / "etc/npmrc.rpmnew").read_bytes() == b"registry=https://new.example/\n"
    assert rpm_in(root, "-q", "nodejs") == "nodejs-24.19.0-1.x86_64\n"
    assert verify(root).split()[1:] == ["c", "/etc/npmrc"]


# dnf, with nothing but local repositories.

Fake = Callable[..., Package]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, bundle: Bundle) -> Fake:
    """Make small packages of a distribution, with its epoch."""
    monkeypatch.setattr(rpm_tags, "EPOCH", 1)
    whole = rpm.package(bundle, settings())

    def make(
        name: str,
        version: str,
        file: str,
        requires: tuple[str, ...] = (),
        provides: tuple[str, ...] = (),
        conflicts: tuple[str, ...] = (),
    ) -> Package:
        return replace(
            whole,
            metadata=Metadata(name=name),
            version=version,
            entries=(File.of(file, f"{name}\n".encode()),),
            config=frozenset(),
            requires=requires,
            provides=(f"{name} = 1:{version}", *provides),
            conflicts=conflicts,
            replaces=(),
        )

    return make


class Dnf:
    """A root directory and the repositories it may install from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        (folder / "log").mkdir()

    def repository(self, name: str, files: Iterable[tuple[Package, bytes]]) -> None:
        place = self.folder / name
        place.mkdir()
        for package, data in files:
            (place / rpm.filename(package)).write_bytes(data)
        run("createrepo_c", "--quiet", place)

    def attempt(self, repositories: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        nowhere = self.folder / "none"
        return attempt(
            "dnf", "--assumeyes", "--quiet", "--nogpgcheck", "--releasever=1",
            "--installroot", self.root,
            f"--setopt=reposdir={nowhere}", f"--setopt=cachedir={self.folder / 'cache'}",
            f"--setopt=logdir={self.folder / 'log'}", f"--setopt=varsdir={nowhere}",
            f"--setopt=pluginpath={nowhere}", "--setopt=module_platform_id=",
            *(f"--repofrompath={name},file://{self.folder / name}" for name in repositories.split()),
            *arguments,
        )  # fmt: skip

    def run(self, repositories: str, *arguments: str) -> None:
        result = self.attempt(repositories, *arguments)
        assert result.returncode == 0, result.stdout + result.stderr

    @property
    def installed(self) -> set[str]:
        query = ("-qa", "--qf", "%{NAME} %{EPOCH}:%{VERSION}\n")
        return set(run("rpm", "--root", self.root, *query).splitlines())


@pytest.fixture
def dnf(tmp_path: Path, fake: Fake) -> Dnf:
    """Offer a repository ``system`` that has what every distribution has."""
    tool("dnf")
    world = Dnf(tmp_path)
    needed = rpm.package(small_bundle(), settings()).requires
    system = fake("system", "1-1", "usr/share/system", provides=needed)
    world.repository("system", [(system, content(system))])
    return world


def ours(monkeypatch: pytest.MonkeyPatch, version: str) -> tuple[Package, bytes]:
    with monkeypatch.context() as context:
        context.setattr(rpm_tags, "EPOCH", rpm_relations.EPOCH)
        package = rpm.package(small_bundle(version=version), settings())
        return package, content(package)


@needs_root
def test_dnf_installs_upgrades_and_removes(dnf: Dnf, monkeypatch: pytest.MonkeyPatch) -> None:
    dnf.repository("old", [ours(monkeypatch, "24.18.0")])
    dnf.repository("new", [new := ours(monkeypatch, "24.19.0")])
    dnf.run("system old", "install", "nodejs", "npm")
    assert dnf.installed == {"nodejs 2:24.18.0", "system 1:1"}
    dnf.run("system old new", "upgrade")
    assert dnf.installed == {"nodejs 2:24.19.0", "system 1:1"}
    for name in owned(new[0]):
        assert (dnf.root / name[1:]).lstat()
    dnf.run("system new", "remove", "--noautoremove", "nodejs")
    assert dnf.installed == {"system 1:1"}
    assert not (dnf.root / "usr/lib/node_modules").exists()


@needs_root
def test_dnf_replaces_split_packages_and_goes_back(
    dnf: Dnf, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = [
        fake("nodejs", "22.1.0-1", "usr/bin/node", requires=("nodejs-libs = 1:22.1.0-1",)),
        fake("nodejs-libs", "22.1.0-1", "usr/lib64/libnode.so.127"),
        fake("nodejs-npm", "10.9.0-1", "usr/bin/npm", provides=("npm = 1:10.9.0-1",)),
        fake("nodejs-devel", "22.1.0-1", "usr/include/node/node.h"),
    ]
    dnf.repository("fedora", [(package, content(package)) for package in split])
    dnf.repository("ours", [ours(monkeypatch, "24.19.0")])
    dnf.run("system fedora", "install", "nodejs", "npm", "nodejs-devel")
    before = dnf.installed
    assert len(before) == 4

    dnf.run("system fedora ours", "upgrade")
    assert dnf.installed == {"nodejs 2:24.19.0", "system 1:1"}

    dnf.run("system fedora", "downgrade", "nodejs")
    assert {"nodejs 1:22.1.0", "nodejs-libs 1:22.1.0"} <= dnf.installed
    assert (dnf.root / "usr/bin/node").read_text() == "nodejs\n"


@needs_root
def test_dnf_swaps_the_command_and_keeps_a_parallel_version(
    dnf: Dnf, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = "alternative-for(nodejs-bin)"
    parallel = [
        fake("nodejs22", "22.1.0-1", "usr/bin/node-22"),
        fake(
            "nodejs22-bin", "22.1.0-1", "usr/bin/node",
            requires=("nodejs22 = 1:22.1.0-1",), provides=(f"{mark} = 1:22.1.0-1",), conflicts=(mark,),
        ),
    ]  # fmt: skip
    dnf.repository("fedora", [(package, content(package)) for package in parallel])
    dnf.repository("ours", [ours(monkeypatch, "24.19.0")])
    dnf.run("system fedora", "install", "nodejs22-bin")
    refused = dnf.attempt("system fedora ours", "install", "nodejs")
    assert refused.returncode == 1
    assert "conflicts" in refused.stdout + refused.stderr
    dnf.run("system fedora ours", "install", "--allowerasing", "nodejs")
    assert dnf.installed == {"nodejs 2:24.19.0", "nodejs22 1:22.1.0", "system 1:1"}
