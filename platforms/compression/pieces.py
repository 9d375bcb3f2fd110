"""Cut a stream into pieces of fixed length and compress them on several threads, in order."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtinstall.platforms.compression import Writable
    from rtinstall.runtime_bundle.model import Content


class Pieces:
    """The half that gzip and xz share: ``length`` bytes a piece, at most ``jobs`` + 1 in flight."""

    def __init__(self, out: Writable, *, length: int, jobs: int) -> None:
        """Write into ``out``; the threads start with the first full piece."""
        self._out = out
        self._length = length
        self._jobs = max(1, jobs)
        self._held = bytearray()
        self._flying: deque[Future[tuple[int, bytes]]] = deque()
        self._pool: ThreadPoolExecutor | None = None

    @abstractmethod
    def compress(self, piece: bytes) -> bytes:
        """Return ``piece`` compressed; called on a thread, knows nothing of other pieces."""

    @abstractmethod
    def append(self, length: int, compressed: bytes) -> None:
        """Write one compressed piece of ``length`` bytes, called in order."""

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._held += data
        while len(self._held) >= self._length:
            piece = bytes(memoryview(self._held)[: self._length])
            del self._held[: self._length]
            self._submit(piece)

    def add(self, content: Content) -> None:
        """Append the bytes of ``content``."""
        for chunk in content.chunks():
            self.write(chunk)

    def finish(self) -> None:
        """Compress what is held and wait for every piece."""
        if self._held:
            self._submit(bytes(self._held))
            self._held.clear()
        while self._flying:
            self.append(*self._flying.popleft().result())
        if self._pool:
            self._pool.shutdown()

    def _submit(self, piece: bytes) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._jobs, "compress")
        while len(self._flying) > self._jobs:
            self.append(*self._flying.popleft().result())
        self._flying.append(self._pool.submit(self._one, piece))

    def _one(self, piece: bytes) -> tuple[int, bytes]:
        return len(piece), self.compress(piece)
