"""Of each installed line: its newest installed release, the newest there is, and what lies between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtinstall.installer import advice
from rtinstall.installer.session import Session
from rtinstall.installer.store import Installed
from rtinstall.runtime_bundle.releases import SCHEDULE, Release, line_status


@dataclass(frozen=True, slots=True)
class Line:
    """A line of which something is installed for this machine.

    ``newest`` is what could be installed, None where nothing newer may; ``missed`` is how many of the
    releases between are security releases.
    """

    installed: Installed
    newest: Release | None
    missed: int
    over: bool

    @property
    def major(self) -> int:
        """Return its number."""
        return self.installed.version.major


def lines(session: Session) -> Iterator[Line]:
    """Yield the installed lines, newest first; each target's source is asked once."""
    rules = session.rules
    newest: dict[tuple[int, str], Installed] = {}
    for one in session.store.installed():
        if not one.version.prerelease:
            newest.setdefault((one.version.major, one.target.name), one)
    for one in newest.values():
        releases = session.catalogue.releases(one.target)
        candidates = (
            release
            for release in releases
            if release.version.major == one.version.major
            and not release.version.prerelease
            and release.version > one.version
            and rules.policy.allows(release.version)
            and not advice.too_young(release, rules.today, rules.minimum_age)
            and not rules.obstacle(release, one.target)
        )
        yield Line(
            one,
            next(candidates, None),
            len(advice.missed(one.version, releases)),
            line_status(one.version.major, rules.today, SCHEDULE) == "end-of-life",
        )
