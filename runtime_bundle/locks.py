"""One lock on one file, between processes, on every system and on network file systems.

Three ways, each where the one before it is not to be had: ``flock`` (``msvcrt.locking`` on Windows),
``fcntl`` locks, which older NFS servers have instead, and a lease: a file that is only there while the
lock is held, and names its holder. A lock on an open file ends with its process, whatever happens.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from rtinstall.runtime_bundle.errors import BadConfiguration, Busy, NoSpace

OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
PAUSE = 0.02
SETTLE = 0.2  # seconds for two that take over the same lease to see each other
Answer = Literal["ours", "taken", "impossible"]

if sys.platform == "win32":
    import msvcrt

    FAR = 1 << 30  # behind the end, so that whoever only reads the file can

    def _ask(descriptor: int) -> Answer:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return "taken" if error.errno in TAKEN else "impossible"
        return "ours"

else:
    import fcntl

    def _ask(descriptor: int) -> Answer:
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in TAKEN:
                    return "taken"
            else:
                return "ours"
        return "impossible"


def try_lock(descriptor: int) -> bool:
    """Take the lock on an open file, or return False where another process has it.

    A file system that has no locks answers True: there is nothing to wait for.
    """
    return _ask(descriptor) != "taken"


@contextmanager
def locked(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock file at ``path``, waiting ``wait`` seconds for another process to let go of it.

    The file is made if it is not there, and never removed: another process may be waiting on it. It
    says who held it last. Raises :class:`Busy`, :class:`BadConfiguration` for a file that is not
    this user's, :class:`NoSpace` where it cannot be made.
    """
    deadline = time.monotonic() + wait
    try:
        descriptor = os.open(path, OPEN, 0o600)
    except OSError as error:
        raise NoSpace(f"{path} cannot be opened: {error.strerror}") from None
    lease, text = path.with_name(f"{path.name}.lease"), ""
    try:
        _check_owner(descriptor, path)
        while (answer := _ask(descriptor)) == "taken":
            _pause(deadline, path, wait)
        if answer == "impossible":
            text = _lease(lease, path, deadline, wait)
        with suppress(OSError):  # only for people
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f"{os.getpid()} {_host()}\n".encode().ljust(64))
        yield
    finally:
        if text and _text(lease) == text:
            lease.unlink(missing_ok=True)
        os.close(descriptor)


def _check_owner(descriptor: int, path: Path) -> None:
    status = os.fstat(descriptor)
    owned = sys.platform == "win32" or status.st_uid == os.geteuid()
    if not stat.S_ISREG(status.st_mode) or not owned:
        raise BadConfiguration(
            f"{path} is no file of yours", hint="look who made it, and remove it"
        )


def _pause(deadline: float, path: Path, wait: float) -> None:
    if time.monotonic() >= deadline:
        holder = _text(path).split()
        who = f" (process {holder[0]} on {holder[1]})" if len(holder) > 1 else ""
        raise Busy(f"another run{who} has held {path} for {wait:.0f} seconds")
    time.sleep(PAUSE)


# The lease, for file systems that have no locks at all.


def _lease(lease: Path, path: Path, deadline: float, wait: float) -> str:
    """Make the lease, or take over one whose holder is gone; return what it says.

    A holder on another machine cannot be asked: it is waited for.
    """
    mine = f"{os.getpid()} {_host()} {_boot()} {secrets.token_hex(8)}\n"
    while True:
        try:
            descriptor = os.open(lease, OPEN | os.O_EXCL, 0o600)
        except FileExistsError:
            if _is_abandoned(_text(lease)):
                staged = lease.with_name(f"{lease.name}.{secrets.token_hex(8)}")
                staged.write_text(mine)
                staged.replace(lease)
                time.sleep(SETTLE)
                if _text(lease) == mine:
                    return mine
            _pause(deadline, lease, wait)
        else:
            with os.fdopen(descriptor, "w") as file:
                file.write(mine)
            return mine


def _is_abandoned(text: str) -> bool:
    """Say whether the process that wrote a lease is known to be gone."""
    words = text.split()
    if len(words) != 4 or not words[0].isdigit() or words[1] != _host():
        return False
    return words[2] != _boot() or not _is_running(int(words[0]))


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return True  # os.kill would end it; Windows has locks everywhere
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:500].decode("ascii", "replace").replace("\0", "")
    except OSError:
        return ""


def _host() -> str:
    import platform

    return platform.node().replace(" ", "-") or "-"


def _boot() -> str:
    """Return what tells one start of this machine from the next, where the system says it."""
    return _text(Path("/proc/sys/kernel/random/boot_id")).strip() or "-"
