"""A release: which versions, from where, into which files; and then doing it.

:func:`plan` asks and decides, and fetches nothing. :func:`carried_out` does what the units of a plan
say, and publishes what they deliver; a unit that fails does not keep the others from it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from rtinstall.platforms.formats import inexpressible
from rtinstall.platforms.outputs import Output
from rtinstall.platforms.units import Failure, Made, Outcome, Unit
from rtinstall.runtime_bundle.errors import (
    NoSpace,
    NotExpressible,
    NotPublished,
    RtError,
    UnknownVersion,
)
from rtinstall.runtime_bundle.releases import Release, select
from rtinstall.runtime_bundle.sources import AT_ONCE, Offer, RuntimeSource, in_background
from rtinstall.runtime_bundle.targets import TARGETS, Target
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

    ``left_out`` are the formats that cannot hold the version, and why; ``refused`` says why nothing
    of the version can be planned.
    """

    version: Version
    jobs: tuple[Job, ...]
    without: tuple[Target, ...]
    left_out: Mapping[str, NotExpressible] = field(default_factory=dict)
    refused: Failure | None = None


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
    return plan_of(version, survey, formats, required=required, exact=exact)


def plans(
    asked: Iterable[tuple[VersionSpec, bool]],
    survey: Survey,
    formats: Mapping[Target, tuple[str, ...]],
    *,
    required: bool,
    exact: bool = False,
) -> tuple[Plan, ...]:
    """Return a plan for each version asked for: the newest that fits a spec, or, if True, every one.

    Of many versions one that cannot be planned does not keep the others from it. Raises as
    :func:`plan` for a single one.
    """
    found: dict[Version, Plan] = {}
    for spec, every_one in asked:
        if not every_one:
            made = plan(spec, survey, formats, required=required, exact=exact)
            found.setdefault(made.version, made)
            continue
        for version in every(spec, survey):
            if version not in found:
                try:
                    made = plan_of(version, survey, formats, required=False, exact=exact)
                except RtError as error:
                    made = Plan(version, (), tuple(survey), refused=Failure.of(error))
                found[version] = made
    return tuple(found.values())


def every(spec: VersionSpec, survey: Survey) -> tuple[Version, ...]:
    """Return all versions that ``spec`` asks for and any target has, newest first.

    Raises :class:`UnknownVersion`, :class:`NotPublished` if there is none.
    """
    known: dict[Version, Release] = {}
    for offers in survey.values():
        for _, releases in offers:
            known = {release.version: release for release in releases} | known
    found = tuple(release.version for release in select(spec, known.values()))
    return found or (_choose(spec, survey, required=False),)


def plan_of(
    version: Version,
    survey: Survey,
    formats: Mapping[Target, tuple[str, ...]],
    *,
    required: bool,
    exact: bool = False,
) -> Plan:
    """Choose, for each target, the first source that has ``version``; see :func:`plan`."""
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


Carried = Generator[tuple[Unit, Outcome], None, None]
Finished = tuple[Unit, Outcome]
Carry = Callable[[Sequence[Unit]], Carried]


def carried_out(units: Sequence[Unit], output: Output, carry: Carry) -> Carried:
    """Let ``carry`` do what is not in ``output`` yet, publish what comes of it, and yield all outcomes.

    What is there already comes first. A disk that is full ends the run with :class:`NoSpace`.
    """
    lacking: list[Unit] = []
    kept: dict[str, Outcome] = {}  # what is there of a unit that lacks some of its formats
    whole: dict[str, Unit] = {}
    published: set[str] = set()
    for unit in units:
        there = _kept(unit, output)
        having = {made.artifact.format for made in there.made}
        missing = tuple(name for name in unit.formats if name not in having)
        if missing:
            part = replace(unit, formats=missing)
            lacking.append(part)
            kept[part.name], whole[part.name] = there, unit
        else:
            published.add(unit.name)
            yield unit, there
    output.forget_others(whole)
    waiting = Counter(unit.version for unit in lacking)
    ready: dict[str, list[str]] = {}
    for version in dict.fromkeys(unit.version for unit in units):
        if not waiting[version]:  # a run may have been killed before it had listed all
            output.publish(Version.parse(version), ())
    with closing(carry(lacking)) as outcomes:
        for part, outcome in outcomes:
            waiting[part.version] -= 1
            if outcome.failure is None:
                ready.setdefault(part.version, []).append(part.name)
            elif outcome.failure.exit_code == NoSpace.exit_code:
                raise NoSpace(outcome.failure.message, hint=outcome.failure.hint)
            due = output.published_by == "unit" or not waiting[part.version]
            if due and (names := ready.pop(part.version, [])):
                output.publish(Version.parse(part.version), names)
            there = kept[part.name]
            yield (
                whole[part.name],
                replace(outcome, made=_in_order(whole[part.name], there, outcome)),
            )
            if outcome.failure is None:
                published.add(part.name)
    output.tidy(published)


def _kept(unit: Unit, output: Output) -> Outcome:
    found = output.kept(Version.parse(unit.version), unit.target, unit.basis)
    made = [Made(item) for item in found.artifacts if item.format in unit.formats] if found else []
    there = Outcome(found.facts if found else {}, tuple(made))
    return replace(there, made=_in_order(unit, there))


def _in_order(unit: Unit, *outcomes: Outcome) -> tuple[Made, ...]:
    made = [made for outcome in outcomes for made in outcome.made]
    return tuple(sorted(made, key=lambda each: unit.formats.index(each.artifact.format)))


def failures(plans: Sequence[Plan], done: Sequence[Finished]) -> list[Failure]:
    """Return what has failed, in the order of the plan."""
    planned = [plan.refused for plan in plans if plan.refused]
    return [*planned, *(outcome.failure for _, outcome in done if outcome.failure)]


def error_of_run(plans: Sequence[Plan], done: Sequence[Finished]) -> RtError | None:
    """Return the error that a run ends in: that of its first failure, and its exit code."""
    named = [(f"node {plan.version}", plan.refused) for plan in plans if plan.refused]
    named += [(str(unit), outcome.failure) for unit, outcome in done if outcome.failure]
    if not named:
        return None
    what, first = named[0]
    total = len(done) + len(named) - len([1 for _, outcome in done if outcome.failure])
    message = first.message
    if total > 1:
        message = f"{len(named)} of {total} failed; {what}: {message}"
    error = RtError(message, hint=first.hint)
    error.exit_code = first.exit_code
    return error
