"""A strict reader of mtree(5), as far as ALPM-MTREE(5) uses it."""

from __future__ import annotations

import re

KEYWORDS = {"type", "uid", "gid", "mode", "time", "size", "md5digest", "sha256digest", "link"}


def read(text: bytes) -> dict[str, dict[str, str]]:
    """Return the keywords of each path, those of ``/set`` among them."""
    signature, *lines, last = text.decode("ascii").split("\n")
    assert signature == "#mtree"
    assert last == "", "the last line is not ended"
    defaults: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        name, *words = line.split(" ")
        keywords = dict(word.split("=", 1) for word in words)
        assert set(keywords) <= KEYWORDS, line
        assert len(keywords) == len(words), line
        if name == "/set":
            defaults |= keywords
            continue
        path = unescaped(name)
        assert path.startswith("./"), line
        assert path not in found, line
        found[path[2:]] = defaults | keywords
        if "link" in keywords:
            found[path[2:]]["link"] = unescaped(keywords["link"])
    return found


def unescaped(name: str) -> str:
    """Undo a backslash and three octal digits, which stand for one byte."""
    assert name.isprintable()
    data = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), name.encode())
    return data.decode()
