"""Zstandard (RFC 8878): one frame, written by libzstd in its multi-threaded mode.

That mode cuts the input into jobs by its parameters alone, so the bytes are the same for any
number of threads from one up; the single-threaded mode is another one and is never used. Windows,
jobs and threads are bounded so that writing any package stays below 150 MB of memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtinstall.platforms.compression.stream import Stream, Writable
from rtinstall.platforms.package import Effort, Level

MIB = 1 << 20
HELD = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class Setting:
    """A level of libzstd, its window as a power of two, a job's bytes, and the most threads.

    ``tables`` overrides the logarithms of the match finder's tables, which take most of the memory:
    at level 19 those of libzstd's choice take 100 MB more and save half a percent.
    """

    level: int
    window_log: int
    job: int
    threads: int
    tables: Mapping[str, int] = field(default_factory=dict)


LEVEL: dict[Level, Setting] = {
    "fast": Setting(3, 22, 8 * MIB, 4),
    "balanced": Setting(9, 22, 8 * MIB, 2),
    "max": Setting(19, 22, 8 * MIB, 2, {"chain_log": 22, "hash_log": 20}),
}


class ZstdStream(Stream):
    """One frame."""

    def __init__(self, out: Writable, effort: Effort) -> None:
        """Start the encoder."""
        import zstandard

        setting = LEVEL[effort.level]
        parameters = zstandard.ZstdCompressionParameters.from_level(
            setting.level,
            window_log=setting.window_log,
            threads=max(1, min(effort.jobs, setting.threads)),
            job_size=setting.job,
            **setting.tables,
            write_checksum=1,
            write_content_size=0,
        )
        super().__init__(out, effort)
        self._held = bytearray()
        self._encoder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def write(self, data: bytes) -> None:
        """Append ``data``; small pieces are handed to the encoder together."""
        if len(data) >= HELD:
            self._compress()
            self._encode(data)
        else:
            self._held += data
            if len(self._held) >= HELD:
                self._compress()

    def close(self) -> None:
        """End the frame."""
        self._compress()
        self._out.write(self._encoder.flush())

    def _compress(self) -> None:
        if self._held:
            self._encode(bytes(self._held))
            self._held.clear()

    def _encode(self, data: bytes) -> None:
        compressed = self._encoder.compress(data)
        if compressed:
            self._out.write(compressed)
