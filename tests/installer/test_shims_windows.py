"""The batch files that shims are on Windows, run by Wine's cmd."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles import tool
from rtinstall.installer.shells import snippet
from rtinstall.installer.shells.values import Hook
from rtinstall.installer.shims import batch
from wine import Computer

HOME = "rt & more"  # no percent sign: Wine, unlike Windows, expands what it has expanded
HOOK = Hook(f"C:/{HOME}", "C:/ProgramData/rtinstall", f"C:/{HOME}/rtinstall.cmd", "")


@pytest.fixture(scope="module")
def computer(tmp_path_factory: pytest.TempPathFactory) -> Computer:
    tool("wine")
    computer = Computer(tmp_path_factory.mktemp("shims"))
    computer.wine("cmd", "/c", "echo started")
    home = computer.disk / HOME
    for name, text in (
        ("shims/npm.cmd", batch(HOOK)),
        ("env.cmd", snippet("cmd", HOOK)),
        ("rtinstall.cmd", "@echo program %*\r\n"),
        ("aliases/default/npm.cmd", "@echo default %*\r\n@exit /b 5\r\n"),
    ):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    project = computer.disk / "w/a b & c/d"
    project.mkdir(parents=True)
    (project.parent / ".nvmrc").write_text("20")
    return computer


def said(computer: Computer, *lines: str) -> list[str]:
    script = computer.disk / "test.cmd"
    script.write_bytes("\r\n".join(["@echo off", *lines, ""]).encode())
    return [line.rstrip() for line in computer.wine("cmd", "/c", "C:\\test.cmd")[1].splitlines()]


NPM = f'call "C:\\{HOME}\\shims\\npm.cmd"'


def test_the_default_needs_no_program(computer: Computer) -> None:
    lines = said(computer, "cd /d C:\\w", f'{NPM} "x y" z', "cd \\", NPM)
    assert lines == ['default "x y" z', "default"]


def test_a_folder_that_asks_is_the_programs_affair(computer: Computer) -> None:
    lines = said(computer, 'cd /d "C:\\w\\a b & c\\d"', f'{NPM} "x y" z')
    assert lines == ['program exec -- "npm" "x y" z']
    lines = said(computer, "cd /d C:\\w", "set RTINSTALL_VERSION=20", f"{NPM} ci")
    assert lines == ['program exec -- "npm" ci']


def test_cmd_has_the_shims_on_path_once(computer: Computer) -> None:
    env = NPM.replace("shims\\npm", "env")
    first, second = said(computer, env, 'echo "%PATH%"', env, 'echo "%PATH%"')
    assert first == second
    assert first.startswith(f'"C:\\{HOME}\\shims;')
    assert first.count("rt & more") == 1


def test_batch_files_end_their_lines_as_cmd_wants_it(tmp_path: Path) -> None:
    for text in (batch(HOOK), snippet("cmd", HOOK)):
        assert text.count("\r\n") == text.count("\n")
