"""One word in the language of each shell: whatever is in it, the shell reads back the same text.

A NUL can be in no word of any shell; paths have none.
"""

from __future__ import annotations

import re
import shlex

_OTHER = re.compile(r"[^\x00-\x7f]+")


def posix(text: str) -> str:
    """Quote for sh, bash, zsh and ksh (POSIX, XCU 2.2.2)."""
    return shlex.quote(text)


def fish(text: str) -> str:
    """Quote for fish, where a backslash escapes a quote and itself, and nothing else."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell(text: str) -> str:
    """Quote for PowerShell, in ASCII: 5.1 reads a file without a mark in the encoding of its machine."""
    word = "'" + text.replace("'", "''") + "'"
    if word.isascii():
        return word
    return "(" + _OTHER.sub(lambda found: f"' + {_letters(found[0])} + '", word) + ")"


def _letters(text: str) -> str:
    """Return what makes ``text`` of numbers, in UTF-16 as .NET has it."""
    units = text.encode("utf-16-le", "surrogatepass")
    numbers = (int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2))
    return " + ".join(f"[char]{number}" for number in numbers)


def nushell(text: str) -> str:
    """Quote for Nushell, in double quotes with its escapes."""
    escapes = {"\\": "\\\\", '"': '\\"'}
    return '"' + "".join(
        escapes.get(letter) or (letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}")
        for letter in text
    ) + '"'  # fmt: skip


def cmd(text: str) -> str:
    """Write for a batch file, between the quotes of ``set "NAME=..."``: a percent sign is doubled.

    No path of Windows has a quote in it.
    """
    return text.replace("%", "%%")
