"""Files that were fetched and verified, kept by digest in the user's cache directory.

``objects/<algorithm>/<hex>`` holds whole files, ``partial/`` what has arrived of others,
``documents/`` indexes and checksum lists by address, each with its ETag. Nothing in it is trusted:
a file is hashed before each use, a document is checked by whoever asks for it. All of it may be
deleted at any time.

Another place is named by ``RTINSTALL_CACHE``. Runs share a cache: the one that comes second to a
file waits for the first, and then has it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rtinstall.runtime_bundle.download import MIB, Document
from rtinstall.runtime_bundle.errors import DownloadFailed, NoSpace, VerificationFailed
from rtinstall.runtime_bundle.locks import try_lock
from rtinstall.runtime_bundle.verify import Digest

ELSEWHERE = "name another directory in RTINSTALL_CACHE, or free some room"
WAIT = 900.0  # seconds for another run to fetch the same file


def default_root() -> Path:
    """Return the user's cache directory for us."""
    import platformdirs

    named = os.environ.get("RTINSTALL_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("rtinstall", appauthor=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a cache; ``size`` in bytes, ``time`` in seconds since 1970."""

    path: Path
    kind: str
    size: int
    time: float


class Cache:
    """The cache in the directory ``root``, which need not exist yet."""

    def __init__(self, root: Path | None = None) -> None:
        """Use ``root``, or else the user's own."""
        self.root = root or default_root()

    def path(self, digest: Digest) -> Path:
        """Return where the file of ``digest`` is, once it is there."""
        return self.root / "objects" / digest.algorithm / min(digest.accepted).hex()

    def has(self, digest: Digest) -> bool:
        """Say whether there is a file of ``digest``, without reading it."""
        return self.path(digest).is_file()

    def get(self, digest: Digest) -> Path | None:
        """Return the file of ``digest``, hashed again; a damaged one is removed."""
        path = self.path(digest)
        try:
            _check(path, digest)
        except FileNotFoundError:
            return None
        except VerificationFailed:
            path.unlink(missing_ok=True)
            return None
        return path

    def obtain(self, digest: Digest, fill: Callable[[Path], None]) -> Path:
        """Return the file of ``digest``; if it is not there, ``fill`` brings it to the path it is given.

        That path is the same in the next run, which finds what this one left, should it fail.
        """
        path = self.path(digest)
        partial = self.root / "partial" / f"{digest.algorithm}-{path.name}"
        with _disk(self.root), _locked(partial.with_name(f"{partial.name}.lock"), path.name):
            if found := self.get(digest):
                return found
            fill(partial)
            _check(partial, digest)
            _publish(partial, path)
            for left in partial.parent.glob(f"{partial.name}.etag"):
                left.unlink(missing_ok=True)
            return path

    def document(self, url: str) -> Document | None:
        """Return what :meth:`remember` was last told of ``url``."""
        try:
            head, _, data = self._document(url).read_bytes().partition(b"\n")
            note = json.loads(head)
            if note["url"] != url or note["sha256"] != hashlib.sha256(data).hexdigest():
                return None
            return Document(data, str(note["etag"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def remember(self, url: str, document: Document) -> None:
        """Keep the document of ``url``; where that cannot be done it is only fetched again."""
        digest = hashlib.sha256(document.data).hexdigest()
        head = json.dumps({"url": url, "etag": document.etag, "sha256": digest}).encode("ascii")
        path = self._document(url)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, staged = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(head + b"\n" + document.data)
            Path(staged).replace(path)

    def kept(self) -> Iterator[Kept]:
        """Yield every file that is kept, whole ones and what has arrived of others."""
        for kind in ("objects", "partial", "documents"):
            for path in sorted((self.root / kind).rglob("*")):
                with suppress(FileNotFoundError):  # another run is clearing it, too
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode) and path.suffix != ".lock":
                        yield Kept(path, kind, status.st_size, status.st_mtime)

    def forget(self, kept: Kept) -> None:
        """Remove a file; it is fetched again where it is needed."""
        with _disk(self.root):
            kept.path.unlink(missing_ok=True)

    def _document(self, url: str) -> Path:
        return self.root / "documents" / hashlib.sha256(url.encode()).hexdigest()


def _check(path: Path, digest: Digest) -> None:
    with path.open("rb") as file:
        digest.check(iter(lambda: file.read(MIB), b""), str(path))


def _publish(staged: Path, path: Path) -> None:
    """Move a whole file to its place so that a loss of power leaves all of it there or nothing."""
    with staged.open("r+b") as file:
        os.fsync(file.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(path)
    if sys.platform != "win32":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _disk(root: Path) -> Iterator[None]:
    try:
        yield
    except NoSpace as error:
        error.hint = ELSEWHERE
        raise
    except OSError as error:
        raise NoSpace(
            f"the cache {root} cannot be used: {error.strerror}", hint=ELSEWHERE
        ) from error


@contextmanager
def _locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file at ``path``, which is never removed: another run may be waiting on it.

    A file system without locks is used without: two runs may then spoil each other's partial file,
    which its digest brings to light.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + WAIT
    with path.open("ab") as file:
        while not try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise DownloadFailed(
                    f"another run has been busy with {what} for {WAIT:.0f} seconds",
                    hint="end the other run, or wait for it",
                )
            time.sleep(0.05)
        yield  # closing the file gives the lock back
