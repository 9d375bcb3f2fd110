"""What an expression means: installed first, then what can be had; and nvm's two verbs for it."""

from __future__ import annotations

from datetime import date

import pytest

from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NothingAsked,
    NotInstalled,
    UnknownVersion,
    Unreachable,
)
from rtinstall.runtime_bundle.releases import Release, write_index_json
from rtinstall.runtime_bundle.targets import BY_NAME
from rtinstall.runtime_bundle.versions import Version
from world.installed import Home
from world.server import Server

FILES = frozenset(target.index for target in BY_NAME.values() if target.index)


@pytest.fixture
def mirror(server: Server) -> dict[str, str]:
    """Give a mirror of nodejs.org with an index and nothing else, as the environment names it."""
    releases = [
        Release(Version.parse(text), date(2026, 1, 2), FILES, lts=lts)
        for text, lts in (
            ("24.2.0", "Krypton"), ("22.13.0", "Jod"), ("22.12.0", "Jod"), ("20.1.0", ""),
        )
    ]  # fmt: skip
    server.serve("/dist/index.json", write_index_json(releases))
    return {"RTINSTALL_NODE_MIRROR": f"{server.url}/dist", "RTINSTALL_OFFLINE": ""}


@pytest.mark.parametrize(
    ("words", "version"),
    [
        (("resolve", "22"), "v22.12.0"),
        (("resolve", "24"), "v24.2.0"),
        (("resolve", "--remote", "22"), "v22.13.0"),
        (("resolve", "lts"), "v22.12.0"),
        (("resolve", "--remote", "lts"), "v24.2.0"),
        (("resolve", "--installed", "lts/*"), "v22.12.0"),
        (("version", "22"), "v22.12.0"),
        (("version-remote", "22"), "v22.13.0"),
        (("resolve", "work"), "v22.12.0"),
        (("resolve", "--remote", "work"), "v22.13.0"),
        (("resolve",), "v22.12.0"),
        (("version",), "v22.12.0"),
    ],
)
def test_installed_versions_come_first(
    home: Home, mirror: dict[str, str], words: tuple[str, ...], version: str
) -> None:
    home.put("22.12.0")
    home.run("alias", "work", "22").good()
    home.write(".nvmrc", "22")
    assert home.run(*words, **mirror).good().out == f"{version}\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("version", "24"), NotInstalled.exit_code),
        (("resolve", "--installed", "24"), NotInstalled.exit_code),
        (("resolve", "24"), Unreachable.exit_code),
        (("resolve", "--remote", "--installed", "24"), BadConfiguration.exit_code),
        (("resolve", "--remote", "system"), UnknownVersion.exit_code),
        (("resolve", "system"), NotInstalled.exit_code),
        (("resolve", "stable"), UnknownVersion.exit_code),
        (("resolve", "iojs"), UnknownVersion.exit_code),
        (("resolve", "nobody"), UnknownVersion.exit_code),
        (("resolve", "\x1b[2J"), UnknownVersion.exit_code),
        (("resolve",), NothingAsked.exit_code),
    ],
)
def test_what_is_not_to_be_had_is_an_error(home: Home, words: tuple[str, ...], code: int) -> None:
    home.put("22.12.0")
    home.run(*words).failed(code)


def test_json_tells_whether_it_is_installed(home: Home, mirror: dict[str, str]) -> None:
    home.put("22.12.0")
    assert home.run("resolve", "22", "--json", **mirror).good().json == {
        "asked": "22", "version": "v22.12.0", "installed": True,
    }  # fmt: skip
    assert home.run("resolve", "24", "--json", **mirror).good().json == {
        "asked": "24", "version": "v24.2.0", "installed": False,
    }  # fmt: skip
