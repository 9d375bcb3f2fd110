"""Where ``rtinstall`` begins: what is answered from a record needs nothing of the rest of the program.

``rtinstall current``, which prompts and scripts run all the time, is looked up here as a hook looks it
up: from the project's record, else from the link of the default version. That takes a few file system
calls, where importing the command line takes several times as long as starting Python. Whatever is not
written down, or not as it should be, is left to the command line, which says the same and says what is
wrong. A test holds both to the same answers, and another this module to what it imports.
"""

from __future__ import annotations

import os
import sys

from rtinstall.installer.version_file import NAMES

_PACKAGE = "package.json"
_LINES = 6


def main() -> None:
    """Run the command line of this process."""
    if sys.argv[1:] == ["current"] and (name := known()):
        print(name)
        return
    from rtinstall.installer.cli import main as whole

    whole()


def known() -> str:
    """Return the name of the version that is active here, or nothing where that is not written down."""
    if sys.platform == "win32" or os.environ.get("RTINSTALL_VERSION", "").strip():
        return ""
    try:
        home = _home()
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


def _home() -> str:
    if named := os.environ.get("RTINSTALL_HOME"):
        return os.path.abspath(os.path.expanduser(named))
    import platformdirs

    return os.path.abspath(platformdirs.user_data_dir("rtinstall", appauthor=False))


def _of_folder(home: str, folder: str) -> str:
    """Return the name in the record that decides, ``default`` if no folder has one that does."""
    weak = ""
    while True:
        foreign = "node_modules" in folder.split("/")
        there = [
            name
            for name in NAMES
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
