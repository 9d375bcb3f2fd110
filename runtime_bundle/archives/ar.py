"""ar, as Debian uses it (deb(5)): short names, no symbol table, no long-name extension."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtinstall.runtime_bundle.archives.entry import ArchiveEntry
from rtinstall.runtime_bundle.archives.limits import Meter
from rtinstall.runtime_bundle.archives.source import Part, Source, exactly, up_to
from rtinstall.runtime_bundle.errors import UnsafeArchive

MAGIC = b"!<arch>\n"


def members(source: Source, meter: Meter) -> Iterator[tuple[ArchiveEntry, Part]]:
    """Yield each member with its bytes, a :class:`Part` that can be read as a source."""
    if up_to(source, len(MAGIC)) != MAGIC:
        raise UnsafeArchive("this is no ar archive")
    while first := up_to(source, 1):
        header = first + exactly(source, 59)
        if header[58:60] != b"`\n":
            raise UnsafeArchive("an ar header does not end as it must")
        name = header[:16].rstrip(b" ").removesuffix(b"/")
        if not re.fullmatch(rb"[!-.0-~]+", name):
            raise UnsafeArchive(f"an ar member has no usable name: {header[:16]!r}")
        meter.member()
        part = Part(source, _number(header[48:58], 10))
        entry = ArchiveEntry(
            name.decode("ascii"),
            "file",
            _number(header[40:48], 8) & 0o7777,
            size=part.left,
            time=_number(header[16:28], 10),
            uid=_number(header[28:34], 10),
            gid=_number(header[34:40], 10),
        )
        yield entry, part
        part.skip()
        if entry.size % 2 and up_to(source, 1) not in (b"\n", b""):
            raise UnsafeArchive(f"the ar member {entry.name!r} is not padded")


def _number(field: bytes, base: int) -> int:
    digits = field.rstrip(b" ")
    if not re.fullmatch(rb"[0-7]*" if base == 8 else rb"[0-9]*", digits):
        raise UnsafeArchive(f"an ar header has a number that is none: {field!r}")
    return int(digits or b"0", base)
