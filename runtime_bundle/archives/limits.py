"""What an archive may cost us, and the meter that holds it to that."""

from __future__ import annotations

from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import UnsafeArchive

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one archive; sizes in bytes.

    ``ratio`` of expanded to packed size counts once more than ``unmetered`` bytes have come out.
    ``record`` bounds one header or extended header, ``metadata`` one file of a package's metadata,
    ``memory`` an LZMA dictionary, ``window`` a Zstandard one. ``component``, ``path`` (UTF-8) and
    ``depth`` bound names.
    """

    members: int = 30_000
    expanded: int = 1536 * MIB
    ratio: int = 60
    unmetered: int = 10 * MIB
    record: int = MIB
    metadata: int = 32 * MIB
    memory: int = 256 * MIB
    window: int = 128 * MIB
    component: int = 255
    path: int = 1024
    depth: int = 40


LIMITS = Limits()


class Meter:
    """Counts members and expanded bytes of one reading, and stops a bomb."""

    def __init__(self, limits: Limits, packed: int) -> None:
        """Measure against ``packed``, the bytes the archive takes on disk."""
        self.limits = limits
        self._packed = packed
        self._expanded = 0
        self._members = 0

    def add(self, size: int) -> None:
        """Count ``size`` expanded bytes."""
        self._expanded += size
        if self._expanded > self.limits.expanded:
            raise UnsafeArchive(f"the archive expands to more than {self.limits.expanded} bytes")
        if self._expanded > max(self.limits.unmetered, self.limits.ratio * self._packed):
            raise UnsafeArchive(
                f"the archive expands to more than {self.limits.ratio} times its {self._packed} bytes"
            )

    def member(self) -> None:
        """Count one member."""
        self._members += 1
        if self._members > self.limits.members:
            raise UnsafeArchive(f"the archive has more than {self.limits.members} members")
