"""xz (The .xz File Format 1.2.1): one stream of several LZMA2 blocks, joined by one index.

dpkg-deb does not read concatenated streams, so there is one. Every block is compressed on its own
by liblzma's raw LZMA2 encoder; headers, index and footer are written here. CRC-32 checks, which
every reader knows.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from dataclasses import dataclass

from rtinstall.platforms.compression.pieces import Pieces
from rtinstall.platforms.compression.stream import Writable
from rtinstall.platforms.package import Effort, Level

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Setting:
    """An LZMA preset, its dictionary and the length of a block, in bytes."""

    preset: int
    dictionary: int
    block: int

    @property
    def memory(self) -> int:
        """Return what one encoder takes, in bytes: match finder, the block and what comes of it."""
        return self.dictionary * (12 if self.preset >= 4 else 8) + 2 * self.block


LEVEL: dict[Level, Setting] = {
    "fast": Setting(0, MIB // 4, 4 * MIB),
    "balanced": Setting(3, 2 * MIB, 6 * MIB),
    "max": Setting(6, 4 * MIB, 12 * MIB),
}
# All encoders together; more threads than fit would break the promise about memory.
MEMORY = 112 * MIB
CRC32 = 1
STREAM_FLAGS = bytes([0, CRC32])


def number(value: int) -> bytes:
    """Encode a variable-length integer (section 1.2)."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def with_crc(data: bytes) -> bytes:
    """Append the CRC-32 of ``data``, little endian."""
    return data + struct.pack("<I", zlib.crc32(data))


def dictionary_code(size: int) -> int:
    """Return the one byte that stands for a dictionary of at least ``size`` bytes (section 5.3.1)."""
    return next(bits for bits in range(40) if (2 | (bits & 1)) << (bits // 2 + 11) >= size)


class XzStream(Pieces):
    """One stream with a block a piece."""

    def __init__(self, out: Writable, effort: Effort) -> None:
        """Write the stream header (section 2.1.1)."""
        setting = LEVEL[effort.level]
        super().__init__(out, effort, length=setting.block, most=MEMORY // setting.memory)
        self._filters = [
            {"id": lzma.FILTER_LZMA2, "preset": setting.preset, "dict_size": setting.dictionary}
        ]
        # Section 3.1: size in words less one, flags (one filter, no sizes), LZMA2, its one property.
        properties = bytes([0x21, 1, dictionary_code(setting.dictionary)])
        self._block_header = with_crc(bytes([2, 0]) + properties + bytes(3))
        self._index: list[tuple[int, int]] = []
        out.write(b"\xfd7zXZ\x00" + with_crc(STREAM_FLAGS))

    def compress(self, piece: bytes) -> bytes:
        """Return one block without its padding: header, LZMA2 data, check (section 3)."""
        data = lzma.compress(piece, lzma.FORMAT_RAW, filters=self._filters)
        return self._block_header + data + struct.pack("<I", zlib.crc32(piece))

    def append(self, length: int, compressed: bytes) -> None:
        """Write one block, padded before its check, and note it for the index."""
        self._index.append((len(compressed), length))
        self._out.write(compressed[:-4] + bytes(-len(compressed) % 4) + compressed[-4:])

    def close(self) -> None:
        """Write the index (section 4) and the stream footer (section 2.1.2)."""
        self.finish()
        records = b"".join(number(unpadded) + number(size) for unpadded, size in self._index)
        index = b"\x00" + number(len(self._index)) + records
        index = with_crc(index + bytes(-len(index) % 4))
        footer = struct.pack("<I", len(index) // 4 - 1) + STREAM_FLAGS
        self._out.write(index + struct.pack("<I", zlib.crc32(footer)) + footer + b"YZ")
