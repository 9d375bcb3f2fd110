"""Zstandard (RFC 8878): one frame, written by libzstd in its multi-threaded mode.

That mode cuts the input into jobs by its parameters alone, so the bytes are the same for any
number of threads from one up; the single-threaded mode is another one and is never used. The
window stays at 4 MiB: with libzstd's own choice for level 19 the memory would double.
"""

from __future__ import annotations

from rtinstall.platforms.compression.stream import Stream, Writable
from rtinstall.platforms.package import Effort, Level

LEVEL: dict[Level, int] = {"fast": 3, "balanced": 9, "max": 19}
WINDOW_LOG: dict[Level, int] = {"fast": 21, "balanced": 22, "max": 22}
THREADS: dict[Level, int] = {"fast": 4, "balanced": 4, "max": 2}


class ZstdStream(Stream):
    """One frame."""

    def __init__(self, out: Writable, effort: Effort) -> None:
        """Start the encoder."""
        import zstandard

        level = effort.level
        parameters = zstandard.ZstdCompressionParameters.from_level(
            LEVEL[level],
            window_log=WINDOW_LOG[level],
            threads=max(1, min(effort.jobs, THREADS[level])),
            job_size=4 << WINDOW_LOG[level] if level != "max" else 2 << WINDOW_LOG[level],
            write_checksum=1,
            write_content_size=0,
        )
        super().__init__(out, effort)
        self._encoder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        compressed = self._encoder.compress(data)
        if compressed:
            self._out.write(compressed)

    def close(self) -> None:
        """End the frame."""
        self._out.write(self._encoder.flush())
