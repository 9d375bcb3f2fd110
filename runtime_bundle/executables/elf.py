"""ELF (System V ABI, gABI): system, architecture, C library, and the symbol versions needed.

Everything is found through the program headers, as a loader does it; section headers are only
asked for the attributes of 32-bit ARM, which are nowhere else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.executable import MOST, At, Executable
from rtinstall.runtime_bundle.targets import Arch, Libc, Os

MAGIC = b"\x7fELF"
ARM = 40
# By e_machine, bits, byte order.
ARCHS: dict[tuple[int, int, str], Arch] = {
    (3, 32, "<"): "x86",
    (21, 64, "<"): "ppc64le",
    (21, 64, ">"): "ppc64",
    (22, 64, ">"): "s390x",
    (ARM, 32, "<"): "armv7l",
    (62, 64, "<"): "x64",
    (183, 64, "<"): "arm64",
    (243, 64, "<"): "riscv64",
    (258, 64, "<"): "loong64",
}
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE = 1, 2, 3, 4
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_VERNEED, DT_VERNEEDNUM = 1, 5, 10, 0x6FFFFFFE, 0x6FFFFFFF
SHT_ARM_ATTRIBUTES = 0x70000003
# Addenda to the ABI for the Arm Architecture, Tag_CPU_arch: from v6 up to those before v7.
TAG_CPU_ARCH, ARM_V6 = 6, (6, 7, 8, 9, 11, 12)
# A version that stands for a feature: relative relocations in DT_RELR came with glibc 2.36.
FEATURES = {"GLIBC_ABI_DT_RELR": (2, 36)}


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def read_elf(at: At) -> Executable:
    """Read an executable or shared library; raises :class:`WrongBinary` for any other ELF."""
    ident = at(0, 16)
    bits = {1: 32, 2: 64}.get(ident[4], 0)
    order = {1: "<", 2: ">"}.get(ident[5], "")
    if not bits or not order:
        raise WrongBinary("the ELF header is malformed")
    word = "Q" if bits == 64 else "I"
    header = struct.Struct(f"{order}HHI{word}{word}{word}I6H")
    (kind, machine, _, _, ph_offset, sh_offset, _, _, ph_size, ph_count, sh_size, sh_count, _) = (
        header.unpack(at(16, header.size))
    )
    arch = ARCHS.get((machine, bits, order))
    if arch is None:
        raise WrongBinary(f"an ELF of {bits} bits for machine {machine}, which is no target here")
    if kind not in (2, 3):
        raise WrongBinary("the ELF file is no executable and no shared library")
    if machine == ARM:
        arch = _arm(at, sh_offset, sh_size, sh_count)
    segments = list(_segments(at, bits, order, ph_offset, ph_size, ph_count))
    interpreter = ""
    for segment in segments:
        if segment.kind == PT_INTERP:
            interpreter = _string(at, segment.offset, segment.offset + segment.size)
    needed, symbols = _dynamic(at, order, word, segments)
    versions = [version for _, version in symbols]
    brands = dict(_brands(at, order, segments))
    os = _os(ident[7], interpreter, brands)
    glibc = _highest(versions, "GLIBC")
    return Executable(
        "elf",
        os,
        (arch,),
        libc=_libc(interpreter, needed) if os == "linux" else None,
        glibc=(glibc[0], glibc[1]) if glibc else None,
        glibcxx=_highest(versions, "GLIBCXX"),
        interpreter=interpreter,
        minimum=_freebsd(brands),
        needed=tuple(needed),
        symbols=tuple(symbols),
    )


def _segments(
    at: At, bits: int, order: str, offset: int, size: int, count: int
) -> Iterator[_Segment]:
    layout = struct.Struct(f"{order}IIQQQQQQ" if bits == 64 else f"{order}8I")
    if count and size != layout.size:
        raise WrongBinary("the ELF program headers are malformed")
    for row in layout.iter_unpack(at(offset, size * count)):
        if bits == 64:
            kind, _, place, address, _, length, _, _ = row
        else:
            kind, place, address, _, length, _, _, _ = row
        yield _Segment(kind, place, address, length)


def _string(at: At, start: int, end: int) -> str:
    data = at(start, max(0, min(end - start, 4096)))
    text, nul, _ = data.partition(b"\0")
    if not nul:
        raise WrongBinary("a string in the ELF headers is not ended")
    return text.decode(errors="backslashreplace")


def _dynamic(
    at: At, order: str, word: str, segments: list[_Segment]
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the libraries, and the symbol versions of each, that the dynamic section asks for."""
    section = next((segment for segment in segments if segment.kind == PT_DYNAMIC), None)
    if section is None:
        return [], []
    entry = struct.Struct(f"{order}{word}{word}")
    names: list[int] = []
    found: dict[int, int] = {}
    data = at(section.offset, section.size - section.size % entry.size)
    for tag, value in entry.iter_unpack(data):
        if tag == 0:
            break
        if tag == DT_NEEDED:
            names.append(value)
        else:
            found[tag] = value
    if not names and DT_VERNEED not in found:
        return [], []
    strings = _place(segments, found.get(DT_STRTAB, 0))
    end = strings + found.get(DT_STRSZ, 0)
    needed = [_string(at, strings + name, end) for name in names]
    if DT_VERNEED not in found:
        return needed, []
    where = _place(segments, found[DT_VERNEED])
    offsets = _versions(at, order, where, found.get(DT_VERNEEDNUM, 0))
    return needed, [
        (_string(at, strings + library, end), _string(at, strings + version, end))
        for library, version in offsets
    ]


def _place(segments: list[_Segment], address: int) -> int:
    """Turn an address in memory into an offset in the file."""
    for segment in segments:
        if segment.kind == PT_LOAD and 0 <= address - segment.address < segment.size:
            return address - segment.address + segment.offset
    raise WrongBinary("the ELF headers point outside of the file")


def _versions(at: At, order: str, place: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield where the names of libraries and their needed versions are (gABI, "Version Dependency")."""
    need, auxiliary = struct.Struct(f"{order}HHIII"), struct.Struct(f"{order}IHHII")
    if count > MOST // need.size:  # a table that leads back to itself must end, too
        raise WrongBinary("the ELF version table is malformed")
    left = MOST // auxiliary.size
    for _ in range(count):
        _, versions, library, first, following = need.unpack(at(place, need.size))
        entry = place + first
        for _ in range(versions):
            left -= 1
            if left < 0:
                raise WrongBinary("the ELF version table is malformed")
            _, _, _, name, onward = auxiliary.unpack(at(entry, auxiliary.size))
            yield library, name
            entry += onward
        place += following


def _highest(names: list[str], prefix: str) -> tuple[int, ...] | None:
    found = [FEATURES[name] for name in names if name in FEATURES and prefix == "GLIBC"]
    return max(
        (
            *found,
            *(
                tuple(int(number) for number in match[1].split("."))
                for name in names
                if (match := re.fullmatch(rf"{prefix}_([0-9]{{1,4}}(?:\.[0-9]{{1,4}})+)", name))
            ),
        ),
        default=None,
    )


def _brands(at: At, order: str, segments: list[_Segment]) -> Iterator[tuple[bytes, int]]:
    """Yield the owner and first word of each ABI tag among the notes."""
    for segment in segments:
        if segment.kind != PT_NOTE:
            continue
        data = at(segment.offset, segment.size)
        place = 0
        while place + 12 <= len(data):
            name_size, size, kind = struct.unpack_from(f"{order}III", data, place)
            name = data[place + 12 : place + 12 + name_size].rstrip(b"\0")
            body = place + 12 + (name_size + 3) // 4 * 4
            if kind == 1 and size >= 4 and body + 4 <= len(data):
                yield name, struct.unpack_from(f"{order}I", data, body)[0]
            place = body + (size + 3) // 4 * 4


def _os(abi: int, interpreter: str, found: Mapping[bytes, int]) -> Os | None:
    if abi == 9 or b"FreeBSD" in found or interpreter == "/libexec/ld-elf.so.1":
        return "freebsd"
    # An unbranded executable runs on Linux alone: the BSDs refuse it.
    if abi in (0, 3) and found.get(b"GNU", 0) == 0 and not found.keys() & {b"NetBSD", b"OpenBSD"}:
        return "linux"
    return None


def _freebsd(found: Mapping[bytes, int]) -> tuple[int, int] | None:
    """Return the FreeBSD that ``__FreeBSD_version`` stands for: 1401000 is 14.1 (param.h)."""
    number = found.get(b"FreeBSD")
    return (number // 100_000, number // 1000 % 100) if number else None


def _libc(interpreter: str, needed: list[str]) -> Libc | None:
    name = interpreter.rpartition("/")[2]
    if name.startswith("ld-musl-") or any(library.startswith("libc.musl-") for library in needed):
        return "musl"
    if re.fullmatch(r"ld(-linux.*|64|)\.so\.[0-9]", name) or "libc.so.6" in needed:
        return "glibc"
    return None


def _arm(at: At, offset: int, size: int, count: int) -> Arch:
    """Tell ARMv6 from ARMv7 by the build attributes; without them it is taken for the newer one."""
    if count and size == 40:
        for _, kind, _, _, place, length, *_ in struct.iter_unpack("<10I", at(offset, 40 * count)):
            if kind == SHT_ARM_ATTRIBUTES:
                return "armv6l" if _cpu(at(place, length)) in ARM_V6 else "armv7l"
    return "armv7l"


def _cpu(data: bytes) -> int | None:
    """Return Tag_CPU_arch of the file (Addenda to the ABI, "Build Attributes")."""
    # 'A', then length and vendor; of vendor "aeabi" the first part is about the whole file (tag 1).
    start = 1 + 4 + len(b"aeabi\0")
    if data[:1] != b"A" or data[5:start] != b"aeabi\0" or data[start : start + 1] != b"\x01":
        return None
    place = start + 5
    while place < len(data):
        tag, place = _number(data, place)
        if tag in (4, 5) or (tag > 32 and tag % 2):
            place = data.find(b"\0", place) + 1 or len(data)
            continue
        value, place = _number(data, place)
        if tag == TAG_CPU_ARCH:
            return value
        if tag == 32:
            place = data.find(b"\0", place) + 1 or len(data)
    return None


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Read a ULEB128 number; return it and the place behind it."""
    value = shift = 0
    while place < len(data):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 or shift > 63:
            break
    return value, place
