"""A strict reader of Arch Linux packages: makepkg's order, a tree, and nothing besides."""

from __future__ import annotations

from dataclasses import dataclass

from readers import mtree, pkginfo, streams, tar


@dataclass(frozen=True)
class Arch:
    """The three files of metadata, and ``members``, which is what gets installed."""

    pkginfo: dict[str, list[str]]
    buildinfo: dict[str, list[str]]
    mtree: dict[str, dict[str, str]]
    metadata: list[tar.Member]
    members: list[tar.Member]


def read(package: bytes) -> Arch:
    """Return what is in the package."""
    members = tar.read(streams.decompress(package))
    metadata, members = members[:3], members[3:]
    names = [member.name for member in metadata]
    assert names == [".BUILDINFO", ".MTREE", ".PKGINFO"]
    assert all(member.kind == "file" and member.mode == 0o644 for member in metadata)
    assert not any(member.name.startswith((".", "/")) for member in members)
    buildinfo, listed, info = (member.data for member in metadata)
    assert listed[:2] == b"\x1f\x8b", ".MTREE is not compressed by gzip"
    return Arch(
        pkginfo=pkginfo.read(info),
        buildinfo=pkginfo.read(buildinfo),
        mtree=mtree.read(streams.decompress(listed)),
        metadata=metadata,
        members=members,
    )
