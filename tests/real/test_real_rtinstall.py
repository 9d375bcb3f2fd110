"""The real Node.js, installed by ``rtinstall``: from package indexes, and from a mirror that rtbuild wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oracles import attempt, run
from real_release import Release
from world.rtinstall import Desk

pytestmark = pytest.mark.real


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def package(desk: Desk, name: str) -> Path:
    """Return a folder with a package of that name, whose command says hello."""
    folder = desk.folder / name
    folder.mkdir(exist_ok=True)
    manifest = {"name": name, "version": "1.0.0", "bin": "greet.js"}
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "greet.js").write_text("#!/usr/bin/env node\nconsole.log('hello')\n")
    return folder


def check_works(desk: Desk, version: str) -> None:
    """Run node, npm and npx of ``version``, and install a package of this disk for everybody."""
    folder = desk.home / "versions" / f"v{version}"
    path = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(desk.folder)}
    assert run(str(folder / "bin/node"), "-v", env=path).strip() == f"v{version}"
    assert run(str(folder / "bin/npm"), "-v", env=path).split(".")[0].isdigit()
    assert run(str(folder / "bin/npx"), "--version", env=path).split(".")[0].isdigit()
    words = ("install", "--global", "--offline", "--no-audit", package(desk, "greeter"))
    run(str(folder / "bin/npm"), *words, env=path)
    assert run(str(folder / "bin/greeter"), env=path).strip() == "hello"


@pytest.mark.parametrize("source", ["pip", "npm"])
def test_it_comes_from_a_package_index(desk: Desk, release: Release, source: str) -> None:
    own = {"PYTHONWARNINGS": "default"}  # pip has some of its own
    (desk.folder / "default-packages").write_text(f"{package(desk, 'welcomer')}\n")
    ended = desk.program("install", release.version, "--source", source, **own)
    if ended.code == 5:
        pytest.skip(f"needs the index of {source}: {ended.error}")
    ended.good()
    assert "warning" not in ended.err
    shim = desk.home / "shims/welcomer"
    path = {"PATH": "/usr/bin:/bin", "RTINSTALL_VERSION": release.version}
    assert run(str(shim), env=path).strip() == "hello"
    check_works(desk, release.version)


def test_a_mirror_is_installed_from_and_two_stand_side_by_side(
    desk: Desk, release: Release, mirror: str
) -> None:
    words = ("--mirror", mirror, "--allow-unsigned")
    desk.program("install", release.version, *words).good()
    check_works(desk, release.version)
    desk.program("install", release.version, *words, "--json").good()
    shown = desk.program("current").good().out
    assert shown == f"v{release.version}\n"
    node = desk.program("which", "node").good().out.strip()
    assert attempt(node, "-v").stdout.strip() == shown.strip()
    desk.program("uninstall", release.version, "--force").good()
    assert not desk.versions()
    assert not desk.unfinished()
