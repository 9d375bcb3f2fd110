"""Read Mach-O (mach-o/loader.h), fat files (mach-o/fat.h) and signatures (cs_blobs.h), strictly."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

ARCHS = {(7, True): "x86_64", (12, True): "arm64"}
PAGE_OF = {"x86_64": 1 << 12, "arm64": 1 << 14}


@dataclass(frozen=True)
class Part:
    """One architecture; ``commands`` are pairs of number and body."""

    arch: str
    offset: int
    data: bytes
    commands: tuple[tuple[int, bytes], ...]

    @property
    def minimum(self) -> str:
        """Return the oldest macOS, as in LC_BUILD_VERSION."""
        (body,) = (body for number, body in self.commands if number == 0x32)
        version = int.from_bytes(body[4:8], "little")
        return f"{version >> 16}.{version >> 8 & 255}"

    def signature(self) -> dict[str, object] | None:
        """Return what signs it, None if nothing does; a ValueError for a hash that is wrong."""
        found = [body for number, body in self.commands if number == 0x1D]
        if not found:
            return None
        if len(found) > 1:
            raise ValueError("several signatures")
        start = int.from_bytes(found[0][:4], "little")
        room = int.from_bytes(found[0][4:8], "little")
        if start + room != len(self.data):
            raise ValueError("the signature is not the end of the file")
        return signature(self.data[:start], self.data[start : start + room])


def read(data: bytes) -> list[Part]:
    """Return each architecture of a thin or fat executable."""
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return [part(data, 0)]
    if data[:4] != b"\xca\xfe\xba\xbe":
        raise ValueError("no Mach-O")
    count = int.from_bytes(data[4:8], "big")
    end = 8 + 20 * count
    found = []
    for number in range(count):
        row = [int.from_bytes(data[8 + 20 * number + at :][:4], "big") for at in range(0, 20, 4)]
        cpu, subtype, offset, size, align = row
        if offset < end or data[end:offset].strip(b"\0"):
            raise ValueError("slices overlap, or something stands between them")
        end = offset + size
        if end > len(data):
            raise ValueError("a slice is cut short")
        one = part(data[offset:end], offset)
        if struct.unpack("<2I", one.data[4:12]) != (cpu, subtype):
            raise ValueError("the fat header and the slice name different processors")
        if offset % PAGE_OF[one.arch] or offset % (1 << align) or 1 << align < PAGE_OF[one.arch]:
            raise ValueError("a slice does not begin on a page")
        found.append(one)
    if end != len(data):
        raise ValueError("something follows the last slice")
    return found


def part(data: bytes, offset: int) -> Part:
    magic, cpu, _, kind, count, size = struct.unpack("<6I", data[:24])
    arch = ARCHS[cpu & 0xFFFFFF, bool(cpu & 0x01000000)]
    if magic != 0xFEEDFACF or kind != 2:
        raise ValueError("no 64-bit executable")
    commands = []
    place = 32
    for _ in range(count):
        number, length = struct.unpack("<2I", data[place : place + 8])
        if length < 8 or length % 8:
            raise ValueError("a load command of an impossible size")
        commands.append((number, data[place + 8 : place + length]))
        place += length
    if place != 32 + size:
        raise ValueError("the load commands have another size than the header says")
    return Part(arch, offset, data, tuple(commands))


def signature(code: bytes, blob: bytes) -> dict[str, object]:
    """Check every page of ``code`` against the signature ``blob``."""
    magic, length, count = struct.unpack(">3I", blob[:12])
    if magic != 0xFADE0CC0 or length > len(blob) or blob[length:].strip(b"\0"):
        raise ValueError("no embedded signature")
    slots = {}
    for number in range(count):
        slot, place = struct.unpack(">2I", blob[12 + 8 * number : 20 + 8 * number])
        (size,) = struct.unpack(">I", blob[place + 4 : place + 8])
        slots[slot] = blob[place : place + size]
    directories = [slots[slot] for slot in sorted(slots) if slot == 0 or 0x1000 <= slot < 0x1005]
    for directory in directories:
        check(directory, code, slots)
    (flags,) = struct.unpack(">I", directories[0][12:16])
    cms = slots.get(0x10000, b"")[8:]
    said: dict[str, object] = {
        "adhoc": bool(flags & 2),
        "hardened": bool(flags & 0x10000),
        "cms": bool(cms),
    }
    return {**said, "team": team} if (team := team_of(directories[0])) else said


def team_of(directory: bytes) -> str:
    """Return the team that signed, which directories since version 2.2 can name."""
    version, place = (int.from_bytes(directory[at : at + 4]) for at in (8, 48))
    if version < 0x20200 or not place:
        return ""
    return directory[place : directory.index(b"\0", place)].decode("ascii")


def check(directory: bytes, code: bytes, slots: dict[int, bytes]) -> None:
    magic, size, _, _, first, _, special, count, limit = struct.unpack(">9I", directory[:36])
    width, kind, _, log = directory[36:40]
    if magic != 0xFADE0C02 or size != len(directory):
        raise ValueError("no code directory")
    if limit != len(code):
        raise ValueError("the signature does not cover all of the code")
    page = 1 << log
    if count != (limit + page - 1) // page:
        raise ValueError("the number of page hashes is wrong")
    algorithm = {1: "sha1", 2: "sha256"}[kind]
    view = memoryview(code)
    for number in range(count):
        said = directory[first + width * number : first + width * (number + 1)]
        state = hashlib.new(algorithm, view[page * number : page * (number + 1)])
        if state.digest()[:width] != said:
            raise ValueError(f"the hash of page {number} is wrong")
    for slot in range(1, special + 1):
        said = directory[first - width * slot : first - width * (slot - 1)]
        if slot in slots and hashlib.new(algorithm, slots[slot]).digest()[:width] != said:
            raise ValueError(f"the hash of slot {slot} is wrong")
