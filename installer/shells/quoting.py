"""One word in the language of each shell: whatever is in it, the shell reads back the same text.

A NUL can be in no word of any shell; paths have none.
"""

from __future__ import annotations

import shlex

# PowerShell takes these for the quote that ends a string, as well as the straight one.
_QUOTES = "'\u2018\u2019\u201a\u201b"


def posix(text: str) -> str:
    """Quote for sh, bash, zsh and ksh (POSIX, XCU 2.2.2)."""
    return shlex.quote(text)


def fish(text: str) -> str:
    """Quote for fish, where a backslash escapes a quote and itself, and nothing else."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell(text: str) -> str:
    """Quote for PowerShell: every kind of single quote is doubled."""
    return "'" + "".join(letter * 2 if letter in _QUOTES else letter for letter in text) + "'"


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
