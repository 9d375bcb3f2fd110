"""8.3 names for the FileName and DefaultDir columns (SDK, "Filename", "DefaultDir").

A name that is no valid 8.3 name itself stands there as ``SHORT|long name``. Windows uses the short
one only where a volume or an administrator asks for it, but it has to be there and to be unique.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

# The SDK forbids + , ; = [ ] and blanks in short names; the rest we leave out of those we make.
SHORT = re.compile(r"[A-Za-z0-9_~!#$%&'()@^`{}-]{1,8}(\.[A-Za-z0-9_~!#$%&'()@^`{}-]{1,3})?")
OTHER = re.compile(r"[^A-Z0-9_]")
# The columns take 255 characters: a short name, the bar, and the rest.
LONGEST = 255 - len("12345678.123|")


def columns(names: Collection[str]) -> Mapping[str, str]:
    """Return for each name of one folder what stands in its column.

    Names are numbered in bytewise order, and compared as Windows does, without regard to case.
    """
    taken = {name.upper() for name in names if SHORT.fullmatch(name)}
    numbers: dict[tuple[str, str], int] = {}
    found: dict[str, str] = {}
    for name in sorted(names, key=str.encode):
        if SHORT.fullmatch(name):
            found[name] = name
            continue
        stem, suffix = _cleaned(name)
        number = numbers.get((stem[:7], suffix), 0) + 1
        while (short := _numbered(stem, suffix, number)) in taken:
            number += 1
        numbers[stem[:7], suffix] = number
        taken.add(short)
        found[name] = f"{short}|{name}"
    return found


def _cleaned(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.upper().rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    return OTHER.sub("", stem), OTHER.sub("", suffix)[:3]


def _numbered(stem: str, suffix: str, number: int) -> str:
    tail = f"~{number}"
    return stem[: 8 - len(tail)] + tail + (f".{suffix}" if suffix else "")
