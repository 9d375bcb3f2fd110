"""The header structure of rpm: an index of tags, then their data (rpm manual, "RPM v4 header format").

The same structure serves as signature and as main header; they differ in the tag of their region.
The lead before them is here too. What the tags mean to a package is the writer's business.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

MAGIC = bytes.fromhex("8eade80100000000")
SIGNATURE_REGION = 62
MAIN_REGION = 63
# An index entry's own size, and the type of binary data; a region's trailer is such an entry.
ENTRY = 16
BINARY = 7


class Signature(IntEnum):
    """Tags of the signature header."""

    SHA1 = 269
    SHA256 = 273
    SIZE = 1000
    MD5 = 1004
    PAYLOADSIZE = 1007


class Tag(IntEnum):
    """Tags of the main header."""

    HEADERI18NTABLE = 100
    NAME = 1000
    VERSION = 1001
    RELEASE = 1002
    EPOCH = 1003
    SUMMARY = 1004
    DESCRIPTION = 1005
    BUILDTIME = 1006
    BUILDHOST = 1007
    SIZE = 1009
    VENDOR = 1011
    LICENSE = 1014
    PACKAGER = 1015
    GROUP = 1016
    URL = 1020
    OS = 1021
    ARCH = 1022
    POSTIN = 1024
    PREUN = 1025
    FILESIZES = 1028
    FILEMODES = 1030
    FILERDEVS = 1033
    FILEMTIMES = 1034
    FILEDIGESTS = 1035
    FILELINKTOS = 1036
    FILEFLAGS = 1037
    FILEUSERNAME = 1039
    FILEGROUPNAME = 1040
    SOURCERPM = 1044
    FILEVERIFYFLAGS = 1045
    PROVIDENAME = 1047
    REQUIREFLAGS = 1048
    REQUIRENAME = 1049
    REQUIREVERSION = 1050
    CONFLICTFLAGS = 1053
    CONFLICTNAME = 1054
    CONFLICTVERSION = 1055
    CHANGELOGTIME = 1080
    CHANGELOGNAME = 1081
    CHANGELOGTEXT = 1082
    POSTINPROG = 1086
    PREUNPROG = 1087
    OBSOLETENAME = 1090
    FILEDEVICES = 1095
    FILEINODES = 1096
    FILELANGS = 1097
    PROVIDEFLAGS = 1112
    PROVIDEVERSION = 1113
    OBSOLETEFLAGS = 1114
    OBSOLETEVERSION = 1115
    DIRINDEXES = 1116
    BASENAMES = 1117
    DIRNAMES = 1118
    PAYLOADFORMAT = 1124
    PAYLOADCOMPRESSOR = 1125
    PAYLOADFLAGS = 1126
    FILEDIGESTALGO = 5011
    RECOMMENDNAME = 5046
    RECOMMENDVERSION = 5047
    RECOMMENDFLAGS = 5048
    ENCODING = 5062
    PAYLOADDIGEST = 5092
    PAYLOADDIGESTALGO = 5093
    PAYLOADDIGESTALT = 5097


@dataclass(frozen=True, slots=True)
class Value:
    """The data of one tag: how it is typed, aligned (to ``align`` bytes) and counted."""

    type: int
    count: int
    data: bytes
    align: int = 1


def int16(*values: int) -> Value:
    """Encode an array of 16-bit numbers."""
    return Value(3, len(values), struct.pack(f">{len(values)}H", *values), 2)


def int32(*values: int) -> Value:
    """Encode an array of 32-bit numbers."""
    return Value(4, len(values), struct.pack(f">{len(values)}I", *values), 4)


def string(text: str) -> Value:
    """Encode one string."""
    return Value(6, 1, text.encode() + b"\0")


def binary(data: bytes) -> Value:
    """Encode bytes as they are."""
    return Value(BINARY, len(data), data)


def strings(texts: Sequence[str]) -> Value:
    """Encode an array of strings."""
    return Value(8, len(texts), "".join(f"{text}\0" for text in texts).encode())


def translated(text: str) -> Value:
    """Encode a string that could have translations, in the one locale ``C``."""
    return Value(9, 1, text.encode() + b"\0")


def lead(label: str) -> bytes:
    """Return the 96 bytes every rpm starts with; readers look at magic, version and type alone."""
    name = label.encode()[:65]
    return struct.pack(">4sBBHH66sHH16x", b"\xed\xab\xee\xdb", 3, 0, 0, 0, name, 1, 5)


def encode(region: int, values: Mapping[int, Value]) -> bytes:
    """Return a header whose region, as in every package file, spans all of it."""
    index = bytearray()
    data = bytearray()
    for tag in sorted(values):
        value = values[tag]
        data += bytes(-len(data) % value.align)
        index += struct.pack(">IIII", tag, value.type, len(data), value.count)
        data += value.data
    entries = len(values) + 1
    first = struct.pack(">IIII", region, BINARY, len(data), ENTRY)
    data += struct.pack(">IIiI", region, BINARY, -ENTRY * entries, ENTRY)
    return MAGIC + struct.pack(">II", entries, len(data)) + first + bytes(index) + bytes(data)
