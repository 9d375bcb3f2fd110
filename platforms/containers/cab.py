"""Cabinets (Microsoft, "Cabinet File Format"; MS-CAB), compressed by MSZIP (MS-MCI), nothing else.

A folder is one stream of all its files, cut into blocks of 32 KiB. Each block is a deflate stream
of its own that may look back into the block before it, so blocks are compressed on several threads
and the bytes do not depend on how many. Every size but the packed ones is known beforehand: header
and lists are written first, and patched when the blocks are.

Left out: cabinets that continue in others, reserved areas, attributes, times. A date must be one,
though: msiexec stops at a file of date 0. It is the first day that DOS knows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain
from typing import BinaryIO

from rtinstall.platforms.compression.deflate import FINISH, PIECE, WINDOW, deflate
from rtinstall.platforms.compression.pieces import cut, in_order
from rtinstall.platforms.package import Effort, Level
from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.model import Content

HEADER = struct.Struct("<4sIIIIIBBHHHHH")
FOLDER = struct.Struct("<IHH")
FILE = struct.Struct("<IIHHHH")
DATA = struct.Struct("<IHH")
VERSION = (3, 1)  # minor, major
MSZIP = 1
BLOCK = 32768
FIRST_DAY = 1 << 5 | 1  # 1980-01-01: (year - 1980) << 9 | month << 5 | day
ARCHIVE = 0x20
NAME_IS_UTF8 = 0x80
MOST_FILES = 0xFFFF
MOST_BLOCKS = 0xFFFF  # of one folder
MOST_NAME = 255
MOST_BYTES = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One file; ``name`` as readers of the cabinet will ask for it."""

    name: str
    content: Content


def check(members: Sequence[Member]) -> None:
    """Raise :class:`NotExpressible` for more files, a longer file or name than a cabinet holds."""
    if len(members) > MOST_FILES:
        raise NotExpressible(f"a cabinet holds {MOST_FILES} files, not {len(members)}")
    for member in members:
        if member.content.size > MOST_BLOCKS * BLOCK:
            raise NotExpressible(
                f"a file in a cabinet has at most {MOST_BLOCKS * BLOCK} bytes, not {member.content.size}"
            )
        if not 0 < len(member.name.encode()) <= MOST_NAME or "\0" in member.name:
            raise NotExpressible(f"{member.name[:80]!r} is no name for a file in a cabinet")


def write(out: BinaryIO, members: Sequence[Member], effort: Effort) -> None:
    """Write a cabinet at the current position of ``out``, which is left at the cabinet's end.

    Raises :class:`NotExpressible` for what :func:`check` refuses, before a byte is written, and
    for 2 GiB of compressed data, when there are as many.
    """
    check(members)
    start = out.tell()
    folders = list(_folders(members))
    files = b"".join(_files(folders))
    lists = bytes(HEADER.size + FOLDER.size * len(folders)) + files
    out.write(lists)
    length = len(lists)
    listed = b""
    for folder in folders:
        blocks = -(-sum(member.content.size for member in folder) // BLOCK)
        listed += FOLDER.pack(length, blocks, MSZIP)
        for data in _data(folder, effort):
            length += len(data)
            if length > MOST_BYTES:
                raise NotExpressible(f"a cabinet holds {MOST_BYTES} bytes, and these are more")
            out.write(data)
    header = HEADER.pack(
        b"MSCF", 0, length, 0, HEADER.size + len(listed), 0, *VERSION,
        len(folders), len(members), 0, 0, 0,
    )  # fmt: skip
    out.seek(start)
    out.write(header + listed)
    out.seek(start + length)


def checksum(data: bytes, seed: int = 0) -> int:
    """Return the exclusive or of all 32-bit words (MS-CAB, 3.1).

    Words are little endian, but what is left of one at the end is taken for a big-endian number.
    The words are folded as one long integer, which is ten times as fast as one by one.
    """
    words = len(data) // 4
    rest = int.from_bytes(data[4 * words :], "big")
    folded = int.from_bytes(data[: 4 * words], "little")
    while words > 1:
        words = (words + 1) // 2
        folded = folded >> 32 * words ^ folded & (1 << 32 * words) - 1
    return seed ^ folded ^ rest


def _folders(members: Iterable[Member]) -> Iterator[list[Member]]:
    """Divide the files, in their order, so that no folder has more blocks than it can count."""
    folder: list[Member] = []
    size = 0
    for member in members:
        size += member.content.size
        if size > MOST_BLOCKS * BLOCK:
            yield folder
            folder = []
            size = member.content.size
        folder.append(member)
    if folder:
        yield folder


def _files(folders: Iterable[Sequence[Member]]) -> Iterator[bytes]:
    for number, folder in enumerate(folders):
        starts = accumulate((member.content.size for member in folder), initial=0)
        for member, start in zip(folder, starts, strict=False):
            attributes = ARCHIVE if member.name.isascii() else ARCHIVE | NAME_IS_UTF8
            size = member.content.size
            yield FILE.pack(size, start, number, FIRST_DAY, 0, attributes)
            yield member.name.encode() + b"\0"


def _data(folder: Iterable[Member], effort: Effort) -> Iterator[bytes]:
    """Yield the blocks of a folder, many at a time."""

    def pieces() -> Iterator[tuple[bytes, bytes]]:
        before = b""
        contents = chain.from_iterable(member.content.chunks() for member in folder)
        for piece in cut(contents, PIECE):
            yield before, piece
            before = piece[-WINDOW:]
            effort.advance(len(piece))

    return in_order(partial(_blocks, effort.level), pieces(), jobs=effort.jobs)


def _blocks(level: Level, piece: tuple[bytes, bytes]) -> bytes:
    """Return a piece as blocks; the block before it comes with it, as the first one's dictionary."""
    before, data = piece
    found = []
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        packed = deflate(block, level, FINISH, before)
        if len(packed) > len(block) + 5:
            # MS-MCI lets a block grow by 12 bytes, zlib takes more: RFC 1951, 3.2.4, one stored block.
            packed = b"\1" + struct.pack("<HH", len(block), len(block) ^ 0xFFFF) + block
        packed = b"CK" + packed
        sizes = struct.pack("<HH", len(packed), len(block))
        found.append(DATA.pack(checksum(sizes, checksum(packed)), len(packed), len(block)))
        found.append(packed)
        before = block
    return b"".join(found)
