"""Real versions, their real npm, and a registry on loopback: run, exec, migrate-packages, import."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from rtinstall.installer.machine import this_machine
from world.rtbuild import PROXIES
from world.rtinstall import Desk
from world.server import Server, running

pytestmark = pytest.mark.real

OLD, NEW = "22.20.0", "24.19.0"
# What package managers need of this machine to fetch a runtime: its own configuration, as it is.
OWN = {key: os.environ[key] for key in os.environ if key == "HOME" or key.lower() in PROXIES}
FETCHING = {**OWN, "PYTHONWARNINGS": "default"}


def publish(server: Server, name: str, version: str, **more: Any) -> bytes:
    """Let the registry have a package whose one command says hello."""
    manifest = {"name": name, "version": version, "bin": {name: "run.js"}, **more}
    files = {
        "package.json": json.dumps(manifest),
        "run.js": "#!/usr/bin/env node\nconsole.log(process.version, process.argv.slice(2))\n",
        "after.js": "require('fs').writeFileSync(require('path').join(__dirname, 'ran'), '')\n",
    }
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(text)
            archive.addfile(member, BytesIO(text.encode()))
    data = out.getvalue()
    place = f"/{name}/-/{name}-{version}.tgz"
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    dist = {"tarball": server.url + place, "integrity": f"sha512-{digest}"}
    document = {
        "name": name,
        "dist-tags": {"latest": version},
        "versions": {version: {**manifest, "dist": dist}},
    }
    server.serve(f"/{name}", json.dumps(document).encode())
    server.serve(place, data)
    return data


@pytest.fixture(scope="module")
def registry() -> Iterator[Server]:
    with running() as server:
        publish(server, "greeter", "1.2.3")
        publish(server, "scripted", "2.0.0", scripts={"postinstall": "node after.js"})
        publish(server, "ancient", "1.0.0", engines={"node": "<24"})
        yield server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, registry: Server) -> Desk:
    """Give two real versions, the older with global packages of every kind."""
    machine = this_machine()
    desk = Desk(tmp_path_factory.mktemp("desk"), machine=machine)
    desk.run("install", OLD, NEW, "--source", "pip", **FETCHING).good()
    desk.run("default", NEW).good()
    local = desk.folder / "local"
    local.mkdir()
    (local / "package.json").write_text('{"name":"local","version":"1.0.0"}')
    npm = ("exec", OLD, "npm", "install", "--global", "--no-audit", "--no-fund")
    network = {"NPM_CONFIG_REGISTRY": registry.url}
    packages = ("greeter", "scripted", "ancient", str(local))
    ended = desk.program(*npm, *packages, **network)
    assert ended.code == 0, ended
    return desk


def test_run_and_exec_are_the_version(desk: Desk) -> None:
    assert desk.program("run", OLD, "-p", "process.version").good().out == f"v{OLD}\n"
    assert desk.program("run", "-p", "process.version").good().out == f"v{NEW}\n"
    assert desk.program("exec", OLD, "greeter", "a b").good().out == f"v{OLD} [ 'a b' ]\n"
    assert desk.program("run", "-e", "process.exit(7)").code == 7


def test_packages_are_carried_by_real_npm_without_their_scripts(
    desk: Desk, registry: Server
) -> None:
    old, new = (desk.home / "versions" / f"v{v}" / "lib/node_modules" for v in (OLD, NEW))
    assert (old / "scripted/ran").exists()
    words = ("migrate-packages", OLD)
    network = {"NPM_CONFIG_REGISTRY": registry.url, "NPM_CONFIG_PREFIX": str(desk.folder / "x")}
    dry = desk.program(*words, "--dry-run", "--json", **network).json
    assert [p["name"] for p in dry["carried"]] == ["greeter", "scripted"]
    assert {p["name"]: p["why"] for p in dry["left"]} == {
        "ancient": "needs node <24",
        "local": "is a link to ../../../../../local",
    }
    ended = desk.program(*words, **network).good()
    assert ended.out == f"2 carried over to v{NEW}, 2 left\n"
    assert not (new / "scripted/ran").exists()
    assert not (desk.folder / "x").exists()
    assert desk.program("exec", "greeter", "x").good().out == f"v{NEW} [ 'x' ]\n"
    assert desk.run("doctor", "--verify", "--json").json["findings"] is not None
    again = desk.program(*words, **network).good()
    assert again.out == f"0 carried over to v{NEW}, 4 left\n"


def test_a_package_the_registry_has_no_more_is_said(desk: Desk, registry: Server) -> None:
    folder = desk.home / "versions" / f"v{OLD}" / "lib/node_modules/lost"
    folder.mkdir()
    (folder / "package.json").write_text('{"name":"lost","version":"1.0.0"}')
    network = {"NPM_CONFIG_REGISTRY": registry.url}
    ended = desk.program("migrate-packages", OLD, **network)
    assert ended.code == 17
    assert "error: npm of v24.19.0 did not install lost@1.0.0" in ended.err
    shutil.rmtree(folder)


def test_what_nvm_has_is_compared_file_by_file_and_its_packages_come_along(
    desk: Desk, registry: Server
) -> None:
    theirs = desk.folder / ".nvm/versions/node" / f"v{OLD}"
    theirs.parent.mkdir(parents=True)
    (desk.home / "versions" / f"v{OLD}").rename(theirs)
    (desk.home / "versions" / f"v{OLD}").mkdir()
    desk.run("doctor", "--fix")
    other = Desk(desk.folder, machine=desk.machine)
    network = {
        **FETCHING,
        "NPM_CONFIG_REGISTRY": registry.url,
        "RTINSTALL_HOME": str(desk.folder / "second"),
        "NVM_DIR": str(desk.folder / ".nvm"),
    }
    ended = other.run("import", "nvm", "--source", "pip", "--json", **network).good()
    (row,) = ended.json["imported"]
    assert row["differing"] == []
    assert row["packages"] == ["ancient@1.0.0", "greeter@1.2.3", "scripted@2.0.0"]
    greeter: Path = desk.folder / "second/versions" / f"v{OLD}" / "bin/greeter"
    assert greeter.exists()
