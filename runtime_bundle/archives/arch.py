"""Arch Linux packages (PKGINFO(5), ALPM-MTREE(5)): a tar that begins with files named by a dot."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import pkginfo, tar
from rtinstall.runtime_bundle.archives.archive import Archive, leading, opened
from rtinstall.runtime_bundle.archives.compressed import decompress, expanded
from rtinstall.runtime_bundle.archives.digests import Expected, checked, plain
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import joined, text
from rtinstall.runtime_bundle.errors import UnsafeArchive

METADATA = (".BUILDINFO", ".CHANGELOG", ".INSTALL", ".MTREE", ".PKGINFO")
DIGESTS = {"sha256digest": "sha256", "sha256": "sha256", "md5digest": "md5", "md5": "md5"}


def open_arch(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read the metadata of a package, and prepare to read its files."""
    packed = path.stat().st_size
    with opened(path) as file:
        meter = Meter(limits, packed)
        every = tar.members(expanded(file, meter), meter)
        found = leading(every, ours=METADATA.__contains__, limit=limits.metadata)
    metadata = pkginfo.fields(text(found.get(".PKGINFO", b""), ".PKGINFO"))
    listed = _mtree(found[".MTREE"], limits) if ".MTREE" in found else {}

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        meter = Meter(limits, packed)
        every = tar.members(expanded(file, meter), meter)
        for entry, chunks in checked(every, listed, problems):
            if entry.name not in METADATA:
                yield entry, chunks

    scripts = (".INSTALL",) if ".INSTALL" in found else ()
    return Archive(path, "arch", metadata, scripts, [], members)


def _mtree(packed: bytes, limits: Limits) -> dict[str, Expected | None]:
    """Read the list of files (mtree(5)) with what digest each has."""
    meter = Meter(limits, len(packed))
    source = decompress(io.BytesIO(packed), "gzip", meter)
    content = text(
        joined(iter(lambda: source.read(1 << 16), b""), limits.metadata, ".MTREE"), ".MTREE"
    )
    listed: dict[str, Expected | None] = {}
    for line in content.splitlines():
        if not line.startswith("./"):
            if not line.startswith(("#", "/set ", "/unset ")) and line.strip():
                raise UnsafeArchive(f"the package's .MTREE is malformed: {line[:80]!r}")
            continue
        path, *words = line.split(" ")
        values = dict(word.split("=", 1) for word in words if "=" in word)
        digest = next(((DIGESTS[key], values[key]) for key in DIGESTS if key in values), None)
        if values.get("type") == "link":
            digest = None
        listed[plain(_unescaped(path))] = digest
    return listed


def _unescaped(path: str) -> str:
    r"""Undo ``\040``: octal bytes of a UTF-8 name."""
    data = re.sub(rb"\\([0-3][0-7]{2})", lambda match: bytes([int(match[1], 8)]), path.encode())
    return text(data, "a name in .MTREE")
