"""What a batch file of Windows gets from us is what was said, and cmd obeys none of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles import tool
from rtinstall.installer.processes import batch_line
from wine import Computer

TELLS = '@echo off\nset "RT_ONE=%~1"\nset "RT_TWO=%~2"\nset RT_\nexit /b 7\n'


@pytest.fixture(scope="module")
def computer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    tool("wine")
    computer = Computer(tmp_path_factory.mktemp("windows"))
    computer.wine("cmd", "/c", "echo started")
    yield computer
    computer.close()


@pytest.mark.parametrize(
    "words",
    [
        ["install", "-g"],
        ["a b", "c  d"],
        ["&echo pwned", "x&y"],
        ["|more", ">C:\\written"],
        ["^caret^", "(a) or b)"],
        ["!RT_ONE!", "a!b"],
        ["c:\\folder\\ x", "a,b;c=d"],
    ],
)
def test_words_reach_a_batch_file_as_they_are(computer: Computer, words: list[str]) -> None:
    (computer.disk / "a folder").mkdir(exist_ok=True)
    (computer.disk / "a folder/tell.cmd").write_text(TELLS.replace("\n", "\r\n"))
    line = batch_line(Path("C:\\a folder\\tell.cmd"), words, "cmd.exe")
    # The cmd that reads this file is to hand the line on, and obey nothing in it either.
    plain = "".join(letter if letter.isalnum() else f"^{letter}" for letter in line)
    (computer.disk / "test.cmd").write_text(f"@echo off\r\n{plain}\r\n")
    code, said = computer.wine("cmd", "/c", "C:\\test.cmd")
    assert code == 7
    assert said.splitlines() == [f"RT_ONE={words[0]}", f"RT_TWO={words[1]}"]
    assert not (computer.disk / "written").exists()
