"""Property sets ([MS-OLEPS]): one section of numbered, typed values, as in summary information."""

from __future__ import annotations

import struct
from collections.abc import Mapping

# FMTID_SummaryInformation, {F29F85E0-4FF9-1068-AB91-08002B27B3D9}.
SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
# Byte order, version, and the system that wrote it: 2 for Windows, its version 6.2.
PREFIX = struct.pack("<HHI16xI", 0xFFFE, 0, 0x00020206, 1)
# From 1601-01-01 to 1970-01-01, in seconds.
EPOCH = 11_644_473_600


def int16(number: int) -> bytes:
    """Encode a VT_I2."""
    return struct.pack("<Ihxx", 2, number)


def int32(number: int) -> bytes:
    """Encode a VT_I4."""
    return struct.pack("<Ii", 3, number)


def string(text: bytes) -> bytes:
    """Encode a VT_LPSTR; ``text`` is in the code page that property 1 names."""
    return struct.pack("<II", 30, len(text) + 1) + text + bytes(4 - len(text) % 4)


def filetime(seconds: int) -> bytes:
    """Encode a VT_FILETIME from ``seconds`` since 1970."""
    return struct.pack("<IQ", 64, (seconds + EPOCH) * 10_000_000)


def encode(section: bytes, values: Mapping[int, bytes]) -> bytes:
    """Return a property set of one section, in ascending order of the properties' numbers."""
    index, data = b"", b""
    start = 8 + 8 * len(values)
    for number in sorted(values):
        index += struct.pack("<II", number, start + len(data))
        data += values[number]
    offset = len(PREFIX) + len(section) + 4
    head = struct.pack("<II", start + len(data), len(values))
    return PREFIX + section + struct.pack("<I", offset) + head + index + data
