"""What every shell is told: where this user's ``rtinstall`` is, and which files ask for a version."""

from __future__ import annotations

from dataclasses import dataclass

from rtinstall.installer.version_file import LOCK, NAMES

VERSION_FILES = (*NAMES, LOCK)  # the shells only need to know which of them are there
PACKAGE = "package.json"
DEFAULT = "aliases/default"  # below home: the version for where nothing else is asked for
HOOK_FILE = "env"  # below home: env.sh, env.bash ..., what start files read


@dataclass(frozen=True, slots=True)
class Hook:
    """What is written into a shell's hook: absolute paths in the way of the shell's own system.

    ``program`` is ``rtinstall`` itself; ``commands`` what follows a version's folder on PATH:
    ``/bin``, or nothing on Windows.
    """

    home: str
    shared: str
    program: str
    commands: str = "/bin"
