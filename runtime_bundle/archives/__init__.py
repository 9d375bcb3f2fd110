"""Reading archives and packages: one module a container or format, each yields entries, none writes.

Everything here takes hostile input: memory does not grow with the payload, :class:`~limits.Limits`
bound the rest, and whatever is malformed is an :class:`UnsafeArchive`, no other exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import ar, cabinet, compound, rpm, tar, xar, zip
from rtinstall.runtime_bundle.archives.apk import SIGNATURE, open_apk
from rtinstall.runtime_bundle.archives.arch import METADATA, open_arch
from rtinstall.runtime_bundle.archives.archive import Archive, opened
from rtinstall.runtime_bundle.archives.cabinet import open_cab
from rtinstall.runtime_bundle.archives.compressed import Codec, codec_of, expanded
from rtinstall.runtime_bundle.archives.deb import open_deb
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.flat import open_flat
from rtinstall.runtime_bundle.archives.freebsd import MANIFESTS, open_freebsd
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.msi import open_msi
from rtinstall.runtime_bundle.archives.rpm import open_rpm
from rtinstall.runtime_bundle.archives.source import joined, up_to
from rtinstall.runtime_bundle.archives.wheel import open_zip
from rtinstall.runtime_bundle.errors import NotReadable

__all__ = ["LIMITS", "Archive", "ArchiveEntry", "Limits", "Member", "open_archive"]

SUFFIX: dict[Codec | None, str] = {
    None: "tar", "gzip": "tar.gz", "xz": "tar.xz", "zstd": "tar.zst", "bzip2": "tar.bz2",
}  # fmt: skip


def open_archive(path: Path, limits: Limits = LIMITS) -> Archive:
    """Find out by its content what ``path`` is, and read what it says of itself.

    Raises :class:`NotReadable` for a file that cannot be opened or is nothing known here,
    :class:`UnsafeArchive` for one that is malformed.
    """
    with opened(path) as file:
        start = up_to(file, tar.BLOCK)
    codec = codec_of(start)
    if start.startswith(ar.MAGIC) and start[8:21] == b"debian-binary":
        return open_deb(path, limits)
    if start.startswith(rpm.MAGIC):
        return open_rpm(path, limits)
    if start.startswith(xar.MAGIC):
        return open_flat(path, limits)
    if start.startswith((zip.MAGIC, zip.END_MAGIC)):
        return open_zip(path, limits)
    if start.startswith(compound.MAGIC):
        return open_msi(path, limits)
    if start.startswith(cabinet.MAGIC):
        return open_cab(path, limits)
    if codec or tar.looks_like_tar(start):
        return _open_tar(path, codec, limits)
    raise NotReadable(f"{path} is no archive or package of a known format")


def _open_tar(path: Path, codec: Codec | None, limits: Limits) -> Archive:
    """Tell the packages that are tar archives from each other, and from plain ones."""
    packed = path.stat().st_size

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        meter = Meter(limits, packed)
        yield from tar.members(expanded(file, meter, early=True), meter)

    with opened(path) as file:
        if not tar.looks_like_tar(up_to(expanded(file, Meter(limits, packed)), tar.BLOCK)):
            raise NotReadable(f"{path} is compressed, but no archive is inside")
    with opened(path) as file:
        meter = Meter(limits, packed)
        # apk's first tar may lack its end, and is followed by the next one.
        first = {}
        for entry, chunks in tar.members(expanded(file, meter), meter, end="open"):
            if not entry.name.startswith((".", "+")) or entry.name.startswith(("./", "..")):
                break
            first[entry.name] = b""
            if entry.name == ".PKGINFO":
                first[entry.name] = joined(chunks, limits.metadata, entry.name)
    if any(name in first for name in MANIFESTS):
        return open_freebsd(path, limits)
    if codec == "gzip" and (
        any(name.startswith(SIGNATURE) for name in first)
        or b"\ndatahash" in first.get(".PKGINFO", b"")
    ):
        return open_apk(path, limits)
    if ".PKGINFO" in first and all(name in METADATA for name in first):
        return open_arch(path, limits)
    return Archive(path, SUFFIX[codec], {}, (), [], members)
