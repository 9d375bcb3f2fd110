"""What is shown while something takes its time: bars where rich is there, else lines, or nothing.

On standard error alone. Several downloads run at the same time; whoever reports may be any thread.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import click

from rtinstall.runtime_bundle.commandline import amount, tell

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

PATIENCE = 1.0  # seconds after which a step is spoken of, and between two lines about it


class Step(Protocol):
    """One download or other step, which may begin again at nothing."""

    def start(self, total: int | None) -> None:
        """Begin at nothing of ``total`` bytes."""

    def advance(self, count: int) -> None:
        """Add ``count`` bytes."""

    def done(self) -> None:
        """End it."""


class Board:
    """Where steps are shown; this one shows none, and tells people what they have to know."""

    def say(self, line: str) -> None:
        """Tell a person something that is no result."""
        tell(line)

    def show(self, line: str) -> None:
        """Print a result, on standard output."""
        click.echo(line)

    def step(self, what: str) -> Step:
        """Return what the step called ``what`` reports to."""
        return Unseen()


class Unseen:
    """A step that is not shown."""

    def start(self, total: int | None) -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""


class Lines(Board):
    """A board of plain lines: one for a step that takes longer, each time a quarter of it is done."""

    def step(self, what: str) -> Step:
        """Return what the step called ``what`` reports to."""
        return Line(what, self.say)


class Line:
    """A step told in lines."""

    def __init__(self, what: str, say: Callable[[str], None]) -> None:
        """Call it ``what``."""
        self._what = what
        self._say = say
        self._begun = self._told = monotonic()
        self._total: int | None = None
        self._done = 0

    def start(self, total: int | None) -> None:
        """Begin at nothing of ``total`` bytes."""
        self._total, self._done = total, 0

    def advance(self, count: int) -> None:
        """Add ``count`` bytes, and say so from time to time."""
        before, self._done = self._done, self._done + count
        now = monotonic()
        quarter = (self._total or 1 << 26) / 4
        if now - self._told >= PATIENCE and before // quarter < self._done // quarter:
            self._told = now
            of = f" of {amount(self._total)}" if self._total else ""
            self._say(f"{self._what}: {amount(self._done)}{of}")

    def done(self) -> None:
        """Say how long it took, if it did."""
        seconds = monotonic() - self._begun
        if seconds >= PATIENCE:
            size = f"{amount(self._done)} in " if self._done else ""
            self._say(f"{self._what}: {size}{seconds:.1f} s")


class Drawn(Board):
    """A board of moving bars."""

    def __init__(self, bars: Bars) -> None:
        """Draw into ``bars``."""
        self._bars = bars

    def say(self, line: str) -> None:
        """Tell a person something, above the bars."""
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, line: str) -> None:
        """Print a result where no bar is drawn at that moment: it may be the same terminal."""
        self._bars.stop()
        click.echo(line)
        self._bars.start()

    def step(self, what: str) -> Step:
        """Return what the step called ``what`` reports to."""
        return Bar(self._bars, what)


class Bar:
    """A step that is drawn."""

    def __init__(self, bars: Bars, what: str) -> None:
        """Show it as ``what``."""
        self._bars = bars
        self._task = bars.add_task(what, total=None)
        self._ended = threading.Lock()

    def start(self, total: int | None) -> None:
        """Begin at nothing of ``total`` bytes."""
        self._bars.update(self._task, completed=0, total=total)

    def advance(self, count: int) -> None:
        """Add ``count`` bytes."""
        self._bars.advance(self._task, count)

    def done(self) -> None:
        """Take it away; a second time is nothing."""
        if self._ended.acquire(blocking=False):
            self._bars.remove_task(self._task)


@contextmanager
def board(*, shown: bool = True, always: bool = False) -> Iterator[Board]:
    """Open a board; whatever happens, the terminal is left as it was found.

    ``always`` shows bars where standard error is no terminal, too.
    """
    if not shown:
        yield Board()
        return
    bars = _bars(always=always) if always or sys.stderr.isatty() else None
    if bars is None:
        yield Lines()
        return
    with bars:
        yield Drawn(bars)


def _bars(*, always: bool) -> Bars | None:
    """Return bars, if the library for them is there."""
    try:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )
    except ImportError:
        return None
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, force_terminal=True if always else None),
        transient=True,
        redirect_stdout=False,  # or what is a result goes to standard error, too
        redirect_stderr=False,
    )
