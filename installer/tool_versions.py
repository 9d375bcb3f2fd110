"""``.tool-versions`` of asdf and mise: a tool a line, its versions after it, the first installed one counts."""

from __future__ import annotations

import re

from rtinstall.installer.nvmrc import lines
from rtinstall.installer.version_file import refused
from rtinstall.runtime_bundle.versions import quoted

TOOLS = ("nodejs", "node")
LINE = re.compile(r"([ \t]*(?:nodejs|node)[ \t]+)([^#\r]*?)([ \t]*(?:#.*)?\r?)")
MOST = 16  # versions of one line


def parse(text: str) -> tuple[tuple[str, ...], int] | None:
    """Return the versions asked for, best first, and their line; None if the file is about other tools.

    Raises :class:`BadConfiguration` for versions that would have to be built, or are elsewhere.
    """
    found = [(number, words) for number, line in lines(text) if (words := line.split())[0] in TOOLS]
    if not found:
        return None
    number, (tool, *versions) = found[0]
    if len(found) > 1:
        raise refused(f"it names {tool} twice, in lines {number} and {found[1][0]}")
    if not 0 < len(versions) <= MOST:
        raise refused(f"line {number} names {len(versions)} versions")
    for version in versions:
        if version.startswith(("ref:", "path:", "prefix:", "sub-")):
            raise refused(
                f"line {number} asks for {quoted(version)}, which is built or kept by another tool",
                hint="name a released version there; rtinstall import takes over what is built",
            )
    return tuple(versions), number


def pinned(text: str, version: str) -> str:
    """Return ``text`` with ``version`` in the place of the versions of Node.js; all else stays."""
    rows = text.split("\n")
    for index, row in enumerate(rows):
        if match := LINE.fullmatch(row):
            rows[index] = f"{match[1]}{version}{match[3]}"
            return "\n".join(rows)
    end = "\r\n" if "\r\n" in text else "\n"
    between = end if text and not text.endswith("\n") else ""
    return f"{text}{between}nodejs {version}{end}"
