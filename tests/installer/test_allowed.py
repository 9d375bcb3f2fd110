"""A version that is installed and that the administrator's policy does not allow is not used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtinstall.installer import places
from rtinstall.installer.allowed import governed
from rtinstall.installer.start import answer
from world.installed import Home
from world.rtbuild import ended, started
from world.rtinstall import Desk

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="a policy is root's, and this is not root"
)
OLD, NEW = "v18.20.0", "v22.11.0"
REFUSED = "does not allow node 18.20.0"


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Give a desk with two versions, the older as the default, and no policy yet."""
    home = Home(desk.folder)
    home.put("18.20.0", "22.11.0")
    home.store.rename(desk.home)
    desk.run("default", "18").good()
    desk.run("alias", "old", "18").good()
    return desk


def rule(desk: Desk, text: str = "versions = '>=20'\n") -> None:
    desk.policy.write_text(text)
    desk.policy.chmod(0o644)


def ask(desk: Desk, version: str, name: str = ".nvmrc") -> None:
    """Let the desk's folder ask for ``version``, in a file that is older than any record."""
    desk.work.mkdir(exist_ok=True)
    (desk.work / name).write_text(f"{version}\n")
    os.utime(desk.work / name, (0, 0))


@pytest.mark.parametrize(
    "words",
    [
        ("use", "--shell", "bash", "18"),
        ("use", "--shell", "bash", "old"),
        ("default", "18"),
        ("default", OLD),
        ("default",),
        ("run", "18", "app.js"),
        ("run", "app.js"),
        ("exec", "18", "npm"),
        ("exec", "--using", "<20", "npm"),
        ("current",),
        ("which",),
        ("which", "18"),
    ],
)
def test_it_is_refused_and_what_is_allowed_is_said(two: Desk, words: tuple[str, ...]) -> None:
    rule(two)
    two.run(*words).failed(19, str(two.policy), REFUSED, "allowed is >=20")


@pytest.mark.parametrize("name", [".nvmrc", ".node-version"])
def test_a_folder_that_asks_for_it_gets_no_other_version(two: Desk, name: str) -> None:
    rule(two)
    ask(two, "18", name)
    two.run("run", "app.js").failed(19, REFUSED)
    two.run("current", RTINSTALL_VERSION="18").failed(19, REFUSED)
    assert "can be installed" not in two.run("why").good().err


def test_a_range_means_the_newest_that_is_allowed(two: Desk) -> None:
    rule(two, "versions = '<20'\n")
    assert two.run("resolve", ">=18", "--installed").good().out == f"{OLD}\n"
    assert two.run("use", "--shell", "bash", "*").good().out == f"use {OLD}\n"


def test_what_is_not_installed_is_still_said_to_be_that(two: Desk) -> None:
    rule(two)
    two.run("use", "--shell", "bash", "16").failed(18, "nothing installed is '16'")


def test_a_signature_that_is_required_counts_for_what_is_installed(two: Desk) -> None:
    rule(two, "signatures = true\n")
    two.run("use", "--shell", "bash", "22").failed(19, "which is not signed")
    rule(two, "sources = ['pip']\nminimum_age = 3650\n")  # of which that cannot be asked any more
    two.run("use", "--shell", "bash", "22").good()


def test_it_is_marked_in_the_list(two: Desk) -> None:
    rule(two)
    found = two.run("list").good()
    assert f"{OLD}  hydrogen         not allowed by the policy, end of life" in found.out
    assert found.out.count("not allowed") == 1
    assert REFUSED in found.err
    rows = two.run("list", "--json").good().json["installed"]
    assert {row["name"]: row["allowed"] for row in rows} == {OLD: False, NEW: True}


def test_hooks_and_shims_find_no_such_version_once_records_are_written(two: Desk) -> None:
    ask(two, "18")
    two.run("hook", two.work).good()
    (record,) = (two.home / "projects").rglob(".version")
    assert record.read_text().splitlines()[1] == OLD
    rule(two)
    two.run("doctor", "--fix")
    lines = record.read_text().splitlines()
    assert lines[:2] == [str(two.home / "shims"), "!"]
    assert REFUSED in lines[5]
    assert not any(os.path.lexists(two.home / "aliases" / name) for name in ("default", "18"))
    assert (two.home / "aliases/22").resolve().name == NEW
    two.policy.unlink()
    two.run("doctor", "--fix")
    assert record.read_text().splitlines()[1] == OLD
    assert (two.home / "aliases/default").resolve().name == OLD


def test_the_shim_says_what_the_policy_says(two: Desk) -> None:
    ask(two, "18")
    rule(two)
    two.run("hook", two.work).good()
    two.run("setup", "--shell", "bash", SHELL="/bin/bash").good()
    shim = started((two.home / "shims/node",), folder=two.work, environment=two.environment())
    ended(shim).failed(18, REFUSED, "allowed is >=20")


def test_a_hook_does_not_offer_to_install_what_is_there_and_not_allowed(two: Desk) -> None:
    rule(two)
    ask(two, "18")
    found = two.run("hook", two.work, RTINSTALL_AUTO_INSTALL="always").good()
    assert found.out + found.err == ""


def test_doctor_names_it_and_the_default_that_it_is(two: Desk) -> None:
    rule(two)
    found = two.run("doctor")
    assert found.code == 22
    assert f"{two.policy} does not allow {OLD}, which is installed" in found.out
    assert f"default is '18', and the policy does not allow {OLD}" in found.out


def test_a_project_that_asks_for_it_keeps_it_from_being_pruned(two: Desk) -> None:
    ask(two, "18")
    two.run("hook", two.work).good()
    two.run("unalias", "old").good()
    rule(two)
    two.run("default", "22").good()
    assert f"{OLD} stays: it is asked for by" in two.run("prune", "--dry-run").good().out


def test_its_packages_can_be_carried_to_one_that_is_allowed(two: Desk) -> None:
    rule(two)
    two.run("migrate-packages", OLD, "22").good()


def test_a_policy_that_cannot_be_trusted_allows_nothing(two: Desk) -> None:
    rule(two)
    two.policy.chmod(0o666)
    two.run("use", "--shell", "bash", "22").failed(11, "written to by others")
    two.run("run", "app.js").failed(11, "written to by others")
    rows = two.run("list", "--json").good().json["installed"]
    assert [row["allowed"] for row in rows] == [False, False]
    ask(two, "22")
    two.run("hook", two.work).good()
    (record,) = (two.home / "projects").rglob(".version")
    assert record.read_text().splitlines()[1] == "!"
    two.run("uninstall", NEW).good()


def test_prompts_ask_the_whole_program_where_there_is_a_policy(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "find_policy", lambda: two.policy)
    assert answer(["current"], two.environment()) == OLD
    rule(two)
    assert answer(["current"], two.environment()) == ""


def test_a_policy_that_cannot_be_looked_at_is_one(tmp_path: Path) -> None:
    assert not governed(tmp_path / "policy.toml")
    (tmp_path / "file").write_text("")
    assert not governed(tmp_path / "file/policy.toml")
    (tmp_path / "policy.toml").symlink_to("nowhere")
    assert governed(tmp_path / "policy.toml")
    assert governed(tmp_path / ("x" * 300))  # ENAMETOOLONG: it cannot be told
