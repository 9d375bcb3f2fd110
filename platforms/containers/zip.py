"""zip (APPNOTE 6.3) that every reader takes for the same: no data descriptors, no zip64, no extra fields.

Sizes and CRC-32 are patched into a member's local header, so that a reader of the stream sees what
the central directory says. A file is deflated in pieces, each with the end of the one before it as
its dictionary, and all pieces of all files on several threads; where that saves nothing it is stored.

Decisions:

* Directories have members, as in the archives that upstream makes with 7-Zip: who looks for the top
  folder finds it as the first member.
* DOS times have no zone; they are in UTC, or the bytes would depend on where they are written.
* Made on Unix (3), for the modes; Windows takes its attributes from the same field's lower half.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import BinaryIO

from rtinstall.platforms.compression.deflate import FINISH, PIECE, SYNC_FLUSH, WINDOW, deflate
from rtinstall.platforms.compression.pieces import cut, in_order
from rtinstall.platforms.package import Effort, Level
from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.model import Directory, File

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
NEEDED = 20  # version 2.0: deflate, directories
MADE_BY = 3 << 8 | NEEDED
STORED, DEFLATED = 0, 8
NAME_IS_UTF8 = 1 << 11
DOS_DIRECTORY, DOS_ARCHIVE = 0x10, 0x20
# One more of either would mean zip64.
MOST_MEMBERS = 0xFFFE
MOST_BYTES = 0xFFFFFFFE
MOST_NAME = 0xFFFF
# What a DOS time can say, in seconds since 1970.
EARLIEST = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some of a file, or a directory; ``crc`` is that of the file up to the end of the piece."""

    entry: File | Directory
    data: bytes
    before: bytes
    crc: int
    first: bool
    last: bool


def check(entries: Sequence[File | Directory]) -> None:
    """Raise :class:`NotExpressible` for what a zip without zip64 might not hold."""
    if len(entries) > MOST_MEMBERS:
        raise NotExpressible(f"a zip holds {MOST_MEMBERS} entries, not {len(entries)}")
    names = [_name(entry) for entry in entries]
    for entry, name in zip(entries, names, strict=True):
        if len(name) > MOST_NAME:
            raise NotExpressible(f"a path is too long for a zip: {entry.path[:80]!r}")
    headers = END.size + sum(LOCAL.size + CENTRAL.size + 2 * len(name) for name in names)
    size = headers + sum(entry.size for entry in entries if isinstance(entry, File))
    if size > MOST_BYTES:
        raise NotExpressible(f"a zip holds {MOST_BYTES} bytes, and these are {size}")


def write(out: BinaryIO, entries: Sequence[File | Directory], *, time: int, effort: Effort) -> None:
    """Write a zip of ``entries`` into the empty ``out``; ``time`` in seconds since 1970.

    Raises :class:`NotExpressible` for what :func:`check` refuses, before a byte is written.
    """
    check(entries)
    when = dos_time(time)
    directory = b"".join(_members(out, entries, when, effort))
    start = out.tell()
    out.write(directory)
    count = len(entries)
    out.write(END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0))


def dos_time(time: int) -> tuple[int, int]:
    """Return the clock and the date for seconds since 1970, or the nearest that DOS can say."""
    when = datetime.fromtimestamp(min(max(time, EARLIEST), LATEST), UTC)
    clock = when.hour << 11 | when.minute << 5 | when.second // 2
    return clock, (when.year - 1980) << 9 | when.month << 5 | when.day


def _name(entry: File | Directory) -> bytes:
    return entry.path.encode() + (b"/" if isinstance(entry, Directory) else b"")


def _members(
    out: BinaryIO, entries: Iterable[File | Directory], when: tuple[int, int], effort: Effort
) -> Iterator[bytes]:
    """Write every member, and yield its entry of the central directory."""
    start = 0
    deflated = in_order(partial(_deflate, effort.level), _pieces(entries, effort), jobs=effort.jobs)
    for piece, packed in deflated:
        name = _name(piece.entry)
        if piece.first:
            start = out.tell()
            out.write(bytes(LOCAL.size) + name)
        out.write(packed)
        if piece.last:
            yield _finish(out, piece, start, name, when)


def _finish(out: BinaryIO, piece: _Piece, start: int, name: bytes, when: tuple[int, int]) -> bytes:
    """Patch the local header, at ``start``, of the member that ends here; return its other one."""
    entry = piece.entry
    size = entry.size if isinstance(entry, File) else 0
    data = start + LOCAL.size + len(name)
    method = DEFLATED
    if out.tell() - data >= size:
        method = STORED
        out.seek(data)
        out.truncate()
        if isinstance(entry, File):
            out.writelines(entry.content.chunks())
    end = out.tell()
    flags = 0 if name.isascii() else NAME_IS_UTF8
    shared = (NEEDED, flags, method, *when, piece.crc, end - data, size, len(name), 0)
    out.seek(start)
    out.write(LOCAL.pack(b"PK\x03\x04", *shared))
    out.seek(end)
    if isinstance(entry, File):
        attributes = (stat.S_IFREG | entry.mode) << 16 | DOS_ARCHIVE
    else:
        attributes = (stat.S_IFDIR | entry.mode) << 16 | DOS_DIRECTORY
    return CENTRAL.pack(b"PK\x01\x02", MADE_BY, *shared, 0, 0, 0, attributes, start) + name


def _pieces(entries: Iterable[File | Directory], effort: Effort) -> Iterator[_Piece]:
    from zlib_ng import zlib_ng

    for entry in entries:
        if isinstance(entry, Directory) or not entry.size:
            yield _Piece(entry, b"", b"", 0, first=True, last=True)
            continue
        before = b""
        crc = done = 0
        for data in cut(entry.content.chunks(), PIECE):
            crc = zlib_ng.crc32(data, crc)
            done += len(data)
            first, last = done == len(data), done == entry.size
            yield _Piece(entry, data, before, crc, first=first, last=last)
            before = data[-WINDOW:]
            effort.advance(len(data))


def _deflate(level: Level, piece: _Piece) -> tuple[_Piece, bytes]:
    end = FINISH if piece.last else SYNC_FLUSH
    return piece, deflate(piece.data, level, end, piece.before) if piece.data else b""
