"""Zstandard (RFC 8878): one frame, written by libzstd in its multi-threaded mode.

That mode cuts the input into jobs by its parameters alone, so the bytes are the same for any
number of threads from one up; the single-threaded mode is another one and is never used. The
window stays at 4 MiB: with libzstd's own choice for level 19 the memory would double.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtinstall.platforms.package import Effort, Level

if TYPE_CHECKING:
    from rtinstall.platforms.compression import Writable
    from rtinstall.runtime_bundle.model import Content

LEVEL: dict[Level, int] = {"fast": 3, "balanced": 9, "max": 19}
WINDOW_LOG: dict[Level, int] = {"fast": 21, "balanced": 22, "max": 22}
THREADS: dict[Level, int] = {"fast": 4, "balanced": 4, "max": 2}


class ZstdStream:
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
        self._out = out
        self._encoder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        compressed = self._encoder.compress(data)
        if compressed:
            self._out.write(compressed)

    def add(self, content: Content) -> None:
        """Append the bytes of ``content``."""
        for chunk in content.chunks():
            self.write(chunk)

    def close(self) -> None:
        """End the frame."""
        self._out.write(self._encoder.flush())
