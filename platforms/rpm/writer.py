"""Write an rpm of version 4 (rpm manual, "RPM v4 package format"): the one writer, for every profile.

The front of the file (lead, signature, header) holds digests of what follows it, all of fixed
width: room for it is left, the payload streams after it, then it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.containers import cpio
from rtinstall.platforms.containers.rpm_header import (
    MAIN_REGION,
    SIGNATURE_REGION,
    Signature,
    Tag,
    Value,
    binary,
    encode,
    int32,
    lead,
    string,
    strings,
)
from rtinstall.platforms.package import Codec, Effort, Package
from rtinstall.platforms.rpm import tags
from rtinstall.platforms.rpm.profile import Profile
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.model import CHUNK, Directory, Entry, File, Symlink


@dataclass(frozen=True, slots=True)
class Payload:
    """What the front says of the payload, as it is in the file and as it is before compression."""

    sha256: str = "0" * 64
    size: int = 0
    plain_sha256: str = "0" * 64
    plain_size: int = 0


def write(package: Package, profile: Profile, out: BinaryIO, effort: Effort) -> None:
    """Write the package: lead, signature header, main header, compressed cpio payload.

    Directories that others share belong to no package. Raises :class:`BadConfiguration` for a
    payload of 4 GiB or more.
    """
    entries = tuple(
        entry
        for entry in package.entries
        if not (isinstance(entry, Directory) and entry.path in package.shared)
    )
    if sum(map(tags.size, entries)) + 1024 * len(entries) >= cpio.MAX:
        raise BadConfiguration("the files of one rpm must be smaller than 4 GiB together")

    described = tags.describe(package, profile, entries, effort.level)
    label = tags.label(package)
    unknown = Payload()
    room = lead(label) + _signature(b"", bytes(16), unknown) + _header(described, unknown)
    out.seek(len(room))
    payload = _write_payload(package, entries, profile.codec, out, effort)
    header = _header(described, payload)
    out.seek(len(room))
    md5 = _md5(header, out)

    out.seek(0)
    out.write(lead(label))
    out.write(_signature(header, md5, payload))
    out.write(header)


def _signature(header: bytes, md5: bytes, payload: Payload) -> bytes:
    """Return the signature header: old rpms look at MD5 and SHA-1, rpm 6 accepts SHA-256 alone."""
    signature = encode(
        SIGNATURE_REGION,
        {
            Signature.SHA1: string(hashlib.sha1(header, usedforsecurity=False).hexdigest()),
            Signature.SHA256: string(hashlib.sha256(header).hexdigest()),
            Signature.SIZE: int32(len(header) + payload.size),
            Signature.MD5: binary(md5),
            Signature.PAYLOADSIZE: int32(payload.plain_size),
        },
    )
    return signature + bytes(-len(signature) % 8)


def _header(described: Mapping[int, Value], payload: Payload) -> bytes:
    """Return the main header; its length does not depend on ``payload``."""
    digests: dict[int, Value] = {
        Tag.PAYLOADDIGEST: strings([payload.sha256]),
        Tag.PAYLOADDIGESTALGO: int32(tags.SHA256),
        Tag.PAYLOADDIGESTALT: strings([payload.plain_sha256]),
    }
    return encode(MAIN_REGION, {**described, **digests})


def _md5(header: bytes, out: BinaryIO) -> bytes:
    """Return the MD5 of ``header`` and of what follows in ``out``."""
    state = hashlib.md5(header, usedforsecurity=False)
    while data := out.read(CHUNK):
        state.update(data)
    return state.digest()


class _Hashed:
    """A file, and the digest and size of what is written into it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes, /) -> None:
        self.sha256.update(data)
        self.size += len(data)
        self._out.write(data)


def _write_payload(
    package: Package, entries: Sequence[Entry], codec: Codec, out: BinaryIO, effort: Effort
) -> Payload:
    below = _Hashed(out)
    stream = open_stream(codec, below, effort)
    plain = hashlib.sha256()
    plain_size = 0

    def append(data: bytes) -> None:
        nonlocal plain_size
        plain.update(data)
        plain_size += len(data)
        stream.write(data)

    padding = b""
    for inode, entry in enumerate(entries, 1):
        size = tags.size(entry)
        append(
            padding
            + cpio.header(
                f"./{entry.path}",
                mode=tags.mode(entry),
                size=size,
                time=package.time,
                inode=inode,
            )
        )
        if isinstance(entry, File):
            stream.add(entry.content, observe=plain.update)
            plain_size += size
        elif isinstance(entry, Symlink):
            append(entry.target.encode())
        padding = cpio.padding(size)
    append(padding + cpio.TRAILER)
    stream.close()
    return Payload(below.sha256.hexdigest(), below.size, plain.hexdigest(), plain_size)
