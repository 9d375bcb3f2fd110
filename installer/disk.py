"""The folder HOME, opened: every change of the store is one of these calls.

Paths are relative to HOME, with ``/``. They are taken from its descriptor where the system has that
(elsewhere from its path), so that HOME cannot be exchanged for another folder on the way; nothing
here follows a link. HOME must be this user's own, and nobody else may write in it: whoever could
would decide what its user runs.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from rtinstall.runtime_bundle.errors import BadConfiguration, NoSpace

T = TypeVar("T")
WINDOWS = sys.platform == "win32"
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
BINARY = getattr(os, "O_BINARY", 0)
CLOSED = getattr(os, "O_CLOEXEC", 0)
ANEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | BINARY | CLOSED
READ = os.O_RDONLY | NOFOLLOW | BINARY | CLOSED | getattr(os, "O_NONBLOCK", 0)
FOLDER = os.O_RDONLY | NOFOLLOW | CLOSED | getattr(os, "O_DIRECTORY", 0)
FROM_DESCRIPTOR = {os.open, os.mkdir, os.symlink, os.rename, os.unlink} <= os.supports_dir_fd
# What scanners and indexers of Windows hold open for a moment is tried again: about 5 s in all.
PATIENCE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 1.6)


class Disk:
    """HOME, opened; made if it was not there."""

    def __init__(self, home: Path) -> None:
        """Open ``home``, which may be a link, and check whose it is.

        Raises :class:`BadConfiguration` for a folder that is not only ours, :class:`NoSpace` where it
        cannot be made or opened.
        """
        self.home = home
        try:
            if not home.is_dir():
                home.mkdir(0o755, parents=True, exist_ok=True)
                if not WINDOWS:
                    home.chmod(0o755)  # whatever the umask; a home that others write in is refused
            self.descriptor = os.open(home, FOLDER & ~NOFOLLOW) if FROM_DESCRIPTOR else None
        except OSError as error:
            raise NoSpace(f"{home} cannot be used: {error.strerror}", hint=ELSEWHERE) from None
        try:
            self._check_owner()
        except BaseException:
            self.close()
            raise

    def _check_owner(self) -> None:
        if self.descriptor is None:
            return
        status = os.fstat(self.descriptor)
        if status.st_uid != os.geteuid():
            raise BadConfiguration(
                f"{self.home} belongs to another user",
                hint="run this as that user, without sudo, or name a folder of your own in RTINSTALL_HOME",
            )
        if status.st_mode & 0o022:
            raise BadConfiguration(
                f"{self.home} can be written by others, who would decide what you run",
                hint=f"chmod go-w '{self.home}'",
            )

    def close(self) -> None:
        """Close it."""
        if self.descriptor is not None:
            os.close(self.descriptor)

    def at(self, path: str) -> str:
        """Return what stands for ``path`` in a call that is given the descriptor."""
        return path if self.descriptor is not None else os.path.join(self.home, *path.split("/"))  # noqa: PTH118

    # Looking.

    def status(self, path: str) -> os.stat_result | None:
        """Return what is at ``path``, links not followed; None if nothing is."""
        try:
            return os.lstat(self.at(path), dir_fd=self.descriptor)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, path: str) -> list[str]:
        """Return the sorted names in the folder ``path``; none if it is not there."""
        try:
            with self.opened(path) as folder:
                return sorted(_names(self.at(path) if folder is None else folder))
        except FileNotFoundError:
            return []

    def read(self, path: str, most: int) -> bytes:
        """Return a regular file of at most ``most`` bytes; anything else is an :class:`OSError`."""
        with os.fdopen(os.open(self.at(path), READ, dir_fd=self.descriptor), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "is no regular file", path)
            data = file.read(most + 1)
        if len(data) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return data

    @contextmanager
    def opened(self, path: str) -> Iterator[int | None]:
        """Open the folder ``path`` for calls relative to it; None where these do not exist."""
        if self.descriptor is None:
            yield None
            return
        folder = os.open(path, FOLDER, dir_fd=self.descriptor)
        try:
            yield folder
        finally:
            os.close(folder)

    # Changing.

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """Make the folder ``path`` if it is not there; a link or a file in its place is an error."""
        with suppress(FileExistsError):
            os.mkdir(self.at(path), mode, dir_fd=self.descriptor)
        status = self.status(path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            raise OSError(errno.ENOTDIR, "is no folder", str(self.home / path))

    def write(self, path: str, data: bytes) -> None:
        """Write a new file, down to the disk."""
        descriptor = os.open(self.at(path), ANEW, 0o644, dir_fd=self.descriptor)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, path: str, data: bytes, *, stage: str = "stage") -> None:
        """Put a file there, or another in its place, so that a reader finds all of one of them."""
        staged = f"{stage}/{secrets.token_hex(8)}"
        try:
            self.write(staged, data)
            self.rename(staged, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(self.at(staged), dir_fd=self.descriptor)
            raise
        self.sync(path.rpartition("/")[0])

    def rename(self, old: str, new: str) -> None:
        """Rename within HOME; a file or a link that was at ``new`` is replaced."""
        here = self.descriptor
        _patiently(lambda: os.replace(self.at(old), self.at(new), src_dir_fd=here, dst_dir_fd=here))

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link to a folder; on Windows a junction, which everybody may make."""
        if WINDOWS:
            import _winapi

            goal = os.path.normpath(self.home / path.rpartition("/")[0] / target)
            _winapi.CreateJunction(goal, self.at(path))  # type: ignore[attr-defined,unused-ignore]
        else:
            os.symlink(target, self.at(path), dir_fd=self.descriptor)

    def unlink(self, path: str) -> None:
        """Remove a file or a link; it may be gone already."""
        status = self.status(path)
        if status is not None:
            _patiently(lambda: _unlink(self.at(path), self.descriptor, status))

    def sync(self, path: str) -> None:
        """Bring the names in the folder ``path`` to the disk, where a folder can be."""
        with self.opened(path) as folder:
            if folder is not None:
                with suppress_unsupported():
                    os.fsync(folder)

    def remove(self, path: str, keep: Callable[[str], bool] = lambda path: False) -> bool:
        """Remove what is at ``path`` and below, links not followed; say whether all is gone.

        ``keep`` is asked about each path below it, relative to it, but for folders, which go when
        nothing is left in them.
        """
        parent, _, name = path.rpartition("/")
        status = self.status(path)
        if status is None:
            return True
        with self.opened(parent or ".") as folder:
            above = self.home / parent
            return _remove(folder, above, name, status, "", keep)


def _remove(
    folder: int | None,
    above: Path,
    name: str,
    status: os.stat_result,
    path: str,
    keep: Callable[[str], bool],
) -> bool:
    """Remove ``name`` in the open ``folder`` (at ``above``), which is ``path`` to whoever decides."""
    place = name if folder is not None else str(above / name)
    if not is_folder(status):
        if path and keep(path):
            return False
        _patiently(lambda: _unlink(place, folder, status))
        return True
    inner: int | None = None
    if folder is not None:
        inner = _open_folder(place, folder)
    gone = True
    try:
        for child in _names(place if inner is None else inner):
            below = f"{path}/{child}" if path else child
            there = os.lstat(child if inner is not None else above / name / child, dir_fd=inner)
            gone = _remove(inner, above / name, child, there, below, keep) and gone
    finally:
        if inner is not None:
            os.close(inner)
    if gone:
        _patiently(lambda: os.rmdir(place, dir_fd=folder))
        return True
    return False


def _names(folder: str | int) -> list[str]:
    return os.listdir(folder)  # noqa: PTH208  # of a descriptor


def _unlink(place: str, folder: int | None, status: os.stat_result) -> None:
    if WINDOWS:
        if stat.S_ISDIR(status.st_mode):  # a junction, which goes without what it leads to
            os.rmdir(place)  # noqa: PTH106
            return
        if not stat.S_ISLNK(status.st_mode):
            os.chmod(place, stat.S_IWRITE, dir_fd=folder)
    os.unlink(place, dir_fd=folder)


def _open_folder(place: str, folder: int) -> int:
    """Open a folder to empty it; one that its owner may not read or write is made so first."""
    try:
        inner = os.open(place, FOLDER, dir_fd=folder)
        if os.fstat(inner).st_mode & 0o700 != 0o700:
            os.fchmod(inner, 0o700)
        return inner
    except PermissionError:
        os.chmod(place, 0o700, dir_fd=folder)
        return os.open(place, FOLDER, dir_fd=folder)


def is_folder(status: os.stat_result) -> bool:
    """Say whether it is a folder, and no link or junction to one."""
    return stat.S_ISDIR(status.st_mode) and not getattr(status, "st_reparse_tag", 0)


def _patiently(call: Callable[[], T]) -> T:
    """Call, and on Windows again while another program has the file open."""
    for pause in PATIENCE if WINDOWS else ():
        try:
            return call()
        except PermissionError:
            time.sleep(pause)
    return call()


@contextmanager
def suppress_unsupported() -> Iterator[None]:
    """Ignore that a file system cannot sync a folder."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise


ELSEWHERE = "free some room, or name another folder in RTINSTALL_HOME"
