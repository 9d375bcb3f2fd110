"""A program for Windows on x64 that runs: it prints a text, and its environment as an error.

By hand, after Microsoft's "PE Format": one section with code, imports and data.
"""

from __future__ import annotations

import struct

BASE = 0x1000  # where the section is loaded
FUNCTIONS = ("GetStdHandle", "WriteFile", "GetEnvironmentStringsA", "ExitProcess")
CODE = 0x800  # of the section; imports and text come before


def program(text: str, code: int = 0) -> bytes:
    """Return the executable; ``code`` is its exit code."""
    data, slots = _imports()
    message = len(data)
    data += text.encode()
    assert len(data) <= CODE
    section = data.ljust(CODE, b"\0") + _code(slots, message, len(text.encode()), code)
    section = section.ljust(0x1000, b"\0")
    directories = [(0, 0), (BASE, 40), *[(0, 0)] * 14]
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII",
        0x20B, 14, 0, len(section), 0, 0, BASE + CODE, BASE,
        0x140000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0, 0x2000, 0x400, 0, 3, 0,
        0x100000, 0x1000, 0x100000, 0x1000, 0, 16,
    ) + b"".join(struct.pack("<2I", *each) for each in directories)  # fmt: skip
    coff = struct.pack("<2H12x2H", 0x8664, 1, len(optional), 0x22)
    header = struct.pack("<8s6I2HI", b".text", 0x1000, BASE, 0x1000, 0x400, 0, 0, 0, 0, 0xE0000060)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    top = head.ljust(0x80, b"\0") + b"PE\0\0" + coff + optional + header
    return top.ljust(0x400, b"\0") + section


def _imports() -> tuple[bytes, dict[str, int]]:
    """Return the table of imports of kernel32, and where each function's address will stand."""
    table, names = 40, b""
    size = 8 * (len(FUNCTIONS) + 1)
    places = []
    for name in FUNCTIONS:
        places.append(table + size + len(names))
        names += struct.pack("<H", 0) + name.encode() + b"\0"
        names += bytes(len(names) % 2)
    library = table + size + len(names)
    slots = {name: table + 8 * number for number, name in enumerate(FUNCTIONS)}
    lookup = b"".join(struct.pack("<Q", BASE + place) for place in places) + bytes(8)
    entry = struct.pack("<5I", 0, 0, 0, BASE + library, BASE + table)
    return entry + bytes(20) + lookup + names + b"KERNEL32.dll\0", slots


def _code(slots: dict[str, int], message: int, length: int, code: int) -> bytes:
    done = bytearray(b"\x48\x83\xec\x38")  # sub rsp, 56

    def relative(opcode: bytes, place: int) -> None:
        done.extend(opcode + struct.pack("<i", place - CODE - len(done) - len(opcode) - 4))

    def call(name: str) -> None:
        relative(b"\xff\x15", slots[name])  # call [rip + ...]

    def write() -> None:
        done.extend(b"\x4c\x8d\x4c\x24\x28")  # lea r9, [rsp + 40]
        done.extend(b"\x48\xc7\x44\x24\x20" + bytes(4))  # mov qword [rsp + 32], 0
        call("WriteFile")

    done.extend(b"\xb9" + struct.pack("<i", -12))  # mov ecx, STD_ERROR_HANDLE
    call("GetStdHandle")
    done.extend(b"\x48\x89\xc3")  # mov rbx, rax
    call("GetEnvironmentStringsA")
    done.extend(b"\x48\x89\xd9\x48\x89\xc2\x45\x31\xc0")  # mov rcx, rbx; mov rdx, rax; xor r8d, r8d
    done.extend(b"\x66\x42\x83\x3c\x02\x00\x74\x05")  # cmp word [rdx + r8], 0; je past the loop
    done.extend(b"\x41\xff\xc0\xeb\xf3")  # inc r8d; jmp back
    write()
    done.extend(b"\xb9" + struct.pack("<i", -11))  # mov ecx, STD_OUTPUT_HANDLE
    call("GetStdHandle")
    done.extend(b"\x48\x89\xc1")  # mov rcx, rax
    relative(b"\x48\x8d\x15", message)  # lea rdx, [rip + ...]
    done.extend(b"\x41\xb8" + struct.pack("<I", length))  # mov r8d, length
    write()
    done.extend(b"\xb9" + struct.pack("<i", code))
    call("ExitProcess")
    return bytes(done)
