"""How rpm orders versions and matches what is required with what is provided (rpm manual, "Dependencies").

Pure. Two packages are ordered by epoch, then version, then release; a missing epoch is 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Order = Literal[-1, 0, 1]
LESS, GREATER, EQUAL = 2, 4, 8
FLAGS = {"LT": LESS, "GT": GREATER, "EQ": EQUAL, "LE": LESS | EQUAL, "GE": GREATER | EQUAL}
SIGNS = {
    flags: sign for sign, flags in zip(("<", ">", "=", "<=", ">="), FLAGS.values(), strict=True)
}
# A run of digits, of letters, or one of the two marks; what stands between only divides.
SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")


def compare(left: str, right: str) -> Order:
    """Order two versions, or two releases, as rpmvercmp does.

    Numbers compare as numbers and above words, a longer version above its beginning; but ``~`` sorts
    below even the end, and ``^`` above the end and below anything else.
    """
    ours, theirs = SEGMENT.findall(left), SEGMENT.findall(right)
    for position in range(max(len(ours), len(theirs))):
        a = ours[position] if position < len(ours) else ""
        b = theirs[position] if position < len(theirs) else ""
        if a == b:
            continue
        if "~" in (a, b):
            return -1 if a == "~" else 1
        if "^" in (a, b):
            return (1 if a == "^" else -1) if "" in (a, b) else (-1 if a == "^" else 1)
        if not a or not b:
            return 1 if a else -1
        if a.isdigit() != b.isdigit():
            return 1 if a.isdigit() else -1
        if a.isdigit():
            a, b = a.lstrip("0"), b.lstrip("0")
            if len(a) != len(b):
                return 1 if len(a) > len(b) else -1
        if a != b:
            return 1 if a > b else -1
    return 0


@dataclass(frozen=True, slots=True)
class Evr:
    """Epoch, version, release; in a condition, an empty release stands for any."""

    epoch: int = 0
    version: str = ""
    release: str = ""

    def __str__(self) -> str:
        """Return ``1:2.3-4``, without what is not there."""
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{epoch}{self.version}{'-' * bool(self.release)}{self.release}"

    def compare(self, other: Evr) -> Order:
        """Order two packages of one name."""
        if self.epoch != other.epoch:
            return 1 if self.epoch > other.epoch else -1
        return compare(self.version, other.version) or compare(self.release, other.release)


@dataclass(frozen=True, slots=True)
class Relation:
    """A name and, with ``flags``, the versions of it that are provided or required."""

    name: str
    flags: int = 0
    evr: Evr = Evr()

    def __str__(self) -> str:
        """Return ``libz1 >= 1.2``."""
        return f"{self.name} {SIGNS[self.flags]} {self.evr}" if self.flags in SIGNS else self.name

    def meets(self, other: Relation) -> bool:
        """Say whether a version there is in both; without flags, every one is (rpmdsCompare)."""
        if self.name != other.name:
            return False
        if not self.flags or not other.flags:
            return True
        ours, theirs = self.evr, other.evr
        order = ours.compare(theirs)
        same = ours.epoch == theirs.epoch and not compare(ours.version, theirs.version)
        if same and bool(ours.release) != bool(theirs.release):
            # The side without a release means all of them, if it means this version at all.
            either = self.flags if theirs.release else other.flags
            return bool(either & EQUAL or self.flags & other.flags)
        if order < 0:
            return bool(self.flags & GREATER or other.flags & LESS)
        if order > 0:
            return bool(self.flags & LESS or other.flags & GREATER)
        return bool(self.flags & other.flags)
