"""What can be installed, what is newer, what is taken away: list-remote, outdated, upgrade, uninstall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from world.rtinstall import Desk
from world.runtime import Upstream

VERSIONS = ("18.20.0", "22.10.0", "22.11.0", "24.18.0", "24.19.0", "25.1.0")


@pytest.fixture
def lines(upstream: Upstream) -> Upstream:
    for version in VERSIONS:
        upstream.release(version)
    upstream.rows["24.19.0"]["security"] = True
    upstream.put("index.json", json.dumps(list(upstream.rows.values())).encode())
    return upstream


def shown(out: str) -> list[str]:
    """Return the versions of a table, with a star before what is installed."""
    return [line[:11].strip() for line in out.splitlines()[1:]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["25.1.0", "* 24.19.0", "22.11.0", "18.20.0"]),
        (("--all",), ["25.1.0", "* 24.19.0", "24.18.0", "22.11.0", "22.10.0", "18.20.0"]),
        (("--lts",), ["* 24.19.0", "24.18.0", "22.11.0", "22.10.0"]),
        (("--lts=jod",), ["22.11.0", "22.10.0"]),
        (("--latest",), ["25.1.0"]),
        (("--lts", "--latest"), ["* 24.19.0"]),
        (("22",), ["22.11.0", "22.10.0"]),
        (("--filter", "22"), ["22.11.0", "22.10.0"]),
        ((">=22 <25", "--latest"), ["* 24.19.0"]),
        (("--all", "--sort", "asc"),
         ["18.20.0", "22.10.0", "22.11.0", "24.18.0", "* 24.19.0", "25.1.0"]),
    ],
)  # fmt: skip
def test_what_can_be_installed_is_listed(
    desk: Desk, lines: Upstream, words: tuple[str, ...], expected: list[str]
) -> None:
    desk.run("install", "24", "--mirror", lines.url).good()
    for verb in ("list-remote", "ls-remote"):
        ended = desk.run(verb, *words, "--mirror", lines.url).good()
        assert shown(ended.out) == expected


def test_a_list_says_what_is_over_and_which_security_releases_were_missed(
    desk: Desk, lines: Upstream
) -> None:
    ended = desk.run("list-remote", "--all", "--json", "--mirror", lines.url).good()
    assert ended.json["target"] == "linux-x64"
    rows = {row["version"]: row for row in ended.json["releases"]}
    assert rows["24.18.0"] == {
        "version": "24.18.0", "date": "2026-01-01", "lts": "Krypton", "npm": "11.6.2",
        "status": "active-lts", "security": False, "security_releases_missed": 1,
        "installed": False,
    }  # fmt: skip
    assert rows["24.19.0"]["security"] is True
    assert rows["18.20.0"]["status"] == "end-of-life"
    assert rows["22.11.0"]["status"] == "maintenance"


def test_a_list_of_nothing_says_so(desk: Desk, lines: Upstream) -> None:
    desk.run("list-remote", "99", "--mirror", lines.url).failed(3, "no release for linux-x64 fits")


def test_outdated_is_what_has_a_newer_release_or_is_over(desk: Desk, lines: Upstream) -> None:
    words = ("--mirror", lines.url)
    for version in ("24.18.0", "22.11.0", "18.20.0"):
        desk.run("install", version, *words).good()
    found = desk.run("outdated", "--json", *words).good().json["outdated"]
    assert [(row["name"], row["newest"]) for row in found] == [
        ("v24.18.0", "24.19.0"),
        ("v18.20.0", None),
    ]
    assert found[0]["security_releases_missed"] == 1
    assert found[1]["end_of_life"] is True
    ended = desk.run("outdated", *words).good()
    assert "v24.18.0" in ended.out
    assert "end of life" in ended.out
    desk.run("outdated", "--check", *words).failed(19, "outdated: v24.18.0, v18.20.0")


def test_nothing_outdated_is_nothing_to_fail_on(desk: Desk, lines: Upstream) -> None:
    desk.run("install", "24", "--mirror", lines.url).good()
    ended = desk.run("outdated", "--check", "--mirror", lines.url).good()
    assert ended.out == ""
    assert "is the newest of its line" in ended.err


def test_an_upgrade_installs_the_newest_of_each_line_and_its_names_follow(
    desk: Desk, lines: Upstream
) -> None:
    words = ("--mirror", lines.url)
    desk.run("install", "24.18.0", *words).good()
    desk.run("install", "22.10.0", *words).good()
    desk.run("default", "24").good()
    planned = desk.run("upgrade", "--dry-run", "--no-packages", *words).good()
    assert planned.out.splitlines() == [
        "node v24.18.0 would be followed by v24.19.0",
        "node v22.10.0 would be followed by v22.11.0",
    ]
    assert desk.versions() == ["v22.10.0", "v24.18.0"]
    desk.run("upgrade", "24", "--no-packages", *words).good()
    assert desk.versions() == ["v22.10.0", "v24.18.0", "v24.19.0"]
    assert (desk.home / "aliases" / "default").resolve().name == "v24.19.0"
    ended = desk.run("upgrade", "--json", "--no-packages", *words).good()
    assert ended.json["lines"] == [{"from": "v22.10.0", "to": "v22.11.0"}]
    assert [row["name"] for row in ended.json["installed"]] == ["v22.11.0"]
    ended = desk.run("upgrade", *words).good()
    assert "is the newest of its line" in ended.err


def test_nothing_to_upgrade_is_said(desk: Desk, lines: Upstream) -> None:
    desk.run("upgrade", "--mirror", lines.url).failed(18, "nothing is installed")
    desk.run("upgrade", "22", "--mirror", lines.url).failed(18, "nothing installed is '22'")


# Taking away.


@pytest.fixture
def installed(desk: Desk, lines: Upstream) -> Desk:
    """Give a desk with three versions, of which 24.19.0 is the default."""
    desk.run("install", "24", "22.10.0", "22.11.0", "--mirror", lines.url).good()
    desk.run("default", "v24.19.0").good()
    return desk


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("v22.10.0",), ["v22.11.0", "v24.19.0"]),
        (("22.10",), ["v22.11.0", "v24.19.0"]),
        (("22.10.0", "22.11.0"), ["v24.19.0"]),
        (("22", "--all"), ["v24.19.0"]),
        (("<24", "--all"), ["v24.19.0"]),
        (("24", "--force"), ["v22.10.0", "v22.11.0"]),
    ],
)
def test_versions_are_taken_away(installed: Desk, words: tuple[str, ...], left: list[str]) -> None:
    ended = installed.run("uninstall", *words).good()
    assert installed.versions() == left
    assert installed.unfinished() == []
    assert "is removed" in ended.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("22",), 11, "'22' fits several versions: v22.11.0, v22.10.0"),
        (("24",), 11, "v24.19.0 is the default version"),
        (("22.10.0", "default"), 11, "v24.19.0 is the default version"),
        (("20",), 18, "nothing installed is '20'"),
        (("22.10.0", "20"), 18, "nothing installed is '20'"),
        (("system",), 18, "not rtinstall's to remove"),
        (("nonsense!",), 3, "'nonsense!'"),
    ],
)
def test_what_is_not_clear_takes_nothing_away(
    installed: Desk, words: tuple[str, ...], code: int, said: str
) -> None:
    installed.run("uninstall", *words).failed(code, said)
    assert installed.versions() == ["v22.10.0", "v22.11.0", "v24.19.0"]


def test_what_a_user_has_put_there_is_kept_and_said_where(installed: Desk) -> None:
    own = installed.home / "versions" / "v22.10.0" / "lib" / "node_modules" / "mine"
    own.mkdir(parents=True)
    (own / "index.js").write_text("1")
    ended = installed.run("uninstall", "22.10.0", "--json").good()
    (row,) = ended.json["removed"]
    assert row["name"] == "v22.10.0"
    kept = Path(row["kept"]) / "lib" / "node_modules" / "mine" / "index.js"
    assert kept.read_text() == "1"


def test_names_and_links_of_what_is_gone_are_gone(installed: Desk) -> None:
    installed.run("alias", "old", "22.10.0").good()
    installed.run("uninstall", "22", "--all").good()
    assert not (installed.home / "aliases" / "22").exists()
    assert not (installed.home / "aliases" / "old").exists()
