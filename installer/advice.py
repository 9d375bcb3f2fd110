"""What a person should know of a version before they rely on it. Pure: values in, sentences out.

Each piece of advice has a code, which scripts go by and ``--fail-on`` takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from rtinstall.runtime_bundle.releases import EPOCH, SCHEDULE, Release, Schedule, line_status
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version

Code = Literal["eol", "security", "emulated", "libc", "unofficial", "unsigned", "unchecked"]
CODES: tuple[Code, ...] = get_args(Code)


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence, in lower case and without a full stop, and what kind it is of."""

    code: Code
    text: str


def eol(version: Version, today: date, schedule: Schedule = SCHEDULE) -> Advice | None:
    """Say that the line of ``version`` gets no fixes any more, if so."""
    if line_status(version.major, today, schedule) != "end-of-life":
        return None
    line = schedule.get(version.major)
    since = f" since {line.end}" if line else ""
    return Advice(
        "eol", f"node {version.major} is at its end of life{since}: no fixes are made for it"
    )


def missed(version: Version, releases: Iterable[Release]) -> tuple[Release, ...]:
    """Return the security releases of the line of ``version`` that are newer, the newest first."""
    return tuple(
        release
        for release in releases
        if release.security
        and not release.version.prerelease
        and release.version.major == version.major
        and release.version > version
    )


def security(version: Version, releases: Iterable[Release]) -> Advice | None:
    """Say which security releases ``version`` is behind, if any."""
    found = missed(version, releases)
    if not found:
        return None
    count = "a security release" if len(found) == 1 else f"{len(found)} security releases"
    last = max(release.version for release in found)
    return Advice("security", f"node {version} is {count} behind; the last of its line is {last}")


def too_young(release: Release, today: date, days: int) -> str:
    """Return why ``release`` has not been out for ``days``, or nothing.

    One whose day is not known is too young: nobody can say that it is not.
    """
    if days <= 0:
        return ""
    if release.date == EPOCH:
        return f"node {release.version} has no date here, and has to be {days} days old"
    age = (today - release.date).days
    if age >= days:
        return ""
    return f"node {release.version} is {max(age, 0)} days old, and has to be {days}"


def emulated(version: Version, target: Target, emulator: str) -> Advice | None:
    """Say that what runs is not made for this machine, if an ``emulator`` is needed."""
    if not emulator:
        return None
    return Advice(
        "emulated",
        f"there is no node {version} made for this machine; {target} runs through {emulator}",
    )


def origin(source: str, target: Target, checked: str) -> Iterable[Advice]:
    """Yield what is to be said of where a runtime came from, and on whose word (``Provenance.checked``)."""
    if source == "unofficial":
        chosen = {"musl": "for musl, which this machine has"}.get(
            target.libc or "", f"for {target}"
        )
        yield Advice(
            "unofficial", f"it is of the unofficial builds, {chosen}; their project signs nothing"
        )
    elif checked == "nothing":
        yield Advice("unchecked", f"nothing was known to check it against; it came from {source}")
    elif not signed(checked):
        yield Advice("unsigned", f"no signature was checked, but: {checked}")


def signed(checked: str) -> bool:
    """Say whether ``Provenance.checked`` names a signature that was checked."""
    return checked.startswith(("signature of ", "repository signature of "))
