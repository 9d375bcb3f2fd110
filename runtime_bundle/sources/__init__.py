"""Where a runtime comes from: the values every source speaks in, and the rule that chooses one.

A source answers which releases it has for a target and fetches one, verified before anything of it
is opened. Sources are values built once a run: what they asked a server they remember.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import MissingTool, UnknownVersion, Unreachable
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.releases import (
    EPOCH,
    SCHEDULE,
    Release,
    lts_codename,
    newest_first,
)
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version

Layout = Literal["upstream", "wheel", "node-package", "npm-package", "package", "directory"]
T = TypeVar("T")
Say = Callable[[str], None]
AT_ONCE = 3  # package managers run side by side


@dataclass(frozen=True, slots=True)
class Offer:
    """What a source would fetch for one target.

    ``size`` is the bytes to download, None if the source does not say. ``location`` is for people
    and the manifest: without credentials. ``parts`` are the offers that a joined target is made of.
    ``identity`` is what would be fetched, by digest, and on whose word it counts.
    """

    source: str
    release: Release
    target: Target
    size: int | None
    cached: bool
    location: str
    parts: tuple[Offer, ...] = ()
    identity: str = ""

    @property
    def each(self) -> tuple[Offer, ...]:
        """Return what is fetched by itself: the parts, or this where there are none."""
        return self.parts or (self,)


@dataclass(frozen=True, slots=True)
class Part:
    """A verified file: in the cache, or the user's own, which ``layout`` says how to read."""

    what: Literal["runtime", "npm"]
    path: Path
    layout: Layout
    provenance: Provenance


class RuntimeSource(Protocol):
    """One place runtimes come from."""

    @property
    def name(self) -> str:
        """Return the word for it on the command line."""

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return what there is for ``target``, newest first; nothing if it is not served."""

    def offer(self, release: Release, target: Target) -> Offer:
        """Return what would be fetched, or raise :class:`NotPublished`."""

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Return the verified runtime, and npm if that is a part of its own."""


Found = dict[Target, list[tuple[RuntimeSource, tuple[Release, ...]]]]


def survey(targets: Sequence[Target], sources: Sequence[RuntimeSource], say: Say) -> Found:
    """Ask which releases there are for each target; the first of ``sources`` is the preferred one.

    The others are asked about the targets of which the first has nothing, or about all if it cannot
    be reached; then ``say`` is told so in one line. Raises the first source's error if none can be
    asked at all; a target without any source has an empty list.
    """
    found: Found = {target: [] for target in targets}
    first, *others = sources
    failures = _ask([first], targets, found)
    lacking = [target for target in targets if not found[target]]
    if others and lacking:
        failures |= _ask(others, lacking, found)
        taken = dict.fromkeys(source.name for answers in found.values() for source, _ in answers)
        if first.name in failures and taken:
            say(f"{failures[first.name]}; taking the runtime from {' or '.join(taken)} instead")
    if failures and not any(found.values()):
        raise failures.get(first.name) or next(iter(failures.values()))
    return found


def _ask(
    sources: Sequence[RuntimeSource], targets: Sequence[Target], found: Found
) -> dict[str, Unreachable | MissingTool]:
    """Add to ``found`` what ``sources`` have for ``targets``; return those that could not be asked."""
    failures: dict[str, Unreachable | MissingTool] = {}
    turn = threading.Semaphore(AT_ONCE)
    answers = [
        (source, target, in_background(turn, partial(source.releases, target)))
        for source in sources
        for target in targets
    ]
    for source, target, answer in answers:
        try:
            if releases := answer.result():
                found[target].append((source, releases))
        except (Unreachable, MissingTool) as error:
            failures.setdefault(source.name, error)
    return failures


def in_background(turn: threading.Semaphore, call: Callable[[], T]) -> Future[T]:
    """Call in a thread that nobody waits for: an executor would keep an interrupted run waiting."""
    answer: Future[T] = Future()

    def ask() -> None:
        with turn:
            try:
                answer.set_result(call())
            except BaseException as error:  # noqa: BLE001  # whoever waits for the answer gets it
                answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return answer


def unindexed(versions: Iterable[str]) -> tuple[Release, ...]:
    """Return the releases of a source that knows nothing of them but their versions, newest first.

    A package's own prerelease is none of Node.js and left out. Without a date, all of a line counts
    as LTS once the line is; what is in the archive says better.
    """
    today = datetime.now(UTC).date()
    found: dict[Version, Release] = {}
    for text in versions:
        try:
            version = Version.parse(text)
        except UnknownVersion:
            continue
        if not version.prerelease:
            found[version] = Release(version, EPOCH, lts=lts_codename(version, today, SCHEDULE))
    return newest_first(found.values())
