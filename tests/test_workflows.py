"""The rules of ``.github``: what linters know, and what they do not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from oracles import tool
from rtinstall.platforms.systems import SYSTEMS
from workflows import ACTIONS, ROOT, WORKFLOWS, Script, jobs, loaded, scripts, steps

PIN = re.compile(
    r"^\s*(?:- )?uses: (?P<action>[\w./-]+)@(?P<digest>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$"
)
EVERY = (*WORKFLOWS, *ACTIONS)
# What a job may have besides reading the code, and why.
GRANTED = {
    ("release.yml", "publish"): {"contents": "write", "id-token": "write", "attestations": "write"},
}
SCRIPTS = list(scripts())


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_there_are_workflows_actions_and_scripts() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]
    assert [path.parent.name for path in ACTIONS] == ["setup-rtinstall"]
    assert len(SCRIPTS) > 15


def test_actionlint_finds_nothing() -> None:
    linter = tool("actionlint")
    for path in WORKFLOWS:
        ended = subprocess.run(
            [linter, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "1 workflow file" in ended.stdout


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs:\n  a:\n    runs-on: nowhere\n    steps: [{run: echo}]\n")
    ended = subprocess.run(
        [tool("actionlint"), str(wrong)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode != 0
    assert "nowhere" in ended.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_finds_nothing(script: Script) -> None:
    assert script.shell in ("bash", "sh"), "one shell for all systems"
    ended = subprocess.run(
        [tool("shellcheck"), f"--shell={script.shell}", "--severity=style", "-"],
        input=script.text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_has_a_value_pasted_into_it(script: Script) -> None:
    assert "${{" not in script.text, "values come by the environment"


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_every_action_is_pinned_by_its_digest_and_says_its_version(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PIN.match(line)] == []


def test_one_action_has_one_pin() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for path in EVERY:
        for line in path.read_text("utf-8").splitlines():
            if pin := PIN.match(line):
                found.setdefault(pin["action"], set()).add((pin["digest"], pin["version"]))
    assert {action for action, pins in found.items() if len(pins) > 1} == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_a_job_may_do_what_it_needs_and_nothing_else(path: Path) -> None:
    assert loaded(path)["permissions"] == {}
    for job, said in jobs(path).items():
        allowed = GRANTED.get((path.name, job), {"contents": "read"})
        assert said["permissions"].items() <= allowed.items(), job


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_every_job_has_a_limit_and_every_workflow_its_turn(path: Path) -> None:
    assert set(loaded(path)["concurrency"]) == {"group", "cancel-in-progress"}
    for job, said in jobs(path).items():
        assert 0 < said["timeout-minutes"] <= 120, job


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_no_checkout_leaves_a_credential(path: Path) -> None:
    for _, step in steps(path):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_no_matrix_is_written_by_hand(path: Path) -> None:
    for said in jobs(path).values():
        if "strategy" in said:
            assert re.fullmatch(
                r"\$\{\{ fromJSON\(needs\.\w+\.outputs\.\w+\) \}\}", said["strategy"]["matrix"]
            )
            assert said["strategy"]["fail-fast"] is False
            assert said["runs-on"] == "${{ matrix.runner }}"
    text = path.read_text("utf-8")
    assert "rtbuild matrix" in text
    assert not [system.image for system in SYSTEMS if system.image and system.image in text]


def test_a_system_is_tried_by_what_anybody_can_run() -> None:
    text = "".join(step.get("run", "") for _, step in steps(WORKFLOWS[1]))
    assert 'rtbuild ci dist --system "$SYSTEM"' in text
    assert "rtbuild ci --collect" in text
    for program in ("dpkg", "rpm ", "apk ", "pacman", "installer -pkg", "msiexec /i", "pkg add"):
        assert program not in text


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """Give what a runner has in its environment, and a rtinstall that writes down what it is asked."""
    program = tmp_path / "bin/rtinstall"
    program.parent.mkdir()
    said = {"version": "v24.19.0", "path": str(tmp_path / "home/v24.19.0/bin/node")}
    program.write_text(f"#!/bin/sh\necho \"$*\" >>'{tmp_path}/asked'\necho '{json.dumps(said)}'\n")
    program.chmod(0o755)
    python = tmp_path / "temp/rtinstall/program/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(shutil.which("python3") or "python3")
    (tmp_path / "project").mkdir()
    for file in ("asked", "path", "output"):
        (tmp_path / file).touch()
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_PATH": str(tmp_path / "path"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script of sh")
@pytest.mark.parametrize(
    ("node", "arguments", "locked", "install", "which"),
    [
        ("", "", False, "install", "which --json"),
        ("", "", True, "install --frozen", "which --json"),
        ("24", "", True, "install 24", "which --version 24 --json"),
        ("", "--fail-on eol", True, "install --fail-on eol --frozen", "which --json"),
        (">=20 <23", "--npm 11", False, "install >=20 <23 --npm 11", "which --version >=20 <23 --json"),
    ],
)  # fmt: skip
def test_the_action_installs_what_the_folder_asks_for(
    runner: dict[str, str],
    tmp_path: Path,
    node: str,
    arguments: str,
    locked: bool,
    install: str,
    which: str,
) -> None:
    if locked:
        (tmp_path / "project/rtinstall.lock").touch()
    (step,) = (step for _, step in steps(ACTIONS[0]) if step.get("id") == "install")
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**runner, "NODE": node, "ARGUMENTS": arguments},
        cwd=tmp_path / "project", check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    folder = tmp_path / "home/v24.19.0/bin"
    assert (tmp_path / "asked").read_text().splitlines() == [install, which]
    assert (tmp_path / "path").read_text() == f"{folder}\n"
    assert (tmp_path / "output").read_text() == f"version=24.19.0\npath={folder}\n"


def test_the_action_is_told_of_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    action = loaded(ACTIONS[0])
    assert ".github/actions/setup-rtinstall" in readme
    for word in (*action["inputs"], *action["outputs"]):
        assert f"`{word}`" in readme
