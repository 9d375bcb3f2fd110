"""What ``rtbuild`` shows while it works: bars on a terminal, one line per finished step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rtinstall.runtime_bundle.commandline import amount, tell

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Terminal:
    """A :class:`~rtinstall.platforms.build.Watch` that people can look at."""

    def __init__(self, progress: Progress | None, *, quiet: bool) -> None:
        """Draw into ``progress``, or print lines if there is none, or nothing if ``quiet``."""
        self._progress = progress
        self._quiet = quiet
        self._finish: Callable[[], None] = lambda: None
        self._task: TaskID | None = None

    def say(self, line: str) -> None:
        """Tell a person something that is no result."""
        if self._quiet:
            return
        if self._progress is not None:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            tell(line)

    def start(self, what: str, total: int | None) -> Callable[[int], object]:
        """Begin a step; the step before it is finished."""
        self.done()
        begun = monotonic()
        done = 0

        def finish() -> None:
            size = f"{amount(done)} in " if done else ""
            self.say(f"{what}: {size}{monotonic() - begun:.1f} s")

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if task is not None and self._progress is not None:
                self._progress.advance(task, count)

        task = self._progress.add_task(what, total=total) if self._progress else None
        self._task = task
        self._finish = finish
        return advance

    def download(self, what: str) -> Download:
        """Return what a download reports to."""
        return Download(self, what)

    def tally(self, what: str, total: int) -> Callable[[str], None]:
        """Count the parts of ``what``; the result is called with a word on each that is finished."""
        count = 0
        task = self._progress.add_task(what, total=total, unit=False) if self._progress else None

        def finished(word: str) -> None:
            nonlocal count
            count += 1
            self.done()
            self.say(f"{count} of {total}: {word}")
            if task is not None and self._progress is not None:
                self._progress.advance(task)

        return finished

    def done(self) -> None:
        """Finish the step that is under way."""
        finish = self._finish
        self.drop()
        finish()

    def drop(self) -> None:
        """Forget the step that is under way: it begins again."""
        if self._task is not None and self._progress is not None:
            self._progress.remove_task(self._task)
            self._task = None
        self._finish = lambda: None


class Download:
    """One download, which may begin again at nothing."""

    def __init__(self, terminal: Terminal, what: str) -> None:
        """Show it as ``what``."""
        self._terminal = terminal
        self._what = what
        self._advance: Callable[[int], object] | None = None

    def start(self, total: int | None) -> None:
        """Begin, or begin again, at nothing of ``total`` bytes."""
        if self._advance is not None:
            self._terminal.drop()
        self._advance = self._terminal.start(self._what, total)

    def advance(self, count: int) -> None:
        """Add ``count`` bytes."""
        if self._advance is not None:
            self._advance(count)


@contextmanager
def terminal(*, quiet: bool = False) -> Iterator[Terminal]:
    """Open the display; whatever happens, the terminal is left as it was found."""
    if quiet or not sys.stderr.isatty():
        watch = Terminal(None, quiet=quiet)
        yield watch
        watch.done()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Amount(ProgressColumn):
        """How much of how much, where that is known."""

        def render(self, task: Task) -> Text:
            if not task.fields.get("unit", True):
                return Text(f"{task.completed:.0f} of {task.total:.0f}")
            if task.total is None:
                return Text(amount(task.completed) if task.completed else "")
            return Text(f"{amount(task.completed)} of {amount(task.total)}")

    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        Amount(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        watch = Terminal(shown, quiet=False)
        yield watch
        watch.done()
