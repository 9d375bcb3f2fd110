"""Removing what is ours below our home, name by name: a home may be a folder that has other things.

Links are removed and never followed. The lock is held meanwhile, and goes last.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from rtinstall.installer.hook import hook_file
from rtinstall.installer.places import Places
from rtinstall.installer.shells import SHELLS
from rtinstall.installer.store import Store

FOLDERS = ("versions", "receipts", "aliases", "projects", "shims", "stage", "trash", "journal", "kept",
           "start-files")  # fmt: skip
FILES = ("seen.json",)


def ours(places: Places) -> tuple[Path, ...]:
    """Return what is ours below the home, but for the lock."""
    names = [places.home / name for name in (*FOLDERS, *FILES)]
    hooks = [hook_file(places, shell) for shell in SHELLS]
    return tuple(path for path in (*names, *hooks) if os.path.lexists(path))


def left(places: Places) -> tuple[str, ...]:
    """Return the names of what is still in the home."""
    try:
        return tuple(sorted(os.listdir(places.home)))  # noqa: PTH208
    except FileNotFoundError:
        return ()


def remove(store: Store) -> None:
    """Remove what is ours below the home, and the home if nothing else is there."""
    places = store.places
    if not places.home.is_dir():
        return
    with store.changing():
        # A version without its receipt is none: whatever stops this halfway, nothing looks installed.
        for path in sorted(ours(places), key=lambda path: path.name != "receipts"):
            _remove(path)
    places.lock.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        places.home.rmdir()


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, onerror=_again)


def _again(function: Callable[..., object], name: str, error: object) -> None:
    """Give back the right to write, which a version's own folders may lack, and try once more."""
    parent = Path(name).parent
    for place in (parent, Path(name)):
        if place.is_dir() and not place.is_symlink():
            place.chmod(stat.S_IMODE(place.stat().st_mode) | stat.S_IRWXU)
    if function is os.unlink or function is os.rmdir:
        function(name)
    elif Path(name).is_dir():
        shutil.rmtree(name)
