"""ar archives (deb(5); the System V layout without long names): a magic line, then members.

A member's size stands before its content. Content is written as it comes, and the size patched in
afterwards, so that nothing is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END
from typing import BinaryIO

MAGIC = b"!<arch>\n"
HEADER = 60
MODE = 0o100644


def header(name: str, *, size: int, time: int) -> bytes:
    """Return the header of a regular file of root's, or raise ValueError for what has no room in it."""
    fields = b"%-16b%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode("ascii"), time, 0, 0, MODE, size)
    if len(fields) != HEADER:
        raise ValueError(f"ar cannot hold the member {name!r} of {size} bytes, time {time}")
    return fields


@contextmanager
def member(out: BinaryIO, name: str, *, time: int) -> Iterator[None]:
    """Make a member of everything that is written into ``out``, at its end, within the block."""
    start = out.tell()
    out.write(header(name, size=0, time=time))
    yield
    size = out.tell() - start - HEADER
    out.write(b"\n" * (size % 2))
    out.seek(start)
    out.write(header(name, size=size, time=time))
    out.seek(0, SEEK_END)
