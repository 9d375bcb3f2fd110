"""Whether the other files of a project agree with the one that decides. Pure: values in, verdicts out.

A file agrees if the version that is active fits what it asks for: ``>=20`` agrees with v22, and
``22.11.0`` does not agree with v22.12.0. Where the version that would be active is not installed, it
is asked whether one version could fit both. Words like ``latest`` and ``lts`` agree only with the
version that they mean themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rtinstall.installer.aliases import Aliases
from rtinstall.installer.installed import Installed
from rtinstall.installer.project import Request
from rtinstall.installer.resolution import among, meaning
from rtinstall.runtime_bundle.errors import RtError
from rtinstall.runtime_bundle.releases import SCHEDULE
from rtinstall.runtime_bundle.versions import NEWEST, VersionSpec

Verdict = Literal["decides", "agrees", "disagrees", "cannot be used"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A request, the installed version it means by itself, if any, and how it stands to the first."""

    request: Request
    means: Installed | None
    verdict: Verdict


def judged(
    found: Sequence[Request], installed: Sequence[Installed], aliases: Aliases
) -> tuple[Judged, ...]:
    """Judge ``found``, of which the first decides."""
    return tuple(
        Judged(
            request,
            _first(request, installed, aliases),
            _verdict(found[0], request, installed, aliases),
        )
        for request in found
    )


def _verdict(
    first: Request, other: Request, installed: Sequence[Installed], aliases: Aliases
) -> Verdict:
    if not _usable(other, aliases):
        return "cannot be used"
    if other is first:
        return "decides"
    return "agrees" if _agree(first, other, installed, aliases) else "disagrees"


def _agree(
    first: Request, other: Request, installed: Sequence[Installed], aliases: Aliases
) -> bool:
    if not _usable(first, aliases):
        return False
    if set(first.texts) & set(other.texts):
        return True
    decided = _first(first, installed, aliases)
    return any(
        _agrees(_spec(first, aliases), decided, meaning(text, aliases), installed, aliases)
        for text in other.texts
    )


def _agrees(
    first: VersionSpec | None,
    decided: Installed | None,
    other: VersionSpec | None,
    installed: Sequence[Installed],
    aliases: Aliases,
) -> bool:
    if first is None or other is None:  # one of them is the system's own
        return first is other
    version = decided.version if decided else first.version
    if version is None:
        return _plain(first).meets(_plain(other))
    if decided and (isinstance(other.lts, int) or other.text.lower() in NEWEST):
        return among(other.text, installed, aliases) == decided
    return _plain(other).matches(version)


def _plain(spec: VersionSpec) -> VersionSpec:
    """Return ``spec`` without its LTS line, by what is known of lines without any index."""
    if spec.lts is None:
        return spec
    majors = [
        str(major)
        for major, line in SCHEDULE.items()
        if line.lts and (isinstance(spec.lts, int) or line.codename.lower() == spec.lts)
    ]
    return VersionSpec.parse(" || ".join(majors or ["*"]))


def _first(request: Request, installed: Sequence[Installed], aliases: Aliases) -> Installed | None:
    if not _usable(request, aliases):
        return None
    found = (among(text, installed, aliases) for text in request.texts)
    return next((one for one in found if one), None)


def _spec(request: Request, aliases: Aliases) -> VersionSpec | None:
    return meaning(request.text, aliases)


def _usable(request: Request, aliases: Aliases) -> bool:
    if request.fault:
        return False
    try:
        for text in request.texts:
            meaning(text, aliases)
    except RtError:
        return False
    return True
