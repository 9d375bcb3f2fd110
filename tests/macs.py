"""Macs, played by a directory: a root, its receipts, and a pkgutil that answers from them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from oracles import tool

# Answers from files, as pkgutil(1) says it does from receipts. It knows no --only-files: the real one
# leaves links out of that.
PKGUTIL = """\
#!/bin/sh
receipts={receipts}
case $1 in
--pkg-info) exec test -d "$receipts/$2" ;;
--files) cd "$receipts/$2" && exec cat directories files ;;
--only-dirs) exec cat "$receipts/$3/directories" ;;
--forget) exec rm -r "$receipts/$2" ;;
esac
exit 64
"""


class Mac:
    """A root with a package in it, its receipts, and its uninstaller led to both."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a root"
        self.receipts = folder / "receipts"
        self.pkgutil = folder / "pkgutil"
        self.pkgutil.write_text(PKGUTIL.format(receipts=f"'{self.receipts}'"))
        self.pkgutil.chmod(0o755)

    def aim(self) -> None:
        """Lead the uninstaller in the root to both."""
        (self.script,) = self.root.rglob("uninstall-nodejs")
        text = self.script.read_text()
        for old, new in (
            ("root=''", f"root='{self.root}'"),
            ("pkgutil=/usr/sbin/pkgutil", f"pkgutil='{self.pkgutil}'"),
            ("$(/usr/bin/id -u)", "0"),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        self.script.write_text(text)

    def receipt(self, name: str, files: Iterable[str], directories: Iterable[str]) -> None:
        (self.receipts / name).mkdir(parents=True, exist_ok=True)
        for kind, paths in (("files", files), ("directories", directories)):
            text = "".join(f"{path}\n" for path in paths)
            (self.receipts / name / kind).write_text(text, encoding="utf-8")

    def files(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_symlink() or not path.is_dir()
        )

    def everything(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*")}

    def uninstall(
        self,
        *words: str,
        shell: str = "sh",
        answer: str = "",
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tool(shell), "-p", str(self.script), *words],
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root.parent,
            env={**os.environ, **(env or {})},
            timeout=60,
        )
