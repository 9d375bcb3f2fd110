"""Where the members of a JSON document (RFC 8259) stand in its text, to name a line and to change one.

The standard library reads values and forgets their places. Here the text is first checked by it, and
then walked once for places; both are bounded by the caller's limit on its length.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from rtinstall.installer.version_file import refused

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
DEEP = 4  # members below the fourth level are not of interest

Path = tuple[str | int, ...]  # keys, and numbers of items, from the outermost inwards


@dataclass(frozen=True, slots=True)
class Span:
    """A value's place in the text: from ``start`` up to ``end``, and where its key begins."""

    start: int
    end: int
    key: int


@dataclass(frozen=True, slots=True)
class Members:
    """A document's text, where its values are, and which paths stand in it more than once."""

    text: str
    spans: dict[Path, Span]
    twice: frozenset[Path]

    def value(self, *path: str | int) -> object:
        """Return the value at ``path``, or None if there is none."""
        span = self.spans.get(path)
        return None if span is None else json.loads(self.text[span.start : span.end])

    def line(self, *path: str | int) -> int:
        """Return the number of the line in which the value at ``path`` begins."""
        return self.text.count("\n", 0, self.spans[path].start) + 1


def find_members(text: str) -> Members:
    """Find the members of a document, or raise :class:`BadConfiguration` if it is none."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise refused(f"line {error.lineno} is not JSON: {error.msg.lower()}") from error
    except (ValueError, RecursionError) as error:
        raise refused("it is not JSON that anyone writes") from error
    spans: dict[Path, Span] = {}
    twice: set[Path] = set()
    path: list[str | int] = []  # the keys and numbers that lead to the value that comes next
    opened: list[tuple[int, int]] = []  # where each open object or list, and its key, begins
    key = 0  # where the key of the value that comes next begins
    naming = False  # whether a string would be a key
    for token in TOKEN.finditer(text):
        word, start = token[0], token.start()
        if word in ("{", "["):
            opened.append((start, key))
            naming = word == "{"
            path.append("" if naming else 0)
            continue
        if word == ",":
            last = path[-1]
            naming = isinstance(last, str)
            path[-1] = "" if isinstance(last, str) else last + 1
            continue
        if word == ":":
            naming = False
            continue
        if naming and word != "}":
            path[-1], key = json.loads(word), start
            continue
        if word in ("}", "]"):
            path.pop()
            start, key = opened.pop()
            naming = False
        if len(path) <= DEEP:
            place = tuple(path)
            if place in spans:
                twice.add(place)
            spans[place] = Span(start, token.end(), key)
    return Members(text, spans, frozenset(twice))
