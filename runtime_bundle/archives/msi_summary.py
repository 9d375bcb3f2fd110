"""The summary information of a Windows Installer package: an OLE property set ([MS-OLEPS] 2.21)."""

from __future__ import annotations

import struct

from rtinstall.runtime_bundle.errors import UnsafeArchive

# {F29F85E0-4FF9-1068-AB91-08002B27B3D9}
FORMAT = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
START = struct.Struct("<HHI16sI16sI")
CODE_PAGE = 1
# Seconds from 1601, where FILETIME begins, to 1970.
EPOCH = 11_644_473_600


def read_summary(data: bytes) -> dict[int, int | str]:
    """Return the properties by id; times in seconds since 1970, other types left out.

    The properties are for people, and makers have written them in another encoding than they state:
    what cannot be decoded is kept as backslash escapes.
    """
    try:
        order, _, _, _, count, kind, offset = START.unpack_from(data)
        size, number = struct.unpack_from("<II", data, offset)
        section = data[offset : offset + size]
        if order != 0xFFFE or count < 1 or kind != FORMAT or len(section) != size:
            raise UnsafeArchive("the summary information is no property set")
        if number > size // 8:
            raise UnsafeArchive("the summary information has more properties than bytes")
        places = dict(struct.iter_unpack("<II", section[8 : 8 + 8 * number]))
        if len(places) != number:
            raise UnsafeArchive("the summary information has a property twice")
        page = _value(section, places[CODE_PAGE], "ascii") if CODE_PAGE in places else 1252
        encoding = code_page(page & 0xFFFF if isinstance(page, int) else 0)
        values = {key: _value(section, place, encoding) for key, place in places.items()}
    except struct.error:
        raise UnsafeArchive("the summary information is cut short") from None
    found = {key: value for key, value in values.items() if value is not None}
    return found | ({CODE_PAGE: page & 0xFFFF} if isinstance(page, int) else {})


def code_page(number: int) -> str:
    """Return Python's name of a Windows code page; 0 is neutral, which is ASCII."""
    if number in (0, 20127):
        return "ascii"
    if number == 65001:
        return "utf-8"
    if number in (874, 932, 936, 949, 950, *range(1250, 1259)):
        return f"cp{number}"
    raise UnsafeArchive(f"the package's texts are of the code page {number}, not of one of Windows")


def _value(section: bytes, place: int, encoding: str) -> int | str | None:
    (kind,) = struct.unpack_from("<I", section, place)
    match kind:
        case 2:  # VT_I2
            return int(struct.unpack_from("<h", section, place + 4)[0])
        case 3:  # VT_I4
            return int(struct.unpack_from("<i", section, place + 4)[0])
        case 30:  # VT_LPSTR
            (size,) = struct.unpack_from("<I", section, place + 4)
            text = section[place + 8 : place + 8 + size]
            if len(text) != size:
                raise UnsafeArchive("a text of the summary information is cut short")
            return text.partition(b"\0")[0].decode(encoding, "backslashreplace")
        case 64:  # VT_FILETIME
            (time,) = struct.unpack_from("<Q", section, place + 4)
            return int(time) // 10_000_000 - EPOCH
        case _:
            return None
