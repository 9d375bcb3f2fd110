from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import small_bundle
from oracles import run
from roots import Dnf, needs_root, rpm_in, rpm_verify
from rpms import build, content, each_codec, full_mode, made, owned, settings
from rtinstall.platforms.linux import rpm, rpm_relations
from rtinstall.platforms.package import Codec, Metadata, Package
from rtinstall.runtime_bundle.model import Bundle, File, Symlink


def below(root: Path) -> set[str]:
    """Return what is in ``root`` but for the database and directories of the system."""
    found = {f"/{path.relative_to(root)}" for path in root.rglob("*")}
    shared = {f"/{path}" for path in rpm.package(small_bundle(), settings()).shared}
    return {path for path in found if not path.startswith(("/var", "/tmp", "/dev"))} - shared


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
    assert rpm_verify(root) == ""
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
    assert rpm_verify(root).split()[1:] == ["c", "/etc/npmrc"]


# dnf, with nothing but local repositories.

Fake = Callable[..., Package]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, bundle: Bundle) -> Fake:
    """Make small packages of a distribution, with its epoch."""
    monkeypatch.setattr(rpm, "PROFILE", replace(rpm.PROFILE, epoch=1))
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


def repository(world: Dnf, name: str, files: Iterable[tuple[Package, bytes]]) -> None:
    place = world.folder / name
    place.mkdir()
    for package, data in files:
        (place / rpm.filename(package)).write_bytes(data)
    run("createrepo_c", "--quiet", place)


@pytest.fixture
def dnf(tmp_path: Path, fake: Fake) -> Dnf:
    """Offer a repository ``system`` that has what every distribution has."""
    world = Dnf(tmp_path)
    needed = rpm.package(small_bundle(), settings()).requires
    system = fake("system", "1-1", "usr/share/system", provides=needed)
    repository(world, "system", [(system, content(system))])
    return world


def ours(monkeypatch: pytest.MonkeyPatch, version: str) -> tuple[Package, bytes]:
    with monkeypatch.context() as context:
        context.setattr(rpm, "PROFILE", replace(rpm.PROFILE, epoch=rpm_relations.EPOCH))
        package = rpm.package(small_bundle(version=version), settings())
        return package, content(package)


@needs_root
def test_dnf_installs_upgrades_and_removes(dnf: Dnf, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(dnf, "old", [ours(monkeypatch, "24.18.0")])
    repository(dnf, "new", [new := ours(monkeypatch, "24.19.0")])
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
    repository(dnf, "fedora", [(package, content(package)) for package in split])
    repository(dnf, "ours", [ours(monkeypatch, "24.19.0")])
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
    repository(dnf, "fedora", [(package, content(package)) for package in parallel])
    repository(dnf, "ours", [ours(monkeypatch, "24.19.0")])
    dnf.run("system fedora", "install", "nodejs22-bin")
    refused = dnf.attempt("system fedora ours", "install", "nodejs")
    assert refused.returncode == 1
    assert "conflicts" in refused.stdout + refused.stderr
    dnf.run("system fedora ours", "install", "--allowerasing", "nodejs")
    assert dnf.installed == {"nodejs 2:24.19.0", "nodejs22 1:22.1.0", "system 1:1"}
