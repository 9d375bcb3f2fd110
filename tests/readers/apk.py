"""A strict reader of unsigned Alpine packages, version 2 (apk-v2(5)): all that apk checks, and more."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

from readers import pkginfo, tar

CHECKSUM = "APK-TOOLS.checksum.SHA1"


@dataclass(frozen=True)
class Apk:
    """``identity`` is the SHA-1 of the compressed control member, by which an index knows a package."""

    pkginfo: dict[str, list[str]]
    identity: str
    members: list[tar.Member]


def read(package: bytes) -> Apk:
    """Return what is in the package."""
    control, rest, end = gzip_member(package)
    data, nothing, _ = gzip_member(rest)
    assert not nothing, "the data is more than one gzip member"
    (info,) = tar.read(control, end="none")
    assert (info.name, info.kind, info.mode) == (".PKGINFO", "file", 0o644)
    fields = pkginfo.read(info.data)
    assert fields["datahash"] == [hashlib.sha256(rest).hexdigest()]
    assert int(fields["size"][0]) > 0, "apk would install nothing"
    members = tar.read(data)
    directories = {""}
    for member in members:
        assert not member.name.startswith((".", "/")), member.name
        path = member.name.rstrip("/")
        assert path.rpartition("/")[0] in directories, f"{path} comes before its directory"
        if member.kind == "directory":
            directories.add(path)
            assert not member.records.keys() - {"path"}
        else:
            content = member.link.encode() if member.kind == "symlink" else member.data
            assert member.records[CHECKSUM] == hashlib.sha1(content).hexdigest(), path
    return Apk(fields, hashlib.sha1(package[:end]).hexdigest(), members)


def gzip_member(data: bytes) -> tuple[bytes, bytes, int]:
    """Return the content of the first member, what follows it, and where that begins."""
    # RFC 1952, 2.3.1: no name, no comment, no extra field, no time.
    assert data[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
    member = zlib.decompressobj(wbits=31)
    content = member.decompress(data)
    assert member.eof
    return content, member.unused_data, len(data) - len(member.unused_data)
