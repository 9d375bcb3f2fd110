"""From a runtime to a package of FreeBSD and back, by the library and by the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bundles import RELEASED, small_bundle
from freebsds import SETTINGS, write
from readers import freebsd as reader
from rtinstall.platforms.freebsd import pkg
from rtinstall.platforms.package import FreeBsd, Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.model import Bundle, Dependency
from rtinstall.runtime_bundle.sources.local import Local
from world.rtbuild import FAST, Desk
from world.runtime import archive, archive_name, runtime_entries

NEEDS = (
    Dependency("library", "libcrypto.so.12"),
    Dependency("library", "libuv.so.1"),
    Dependency("package", "brotli", "1.1.0,1", "archivers/brotli"),
    Dependency("package", "libuv", "1.51.0", "devel/libuv"),
)
NAME = "nodejs-24.19.0.freebsd14.amd64.pkg"


def runtime(target: str = "freebsd-x64") -> Bundle:
    return replace(small_bundle(target), entries=tuple(runtime_entries(target)))


def read_back(path: Path) -> Bundle:
    part = Local(path).part()
    release, target = described(part, None, path.with_suffix(".look"))
    return assemble((part,), release, target, path.with_suffix(".spool"))


@pytest.mark.parametrize("target", ["freebsd-x64", "freebsd-arm64"])
@pytest.mark.parametrize("prefix", ["usr", "opt/acme/node"])
@pytest.mark.parametrize("release", ["14", "15"])
def test_what_a_package_was_made_of_comes_out_of_it(
    tmp_path: Path, target: str, prefix: str, release: str
) -> None:
    bundle = replace(runtime(target), os_release=release, dependencies=NEEDS)
    path = write(pkg.package(bundle, replace(SETTINGS, prefix=prefix, extra=())), tmp_path)
    found = read_back(path)
    for entry, other in zip(found.entries, bundle.entries, strict=True):
        assert (entry.path, entry.mode) == (other.path, other.mode)
        assert getattr(entry, "sha256", "") == getattr(other, "sha256", "")
        assert getattr(entry, "target", "") == getattr(other, "target", "")
    assert (found.version, found.npm, found.lts) == (bundle.version, bundle.npm, bundle.lts)
    assert (found.target, found.os_release) == (bundle.target, release)
    assert found.dependencies == NEEDS
    assert found.released == RELEASED


def test_a_package_of_a_package_is_the_same_package(desk: Desk) -> None:
    desk.work.mkdir()
    source = desk.work / archive_name("freebsd-x64")
    source.write_bytes(archive("freebsd-x64"))
    desk.run("build", source, "-f", "freebsd", "--out", "first", *FAST).good()
    first = desk.work / "first" / NAME
    desk.run("build", first, "-f", "freebsd", "--out", "second", *FAST).good()
    assert (desk.work / "second" / NAME).read_bytes() == first.read_bytes()
    assert "freebsd read whole, owners, modes, no scripts" in desk.run("verify", first).good().out
    shown = desk.run("inspect", first).good().out
    assert "FreeBSD:14:amd64" in shown
    assert "npm install -g puts packages into" in shown


def test_the_release_and_the_codec_are_configured(desk: Desk) -> None:
    desk.work.mkdir()
    (desk.work / "rtbuild.toml").write_text(
        'name = "acme-node"\ncodec = { freebsd = "gzip" }\n[freebsd]\nrelease = "15"\n'
    )
    source = desk.work / archive_name("freebsd-arm64")
    source.write_bytes(archive("freebsd-arm64"))
    desk.run("build", source, "-f", "freebsd", "--config", "rtbuild.toml", *FAST).good()
    data = (desk.work / "packages/acme-node-24.19.0.freebsd15.aarch64.pkg").read_bytes()
    assert data.startswith(b"\x1f\x8b")
    assert reader.read(data).compact["abi"] == "FreeBSD:15:aarch64"


def test_a_runtime_for_a_newer_freebsd_is_refused_with_a_way_out(desk: Desk) -> None:
    desk.work.mkdir()
    (desk.work / "rtbuild.toml").write_text('[freebsd]\nrelease = "13"\n')
    source = desk.work / archive_name("freebsd-x64")
    source.write_bytes(archive("freebsd-x64"))
    ended = desk.run("build", source, "-f", "freebsd", "--config", "rtbuild.toml", *FAST)
    ended.failed(9, "built on FreeBSD 14.2", "FreeBSD 13", 'release = "14"')
    assert not list((desk.work / "packages").glob("*.pkg"))


def test_a_package_that_says_an_older_freebsd_than_its_executable_is_refused(
    tmp_path: Path,
) -> None:
    package = pkg.package(runtime(), Settings(Metadata(freebsd=FreeBsd("14"))))
    older = replace(package, architecture="FreeBSD:13:amd64")
    with pytest.raises(WrongBinary, match="its executable for FreeBSD 14"):
        read_back(write(older, tmp_path))
