from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import RELEASED
from oracles import run
from rtinstall.platforms.check import check_artifact
from rtinstall.platforms.package import Effort, Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows import zip
from rtinstall.runtime_bundle.errors import NotExpressible, NotPublished, UnsafeArchive
from rtinstall.runtime_bundle.model import Bundle, Entry, File, Symlink
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version

TOP = "node-v24.19.0-win-x64"
# With the top folder 259 units of UTF-16, the most there can be; of UTF-8 they are more bytes.
LONGEST = "node_modules/npm/" + "d" * 98 + "/" + "größe-日本-✓" * 11 + "🚀" * 4 + ".js"


def windows_bundle(target: str = "win-x64", version: str = "24.19.0") -> Bundle:
    entries: list[Entry] = [
        File.of("node.exe", b"MZ" * 50_000, 0o755),
        File.of("npm", b"#!/bin/sh\n", 0o755),
        File.of("npm.cmd", b"@echo off\r\n"),
        File.of("LICENSE", b"as is\n"),
        File.of("node_modules/npm/bin/npm-cli.js", b"require('../lib/cli.js')\n"),
        File.of("node_modules/npm/lib/empty.js", b""),
        File.of(LONGEST, b"'long'\n"),
    ]
    parsed = Version.parse(version)
    return Bundle(parsed, target_named(target), "11.6.2", RELEASED, tuple(entries), ())


def written(bundle: Bundle, settings: Settings | None = None, jobs: int = 1) -> bytes:
    out = io.BytesIO()
    zip.write(zip.package(bundle, settings or Settings()), out, Effort("fast", jobs))
    return out.getvalue()


def contents(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("target", "version", "name"),
    [
        ("win-x64", "24.19.0", "node-v24.19.0-win-x64.zip"),
        ("win-arm64", "24.19.0", "node-v24.19.0-win-arm64.zip"),
        ("win-x86", "22.0.0-rc.1", "node-v22.0.0-rc.1-win-x86.zip"),
    ],
)
def test_the_name_is_upstreams(target: str, version: str, name: str) -> None:
    settings = Settings(metadata=Metadata(name="acme-node"))
    bundle = replace(windows_bundle(target, version), entries=windows_bundle().entries[:3])
    assert zip.filename(zip.package(bundle, settings)) == name


def test_the_tree_is_upstreams() -> None:
    bundle = windows_bundle()
    found = contents(written(bundle))
    assert next(iter(found)) == f"{TOP}/"
    assert [name.rstrip("/") for name in found][1:] == [
        f"{TOP}/{entry.path}" for entry in bundle.entries
    ]
    for entry in bundle.entries:
        if isinstance(entry, File):
            assert found[f"{TOP}/{entry.path}"] == b"".join(entry.content.chunks())


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    package = zip.package(windows_bundle(), Settings())
    path = tmp_path / zip.filename(package)
    with path.open("xb+") as out:
        zip.write(package, out, Effort("fast", 2))
    check_artifact(path, package, Effort())
    run("unzip", "-tq", path)


def test_number_of_jobs_does_not_change_a_byte() -> None:
    assert written(windows_bundle(), jobs=1) == written(windows_bundle(), jobs=4)


def test_settings_go_into_the_tree() -> None:
    settings = Settings(
        npmrc=b"registry=https://npm.example/\n",
        certificates=b"-----BEGIN CERTIFICATE-----\n",
        extra=(File.of("etc/motd", b"hello\n"),),
    )
    bundle = windows_bundle()
    theirs = File.of("node_modules/npm/npmrc", b"prefix=/nowhere\n")
    bundle = replace(bundle, entries=(*bundle.entries, theirs))
    found = contents(written(bundle, settings))
    assert found[f"{TOP}/node_modules/npm/npmrc"] == settings.npmrc
    assert found[f"{TOP}/etc/nodejs/ca-certificates.pem"] == settings.certificates
    assert found[f"{TOP}/etc/motd"] == b"hello\n"
    assert contents(written(bundle))[f"{TOP}/node_modules/npm/npmrc"] == b"prefix=/nowhere\n"


def test_an_extra_file_replaces_nothing() -> None:
    settings = Settings(extra=(File.of("Node.exe", b"another"),))
    with pytest.raises(UnsafeArchive, match="differ only in case"):
        zip.package(windows_bundle(), settings)


def test_it_is_for_windows_alone(bundle: Bundle) -> None:
    with pytest.raises(NotPublished, match="zip has no archives for linux-x64"):
        zip.package(bundle, Settings())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (File.of("aux.js", b""), "is the name of a device"),
        (File.of("etc/a?b", b""), "has the character"),
        (File.of(f"{LONGEST}x", b""), "260 units of UTF-16, and there is room for 259"),
        (Symlink("npx", "npm"), "symbolic link"),
    ],
    ids=["device", "character", "length", "link"],
)
def test_what_windows_cannot_hold_is_refused(entry: Entry, message: str) -> None:
    bundle = windows_bundle()
    with pytest.raises(NotExpressible, match=message):
        zip.package(replace(bundle, entries=(*bundle.entries, entry)), Settings())
