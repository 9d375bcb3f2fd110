"""Is this executable for that target? Reads the headers of ELF, Mach-O, PE and XCOFF, and little else.

Only what tells targets apart is read, from where the headers say it is: nothing is loaded whole.
Left out: symbol tables, signatures, import tables of PE and XCOFF.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rtinstall.runtime_bundle.errors import NotReadable, WrongBinary
from rtinstall.runtime_bundle.model import Blob, Content
from rtinstall.runtime_bundle.targets import Arch, Libc, Os, Target

# Return exactly that many bytes from that offset.
At = Callable[[int, int], bytes]
Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Executable:
    """What an executable's headers say.

    ``os`` is ``aix`` for XCOFF, which IBM i shares. ``archs`` has several for a universal Mach-O.
    ``glibc`` and ``glibcxx`` are the highest ``GLIBC_x.y`` and ``GLIBCXX_3.4.y`` needed, the latter
    as (4, y); ``minimum`` the oldest macOS.
    """

    kind: Literal["elf", "macho", "pe", "xcoff"]
    os: Os | None
    archs: tuple[Arch, ...]
    libc: Libc | None = None
    glibc: Version | None = None
    glibcxx: Version | None = None
    interpreter: str = ""
    minimum: Version | None = None
    needed: tuple[str, ...] = ()

    @property
    def arch(self) -> Arch:
        """Return the first architecture."""
        return self.archs[0]
