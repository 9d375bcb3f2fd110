"""Sessions of people who come from elsewhere, as they were typed, in a real bash.

A transcript in ``tests/data/transcripts`` begins with what it is good for, in lines with ``#``; then
``$`` and a command, and what a person reads. ``<...>`` stands for anything within a line, a line
``...`` for any lines, and ``[3]`` for the exit code, which is 0 where none is given.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from oracles import tool
from world.rtinstall import PROGRAM, Desk
from world.runtime import Upstream
from world.server import Server

FOLDER = Path(__file__).parents[1] / "data/transcripts"
END = "=== end of step"
RELEASES = ("24.19.0", "24.18.0", "22.20.0", "22.11.0")


@dataclass
class Step:
    command: str
    expected: list[str] = field(default_factory=list)

    def pattern(self) -> str:
        """Return the expression that what is shown has to match."""
        lines = [line for line in self.expected if not re.fullmatch(r"\[\d+\]", line)]
        parts = []
        for line in lines:
            if line == "...":
                parts.append(r"(?:.*\n)*?")
            else:
                parts.append("[^\n]*".join(map(re.escape, re.split("<[^>]*>", line))) + "\n")
        return "".join(parts)

    @property
    def code(self) -> int:
        codes = [int(line[1:-1]) for line in self.expected if re.fullmatch(r"\[\d+\]", line)]
        return codes[0] if codes else 0


def steps(path: Path) -> Iterator[Step]:
    step = None
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("$ "):
            if step:
                yield step
            step = Step(line[2:])
        elif step and line:
            step.expected.append(line)
    assert step, f"{path} has no command"
    yield step


def typed(desk: Desk, upstream: Upstream, commands: list[str]) -> list[tuple[str, int]]:
    """Type ``commands`` in one bash of a person whose mirror is ``upstream``; return what each showed."""
    bin = desk.folder / "bin"
    bin.mkdir()
    program = bin / "rtinstall"
    program.write_text(f"#!/bin/sh\nexec {PROGRAM[0]} -c '{PROGRAM[2]}' \"$@\"\n")
    program.chmod(0o755)
    desk.work.mkdir(parents=True, exist_ok=True)
    lines = [f"{command}\nprintf '\\n{END} %s\\n' $?" for command in commands]
    ended = subprocess.run(
        [tool("bash"), "--norc"],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=desk.work,
        env=desk.environment(
            PATH=f"{bin}:/usr/bin:/bin",
            RTINSTALL_NODE_MIRROR=upstream.url,
            RTINSTALL_ALLOW_UNSIGNED="1",
            SHELL="/bin/bash",
            COLUMNS="200",
        ),
        text=True,
        check=True,
        timeout=120,
    )
    found = re.findall(rf"(.*?)\n{END} (\d+)\n", ended.stdout, re.DOTALL)
    return [(text, int(code)) for text, code in found]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_a_session_goes_as_it_is_written(desk: Desk, server: Server, name: str) -> None:
    upstream = Upstream(server)
    for version in reversed(RELEASES):
        upstream.release(version)
    wanted = list(steps(FOLDER / f"{name}.txt"))
    shown = typed(desk, upstream, [step.command for step in wanted])
    assert len(shown) == len(wanted)
    for step, (text, code) in zip(wanted, shown, strict=True):
        said = f"{text.rstrip()}\n" if text.strip() else ""
        assert re.fullmatch(step.pattern(), said), f"$ {step.command}\n{said}[{code}]"
        assert code == step.code, f"$ {step.command}\n{said}[{code}]"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_a_session_says_what_it_is_good_for(name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text("utf-8").startswith("# ")
