"""Make small Python scripts that stand in for pip and npm, and write down how they were called."""

from __future__ import annotations

import json
import sys
from pathlib import Path

RECORD = """\
import hashlib, json, os, pathlib, sys
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps({{"words": words, "folder": os.getcwd(), "settings": dict(os.environ)}}) + "\\n")
def after(flag):
    return words[words.index(flag) + 1]
"""


class Program:
    """A stand-in whose body is Python code with ``words``, ``after(flag)`` and ``folder``."""

    def __init__(self, folder: Path, name: str, body: str) -> None:
        self.log = folder / f"{name}.log"
        script = folder / f"{name}.py"
        head = RECORD.format(log=str(self.log))
        script.write_text(f"{head}folder = pathlib.Path({str(folder)!r})\n{body}", encoding="utf-8")
        self.command = (sys.executable, "-S", str(script))

    @property
    def calls(self) -> list[dict[str, object]]:
        """Return how it was called, each with words, folder and settings."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
