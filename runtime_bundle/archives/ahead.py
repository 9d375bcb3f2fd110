"""Taking chunks in a thread of its own, while what came before is looked at.

Decompressing lets go of the interpreter, so where there are two processors an archive is read in the
time of the slower half.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

WAITING = 2  # chunks that may be taken before they are asked for


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield ``chunks``; what they raise is raised when it is its turn."""
    with ThreadPoolExecutor(1, "ahead") as pool:
        taken = deque(pool.submit(next, chunks, None) for _ in range(WAITING))
        while (chunk := taken.popleft().result()) is not None:
            taken.append(pool.submit(next, chunks, None))
            yield chunk
