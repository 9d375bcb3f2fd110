"""Completion: scripts that the real shells take, and the words they are given."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from oracles import tool
from rtinstall.platforms import cli
from rtinstall.runtime_bundle.commandline import SHELLS
from rtinstall.runtime_bundle.targets import TARGETS
from world.rtbuild import PROGRAM, Desk

VERBS = [
    "build",
    "bundle",
    "completion",
    "freeze",
    "inspect",
    "release",
    "repo",
    "smoke",
    "targets",
    "verify",
]
CHECKERS = {"bash": ("bash", "-n"), "zsh": ("zsh", "-n"), "fish": ("fish", "--no-execute")}


@pytest.fixture
def shell_desk(desk: Desk) -> Desk:
    """Put ``rtbuild`` on a path of its own."""
    program = desk.folder / "bin" / "rtbuild"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    desk.work.mkdir()
    (desk.work / "file.deb").write_bytes(b"")
    return desk


def shell(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs {name}")
    return path


def run_shell(desk: Desk, *words: str) -> str:
    path = f"{desk.folder / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        words, cwd=desk.work, env=desk.environment(PATH=path, POWERSHELL_TELEMETRY_OPTOUT="1"),
        capture_output=True, text=True,
        check=False, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.mark.parametrize("name", SHELLS)
def test_every_shell_has_a_script(desk: Desk, name: str) -> None:
    script = desk.run("completion", name).good().out
    assert "rtbuild" in script
    assert "%(" not in script
    if name in CHECKERS:
        program, *options = CHECKERS[name]
        path = desk.work / "script"
        path.write_text(script)
        run_shell(desk, shell(program), *options, str(path))


def test_an_unknown_shell_is_said(desk: Desk) -> None:
    desk.run("completion", "tcsh").failed(2, "'tcsh'", "powershell")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rtbuild ", VERBS),
        ("rtbuild re", ["release", "repo"]),
        ("rtbuild release l", ["lts", "latest", "lts/krypton", "lts/jod"]),
        (
            "rtbuild release lts --target linux-x64",
            ["linux-x64", "linux-x64-musl", "linux-x64-glibc-217"],
        ),
        ("rtbuild release lts -t d", ["darwin-x64", "darwin-arm64", "darwin-universal"]),
        ("rtbuild release lts --format ap", ["apk"]),
        ("rtbuild release lts --lev", ["--level"]),
        ("rtbuild release lts --level ", ["fast", "balanced", "max"]),
        ("rtbuild release lts --source ", ["dist", "pip", "npm", "freebsd", "ibmi", "unofficial"]),
        ("rtbuild completion z", ["zsh"]),
    ],
)
def test_bash_completes(shell_desk: Desk, line: str, expected: list[str]) -> None:
    """Do what bash does at the Tab key: call the function that is registered for the word."""
    words = line.split(" ")
    (shell_desk.work / "script").write_text(shell_desk.run("completion", "bash").good().out)
    script = f"""
        source ./script
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
        COMP_CWORD={len(words) - 1}
        function=$(complete -p rtbuild | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        compopt() {{ :; }}
        "$function" rtbuild "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert run_shell(shell_desk, shell("bash"), "--norc", "-c", script).split() == expected


def test_fish_completes(shell_desk: Desk) -> None:
    script = (
        "rtbuild completion fish | source; complete --do-complete 'rtbuild release lts --format a'"
    )
    found = run_shell(shell_desk, shell("fish"), "--no-config", "-c", script)
    assert [line.split("\t")[0] for line in found.splitlines()] == ["apk", "arch"]


def test_zsh_completes(shell_desk: Desk) -> None:
    """Call the function with stand-ins for what only the line editor has."""
    script = """
        compdef() { :; }
        eval "$(rtbuild completion zsh)"
        compadd() { print -l -- ${(P)@[-1]}; }
        _describe() { print -l -- ${(P)3}; }
        words=(rtbuild release lts --format a) CURRENT=5
        _rtbuild_completion
    """
    found = run_shell(shell_desk, shell("zsh"), "-f", "-c", script)
    assert {"apk", "arch"} <= set(found.replace(":", " ").split()), found


def test_powershell_completes(shell_desk: Desk) -> None:
    line = "rtbuild release lts --format a"
    script = (
        "Invoke-Expression (rtbuild completion powershell | Out-String); "
        f"(TabExpansion2 -inputScript '{line}' -cursorColumn {len(line)}).CompletionMatches.CompletionText"
    )
    options = ("-NoProfile", "-NonInteractive", "-Command")
    found = run_shell(shell_desk, tool("pwsh"), *options, script)
    assert found.split() == ["apk", "arch"]


def ask(desk: Desk, words: list[str], incomplete: str) -> list[str]:
    """Ask as the script for PowerShell does."""
    ended = desk.program(
        _RTBUILD_COMPLETE="powershell_complete",
        COMP_WORDS="\n".join(words),
        COMP_INCOMPLETE=incomplete,
    ).good()
    assert ended.err == ""
    return [line.split("\t")[0] for line in ended.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "incomplete", "expected"),
    [
        (["rtbuild"], "", VERBS),
        (["rtbuild", "re"], "re", ["release", "repo"]),
        (["rtbuild", "release", "lts", "-t", "linux-s"], "linux-s", ["linux-s390x"]),
        (["rtbuild", "release", "lts", "-t"], "", [target.name for target in TARGETS]),
        (["rtbuild", "release", "lts", "--level", "m"], "m", ["max"]),
    ],
)
def test_powershell_is_answered(
    desk: Desk, words: list[str], incomplete: str, expected: list[str]
) -> None:
    assert ask(desk, words, incomplete) == expected


def test_powershell_is_given_values_with_help(desk: Desk) -> None:
    script = desk.run("completion", "powershell").good().out
    assert '$env:_RTBUILD_COMPLETE = "powershell_complete"' in script
    assert "Register-ArgumentCompleter -Native -CommandName rtbuild" in script
    ended = desk.program(
        _RTBUILD_COMPLETE="powershell_complete", COMP_WORDS="rtbuild", COMP_INCOMPLETE="rel"
    ).good()
    value, help_text = ended.out.rstrip("\n").split("\t")
    assert value == "release"
    assert len(help_text) > 10


def test_the_other_program_completes_too(desk: Desk) -> None:
    assert isinstance(cli.cli, click.Group)
    assert "_RTINSTALL_COMPLETE" in subprocess.run(
        [sys.executable, "-c", "from rtinstall.installer.cli import main; main()", "completion", "bash"],
        env=desk.environment(), cwd=Path.home(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
