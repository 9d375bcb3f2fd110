"""cpio members in the "new ASCII" format (``newc``, magic 070701), as rpm's payload has them.

A member's header is made here; its content and padding are written by the caller. Device, owner and
checksum fields are zero: rpm takes owners from its own header.
"""

from __future__ import annotations

MAX = 0xFFFFFFFF
FIELDS = b"070701" + b"%08x" * 13


def header(name: str, *, mode: int, size: int, time: int, inode: int) -> bytes:
    """Return the header of one member, its name and the name's padding.

    ``mode`` includes the type of the file, ``size`` is in bytes (of a link: of its target), ``time``
    in seconds since 1970. Raises ValueError for what eight hexadecimal digits cannot hold.
    """
    if not 0 <= size <= MAX or not 0 <= time <= MAX:
        raise ValueError(f"cpio cannot hold size {size} or time {time}")
    path = name.encode() + b"\0"
    fields = FIELDS % (inode, mode, 0, 0, 1, time, size, 0, 0, 0, 0, len(path), 0)
    return fields + path + padding(len(fields) + len(path))


def padding(size: int) -> bytes:
    """Return the zeros after ``size`` bytes: header with name, and content, are multiples of four."""
    return bytes(-size % 4)


TRAILER = header("TRAILER!!!", mode=0, size=0, time=0, inode=0)
