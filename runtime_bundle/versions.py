"""Versions of Node.js and what a person may ask for: exact versions, lines, aliases, npm's ranges.

Pure: nothing here knows which versions exist; :mod:`rtinstall.runtime_bundle.releases` does.

Decisions:

* Only text that :meth:`Version.parse` takes ever becomes a path or an address. A range may name any
  semantic version, since its bounds are only compared.
* ``latest``, ``node`` and ``current`` all mean the newest release, as ``*`` does. ``stable`` is
  refused: to some version managers it is the newest release, to others the newest LTS release.
* A range means what npm's ``semver`` makes of it in its strict mode: a prerelease is left out
  unless a bound is a prerelease of the same major, minor and patch. More is refused than there:
  blank text (an empty file asks for nothing), a number after an ``x``, ``=`` in a hyphen range
  before a prerelease, text of more than 256 characters.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, total_ordering
from typing import Literal

from rtinstall.runtime_bundle.errors import UnknownVersion

Channel = Literal["release", "rc", "nightly", "test", "v8-canary"]
PRERELEASES: tuple[Channel, ...] = ("rc", "nightly", "test", "v8-canary")

NUMBER = "(0|[1-9][0-9]{0,2})"
VERSION = re.compile(
    rf"v?{NUMBER}\.{NUMBER}\.{NUMBER}"
    r"(?:-((?:rc|nightly|test|v8-canary)(?=[0-9a-z.]{1,40}\Z)"
    r"[0-9a-z]*(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-z][0-9a-z]*))*))?"
)

# What sorts as semver does (semver.org 2.0.0, clause 11): numbers below words in a prerelease,
# and a release, marked by an identifier no prerelease has, above all of its prereleases.
Key = tuple[int, int, int, tuple[tuple[int, int, str], ...]]
RELEASE = ((2, 0, ""),)


def _key(major: int, minor: int, patch: int, prerelease: str = "") -> Key:
    if not prerelease:
        return (major, minor, patch, RELEASE)
    words = prerelease.split(".")
    return (
        major,
        minor,
        patch,
        tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words),
    )


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """One version of Node.js, as its project names it; ``prerelease`` is empty for a release."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``24.19.0``, ``v24.19.0`` or a prerelease as Node.js publishes them.

        Raises :class:`UnknownVersion` for everything else.
        """
        match = VERSION.fullmatch(text)
        if match is None:
            raise UnknownVersion(f"{quoted(text)} is not a version of Node.js")
        major, minor, patch, prerelease = match.groups(default="")
        return cls(int(major), int(minor), int(patch), prerelease)

    def __str__(self) -> str:
        """Return the version without ``v``."""
        numbers = f"{self.major}.{self.minor}.{self.patch}"
        return f"{numbers}-{self.prerelease}" if self.prerelease else numbers

    def __lt__(self, other: Version) -> bool:
        """Compare by semver's precedence."""
        return self.key < other.key

    @property
    def key(self) -> Key:
        """Return what orders this version among others."""
        return _key(self.major, self.minor, self.patch, self.prerelease)

    @property
    def tag(self) -> str:
        """Return the version with ``v``, as in tags, file names and addresses."""
        return f"v{self}"

    @property
    def channel(self) -> Channel:
        """Return which of the project's channels publishes this version."""
        return next((name for name in PRERELEASES if self.prerelease.startswith(name)), "release")


def quoted(text: str) -> str:
    """Return ``text``, whatever it holds, in quotes and fit for one line of a message."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


LONGEST = 256  # characters of a spec; also what keeps the expressions below cheap

# One bound of a range. After "x", "X", "*" or nothing, every number is meant.
PART = r"(0|[1-9][0-9]{0,14}|[xX*])"
WORD = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
BUILD = r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
BOUND = rf"([v=]*){PART}(?:\.{PART}(?:\.{PART}(?:-({WORD}(?:\.{WORD})*))?{BUILD})?)?"
HYPHEN = rf"{BOUND}\s+-\s+{BOUND}"
COMPARATOR = rf"([<>]\s+=(?!\s)|[<>]?=?|\^|~\s*>?)\s*{BOUND}(?:\s+|\Z)"
LINE = re.compile("v?(0|[1-9][0-9]{0,14})")  # what most files say, and so without the two above

Comparator = tuple[Callable[[Key, Key], bool], Key]
NOTHING: Comparator = (operator.lt, _key(0, 0, 0, "0"))
ABOVE = (operator.eq, operator.ge, operator.gt)
BELOW = (operator.eq, operator.le, operator.lt)


def _span(low: Key, numbers: list[int], index: int) -> list[Comparator]:
    return [(operator.ge, low), (operator.lt, _next(numbers, index, "0"))]


def _next(numbers: list[int], index: int, prerelease: str = "") -> Key:
    """Return the first version after all with the same ``numbers`` up to ``index``."""
    raised = [*numbers[:index], numbers[index] + 1, 0, 0]
    return _key(raised[0], raised[1], raised[2], prerelease)


def _comparators(sign: str, bound: Sequence[str]) -> list[Comparator]:
    """Return what ``sign`` and the groups of ``BOUND`` ask for together, or raise ValueError.

    A prerelease of "0", the lowest there is, keeps an upper bound from admitting its prereleases.
    """
    prefix, *parts, prerelease = bound
    numbers = [int(part) for part in parts if part.isdigit()]
    full, last = len(numbers) == 3, len(numbers) - 1
    if not all(part.isdigit() for part in parts[: len(numbers)]):
        raise ValueError("a number after an x")
    if full and sign not in ("^", "~") and prefix not in ("", "v"):
        raise ValueError("a sign too many")
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    low = _key(major, minor, patch, prerelease if full else "")
    if not numbers:
        return [NOTHING] if sign in ("<", ">") else []
    match sign:
        case "^":
            return _span(low, numbers, next((i for i, n in enumerate(numbers) if n), last))
        case "~":
            return _span(low, numbers, min(last, 1))
        case ">=":
            return [(operator.ge, low)]
        case ">":
            return [(operator.gt, low) if full else (operator.ge, _next(numbers, last))]
        case "<":
            return [(operator.lt, low if full else _key(major, minor, patch, "0"))]
        case "<=":
            return [(operator.le, low) if full else (operator.lt, _next(numbers, last, "0"))]
        case _:
            return [(operator.eq, low)] if full else _span(low, numbers, last)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile what is large, and what a run that sees only plain versions never needs."""
    return re.compile(pattern)


def _alternative(text: str) -> tuple[Comparator, ...]:
    """Return the comparators of a range without ``||``, or raise ValueError."""
    if line := LINE.fullmatch(text):
        return tuple(_span(_key(int(line[1]), 0, 0), [int(line[1])], 0))
    if "-" in text and (hyphen := _compiled(HYPHEN).fullmatch(text)):
        bounds = hyphen.groups(default="")
        return (*_comparators(">=", bounds[:5]), *_comparators("<=", bounds[5:]))
    found: list[Comparator] = []
    position = 0
    while position < len(text):
        match = _compiled(COMPARATOR).match(text, position)
        if match is None:
            raise ValueError("no comparator")
        sign, *bound = match.groups(default="")
        found += _comparators("~" if sign.startswith("~") else "".join(sign.split()), bound)
        position = match.end()
    return tuple(found)


NEWEST = frozenset({"latest", "node", "current"})
LTS = re.compile(r"lts(?:[/-](?:\*|latest|-([1-9][0-9]?)|([a-z][a-z0-9]{0,19})))?")


@dataclass(frozen=True, slots=True)
class VersionSpec:
    """What a person asked for, as ``text``, and what is left of it to decide.

    ``version`` is set if one exact version was asked for. ``lts`` is an LTS line: its codename in
    lower case, or 0 for the newest, 1 for the one before and so on; None if any line will do.
    A version fits if all comparators of one of ``alternatives`` hold.
    """

    text: str
    alternatives: tuple[tuple[Comparator, ...], ...] = ((),)
    lts: str | int | None = None
    version: Version | None = None

    @classmethod
    def parse(cls, text: str) -> VersionSpec:
        """Read a version, a line (``22``, ``v22.11``, ``22.x``), an alias or a range.

        Aliases, in any case: ``latest``, ``node``, ``current``; ``lts``, ``lts/*``, ``lts/latest``;
        ``lts/krypton``; ``lts/-1``, the LTS line before the newest. A dash does for the slash.
        Raises :class:`UnknownVersion` for everything else.
        """
        text = text.strip()
        alias = text.lower()
        if alias in NEWEST:
            return cls(text)
        if match := LTS.fullmatch(alias):
            back, codename = match.groups(default="")
            return cls(text, lts=codename or int(back or 0))
        if alias == "stable":
            raise UnknownVersion(
                "'stable' is the newest release to some tools and the newest LTS to others",
                hint="say latest or lts",
            )
        if not text:
            raise UnknownVersion("no version was named")
        if len(text) > LONGEST:
            raise UnknownVersion(f"a version of {len(text)} characters is too long: {quoted(text)}")
        try:
            alternatives = tuple(_alternative(part.strip()) for part in text.split("||"))
        except ValueError as error:
            raise UnknownVersion(f"{quoted(text)} is no version, alias or range") from error
        exact = VERSION.fullmatch(text)
        return cls(text, alternatives, version=Version.parse(text) if exact else None)

    @property
    def channel(self) -> Channel:
        """Return which of the project's channels to ask for it."""
        return self.version.channel if self.version else "release"

    def matches(self, version: Version) -> bool:
        """Say whether ``version`` fits, leaving aside ``lts``, which depends on the releases."""
        key = version.key
        return any(
            all(compare(key, bound) for compare, bound in comparators)
            and (
                not version.prerelease
                or any(bound[:3] == key[:3] and bound[3] != RELEASE for _, bound in comparators)
            )
            for comparators in self.alternatives
        )

    def meets(self, other: VersionSpec) -> bool:
        """Say whether one version could fit both; ``lts`` is left aside here too."""
        return any(
            _possible((*one, *two)) for one in self.alternatives for two in other.alternatives
        )


def _possible(comparators: Sequence[Comparator]) -> bool:
    """Say whether anything lies between the bounds; that versions are not dense is left aside."""
    lows = [(key, compare is not operator.gt) for compare, key in comparators if compare in ABOVE]
    highs = [(key, compare is not operator.lt) for compare, key in comparators if compare in BELOW]
    return (
        all(
            low < high or (low == high and first and last)
            for low, first in lows
            for high, last in highs
        )
        and NOTHING not in comparators
    )
