"""A script run in a process whose surroundings are others: what it prints must not tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SURROUNDINGS = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}


def printed(script: str, *words: str, folder: Path, **environment: str) -> str:
    """Return the line that ``script`` prints, run in ``folder`` with what the tests can import."""
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True, check=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **SURROUNDINGS, **environment},
    ).stdout.strip()  # fmt: skip
