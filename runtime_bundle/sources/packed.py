"""A distribution folder that lies in one uncompressed tar: what ``rtinstall bundle`` writes.

Only where each file of it lies is kept in memory. Nothing of it is trusted: whoever reads a file of it
checks that, as if a server had sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rtinstall.runtime_bundle.archives import tar
from rtinstall.runtime_bundle.archives.archive import opened
from rtinstall.runtime_bundle.archives.limits import Limits, Meter
from rtinstall.runtime_bundle.archives.source import up_to
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import NotPublished, NotReadable, RtError, UnsafeArchive
from rtinstall.runtime_bundle.model import Slice, check_path
from rtinstall.runtime_bundle.partial import Partial

FIRST = "rtinstall.lock"  # the member that tells it from any other tar
LIMITS = Limits(members=10_000, expanded=1 << 40)
UNOFFICIAL = (
    "unofficial"  # the folder in which the unofficial builds are a distribution of their own
)


@dataclass(frozen=True, slots=True)
class Packed:
    """The files of the tar at ``path`` by name there."""

    path: Path
    files: Mapping[str, Slice]

    def document(self, name: str, limit: int) -> bytes:
        """Return a small file, or raise :class:`NotPublished`."""
        found = self._file(name)
        if found.size > limit:
            raise UnsafeArchive(f"{name} in {self.path} has more than {limit} bytes")
        return b"".join(found.chunks())

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return self._file(name).size

    def copy(self, name: str, to: Path, progress: Progress) -> None:
        """Write a file to ``to``."""
        found = self._file(name)
        progress.start(found.size)
        with Partial(to).writing(0, found.size) as file:
            for chunk in found.chunks():
                file.write(chunk)
                progress.advance(len(chunk))

    def below(self, folder: str) -> Packed:
        """Return what lies in ``folder``, as a distribution of its own."""
        start = f"{folder}/"
        files = {n.removeprefix(start): f for n, f in self.files.items() if n.startswith(start)}
        return Packed(self.path / folder, files)

    def _file(self, name: str) -> Slice:
        if name not in self.files:
            raise NotPublished(f"there is no {name} in {self.path}")
        return self.files[name]


def is_packed(path: Path) -> bool:
    """Say whether ``path`` is a tar that begins as ours do."""
    try:
        with opened(path) as file:
            block = up_to(file, tar.BLOCK)
    except RtError:
        return False
    return tar.looks_like_tar(block) and block.startswith(FIRST.encode() + b"\0")


def open_packed(path: Path) -> Packed:
    """Read where each file is.

    Raises :class:`NotReadable` for what is no such tar, :class:`UnsafeArchive` for a malformed one and
    for one that holds anything but files, each once.
    """
    if not is_packed(path):
        raise NotReadable(
            f"{path} is nothing that rtinstall bundle has written",
            hint="name such a file, or the folder that one was unpacked into",
        )
    status = path.stat()
    return Packed(path, _files(path, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=4)  # one run asks for the same bundle under several names
def _files(path: Path, size: int, changed: int) -> Mapping[str, Slice]:
    files: dict[str, Slice] = {}
    with opened(path) as file:
        for entry, _ in tar.members(file, Meter(LIMITS, size), padding="zeros"):
            check_path(entry.name)
            if ":" in entry.name:  # a drive, or a stream of another file
                raise UnsafeArchive(f"unsafe path in an archive: {entry.name!r}")
            if entry.kind != "file":
                raise UnsafeArchive(f"{entry.name!r} in {path} is no file")
            if entry.name in files:
                raise UnsafeArchive(f"{entry.name!r} is in {path} twice")
            files[entry.name] = Slice(path, file.tell(), entry.size)
    return files
