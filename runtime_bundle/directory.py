"""Entries on a disk: write a tree into a new directory, read one back.

A tree is written under a temporary name beside its own and renamed once, so it is there whole or
not at all. The temporary directory is private to this user and written through its descriptor where
the system has that, files are made anew and never followed, links come last: nothing that another
program or the tree itself contains can lead a write elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits
from rtinstall.runtime_bundle.errors import NoSpace, NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import (
    CHUNK,
    Directory,
    Entry,
    File,
    Slice,
    Symlink,
    resolve_link,
)
from rtinstall.runtime_bundle.names import check_name, check_tree

LARGE = 1 << 20  # bytes; smaller files are hashed at once
ANEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
ANEW |= getattr(os, "O_BINARY", 0)
# Not blocking, in case the file became a FIFO since it was listed.
READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
READ |= getattr(os, "O_BINARY", 0)
FROM_DESCRIPTOR = {os.open, os.mkdir, os.symlink, os.chmod, os.utime} <= os.supports_dir_fd
LINKS_HAVE_TIMES = os.utime in os.supports_follow_symlinks


def write_tree(entries: Iterable[Entry], directory: Path, *, time: int | None = None) -> None:
    """Write ``entries`` into the new ``directory``, with their modes and, if given, one time for all.

    ``time`` in seconds since 1970. Raises :class:`NoSpace` where it cannot be written or is already
    there, :class:`UnsafeArchive` for entries that are no tree; nothing is left behind then.
    """
    checked = check_tree(entries)
    stage = directory.with_name(f".{directory.name}.{secrets.token_hex(8)}")
    try:
        if os.path.lexists(directory):
            raise NoSpace(f"{directory} is already there", hint="remove it, or name another")
        stage.mkdir(0o700)
        try:
            _write(checked, stage, time)
            stage.rename(directory)
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
    except OSError as error:
        raise NoSpace(f"{directory} cannot be written: {error.strerror}") from None


def read_tree(
    directory: Path, limits: Limits = LIMITS, *, ignore: Callable[[str], bool] = lambda path: False
) -> tuple[Entry, ...]:
    """Return what is in ``directory``, hashed, modes made plain, links not followed.

    What ``ignore`` accepts is not looked at, nor what is below it.
    Raises :class:`NotReadable` where it cannot be read, :class:`UnsafeArchive` for what no Bundle
    holds: devices, sockets, links that lead out, names that are not UTF-8.
    """
    try:
        with ThreadPoolExecutor(2, "hash") as pool:
            found = list(_read(str(directory), "", limits, pool, ignore))
        entries = (item.result() if isinstance(item, Future) else item for item in found)
        return check_tree(entries, limits)
    except OSError as error:
        raise NotReadable(
            f"{error.filename or directory} cannot be read: {error.strerror}"
        ) from None


def _write(entries: tuple[Entry, ...], stage: Path, time: int | None) -> None:
    """Write directories and files, then links, then the modes and times that writing has changed."""
    root = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW) if FROM_DESCRIPTOR else None

    def place(path: str) -> str:
        return path if root is not None else str(stage / path)

    folders = {entry.path for entry in entries if isinstance(entry, Directory)}
    try:
        for entry in entries:
            if isinstance(entry, Directory):
                os.mkdir(place(entry.path), 0o700, dir_fd=root)
            elif isinstance(entry, File):
                with os.fdopen(os.open(place(entry.path), ANEW, 0o600, dir_fd=root), "wb") as out:
                    for chunk in entry.content.chunks():
                        out.write(chunk)
        for entry in entries:
            if isinstance(entry, Symlink):
                folder = resolve_link(entry.path, entry.target) in folders
                os.symlink(entry.target, place(entry.path), folder, dir_fd=root)
        for entry in (*reversed(entries), Directory(".")):
            if not isinstance(entry, Symlink):
                os.chmod(place(entry.path), entry.mode, dir_fd=root)
            if time is not None and (not isinstance(entry, Symlink) or LINKS_HAVE_TIMES):
                os.utime(
                    place(entry.path), (time, time), dir_fd=root,
                    follow_symlinks=not LINKS_HAVE_TIMES,
                )  # fmt: skip
    finally:
        if root is not None:
            os.close(root)


def _read(
    directory: str,
    above: str,
    limits: Limits,
    pool: ThreadPoolExecutor,
    ignore: Callable[[str], bool],
) -> Iterator[Entry | Future[File]]:
    """Yield what is in ``directory``; files that take long to hash as what will be a file."""
    with os.scandir(directory) as found:
        for item in found:
            path = above + item.name
            if ignore(path):
                continue
            check_name(path, limits)
            status = item.stat(follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                yield Symlink(path, os.readlink(item.path).replace(os.sep, "/"))  # noqa: PTH115
            elif stat.S_ISDIR(status.st_mode) and not _is_junction(status):
                yield Directory(path)
                yield from _read(item.path, f"{path}/", limits, pool, ignore)
            elif not stat.S_ISREG(status.st_mode):
                raise UnsafeArchive(f"{item.path} is no file, directory or symbolic link")
            elif status.st_size >= LARGE:
                yield pool.submit(_read_file, item.path, path)
            else:
                yield _read_file(item.path, path)


def _is_junction(status: os.stat_result) -> bool:
    """Tell a directory of Windows that is really another one (before Python 3.12 nothing does)."""
    return bool(getattr(status, "st_reparse_tag", 0))


def _read_file(file: str, path: str) -> File:
    state = hashlib.sha256()
    size = 0
    with os.fdopen(os.open(file, READ), "rb") as source:
        status = os.fstat(source.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeArchive(f"{file} was replaced while it was read")
        while chunk := source.read(CHUNK):
            state.update(chunk)
            size += len(chunk)
    mode = 0o755 if status.st_mode & 0o111 else 0o644
    return File(path, mode, Slice(Path(file), 0, size), state.hexdigest())
