"""The languages inside of cells: conditions, formatted text, names, versions, descriptors.

From the SDK's "Conditional Statement Syntax", "Formatted" and "Column Data Types".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
GUID = re.compile(r"\{[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}\}")
NUMBERS = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5})*")
TOKEN = re.compile(
    r'\s*(?:(?P<value>"[^"]*"|-?[0-9]+)|(?P<comparison>~?(?:<>|><|<=|>=|<<|>>|=|<|>))'
    r"|(?P<open>\()|(?P<close>\))|(?P<symbol>[$?&!%]?[A-Za-z_][A-Za-z0-9_.]*))"
)
LOGICAL = ("AND", "OR", "XOR", "EQV", "IMP")
ESCAPE = re.compile(r"\[\\.[^\]]*\]", re.DOTALL)
BRACKET = re.compile(r"[\[\]]")
INNERMOST = re.compile(r"\[([^\[\]]*)\]")
SHORT = re.compile(
    r'[^\\?|><:/*"+,;=\[\]. \x00-\x1f]{1,8}(\.[^\\?|><:/*"+,;=\[\]. \x00-\x1f]{1,3})?'
)
LONG = re.compile(r'[^\\?|><:/*"\x00-\x1f]{0,254}[^\\?|><:/*"\x00-\x1f. ]')
# The SDK's "Security Descriptor String Format"; an owner in angle brackets is looked up by name.
SID = r"(?:[A-Z]{2}|S-1-[0-9]+(?:-[0-9]+)*|<[^<>]+>)"
ACE = rf"\([A-Z]+;[A-Z]*;(?:[A-Z]*|0x[0-9A-Fa-f]+);[-0-9A-Fa-f]*;[-0-9A-Fa-f]*;{SID}\)"
SDDL = re.compile(
    rf"(?:O:{SID})?(?:G:{SID})?(?:D:(?P<flags>[A-Z_]*)(?P<aces>(?:{ACE})*))?(?:S:[A-Z_]*(?:{ACE})*)?"
)


class Reference(NamedTuple):
    """What stands between square brackets: ``kind`` is ``#``, ``!``, ``$``, ``%`` or empty."""

    kind: str
    name: str


def symbols(condition: str) -> Iterator[str]:
    """Yield the properties and, with their prefix, the components and features of a condition.

    What is not a condition is a ValueError.
    """
    depth = at = 0
    operand, comparable, compared = True, False, False
    while condition[at:].strip():
        token = TOKEN.match(condition, at)
        if token is None:
            raise ValueError(f"there is no operator {condition[at:].strip()[:10]!r}")
        at = token.end()
        kind, word = token.lastgroup, token[0].strip()
        if operand:
            if kind == "symbol" and word.upper() == "NOT" and not compared:
                continue
            if kind == "open" and not compared:
                depth += 1
                continue
            if kind not in ("value", "symbol") or word.upper() in (*LOGICAL, "NOT"):
                raise ValueError(f"{word!r} stands where a value belongs")
            if kind == "symbol":
                yield word
            operand, comparable, compared = False, not compared, False
        elif kind == "comparison" and comparable:
            operand = compared = True
        elif kind == "symbol" and word.upper() in LOGICAL:
            operand = True
        elif kind == "close" and depth:
            depth -= 1
            comparable = False
        else:
            raise ValueError(f"{word!r} stands where an operator belongs")
    if operand or depth:
        raise ValueError("it ends too early")


def references(formatted: str) -> Iterator[Reference]:
    """Yield what a formatted text refers to, inner brackets before outer ones.

    Escaped characters, ``[~]`` and the numbers of a template are left out, and so is rich text,
    which the installer does not format.
    """
    if "[" not in formatted or formatted.startswith("{\\rtf"):
        return
    text = ESCAPE.sub("", formatted)
    opened: list[int] = []
    closed = -1
    for bracket in BRACKET.finditer(text):
        if bracket[0] == "[":
            opened.append(bracket.end())
        elif opened:
            begin = opened.pop()
            inner = text[begin : bracket.start()]
            # What is made with brackets inside of it is known at run time only.
            if closed < begin and inner != "~" and not inner.isdigit():
                kind = inner[:1] if inner[:1] in ("#", "!", "$", "%") else ""
                yield Reference(kind, inner[len(kind) :])
            closed = bracket.start()


def version(text: str) -> tuple[int, ...] | None:
    """Return the numbers of a version, of at most four fields up to 65,535; None if it is none."""
    if not NUMBERS.fullmatch(text):
        return None
    fields = tuple(map(int, text.split(".")))
    return fields if len(fields) <= 4 and max(fields) <= 0xFFFF else None


def product_version(text: str) -> tuple[int, ...] | None:
    """Return the three numbers that count of a ProductVersion, None if it is none."""
    fields = version(text)
    if fields is None or len(fields) < 3 or fields[0] > 255 or fields[1] > 255:
        return None
    return fields[:3]


def short_name(text: str) -> bool:
    """Return whether this is a name of eight and three characters."""
    return bool(SHORT.fullmatch(text))


def file_name(text: str) -> bool:
    """Return whether this is ``short`` or ``short|long``."""
    short, bar, long = text.partition("|")
    return short_name(short) and (not bar or bool(LONG.fullmatch(long)))


def folder_name(text: str) -> bool:
    """Return whether this is a name, a dot, or a pair of them for target and source."""
    return all(part == "." or file_name(part) for part in text.split(":", 1))


def language(text: str) -> bool:
    """Return whether these are numbers of languages, parted by commas."""
    return all(re.fullmatch("[0-9]{1,5}", part) and int(part) <= 0xFFFF for part in text.split(","))


def condition(text: str) -> bool:
    """Return whether this is a condition."""
    try:
        list(symbols(text))
    except ValueError:
        return False
    return True


def _identifier(text: str) -> bool:
    return bool(IDENTIFIER.fullmatch(text))


def _registry_path(text: str) -> bool:
    return not text.startswith("\\") and not text.endswith("\\")


def _cabinet(text: str) -> bool:
    return _identifier(text[1:]) if text.startswith("#") else short_name(text)


def _anything(_: str) -> bool:
    return True


# What a text of each category of _Validation must be. DefaultDir depends on the row besides.
CATEGORIES: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(
        (
            "AnyPath", "Binary", "CustomSource", "DoubleInteger", "Formatted", "Integer", "Path",
            "Paths", "Shortcut", "Template", "Text", "TimeDate",
        ),
        _anything,
    ),
    "Condition": condition,
    "Guid": lambda text: bool(GUID.fullmatch(text)),
    "Version": lambda text: version(text) is not None,
    "Language": language,
    "Identifier": _identifier,
    "UpperCase": lambda text: text == text.upper(),
    "LowerCase": lambda text: text == text.lower(),
    "Filename": file_name,
    "WildCardFilename": lambda text: file_name(text.replace("*", "_").replace("?", "_")),
    "RegPath": _registry_path,
    "Property": lambda text: _identifier(text.removeprefix("%")),
    "Cabinet": _cabinet,
    "FormattedSDDLText": lambda text: bool(text and SDDL.fullmatch(text)),
    "DefaultDir": folder_name,
}  # fmt: skip
