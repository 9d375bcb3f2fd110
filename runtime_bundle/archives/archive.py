"""An opened archive: what it is, what it says of itself, and a way to read its entries."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.source import joined
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import Dependency
from rtinstall.runtime_bundle.targets import Os

Metadata = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Archive:
    """A package or archive on disk.

    ``metadata`` holds ``name``, ``version`` and ``architecture`` where the format has them, and every
    field under the format's own name; ``scripts`` names the maintainer scripts. ``problems`` are
    digests found wrong and files found missing: complete once :meth:`entries` is at its end.
    ``os``, ``os_release`` and ``dependencies`` are what a package says of the system it is for, as far
    as a Bundle keeps that (:class:`~rtinstall.runtime_bundle.model.Bundle`).
    """

    path: Path
    format: str
    metadata: Mapping[str, str | list[str]]
    scripts: tuple[str, ...]
    problems: list[str]
    members: Callable[[BinaryIO, list[str]], Iterator[Member]]
    os: Os | None = None
    os_release: str = ""
    dependencies: tuple[Dependency, ...] = ()

    def entries(self) -> Iterator[Member]:
        """Yield what the archive would install, each entry with its bytes, from the beginning."""
        self.problems.clear()
        with opened(self.path) as file:
            yield from self.members(file, self.problems)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading, or raise :class:`NotReadable`."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotReadable(f"{path} is no regular file")
        file = path.open("rb")
    except OSError as error:
        raise NotReadable(f"{path} cannot be read: {error.strerror}") from None
    with file:
        yield file


def leading(
    members: Iterator[Member], *, ours: Callable[[str], bool], limit: int
) -> dict[str, bytes]:
    """Return by name the metadata that a package begins with: members until one that is not ``ours``.

    Raises :class:`UnsafeArchive` for one of more than ``limit`` bytes, and for two of one name.
    """
    found: dict[str, bytes] = {}
    for entry, chunks in members:
        if not ours(entry.name):
            break
        if entry.name in found:
            raise UnsafeArchive(f"the package has two {entry.name}")
        found[entry.name] = joined(chunks, limit, entry.name)
    return found
