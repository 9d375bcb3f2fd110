"""How a file that names a version is read, whoever wrote it: bounded, regular, text and nothing else.

A folder may come from anyone, so a file there can do no more than be read. Decisions:

* No link is followed, except one to a version file of the same folder or of one above, which would be
  found anyway (``.node-version -> .nvmrc``). All else could show in a message what a file holds that
  only this user may read.
* A named pipe or a device is refused without being opened; a directory of such a name is passed over.
* UTF-16 with its mark is read, since ``echo 22 > .nvmrc`` writes it in Windows PowerShell.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rtinstall.runtime_bundle.errors import BadConfiguration

NAMES = (".nvmrc", ".node-version", ".tool-versions", "package.json")
LOCK = "rtinstall.lock"  # what rtinstall lock writes, and nobody by hand
LIMIT = 4 << 10  # bytes of a file that holds nothing but versions
PACKAGE_LIMIT = 1 << 20  # bytes of a package.json
FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)  # fmt: skip
MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))


def refused(why: str, *, hint: str = "mend the file or remove it") -> BadConfiguration:
    """Return the error that says ``why`` a version file, named by whoever reads it, is not used."""
    return BadConfiguration(why, hint=hint)


def read(path: Path, limit: int) -> str | None:
    """Return what ``path`` holds, or None if there is no such file.

    Raises :class:`BadConfiguration` for what is no regular file of text of at most ``limit`` bytes.
    """
    data = read_bytes(path, limit)
    return None if data is None else decoded(data)


def read_bytes(path: Path, limit: int) -> bytes | None:
    """Do the same, and leave it to the caller what the bytes mean."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            path = followed(path)
            mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            return None
        if not stat.S_ISREG(mode):
            raise refused("it is no regular file")
        descriptor = os.open(path, FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused(f"it cannot be read: {error.strerror}") from error
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  # a descriptor is no path
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise refused("it is no regular file")
            data = file.read(limit + 1) or b""
        except OSError as error:
            raise refused(f"it cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise refused(f"it holds more than {limit} bytes")
    return data


def followed(link: Path) -> Path:
    """Return where ``link`` leads, if that is a version file the way upwards finds too."""
    *steps, name = link.readlink().parts or ("",)
    if name not in NAMES or any(step != ".." for step in steps):
        raise refused(
            "it is a link to what is no version file of this or a folder above",
            hint="put the version itself into the file",
        )
    return link.parent.joinpath(*steps, name)


def encoding_of(data: bytes) -> tuple[bytes, str]:
    """Return the mark that ``data`` begins with, if any, and how what follows is to be read."""
    return next((row for row in MARKS if data.startswith(row[0])), (b"", "utf-8"))


def decoded(data: bytes) -> str:
    """Return ``data`` as text, without a mark at its start, or refuse it."""
    mark, encoding = encoding_of(data)
    try:
        text = data.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        raise refused("it is no text in UTF-8") from error
    if "\0" in text:
        raise refused("it is no text: it holds a zero byte")
    return text
