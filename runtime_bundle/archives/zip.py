"""zip (APPNOTE 6.3): stored and deflated members, read by the central directory, checked against the rest.

Two readers of one zip see two archives wherever local headers and the central directory disagree
(CVE-2025-54368). So the file has to be exactly what its directory says: local headers from the
first byte, one behind the other without gaps or overlaps, each equal to its entry, then the
directory, then its end. What our archives never need is refused instead of interpreted: zip64,
encryption, several disks, other methods, a second name in an extra field.
"""

from __future__ import annotations

import calendar
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Kind, Member
from rtinstall.runtime_bundle.archives.limits import Meter
from rtinstall.runtime_bundle.archives.source import CHUNK, Part, exactly, text
from rtinstall.runtime_bundle.errors import UnsafeArchive

MAGIC = b"PK\x03\x04"
CENTRAL = struct.Struct("<4s6H3I5H2I")
LOCAL = struct.Struct("<4s5H3I2H")
END = struct.Struct("<4s4H2IH")
END_MAGIC = b"PK\x05\x06"
DESCRIPTOR_MAGIC = b"PK\x07\x08"
# Bits 1 and 2 say how hard the encoder tried, 3 that sizes follow the data, 11 that names are UTF-8.
ALLOWED_FLAGS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 11
FOLLOWS = 1 << 3
UTF8 = 1 << 11
STORED, DEFLATED = 0, 8
# Extra fields that give a member other sizes (zip64) or another name (Info-ZIP Unicode path).
CONFUSING = (0x0001, 0x7075)
KINDS: dict[int, Kind] = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "device", stat.S_IFBLK: "device", stat.S_IFIFO: "fifo",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Record:
    """One entry of the central directory; ``data`` is where its bytes begin."""

    name: bytes
    flags: int
    method: int
    date: int
    clock: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int
    data: int = 0


def members(
    file: BinaryIO, meter: Meter, *, only: Callable[[str], bool] = lambda name: True
) -> Iterator[Member]:
    """Yield each member and its chunks, in the order of the central directory.

    Members whose name ``only`` does not want are neither read nor yielded.
    """
    length = file.seek(0, os.SEEK_END)
    count, start, size = _end(file, length)
    records = list(_central(file, count, start, size, meter))
    places = _local(file, sorted(records, key=lambda record: record.offset), start)
    for record in records:
        if not only(_name(record)):
            continue
        file.seek(places[record.offset])
        chunks = _data(file, record, meter)
        entry = _entry(record, chunks)
        yield entry, iter(()) if entry.kind == "symlink" else chunks
        for _ in chunks:  # what was not asked for is checked all the same
            pass


def _end(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """Return count, offset and size of the central directory."""
    tail = min(length, END.size + 0xFFFF)
    file.seek(length - tail)
    data = exactly(file, tail)
    found = [
        at
        for at in _positions(data, END_MAGIC)
        if len(data) - at >= END.size and END.unpack_from(data, at)[7] == len(data) - at - END.size
    ]
    if len(found) != 1:
        raise UnsafeArchive("the zip has no end, or more than one, or something behind it")
    _, disk, first, here, count, size, start, _ = END.unpack_from(data, found[0])
    if disk or first or here != count or 0xFFFF in (count,) or 0xFFFFFFFF in (size, start):
        raise UnsafeArchive("the zip is of several disks or of 64 bits")
    if start + size != length - tail + found[0]:
        raise UnsafeArchive("the zip's directory does not lie where its end says")
    return count, start, size


def _positions(data: bytes, magic: bytes) -> Iterator[int]:
    at = data.find(magic)
    while at >= 0:
        yield at
        at = data.find(magic, at + 1)


def _central(file: BinaryIO, count: int, start: int, size: int, meter: Meter) -> Iterator[_Record]:
    if size > meter.limits.metadata:
        raise UnsafeArchive(f"the zip's directory of {size} bytes is too large")
    file.seek(start)
    data = exactly(file, size)
    names: set[bytes] = set()
    at = 0
    for _ in range(count):
        meter.member()
        if len(data) - at < CENTRAL.size:
            raise UnsafeArchive("the zip's directory is cut short")
        (magic, _, _, flags, method, clock, date, crc, packed, unpacked, name_size, extra_size,
         comment_size, disk, _, attributes, offset) = CENTRAL.unpack_from(data, at)  # fmt: skip
        at += CENTRAL.size
        name = data[at : at + name_size]
        extra = data[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + comment_size
        if magic != b"PK\x01\x02" or at > len(data):
            raise UnsafeArchive("the zip's directory is damaged")
        if name in names:
            raise UnsafeArchive(f"{name!r} is in the zip twice")
        names.add(name)
        if flags & ~ALLOWED_FLAGS:
            raise UnsafeArchive(f"{name!r} is encrypted or otherwise special (flags {flags:#x})")
        if method not in (STORED, DEFLATED):
            raise UnsafeArchive(f"{name!r} is compressed by the unknown method {method}")
        if disk or 0xFFFFFFFF in (packed, unpacked, offset):
            raise UnsafeArchive(f"{name!r} lies on another disk or needs 64 bits")
        if method == STORED and packed != unpacked:
            raise UnsafeArchive(f"{name!r} is stored, but has two sizes")
        _check_extra(extra, name)
        yield _Record(
            name, flags, method, date, clock, crc, packed, unpacked, attributes >> 16, offset
        )
    if at != len(data):
        raise UnsafeArchive("the zip's directory holds more than its end says")


def _check_extra(extra: bytes, name: bytes) -> None:
    at = 0
    while at < len(extra):
        if len(extra) - at < 4:
            raise UnsafeArchive(f"{name!r} has a damaged extra field")
        kind, size = struct.unpack_from("<HH", extra, at)
        at += 4 + size
        if kind in CONFUSING or at > len(extra):
            raise UnsafeArchive(f"{name!r} has the extra field {kind:#06x}, which is not read here")


def _local(file: BinaryIO, records: list[_Record], end: int) -> dict[int, int]:
    """Walk the local headers from the first byte; return where each member's data begins."""
    places = {}
    at = 0
    for number, record in enumerate(records):
        if record.offset != at:
            raise UnsafeArchive(f"the zip has a gap or an overlap before {record.name!r}")
        file.seek(at)
        (magic, _, flags, method, clock, date, crc, packed, size, name_size, extra_size) = (
            LOCAL.unpack(exactly(file, LOCAL.size))
        )
        name = exactly(file, name_size)
        extra = exactly(file, extra_size)
        _check_extra(extra, record.name)
        stated = (crc, packed, size)
        listed = (record.crc, record.packed, record.size)
        follows = bool(flags & FOLLOWS)
        if (
            magic != MAGIC
            or (name, flags, method, clock, date)
            != (record.name, record.flags, record.method, record.clock, record.date)
            or (stated != listed and not (follows and stated == (0, 0, 0)))
        ):
            raise UnsafeArchive(f"the zip says two things about {record.name!r}")
        places[at] = at + LOCAL.size + name_size + extra_size
        at = places[at] + record.packed
        following = records[number + 1].offset if number + 1 < len(records) else end
        if follows:
            file.seek(at)
            # With a magic or without: only the room for it tells.
            room = following - at
            descriptor = exactly(file, room) if room in (12, 16) else b""
            if descriptor[:-12] not in (b"", DESCRIPTOR_MAGIC) or descriptor[-12:] != struct.pack(
                "<3I", *listed
            ):
                raise UnsafeArchive(f"the sizes behind {record.name!r} are not the listed ones")
            at = following
    if at != end:
        raise UnsafeArchive("the zip has something between its members and its directory")
    return places


def _name(record: _Record) -> str:
    if not record.flags & UTF8 and not record.name.isascii():
        raise UnsafeArchive(f"the name {record.name!r} does not say in which encoding it is")
    name = text(record.name, "a zip name")
    if not name or "\0" in name:
        raise UnsafeArchive(f"a zip member has no usable name: {name!r}")
    return name


def _entry(record: _Record, chunks: Iterator[bytes]) -> ArchiveEntry:
    name = _name(record)
    folder = name.endswith("/")
    kind = KINDS.get(stat.S_IFMT(record.mode), "other")
    if not stat.S_IFMT(record.mode):
        kind = "directory" if folder else "file"
    if folder != (kind == "directory") or (kind != "file" and kind != "symlink" and record.size):
        raise UnsafeArchive(f"{name!r} is no proper {kind}")
    mode = stat.S_IMODE(record.mode) if record.mode else 0o755 if folder else 0o644
    link = ""
    if kind == "symlink":
        if record.size > 4096:
            raise UnsafeArchive(f"the link {name!r} is {record.size} bytes long")
        link = text(b"".join(chunks), "a zip link")
    return ArchiveEntry(
        name, kind, mode, size=record.size if kind == "file" else 0,
        time=dos_time(record.date, record.clock), link=link,
    )  # fmt: skip


def dos_time(date: int, clock: int) -> int:
    """Return a DOS time as if it were UTC; one that is none counts from 1980."""
    month, day = date >> 5 & 15, date & 31
    when = ((date >> 9) + 1980, month, day, clock >> 11, clock >> 5 & 63, (clock & 31) * 2)
    return calendar.timegm(when) if 1 <= month <= 12 and 1 <= day <= 31 else 315532800


def _data(file: BinaryIO, record: _Record, meter: Meter) -> Iterator[bytes]:
    """Yield a member's bytes, which have to be as many as listed and of the listed CRC-32."""
    crc = size = 0
    for chunk in _unpack(Part(file, record.packed), record):
        meter.add(len(chunk))
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
        if size > record.size:
            break
        yield chunk
    if size != record.size or crc != record.crc:
        raise UnsafeArchive(f"{record.name!r} is damaged: its size or CRC-32 is wrong")


def _unpack(part: Part, record: _Record) -> Iterator[bytes]:
    if record.method == STORED:
        yield from part
        return
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    data = b""
    while not decoder.eof:
        data = decoder.unconsumed_tail or part.read(CHUNK)
        try:
            out = decoder.decompress(data, CHUNK)
        except zlib.error as error:
            raise UnsafeArchive(f"{record.name!r} is damaged: {error}") from None
        if out:
            yield out
        elif not data and not decoder.eof:
            raise UnsafeArchive(f"{record.name!r} is damaged: its end is missing")
    if decoder.unused_data or part.left:
        raise UnsafeArchive(f"there is something behind the data of {record.name!r}")
