"""The value that flows: a Bundle is one runtime for one target, as a sorted, checked list of entries.

Paths are relative, with ``/``, in the layout of the nodejs.org archives without their top folder
(``bin/node``, ``lib/node_modules/npm/...``). The bytes of a file stay where they are, as a
``Content``; nothing here reads or writes a disk but the two ``Content`` classes.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """Content that is small and was made here."""

    data: bytes

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        if self.data:
            yield self.data


@dataclass(frozen=True, slots=True)
class Slice:
    """Content that is ``size`` bytes from ``offset`` of a file on disk."""

    path: Path
    offset: int
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most ``CHUNK``; a file cut short is an :class:`UnsafeArchive`."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.offset)
            left = self.size
            while left:
                data = file.read(min(CHUNK, left))
                if not data:
                    raise UnsafeArchive(f"{self.path} was cut short while it was read")
                left -= len(data)
                yield data


Content = Blob | Slice


def digest(content: Content, algorithm: str) -> str:
    """Return the lower-case hexadecimal digest of ``content``; ``algorithm`` as in :mod:`hashlib`."""
    state = hashlib.new(algorithm, usedforsecurity=False)
    for chunk in content.chunks():
        state.update(chunk)
    return state.hexdigest()


@dataclass(frozen=True, slots=True)
class File:
    """A regular file; ``mode`` is 0o644 or 0o755, ``sha256`` hexadecimal."""

    path: str
    mode: int
    content: Content
    sha256: str

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return self.content.size

    @classmethod
    def of(cls, path: str, data: bytes, mode: int = 0o644) -> File:
        """Make a file of ``data``."""
        return cls(path, mode, Blob(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory, always 0o755."""

    path: str
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link; ``target`` as it is stored, relative to the link."""

    path: str
    target: str
    mode: int = 0o777


Entry = File | Directory | Symlink


# Control characters, backslashes, and parts that are empty, "." or "..".
UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|(?:\A|/)\.{0,2}(?:/|\Z)")


def check_path(path: str) -> None:
    """Raise :class:`UnsafeArchive` unless ``path`` is relative, normal and plain."""
    if UNSAFE.search(path):
        raise UnsafeArchive(f"unsafe path in an archive: {path!r}")


def resolve_link(path: str, target: str) -> str:
    """Return where the link ``path`` points, as a path in the tree; ``""`` is the root.

    Raises :class:`UnsafeArchive` for an absolute target or one that leaves the tree.
    """
    if target.startswith("/") or not target or "\\" in target or "\0" in target:
        raise UnsafeArchive(f"link {path!r} points outside: {target!r}")
    where = path.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            if not where:
                raise UnsafeArchive(f"link {path!r} points outside: {target!r}")
            where.pop()
        elif part not in ("", "."):
            where.append(part)
    return "/".join(where)


def tree(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sort ``entries`` bytewise by path, parents added and first, and refuse what no file system keeps.

    Refused with :class:`UnsafeArchive`: unsafe paths, duplicates, names that differ only in case or
    Unicode form, entries below a file or a link, links that leave the tree.
    """
    found: dict[str, Entry] = {}
    folded: dict[str, str] = {}
    for entry in entries:
        check_path(entry.path)
        if entry.path in found and not (
            isinstance(entry, Directory) and isinstance(found[entry.path], Directory)
        ):
            raise UnsafeArchive(f"{entry.path!r} is in the archive twice")
        if isinstance(entry, Symlink):
            resolve_link(entry.path, entry.target)
        found[entry.path] = entry
    for path in list(found):
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found[parent] = Directory(parent)
            parent = parent.rpartition("/")[0]
        if parent and not isinstance(found[parent], Directory):
            raise UnsafeArchive(f"{path!r} lies below {parent!r}, which is no directory")
    for path in found:
        key = path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        if key in folded:
            raise UnsafeArchive(f"{path!r} and {folded[key]!r} differ only in case or form")
        folded[key] = path
    return tuple(found[path] for path in sorted(found, key=str.encode))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a part of a Bundle came from, and how that was checked.

    ``what`` is ``runtime`` or ``npm``; ``digest`` as ``sha256:<hex>`` or ``sha512-<base64>`` (the
    form its source published); ``checked`` says by what: a fingerprint, an index, or ``nothing``.
    """

    what: Literal["runtime", "npm"]
    source: str
    location: str
    digest: str
    checked: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a runtime needs of the system it was built for, in the words of that system's packages.

    ``kind`` is ``package``, or ``library`` for a shared library of FreeBSD (``libuv.so.1``), or
    ``capability`` for anything that an rpm provides (``lib:/QOpenSys/...(shr_64.o)(ppc64)``).
    ``version`` is, on FreeBSD, the one known when the package was made, in an rpm a comparison such as
    ``>= 1.2-3``; empty for any. ``origin`` is the port of a FreeBSD package (``devel/libuv``).
    """

    kind: Literal["package", "library", "capability"]
    name: str
    version: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A runtime and its package manager for one target.

    ``released`` in seconds since 1970 (UTC) is the time written into everything built from it.
    ``components`` maps ``v8``, ``uv``, ``openssl``, ``modules`` ... to versions, as far as known.
    ``glibc`` is the highest ``GLIBC_x.y`` the executable needs, None where it needs none.
    ``os_release`` is the release of FreeBSD (``14``) or IBM i (``7.3``) it was built for, empty where
    that is unknown or another system; ``dependencies`` is what it needs there.
    """

    version: Version
    target: Target
    npm: str
    released: int
    entries: tuple[Entry, ...]
    provenance: tuple[Provenance, ...]
    components: Mapping[str, str] = field(default_factory=dict)
    lts: str = ""
    glibc: tuple[int, int] | None = None
    os_release: str = ""
    dependencies: tuple[Dependency, ...] = ()

    def __post_init__(self) -> None:
        """Sort and check the entries."""
        object.__setattr__(self, "entries", tree(self.entries))

    @property
    def size(self) -> int:
        """Return the bytes of all files together."""
        return sum(entry.size for entry in self.entries if isinstance(entry, File))

    def file(self, path: str) -> File:
        """Return the regular file at ``path``, or raise :class:`UnsafeArchive`."""
        for entry in self.entries:
            if entry.path == path and isinstance(entry, File):
                return entry
        raise UnsafeArchive(f"there is no file {path!r} in this runtime")
