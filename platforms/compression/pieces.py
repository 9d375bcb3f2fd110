"""Cut a stream into pieces of fixed length and compress them on several threads, in order."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from rtinstall.platforms.compression.stream import Stream, Writable
from rtinstall.platforms.package import Effort

Item = TypeVar("Item")
Result = TypeVar("Result")


def cut(chunks: Iterable[bytes], length: int) -> Iterator[bytes]:
    """Yield the bytes of ``chunks`` in pieces of ``length``, of which only the last is shorter."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= length:
            yield bytes(held[:length])
            del held[:length]
    if held:
        yield bytes(held)


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], *, jobs: int, ahead: int = 2
) -> Iterator[Result]:
    """Yield what ``work`` makes of each item, done on ``jobs`` threads, in the order of the items.

    No more items are taken than there are threads and ``ahead`` that wait for one.
    """
    jobs = max(1, jobs)
    flying: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(jobs, "compress") as pool:
        for item in items:
            if len(flying) == jobs + ahead:
                yield flying.popleft().result()
            flying.append(pool.submit(work, item))
        while flying:
            yield flying.popleft().result()


class Pieces(Stream):
    """The half that gzip and xz share: ``length`` bytes a piece, a bounded number in flight.

    For a stream that is written into; who has all the contents at hand takes :func:`in_order`.
    """

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
