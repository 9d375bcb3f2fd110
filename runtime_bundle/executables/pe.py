"""Portable Executables of Windows (Microsoft, "PE Format"): the machine, and the version resource.

The version resource (Microsoft, "VS_VERSIONINFO") is what Explorer shows and what the Windows
Installer compares before it replaces a file. Left out: imports, signatures.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.executable import At, Executable, random_access
from rtinstall.runtime_bundle.model import Content
from rtinstall.runtime_bundle.targets import Arch

MAGIC = b"MZ"
MACHINES: dict[int, Arch] = {0x014C: "x86", 0x8664: "x64", 0xAA64: "arm64"}
# Where the data directories stand in the optional header of 32 and 64 bits.
DIRECTORIES = {0x010B: 96, 0x020B: 112}
RESOURCES = 2  # the number of their data directory
VERSION_INFO = 16  # RT_VERSION
MOST_SECTIONS = 96
MOST_RESOURCES = 4096
FIXED = struct.Struct("<I4x4H")
FIXED_MAGIC = 0xFEEF04BD


@dataclass(frozen=True, slots=True)
class VersionResource:
    """The version an executable carries.

    ``file`` is the number the installer compares, most significant part first; ``language`` its
    Windows language identifier (1033 is English, United States); ``product`` the text for people.
    """

    file: tuple[int, int, int, int]
    language: int
    product: str


def read_pe(at: At) -> Executable:
    """Read the headers of an executable or a library."""
    place = _headers(at)
    machine, flags = struct.unpack("<H16xH", at(place, 20))
    if machine not in MACHINES:
        raise WrongBinary(f"a PE executable for machine {machine:#x}, which is no target here")
    if not flags & 2:
        raise WrongBinary("the PE file is an object, no executable")
    return Executable("pe", "win", (MACHINES[machine],))


def version_resource(content: Content) -> VersionResource | None:
    """Return the version resource of ``content``; None for one without, or for what is no PE file.

    Raises :class:`WrongBinary` where the headers lead nowhere.
    """
    if content.size < 64:
        return None
    with random_access(content) as at:
        if at(0, 2) != MAGIC:
            return None
        place = _headers(at)
        sections = _sections(at, place)
        base = _resources(at, place)
        if not base:
            return None
        found = _version_info(at, _offset(base, sections), sections)
    return None if found is None else _parse(*found)


def _headers(at: At) -> int:
    """Return where the COFF file header begins."""
    (place,) = struct.unpack("<I", at(0x3C, 4))
    if at(place, 4) != b"PE\0\0":
        raise WrongBinary("a file that begins as a program of Windows, but has no PE header")
    return int(place) + 4


def _resources(at: At, place: int) -> int:
    """Return the address of the resource directory, 0 where there is none."""
    (size,) = struct.unpack("<H", at(place + 16, 2))
    if size < 2:
        return 0
    (magic,) = struct.unpack("<H", at(place + 20, 2))
    entry = DIRECTORIES.get(magic, 0) + 8 * RESOURCES
    if magic not in DIRECTORIES or size < entry + 8:
        return 0
    (count,) = struct.unpack("<I", at(place + 20 + DIRECTORIES[magic] - 4, 4))
    return int(struct.unpack("<I", at(place + 20 + entry, 4))[0]) if count > RESOURCES else 0


def _sections(at: At, place: int) -> list[tuple[int, int, int]]:
    """Return address, length on disk and offset of each section."""
    count, size = struct.unpack("<2xH12xH", at(place, 18))
    if count > MOST_SECTIONS:
        raise WrongBinary(f"the PE file has {count} sections")
    table = at(place + 20 + size, 40 * count)
    found = struct.iter_unpack("<12x3I16x", table)
    return [(address, length, offset) for address, length, offset in found]


def _offset(address: int, sections: list[tuple[int, int, int]]) -> int:
    for start, length, offset in sections:
        if start <= address < start + length:
            return offset + address - start
    raise WrongBinary("the PE file's resources lie in none of its sections")


def _version_info(
    at: At, base: int, sections: list[tuple[int, int, int]]
) -> tuple[bytes, int] | None:
    """Walk the three levels of the resource tree (type, name, language) to the first version."""
    kinds = [place for name, place in _entries(at, base, 0) if name == VERSION_INFO]
    names = [place for kind in kinds for _, place in _entries(at, base, kind)]
    for name in names:
        for language, place in _entries(at, base, name):
            address, size = struct.unpack("<2I", at(base + place, 8))
            return at(_offset(address, sections), size), language
    return None


def _entries(at: At, base: int, place: int) -> list[tuple[int, int]]:
    """Return the identifiers in one directory, and where they lead."""
    named, numbered = struct.unpack("<12x2H", at(base + place, 16))
    if named + numbered > MOST_RESOURCES:
        raise WrongBinary("the PE file's resource directory is malformed")
    table = at(base + place + 16, 8 * (named + numbered))
    # The high bits say that a name follows, and that another directory does.
    return [(name, where & 0x7FFFFFFF) for name, where in struct.iter_unpack("<2I", table)]


def _parse(data: bytes, language: int) -> VersionResource | None:
    start = data.find(FIXED_MAGIC.to_bytes(4, "little"))
    if start < 0 or len(data) < start + FIXED.size:
        return None
    _, minor, major, build, patch = FIXED.unpack_from(data, start)
    return VersionResource((major, minor, patch, build), language, _text(data, "ProductVersion"))


def _text(data: bytes, key: str) -> str:
    """Return the value of one String structure: its key, zeros up to four bytes, the value."""
    wanted = f"{key}\0".encode("utf-16-le")
    at = data.find(wanted)
    if at < 0:
        return ""
    start = at + len(wanted)
    text = data[start : start + 256].decode("utf-16-le", "replace")
    return text.lstrip("\0").partition("\0")[0]
