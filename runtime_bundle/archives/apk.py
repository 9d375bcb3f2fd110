"""Alpine packages, version 2 (apk-package(5)): gzip members of signature, control and data.

The signature is not verified; the digest of the data member and of every file in it is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import pkginfo, tar
from rtinstall.runtime_bundle.archives.archive import Archive, opened
from rtinstall.runtime_bundle.archives.compressed import gzip_member
from rtinstall.runtime_bundle.archives.digests import Expected, each_checked
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, MIB, Limits, Meter
from rtinstall.runtime_bundle.archives.source import joined, text
from rtinstall.runtime_bundle.errors import UnsafeArchive

SIGNATURE = ".SIGN."
CHECKSUM = "APK-TOOLS.checksum.SHA1"


def open_apk(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read the control member of a package, and prepare to read its files."""
    packed = path.stat().st_size
    with opened(path) as file:
        meter = Meter(limits, packed)
        control = _dot_files(file, meter)
        if all(name.startswith(SIGNATURE) for name in control):
            control |= _dot_files(file, meter)
        start = file.tell()
    metadata = pkginfo.fields(text(control.get(".PKGINFO", b""), ".PKGINFO"))
    scripts = tuple(
        name for name in control if name != ".PKGINFO" and not name.startswith(SIGNATURE)
    )

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        file.seek(start)
        state = hashlib.sha256()
        while data := file.read(MIB):
            state.update(data)
        if metadata.get("datahash") != state.hexdigest():
            problems.append("the sha256 of the data is not the datahash in .PKGINFO")
        file.seek(start)
        meter = Meter(limits, packed)
        yield from each_checked(
            tar.members(gzip_member(file, meter), meter, end="open"), _checksum, problems
        )
        if file.tell() != file.seek(0, os.SEEK_END):
            raise UnsafeArchive("there is something behind the data of the .apk")

    return Archive(path, "apk", metadata, scripts, [], members)


def _dot_files(file: BinaryIO, meter: Meter) -> dict[str, bytes]:
    """Read one gzip member that holds metadata."""
    found = {}
    left = meter.limits.metadata
    for entry, chunks in tar.members(gzip_member(file, meter), meter, end="open"):
        if entry.kind != "file" or not entry.name.startswith(".") or entry.name in found:
            raise UnsafeArchive(f"the .apk has {entry.name!r} among its metadata")
        found[entry.name] = joined(chunks, left, entry.name)
        left -= len(found[entry.name])
    return found


def _checksum(entry: ArchiveEntry) -> Expected | None:
    digest = entry.records.get(CHECKSUM)
    return ("sha1", digest) if digest is not None else None
