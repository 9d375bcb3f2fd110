"""The smallest Mach-O executables macOS would look at: headers, a page or two, an ad-hoc signature."""

from __future__ import annotations

import hashlib
import struct

CPUS = {"x64": (0x01000007, 3), "arm64": (0x0100000C, 0)}
PAGE = 4096
IDENTIFIER = b"node\0"


def executable(*archs: str, signed: bool | None = None, weight: int = 0) -> bytes:
    """Return an executable for one of ``archs``, or a universal one; arm64 is signed unless told not."""
    if len(archs) > 1:
        return universal(*(executable(arch, signed=signed, weight=weight) for arch in archs))
    return thin(archs[0], signed=archs[0] == "arm64" if signed is None else signed, weight=weight)


def thin(arch: str, *, signed: bool, weight: int = 0, platform: int = 1) -> bytes:
    cpu, subtype = CPUS[arch]
    library = b"/usr/lib/libSystem.B.dylib".ljust(32, b"\0")
    body = hashlib.sha256(arch.encode()).digest() * (weight // 32 + 8)
    start = PAGE
    limit = start + len(body) + -len(body) % 16
    room = len(signature(bytes(limit))) if signed else 0
    base = 0x1_0000_0000
    commands = [
        segment(b"__TEXT", base, 0, start, 5),
        segment(b"__LINKEDIT", base + 0x4000, start, limit - start + room, 1),
        struct.pack("<6I", 0x32, 24, platform, 0x000D0500, 0x000F0500, 0),
        struct.pack("<6I", 0xC, 56, 24, 0, 0x05470000, 0x00010000) + library,
    ]
    if signed:
        commands.append(struct.pack("<4I", 0x1D, 16, limit, room))
    head = struct.pack(
        "<8I", 0xFEEDFACF, cpu, subtype, 2, len(commands), sum(map(len, commands)), 0x85, 0
    )
    data = (head + b"".join(commands)).ljust(start, b"\0") + body
    data = data.ljust(limit, b"\0")
    return data + signature(data) if signed else data


def segment(name: bytes, address: int, offset: int, size: int, protection: int) -> bytes:
    room = -(-size // 0x4000) * 0x4000
    return struct.pack(
        "<2I16s4Q4I", 0x19, 72, name, address, room, offset, size, protection, protection, 0, 0
    )


def signature(
    data: bytes,
    *,
    kind: int = 2,
    flags: int = 2,
    team: bytes = b"",
    cms: bytes = b"",
    entitlements: bytes = b"",
    limit: int | None = None,
) -> bytes:
    """Return a signature over ``data``; ``kind`` is the hash: 1 is SHA-1, 2 is SHA-256."""
    name, width = {1: ("sha1", 20), 2: ("sha256", 32)}[kind]

    def digest(piece: bytes) -> bytes:
        return hashlib.new(name, piece, usedforsecurity=False).digest()

    blobs = {}
    if entitlements:
        blobs[5] = struct.pack(">2I", 0xFADE7171, 8 + len(entitlements)) + entitlements
    special = [digest(blobs[slot]) if slot in blobs else bytes(width) for slot in range(5, 0, -1)]
    special = special if blobs else []
    limit = len(data) if limit is None else limit
    pages = [digest(data[place : min(place + PAGE, limit)]) for place in range(0, limit, PAGE)]
    names = IDENTIFIER + (team + b"\0" if team else b"")
    first = 88 + len(names) + width * len(special)
    size = first + width * len(pages)
    directory = struct.pack(
        ">9I4B4I4Q", 0xFADE0C02, size, 0x20400, flags, first, 88, len(special), len(pages), limit,
        width, kind, 0, 12, 0, 0, 88 + len(IDENTIFIER) if team else 0, 0, 0, 0, 0, 1,
    )  # fmt: skip
    blobs[0] = directory + names + b"".join(special) + b"".join(pages)
    if cms:
        blobs[0x10000] = struct.pack(">2I", 0xFADE0B01, 8 + len(cms)) + cms
    place = 12 + 8 * len(blobs)
    index = b""
    for slot in sorted(blobs):
        index += struct.pack(">2I", slot, place)
        place += len(blobs[slot])
    rows = b"".join(blobs[slot] for slot in sorted(blobs))
    return struct.pack(">3I", 0xFADE0CC0, place, len(blobs)) + index + rows


def signed_with(data: bytes, new: bytes) -> bytes:
    """Return a signed thin executable with another signature of the same length."""
    start = data.rindex(struct.pack(">I", 0xFADE0CC0))
    assert len(data) - start == len(new)
    return data[:start] + new


def universal(*slices: bytes) -> bytes:
    """Return a fat file of ``slices``, each on a page of 16 KiB."""
    rows, body, place = b"", b"", 0x4000
    for data in slices:
        cpu, subtype = struct.unpack_from("<2I", data, 4)
        body = body.ljust(place - 0x4000, b"\0") + data
        rows += struct.pack(">5I", cpu, subtype, place, len(data), 14)
        place += len(data) + -len(data) % 0x4000
    return (struct.pack(">2I", 0xCAFEBABE, len(slices)) + rows).ljust(0x4000, b"\0") + body
