"""cpio: newc (the payload of rpm) and odc (POSIX.1-2001 pax -x cpio, the payload of macOS packages).

A file with several links has its bytes at the last of them; the ones before are yielded as hard
links that do not say to what.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator

from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Kind, Member
from rtinstall.runtime_bundle.archives.limits import Meter
from rtinstall.runtime_bundle.archives.source import Part, Source, exactly, only_zeros, text
from rtinstall.runtime_bundle.errors import UnsafeArchive

TRAILER = "TRAILER!!!"
NAME_MAX = 4096
KINDS: dict[int, Kind] = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "device", stat.S_IFBLK: "device", stat.S_IFIFO: "fifo",
}  # fmt: skip
# Lengths of the fields behind the magic, and where in them each thing we use is.
ODC = (6, 6, 6, 6, 6, 6, 6, 11, 6, 11)


def members(source: Source, meter: Meter) -> Iterator[Member]:
    """Yield each member and its chunks, and read to the end of ``source``."""
    while True:
        magic = exactly(source, 6)
        if magic == b"070701":
            fields = _hexadecimal(exactly(source, 104))
            _, mode, uid, gid, links, time, size, *_, name_size, _ = fields
            align = 4
        elif magic == b"070707":
            fields = _octal(exactly(source, 70))
            _, _, mode, uid, gid, links, _, time, name_size, size = fields
            align = 1
        else:
            raise UnsafeArchive(f"a cpio header begins with {magic!r}")
        name = _name(source, name_size)
        # A newc header is 110 bytes: name and header together end on a multiple of four.
        exactly(source, -(110 + name_size) % align)
        if name == TRAILER:
            only_zeros(source, "cpio")
            return
        kind = KINDS.get(stat.S_IFMT(mode), "other")
        part = Part(source, size)
        link = ""
        if kind == "symlink":
            if size > NAME_MAX:
                raise UnsafeArchive(f"the link {name!r} is {size} bytes long")
            link = text(exactly(part, size), "a cpio link")
        elif kind == "file" and links > 1 and not size:
            kind = "hardlink"
        elif kind != "file" and size:
            raise UnsafeArchive(f"{name!r} is a {kind}, but has {size} bytes")
        meter.member()
        entry = ArchiveEntry(
            name, kind, stat.S_IMODE(mode), size=size if kind == "file" else 0,
            time=time, uid=uid, gid=gid, link=link,
        )  # fmt: skip
        yield entry, part
        part.skip()
        exactly(source, -size % align)


def _name(source: Source, size: int) -> str:
    if not 2 <= size <= NAME_MAX:
        raise UnsafeArchive(f"a cpio name of {size} bytes")
    name = exactly(source, size)
    if name.find(b"\0") != size - 1:
        raise UnsafeArchive(f"a cpio name is not ended: {name[:80]!r}")
    return text(name[:-1], "a cpio name")


def _hexadecimal(data: bytes) -> list[int]:
    if not re.fullmatch(rb"[0-9a-fA-F]*", data):
        raise UnsafeArchive("a cpio header has a number that is none")
    return [int(data[at : at + 8], 16) for at in range(0, 104, 8)]


def _octal(data: bytes) -> list[int]:
    if not re.fullmatch(rb"[0-7]*", data):
        raise UnsafeArchive("a cpio header has a number that is none")
    numbers = []
    at = 0
    for length in ODC:
        numbers.append(int(data[at : at + length], 8))
        at += length
    return numbers
