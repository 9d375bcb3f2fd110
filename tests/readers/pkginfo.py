"""``.PKGINFO`` and ``.BUILDINFO``: lines of ``key = value``; a key may come again."""

from __future__ import annotations


def read(text: bytes) -> dict[str, list[str]]:
    """Return the values of each key, in order."""
    lines = text.decode("ascii").split("\n")
    assert lines.pop() == "", "the last line is not ended"
    found: dict[str, list[str]] = {}
    for line in lines:
        key, equals, value = line.partition(" = ")
        assert key.isidentifier(), line
        assert equals, line
        assert value == value.strip() != "", line
        found.setdefault(key, []).append(value)
    return found
