"""Plain text as RTF, for the licence page: the one control that shows a long text shows only RTF.

Licences are written for a terminal, with a line break every seventy-odd characters. The page is
narrower and its font is not monospaced, so lines that only continue a paragraph are joined again,
and what is indented stays indented. The result is ASCII (Rich Text Format Specification 1.9.1).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

# Characters, and so bytes. A string of the database of 64 KiB and more needs a form of its own
# that readers disagree about.
LIMIT = 0xFFFF

# Said at the end of a text that was cut.
REST = "The text goes on. All of it is in the file LICENSE, which is installed together with the program."

START = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Segoe UI;}}\uc1\f0\fs18\ri80" "\n"
END = "}"

MARGIN, INDENT = 80, 110  # at the left, and a column more, in twentieths of a point
WHOLE = 50  # a line this long was broken for want of room; a shorter one ends where it should
LONGEST = 4000  # a paragraph; a text without any line break is cut as well
# What begins a paragraph of its own: an item of a list, or a rule such as """ or ====.
BEGINS = re.compile(r"(?:[-*+•]|\(?[0-9]{1,3}[.)]|\(?[A-Za-z][.)])\s+|\W*$")


class _Paragraph(NamedTuple):
    indent: int
    text: str


def rtf(text: str, limit: int = LIMIT) -> str:
    """Return ``text`` as RTF of at most ``limit`` characters, all of them ASCII.

    A longer text ends after a whole paragraph, with a sentence that says where the rest is.
    """
    closing = _encode(_Paragraph(0, REST))
    room = limit - len(START) - len(END)
    written: list[str] = []
    used = 0
    kept = 0  # how many of them leave room for the closing sentence
    for paragraph in _paragraphs(text):
        encoded = _encode(paragraph)
        used += len(encoded)
        if used > room:
            return START + "".join(written[:kept]) + closing + END
        written.append(encoded)
        if used + len(closing) <= room:
            kept = len(written)
    return START + "".join(written) + END


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """Yield the paragraphs, and an empty one for each gap between them."""
    indent = hanging = 0  # where the paragraph began, and where an item's words do
    words = ""
    goes_on = gap = False
    for line in _lines(text):
        stripped = line.lstrip()
        column = len(line) - len(stripped)
        item = BEGINS.match(stripped)
        if stripped and goes_on and not item and column in (indent, hanging):
            words += " " + stripped
        else:
            yield from _pieces(indent, words)
            if stripped and gap:
                yield _Paragraph(0, "")
            gap = not stripped
            indent, words = column, stripped
            hanging = column + (item.end() if item else 0)
        goes_on = len(line) >= WHOLE
    yield from _pieces(indent, words)


def _lines(text: str) -> Iterator[str]:
    text = text.removeprefix("\ufeff").strip()
    for line in re.split(r"\r\n|\r|\n|\f", text):
        yield line.expandtabs().rstrip()


def _pieces(indent: int, words: str) -> Iterator[_Paragraph]:
    while len(words) > LONGEST:
        cut = words.rfind(" ", 1, LONGEST) + 1 or LONGEST
        yield _Paragraph(indent, words[:cut].rstrip())
        words = words[cut:]
    if words:
        yield _Paragraph(indent, words)


def _encode(paragraph: _Paragraph) -> str:
    left = MARGIN + min(paragraph.indent, 20) * INDENT
    return rf"\li{left} " + "".join(map(_character, paragraph.text)) + "\\par\n"


def _character(char: str) -> str:
    if char in "\\{}":
        return "\\" + char
    # In brackets the installer looks for a property, were it ever to format this text.
    if char in "[]":
        return rf"\'{ord(char):02x}"
    if " " <= char <= "~":
        return char
    if char < " " or char == "\x7f":
        return ""
    units = char.encode("utf-16-le", "replace")
    return "".join(rf"\u{unit}?" for (unit,) in struct.iter_unpack("<h", units))
