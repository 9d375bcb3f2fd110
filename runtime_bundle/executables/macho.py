"""Mach-O, thin and universal (Apple, ``mach-o/loader.h``, ``mach-o/fat.h``), 64 bits."""

from __future__ import annotations

import struct

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.executable import MOST, At, Executable
from rtinstall.runtime_bundle.targets import Arch, Os

MAGIC = b"\xcf\xfa\xed\xfe"
# 32-bit and 64-bit offsets. The first is Java's, too; but a class file counts on from 45.
FAT: dict[bytes, struct.Struct] = {
    b"\xca\xfe\xba\xbe": struct.Struct(">5I"),
    b"\xca\xfe\xba\xbf": struct.Struct(">2I2Q2I"),
}
FAT_MOST = 20
CPUS: dict[int, Arch] = {0x01000007: "x64", 0x0100000C: "arm64"}
LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB = 0xC, 0x80000018, 0x8000001F
LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION = 0x24, 0x32
MACOS = 1


def read_macho(at: At) -> Executable:
    """Read an executable, a library or a bundle of one or more architectures."""
    layout = FAT.get(at(0, 4))
    if layout is None:
        return _thin(at)
    (count,) = struct.unpack(">I", at(4, 4))
    if not 1 <= count < FAT_MOST:
        raise WrongBinary("the universal binary's header is malformed")
    slices = []
    for cpu, _, offset, size, *_ in layout.iter_unpack(at(8, layout.size * count)):
        if cpu in CPUS:
            slices.append(_thin(_inside(at, offset, size)))
            if slices[-1].arch != CPUS[cpu]:
                raise WrongBinary("the universal binary's header names another architecture")
    if not slices:
        raise WrongBinary("the universal binary is for no architecture known here")
    minima = [each.minimum for each in slices if each.minimum]
    systems: set[Os | None] = {each.os for each in slices}
    return Executable(
        "macho",
        systems.pop() if len(systems) == 1 else None,
        tuple(each.arch for each in slices),
        minimum=max(minima, default=None),
        needed=slices[0].needed,
    )


def _inside(at: At, start: int, length: int) -> At:
    def read(offset: int, size: int) -> bytes:
        if offset + size > length:
            raise WrongBinary("a part of the universal binary is cut short")
        return at(start + offset, size)

    return read


def _thin(at: At) -> Executable:
    magic, cpu, _, kind, count, size, _, _ = struct.unpack("<4s7I", at(0, 32))
    if magic != MAGIC or cpu not in CPUS:
        raise WrongBinary(f"a Mach-O for processor {cpu:#x}, which is no target here")
    if kind not in (2, 6, 8):
        raise WrongBinary("the Mach-O file is no executable and no library")
    commands = at(32, min(size, MOST))
    os: Os | None = None
    minimum = None
    needed = []
    place = 0
    for _ in range(count):
        if place + 8 > len(commands):
            raise WrongBinary("the Mach-O load commands are cut short")
        command, length = struct.unpack_from("<2I", commands, place)
        data = commands[place : place + length]
        if length < 8 or len(data) != length:
            raise WrongBinary("the Mach-O load commands are malformed")
        place += length
        if command in (LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB) and length >= 24:
            (start,) = struct.unpack_from("<I", data, 8)
            needed.append(data[start:].partition(b"\0")[0].decode(errors="backslashreplace"))
        elif command == LC_VERSION_MIN_MACOSX and length >= 16:
            os, minimum = "darwin", _version(data, 8)
        elif command == LC_BUILD_VERSION and length >= 24:
            os = "darwin" if struct.unpack_from("<I", data, 8)[0] == MACOS else None
            minimum = _version(data, 12)
    return Executable("macho", os, (CPUS[cpu],), minimum=minimum, needed=tuple(needed))


def _version(data: bytes, place: int) -> tuple[int, int]:
    (packed,) = struct.unpack_from("<I", data, place)
    return packed >> 16, packed >> 8 & 0xFF
