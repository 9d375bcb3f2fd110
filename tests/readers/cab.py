"""Read a cabinet of MSZIP folders, strictly, from [MS-CAB] and [MS-MCI]."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

BLOCK = 32768


@dataclass(frozen=True)
class Member:
    name: str
    folder: int
    date: int
    time: int
    attributes: int
    data: bytes


def read(cabinet: bytes) -> list[Member]:
    """Return the files, in order; a cabinet that is not exactly as described is a ValueError."""
    (
        magic, zero1, length, zero2, first_file, zero3, minor, major, folder_count, file_count,
        flags, _set, number,
    ) = struct.unpack_from("<4sIIIIIBBHHHHH", cabinet)  # fmt: skip
    expect(magic == b"MSCF" and (major, minor) == (1, 3), "no cabinet of version 1.3")
    expect(not (zero1 or zero2 or zero3), "a reserved field is not zero")
    expect(length == len(cabinet), f"{len(cabinet)} bytes, not {length}")
    expect(flags == 0 and number == 0, "reserved areas or several cabinets")
    expect(first_file == 36 + 8 * folder_count, "the list of files is elsewhere")
    entries = []
    place = first_file
    for _ in range(file_count):
        fields = struct.unpack_from("<IIHHHH", cabinet, place)
        end = cabinet.index(b"\0", place + 16)
        raw = cabinet[place + 16 : end]
        expect(0 < len(raw) <= 255, f"a name of {len(raw)} bytes")
        expect(
            raw.isascii() != bool(fields[5] & 0x80), f"{raw!r} has another encoding than it says"
        )
        expect(fields[3] != 0, f"{raw!r} has no date")
        entries.append((raw.decode(), fields))
        place = end + 1
    folders = []
    for index in range(folder_count):
        start, count, method = struct.unpack_from("<IHH", cabinet, 36 + 8 * index)
        expect(start == place, f"folder {index} does not follow what is before it")
        expect(method == 1, f"folder {index} is compressed by {method}")
        plain, place = unpack(cabinet, start, count)
        folders.append(plain)
    expect(place == length, "something follows the last block")
    members = []
    reached = [0] * folder_count
    for name, (size, offset, folder, date, time, attributes) in entries:
        expect(offset == reached[folder], f"{name!r} does not begin where the file before it ends")
        reached[folder] += size
        data = folders[folder][offset : offset + size]
        members.append(Member(name, folder, date, time, attributes, data))
    expect(reached == list(map(len, folders)), "the files are not what the folders hold")
    return members


def unpack(cabinet: bytes, place: int, count: int) -> tuple[bytes, int]:
    """Return what ``count`` blocks from ``place`` hold, and where they end."""
    plain = b""
    pieces = []
    for index in range(count):
        check, packed, size = struct.unpack_from("<IHH", cabinet, place)
        data = cabinet[place + 8 : place + 8 + packed]
        expect(len(data) == packed, "a block is cut short")
        expect(packed <= BLOCK + 12, f"a block of {packed} bytes")
        expect(check == checksum(cabinet[place + 4 : place + 8], checksum(data, 0)), "a checksum")
        expect(size == BLOCK or (index == count - 1 and 0 < size < BLOCK), f"a block of {size}")
        expect(data[:2] == b"CK", "a block without its signature")
        decoder = zlib.decompressobj(-15, zdict=plain)
        try:
            plain = decoder.decompress(data[2:])
        except zlib.error as error:
            raise ValueError(f"block {index}: {error}") from error
        expect(decoder.eof and not decoder.unused_data, "a block is no whole deflate stream")
        expect(len(plain) == size, f"a block of {len(plain)} bytes, not {size}")
        pieces.append(plain)
        place += 8 + packed
    return b"".join(pieces), place


def checksum(data: bytes, seed: int) -> int:
    """[MS-CAB] 3.1, word by word."""
    whole = len(data) // 4 * 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        seed ^= word
    rest = data[whole:]
    if len(rest) == 3:
        seed ^= rest[0] << 16 | rest[1] << 8 | rest[2]
    elif len(rest) == 2:
        seed ^= rest[0] << 8 | rest[1]
    elif len(rest) == 1:
        seed ^= rest[0]
    return seed


def expect(right: bool, otherwise: str) -> None:
    if not right:
        raise ValueError(otherwise)
