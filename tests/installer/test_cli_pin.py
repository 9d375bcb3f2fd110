"""Writing the version into a file, on the command line."""

from __future__ import annotations

import pytest

from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotExpressible,
    NothingAsked,
    NotInstalled,
    UnknownVersion,
)
from world.installed import Home


@pytest.mark.parametrize(
    ("words", "file", "after"),
    [
        (("22",), ".nvmrc", "22\n"),
        (("22", "--exact"), ".nvmrc", "22.12.0\n"),
        (("work",), ".nvmrc", "22\n"),
        ((), ".nvmrc", "20.1.0\n"),
        (("22", "--file", ".node-version"), ".node-version", "22\n"),
        (("lts", "--file", ".nvmrc"), ".nvmrc", "lts/*\n"),
        (("22", "--file", "volta"), "package.json", '{\n  "name": "x",\n  "volta": {\n    "node": "22.12.0"\n  }\n}\n'),
        ((">=20 <23", "--file", "engines"), "package.json",
         '{\n  "name": "x",\n  "engines": {\n    "node": ">=20 <23"\n  }\n}\n'),
        (("18.1.0", "--exact", "--file", ".tool-versions"), ".tool-versions", "nodejs 18.1.0\n"),
    ],
)  # fmt: skip
def test_a_version_is_pinned(home: Home, words: tuple[str, ...], file: str, after: str) -> None:
    home.put("22.12.0", "20.1.0")
    home.run("default", "20").good()
    home.run("alias", "work", "22").good()
    package = home.write("package.json", '{\n  "name": "x"\n}\n')
    ended = home.run("pin", *words).good()
    assert ended.out.startswith(f"{home.work / file}: ")
    assert (home.work / file).read_text() == after
    assert file == "package.json" or package.read_text() == '{\n  "name": "x"\n}\n'


def test_what_was_pinned_is_active(home: Home) -> None:
    home.put("22.12.0", "20.1.0")
    home.run("pin", "20").good()
    assert home.run("current").good().out == "v20.1.0\n"
    assert home.run("pin", "22", folder="deep").good().out == f"{home.work}/.nvmrc: 22\n"
    assert home.run("current").good().out == "v22.12.0\n"


def test_what_counts_more_or_is_not_installed_is_said(home: Home) -> None:
    home.put("22.12.0")
    assert "not installed" in home.run("pin", "20").good().err
    said = home.run("pin", "22", "--file", ".node-version").good().err
    assert said == f"note: {home.work}/.nvmrc, line 1 still decides here\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((">=20",), NotExpressible.exit_code),
        (("22", "--file", "x.json"), BadConfiguration.exit_code),
        (("22", "--file", "package.json"), BadConfiguration.exit_code),
        (("stable",), UnknownVersion.exit_code),
        (("nobody",), UnknownVersion.exit_code),
        (("22\n20",), UnknownVersion.exit_code),
        (("21", "--exact"), 5),
        ((), NothingAsked.exit_code),
    ],
)
def test_what_cannot_be_written_is_an_error_and_nothing_is(
    home: Home, words: tuple[str, ...], code: int
) -> None:
    home.put("22.12.0")
    home.run("pin", *words).failed(code)
    assert not list(home.work.iterdir())


def test_a_broken_file_is_not_overwritten(home: Home) -> None:
    home.put("22.12.0")
    file = home.write(".nvmrc", "20\n18\n")
    home.run("pin", "22").failed(BadConfiguration.exit_code, str(file))
    assert file.read_text() == "20\n18\n"


def test_json_names_the_file(home: Home) -> None:
    home.put("22.12.0")
    assert home.run("pin", "22", "--json").good().json == {
        "file": str(home.work / ".nvmrc"), "version": "22",
    }  # fmt: skip
    home.write(".nvmrc", "21")
    home.run("pin").failed(NotInstalled.exit_code)
