"""What is installed, and what is to be known of it at a glance."""

from __future__ import annotations

import pytest

from world.installed import Home, executable


def test_versions_stand_with_names_and_what_is_active(home: Home) -> None:
    home.put("24.1.0", "22.12.0", "18.1.0")
    home.run("default", "lts/jod").good()
    home.run("alias", "work", "22").good()
    executable(home.system / "node")
    node = home.system / "node"
    assert home.run("list").good().out == (
        "   VERSION   LTS       NAMES\n"
        "   v24.1.0   krypton\n"
        "*  v22.12.0  jod       default work\n"
        "   v18.1.0   hydrogen                end of life\n"
        f"   system                            {node}\n"
    )
    assert home.run("ls", "18").good().out.split()[3:] == [
        "v18.1.0",
        "hydrogen",
        "end",
        "of",
        "life",
    ]


def test_json_has_all_of_it(home: Home) -> None:
    home.put("22.12.0")
    home.run("default", "22").good()
    value = home.run("list", "--json").good().json
    assert (value["active"], value["system"]) == ("v22.12.0", None)
    assert value["installed"] == [{
        "name": "v22.12.0", "version": "22.12.0", "target": "linux-x64", "npm": "10.9.0", "lts": "Jod",
        "aliases": ["default"], "active": True, "default": True, "end_of_life": False,
        "allowed": True, "shared": False, "signed": False, "folder": str(home.store / "versions/v22.12.0"),
        "bin": str(home.store / "versions/v22.12.0/bin"),
    }]  # fmt: skip


def test_nothing_installed_is_said(home: Home) -> None:
    ended = home.run("list").good()
    assert ended.out == ""
    assert "nothing is installed" in ended.err
    assert home.run("list", "--json").good().json == {
        "installed": [],
        "active": "none",
        "system": None,
        "system_version": None,
    }


HEADER = """\
#define NODE_MAJOR_VERSION 24
#define NODE_MINOR_VERSION 19
#define NODE_PATCH_VERSION 0
"""


@pytest.mark.parametrize(
    ("header", "version"),
    [(HEADER, "24.19.0"), (HEADER.replace("24", "x"), None), ("", None), ("\0" * 100_000, None)],
)
def test_the_system_s_node_has_the_version_that_is_written_beside_it(
    home: Home, header: str, version: str | None
) -> None:
    own = executable(home.folder / "prefix/bin/node", "#!/bin/sh\ntouch ran\n")
    (home.folder / "prefix/include/node").mkdir(parents=True)
    (home.folder / "prefix/include/node/node_version.h").write_text(header)
    (home.system / "node").parent.mkdir(exist_ok=True)
    (home.system / "node").symlink_to(own)
    value = home.run("list", "--json").good().json
    assert (value["system"], value["system_version"]) == (str(home.system / "node"), version)
    shown = home.run("list").good().out
    assert shown.endswith(f"{f'v{version}, ' if version else ''}{home.system / 'node'}\n")
    assert not list(home.folder.rglob("ran"))


def test_what_a_folder_asks_for_and_is_not_there_does_not_keep_the_rest_from_being_shown(
    home: Home,
) -> None:
    home.put("22.12.0")
    home.write(".nvmrc", "20")
    ended = home.run("list").good()
    assert "v22.12.0" in ended.out
    assert "note: " in ended.err
