"""Take the places of the machine of the freezing out of shared libraries (gABI, "Dynamic Section").

A Python in somebody's home has its own folder in each module's RUNPATH. On another machine that is a
folder which whoever has that home there may fill: what lies in it would be loaded into the program.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

RPATH, RUNPATH = 15, 29
STRINGS, NOTHING = 5, 0  # DT_STRTAB, DT_NULL
DYNAMIC, LOADED = 2, 1  # PT_DYNAMIC, PT_LOAD
ORIGIN = b"$ORIGIN"


def forget(path: Path) -> bool:
    """Remove every search path that is not relative to the file itself; return whether there was one.

    What is no ELF file stays as it is.
    """
    data = bytearray(path.read_bytes())
    if data[:4] != b"\x7fELF" or len(data) < 64:
        return False
    order = "<" if data[5] == 1 else ">"
    wide = data[4] == 2
    entry = struct.Struct(f"{order}{'qQ' if wide else 'iI'}")
    segments = [*_segments(data, order, wide=wide)]
    changed = False
    for kind, offset, _, size in segments:
        if kind != DYNAMIC:
            continue
        listed = [entry.unpack_from(data, at) for at in range(offset, offset + size, entry.size)]
        text = next((value for tag, value in listed if tag == STRINGS), 0)
        kept = [
            (tag, value)
            for tag, value in listed
            if tag not in (RPATH, RUNPATH) or _text(data, segments, text + value).startswith(ORIGIN)
        ]
        changed = changed or len(kept) < len(listed)
        kept += [(NOTHING, 0)] * (len(listed) - len(kept))
        for number, (tag, value) in enumerate(kept):
            entry.pack_into(data, offset + number * entry.size, tag, value)
    if changed:
        path.write_bytes(data)
    return changed


def _segments(data: bytearray, order: str, *, wide: bool) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, offset, address and size in the file of each segment."""
    (start,) = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", data, 32 if wide else 28)
    size, count = struct.unpack_from(f"{order}2H", data, 54 if wide else 42)
    for at in range(start, start + size * count, size):
        if wide:
            kind, _, offset, address, _, length = struct.unpack_from(f"{order}2I4Q", data, at)
        else:
            kind, offset, address, _, length = struct.unpack_from(f"{order}5I", data, at)
        yield kind, offset, address, length


def _text(data: bytearray, segments: list[tuple[int, int, int, int]], address: int) -> bytes:
    for kind, offset, start, size in segments:
        if kind == LOADED and start <= address < start + size:
            at = offset + address - start
            return bytes(data[at : data.index(0, at)])
    return b""
