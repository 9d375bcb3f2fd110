"""``rtinstall config`` and ``rtinstall cache``: what is set and why, what is kept and how it goes."""

from __future__ import annotations

import os
import re

from rtinstall.installer.settings import KINDS
from world.rtinstall import Desk
from world.runtime import Upstream


def test_every_setting_is_shown_with_where_it_is_from(desk: Desk) -> None:
    desk.config.write_text("minimum_age = 3\n")
    ended = desk.run("config", N_NODE_MIRROR="https://me:secret@n.example/dist?t=secret").good()
    rows = {row[0]: row for row in map(str.split, ended.out.splitlines()) if row}
    assert rows["mirrors"] == ["mirrors", "https://n.example/dist", "N_NODE_MIRROR"]
    assert rows["minimum_age"] == ["minimum_age", "3", str(desk.config)]
    assert rows["offline"] == ["offline", "no", "default"]
    assert set(KINDS) <= set(rows)
    assert "secret" not in ended.out


def test_json_has_every_setting_its_variables_and_the_policy(desk: Desk) -> None:
    desk.policy.write_text('sources = ["dist"]\nversions = ">=20"\nsignatures = true\n')
    desk.policy.chmod(0o644)
    found = desk.run("config", "--json", RTINSTALL_OFFLINE="1").good().json
    assert set(found["settings"]) == set(KINDS)
    assert found["settings"]["offline"] == {
        "value": True,
        "from": "RTINSTALL_OFFLINE",
        "variables": ["RTINSTALL_OFFLINE", "MISE_OFFLINE"],
    }
    assert found["policy"] == {
        "from": str(desk.policy),
        "sources": ["dist"],
        "versions": ">=20",
        "signatures": True,
        "minimum_age": 0,
    }
    assert found["files"] == {
        "config": str(desk.config),
        "default_packages": str(desk.folder / "default-packages"),
        "policy": str(desk.policy),
        "home": str(desk.home),
        "cache": str(desk.cache),
    }


def test_a_broken_configuration_names_file_and_line(desk: Desk) -> None:
    desk.config.write_text("offline = true\n\nofline = true\n")
    for words in (("config",), ("install", "24"), ("list-remote",)):
        desk.run(*words).failed(11, f"{desk.config}, line 3: unknown key 'ofline'")


def test_nothing_that_a_user_sets_moves_the_policy() -> None:
    from rtinstall.installer.places import find_places

    usual = find_places({}).policy
    moved = dict.fromkeys(
        ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "RTINSTALL_HOME", "RTINSTALL_CONFIG"),
        "/tmp/elsewhere",
    )
    assert find_places(moved).policy == usual
    assert os.fspath(usual).startswith(("/etc/", "/Library/", "C:"))


def test_downloads_are_listed_and_cleared(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    desk.run("install", "24", "--mirror", upstream.url).good()
    assert desk.run("cache", "dir").good().out == f"{desk.cache}\n"
    found = desk.run("cache", "list", "--json").good().json
    assert sorted({row["kind"] for row in found["files"]}) == ["documents", "objects"]
    assert re.search(r"^objects +1 ", desk.run("cache").good().out, re.MULTILINE)
    desk.run("cache", "prune").good()
    assert len(desk.run("cache", "list", "--json").good().json["files"]) == len(found["files"])
    cleared = desk.run("cache", "clear", "--json").good().json
    assert cleared["files"] == len(found["files"])
    assert desk.run("cache", "list", "--json").good().json["files"] == []
    assert desk.versions() == ["v24.19.0"]
    desk.run("install", "24", "--repair", "--mirror", upstream.url).good()


def test_what_is_old_is_pruned_and_unfinished_downloads_sooner(desk: Desk) -> None:
    ages = {"objects/sha256/aa": 40, "objects/sha256/bb": 20, "partial/cc": 2, "partial/dd": 0.5}
    for name, days in ages.items():
        path = desk.cache / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        when = path.stat().st_mtime - days * 86400
        os.utime(path, (when, when))
    desk.run("cache", "prune").good()
    assert sorted(p.name for p in desk.cache.rglob("*") if p.is_file()) == ["bb", "dd"]
    desk.run("cache", "prune", "--older-than", "0").good()
    assert [p for p in desk.cache.rglob("*") if p.is_file()] == []


def test_an_empty_cache_is_no_error(desk: Desk) -> None:
    assert desk.run("cache", "clear").good().out == "0 files removed, 0 B\n"
