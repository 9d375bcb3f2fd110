"""Undo one compressed stream: one, whole, and nothing behind it. The codec is known by its magic."""

from __future__ import annotations

import lzma
import zlib

import zstandard


def decompress(data: bytes) -> bytes:
    """Return what ``data`` holds, which is ``data`` itself where no magic is known."""
    if data[:4] == b"\x28\xb5\x2f\xfd":
        frame = zstandard.ZstdDecompressor().decompressobj()
        plain = frame.decompress(data)
        assert frame.eof
        assert not frame.unused_data
    elif data[:6] == b"\xfd7zXZ\0":
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        plain = stream.decompress(data)
        assert stream.eof
        assert not stream.unused_data
    elif data[:2] == b"\x1f\x8b":
        gzip = zlib.decompressobj(wbits=31)
        plain = gzip.decompress(data) + gzip.flush()
        assert gzip.eof
        assert not gzip.unused_data
    else:
        plain = data
    return plain
