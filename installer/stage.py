"""Writing a runtime into its folder of the stage: every byte once, as it comes out of its archive.

One thread decompresses, the caller's reads the archive. Large files are hashed and written by others,
in pieces; small ones by the caller, unless the disk is slow: then others take many at a time. Names
come from an archive: they are written below an open descriptor, every file is made anew, and links are
made last, when the whole is known to be a tree, so that nothing written before can have gone through one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import queue
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from rtinstall.installer.disk import ANEW, Disk, suppress_unsupported
from rtinstall.installer.links import Twins
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import (
    Directory,
    Entry,
    File,
    Slice,
    Symlink,
    check_path,
    resolve_link,
)
from rtinstall.runtime_bundle.names import check_tree
from rtinstall.runtime_bundle.unpack import accepted, mode_of

SMALL = 1 << 20  # bytes; larger files are handed over in pieces
BATCH_FILES, BATCH_BYTES = 64, 1 << 20
WAITING = 8  # batches, or pieces of a large file, that may wait to be written: at most 8 MiB
# Seconds for a small file, up to which handing it to a thread takes longer than writing it, and how
# many may be lost until threads take over.
QUICK, PATIENCE = 150e-6, 0.02
WORKERS = min(3, os.cpu_count() or 1)
FLUSH = getattr(os, "fdatasync", os.fsync)
MODES = 0o755  # what files and folders are given

Progress = Callable[[int], None]  # told how many bytes were written since it was told last


class _Small(NamedTuple):
    path: str
    mode: int
    data: bytes


class Stage:
    """The folder ``tree`` of the stage, while it is filled.

    ``workers`` threads write; with none, the caller does.
    """

    def __init__(
        self, disk: Disk, tree: str, *, twins: Twins, progress: Progress, workers: int | None = None
    ) -> None:
        """Make the folder."""
        workers = WORKERS if workers is None else workers
        self._twins = twins
        self._disk = disk
        self.folder = disk.home / tree
        self._progress = progress
        self._folders = {""}
        self._masked = _umask() & MODES
        disk.mkdir(tree)
        self._chmod_folder(disk.at(tree), disk.descriptor)
        self._opened = disk.opened(tree)
        self._top = self._opened.__enter__()
        self._pool = ThreadPoolExecutor(workers, "write") if workers else None
        self._turn = queue.Queue[None](WAITING)
        self._batch: list[_Small] = []
        self._bytes = 0
        self._futures: list[Future[list[File]]] = []
        self._files: list[File] = []
        self._lag = 0.0  # seconds that the disk has kept the caller waiting

    def close(self) -> None:
        """Wait for the writers, and let go of the folder."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._opened.__exit__(None, None, None)

    def unpack(self, archive: Path, root: str | None) -> tuple[Entry, ...]:
        """Write what is in ``archive`` below ``root``; return its entries, checked as one tree.

        Raises :class:`UnsafeArchive` for anything malformed or unsafe.
        """
        others: list[Entry] = []
        with _short_turns():
            for path, entry, chunks in accepted(open_archive(archive), root=root):
                if entry.kind == "directory":
                    self.mkdir(path)
                    others.append(Directory(path))
                elif entry.kind == "symlink":
                    others.append(Symlink(path, entry.link))
                else:
                    self.file(path, mode_of(entry), chunks, entry.size)
            files = self.written()
        if not files:
            raise UnsafeArchive(
                f"{archive.name} holds nothing" + (f" below {root!r}" if root else "")
            )
        return check_tree([*files, *others])

    def settle(self, entries: Iterable[Entry], staged: Iterable[Entry]) -> tuple[Entry, ...]:
        """Make the folder hold ``entries`` and nothing else, then make their links.

        Of ``staged``, which is there, only the difference is written. Returns ``entries`` as they lie.
        """
        before = {entry.path: entry for entry in staged if isinstance(entry, File)}
        wanted = tuple(entries)
        here = {
            entry.path
            for entry in wanted
            if isinstance(entry, File)
            and (there := before.get(entry.path))
            and entry.content is there.content
        }
        for path in before.keys() - here:
            os.unlink(self._at(path), dir_fd=self._top)
        for entry in wanted:
            if isinstance(entry, Directory):
                self.mkdir(entry.path)
            elif isinstance(entry, File):
                if entry.path not in here:
                    self.file(entry.path, entry.mode, entry.content.chunks(), entry.size)
                elif before[entry.path].mode != entry.mode:
                    os.chmod(self._at(entry.path), entry.mode, dir_fd=self._top)
        found = {file.path: file for file in self.written()}
        for entry in wanted:
            there = found.get(entry.path)
            if there and isinstance(entry, File) and entry.sha256 != there.sha256:
                raise UnsafeArchive(f"{entry.path} was changed while it was installed")
        folders = {entry.path for entry in wanted if isinstance(entry, Directory)}
        for path in sorted(self._folders - folders - {""}, key=len, reverse=True):
            os.rmdir(self._at(path), dir_fd=self._top)
        for entry in wanted:
            if isinstance(entry, Symlink):
                goal = resolve_link(entry.path, entry.target) in folders
                os.symlink(entry.target, self._at(entry.path), goal, dir_fd=self._top)
        return tuple(found.get(entry.path, entry) for entry in wanted)

    def mkdir(self, path: str) -> None:
        """Make a folder and those above it."""
        if path in self._folders:
            return
        above = path.rpartition("/")[0]
        self.mkdir(above)
        try:
            os.mkdir(self._at(path), MODES, dir_fd=self._top)
        except FileExistsError:
            raise _twice(path) from None
        self._chmod_folder(self._at(path), self._top)
        self._folders.add(path)

    def file(self, path: str, mode: int, chunks: Iterator[bytes], size: int) -> None:
        """Write a new file of ``size`` bytes; it may be written only once :meth:`written` returns."""
        check_path(path)
        self.mkdir(path.rpartition("/")[0])
        if size > SMALL:
            self._large(path, mode, chunks)
            return
        data = b"".join(chunks)
        self._batch.append(_Small(path, mode, data))
        self._bytes += len(data)
        if len(self._batch) == BATCH_FILES or self._bytes >= BATCH_BYTES:
            self._hand_over()

    def written(self) -> list[File]:
        """Return the files written since this was last asked, when all of them are."""
        self._hand_over()
        files = [*self._files, *(file for future in self._futures for file in future.result())]
        self._files.clear()
        self._futures.clear()
        return files

    def _hand_over(self) -> None:
        batch, self._batch, self._bytes = self._batch, [], 0
        if not batch:
            return
        if self._pool is not None and self._lag > PATIENCE:
            self._submit(self._pool, lambda: [self._write(*small) for small in batch])
            return
        begun = perf_counter()
        self._files += [self._write(*small) for small in batch]
        self._lag = max(0.0, self._lag + perf_counter() - begun - QUICK * len(batch))

    def _submit(self, pool: ThreadPoolExecutor, job: Callable[[], list[File]]) -> None:
        self._turn.put(None)
        future = pool.submit(job)
        future.add_done_callback(lambda _: self._turn.get())
        self._futures.append(future)
        for earlier in self._futures[-2 * WAITING :]:
            if earlier.done():
                earlier.result()  # a full disk ends it soon

    def _large(self, path: str, mode: int, chunks: Iterator[bytes]) -> None:
        if self._pool is None:
            self._files.append(self._write_chunks(path, mode, chunks))
            return
        pieces = queue.Queue[bytes](WAITING)

        def job() -> list[File]:
            source = iter(pieces.get, b"")
            try:
                return [self._write_chunks(path, mode, source, sync=True)]
            except BaseException:
                for _ in source:  # so that the reader does not wait for ever
                    pass
                raise

        self._submit(self._pool, job)
        try:
            for chunk in chunks:
                if chunk:
                    pieces.put(chunk)
        finally:
            pieces.put(b"")

    def _write(self, path: str, mode: int, data: bytes) -> File:
        """Write a small file, unless another version has it."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._twins or not self._twins.share(sha256, mode, path, self._at(path), self._top):
            descriptor = self._create(path, mode)
            try:
                _write_all(descriptor, data)
            finally:
                os.close(descriptor)
            self._progress(len(data))
        return File(path, mode, Slice(self.folder / path, 0, len(data)), sha256)

    def _write_chunks(
        self, path: str, mode: int, chunks: Iterator[bytes], *, sync: bool = False
    ) -> File:
        state = hashlib.sha256()
        size = 0
        descriptor = self._create(path, mode)
        try:
            for chunk in chunks:
                _write_all(descriptor, chunk)
                state.update(chunk)
                size += len(chunk)
                self._progress(len(chunk))
            if sync:  # most of the bytes are in one file: the disk has begun when the rest comes
                with suppress_unsupported():
                    FLUSH(descriptor)
        finally:
            os.close(descriptor)
        return File(path, mode, Slice(self.folder / path, 0, size), state.hexdigest())

    def _create(self, path: str, mode: int) -> int:
        try:
            descriptor = os.open(self._at(path), ANEW, mode, dir_fd=self._top)
        except FileExistsError:
            raise _twice(path) from None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL):
                raise UnsafeArchive(f"{path!r} cannot be a file here: {error.strerror}") from None
            raise
        if self._masked and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        return descriptor

    def _chmod_folder(self, place: str, above: int | None) -> None:
        if self._masked:
            os.chmod(place, MODES, dir_fd=above)

    def _at(self, path: str) -> str:
        return path if self._top is not None else str(self.folder / path)


def _write_all(descriptor: int, data: bytes) -> None:
    done = 0
    while done < len(data):
        done += os.write(descriptor, memoryview(data)[done:] if done else data)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let a thread that comes back from the disk wait for the interpreter 1 ms at most, not 5."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _umask() -> int:
    """Return this process's umask, which the system only tells whoever sets one."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _twice(path: str) -> UnsafeArchive:
    return UnsafeArchive(f"{path!r} is in the archive twice, or is what the system takes it for")
