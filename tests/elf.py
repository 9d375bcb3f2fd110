"""The smallest ELF executable that says what it needs of whom (System V ABI, gABI)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

INTERP, LOAD, DYNAMIC, NOTE, GNU_STACK = 3, 1, 2, 4, 0x6474E551


@dataclass(frozen=True)
class Machine:
    number: int
    bits: int
    order: str
    flags: int
    interpreter: str


MACHINES = {
    "x64": Machine(62, 64, "<", 0, "/lib64/ld-linux-x86-64.so.2"),
    "arm64": Machine(183, 64, "<", 0, "/lib/ld-linux-aarch64.so.1"),
    "armv7l": Machine(40, 32, "<", 0x5000400, "/lib/ld-linux-armhf.so.3"),
    "armv6l": Machine(40, 32, "<", 0x5000400, "/lib/ld-linux-armhf.so.3"),
    "ppc64le": Machine(21, 64, "<", 2, "/lib64/ld64.so.2"),
    "s390x": Machine(22, 64, ">", 0, "/lib/ld64.so.1"),
    "riscv64": Machine(243, 64, "<", 5, "/lib/ld-linux-riscv64-lp64d.so.1"),
    "loong64": Machine(258, 64, "<", 0x43, "/lib64/ld-linux-loongarch-lp64d.so.1"),
}


def executable(
    arch: str,
    needed: Mapping[str, Sequence[str]],
    interpreter: str | None = None,
    freebsd: int | None = None,
) -> bytes:
    """Return an executable for ``arch`` that needs libraries, and of each of them symbol versions.

    ``freebsd`` is the ``__FreeBSD_version`` of one that is branded by a note, as theirs are.
    """
    machine = MACHINES[arch]
    word = "Q" if machine.bits == 64 else "I"
    strings = b"\0"

    def string(text: str) -> int:
        nonlocal strings
        strings += text.encode() + b"\0"
        return len(strings) - 1 - len(text.encode())

    def pack(layout: str, *values: int) -> bytes:
        return struct.pack(machine.order + layout, *values)

    names = {library: string(library) for library in needed}
    versions = b""
    asked = [(library, symbols) for library, symbols in needed.items() if symbols]
    for index, (library, symbols) in enumerate(asked):
        last = index == len(asked) - 1
        following = 0 if last else 16 + 16 * len(symbols)
        versions += pack("HHIII", 1, len(symbols), names[library], 16, following)
        for number, symbol in enumerate(symbols, 1):
            onward = 16 if number < len(symbols) else 0
            versions += pack("IHHII", sysv_hash(symbol), 0, number + 1, string(symbol), onward)

    loader = (machine.interpreter if interpreter is None else interpreter).encode() + b"\0"
    header_size, row_size = (64, 56) if machine.bits == 64 else (52, 32)
    start = header_size + 4 * row_size
    place_strings = start + len(loader) + -len(loader) % 8
    place_versions = place_strings + len(strings) + -len(strings) % 8
    place_dynamic = place_versions + len(versions)
    tags = [
        *((1, name) for name in names.values()),
        (5, place_strings),
        (10, len(strings)),
        *([(0x6FFFFFFE, place_versions), (0x6FFFFFFF, len(asked))] if asked else []),
        (0, 0),
    ]
    dynamic = b"".join(pack(word * 2, *tag) for tag in tags)
    # The note (elf(5)): sizes of name and word, type 1, "FreeBSD", the version.
    note = b"" if freebsd is None else pack("III", 8, 4, 1) + b"FreeBSD\0" + pack("I", freebsd)
    place_note = place_dynamic + len(dynamic)
    end = place_note + len(note)

    def segment(kind: int, place: int, size: int) -> bytes:
        if machine.bits == 64:
            return pack("IIQQQQQQ", kind, 4, place, place, place, size, size, 8)
        return pack("8I", kind, place, place, place, size, size, 4, 8)

    header = b"\x7fELF" + bytes([machine.bits // 32, 1 if machine.order == "<" else 2])
    header += b"\1\0" if freebsd is None else b"\1\x09"
    header = header.ljust(16, b"\0") + pack(
        f"HHI{word}{word}{word}I6H", 3, machine.number, 1, 0, header_size, 0, machine.flags,
        header_size, row_size, 4, 0, 0, 0,
    )  # fmt: skip
    rows = (
        segment(INTERP, start, len(loader))
        + segment(LOAD, 0, end)
        + segment(DYNAMIC, place_dynamic, len(dynamic))
        + (segment(GNU_STACK, 0, 0) if freebsd is None else segment(NOTE, place_note, len(note)))
    )
    body = (header + rows + loader).ljust(place_strings, b"\0") + strings
    return body.ljust(place_versions, b"\0") + versions + dynamic + note


def sysv_hash(text: str) -> int:
    value = 0
    for byte in text.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high & 0xFFFFFFFF
    return value
