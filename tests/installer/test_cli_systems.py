"""Installing on other systems, from their own sources; and from what a person has on disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from rpm_maker import ibmi_world, whole_nodejs
from rtinstall.installer.machine import Machine
from world.freebsd import make_key, ports
from world.rtinstall import Desk
from world.runtime import VERSION, Upstream, archive
from world.server import Server
from world.yum import repository

KEY = make_key()


def test_freebsd_installs_packages_side_by_side_and_says_what_they_need(
    tmp_path: Path, server: Server
) -> None:
    desk = Desk(tmp_path, machine=Machine("freebsd", "x64", os_release="14"))
    ports().serve(server, "/FreeBSD:14:amd64/latest")
    source = f"freebsd+{server.url}/${{ABI}}/latest"
    words = ("install", "24", "--source", source, "--trust", KEY.fingerprint)
    ended = desk.run(*words).good()
    assert desk.versions() == ["v24.19.0"]
    assert "it needs packages of the system: pkg install libuv" in ended.err
    assert f"repository signature of {KEY.fingerprint}" in ended.out or KEY.fingerprint in ended.out
    receipt = json.loads((desk.home / "receipts" / "v24.19.0.json").read_bytes())
    assert (receipt["target"], receipt["signed"], receipt["npm"]) == ("freebsd-x64", True, "11.6.2")
    assert (desk.home / "versions" / "v24.19.0" / "bin" / "node").is_file()
    assert "note:" not in ended.err


def test_the_release_of_freebsd_is_this_machines(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, machine=Machine("freebsd", "x64", os_release="15"))
    ports(abi="FreeBSD:15:amd64").serve(server, "/FreeBSD:15:amd64/latest")
    source = f"freebsd+{server.url}/${{ABI}}/latest"
    desk.run("install", "24", "--source", source, "--trust", KEY.fingerprint).good()
    assert desk.versions() == ["v24.19.0"]


def test_ibm_i_installs_an_rpm_and_says_what_it_needs(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, machine=Machine("ibmi", "ppc64", os_release="7.3"))
    url = repository(ibmi_world(whole_nodejs())).serve(server)
    ended = desk.run("install", "20", "--source", f"ibmi+{url}", "--json").good()
    (row,) = ended.json["installed"]
    assert (row["name"], row["target"], row["source"]) == ("v20.11.1", "ibmi-ppc64", "ibmi")
    assert any(name.startswith("lib:/QOpenSys/") for name in row["dependencies"])
    assert [each["code"] for each in row["advice"]] == ["eol", "unsigned"]


@pytest.mark.parametrize("machine", [Machine("win", "x64"), Machine("darwin", "arm64")])
def test_other_systems_have_their_own_layout(
    tmp_path: Path, upstream: Upstream, machine: Machine
) -> None:
    desk = Desk(tmp_path, machine=machine)
    upstream.release(VERSION, [machine.target.name])
    ended = desk.run("install", "24", "--mirror", upstream.url, "--json").good()
    (row,) = ended.json["installed"]
    version = desk.home / "versions" / "v24.19.0"
    node = "node.exe" if machine.os == "win" else "bin/node"
    assert (version / node).is_file()
    assert Path(row["bin"]) == (version / node).parent


def test_an_emulator_is_told_of_and_its_version_is_called_after_its_target(
    tmp_path: Path, upstream: Upstream
) -> None:
    desk = Desk(tmp_path, machine=Machine("darwin", "arm64"))
    upstream.release("14.21.3", ["darwin-x64"])
    upstream.release(VERSION, ["darwin-arm64", "darwin-x64"])
    ended = desk.run("install", "14", "24", "--mirror", upstream.url).good()
    assert desk.versions() == ["v14.21.3-darwin-x64", "v24.19.0"]
    assert "darwin-x64 runs through Rosetta 2" in ended.err
    words = ("install", "14", "--mirror", upstream.url, "--fail-on", "emulated", "--force")
    desk.run(*words).failed(19, "Rosetta 2")


def test_musl_is_chosen_by_itself(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, machine=Machine("linux", "x64", "musl", (1, 2, 5)))
    upstream = Upstream(server)
    upstream.release(VERSION, ["linux-x64-musl"])
    ended = desk.run("install", "24", "--mirror", upstream.url, "--allow-unsigned").good()
    assert desk.versions() == ["v24.19.0"]
    assert ", no signature" in ended.out


@pytest.mark.parametrize("form", ["archive", "folder"])
def test_what_is_on_disk_is_installed(tmp_path: Path, desk: Desk, form: str) -> None:
    path = tmp_path / f"node-v{VERSION}-linux-x64.tar.xz"
    path.write_bytes(archive("linux-x64"))
    source = path
    if form == "folder":
        desk.run("install", "24", "--source", path).good()
        source = desk.home / "versions" / "v24.19.0"
        desk = replace(desk, folder=tmp_path / "other")
    ended = desk.run("install", "24", "--source", source).good()
    assert desk.versions() == ["v24.19.0"]
    assert "note: nothing was known to check it against; it came from local" in ended.err
    desk.run("install", "22", "--source", source).failed(3, "'22'")
    desk.run("install", "24", "--force", "--source", source, "--fail-on", "unchecked").failed(19)
    desk.run("install", "24", "--source", tmp_path / "none").failed(11, "is no source")


def test_a_mirror_in_a_folder_is_a_mirror(desk: Desk, upstream: Upstream, tmp_path: Path) -> None:
    upstream.release()
    folder = tmp_path / "mirror"
    for path, (reply, *_) in upstream.server.replies.items():
        file = folder / path.removeprefix("/dist/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(reply.body)
    asked = len(upstream.server.requests)
    desk.run("install", "24", "--mirror", folder).good()
    assert len(upstream.server.requests) == asked
    receipt = json.loads((desk.home / "receipts" / "v24.19.0.json").read_bytes())
    digest = hashlib.sha256(archive("linux-x64")).hexdigest()
    assert receipt["provenance"][0]["digest"] == f"sha256:{digest}"
    assert receipt["signed"] is True
