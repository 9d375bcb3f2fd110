"""A Windows executable's headers and version resource, small and complete enough to be read."""

from __future__ import annotations

import struct

MACHINES = {"x86": 0x14C, "x64": 0x8664, "arm64": 0xAA64}
BASE, START = 0x1000, 0x400  # where the resources are loaded, and where they lie in the file


def executable(arch: str, version: str = "", language: int = 1033, *, flags: int = 0x22) -> bytes:
    """Return a program for ``arch``; with a ``version`` such as 24.19.0 it carries a resource."""
    wide = arch != "x86"
    resources = directory(version, language) if version else b""
    here = (BASE, len(resources)) if resources else (0, 0)
    directories = [(0, 0), (0, 0), here, *[(0, 0)] * 13]
    optional = struct.pack("<H", 0x20B if wide else 0x10B).ljust(108 if wide else 92, b"\0")
    optional += struct.pack("<I", len(directories))
    optional += b"".join(struct.pack("<2I", *each) for each in directories)
    section = struct.pack("<8s4I16x", b".rsrc", len(resources), BASE, len(resources), START)
    coff = struct.pack("<2H12x2H", MACHINES[arch], 1, len(optional), flags)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    return (head.ljust(0x80, b"\0") + b"PE\0\0" + coff + optional + section).ljust(
        START, b"\0"
    ) + resources


def directory(version: str, language: int) -> bytes:
    """Return the resource tree of one version: type, name, language, data."""

    def level(identifier: int, where: int) -> bytes:
        return struct.pack("<12x2H2I", 0, 1, identifier, where)

    inner = 1 << 31
    info = version_info(version)
    return (
        level(16, 24 | inner) + level(1, 48 | inner) + level(language, 72)
        + struct.pack("<2I8x", BASE + 88, len(info)) + info
    )  # fmt: skip


def version_info(version: str) -> bytes:
    major, minor, patch = map(int, version.partition("-")[0].split("."))
    numbers = struct.pack("<4H", minor, major, 0, patch)
    fixed = struct.pack("<2I", 0xFEEF04BD, 0x10000) + numbers + numbers + bytes(28)
    key = "VS_VERSION_INFO\0".encode("utf-16-le")
    text = string("FileVersion", version) + string("ProductVersion", version)
    body = aligned(struct.pack("<2xHH", len(fixed), 0) + key) + fixed + text
    return struct.pack("<H", len(body)) + body[2:]


def string(key: str, value: str) -> bytes:
    text = f"{value}\0".encode("utf-16-le")
    body = aligned(struct.pack("<2xHH", len(value) + 1, 1) + f"{key}\0".encode("utf-16-le")) + text
    return aligned(struct.pack("<H", len(body)) + body[2:])


def aligned(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
