"""A scheduler and workers of Dask distributed, as programs of their own on loopback."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from world.rtbuild import surroundings

LISTENING = re.compile(r"Scheduler at:\s+(tcp://\S+)")
JOINED = re.compile(r"Registered to:\s+(tcp://\S+)")


@dataclass
class Program:
    """A program of the cluster, and what it has said."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def until(self, said: re.Pattern[str]) -> str:
        """Read what it says until it says that, and return the first group."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if match := said.search(line):
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return match[1]
        raise AssertionError("".join(self.lines))

    def kill(self) -> None:
        """End it without a chance to say good-bye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


class Cluster:
    """One scheduler, and workers that each have a home and a cache of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: list[Program] = []
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"
        )
        self.address = self.scheduler.until(LISTENING)

    def worker(self, number: int, **env: str) -> Program:
        """Start a worker of one thread, without a nanny: what is killed stays so."""
        words = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory")
        home = self.folder / f"worker{number}"
        started = self._start("worker", self.address, *words, str(home), home=home, **env)
        started.until(JOINED)
        return started

    def _start(self, kind: str, *words: str, home: Path | None = None, **env: str) -> Program:
        home = home or self.folder / kind
        home.mkdir(parents=True, exist_ok=True)
        own: Mapping[str, str] = {**surroundings(home, home / "cache"), **env}
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + kind, *words],
            cwd=home, env={**own, "PYTHONWARNINGS": "default"}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.programs.append(Program(process))
        return self.programs[-1]


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Run a cluster, and end what is left of it."""
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        for program in cluster.programs:
            if program.process.poll() is None:
                program.kill()
            if program.process.stderr is not None:
                program.process.stderr.close()
