"""``.nvmrc``, as nvm 0.40.6 reads it, and ``.node-version``, which is a line of its own.

A ``.nvmrc``: what follows ``#`` is a comment; a line with ``=`` is a pair kept for later, each key once
and none of them ``node``; exactly one line is left, and it is the version. nvm has no ranges, and its
project's own test cases refuse them, so a file that works here works there.
``stable`` means the newest release in this file, as it does to nvm.
"""

from __future__ import annotations

import re

from rtinstall.installer.version_file import refused
from rtinstall.runtime_bundle.versions import quoted

SPACE = " \t\r\v\f"
RANGE = re.compile(r"[<>=^~|\s]")
Found = tuple[str, int]  # what a file asks for, and the number of the line


def lines(text: str) -> list[tuple[int, str]]:
    """Return number and content of each line that is not empty without its comment."""
    bare = (line.partition("#")[0].strip(SPACE) for line in text.split("\n"))
    return [(number, line) for number, line in enumerate(bare, 1) if line]


def parse_nvmrc(text: str) -> Found:
    """Return the version that a ``.nvmrc`` asks for and its line, or raise :class:`BadConfiguration`."""
    keys: set[str] = set()
    bare: list[tuple[int, str]] = []
    for number, line in lines(text):
        key, pair, _ = line.partition("=")
        key = key.rstrip(SPACE)
        if not pair or not key:
            bare.append((number, line))
        elif key == "node" or key in keys:
            raise refused(
                f"line {number} is neither a version nor a pair of its own: {quoted(line)}"
            )
        keys.add(key if pair else "")
    number, word = _only(bare or _ranges(text))
    if RANGE.search(word):
        raise refused(
            f"line {number} is no version: {quoted(word)}",
            hint="nvm has no ranges; ask for a line such as 22, or use engines in package.json",
        )
    return _meant(word), number


def parse_node_version(text: str) -> Found:
    """Return the version that a ``.node-version`` asks for and its line, or raise the same."""
    number, word = _only(lines(text))
    return word, number


def _ranges(text: str) -> list[tuple[int, str]]:
    """Return the lines that are meant as ranges such as ``>=20``, and are pairs to nvm."""
    return [(number, line) for number, line in lines(text) if line[0] in "<>^~"][:1]


def _only(found: list[tuple[int, str]]) -> tuple[int, str]:
    if not found:
        raise refused("it names no version")
    if len(found) > 1:
        raise refused(f"it names two versions, in lines {found[0][0]} and {found[1][0]}")
    return found[0]


def _meant(word: str) -> str:
    """Return what ``word`` of nvm is here."""
    return "latest" if word == "stable" else word
