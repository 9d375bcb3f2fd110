"""One release: which version, from where, into which files; and then doing it.

:func:`plan` asks and decides, and fetches nothing; :func:`carry_out` does what the plan says, one
target after the other, each published when it is whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from rtinstall.platforms.build import Built, Watch, build
from rtinstall.platforms.formats import inexpressible
from rtinstall.platforms.mirror import Mirror
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.assemble import assemble
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import (
    NotExpressible,
    NotPublished,
    RtError,
    UnknownVersion,
)
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.releases import Release, select
from rtinstall.runtime_bundle.sources import AT_ONCE, Offer, Part, RuntimeSource, in_background
from rtinstall.runtime_bundle.targets import TARGETS, Target
from rtinstall.runtime_bundle.universal import join
from rtinstall.runtime_bundle.versions import Version, VersionSpec

Survey = Mapping[Target, Sequence[tuple[RuntimeSource, tuple[Release, ...]]]]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done for one target."""

    source: RuntimeSource
    offer: Offer
    formats: tuple[str, ...]

    @property
    def target(self) -> Target:
        """Return the target."""
        return self.offer.target


@dataclass(frozen=True, slots=True)
class Plan:
    """A version, the jobs for the targets that have it, and the targets that have not.

    ``left_out`` are the formats that cannot hold the version, and why.
    """

    version: Version
    jobs: tuple[Job, ...]
    without: tuple[Target, ...]
    left_out: Mapping[str, NotExpressible] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """A target that is finished."""

    bundle: Bundle
    built: tuple[Built, ...]


class Npm(Protocol):
    """Who fetches an npm other than the one a runtime comes with."""

    def fetch_npm(self, version: str, progress: Progress) -> Part:
        """Return the verified package."""


def plan(
    spec: VersionSpec,
    survey: Survey,
    formats: Mapping[Target, tuple[str, ...]],
    *,
    required: bool,
    exact: bool = False,
) -> Plan:
    """Choose the version and, for each target, the first source that has it.

    The first source with any match decides the version: the newest that serves every target where
    ``required``, else, within the newest matching major, the newest of those that serve the most
    targets. A format that cannot hold the version is left out, or, where the formats are to be
    ``exact``, an error. Raises :class:`UnknownVersion`, :class:`NotPublished` or
    :class:`NotExpressible`.
    """
    try:
        version = _choose(spec, survey, required=required)
    except UnknownVersion as error:
        if required and (elsewhere := _elsewhere(spec, survey)):
            version, where = elsewhere
            raise NotPublished(
                f"node {version} is published for {where}, but not for {_names(survey)}",
                hint=error.hint,
            ) from error
        raise
    left_out = inexpressible({name for names in formats.values() for name in names}, version)
    if exact and left_out:
        raise next(iter(left_out.values()))
    turn = threading.Semaphore(AT_ONCE)  # package managers take their time to answer
    answers = [
        (target, source, in_background(turn, partial(source.offer, release, target)))
        for target, offers in survey.items()
        for source, release in _first_with(version, offers)
    ]
    jobs: list[Job] = []
    for target, source, answer in answers:
        try:
            kept = tuple(name for name in formats[target] if name not in left_out)
            jobs.append(Job(source, answer.result(), kept))
        except NotPublished:  # an index is only a hint
            if required:
                raise
    if not jobs:
        raise NotPublished(f"node {version} is in the index, but no runtime of it is there")
    having = {job.target for job in jobs}
    without = tuple(target for target in survey if target not in having)
    return Plan(version, tuple(jobs), without, left_out)


def _first_with(
    version: Version, offers: Sequence[tuple[RuntimeSource, tuple[Release, ...]]]
) -> Iterator[tuple[RuntimeSource, Release]]:
    """Yield the first source that has ``version``, and its release; nothing if none has."""
    for source, releases in offers:
        for release in releases:
            if release.version == version:
                yield source, release
                return


def _choose(spec: VersionSpec, survey: Survey, *, required: bool) -> Version:
    served: dict[Version, set[Target]] = {}
    order: list[RuntimeSource] = []
    by_source: dict[int, dict[Version, Release]] = {}
    for target, offers in survey.items():
        for source, releases in offers:
            if source not in order:
                order.append(source)
            for release in releases:
                served.setdefault(release.version, set()).add(target)
                by_source.setdefault(id(source), {})[release.version] = release
    lacking: Version | None = None
    for source in order:
        known = by_source.get(id(source), {})
        matching = [release.version for release in select(spec, tuple(known.values()))]
        if required:
            whole = [version for version in matching if len(served[version]) == len(survey)]
            lacking = lacking or (matching[0] if matching else None)
            if whole:
                return max(whole)
        elif matching:
            major = max(matching).major
            return max(
                (version for version in matching if version.major == major),
                key=lambda version: (len(served[version]), version),
            )
    names = _names(survey)
    if lacking is not None:
        have = ", ".join(sorted(target.name for target in served[lacking]))
        raise NotPublished(
            f"node {lacking} is not published for all of {names}",
            hint=f"it is there for {have}; name these with --target, or another --source",
        )
    if not served:
        raise NotPublished(f"no source that can be reached has a runtime for {names}")
    newest = sorted({f"{v.major}" for v in served}, key=int, reverse=True)
    raise UnknownVersion(
        f"no release matches {spec.text!r}" + (f" for {names}" if required else ""),
        hint=f"the newest is {max(served)}; there are releases of {', '.join(newest[:8])}",
    )


def _elsewhere(spec: VersionSpec, survey: Survey) -> tuple[Version, Target] | None:
    """Say what the preferred source has of ``spec`` for a target that was not asked for."""
    source = next((source for offers in survey.values() for source, _ in offers), None)
    if source is None:
        return None
    for target in TARGETS:
        with suppress(RtError):
            if found := select(spec, source.releases(target)):
                return found[0].version, target
    return None


def _names(targets: Iterable[Target]) -> str:
    return ", ".join(target.name for target in targets)


def carry_out(
    plan: Plan,
    mirror: Mirror,
    settings: Settings,
    effort: Effort,
    watch: Watch,
    *,
    npm: Npm | None = None,
    released: int | None = None,
) -> Iterator[Done]:
    """Fetch, assemble, build, read back and publish, target by target.

    ``released`` (seconds since 1970) replaces the release date, as ``SOURCE_DATE_EPOCH`` asks.
    """
    for job in plan.jobs:
        with mirror.stage() as stage:
            bundle = bundle_of(job, settings, stage / "spool", watch, npm=npm, released=released)
            built = tuple(
                build(
                    bundle,
                    settings,
                    name,
                    stage=stage,
                    effort=effort,
                    watch=watch,
                    already=_finished(mirror, bundle),
                )
                for name in job.formats
            )
            mirror.publish(bundle, built, stage)
        yield Done(bundle, built)


def bundle_of(
    job: Job,
    settings: Settings,
    spool: Path,
    watch: Watch,
    *,
    npm: Npm | None,
    released: int | None,
) -> Bundle:
    """Fetch and assemble the runtime of one job; its contents stay in files beside ``spool``."""
    made = []
    for offer in job.offer.each:
        label = f"{offer.target} from {job.source.name}"
        parts = job.source.fetch(offer, watch.download(label))
        if settings.npm is not None and npm is not None:
            other = npm.fetch_npm(settings.npm, watch.download(f"npm {settings.npm}"))
            parts = (*(part for part in parts if part.what == "runtime"), other)
        own = spool.with_name(f"{spool.name}-{offer.target}")
        made.append(assemble(parts, offer.release, offer.target, own))
    bundle, *others = made
    for second in others:
        bundle = join(bundle, second, job.target, spool)
    return bundle if released is None else replace(bundle, released=released)


def _finished(mirror: Mirror, bundle: Bundle) -> Callable[[str, str], Path | None]:
    return lambda filename, recipe: mirror.finished(bundle.version, bundle.target, filename, recipe)
