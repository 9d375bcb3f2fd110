"""Cut a stream into pieces of fixed length and compress them on several threads, in order."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from rtinstall.platforms.compression.stream import Stream, Writable
from rtinstall.platforms.package import Effort


class Pieces(Stream):
    """The half that gzip and xz share: ``length`` bytes a piece, a bounded number in flight."""

    def __init__(
        self, out: Writable, effort: Effort, *, length: int, most: int = 64, ahead: int = 0
    ) -> None:
        """Write into ``out`` on at most ``most`` threads, which start with the first full piece.

        ``ahead`` pieces more than there are threads may wait, so that none of these has to.
        """
        super().__init__(out, effort)
        self._length = length
        self._jobs = max(1, min(effort.jobs, most))
        self._most_flying = self._jobs + ahead
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
        missing = self._length - len(self._held)
        if len(data) < missing:
            self._held += data
            return
        view = memoryview(data)
        self._submit(b"".join((self._held, view[:missing])))
        end = len(data) - (len(data) - missing) % self._length
        for start in range(missing, end, self._length):
            self._submit(bytes(view[start : start + self._length]))
        self._held = bytearray(view[end:])

    def finish(self) -> None:
        """Compress what is held and wait for every piece; a short stream starts no thread."""
        last = bytes(self._held)
        self._held.clear()
        if last and self._pool is None:
            self.append(*self._one(last))
        elif last:
            self._submit(last)
        while self._flying:
            self.append(*self._flying.popleft().result())
        if self._pool:
            self._pool.shutdown()

    def _submit(self, piece: bytes) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._jobs, "compress")
        while len(self._flying) >= self._most_flying:
            self.append(*self._flying.popleft().result())
        self._flying.append(self._pool.submit(self._one, piece))

    def _one(self, piece: bytes) -> tuple[int, bytes]:
        return len(piece), self.compress(piece)
