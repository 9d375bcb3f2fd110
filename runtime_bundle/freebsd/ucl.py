"""The part of UCL that pkg(8) writes: ``key = value;``, ``key: value``, JSON, comments.

Left out, and an error: includes, variables, multipliers, here-documents, text with spaces and no
quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rtinstall.runtime_bundle.errors import NotReadable

DEPTH = 8
LIMIT = 64 << 10  # bytes; the longest file of the kind has about 2 KiB
TOKEN = re.compile(
    r"(?P<blank>\s+|#[^\n]*|/\*.*?\*/)"
    r'|(?P<quoted>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrtu])*")'
    r"|(?P<mark>[{}\[\],;:=])"
    r"|(?P<word>[A-Za-z0-9_.*+/-]+)",
    re.DOTALL,
)
Value = str | list["Value"] | dict[str, "Value"]
Tokens = list[tuple[str, str]]


def parse(data: bytes, what: str) -> dict[str, Value]:
    """Read ``data``, keys in lower case, numbers as they stand there.

    Raises :class:`NotReadable`, which names ``what``.
    """
    try:
        if len(data) > LIMIT:
            raise ValueError(f"it has more than {LIMIT} bytes")
        tokens = [*_tokens(data.decode())][::-1]
        braces = bool(tokens) and tokens[-1] == ("mark", "{")
        if braces:
            tokens.pop()
        found = _pairs(tokens, "}" if braces else "", 0)
        if tokens:
            raise ValueError(f"{tokens[-1][1]!r} is too much")
    except ValueError as error:
        raise NotReadable(
            f"{what} cannot be understood: {error}", hint="report it to whoever publishes it"
        ) from None
    return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"{text[at : at + 20]!r} is none of the forms that are read")
        kind = str(match.lastgroup)
        if kind == "quoted":
            yield kind, json.loads(match[0])
        elif kind != "blank":
            yield kind, match[0]
        at = match.end()


def _pairs(tokens: Tokens, end: str, depth: int) -> dict[str, Value]:
    """Take keys and values until ``end``; the next token is the last of ``tokens``."""
    found: dict[str, Value] = {}
    while tokens:
        kind, key = tokens.pop()
        if kind == "mark":
            if key == end:
                return found
            raise ValueError(f"{key!r} is no key")
        if tokens and tokens[-1] in (("mark", ":"), ("mark", "=")):
            tokens.pop()
        key = key.lower()
        value = _value(tokens, depth)
        if key in found and isinstance(value, str):
            raise ValueError(f"{key!r} is there twice")
        found[key] = value
        _separator(tokens)
    if end:
        raise ValueError(f"{end!r} is missing")
    return found


def _value(tokens: Tokens, depth: int) -> Value:
    if depth == DEPTH:
        raise ValueError("it is nested too deeply")
    kind, text = tokens.pop() if tokens else ("mark", "the end")
    if kind != "mark":
        return text
    if text == "{":
        return _pairs(tokens, "}", depth + 1)
    if text != "[":
        raise ValueError(f"{text!r} is no value")
    found: list[Value] = []
    while tokens and tokens[-1] != ("mark", "]"):
        found.append(_value(tokens, depth + 1))
        _separator(tokens)
    if not tokens:
        raise ValueError("']' is missing")
    tokens.pop()
    return found


def _separator(tokens: Tokens) -> None:
    while tokens and tokens[-1] in (("mark", ";"), ("mark", ",")):
        tokens.pop()
