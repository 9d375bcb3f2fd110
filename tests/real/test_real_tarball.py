from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from oracles import run
from real_release import Release, check_runs, commands, said
from roots import on_disk

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def unpacked(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that GNU tar makes of the archive."""
    folder = tmp_path_factory.mktemp("tar")
    run("tar", "-xf", release.path("tar.gz"), "-C", folder)
    return folder / f"node-v{release.version}-{release.target}"


def test_tar_and_manifest_agree(release: Release, unpacked: Path) -> None:
    entries = {entry["path"]: said(entry) for entry in release.manifest["entries"]}
    found = dict(on_disk(unpacked))
    assert {path: what for path, what in found.items() if path in entries} == entries
    folders = {str(folder) for path in entries for folder in Path(path).parents}
    assert found.keys() - entries.keys() <= folders


def test_node_and_npm_run_from_the_folder(release: Release, unpacked: Path, tmp_path: Path) -> None:
    check_runs(unpacked, release, tmp_path)


def test_npm_installs_a_command_into_the_folder_offline(unpacked: Path, tmp_path: Path) -> None:
    manifest = {"name": "greeter", "version": "1.2.3", "bin": {"greeter": "greeter.js"}}
    files = {
        "package/package.json": json.dumps(manifest).encode(),
        "package/greeter.js": b"#!/usr/bin/env node\nconsole.log('hello from', process.version)\n",
    }
    with tarfile.open(tmp_path / "greeter.tgz", "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, BytesIO(data))
    words = ("npm", "install", "--global", "--offline", "./greeter.tgz")
    commands(unpacked, *words, home=tmp_path)
    assert commands(unpacked, "greeter", home=tmp_path).startswith("hello from v")
    assert (unpacked / "lib/node_modules/greeter/package.json").is_file()
    commands(unpacked, "npm", "uninstall", "--global", "greeter", home=tmp_path)
    assert not (unpacked / "bin/greeter").exists()
