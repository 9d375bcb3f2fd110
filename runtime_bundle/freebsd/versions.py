"""Versions of FreeBSD packages, ``PORTVERSION_PORTREVISION,PORTEPOCH``, ordered as pkg-version(8) does.

The epoch counts most, then the version, then the revision. A version is made of components: a number,
letters, a number again. Components that are missing are 0; one that begins with letters stands before
it, so that 24.0.0.rc1 is older than 24.0.0.
"""

from __future__ import annotations

import re
from functools import cmp_to_key
from itertools import zip_longest

Component = tuple[int, int, int]

# The words for stages of a release; all others count by their first letter.
STAGES = ("pl", "snap", "alpha", "beta", "pre", "rc")
FIRST = 2  # what "a" counts, above "pl"
PIECE = re.compile(r"(?P<least>\*[^+]*)|(?P<number>[0-9]+)?(?P<word>[A-Za-z]+)?(?P<patch>[0-9]+)?")
BETWEEN = re.compile(r"[^0-9A-Za-z+*]*")
NOTHING: Component = (0, 0, 0)


def split(version: str) -> tuple[str, int, int]:
    """Return the version without revision and epoch, then these two."""
    before, underscore, revision = version.rpartition("_")
    stem = before if underscore else version
    where, comma, epoch = (revision if underscore else version).rpartition(",")
    if comma and not underscore:
        stem = where
    return stem, _leading(revision if underscore else ""), _leading(epoch if comma else "")


def compare(left: str, right: str) -> int:
    """Return a number below, at or above 0, as ``left`` is older than, as old as, or newer than ``right``."""
    (stem, revision, epoch), (other, others_revision, others_epoch) = split(left), split(right)
    if epoch != others_epoch:
        return epoch - others_epoch
    blocks = zip_longest(_blocks(stem), _blocks(other), fillvalue=())
    for mine, theirs in blocks if stem.lower() != other.lower() else ():
        for a, b in zip_longest(mine, theirs, fillvalue=NOTHING):
            if a != b:
                return 1 if a > b else -1
    return revision - others_revision


newest_last = cmp_to_key(compare)


def _leading(text: str) -> int:
    match = re.match("[0-9]{1,18}", text)
    return int(match[0]) if match else 0


def _blocks(version: str) -> list[tuple[Component, ...]]:
    """Return the components between each plus and the next."""
    found: list[tuple[Component, ...]] = []
    for block in version.split("+"):
        components = []
        at = 0
        while at < len(block):
            component, at = _component(block, at)
            components.append(component)
            at = BETWEEN.match(block, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        found.append(tuple(components))
    return found


def _component(block: str, at: int) -> tuple[Component, int]:
    match = PIECE.match(block, at)
    if match is None or match.end() == at:  # a separator where a component should begin
        return (-1, 0, 0), at
    if match["least"]:
        return (-2, 0, 0), match.end()
    number = int(match["number"]) if match["number"] else -1
    word, patch = match["word"], match["patch"]
    if not word:
        return (number, 0, 0), match.end()
    if len(word) > 1 and word.lower() in STAGES:
        if number >= 0:  # as if a dot stood before the word
            return (number, 0, 0), match.start("word")
        rank = 0 if word.lower() == "pl" else _rank(word)
    else:
        rank = _rank(word)
    return (number, rank, int(patch) if patch else -1), match.end()


def _rank(word: str) -> int:
    return ord(word[0].lower()) - ord("a") + FIRST
