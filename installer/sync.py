"""Bring a whole folder to the disk before it is given its name."""

from __future__ import annotations

import os
import sys

from rtinstall.installer.disk import Disk


def sync_tree(disk: Disk, path: str) -> None:
    """Return when everything in the folder ``path``, names and contents, is on the disk."""
    with disk.opened(path) as folder:
        if folder is None or _syncfs(folder):
            return
    os.sync()


def _syncfs(folder: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    call = getattr(libc, "syncfs", None)
    if call is None:
        return False
    if call(folder) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True
