"""Processes of this machine that carry out units, as many at once as there are cores for.

A process that is killed loses its unit only, which another one begins again. None outlives the run:
each ends when it is told to, or when whoever started it is gone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import cast

from rtinstall.platforms.units import Failure, Opener, Outcome, Unit, attempt, carry_out
from rtinstall.runtime_bundle.errors import WorkerLost

TRIES = 3  # processes that may be lost over one unit
PATIENCE = 10.0  # seconds for a process to clean up
TERMINATED = 143


def side_by_side(
    units: Sequence[Unit], output: str, *, jobs: int
) -> Generator[tuple[Unit, Outcome], None, None]:
    """Carry out ``units`` on ``jobs`` cores, and yield each as it is finished."""
    size = min(jobs, len(units))
    threads = max(1, jobs // max(1, size))
    todo, lost = deque(units), Counter[str]()
    crew: dict[Connection, tuple[SpawnProcess, Unit]] = {}
    idle: list[tuple[Connection, SpawnProcess]] = []
    try:
        while todo or crew:
            while todo and len(crew) < size:
                connection, process = idle.pop() if idle else _hired(output, threads)
                unit = todo.popleft()
                crew[connection] = (process, unit)
                with suppress(OSError):  # it has ended since: what is read from it will say so
                    connection.send(unit)
            for each in wait(list(crew)):
                ready = cast("Connection", each)  # of a pipe, whatever a system calls that
                process, unit = crew.pop(ready)
                try:
                    outcome = ready.recv()
                except (EOFError, OSError):
                    process.join(PATIENCE)
                    ready.close()
                    lost[unit.name] += 1
                    if lost[unit.name] < TRIES:
                        todo.append(unit)
                        continue
                    error = WorkerLost(f"its process ended with {process.exitcode}, {TRIES} times")
                    yield unit, Outcome({}, (), Failure.of(error))
                else:
                    idle.append((ready, process))
                    yield unit, outcome
    finally:
        _dismiss(idle, [(connection, process) for connection, (process, _) in crew.items()])


def _hired(output: str, threads: int) -> tuple[Connection, SpawnProcess]:
    # Nothing is shared with a process that is started afresh: no lock, no thread, no open file.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, output, threads), daemon=True)
    with _deaf():
        process.start()
    theirs.close()
    return ours, process


@contextmanager
def _deaf() -> Iterator[None]:
    """Start a process that does not hear Ctrl+C, not even while it starts; here it comes later."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _dismiss(
    idle: Sequence[tuple[Connection, SpawnProcess]], busy: Sequence[tuple[Connection, SpawnProcess]]
) -> None:
    """End all processes: one that has nothing to do ends when nothing more can come."""
    for _, process in busy:
        process.terminate()
    for connection, process in (*idle, *busy):
        connection.close()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()


def _serve(connection: Connection, output: str, threads: int) -> None:
    """Carry out what comes through ``connection``, until nothing more does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us decides
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_watch_over, daemon=True).start()
    open_sources = Opener()
    while True:
        try:
            unit = connection.recv()
        except (EOFError, OSError):
            return
        act = partial(carry_out, unit, output, jobs=threads, open_sources=open_sources)
        connection.send(attempt(act))


def _leave(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one must not disturb the cleaning up
    sys.exit(TERMINATED)


def _watch_over() -> None:
    """End this process when the one that started it has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
