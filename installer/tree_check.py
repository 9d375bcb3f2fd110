"""Is what was installed still what its receipt says? Every file, or a quick look at sizes and kinds."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rtinstall.installer.disk import READ, WINDOWS, is_folder
from rtinstall.installer.installed import Installed, entries
from rtinstall.installer.receipt import Line
from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.model import CHUNK

WORKERS = min(4, os.cpu_count() or 1)


def check(installed: Installed) -> Iterator[str]:
    """Yield what is wrong with it, a line for each path: missing, another kind, mode or content.

    What is there beside what was installed is not looked at: it is the user's.
    """
    try:
        listed = list(entries(installed))
    except NotReadable as error:
        yield str(error)
        return
    with ThreadPoolExecutor(WORKERS, "check") as pool:
        found = pool.map(lambda line: _wrong(installed.folder, line), listed, chunksize=64)
        yield from filter(None, found)


def extra(installed: Installed) -> Iterator[str]:
    """Yield the paths in its folder that are not of what was installed, folders with a slash."""
    listed = {line.path for line in entries(installed)}
    yield from _extra(installed.folder, "", listed)


def _extra(folder: Path, above: str, listed: set[str]) -> Iterator[str]:
    for item in sorted(os.scandir(folder), key=lambda item: item.name):
        path = above + item.name
        inner = is_folder(item.stat(follow_symlinks=False))
        if path not in listed:
            yield f"{path}/" if inner else path
        elif inner:
            yield from _extra(folder / item.name, f"{path}/", listed)


def _wrong(folder: Path, line: Line) -> str:
    path = folder / line.path
    try:
        status = path.lstat()
        match line.kind:
            case "directory":
                return "" if is_folder(status) else f"{line.path} is no folder"
            case "symlink":
                if not stat.S_ISLNK(status.st_mode):
                    return f"{line.path} is no link"
                right = path.readlink().as_posix() == line.link
                return "" if right else f"{line.path} leads elsewhere"
            case "file":
                return _wrong_file(path, status, line)
    except FileNotFoundError:
        return f"{line.path} is missing"
    except OSError as error:
        return f"{line.path} cannot be read: {error.strerror}"


def _wrong_file(path: Path, status: os.stat_result, line: Line) -> str:
    if not stat.S_ISREG(status.st_mode):
        return f"{line.path} is no file"
    if status.st_size != line.size or digest_of(path) != line.sha256:
        return f"{line.path} was changed"
    if not WINDOWS and stat.S_IMODE(status.st_mode) != line.mode:
        return f"{line.path} has the mode {stat.S_IMODE(status.st_mode):04o}, not {line.mode:04o}"
    return ""


def digest_of(path: Path) -> str:
    """Return the SHA-256 of the file at ``path``, which is not followed if it is a link."""
    state = hashlib.sha256()
    with os.fdopen(os.open(path, READ), "rb", buffering=0) as file:
        while data := file.read(CHUNK):
            state.update(data)
    return state.hexdigest()
