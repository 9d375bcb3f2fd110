"""One interface over the codecs: what is written into a stream leaves it as one standard stream.

``open_stream`` gives a :class:`Stream`; a writer calls ``write`` for headers and ``add`` for the
contents of files, and never learns how the bytes are cut up. ``add`` is a call of its own so that
a codec may join in what it has compressed before.

Every codec compresses on ``effort.jobs`` threads and gives the same bytes for any number of them:
deflate and LZMA2 in pieces of fixed length, Zstandard with its own deterministic job size.
What is in flight is bounded, so memory does not grow with the payload.
"""

from __future__ import annotations

from rtinstall.platforms.compression.gzip import GzipStream
from rtinstall.platforms.compression.stream import PlainStream, Stream, Writable
from rtinstall.platforms.compression.xz import XzStream
from rtinstall.platforms.compression.zstd import ZstdStream
from rtinstall.platforms.package import Codec, Effort

SUFFIX: dict[Codec, str] = {"none": "", "gzip": ".gz", "xz": ".xz", "zstd": ".zst"}


def open_stream(codec: Codec, out: Writable, effort: Effort) -> Stream:
    """Start one stream of ``codec`` that writes into ``out``."""
    match codec:
        case "none":
            return PlainStream(out, effort)
        case "gzip":
            return GzipStream(out, effort)
        case "xz":
            return XzStream(out, effort)
        case "zstd":
            return ZstdStream(out, effort)
