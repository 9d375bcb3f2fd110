"""Where a program is: of the active version, of another, of the system; never by running it."""

from __future__ import annotations

import pytest

from rtinstall.runtime_bundle.errors import NothingAsked, NotInstalled, NotReadable
from world.installed import Home, executable


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ((), "store/versions/v22.1.0/bin/node"),
        (("npm",), "store/versions/v22.1.0/bin/npm"),
        (("node",), "store/versions/v22.1.0/bin/node"),
        (("--version", "20"), "store/versions/v20.1.0/bin/node"),
        (("npm", "--version", "20"), "store/versions/v20.1.0/bin/npm"),
        (("20",), "store/versions/v20.1.0/bin/node"),
        (("lts/iron",), "store/versions/v20.1.0/bin/node"),
        (("work",), "store/versions/v20.1.0/bin/node"),
        (("system",), "system/node"),
        (("yarn", "--version", "system"), "system/yarn"),
        (("npm", "--version", "system"), "elsewhere/npm"),
    ],
)
def test_a_program_is_found_where_it_is(home: Home, words: tuple[str, ...], path: str) -> None:
    home.put("22.1.0", "20.1.0")
    home.write(".nvmrc", "22")
    home.run("alias", "work", "20").good()
    for program in ("system/node", "system/yarn", "elsewhere/npm"):
        executable(home.folder / program)
    places = f"{home.system}:{home.folder / 'elsewhere'}"
    assert home.run("which", *words, PATH=places).good().out == f"{home.folder / path}\n"


@pytest.mark.parametrize("other", ["bin", "where"])
def test_it_has_the_names_of_other_managers(home: Home, other: str) -> None:
    home.put("22.1.0")
    assert home.run(other, "22").good().out == f"{home.store}/versions/v22.1.0/bin/node\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), NothingAsked.exit_code),
        (("21",), NotInstalled.exit_code),
        (("yarn", "--version", "22"), NotReadable.exit_code),
        (("../../../etc/passwd", "--version", "22"), NotReadable.exit_code),
        (("..", "--version", "22"), NotReadable.exit_code),
        (("", "--version", "22"), NotReadable.exit_code),
        (("x\x1b", "--version", "22"), NotReadable.exit_code),
    ],
)
def test_what_is_not_there_is_an_error(home: Home, words: tuple[str, ...], code: int) -> None:
    home.put("22.1.0")
    home.run("which", *words).failed(code)


def test_json_has_the_version_too(home: Home) -> None:
    home.put("22.1.0")
    assert home.run("which", "npm", "-v", "22", "--json").good().json == {
        "version": "v22.1.0",
        "program": "npm",
        "path": str(home.store / "versions/v22.1.0/bin/npm"),
    }
