"""One lock on one open file, between processes, on every system; released when the file is closed."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rtinstall.runtime_bundle.errors import Busy

OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Take the lock, or return False where another process has it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return error.errno not in (errno.EACCES, errno.EDEADLK)
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock, or return False where another process has it.

        A file system that has no locks answers True: there is nothing to wait for.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
        return True


@contextmanager
def locked(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock file at ``path``, waiting ``wait`` seconds for another process to let go of it.

    The file is made if it is not there, and never removed: another process may be waiting on it.
    Raises :class:`Busy`.
    """
    deadline = time.monotonic() + wait
    descriptor = os.open(path, OPEN, 0o600)
    try:
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                raise Busy(f"another run has been changing {path.parent} for {wait:.0f} seconds")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
