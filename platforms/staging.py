"""A folder that one run at a time writes into: its lock, its stage, and what may go wrong with its disk.

Unfinished work lies in ``.stage-...`` on the folder's own disk, so that one rename gives it its name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rtinstall.runtime_bundle.errors import NoSpace
from rtinstall.runtime_bundle.locks import try_lock

STAGE = ".stage-"
LOCK = ".lock"


@contextmanager
def writable(root: Path, *, hint: str = "") -> Iterator[None]:
    """Turn what the disk of ``root`` refuses into :class:`NoSpace`, with ``hint`` in place of its own."""
    try:
        yield
    except OSError as error:
        raise NoSpace(f"cannot write into {root}: {error.strerror}", hint=hint) from error


@contextmanager
def held(root: Path, *, hint: str = "wait for it to end, or name another folder") -> Iterator[None]:
    """Hold the folder for one run, and remove what runs that were killed have left.

    Raises :class:`NoSpace` with ``hint`` when another run holds it.
    """
    with writable(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / LOCK).open("ab")
    with lock:
        if not try_lock(lock.fileno()):
            raise NoSpace(f"another rtbuild is writing into {root}", hint=hint)
        sweep(root)
        yield


def sweep(root: Path) -> None:
    """Remove unfinished work that nobody will finish."""
    for left in root.glob(f"{STAGE}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def stage(root: Path) -> Iterator[Path]:
    """Give a folder on the disk of ``root`` for unfinished work; it is gone afterwards."""
    with writable(root):
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=STAGE, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """Put a file's bytes on the disk before its name: a power cut must not leave an empty file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
