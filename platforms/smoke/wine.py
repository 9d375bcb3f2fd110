"""Executables of Windows under Wine, where there is one: in a prefix of their own, gone afterwards.

Wine has long started node.exe, but runs its JavaScript only since version 9 or so: this asks it,
and what it cannot do is an obstacle, said in its own words. Nothing is installed or registered.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from rtinstall.platforms.smoke.host import Way

PATIENCE = 300  # seconds for a new prefix, or for the first word of a runtime
# Wine's own Windows is older than those Node.js runs on.
WINDOWS_10 = ("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f")


@contextmanager
def under_wine(way: Way, node: Path) -> Iterator[Way]:
    """Give ``way`` with an environment to run ``node`` in, or with the obstacle that was met."""
    with tempfile.TemporaryDirectory(prefix="smoke-wine-", ignore_cleanup_errors=True) as name:
        environment = _environment(Path(name).resolve(), node.parent)
        try:
            _ask(way, environment, *WINDOWS_10)
            said = _ask(way, environment, str(node), "--print", "process.version")
            yield replace(way, environment=environment, obstacle="" if said[:1] == "v" else said)
        finally:
            _ask(way, environment, "wineboot", "--kill")


def windows_path(path: Path) -> str:
    """Return how Windows calls ``path``: Wine shows it the whole file system as the drive Z."""
    return str(PureWindowsPath("Z:", path))


def _environment(place: Path, commands: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(place),
        "XDG_RUNTIME_DIR": str(place),
        "WINEPREFIX": str(place / "prefix"),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",  # do not ask whether to fetch Mono and Gecko
        "WINEPATH": windows_path(commands),
        "LANG": "C.UTF-8",
    }


def _ask(way: Way, environment: Mapping[str, str], *words: str) -> str:
    """Run one command in the prefix; return what it printed first, or how it failed."""
    # A file, for libuv cannot open the pipes that Wine passes on from this side.
    with tempfile.TemporaryFile() as out:
        try:
            ended = subprocess.run(
                [*way.wrapper, *words], env=environment, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{way.wrapper[0]} cannot run it: {error}"
        out.seek(0)
        lines = out.read(4096).decode("utf-8", "replace").splitlines()
    if ended.returncode == 0 and lines:
        return lines[0].strip()
    return f"{way.wrapper[0]} starts it, but its JavaScript ends with exit code {ended.returncode}"
