"""Names for versions: given, shown, used, taken away; their links; the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NothingAsked,
    NotInstalled,
    UnknownVersion,
)
from world.installed import Home, executable


def link(home: Home, name: str) -> str | None:
    path = home.store / "aliases" / name
    return str(Path(path).readlink()) if path.is_symlink() else None


def test_a_name_is_given_shown_used_and_taken_away(home: Home) -> None:
    home.put("22.12.0", "20.1.0")
    assert home.run("alias", "work", "22").good().out == "work -> 22 -> v22.12.0\n"
    assert link(home, "work") == "../versions/v22.12.0"
    assert home.run("alias", "Team", "work").good().out == "team -> work -> v22.12.0\n"
    assert home.run("alias").good().out == (
        "NAME  STANDS FOR  VERSION\nteam  work        v22.12.0\nwork  22          v22.12.0\n"
    )
    assert home.run("alias", "work", "--json").good().json == {
        "work": {"stands_for": "22", "version": "v22.12.0"}
    }
    home.write(".nvmrc", "team")
    assert home.run("current").good().out == "v22.12.0\n"
    home.run("alias", "work", "20").good()
    assert home.run("current").good().out == "v20.1.0\n"
    assert link(home, "work") == "../versions/v20.1.0"
    home.run("unalias", "work", "team").good()
    assert home.run("alias").good().out == ""
    assert link(home, "work") is None
    home.run("current").failed(UnknownVersion.exit_code, "team")


def test_a_name_for_what_is_not_installed_is_given_with_a_word(home: Home) -> None:
    home.put("22.12.0")
    assert "rtinstall install next" in home.run("alias", "next", "26").good().err
    assert link(home, "next") is None
    assert home.run("alias", "next").good().out.splitlines()[1].split() == ["next", "26", "-"]


@pytest.mark.parametrize(
    "order", [("22", "work"), ("lts/jod", "work"), ("v22.12.0", "default"), ("system", "work")]
)
def test_the_order_of_fnm_is_understood_and_explained(home: Home, order: tuple[str, str]) -> None:
    home.put("22.12.0")
    ended = home.run("alias", *order).good()
    assert f"understood as: rtinstall alias {order[1]} {order[0]}" in ended.err
    assert ended.out.startswith(f"{order[1]} -> {order[0]}")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("latest", "22"), BadConfiguration.exit_code),
        (("lts-mine", "22"), BadConfiguration.exit_code),
        (("../x", "22"), BadConfiguration.exit_code),
        (("22", "20"), BadConfiguration.exit_code),
        (("work", "work"), BadConfiguration.exit_code),
        (("work", "nobody"), UnknownVersion.exit_code),
        (("work", "stable"), UnknownVersion.exit_code),
        (("work", "22;id"), UnknownVersion.exit_code),
        (("work",), UnknownVersion.exit_code),
        (("default", "26"), NotInstalled.exit_code),
    ],
)
def test_what_cannot_be_a_name_or_a_version_is_refused(
    home: Home, words: tuple[str, ...], code: int
) -> None:
    home.put("22.12.0")
    home.run("alias", *words).failed(code)
    assert home.run("alias").good().out == ""


def test_unalias_takes_all_or_none(home: Home) -> None:
    home.put("22.12.0")
    home.run("alias", "work", "22").good()
    home.run("unalias", "work", "other").failed(UnknownVersion.exit_code, "other")
    home.run("unalias", "../receipts/v22").failed(UnknownVersion.exit_code)
    assert link(home, "work")


def test_the_default_is_shown_and_chosen(home: Home) -> None:
    home.put("22.12.0", "20.1.0")
    home.run("default").failed(NothingAsked.exit_code)
    assert home.run("default", "lts").good().out == "default -> lts -> v22.12.0\n"
    assert home.run("default").good().out == "v22.12.0\n"
    assert home.run("default", "--json").good().json == {"default": "lts", "version": "v22.12.0"}
    assert link(home, "default") == "../versions/v22.12.0"
    home.run("default", "26").failed(
        NotInstalled.exit_code, "has to be there", "rtinstall install 26"
    )
    assert home.run("default").good().out == "v22.12.0\n"
    executable(home.system / "node")
    home.run("default", "system").good()
    assert home.run("current").good().out == "system\n"
    assert link(home, "default") is None
