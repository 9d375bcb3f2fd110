"""cpio members: "new ASCII" (``newc``, magic 070701) as in rpm's payload, ``odc`` as in Apple's.

A member's header is made here; its content and padding are written by the caller. Device, owner and
checksum fields are zero: rpm takes owners from its own header, and root owns what macOS unpacks.
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

# POSIX.1-2001, "pax", cpio interchange format: octal digits and no padding anywhere.
ODC_MAX = 0o77777777777
ODC_FIELDS = b"070707" + b"%06o" * 7 + b"%011o%06o%011o"


def odc_header(name: str, *, mode: int, size: int, time: int, inode: int) -> bytes:
    """Return the header of one member and its name, in the portable format; see :func:`header`.

    Raises ValueError for what eleven octal digits cannot hold, or a name that six cannot count.
    """
    path = name.encode() + b"\0"
    if not 0 <= size <= ODC_MAX or not 0 <= time <= ODC_MAX or len(path) > 0o777777:
        raise ValueError(
            f"cpio cannot hold size {size}, time {time} or a name of {len(path)} bytes"
        )
    # An inode tells apart the names of one file; with one name each, its upper bits are not missed.
    return ODC_FIELDS % (0, inode & 0o777777, mode, 0, 0, 1, 0, time, len(path), size) + path


def odc_trailer(written: int) -> bytes:
    """Return what ends an archive of ``written`` bytes: zeros make it whole blocks of 512.

    cpio(1) writes in such blocks, and so does Apple.
    """
    trailer = odc_header("TRAILER!!!", mode=0, size=0, time=0, inode=0)
    return trailer + bytes(-(written + len(trailer)) % 512)
