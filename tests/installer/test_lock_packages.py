"""What a lock has of FreeBSD and IBM i, whose packages come from repositories, and what it holds them to."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rpm_maker import ibmi_world, whole_nodejs
from rtinstall.installer.machine import Machine
from rtinstall.runtime_bundle.model import File
from world.freebsd import Depot, make_key, ports
from world.mirror import KEY as RELEASER
from world.rtbuild import Ended
from world.rtinstall import Desk
from world.runtime import NPM_VERSION, VERSION, Upstream, archive, archive_name
from world.server import Server
from world.yum import repository

KEY = make_key()
FREEBSD = Machine("freebsd", "x64", os_release="14")
IBMI = Machine("ibmi", "ppc64", os_release="7.5")
OLDER = "24.18.0"
NODE = f"node24-{VERSION}_1.pkg"
NPM = f"npm-node24-{NPM_VERSION}.pkg"
RPM = f"nodejs24-{VERSION}-1.ppc64.rpm"


class World:
    """A distribution, a FreeBSD repository for two releases, and a yum repository for IBM i."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.upstream = Upstream(server, signer=RELEASER)
        self.upstream.release(OLDER, ["linux-x64"])
        self.upstream.release(VERSION, ["linux-x64", "win-x64"])
        self.depot = ports()
        self.newer = ports(abi="FreeBSD:15:amd64")
        self.yum = repository(ibmi_world(whole_nodejs(VERSION)))
        self.serve()

    def serve(self) -> None:
        self.depot.serve(self.server, "/FreeBSD:14:amd64/latest")
        self.newer.serve(self.server, "/FreeBSD:15:amd64/latest")
        self.yum.serve(self.server, "/ibmi")

    @property
    def words(self) -> tuple[str, ...]:
        pkg, ibmi = f"freebsd+{self.server.url}/${{ABI}}/latest", f"ibmi+{self.server.url}/ibmi"
        names = (self.upstream.url, pkg, ibmi)
        return (*(w for n in names for w in ("--source", n)), "--trust", KEY.fingerprint)

    def lock(self, desk: Desk, *words: str) -> Ended:
        desk.work.mkdir(parents=True, exist_ok=True)
        (desk.work / ".nvmrc").write_text("24\n")
        return desk.run("lock", *words, *self.words)

    def there(self, desk: Desk, machine: Machine) -> Desk:
        """Return a machine of another system, with the same project."""
        found = Desk(desk.folder / machine.os, machine=machine)
        shutil.copytree(desk.work, found.work)
        return found


@pytest.fixture
def world(server: Server) -> World:
    return World(server)


def text(desk: Desk) -> str:
    return (desk.work / "rtinstall.lock").read_text()


def locked(desk: Desk) -> dict[str, Any]:
    (found,) = json.loads(text(desk))["versions"]
    assert isinstance(found, dict)
    return found


def rows(desk: Desk, target: str) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (row["release"], row["name"]): (row["digest"], row["signer"])
        for row in locked(desk)["packages"]
        if row["target"] == target
    }


def blake2b(data: bytes) -> str:
    return f"blake2b:{hashlib.blake2b(data).hexdigest()}"


def of(depot: Depot, name: str) -> bytes:
    return depot.packages[f"All/{name}"]


def test_a_lock_made_on_linux_names_the_packages_of_freebsd_and_ibm_i(
    desk: Desk, world: World
) -> None:
    ended = world.lock(desk).good()
    rpm = next(item.data for item in world.yum.items if item.made.name == "nodejs24")
    assert rpm is not None
    assert rows(desk, "freebsd-x64") == {
        (release, name): (blake2b(of(depot, name)), KEY.fingerprint)
        for release, depot in (("14", world.depot), ("15", world.newer))
        for name in (NODE, NPM)
    }
    assert rows(desk, "ibmi-ppc64") == {
        ("", RPM): (f"sha256:{hashlib.sha256(rpm).hexdigest()}", "")
    }
    assert {row["target"] for row in locked(desk)["archives"]} == {"linux-x64", "win-x64"}
    assert locked(desk)["date"] == "2026-01-01"
    assert "ibmi-ppc64" in ended.out  # nobody signed that
    asked = [request.path for request in world.server.requests]
    assert not [path for path in asked if "/All/" in path or path.endswith(".rpm")]


def test_the_libraries_it_needs_are_the_systems_and_not_locked(desk: Desk, world: World) -> None:
    world.lock(desk).good()
    assert "libuv" not in text(desk)
    assert "libz1" not in text(desk)


def test_the_lock_is_the_same_on_every_machine(desk: Desk, world: World) -> None:
    world.lock(desk).good()
    for machine in (Machine("freebsd", "x64", os_release="15"), IBMI):
        other = Desk(desk.folder / machine.os, machine=machine)
        world.lock(other).good()
        assert text(other) == text(desk)


def test_what_is_locked_is_installed_and_checked_by_the_repositorys_key_all_the_same(
    desk: Desk, world: World
) -> None:
    world.lock(desk).good()
    for machine, word in ((FREEBSD, KEY.fingerprint), (IBMI, "repomd.xml")):
        there = world.there(desk, machine)
        ended = there.run("install", "--frozen", *world.words).good()
        assert word in ended.out
        assert there.versions() == [f"v{VERSION}"]
        there.run("install", "--frozen", *world.words).good()
    other = desk.run("install", "--target", "freebsd-x64", "--frozen", *world.words).good()
    assert "freebsd-x64" in other.out


# Where a repository has something else now.


def edited(desk: Desk, name: str, digest: str) -> None:
    """Make the lock name another digest."""
    row = next(line for line in text(desk).splitlines() if f'"{name}"' in line)
    old = json.loads(row.strip().rstrip(","))["digest"]
    changed = old.partition(":")[0] + ":" + digest * len(old.partition(":")[2])
    (desk.work / "rtinstall.lock").write_text(text(desk).replace(old, changed))


@pytest.mark.parametrize(
    ("machine", "name"), [(FREEBSD, NODE), (FREEBSD, NPM), (IBMI, RPM)], ids=["node", "npm", "rpm"]
)
def test_a_package_of_another_digest_is_refused_before_it_is_fetched(
    desk: Desk, world: World, machine: Machine, name: str
) -> None:
    world.lock(desk).good()
    edited(desk, name, "0")
    there = world.there(desk, machine)
    before = len(world.server.requests)
    there.run("install", *world.words).failed(7, "another digest", name, "rtinstall.lock")
    asked = [request.path for request in world.server.requests[before:]]
    assert not [path for path in asked if path.endswith(name)]
    assert there.versions() == []
    assert not there.unfinished()
    there.run("bundle", *world.words).failed(7, "another digest", name)


@pytest.mark.parametrize("name", [NODE, NPM])
def test_what_is_installed_of_another_package_is_not_what_is_locked(
    desk: Desk, world: World, name: str
) -> None:
    world.lock(desk).good()
    there = world.there(desk, FREEBSD)
    there.run("install", *world.words).good()
    edited(there, name, "0")
    there.run("install", *world.words).good()
    there.run("install", "--frozen", *world.words).failed(7, "another archive")


def rebuilt(world: World) -> None:
    """Pack the runtime anew, as a repository does when a library has changed, or an attacker with its key."""
    old = world.depot.entry("node24")
    world.depot.entries.remove(old)
    files = [File.of("bin/node", b"evil", 0o755)]
    world.depot.add("node24", f"{VERSION}_1", files, deps=old["deps"])
    item = next(item for item in world.yum.items if item.made.name == "nodejs24")
    world.yum.items.remove(item)
    world.yum.add(replace(item.made, summary="Packed anew"))
    world.serve()


@pytest.mark.parametrize(("machine", "name"), [(FREEBSD, NODE), (IBMI, RPM)], ids=lambda v: str(v))
def test_a_package_that_was_packed_anew_is_refused_until_it_is_locked_again(
    desk: Desk, world: World, machine: Machine, name: str
) -> None:
    world.lock(desk).good()
    before = rows(desk, machine.target.name)
    rebuilt(world)
    there = world.there(desk, machine)
    there.run("install", *world.words).failed(7, "another digest", name, "lock --update")
    world.lock(desk).good()
    assert rows(desk, machine.target.name) == before  # what is locked stays
    ended = world.lock(desk, "--update").good()
    assert f"{name} for {machine.target} has another digest than was locked" in ended.err
    assert rows(desk, machine.target.name) != before


def test_a_package_that_the_lock_does_not_name_is_refused(desk: Desk, world: World) -> None:
    world.lock(desk).good()
    newer = ports()
    newer.entries = [entry for entry in newer.entries if entry["name"] != "npm-node24"]
    newer.add("npm-node24", "11.7.0", abi="FreeBSD:14:*", arch="freebsd:14:*")
    newer.serve(world.server, "/FreeBSD:14:amd64/latest")
    there = world.there(desk, FREEBSD)
    ended = there.run("install", *world.words)
    ended.failed(7, "npm-node24-11.7.0.pkg", NPM, "lock --update")


def test_a_file_that_is_not_what_the_catalogue_says_is_refused(desk: Desk, world: World) -> None:
    world.lock(desk).good()
    data = of(world.depot, NODE)
    world.server.serve(f"/FreeBSD:14:amd64/latest/All/{NODE}", data[:-1] + b"x")
    there = world.there(desk, FREEBSD)
    there.run("install", *world.words).failed(7, NODE)
    assert there.versions() == []


def test_an_archive_does_not_stand_in_for_the_packages(
    desk: Desk, world: World, tmp_path: Path
) -> None:
    world.lock(desk).good()
    there = world.there(desk, FREEBSD)
    own = tmp_path / archive_name("freebsd-x64")
    own.write_bytes(archive("freebsd-x64"))
    there.run("install", "--source", own).failed(7, "is not locked")
    node = tmp_path / NODE
    node.write_bytes(of(world.depot, NODE))
    ended = there.run("install", "--source", node)
    assert "is not locked" not in ended.err  # it is; what it lacks is npm


def test_the_release_of_freebsd_that_is_not_locked_is_refused(desk: Desk, world: World) -> None:
    for name in [path for path in world.server.replies if path.startswith("/FreeBSD:15")]:
        del world.server.replies[name]
    ended = world.lock(desk).good()
    assert "FreeBSD:15:amd64" in ended.err
    assert {release for release, _ in rows(desk, "freebsd-x64")} == {"14"}
    world.serve()
    there = world.there(desk, Machine("freebsd", "x64", os_release="15"))
    there.run("install", *world.words).failed(7, NODE)


# What is not there.


def test_a_version_that_a_repository_does_not_have_is_said_and_the_rest_is_locked(
    desk: Desk, world: World
) -> None:
    ended = desk.run("lock", OLDER, *world.words).good()
    said = [line for line in ended.err.splitlines() if OLDER in line]
    for place in ("FreeBSD:14:amd64", "ibmi-ppc64"):
        assert len([line for line in said if place in line and "not published" in line]) == 1
    assert locked(desk)["packages"] == []
    assert {row["target"] for row in locked(desk)["archives"]} == {"linux-x64"}
    words = (OLDER, "--target", "freebsd-x64", *world.words)
    desk.run("lock", *words).failed(3, OLDER)


def test_a_repository_that_does_not_answer_is_said_and_the_rest_is_locked(
    desk: Desk, world: World
) -> None:
    nowhere = "http://127.0.0.1:9"
    names = (world.upstream.url, f"freebsd+{nowhere}/${{ABI}}", f"ibmi+{nowhere}/ibmi")
    words = [word for name in names for word in ("--source", name)]
    ended = desk.run("lock", "24", *words).good()
    for target in ("freebsd-x64", "freebsd-arm64", "ibmi-ppc64"):
        assert f"{target} is left out of the lock" in ended.err
    assert {row["target"] for row in locked(desk)["archives"]} == {"linux-x64", "win-x64"}
    assert locked(desk)["packages"] == []
    desk.run("lock", "24", "--target", "ibmi-ppc64", *words).failed(5)


def test_a_repository_with_a_wrong_signature_ends_it(desk: Desk, world: World) -> None:
    world.depot.key = make_key(1)
    world.serve()
    world.lock(desk).failed(7)
    assert not (desk.work / "rtinstall.lock").exists()


def test_a_repository_that_the_policy_does_not_allow_is_left_out(desk: Desk, world: World) -> None:
    desk.policy.write_text(f'sources = ["{world.upstream.url}"]\n')
    words = ("--mirror", world.upstream.url)
    ended = desk.run("lock", "24", *words).good()
    assert "freebsd-x64 is left out of the lock" in ended.err
    assert locked(desk)["packages"] == []


def test_a_name_that_no_package_has_is_refused(desk: Desk, world: World) -> None:
    world.depot.entry("node24")["version"] = f"{VERSION}_1/../../x"
    world.serve()
    world.lock(desk).failed(8, "called")


# Targets that are named, and what is asked of a lock.


def test_packages_are_added_to_the_version_that_is_locked(desk: Desk, world: World) -> None:
    world.lock(desk, "--target", "linux-x64").good()
    assert locked(desk)["packages"] == []
    desk.run("lock", "--check", "--target", "freebsd-x64").failed(23, "freebsd-x64")
    world.lock(desk, "--target", "freebsd-x64").good()
    assert {release for release, _ in rows(desk, "freebsd-x64")} == {"14", "15"}
    assert {row["target"] for row in locked(desk)["archives"]} == {"linux-x64"}
    world.lock(desk, "--target", "ibmi-ppc64").good()
    assert rows(desk, "freebsd-x64")
    assert locked(desk)["date"] == "2026-01-01"
    for target in ("freebsd-x64", "ibmi-ppc64"):
        desk.run("lock", "--check", "--target", target).good()
    ended = desk.run("lock", "--json", *world.words).good()
    (row,) = ended.json["versions"]
    assert row["targets"] == ["linux-x64", "freebsd-x64", "ibmi-ppc64"]
    assert set(row["signers"]) == {RELEASER.fingerprint, KEY.fingerprint}


def test_a_repository_alone_is_enough(desk: Desk, world: World) -> None:
    words = ("--source", f"ibmi+{world.server.url}/ibmi", "--target", "ibmi-ppc64")
    desk.run("lock", "24", *words).good()
    assert (locked(desk)["date"], locked(desk)["npm"]) == ("", "")
    assert list(rows(desk, "ibmi-ppc64")) == [("", RPM)]
    assert desk.run("lock", *words).good().out.endswith("up to date\n")


def test_a_bundle_has_the_lock_of_its_packages(desk: Desk, world: World) -> None:
    names = ("freebsd-x64", "linux-x64")
    words = [word for name in names for word in ("--target", name)]
    desk.run("bundle", "24", *words, "-o", "node.tar", *world.words).good()
    with tarfile.open(desk.work / "node.tar") as tar:
        member = tar.extractfile("rtinstall.lock")
        assert member is not None
        (desk.work / "rtinstall.lock").write_bytes(member.read())
    assert list(rows(desk, "freebsd-x64")) == [("14", NODE), ("14", NPM)]
    assert locked(desk)["date"] == "2026-01-01"
    there = world.there(desk, FREEBSD)
    words = ["--from", "node.tar", "--trust", KEY.fingerprint]
    there.run("install", "--frozen", *words).good()
    assert there.versions() == [f"v{VERSION}"]
