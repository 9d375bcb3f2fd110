"""Files that two versions have in common are stored once.

On file systems that can share the blocks of two files (Btrfs, XFS) every file that another installed
version has is such a clone: a change to one never shows in the other. Elsewhere it is a hard link,
but for the program itself, whose ``setcap`` would be the other's, too. npm never writes into its own
files, it exchanges folders; an editor that writes in place would change both versions, which ``doctor
--verify`` finds. ``--copy`` writes every file for itself.

A file of another version is used only if its content still is what is wanted: it is read and hashed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress

from rtinstall.installer.disk import ANEW, READ, Disk
from rtinstall.installer.installed import Installed, entries
from rtinstall.runtime_bundle.errors import NotReadable

FICLONE = 0x40049409  # ioctl_ficlone(2)
PROGRAMS = ("bin/node", "node.exe")
# What tells that it is of no use to try again here.
NEVER = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOTTY, errno.EXDEV, errno.ENOSYS, errno.EPERM)


class Twins:
    """The files of installed versions, by digest and mode."""

    def __init__(self, disk: Disk, versions: Iterable[Installed]) -> None:
        """Know the files of ``versions`` in the store of ``disk``."""
        self._disk = disk
        self._found: dict[tuple[str, int], str] = {}
        self._clones = sys.platform.startswith("linux") and disk.descriptor is not None
        self._links = True
        for version in versions:
            with suppress(NotReadable):
                for line in entries(version):
                    if line.kind == "file" and line.size:
                        place = f"versions/{version.name}/{line.path}"
                        self._found.setdefault((line.sha256, line.mode), place)

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._found)

    def share(self, sha256: str, mode: int, path: str, place: str, folder: int | None) -> bool:
        """Make ``place``, in the open ``folder``, the same as a file there is; False if it cannot be.

        ``path`` is where it will be in its version. Nothing is at ``place`` then.
        """
        known = self._found.get((sha256, mode))
        if known is None or not (self._clones or (self._links and path not in PROGRAMS)):
            return False
        try:
            source = os.open(self._disk.at(known), READ, dir_fd=self._disk.descriptor)
        except OSError:
            return False
        try:
            status = os.fstat(source)
            if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) != mode:
                return False
            if _digest(source) != sha256:
                return False
            if self._clones and self._clone(source, mode, place, folder):
                return True
            return path not in PROGRAMS and self._links and self._link(known, place, folder)
        finally:
            os.close(source)

    def _clone(self, source: int, mode: int, place: str, folder: int | None) -> bool:
        import fcntl

        descriptor = os.open(place, ANEW, mode, dir_fd=folder)
        try:
            os.fchmod(descriptor, mode)
            fcntl.ioctl(descriptor, FICLONE, source)
        except OSError as error:
            os.unlink(place, dir_fd=folder)
            if error.errno in (*NEVER, errno.EINVAL):
                self._clones = False
                return False
            raise
        finally:
            os.close(descriptor)
        return True

    def _link(self, known: str, place: str, folder: int | None) -> bool:
        here = self._disk.descriptor
        try:
            os.link(self._disk.at(known), place, src_dir_fd=here, dst_dir_fd=folder,
                    follow_symlinks=False)  # fmt: skip
        except OSError as error:
            if error.errno in NEVER:
                self._links = False
            elif error.errno != errno.EMLINK:
                raise
            return False
        return True


def _digest(descriptor: int) -> str:
    state = hashlib.sha256()
    while data := os.read(descriptor, 1 << 20):
        state.update(data)
    return state.hexdigest()
