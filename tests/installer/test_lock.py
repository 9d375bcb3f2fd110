"""What ``rtinstall lock`` writes, and what an install that is held to it takes and refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rtinstall.installer.answers import asker
from rtinstall.installer.places import find_places
from rtinstall.installer.records import present
from rtinstall.installer.store import Store
from rtinstall.runtime_bundle.model import File
from rtinstall.runtime_bundle.targets import BY_NAME
from world.mirror import KEY, SIGNED_AT, STRANGER, shasums
from world.rtinstall import Desk
from world.runtime import VERSION, Upstream, archive, archive_name, with_entries
from world.server import Server
from world.signing import clearsign

TARGETS = ("linux-x64", "linux-arm64", "darwin-arm64", "win-x64")
OTHER = "22.11.0"
LOCKED = 23


@pytest.fixture
def served(upstream: Upstream) -> Upstream:
    upstream.release(OTHER, TARGETS)
    upstream.release(VERSION, TARGETS)
    return upstream


def lock_path(desk: Desk) -> Path:
    return desk.work / "rtinstall.lock"


def lock(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lock_path(desk).read_bytes())
    return found


def asks(desk: Desk, text: str) -> None:
    desk.work.mkdir(parents=True, exist_ok=True)
    (desk.work / ".nvmrc").write_text(f"{text}\n")


def edit(desk: Desk, old: str, new: str) -> None:
    text = lock_path(desk).read_text()
    assert old in text
    lock_path(desk).write_text(text.replace(old, new))


def digest_of(desk: Desk, target: str) -> str:
    line = next(s for s in lock_path(desk).read_text().splitlines() if f'"{target}"' in s)
    row = json.loads(line.strip().rstrip(","))
    return str(row["sha256"])


def locked(desk: Desk, served: Upstream, text: str = "24") -> None:
    asks(desk, text)
    desk.run("lock", *served.words).good()


def test_a_lock_has_every_archive_of_every_target_and_who_signed_it(
    desk: Desk, served: Upstream
) -> None:
    locked(desk, served)
    (version,) = lock(desk)["versions"]
    assert (version["version"], version["asked"]) == (VERSION, ["24"])
    assert (version["date"], version["lts"], version["npm"]) == ("2026-01-01", "Krypton", "11.6.2")
    assert {row["target"] for row in version["archives"]} == set(TARGETS)
    for row in version["archives"]:
        name = archive_name(row["target"])
        text = shasums({name: archive(row["target"])}).decode()
        assert text == f"{row['sha256']}  {row['name']}\n"
        assert row["signer"] == KEY.fingerprint


def test_no_archive_is_asked_for(desk: Desk, served: Upstream, server: Server) -> None:
    locked(desk, served)
    assert not [request for request in server.requests if "/node-v" in request.path]


def test_the_same_lock_is_the_same_bytes_on_every_machine(
    desk: Desk, served: Upstream, tmp_path: Path
) -> None:
    locked(desk, served)
    first = lock_path(desk).read_bytes()
    other = Desk(tmp_path / "other")
    asks(other, "24")
    other.run("lock", *served.words, RTINSTALL_TARGET="win-arm64", TZ="Asia/Tokyo").good()
    assert lock_path(other).read_bytes() == first
    assert first.endswith(b"}\n")
    assert "up to date" in desk.run("lock", *served.words).good().out
    assert lock_path(desk).read_bytes() == first


def test_targets_that_are_named_get_the_newest_version_they_all_have(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release("24.18.0", ("linux-x64", "win-x64"))
    upstream.release(VERSION, ("linux-x64",))
    words = ("--target", "linux-x64", "--target", "win-x64")
    desk.run("lock", "24", *words, *upstream.words).good()
    assert '"version": "24.18.0"' in lock_path(desk).read_text()
    desk.run("lock", "24.19", *words, *upstream.words).failed(4, "win-x64")


def test_what_is_locked_stays_until_it_is_to_be_updated(desk: Desk, served: Upstream) -> None:
    desk.run("lock", "24", "22", *served.words).good()
    served.release("24.20.0", TARGETS)
    served.release("22.12.0", TARGETS)
    desk.run("lock", "--offline", *served.words).good()
    assert '"24.20.0"' not in lock_path(desk).read_text()
    desk.run("lock", "--update=22", *served.words).good()
    text = lock_path(desk).read_text()
    assert '"22.12.0"' in text
    assert '"24.20.0"' not in text
    ended = desk.run("lock", "--update", *served.words).good()
    assert f"was {VERSION}" in ended.out
    assert '"24.20.0"' in lock_path(desk).read_text()
    desk.run("lock", "--update=18", *served.words).failed(3, "18")


def test_two_expressions_for_one_version_are_one_version(desk: Desk, served: Upstream) -> None:
    desk.run("lock", "lts/krypton", "24", *served.words).good()
    (version,) = lock(desk)["versions"]
    assert version["asked"] == ["24", "lts/krypton"]


def test_an_archive_that_was_published_anew_is_refused(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    before = lock_path(desk).read_bytes()
    files = {archive_name("linux-x64"): with_entries("linux-x64", File.of("evil", b"x"))}
    served.serve(VERSION, files)
    shutil.rmtree(desk.cache)
    desk.run("lock", "--update", *served.words).failed(
        7, "was locked with", archive_name("linux-x64")
    )
    assert lock_path(desk).read_bytes() == before


def test_check_says_whether_the_lock_covers_what_the_folder_asks_for(
    desk: Desk, served: Upstream
) -> None:
    asks(desk, "24")
    desk.run("lock", "--check").failed(LOCKED, "rtinstall.lock", "'24'")
    locked(desk, served)
    desk.run("lock", "--check").good()
    desk.run("lock", "--check", "--target", "win-x64").good()
    desk.run("lock", "--check", "--target", "linux-s390x").failed(LOCKED, "linux-s390x")
    asks(desk, "24.19.0")
    desk.run("lock", "--check").good()
    asks(desk, "22")
    desk.run("lock", "--check").failed(LOCKED, "'22'")
    assert not lock_path(desk).with_name(".rtinstall.lock").exists()


def test_a_target_is_added_to_the_version_that_is_locked(desk: Desk, served: Upstream) -> None:
    desk.run("lock", "24", "--target", "linux-x64", *served.words).good()
    served.release("24.20.0", TARGETS)
    desk.run("lock", "24", "--target", "win-x64", *served.words).good()
    (version,) = lock(desk)["versions"]
    assert version["version"] == VERSION
    assert {row["target"] for row in version["archives"]} == {"linux-x64", "win-x64"}


def test_the_lock_lies_beside_the_file_that_asks(desk: Desk, served: Upstream) -> None:
    inner = desk.work / "inner"
    inner.mkdir(parents=True)
    asks(desk, "24")
    InnerDesk(desk.folder).run("lock", *served.words).good()
    assert lock_path(desk).is_file()
    assert not (inner / "rtinstall.lock").exists()


class InnerDesk(Desk):
    @property
    def work(self) -> Path:
        return self.folder / "work/inner"


@pytest.mark.parametrize("target", ["freebsd-x64", "ibmi-ppc64"])
def test_what_no_source_that_was_asked_has_cannot_be_locked(
    desk: Desk, served: Upstream, target: str
) -> None:
    desk.run("lock", "24", "--target", target, *served.words).failed(4, target, "digests")
    assert not lock_path(desk).exists()


# Installing what is locked.


def test_install_takes_the_locked_version_though_there_is_a_newer_one(
    desk: Desk, served: Upstream
) -> None:
    locked(desk, served)
    served.release("24.20.0", TARGETS)
    desk.run("install", *served.words).good()
    assert desk.versions() == [f"v{VERSION}"]
    assert desk.run("current").good().out == f"v{VERSION}\n"
    desk.run("install", "24", *served.words).good()  # what is named goes before
    assert "v24.20.0" in desk.versions()


def test_why_names_the_lock_and_its_line(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    desk.run("install", *served.words).good()
    first, *others = desk.run("why", "--json").good().json["asked"]
    assert first["file"].endswith("rtinstall.lock")
    assert first["line"] == 6
    assert [row["verdict"] for row in others] == ["agrees"]


def test_a_mirror_without_signatures_will_do_if_the_lock_has_the_digest(
    desk: Desk, served: Upstream, server: Server
) -> None:
    locked(desk, served)
    unsigned = Upstream(server, "/unsigned")
    unsigned.release(VERSION, TARGETS)
    ended = desk.run("install", "--mirror", unsigned.url).good()
    assert f"SHA-256 in rtinstall.lock of {desk.work}" in ended.out
    receipt = json.loads((desk.home / f"receipts/v{VERSION}.json").read_bytes())
    assert receipt["signed"] is False


def test_nothing_but_the_lock_makes_it_do(desk: Desk, served: Upstream, server: Server) -> None:
    locked(desk, served)
    unsigned = Upstream(server, "/unsigned")
    unsigned.release(VERSION, TARGETS)
    desk.run("install", "24", "--mirror", unsigned.url).failed(7, "not signed")
    desk.policy.write_text("signatures = true\n")
    desk.run("install", "--mirror", unsigned.url).failed(19)
    assert desk.versions() == []


@pytest.mark.parametrize("signer", [None, KEY], ids=["unsigned", "signed"])
def test_another_archive_than_the_locked_one_is_refused(
    desk: Desk, served: Upstream, server: Server, signer: object
) -> None:
    locked(desk, served)
    other = Upstream(server, "/other", signer=signer)  # type: ignore[arg-type]
    other.release(VERSION, TARGETS)
    name = archive_name("linux-x64")
    changed = with_entries("linux-x64", File.of("evil", b"x"))
    other.serve(VERSION, {name: changed})
    desk.run("install", "--mirror", other.url).failed(7, name)
    assert desk.versions() == []
    assert not desk.unfinished()


def test_a_tampered_lock_is_refused_where_somebody_signed(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    edit(desk, digest_of(desk, "linux-x64"), "0" * 64)
    desk.run("install", *served.words).failed(7, "rtinstall.lock", archive_name("linux-x64"))
    assert desk.versions() == []


def test_a_lock_does_not_make_a_wrong_signature_right(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    files = {archive_name(target): archive(target) for target in TARGETS}
    shutil.rmtree(desk.cache)
    served.put(f"v{VERSION}/SHASUMS256.txt.asc", clearsign(STRANGER, shasums(files), SIGNED_AT))
    desk.run("install", *served.words).failed(7)
    assert desk.versions() == []


def test_a_file_of_the_user_is_held_to_the_lock(
    desk: Desk, served: Upstream, tmp_path: Path
) -> None:
    locked(desk, served)
    good, bad = tmp_path / "good.tar.xz", tmp_path / "bad.tar.xz"
    good.write_bytes(archive("linux-x64"))
    bad.write_bytes(with_entries("linux-x64", File.of("evil", b"x")))
    desk.run("install", "--source", str(bad)).failed(7, "is not locked")
    desk.run("install", "--source", str(good)).good()


@pytest.mark.parametrize("flag", ["--frozen", "--locked"])
def test_frozen_takes_what_is_locked_for_this_system_or_nothing(
    desk: Desk, served: Upstream, flag: str
) -> None:
    asks(desk, "24")
    desk.run("install", flag, *served.words).failed(LOCKED, "rtinstall.lock")
    desk.run("lock", "--target", "win-x64", *served.words).good()
    desk.run("install", flag, *served.words).failed(LOCKED, "linux-x64")
    desk.run("lock", "--target", "linux-x64", *served.words).good()
    desk.run("install", flag, "22", *served.words).failed(LOCKED, "'22'")
    asks(desk, "22")
    desk.run("install", flag, *served.words).failed(LOCKED, "'22'")
    assert desk.versions() == []
    asks(desk, "24")
    desk.run("install", flag, *served.words).good()
    desk.run("install", flag, "24", *served.words).good()
    assert desk.versions() == [f"v{VERSION}"]


def test_frozen_does_not_take_what_is_installed_of_another_archive(
    desk: Desk, served: Upstream, tmp_path: Path
) -> None:
    locked(desk, served)
    other = tmp_path / "other.tar.xz"
    other.write_bytes(with_entries("linux-x64", File.of("more", b"x")))
    desk.run("install", VERSION, "--source", str(other)).good()
    desk.run("install", *served.words).good()
    desk.run("install", "--frozen", *served.words).failed(7, "another archive")
    desk.run("install", "--frozen", "--force", *served.words).good()
    desk.run("install", "--frozen", *served.words).good()


def test_a_lock_that_lacks_what_is_asked_for_is_spoken_of(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    asks(desk, "22")
    ended = desk.run("install", *served.words).good()
    assert "has no version for '22'" in ended.err
    assert desk.versions() == [f"v{OTHER}"]


def test_a_lock_alone_asks_for_all_its_versions(desk: Desk, served: Upstream) -> None:
    desk.run("lock", "22", "24", *served.words).good()
    desk.run("install", *served.words).good()
    assert desk.versions() == [f"v{OTHER}", f"v{VERSION}"]
    assert desk.run("current").good().out == f"v{VERSION}\n"


def test_a_file_further_down_goes_before_a_lock_above(desk: Desk, served: Upstream) -> None:
    desk.run("lock", "22", "24", *served.words).good()
    desk.run("install", *served.words).good()
    inner = InnerDesk(desk.folder)
    asks(inner, "22")
    assert inner.run("current").good().out == f"v{OTHER}\n"


def test_hooks_and_shims_read_what_is_locked(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    desk.run("install", *served.words).good()
    desk.run("install", "22", *served.words).good()
    places = find_places(desk.environment())
    ask = asker(places, Store(places, own=BY_NAME["linux-x64"], environment={}))
    answer = ask(desk.work)
    assert (answer.name, answer.file) == (f"v{VERSION}", str(lock_path(desk)))
    assert "rtinstall.lock" in present(desk.work)
    asks(desk, "22")  # which the lock has nothing for
    assert (ask(desk.work).name, Path(ask(desk.work).file).name) == (f"v{OTHER}", ".nvmrc")
    lock_path(desk).write_text("<<<<<<< HEAD\n")
    assert ask(desk.work).name == "!"
    assert "rtinstall.lock" in ask(desk.work).note
    desk.run("current").failed(11, "rtinstall.lock", "line 1")


def test_engines_choose_nothing_and_the_lock_does(desk: Desk, served: Upstream) -> None:
    desk.work.mkdir(parents=True)
    (desk.work / "package.json").write_text('{"engines": {"node": ">=22"}}')
    desk.run("lock", *served.words).good()
    served.release("25.1.0", TARGETS)
    desk.run("install", *served.words).good()
    assert desk.versions() == [f"v{VERSION}"]


def test_pin_writes_no_lock(desk: Desk, served: Upstream) -> None:
    locked(desk, served)
    before = lock_path(desk).read_bytes()
    desk.run("pin", "22", *served.words).good()
    assert lock_path(desk).read_bytes() == before
    assert (desk.work / ".nvmrc").read_text() == "22\n"
