"""Mach-O, thin and universal (Apple, ``mach-o/loader.h``, ``mach-o/fat.h``), 64 bits."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.executable import MOST, At, Executable, random_access
from rtinstall.runtime_bundle.model import Blob, Content, Slice
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


@dataclass(frozen=True, slots=True)
class Thin:
    """One architecture of a Mach-O file: its bytes, and the processor as its own header names it."""

    arch: Arch
    cpu: int
    subtype: int
    content: Content


def read_macho(at: At) -> Executable:
    """Read an executable, a library or a bundle of one or more architectures."""
    slices = []
    for cpu, offset, size in _places(at):
        slices.append(_thin(_inside(at, offset, size) if size is not None else at))
        if cpu is not None and slices[-1].arch != CPUS[cpu]:
            raise WrongBinary("the universal binary's header names another architecture")
    minima = [each.minimum for each in slices if each.minimum]
    systems: set[Os | None] = {each.os for each in slices}
    return Executable(
        "macho",
        systems.pop() if len(systems) == 1 else None,
        tuple(each.arch for each in slices),
        minimum=max(minima, default=None),
        needed=slices[0].needed,
    )


def thin(content: Content) -> tuple[Thin, ...]:
    """Return each architecture of ``content`` that is known here; one that is thin is its own."""
    found = []
    with random_access(content) as at:
        for _, offset, size in _places(at):
            part = content if size is None else _part(content, offset, size)
            magic, cpu, subtype = struct.unpack("<4s2I", at(offset, 12))
            if magic != MAGIC or cpu not in CPUS:
                raise WrongBinary("a part of the universal binary is no Mach-O for its processor")
            found.append(Thin(CPUS[cpu], cpu, subtype, part))
    return tuple(found)


def load_commands(at: At) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each load command of a thin Mach-O."""
    _, _, _, _, count, size, _, _ = struct.unpack("<4s7I", at(0, 32))
    commands = at(32, min(size, MOST))
    place = 0
    for _ in range(count):
        if place + 8 > len(commands):
            raise WrongBinary("the Mach-O load commands are cut short")
        command, length = struct.unpack_from("<2I", commands, place)
        data = commands[place : place + length]
        if length < 8 or len(data) != length:
            raise WrongBinary("the Mach-O load commands are malformed")
        place += length
        yield command, data


def _places(at: At) -> Iterator[tuple[int | None, int, int | None]]:
    """Yield processor, offset and size of each architecture known here; of a thin file only where."""
    layout = FAT.get(at(0, 4))
    if layout is None:
        yield None, 0, None
        return
    (count,) = struct.unpack(">I", at(4, 4))
    if not 1 <= count < FAT_MOST:
        raise WrongBinary("the universal binary's header is malformed")
    end = 8 + layout.size * count
    seen: set[int] = set()
    rows = sorted(layout.iter_unpack(at(8, end - 8)), key=lambda row: int(row[2]))
    for cpu, _, offset, size, *_ in rows:
        # lipo refuses to make these; a second reading of the same bytes must not be possible.
        if offset < end or cpu in seen & CPUS.keys():
            raise WrongBinary("the parts of the universal binary overlap, or are there twice")
        seen.add(cpu)
        end = offset + size
        if cpu in CPUS:
            yield cpu, offset, size
    if not seen & CPUS.keys():
        raise WrongBinary("the universal binary is for no architecture known here")


def _part(content: Content, offset: int, size: int) -> Content:
    if offset + size > content.size:
        raise WrongBinary("a part of the universal binary is cut short")
    if isinstance(content, Blob):
        return Blob(content.data[offset : offset + size])
    return Slice(content.path, content.offset + offset, size)


def _inside(at: At, start: int, length: int) -> At:
    def read(offset: int, size: int) -> bytes:
        if offset + size > length:
            raise WrongBinary("a part of the universal binary is cut short")
        return at(start + offset, size)

    return read


def _thin(at: At) -> Executable:
    magic, cpu, _, kind, _, _, _, _ = struct.unpack("<4s7I", at(0, 32))
    if magic != MAGIC or cpu not in CPUS:
        raise WrongBinary(f"a Mach-O for processor {cpu:#x}, which is no target here")
    if kind not in (2, 6, 8):
        raise WrongBinary("the Mach-O file is no executable and no library")
    os: Os | None = None
    minimum = None
    needed = []
    for command, data in load_commands(at):
        if command in (LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB) and len(data) >= 24:
            (start,) = struct.unpack_from("<I", data, 8)
            needed.append(data[start:].partition(b"\0")[0].decode(errors="backslashreplace"))
        elif command == LC_VERSION_MIN_MACOSX and len(data) >= 16:
            os, minimum = "darwin", _version(data, 8)
        elif command == LC_BUILD_VERSION and len(data) >= 24:
            os = "darwin" if struct.unpack_from("<I", data, 8)[0] == MACOS else None
            minimum = _version(data, 12)
    return Executable("macho", os, (CPUS[cpu],), minimum=minimum, needed=tuple(needed))


def _version(data: bytes, place: int) -> tuple[int, int]:
    (packed,) = struct.unpack_from("<I", data, place)
    return packed >> 16, packed >> 8 & 0xFF
