"""Release notes from the change log: what ``## Unreleased`` says becomes what the version says.

The change log is Markdown with a heading ``## VERSION`` or ``## VERSION (DATE)`` for each release, the
newest on top, and ``## Unreleased`` above all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import BadConfiguration

UNRELEASED = "Unreleased"
HEADING = re.compile(r"^## +(?P<name>\S+)(?: +\((?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})\))? *$")
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:(?:a|b|rc|\.dev)[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Section:
    """What the change log says of one release; ``text`` is what stands below its heading."""

    name: str
    date: str
    text: str


def sections(changelog: str) -> tuple[Section, ...]:
    """Return the sections of a change log, in its order.

    Raises :class:`BadConfiguration` for one that has none, or one twice.
    """
    found: list[tuple[str, str, list[str]]] = []
    for line in changelog.splitlines():
        heading = HEADING.match(line)
        if heading:
            found.append((heading["name"], heading["date"] or "", []))
        elif line.startswith("## "):
            raise BadConfiguration(
                f"{line!r} is no heading of a release", hint="## 1.2.3 (2026-11-26) is one"
            )
        elif found:
            found[-1][2].append(line)
    names = [name for name, _, _ in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice or not found:
        what = f"{twice[0]} twice" if twice else "no release"
        raise BadConfiguration(f"the change log has {what}", hint="each release has one heading")
    return tuple(Section(name, date, "\n".join(text).strip()) for name, date, text in found)


def notes(changelog: str, version: str) -> str:
    """Return the notes of ``version``, from its section or, before there is one, from Unreleased.

    Raises :class:`BadConfiguration` where neither says anything.
    """
    by_name = {section.name: section for section in sections(changelog)}
    found = by_name.get(_checked(version)) or by_name.get(UNRELEASED)
    if found is None or not found.text:
        raise BadConfiguration(
            f"the change log says nothing of {version}", hint=f"write it below ## {UNRELEASED}"
        )
    return f"{found.text}\n"


def released(changelog: str, version: str, date: str) -> str:
    """Return the change log with ``version``, of ``date``, in the place of Unreleased.

    Above it stands an empty Unreleased. Raises :class:`BadConfiguration` where there is nothing to
    release, or the version is there already.
    """
    by_name = {section.name: section for section in sections(changelog)}
    if _checked(version) in by_name:
        raise BadConfiguration(f"the change log has {version} already", hint="choose the next one")
    if UNRELEASED not in by_name or not by_name[UNRELEASED].text:
        raise BadConfiguration("nothing is unreleased", hint=f"write it below ## {UNRELEASED}")
    heading = f"## {UNRELEASED}\n\n## {version} ({date})"
    pattern = re.compile(rf"^## +{UNRELEASED} *$", re.MULTILINE)
    return pattern.sub(heading, changelog, count=1)


def _checked(version: str) -> str:
    version = version.removeprefix("v")
    if not VERSION.fullmatch(version):
        raise BadConfiguration(f"{version!r} is no version", hint="1.2.3 is one, 1.2.3rc1 too")
    return version
