"""gzip (RFC 1952): one member, its deflate (RFC 1951) made of pieces that end in a full flush.

A full flush empties the window and ends on a byte boundary, so pieces can be joined byte-wise; one
empty final block ends the member. apk takes exactly one member, so one it is.
"""

from __future__ import annotations

import struct

from rtinstall.platforms.compression.deflate import FULL_FLUSH, PIECE, deflate
from rtinstall.platforms.compression.pieces import Pieces
from rtinstall.platforms.compression.stream import Writable
from rtinstall.platforms.package import Effort, Level

# RFC 1952, 2.3: no name, no time, how hard it was compressed, OS 255 (unknown): nothing of this machine.
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00%c\xff"
EXTRA_FLAGS: dict[Level, int] = {"fast": 0, "balanced": 0, "max": 2}
# RFC 1951, 3.2.6: a final block of fixed codes that holds only the end-of-block code.
FINAL_BLOCK = b"\x03\x00"


class GzipStream(Pieces):
    """One gzip member."""

    def __init__(self, out: Writable, effort: Effort) -> None:
        """Write the header."""
        from zlib_ng import zlib_ng

        super().__init__(out, effort, length=PIECE, ahead=2)
        self._crc32 = zlib_ng.crc32  # several times as fast as the standard library's
        self._level = effort.level
        self._crc = 0
        self._size = 0
        out.write(HEADER % EXTRA_FLAGS[effort.level])

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._crc = self._crc32(data, self._crc)
        self._size += len(data)
        super().write(data)

    def compress(self, piece: bytes) -> bytes:
        """Return ``piece`` as raw deflate ended by a full flush."""
        return deflate(piece, self._level, FULL_FLUSH)

    def append(self, length: int, compressed: bytes) -> None:
        """Write one piece."""
        self._out.write(compressed)

    def close(self) -> None:
        """Write the final block, the CRC-32 and the length modulo 2**32."""
        self.finish()
        self._out.write(FINAL_BLOCK + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))
