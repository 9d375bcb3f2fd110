"""Which version is active, as the records say: looked up as a hook does it, with a few file system calls.

Nothing of this is an error: whatever is not written down, or not as it should be, is left to whoever
reads the version files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from rtinstall.installer.places import find_home
from rtinstall.installer.version_file import LOCK, NAMES

_PACKAGE = "package.json"
_LINES = 6


def known(environment: Mapping[str, str]) -> str:
    """Return the name of the version that is active here, or nothing where that is not written down."""
    if sys.platform == "win32" or environment.get("RTINSTALL_VERSION", "").strip():
        return ""
    try:
        home = str(find_home(environment))
        name = _of_folder(home, os.getcwd())
        if name == "default":
            name = os.path.basename(os.readlink(f"{home}/aliases/default"))
        receipt = f"{home}/receipts/{name}.json"
        there = (
            name.startswith("v")
            and os.path.isfile(receipt)
            and os.path.isdir(f"{home}/versions/{name}")
        )
    except (OSError, ValueError):
        return ""
    return name if there else ""


def _of_folder(home: str, folder: str) -> str:
    """Return the name in the record that decides, ``default`` if no folder has one that does."""
    weak = ""
    while True:
        foreign = "node_modules" in folder.split("/")
        there = [
            name
            for name in (*NAMES, LOCK)
            if not (foreign and name == _PACKAGE) and os.path.isfile(f"{folder}/{name}")
        ]
        if there:
            name = _recorded(home, folder.rstrip("/"), there)
            if name.startswith("?"):
                weak = weak or name[1:]
            elif name != "-":
                return name
        if folder in ("/", ""):
            return weak or "default"
        folder = os.path.dirname(folder)


def _recorded(home: str, folder: str, there: list[str]) -> str:
    """Return the second line of a folder's record, or nothing if it is older than what it is about."""
    record = f"{home}/projects{folder}/.version"
    with open(record, "rb") as stream:
        lines = stream.read().decode("utf-8", "surrogateescape").split("\n")
        made = os.fstat(stream.fileno()).st_mtime_ns
    if len(lines) <= _LINES or lines[4] != "".join(f" {name}" for name in there):
        return ""
    files = [f"{folder}/{name}" for name in there]
    if os.path.isfile(lines[3]):
        files.append(lines[3])
    if any(os.stat(file).st_mtime_ns >= made for file in files):
        return ""
    return lines[1]
