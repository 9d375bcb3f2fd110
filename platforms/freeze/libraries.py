"""The terms of a shared library of this machine, as its package manager knows them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

UNKNOWN = "A library of the system that this was frozen on, or of its Python: its terms are not known there."
MOST = 1 << 20


def of_library(path: Path) -> str:
    """Return the licence of the library at ``path``."""
    for found in (*_of_dpkg(path.resolve()), *_of_rpm(path.resolve())):
        if found.is_file() and found.stat().st_size <= MOST:
            return found.read_text(encoding="utf-8", errors="replace")
    return UNKNOWN


def _of_dpkg(path: Path) -> list[Path]:
    """Return Debian's copyright file; of old, /lib was no link to /usr/lib."""
    for name in (str(path), str(path).removeprefix("/usr")):
        owner = _said("dpkg-query", "-S", name).partition(": ")[0].partition(",")[0]
        if owner:
            return [Path("/usr/share/doc", owner.partition(":")[0], "copyright")]
    return []


def _of_rpm(path: Path) -> list[Path]:
    said = _said("rpm", "-q", "--licensefiles", "-f", str(path))
    return [Path(line) for line in said.splitlines() if line.startswith("/")]


def _said(*words: str) -> str:
    if shutil.which(words[0]) is None:
        return ""
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return ended.stdout if ended.returncode == 0 else ""
