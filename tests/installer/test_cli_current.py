"""What is active, in which order it is asked for, and how that is said."""

from __future__ import annotations

import pytest

from rtinstall.runtime_bundle.errors import BadConfiguration, NotInstalled, UnknownVersion
from world.installed import Home, executable


def test_nothing_asked_for_and_nothing_there_is_none(home: Home) -> None:
    assert home.run("current").good().out == "none\n"


def test_without_anything_asked_for_it_is_the_system_s_node(home: Home) -> None:
    home.put("22.1.0")
    executable(home.system / "node")
    assert home.run("current").good().out == "system\n"
    assert home.run("current", "--json").good().json["bin"] == str(home.system)


def test_session_goes_before_project_before_default(home: Home) -> None:
    home.put("22.1.0", "20.1.0", "18.1.0")
    home.run("default", "18").good()
    assert home.run("current").good().out == "v18.1.0\n"
    file = home.write(".nvmrc", "# ours\n20\n")
    assert home.run("current", folder="deep/er").good().out == "v20.1.0\n"
    assert home.run("current", folder="deep/er", RTINSTALL_VERSION="22").good().out == "v22.1.0\n"
    assert home.run("current", "--json").good().json == {
        "version": "v20.1.0",
        "bin": str(home.store / "versions/v20.1.0/bin"),
        "asked": "20",
        "by": ".nvmrc",
        "file": str(file),
        "line": 2,
    }


def test_a_project_may_ask_for_the_system_s_node(home: Home) -> None:
    home.put("22.1.0")
    home.write(".node-version", "system")
    home.run("current").failed(NotInstalled.exit_code, "system's node")
    executable(home.system / "node")
    assert home.run("current").good().out == "system\n"


def test_the_first_installed_of_several_versions_counts(home: Home) -> None:
    home.put("20.1.0")
    home.write(".tool-versions", "nodejs 22.1.0 20.1.0 18.1.0\n")
    assert home.run("current").good().out == "v20.1.0\n"


def test_what_is_asked_for_and_not_installed_is_an_error_with_the_next_step(home: Home) -> None:
    home.put("22.1.0")
    home.run("default", "22").good()
    home.write("package.json", '{\n"engines": {"node": ">=23"}}')
    home.run("current").failed(
        NotInstalled.exit_code, "package.json, line 2", "'>=23'", "rtinstall install '>=23'"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense!", UnknownVersion.exit_code),
        ("stable", UnknownVersion.exit_code),
        ("nobody", UnknownVersion.exit_code),
    ],
)
def test_a_session_s_version_that_is_none_is_refused(home: Home, text: str, code: int) -> None:
    home.run("current", RTINSTALL_VERSION=text).failed(code)


def test_a_broken_file_is_named_and_its_bytes_do_not_reach_the_terminal(home: Home) -> None:
    home.write("a\x1b[2J/.nvmrc", b"22\x1b]0;x\x07")
    ended = home.run("current", folder="a\x1b[2J").failed(BadConfiguration.exit_code, ".nvmrc")
    assert "\x1b" not in ended.err + ended.out
    assert "\x07" not in ended.err + ended.out


def test_a_damaged_store_is_no_traceback(home: Home) -> None:
    home.put("22.1.0")
    (home.store / "receipts/v22.1.0.json").write_text("{")
    home.write(".nvmrc", "22")
    home.run("current").failed(NotInstalled.exit_code, "22")
