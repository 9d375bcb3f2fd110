"""What every container yields: an entry as it is stored, and its bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["file", "directory", "symlink", "hardlink", "device", "fifo", "other"]


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One member, named and described as the archive does it; nothing is normalised or trusted.

    ``mode`` holds the twelve permission bits, ``time`` seconds since 1970, ``records`` the pax
    records of a tar member.
    """

    name: str
    kind: Kind
    mode: int
    size: int = 0
    time: int = 0
    uid: int = 0
    gid: int = 0
    owner: str = ""
    group: str = ""
    link: str = ""
    records: Mapping[str, str] = field(default_factory=dict)


# The chunks belong to the entry until the next member is asked for; what is left is skipped then.
Member = tuple[ArchiveEntry, Iterator[bytes]]
