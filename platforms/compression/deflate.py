"""Raw deflate (RFC 1951), the encoder below gzip, zip and the cabinet's MSZIP.

It is zlib-ng in a pinned version: deflate output differs between zlib builds, packages must not.
A piece of a stream is compressed on its own, with what stands before it as a dictionary or without,
so that many are done at once, and ends on a byte boundary, so that they are joined byte-wise.
"""

from __future__ import annotations

import zlib

from rtinstall.platforms.package import Level

LEVEL: dict[Level, int] = {"fast": 3, "balanced": 6, "max": 9}
PIECE = 1 << 20
# RFC 1951, 2: how far back a match may lie, and so the most of a dictionary that is of use.
WINDOW = 1 << 15
FULL_FLUSH = zlib.Z_FULL_FLUSH
SYNC_FLUSH = zlib.Z_SYNC_FLUSH
FINISH = zlib.Z_FINISH


def deflate(piece: bytes, level: Level, end: int, before: bytes = b"") -> bytes:
    """Return ``piece`` compressed, ended by one of the three constants above.

    ``before`` is the plain data before it, as far as the reader will have it in its window.
    """
    from zlib_ng import zlib_ng

    encoder = zlib_ng.compressobj(
        LEVEL[level], zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL,
        zlib.Z_DEFAULT_STRATEGY, before,
    )  # fmt: skip
    return encoder.compress(piece) + encoder.flush(end)
