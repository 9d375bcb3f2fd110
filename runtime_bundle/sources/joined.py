"""A source that also has what is joined from its own runtimes: ``darwin-universal`` from two.

Nothing is joined here: an offer says of which offers it is made, and whoever fetches it gets the
parts of each. A part is a target of its own as well; what was asked about one is remembered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar, cast

from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part, RuntimeSource
from rtinstall.runtime_bundle.targets import Target, target_named

T = TypeVar("T")


class Joined:
    """The source given, and the targets joined from those it has."""

    def __init__(self, source: RuntimeSource) -> None:
        """Ask ``source``, and keep its name."""
        self._source = source
        self._answers: dict[object, Future[object]] = {}
        self._looking = threading.Lock()

    @property
    def name(self) -> str:
        """Return the word for the source itself."""
        return self._source.name

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return what there is for ``target``: of a joined one, the releases every part has."""
        if not target.parts:
            return self._once(target, lambda: self._source.releases(target))
        *others, last = (self.releases(target_named(part)) for part in target.parts)
        common = [{release.version for release in releases} for releases in others]
        return tuple(r for r in last if all(r.version in versions for versions in common))

    def offer(self, release: Release, target: Target) -> Offer:
        """Return what would be fetched: of a joined target, all its parts together."""
        if not target.parts:
            return self._once((release, target), lambda: self._source.offer(release, target))
        parts = tuple(self.offer(release, target_named(part)) for part in target.parts)
        sizes = [part.size for part in parts if part.size is not None]
        return Offer(
            self.name,
            release,
            target,
            sum(sizes) if len(sizes) == len(parts) else None,
            all(part.cached for part in parts),
            ", ".join(part.location for part in parts),
            parts,
            "; ".join(part.identity for part in parts),
        )

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Return the verified files of every part."""
        return tuple(file for part in offer.each for file in self._source.fetch(part, progress))

    def _once(self, question: object, ask: Callable[[], T]) -> T:
        """Ask, or wait for the answer to the same question that another thread has asked."""
        with self._looking:
            answer = self._answers.get(question)
            mine = answer is None
            if answer is None:
                answer = self._answers[question] = Future()
        if mine:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001  # whoever waits for it gets it, too
                answer.set_exception(error)
        return cast(T, answer.result())
