"""What FreeBSD's own pkg(8) makes of our packages, and what we make of its."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bundles import small_bundle
from freebsds import CODECS, SETTINGS, VERSIONS, ported, settings, write
from oracles import run
from readers import freebsd as reader
from roots import FreeBsd, needs_root, on_disk
from rtinstall.platforms.freebsd import pkg
from rtinstall.platforms.package import Codec, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.model import Bundle, Dependency, Directory, File, Symlink
from rtinstall.runtime_bundle.versions import Version

pytestmark = needs_root
LIBRARIES = ("libuv.so.1", "libc.so.7")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return small_bundle("freebsd-x64")


@pytest.fixture
def freebsd(tmp_path: Path) -> FreeBsd:
    """Give a FreeBSD whose base system has what the stand-in for node is linked with."""
    system = FreeBsd(tmp_path)
    base = system.root / "usr/lib"
    base.mkdir(parents=True)
    for name in LIBRARIES:
        (base / name).touch()
    return system


def installed(freebsd: FreeBsd) -> dict[str, str]:
    """Return what is below /usr/local and /opt: modes and digests, or where links lead."""
    found = dict(on_disk(freebsd.root, "var"))
    return {path: what for path, what in found.items() if not path.startswith("usr/lib/")}


def expected(package: Package) -> dict[str, str]:
    found = {"usr/lib": "755"} | {entry.path: "755" for entry in package.entries}
    for entry in package.entries:
        if isinstance(entry, File):
            found[entry.path] = f"{entry.mode:o} {entry.sha256}"
        elif isinstance(entry, Symlink):
            found[entry.path] = entry.target
    return found


# What is in the file.


def test_pkg_reads_the_manifest_that_was_written(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    path = write(pkg.package(bundle, SETTINGS), tmp_path)
    shown = freebsd.file("info", "-R", "--raw-format", "json-compact", "-F", path)
    ours = reader.read(path.read_bytes()).full
    assert json.loads(shown) == ours
    assert list(json.loads(shown)) == list(ours)


def test_pkg_shows_what_the_package_says(bundle: Bundle, tmp_path: Path, freebsd: FreeBsd) -> None:
    needs = (Dependency("package", "brotli", "1.1.0,1", "archivers/brotli"),)
    package = pkg.package(replace(bundle, dependencies=needs), SETTINGS)
    path = write(package, tmp_path)
    shown = freebsd.file("info", "-F", path)
    for line in (
        "Name           : nodejs", "Version        : 24.19.0", "Architecture   : FreeBSD:14:amd64",
        "Prefix         : /usr/local", "Licenses       : MIT", "\tlibuv.so.1",
        "This package carries the runtime as it was published, the C++",
    ):  # fmt: skip
        assert f"{line}\n" in shown
    assert freebsd.file("query", "-F", path, "%dn %do %dv") == "brotli archivers/brotli 1.1.0,1\n"
    files = {f"/{e.path}" for e in package.entries if not isinstance(e, Directory)}
    assert set(freebsd.file("query", "-F", path, "%Fp").splitlines()) == files


@pytest.mark.parametrize("codec", CODECS)
def test_pkg_installs_every_entry_and_removes_it(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd, codec: Codec
) -> None:
    package = pkg.package(bundle, settings(codec))
    shown = freebsd("add", write(package, tmp_path))
    assert "Message from nodejs-24.19.0:" in shown
    assert installed(freebsd) == expected(package)
    freebsd("check", "--checksums", "--metadata", "--all")
    freebsd("check", "--dependencies", "--all")
    owned = freebsd("query", "%Fp", "nodejs").splitlines()
    assert sorted(owned) == sorted(
        f"/{e.path}" for e in package.entries if not isinstance(e, Directory)
    )
    freebsd("delete", "nodejs")
    left = {path for path, what in installed(freebsd).items()}
    assert left <= {"usr", "usr/lib", "usr/local"} | {
        entry.path for entry in package.entries if entry.path in package.shared
    }


def test_pkg_finds_a_file_that_was_altered(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    freebsd("add", write(pkg.package(bundle, SETTINGS), tmp_path))
    readme = freebsd.root / "usr/local/share/doc/nodejs/README.md"
    readme.write_bytes(readme.read_bytes().swapcase())
    said = freebsd.refuse("check", "--checksums", "nodejs")
    assert "checksum mismatch for /usr/local/share/doc/nodejs/README.md" in said


# From one version to the next, by "pkg install FILE": "pkg add" leaves the old files where they are.


def test_pkg_upgrades_and_leaves_nothing_of_the_old(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    freebsd("add", write(pkg.package(small_bundle("freebsd-x64", "22.11.0"), SETTINGS), tmp_path))
    vanished = "lib/node_modules/npm/lib/empty.js"
    assert (freebsd.root / "usr/local" / vanished).exists()
    newer = replace(bundle, entries=tuple(e for e in bundle.entries if e.path != vanished))
    package = pkg.package(newer, SETTINGS)
    shown = freebsd("install", write(package, tmp_path))
    assert freebsd("info").startswith("nodejs-24.19.0 ")
    assert installed(freebsd) == expected(package)
    assert "npm rebuild" in shown
    freebsd("check", "--checksums", "--metadata", "--all")


def test_pkg_upgrades_from_a_repository(bundle: Bundle, tmp_path: Path, freebsd: FreeBsd) -> None:
    freebsd("add", write(pkg.package(small_bundle("freebsd-x64", "22.11.0"), SETTINGS), tmp_path))
    package = pkg.package(bundle, SETTINGS)
    repository = tmp_path / "repository"
    repository.mkdir()
    write(package, repository)
    freebsd.file("repo", repository)
    (tmp_path / "repos").mkdir()
    (tmp_path / "repos/our.conf").write_text(f'our: {{ url: "file://{repository}" }}\n')
    shown = freebsd("upgrade")
    assert "nodejs: 22.11.0 -> 24.19.0" in shown
    assert "npm rebuild" in shown
    assert installed(freebsd) == expected(package)


def test_within_a_major_version_nobody_is_told_to_rebuild(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    freebsd("add", write(pkg.package(small_bundle("freebsd-x64", "24.18.0"), SETTINGS), tmp_path))
    assert "npm rebuild" not in freebsd("install", write(pkg.package(bundle, SETTINGS), tmp_path))


def test_what_was_configured_outlives_an_upgrade_and_what_is_new_is_merged(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    first = replace(SETTINGS, npmrc=b"registry=https://old.example/\n\n\nfund=true\n")
    freebsd("add", write(pkg.package(small_bundle("freebsd-x64", "24.18.0"), first), tmp_path))
    npmrc = freebsd.root / "usr/local/etc/npmrc"
    npmrc.write_bytes(npmrc.read_bytes() + b"# ours\nproxy=http://proxy.example/\n")
    second = replace(SETTINGS, npmrc=b"registry=https://new.example/\n\n\nfund=true\n")
    freebsd("install", write(pkg.package(bundle, second), tmp_path))
    text = npmrc.read_text()
    assert "proxy=http://proxy.example/\n" in text
    assert "registry=https://new.example/\n" in text
    assert "old.example" not in text


def test_what_cannot_be_merged_is_kept_and_the_new_one_laid_beside_it(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    freebsd("add", write(pkg.package(small_bundle("freebsd-x64", "24.18.0"), SETTINGS), tmp_path))
    npmrc = freebsd.root / "usr/local/etc/npmrc"
    npmrc.write_bytes(b"registry=https://mine.example/\n")
    other = replace(SETTINGS, npmrc=b"registry=https://new.example/\n")
    freebsd("install", write(pkg.package(bundle, other), tmp_path))
    assert npmrc.read_bytes() == b"registry=https://mine.example/\n"
    assert npmrc.with_name("npmrc.pkgnew").read_bytes() == b"registry=https://new.example/\n"


def test_pkg_puts_a_second_packaging_in_the_place_of_the_first(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    for revision in (1, 2):
        metadata = replace(SETTINGS.metadata, revision=revision)
        package = pkg.package(bundle, replace(SETTINGS, metadata=metadata))
        freebsd("install", write(package, tmp_path))
    assert freebsd("info").startswith("nodejs-24.19.0_1 ")
    assert installed(freebsd) == expected(package)


@pytest.mark.parametrize(("older", "newer"), list(pairwise(VERSIONS)))
def test_pkg_sorts_versions_as_they_were_released(
    freebsd: FreeBsd, older: tuple[str, int, str], newer: tuple[str, int, str]
) -> None:
    assert freebsd.file("version", "-t", older[2], newer[2]) == "<\n"
    assert Version.parse(older[0]) <= Version.parse(newer[0])


# What pkg refuses.


PORTS: dict[str, dict[str, bytes | str]] = {
    "node24": {"/usr/local/bin/node": b"node"},
    "npm-node24": {
        "/usr/local/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
        "/usr/local/lib/node_modules/npm/bin/npm-cli.js": b"npm",
    },
}


@pytest.mark.parametrize("port", PORTS)
def test_pkg_installs_no_package_over_that_of_a_port_nor_the_other_way_round(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd, port: str
) -> None:
    theirs = ported(freebsd, tmp_path, port, "24.1.0", PORTS[port])
    ours = write(pkg.package(bundle, Settings()), tmp_path)
    for first, second in ((theirs, ours), (ours, theirs)):
        freebsd("add", first)
        before = installed(freebsd)
        said = freebsd.refuse("add", second)
        assert "installs files into the same place" in said
        assert installed(freebsd) == before
        freebsd("delete", "--all")


def test_below_another_prefix_it_stands_beside_the_ports(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    for port, files in PORTS.items():
        freebsd("add", ported(freebsd, tmp_path, port, "24.1.0", files))
    package = pkg.package(bundle, replace(SETTINGS, prefix="opt/acme"))
    assert "/opt/acme/bin" in freebsd("add", write(package, tmp_path))
    freebsd("check", "--checksums", "--all")
    freebsd("delete", "nodejs")
    assert not any(path.startswith("opt/acme/") for path in installed(freebsd))
    assert (freebsd.root / "usr/local/bin/node").read_bytes() == b"node"


def test_pkg_refuses_another_system(tmp_path: Path, freebsd: FreeBsd) -> None:
    for target, release in (("freebsd-arm64", ""), ("freebsd-x64", "15")):
        bundle = replace(small_bundle(target), os_release=release)
        said = freebsd.refuse("add", write(pkg.package(bundle, Settings()), tmp_path))
        assert "wrong architecture: FreeBSD:" in said
    assert installed(freebsd).keys() == {"usr", "usr/lib"}


def test_pkg_asks_before_it_installs_on_an_older_freebsd(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    path = write(pkg.package(bundle, Settings()), tmp_path)
    freebsd.options = (*freebsd.options, "-o", "OSVERSION=1401000", "-o", "ASSUME_ALWAYS_YES=no")
    said = freebsd.refuse("add", path)
    assert "- package: 1402000\n- running userland: 1401000\n" in said
    assert installed(freebsd).keys() == {"usr", "usr/lib"}


def shared_library(folder: Path, name: str) -> bytes:
    """Return a library with all that pkg looks at, branded as FreeBSD's."""
    source, made = folder / "library.c", folder / name
    source.write_text("int answer(void) { return 42; }\n")
    run("cc", "-shared", "-nostdlib", f"-Wl,-soname,{name}", "-o", made, source)
    data = bytearray(made.read_bytes())
    data[7] = 9  # EI_OSABI
    return bytes(data)


def test_pkg_asks_for_packages_and_libraries(
    bundle: Bundle, tmp_path: Path, freebsd: FreeBsd
) -> None:
    needs = (Dependency("package", "brotli", "1.1.0,1", "archivers/brotli"),)
    path = write(pkg.package(replace(bundle, dependencies=needs), Settings()), tmp_path)
    assert "Missing dependency 'brotli'" in freebsd.refuse("add", path)
    assert installed(freebsd).keys() == {"usr", "usr/lib"}
    files = {"/usr/local/lib/libbrotlidec.so.1": b"library"}
    freebsd("add", ported(freebsd, tmp_path, "brotli", "1.2.0,1", files))
    freebsd("add", path)
    freebsd("check", "--dependencies", "--all")
    freebsd("delete", "nodejs")
    (freebsd.root / "usr/lib/libuv.so.1").unlink()
    assert "Missing shlib libuv.so.1 required by nodejs" in freebsd.refuse("add", path)
    library = {"/usr/local/lib/libuv.so.1": shared_library(tmp_path, "libuv.so.1")}
    freebsd("add", ported(freebsd, tmp_path, "libuv", "1.51.0", library))
    freebsd("add", path)


def test_a_manifest_that_names_a_conflict_cannot_be_installed(
    tmp_path: Path, freebsd: FreeBsd
) -> None:
    """Why ours name none: the named one would have to be installed."""
    files = {"/usr/local/bin/other": b"other"}
    path = ported(freebsd, tmp_path, "other", "1.0", files, conflicts=["node24"])
    said = freebsd.refuse("add", path)
    assert installed(freebsd).keys() <= {"usr", "usr/lib", "usr/local"}, said
    freebsd("add", ported(freebsd, tmp_path, "node24", "24.1.0", PORTS["node24"]))
    freebsd("add", path)


# What pkg writes itself.


@pytest.mark.parametrize("codec", ["tzst", "txz", "tbz", "tgz", "tar"])
def test_a_package_of_pkg_itself_is_read(tmp_path: Path, freebsd: FreeBsd, codec: str) -> None:
    files: Mapping[str, bytes | str] = {
        "/usr/local/bin/node": b"node" * 500,
        "/usr/local/bin/nodejs": "node",
        "/usr/local/share/größe 100%/a b.txt": b"",
        "/usr/local/etc/node.conf": b"a=1\n",
    }
    path = ported(
        freebsd, tmp_path, "node24", "24.1.0_2,1", files, "--format", codec,
        config=["/usr/local/etc/node.conf"],
        deps={"libuv": {"origin": "devel/libuv", "version": "1.51.0"}},
        messages=[{"message": "Hello", "type": "install"}],
        desc="100% größe",
    )  # fmt: skip
    archive = open_archive(path)
    assert (archive.format, archive.os, archive.os_release) == ("freebsd", "freebsd", "14")
    assert archive.metadata["version"] == "24.1.0_2,1"
    assert archive.metadata["desc"] == "100% größe"
    assert archive.metadata["messages"] == ["Hello"]
    assert archive.dependencies == (Dependency("package", "libuv", "1.51.0", "devel/libuv"),)
    found = {entry.name: entry.link or b"".join(chunks) for entry, chunks in archive.entries()}
    assert found == files
    assert archive.problems == []


def test_damage_to_a_package_of_pkg_itself_is_found(tmp_path: Path, freebsd: FreeBsd) -> None:
    """By digests of BLAKE2b in base32, which the newest pkg writes."""
    files: dict[str, bytes | str] = {
        "/usr/local/bin/node": b"node" * 500,
        "/usr/local/bin/nodejs": "node",
    }
    path = ported(freebsd, tmp_path, "node24", "24.1.0", files, "--format", "tar")
    assert b'"sum":"2$' in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"nodenode", b"nodeedon", 1))
    archive = open_archive(path)
    for _ in archive.entries():
        pass
    assert archive.problems == [
        "the blake2b of '/usr/local/bin/node' is not the one in the package"
    ]
