"""What the change log that comes with a runtime says of it: when it was released, with which npm.

The log of a line has one section a release, newest first. Packages of the npm registry hold a
runtime without npm, and this is the only word on which npm belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import zip_longest

from rtinstall.runtime_bundle.versions import Version

SECTION = re.compile(
    r"^## ([0-9]{4}-[0-9]{2}-[0-9]{2}), Version ([0-9.]{5,11})(?![0-9.])", re.MULTILINE
)
NUMBER = r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})"
UPGRADE = re.compile(rf"\*\*deps\*\*: (?:upgrade|update) npm to v?{NUMBER}(?![\w.-])")
REVERT = re.compile(rf"revert\W.*npm to v?{NUMBER}(?![\w.-])", re.IGNORECASE)


def _sections(text: str) -> Iterator[tuple[date, str, str]]:
    """Yield day, version and text of each section, in the order of the file."""
    found = list(SECTION.finditer(text))
    for match, following in zip_longest(found, found[1:]):
        end = following.start() if following else len(text)
        try:
            yield date.fromisoformat(match[1]), match[2], text[match.end() : end]
        except ValueError:
            continue


def released_on(text: str, version: Version) -> date | None:
    """Return the day ``version`` was released, None if the log does not say."""
    return next((day for day, name, _ in _sections(text) if name == str(version)), None)


def npm_of(text: str, version: Version) -> str:
    """Return the npm that ``version`` comes with; empty if the log does not say.

    It is the last one that ``version`` or the nearest release before it upgraded to: within a
    release that is the highest number, since the entries of a section are not in order of time.
    """
    reached = False
    for _, name, section in _sections(text):
        reached = reached or name == str(version)
        if not reached:
            continue
        reverted = {
            match.groups() for line in section.splitlines() if (match := REVERT.search(line))
        }
        found = [
            tuple(map(int, match.groups()))
            for line in section.splitlines()
            if (match := UPGRADE.search(line)) and match.groups() not in reverted
        ]
        if found:
            return ".".join(map(str, max(found)))
    return ""
