"""Runtimes out of the repositories of FreeBSD and IBM i, on the command line, as far as packages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rpm_maker import ibmi_world, whole_nodejs
from rtinstall.platforms.origin import SOURCES
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    BrokenDependencies,
    NotPublished,
    VerificationFailed,
)
from world.freebsd import Depot, make_key, ports
from world.rtbuild import FAST, Desk, Ended
from world.runtime import VERSION
from world.server import Server, running
from world.yum import repository

PKG = "nodejs-24.19.0.freebsd14.amd64.pkg"
KEY = make_key()


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    path = tmp_path / "acme.pub"
    path.write_bytes(KEY.public)
    return path


def manifest(desk: Desk, target: str, version: str = VERSION) -> dict[str, Any]:
    path = desk.dist / f"v{version}/node-v{version}-{target}.manifest.json"
    found = json.loads(path.read_bytes())
    assert isinstance(found, dict)
    return found


def release(desk: Desk, *words: str | Path) -> Ended:
    return desk.run("release", "24", "-t", "freebsd-x64", *FAST, *words)


def test_a_freebsd_repository_becomes_packages_with_what_they_need(
    desk: Desk, server: Server, trusted: Path
) -> None:
    url = ports().serve(server, "/FreeBSD:14:amd64/latest")
    address = f"freebsd+{server.url}/${{ABI}}/latest"
    ended = release(desk, "--source", address, "--trust", trusted).good()
    assert (
        f"executable for freebsd 14 x64; runtime: repository signature of acme.pub ({KEY.fingerprint})"
        in ended.out
    )
    assert f"v{VERSION}/{PKG}" in desk.published()
    said = manifest(desk, "freebsd-x64")
    assert (said["os_release"], said["npm"]) == ("14", "11.6.2")
    needs = {(d["kind"], d["name"]) for d in said["dependencies"]}
    assert {("package", "libuv"), ("library", "libuv.so.1")} <= needs
    assert "node24" not in {name for _, name in needs}
    assert [part["what"] for part in said["provenance"]] == ["runtime", "npm"]
    assert all(part["location"].startswith(url) for part in said["provenance"])
    facts = desk.run("inspect", desk.dist / f"v{VERSION}" / PKG, "--json").good().json["metadata"]
    assert facts["deps"] == ["libuv"]
    assert "libuv.so.1" in facts["shlibs_required"]
    desk.run("verify", desk.dist).good()


@pytest.mark.parametrize("release_named", ["13", "15"])
@pytest.mark.parametrize("by", ["word", "configuration"])
def test_another_release_of_freebsd_is_asked_for(
    desk: Desk, server: Server, release_named: str, by: str
) -> None:
    ports(abi=f"FreeBSD:{release_named}:amd64").serve(server, f"/FreeBSD:{release_named}:amd64")
    word = f"freebsd:{release_named}" if by == "word" else "freebsd"
    if by == "configuration":
        desk.work.mkdir(parents=True)
        (desk.work / "rtbuild.toml").write_text(f'[freebsd]\nrelease = "{release_named}"\n')
    words = ("--source", f"{word}+{server.url}/${{ABI}}", "--trust", KEY.fingerprint)
    ended = release(desk, *words)
    if release_named == "13":  # the stand-in says it was built on FreeBSD 14
        ended.failed(9, "FreeBSD 13", "FreeBSD 14")
        return
    ended.good()
    assert any(name.endswith(".freebsd15.amd64.pkg") for name in desk.published())


def test_a_bundle_remembers_what_it_needs_until_it_is_a_package(desk: Desk) -> None:
    root = ports().write(desk.folder / "repo")
    words = ("--source", root, "--trust", KEY.fingerprint)
    desk.run("bundle", "24", "-t", "freebsd-x64", *words).good()
    desk.run("build", f"bundle/node-v{VERSION}-freebsd-x64", "-f", "freebsd", *FAST).good()
    release(desk, *words, "-f", "freebsd").good()
    built = desk.work / "packages" / PKG
    assert built.read_bytes() == (desk.dist / f"v{VERSION}" / PKG).read_bytes()


def test_an_ibmi_repository_becomes_an_rpm_with_what_it_needs(desk: Desk, server: Server) -> None:
    url = repository(ibmi_world(whole_nodejs())).serve(server)
    words = ("20", "-t", "ibmi-ppc64", "--source", f"ibmi+{url}", *FAST)
    desk.run("release", *words).good()
    (rpm,) = desk.dist.glob("v20*/*.rpm")
    assert rpm.name == "nodejs20-20.11.1-1.ibmi7.3.ppc64.rpm"
    facts = desk.run("inspect", rpm, "--json").good().json
    needed = [word for word in facts["metadata"]["requires"] if not word.startswith("rpmlib(")]
    said = manifest(desk, "ibmi-ppc64", "20.11.1")
    texts = [f"{d['name']} {d['version']}".strip() for d in said["dependencies"]]
    assert needed == texts
    assert any(text.startswith("lib:/QOpenSys/") for text in texts)
    assert facts["scripts"] == []


def test_a_folder_says_itself_what_kind_of_repository_it_is(desk: Desk) -> None:
    yum = repository(ibmi_world(whole_nodejs())).write(desk.folder / "yum")
    freebsd = ports().write(desk.folder / "freebsd")
    desk.run("release", "20", "-t", "ibmi-ppc64", "--source", yum, *FAST).good()
    release(desk, "--source", freebsd, "--trust", KEY.fingerprint).good()


def test_several_systems_come_of_several_sources_in_one_release(desk: Desk, server: Server) -> None:
    url = ports("20.11.1").serve(server, "/freebsd")
    yum = repository(ibmi_world(whole_nodejs())).serve(server)
    words = ("--source", f"freebsd+{url}", "--source", f"ibmi+{yum}", "--trust", KEY.fingerprint)
    desk.run("release", "20", *words, *FAST).good()
    names = " ".join(desk.published())
    assert ".freebsd14.amd64.pkg" in names
    assert ".ibmi7.3.ppc64.rpm" in names


def test_with_no_source_named_they_are_asked_after_the_others(desk: Desk) -> None:
    ended = desk.run("release", "24", "-t", "freebsd-x64", "-t", "ibmi-ppc64", "--offline")
    assert ended.code == 5, ended
    assert SOURCES == ("dist", "pip", "npm", "freebsd", "ibmi")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("freebsd:12",), BadConfiguration.exit_code, "'12'"),
        (("freebsd:",), BadConfiguration.exit_code, "'freebsd:' is no source"),
        (("freebsd+",), BadConfiguration.exit_code, "'freebsd+' is no source"),
        (("ibmi:7.3",), BadConfiguration.exit_code, "is no source"),
        (("freebsd+ftp://pkg.example/",), BadConfiguration.exit_code, "ftp://pkg.example/"),
        (("ibmi+http://public.example/repo",), BadConfiguration.exit_code, "not encrypted"),
        (("freebsd", "--trust", "abc"), BadConfiguration.exit_code, "'abc' is no fingerprint"),
        (("freebsd", "--trust", "."), BadConfiguration.exit_code, "'.' is no fingerprint"),
    ],
)
def test_what_cannot_be_meant_is_said(
    desk: Desk, words: tuple[str, ...], code: int, said: str
) -> None:
    release(desk, "--source", *words).failed(code, said)
    assert desk.published() == []


def broken(fault: str) -> Depot:
    depot = ports()
    match fault:
        case "unsigned":
            depot.mode = "none"
        case "cut short":
            path = next(path for path in depot.packages if "/node24" in path)
            depot.packages[path] = depot.packages[path][:-40]
        case "missing":
            depot.entries = [e for e in depot.entries if e["name"] != "libuv"]
        case "circle":
            depot.entry("libuv")["deps"] = {"node24": {"origin": "www/node24", "version": "1"}}
        case "no npm":
            depot.entries = [e for e in depot.entries if e["name"] != "npm-node24"]
        case _:
            assert fault in ("abi", "stranger")
            for entry in depot.entries if fault == "abi" else ():
                entry["abi"] = "FreeBSD:15:amd64"
    return depot


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("unsigned", VerificationFailed.exit_code, "--allow-unsigned"),
        ("stranger", VerificationFailed.exit_code, "--trust"),
        ("cut short", 7, "node24"),
        ("missing", BrokenDependencies.exit_code, "libuv"),
        ("circle", BrokenDependencies.exit_code, "depends on itself"),
        ("no npm", BrokenDependencies.exit_code, "npm-node24"),
        ("abi", NotPublished.exit_code, "FreeBSD:15:amd64"),
    ],
)
def test_a_bad_repository_ends_in_an_error_and_nothing_is_built(
    desk: Desk, fault: str, code: int, said: str
) -> None:
    root = broken(fault).write(desk.folder / "repo")
    trust = make_key(1).fingerprint if fault == "stranger" else KEY.fingerprint
    release(desk, "--source", root, "--trust", trust).failed(code, said)
    assert [name for name in desk.published() if not name.startswith(".")] == []
