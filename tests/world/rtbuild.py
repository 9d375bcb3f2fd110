"""``rtbuild`` as a person runs it: in a folder of their own, as a program or within this process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

from rtinstall.platforms import cli
from rtinstall.runtime_bundle.commandline import run

PROGRAM = (sys.executable, "-m", "rtinstall.platforms.cli")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
FOREIGN = (
    "PYTHONUNBUFFERED",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SOURCE_DATE_EPOCH",
)
IMPORTS = [str(Path(entry).absolute()) for entry in sys.path if entry]  # as in this process
NOTHING: Mapping[str, str] = {}
FAST = ("--level", "fast", "--jobs", "1")


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the result of a ``--json`` run, which has said nothing else."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        return next(line for line in self.err.splitlines() if line.startswith("error: "))

    def good(self) -> Ended:
        """Return itself, after making sure that all went well."""
        assert self.code == 0, self
        assert not re.search(r"^(error|hint):|Traceback|Exception|\x1b", self.err, re.MULTILINE)
        return self

    def failed(self, code: int, *words: str) -> Ended:
        """Return itself, after making sure that one error and one hint end it, and no trace."""
        assert self.code == code, self
        lines = [line for line in self.err.splitlines() if line]
        kinds = [re.match(r"(error|hint): \S|", line)[1] for line in lines]  # type: ignore[index]
        assert kinds[-2:] == ["error", "hint"], self
        assert kinds.count("error") == kinds.count("hint") == 1, self
        assert "Traceback" not in self.err, self
        assert "\x1b" not in self.err, self
        message, hint = lines[-2].removeprefix("error: "), lines[-1].removeprefix("hint: ")
        assert not message.endswith(".")
        assert not hint.endswith(".")
        assert not re.match("(?!Windows )[A-Z][a-z]", message), message
        for word in words:
            assert word in f"{message}\n{hint}", f"{word!r} is not in {message!r}, {hint!r}"
        return self


def surroundings(folder: Path, cache: Path) -> dict[str, str]:
    """Return the environment of a program whose home and cache are these, without the user's own."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.lower() not in PROXIES and key not in FOREIGN
    }
    places = {
        "RTINSTALL_CACHE": str(cache),
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(IMPORTS),
    }
    return {**kept, **places, "PYTHONWARNINGS": "error"}


@dataclass(frozen=True)
class Desk:
    """A folder to work in, with a home and a cache of its own."""

    folder: Path

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def dist(self) -> Path:
        return self.work / "dist"

    def environment(self, **more: str) -> dict[str, str]:
        return {**surroundings(self.folder, self.cache), **more}

    def start(
        self,
        *words: str | Path,
        before: Sequence[str] = (),
        env: Mapping[str, str] = NOTHING,
    ) -> subprocess.Popen[str]:
        """Start the program; ``before`` are the words of one that runs it."""
        return started(
            (*before, *PROGRAM, *words), folder=self.work, environment=self.environment(**env)
        )

    def program(self, *words: str | Path, **env: str) -> Ended:
        """Run the program to its end."""
        return ended(self.start(*words, env=env))

    def run(self, *words: str | Path, **env: str) -> Ended:
        """Do the same within this process, which is quicker."""
        return within(
            cli.cli, "rtbuild", words, folder=self.work, environment=self.environment(**env)
        )

    def published(self) -> list[str]:
        """Return every file in dist/, hidden ones too, but not the lock."""
        found = (p.relative_to(self.dist).as_posix() for p in self.dist.rglob("*") if p.is_file())
        return sorted(name for name in found if name != ".lock")


def started(
    words: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a program in ``folder``, with nothing to read."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [*map(str, words)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    )


def within(
    group: click.Group,
    name: str,
    words: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
) -> Ended:
    """Run a command line within this process."""
    folder.mkdir(parents=True, exist_ok=True)
    out, err = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    with (
        patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(group, name, list(map(str, words)))
    signal.signal(signal.SIGTERM, before)
    return Ended(code, out.getvalue(), err.getvalue())


def ended(process: subprocess.Popen[str], timeout: float = 60) -> Ended:
    """Wait for a program that was started."""
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return Ended(process.returncode, out, err)
