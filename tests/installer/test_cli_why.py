"""Which file decided, which ones disagree, and the check for CI."""

from __future__ import annotations

import pytest

from rtinstall.runtime_bundle.errors import BadConfiguration
from world.installed import Home, executable


def test_the_file_and_line_that_decided_and_all_others_are_shown(home: Home) -> None:
    home.put("24.1.0", "22.12.0", "20.1.0")
    home.write(".node-version", "20\n")
    home.write("a/.nvmrc", "# ours\n22\n")
    home.write(
        "a/package.json", '{\n "engines": {"node": ">=18"},\n "volta": {"node": "22.11.0"}\n}'
    )
    work = home.work
    assert home.run("why", folder="a").good().out == (
        f"v22.12.0 is active here: {work}/a/.nvmrc, line 2 asks for 22\n"
        f"{'   FILE':{len(str(work)) + 35}}  ASKS FOR  MEANS\n"
        f"*  {f'{work}/a/.nvmrc:2':{len(str(work)) + 32}}  22        v22.12.0  decides\n"
        f"!  {work}/a/package.json:3 (volta.node)    22.11.0   -         disagrees\n"
        f"!  {f'{work}/.node-version:1':{len(str(work)) + 32}}  20        v20.1.0   disagrees\n"
        f"   {work}/a/package.json:2 (engines.node)  >=18      v24.1.0   agrees\n"
    )


def test_json_holds_the_same(home: Home) -> None:
    home.put("22.12.0")
    file = home.write(".nvmrc", "22\n")
    other = home.write(".tool-versions", "nodejs ref:main\n")
    assert home.run("why", "--json").good().json == {
        "version": "v22.12.0",
        "asked": [
            {"file": str(file), "line": 1, "kind": ".nvmrc", "asks": ["22"], "means": "v22.12.0",
             "verdict": "decides", "fault": None},
            {"file": str(other), "line": None, "kind": ".tool-versions", "asks": [], "means": None,
             "verdict": "cannot be used",
             "fault": "line 1 asks for 'ref:main', which is built or kept by another tool"},
        ],
    }  # fmt: skip


TREES: dict[str, tuple[dict[str, str], bool]] = {
    "one file": ({".nvmrc": "22"}, True),
    "the same twice": ({".nvmrc": "v22.12.0", ".node-version": "22.12.0"}, True),
    "within the range": ({".nvmrc": "22", "package.json": '{"engines": {"node": ">=20 <23"}}'}, True),
    "outside of it": ({".nvmrc": "22", "package.json": '{"engines": {"node": ">=23"}}'}, False),
    "another line": ({".nvmrc": "22", ".node-version": "20"}, False),
    "a line that is its name": ({".nvmrc": "22", ".node-version": "lts/jod"}, True),
    "the newest line is another": ({".nvmrc": "22", ".node-version": "lts/*"}, False),
    "the newest is another": ({".nvmrc": "22", ".node-version": "latest"}, False),
    "the newest itself": ({".nvmrc": "node", ".node-version": "24"}, True),
    "a fallback": ({".nvmrc": "22", ".tool-versions": "nodejs 18 22"}, True),
    "the system's": ({".nvmrc": "22", ".node-version": "system"}, False),
    "broken": ({".nvmrc": "22", "package.json": '{"engines"'}, False),
    "broken itself": ({".nvmrc": ""}, False),
    "no such alias": ({".nvmrc": "22", ".node-version": "nobody"}, False),
    "not installed, could be one": ({".nvmrc": "18", "package.json": '{"engines": {"node": "^18.2"}}'}, True),
    "not installed, never one": ({".nvmrc": "18", "package.json": '{"engines": {"node": "^19"}}'}, False),
    "not installed, of a line": ({".nvmrc": "lts/iron", ".node-version": "20"}, True),
    "not installed, of no such line": ({".nvmrc": "lts/hydrogen", ".node-version": "20"}, False),
    "not installed, whole": ({".nvmrc": "18.1.0", "package.json": '{"engines": {"node": ">=18.2"}}'}, False),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "agree"), TREES.values(), ids=TREES)
def test_the_check_fails_if_a_file_disagrees(
    home: Home, tree: dict[str, str], *, agree: bool
) -> None:
    home.put("24.1.0", "22.12.0")
    for name, content in tree.items():
        home.write(name, content)
    assert home.run("why").code == 0
    ended = home.run("why", "--check")
    if agree:
        assert ended.code == 0, ended
    else:
        assert ended.code == BadConfiguration.exit_code
        assert "error: " in ended.err
        assert "hint: " in ended.err
        assert f"exit code {ended.code}" in " ".join(home.run("why", "--help").out.split())


def test_nothing_asked_for_is_said_with_what_is_taken(home: Home) -> None:
    assert "nothing is active here: no file asks" in home.run("why").good().out
    executable(home.system / "node")
    assert "the system's node is active here" in home.run("why").good().out
    home.put("22.1.0")
    home.run("default", "22").good()
    assert home.run("why").good().out == "v22.1.0 is active here: default asks for 22\n"


def test_a_session_s_version_decides_over_the_files(home: Home) -> None:
    home.put("22.1.0", "20.1.0")
    home.write(".nvmrc", "20")
    out = home.run("why", RTINSTALL_VERSION="22").good().out
    assert out.startswith("v22.1.0 is active here: RTINSTALL_VERSION asks for 22\n")
    assert "disagrees" in out


def test_another_node_first_on_path_is_said(home: Home) -> None:
    home.put("22.1.0")
    home.write(".nvmrc", "22")
    executable(home.system / "node")
    assert f"the first node on PATH is {home.system}/node" in home.run("why").good().err
    ours = home.store / "versions/v22.1.0/bin"
    assert home.run("why", PATH=f"{ours}:{home.system}").good().err == ""


def test_names_of_folders_do_not_reach_the_terminal_as_they_are(home: Home) -> None:
    home.put("22.1.0")
    home.write("a\x1b[2J\n/.nvmrc", "22")
    home.write("a\x1b[2J\n/.node-version", "\x1b[2J")
    ended = home.run("why", folder="a\x1b[2J\n")
    assert "\x1b" not in ended.out + ended.err
    assert ended.code == 0
