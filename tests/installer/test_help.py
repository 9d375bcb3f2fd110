"""Every verb can be read about, and is imported when it is run and not before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rtinstall.installer.commands import OTHERS, VERBS
from world.installed import Home
from world.rtbuild import IMPORTS

SLOW = ("requests", "urllib3", "rich", "json", "platformdirs", "tomllib", "tarfile", "ssl")


def imported(code: str, **more: str) -> set[str]:
    """Return what is imported after ``code``, by a process that began with nothing."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS), **more},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ended.stderr.split())


def test_the_command_line_is_imported_without_what_only_some_verbs_need() -> None:
    modules = imported("import rtinstall.installer.cli")
    assert not modules & set(SLOW)
    verbs = {name for name in modules if name.startswith("rtinstall.installer.commands.")}
    assert not verbs, "a verb is imported when it is run"


@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if not verb.hidden])
def test_every_verb_says_what_it_does_and_what_each_option_is_for(home: Home, name: str) -> None:
    shown = home.run(name, "--help").good().out
    assert shown.startswith(f"Usage: rtinstall {name}")
    purpose = shown.split("\n\n")[1].strip()
    assert purpose.rstrip(".").count(" ") >= 2
    lines = shown.partition("\nOptions:\n")[2].splitlines()
    bare = [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if line.startswith("  -") and "  " not in line.strip() and not after.startswith("      ")
    ]
    assert not bare, "an option without a word on it"
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_no_name_from_elsewhere_is_that_of_a_verb() -> None:
    assert not OTHERS.keys() & VERBS.keys()
    assert len(OTHERS) == sum(len(verb.others) for verb in VERBS.values())
