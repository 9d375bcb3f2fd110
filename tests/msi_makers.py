"""Compound files, cabinets and Installer databases made byte by byte, legal or broken in one place.

Written from [MS-CFB], [MS-CAB] and the layout of the tables; shares nothing with reader or writer.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
PACKAGE = bytes.fromhex("84100c0000000000c000000000000046")
Cell = str | int | None
Rows = Sequence[tuple[Cell, ...]]


def padded(data: bytes | bytearray, unit: int) -> bytes:
    return bytes(data) + bytes(-len(data) % unit)


def words(values: Iterable[int]) -> bytes:
    return b"".join(struct.pack("<I", value) for value in values)


def directory_entry(name: str, kind: int, **fields: int | bytes) -> bytes:
    """Return an entry of the directory: ``left``, ``right``, ``child``, ``clsid``, ``start``, ``size``."""
    raw = name.encode("utf-16-le", "surrogatepass")
    values = {"length": len(raw) + 2 if kind else 0, "left": FREE, "right": FREE, "child": FREE,
              "clsid": bytes(16), "start": 0, "size": 0} | fields  # fmt: skip
    return struct.pack(
        "<64sHBB3I16s20xIQ", raw, values["length"], kind, 1, values["left"], values["right"],
        values["child"], values["clsid"], values["start"], values["size"],
    )  # fmt: skip


def compound(
    streams: Mapping[str, bytes],
    *,
    version: int = 4,
    clsid: bytes = PACKAGE,
    header: Mapping[int, int] | None = None,
    fat: Mapping[int, int] | None = None,
    mini_fat: Mapping[int, int] | None = None,
    entries: Mapping[str, Mapping[str, int | bytes]] | None = None,
    kinds: Mapping[str, int] | None = None,
) -> bytes:
    """Return a compound file of ``streams`` by raw name; the rest overwrites single values.

    Large streams come first, in their order, then the mini stream, the mini FAT, the directory, the
    DIFAT and the FAT. Entry 0 is the root, then come the streams as their tree has them; each is
    the right child of the one before. ``header`` is keyed by offset.
    """
    unit = {3: 512, 4: 4096}[version]
    body = bytearray()
    chains: list[int] = []
    small = bytearray()
    small_chains: list[int] = []

    def place(data: bytes | bytearray, into: bytearray, chain: list[int], size: int) -> int:
        count = -(-len(data) // size)
        if not count:
            return END
        start = len(chain)
        chain.extend((*range(start + 1, start + count), END))
        into.extend(padded(data, size))
        return start

    starts = {
        name: place(data, body, chains, unit)
        if len(data) >= 4096
        else place(data, small, small_chains, 64)
        for name, data in streams.items()
    }
    root = place(small, body, chains, unit)
    for at, value in (mini_fat or {}).items():
        small_chains[at] = value
    per = unit // 4
    small_chains += [FREE] * (-len(small_chains) % per)
    mini = place(words(small_chains), body, chains, unit)
    order = sorted(streams, key=lambda name: (len(name), name.upper()))
    listed = [directory_entry("Root Entry", 5, **{"child": 1 if order else FREE, "clsid": clsid,
              "start": root, "size": len(small), **(entries or {}).get("", {})})]  # fmt: skip
    for number, name in enumerate(order, 1):
        fields = {"right": number + 1 if number < len(order) else FREE, "start": starts[name],
                  "size": len(streams[name]), **(entries or {}).get(name, {})}  # fmt: skip
        listed.append(directory_entry(name, (kinds or {}).get(name, 2), **fields))
    listed += [directory_entry("", 0)] * (-len(listed) % (unit // 128))
    directory = place(b"".join(listed), body, chains, unit)
    count = others = 0
    while (count, others) != (
        needed := (-(-(len(chains) + count + others) // per), -(-max(0, count - 109) // (per - 1)))
    ):
        count, others = needed
    first = len(chains)
    sectors = list(range(first + others, first + others + count))
    for number in range(others):
        begin = 109 + number * (per - 1)
        part = sectors[begin : begin + per - 1]
        following = first + number + 1 if number + 1 < others else END
        body += words([*part, *[FREE] * (per - 1 - len(part)), following])
    chains += [DIFAT] * others + [FAT] * count
    for at, value in (fat or {}).items():
        chains[at] = value
    body += words(chains + [FREE] * (-len(chains) % per))
    head = bytearray(
        struct.pack(
            "<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, version, 0xFFFE,
            unit.bit_length() - 1, 6, len(listed) * 128 // unit if version == 4 else 0, count,
            directory, 0, 4096, mini, len(small_chains) * 4 // unit, first if others else END, others,
        )
    )  # fmt: skip
    head += words((sectors + [FREE] * 109)[:109])
    for at, value in (header or {}).items():
        head[at : at + 4] = struct.pack("<I", value)
    return padded(bytes(head), unit) + bytes(body)


def cabinet_sum(data: bytes, seed: int = 0) -> int:
    """Return the checksum of a cabinet's block, word by word."""
    for at in range(0, len(data) & ~3, 4):
        seed ^= int.from_bytes(data[at : at + 4], "little")
    return seed ^ int.from_bytes(data[len(data) & ~3 :], "big")


def cabinet_block(plain: bytes, kind: int, history: bytes = b"", *, reserve: bytes = b"",
                  packed: bytes | None = None, size: int | None = None,
                  checksum: int | None = None) -> bytes:  # fmt: skip
    """Return a CFDATA; ``history`` is the block before."""
    if packed is None:
        packed = plain
        if kind == 1:
            encoder = zlib.compressobj(9, zlib.DEFLATED, -15, 9, 0, history)
            packed = b"CK" + encoder.compress(plain) + encoder.flush()
    sizes = struct.pack("<2H", len(packed), len(plain) if size is None else size)
    right = cabinet_sum(sizes + reserve, cabinet_sum(packed))
    return struct.pack("<I", right if checksum is None else checksum) + sizes + reserve + packed


def cabinet(
    *folders: Sequence[tuple[str, bytes]],
    kind: int = 1,
    date: int = 0x21,
    flags: int = 0,
    attributes: int = 0x20,
    reserve: bytes = b"",
    blocks: Sequence[bytes] | None = None,
    shift: int = 0,
    gap: bytes = b"",
    end: bytes = b"",
    size: int | None = None,
) -> bytes:
    """Return a cabinet of folders of files; ``blocks`` are the first folder's, made by hand.

    ``shift`` is added to where the second file and those behind it lie, ``gap`` stands before the
    data, ``end`` behind it.
    """
    parts = []
    listed = b""
    for number, files in enumerate(folders):
        data = b"".join(content for _, content in files)
        pieces = [data[at : at + 32768] for at in range(0, len(data), 32768)]
        histories = [b"", *pieces]
        made = [
            cabinet_block(piece, kind & 15, before, reserve=reserve)
            for piece, before in zip(pieces, histories, strict=False)
        ]
        parts.append(list(blocks) if blocks is not None and number == 0 else made)
        at = 0
        for name, content in files:
            moved = shift if at else 0
            listed += struct.pack("<2I4H", len(content), at + moved, number, date, 0, attributes)
            listed += name.encode() + b"\0"
            at += len(content)
    extra = struct.pack("<HBB", 5, 0, len(reserve)) + b"extra" if flags & 4 else b""
    begin = 36 + len(extra) + 8 * len(folders)
    start = begin + len(listed) + len(gap)
    table = b""
    for part in parts:
        table += struct.pack("<I2H", start, len(part), kind)
        start += sum(map(len, part))
    head = struct.pack(
        "<4s5I2B5H", b"MSCF", 0, start if size is None else size, 0, begin, 0, 3, 1, len(folders),
        sum(map(len, folders)), flags, 0, 0,
    )  # fmt: skip
    return head + extra + table + listed + gap + b"".join(b"".join(part) for part in parts) + end


ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"


def stream_name(name: str, *, table: bool = False) -> str:
    """Return a name as an Installer database packs it."""
    out = "\u4840" if table else ""
    numbers = [ALPHABET.find(char) for char in name]
    while numbers:
        first = numbers.pop(0)
        if first < 0:
            out += name[len(name) - len(numbers) - 1]
        elif numbers and numbers[0] >= 0:
            out += chr(0x3800 + first + numbers.pop(0) * 64)
        else:
            out += chr(0x4800 + first)
    return out


def column_type(kind: str) -> int:
    """Return the word of a column such as ``s72*`` (a key)."""
    letter, size = kind[0].lower(), int(kind[1:].rstrip("*"))
    word = {"s": 0xD00, "l": 0xF00, "i": 0x500 if size == 2 else 0x100, "v": 0x900}[letter] | size
    return word | 0x1000 * kind[0].isupper() | 0x2000 * kind.endswith("*")


def summary(properties: Mapping[int, int | str], *, page: int = 1252) -> bytes:
    """Return a property set; 12 and 13 are FILETIMEs."""
    values = []
    for number, value in {1: page, **properties}.items():
        if isinstance(value, str):
            raw = value.encode("utf-8" if page == 65001 else f"cp{page}") + b"\0"
            data = struct.pack("<II", 30, len(raw)) + padded(raw, 4)
        elif number in (12, 13):
            data = struct.pack("<IQ", 64, value)
        else:
            data = struct.pack("<IHxx", 2, value) if number == 1 else struct.pack("<Ii", 3, value)
        values.append((number, data))
    at = 8 + 8 * len(values)
    index = body = b""
    for number, data in values:
        index += struct.pack("<II", number, at + len(body))
        body += data
    section = struct.pack("<II", at + len(body), len(values)) + index + body
    return (
        struct.pack("<HHI16xI", 0xFFFE, 0, 0x20006, 1)
        + bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
        + struct.pack("<I", 48)
        + section
    )


def database(
    tables: Mapping[str, tuple[Mapping[str, str], Rows]],
    streams: Mapping[str, bytes] | None = None,
    *,
    page: int = 65001,
    encoding: str = "utf-8",
    wide: bool = False,
    sort: bool = True,
    off_by: int = 0,
    spare: Sequence[str] = (),
    properties: Mapping[int, int | str] | None = None,
    replace: Mapping[str, bytes] | None = None,
    version: int = 4,
) -> bytes:
    """Return a package of ``tables``: each its columns (name to type, ``*`` for keys) and rows.

    ``wide`` makes string numbers of three bytes, ``sort`` false leaves rows as they come,
    ``off_by`` is added to every reference count, ``spare`` are strings nobody uses, ``replace``
    are streams by raw name.
    """
    numbers: dict[str, int] = {}
    counts: dict[int, int] = {}

    def stored(cell: Cell, kind: str) -> int:
        if kind[0] in "vV":
            return 1 if cell else 0
        if isinstance(cell, int):
            return cell + (0x8000 if kind[1] == "2" else 0x80000000)
        if not cell:
            return 0
        number = numbers.setdefault(cell, len(numbers) + 1)
        counts[number] = counts.get(number, 0) + 1
        return number

    def stream(columns: Mapping[str, str], rows: Rows) -> bytes:
        raw = [
            tuple(stored(cell, kind) for cell, kind in zip(row, columns.values(), strict=True))
            for row in rows
        ]
        keys = [at for at, kind in enumerate(columns.values()) if kind.endswith("*")]
        if sort:
            raw.sort(key=lambda row: [row[at] for at in keys])
        out = b""
        for at, kind in enumerate(columns.values()):
            text = kind[0] in "sSlL"
            width = (3 if wide else 2) if text else 4 if kind[1] == "4" else 2
            out += b"".join(row[at].to_bytes(width, "little") for row in raw)
        return out

    made = {
        stream_name(name, table=True): stream(columns, rows)
        for name, (columns, rows) in tables.items()
        if rows
    }
    listed = [(name,) for name in tables]
    described: Rows = [
        (table, number, name, column_type(kind))
        for table, (columns, _) in tables.items()
        for number, (name, kind) in enumerate(columns.items(), 1)
    ]
    made[stream_name("_Tables", table=True)] = stream({"Name": "s64*"}, listed)
    made[stream_name("_Columns", table=True)] = stream(
        {"Table": "s64*", "Number": "i2*", "Name": "s64", "Type": "i2"}, described
    )
    for text in spare:
        numbers[text] = len(numbers) + 1
    pool = struct.pack("<I", page | wide << 31)
    data = b""
    for text, number in numbers.items():
        raw = text.encode(encoding)
        count = counts.get(number, 0) + off_by
        if len(raw) > 0xFFFF:
            pool += struct.pack("<HHI", 0, count, len(raw))
        else:
            pool += struct.pack("<HH", len(raw), count)
        data += raw
    made[stream_name("_StringPool", table=True)] = pool
    made[stream_name("_StringData", table=True)] = data
    made["\x05SummaryInformation"] = summary(properties or PROPERTIES)
    made |= {stream_name(name): content for name, content in (streams or {}).items()}
    return compound(made | dict(replace or {}), version=version)


PROPERTIES: dict[int, int | str] = {
    2: "Installation Database", 3: "demo", 4: "Vendor", 5: "Installer", 7: "x64;1033",
    9: "{12345678-1234-1234-1234-123456789ABC}", 12: 116444736000000000, 14: 500, 15: 2, 19: 2,
}  # fmt: skip
FILES = {"one": b"first\n" * 9, "two": b"", "three": bytes(range(256)) * 300}
COLUMNS = {
    "Property": {"Property": "s72*", "Value": "l0"},
    "Directory": {"Directory": "s72*", "Directory_Parent": "S72", "DefaultDir": "l255"},
    "Component": {"Component": "s72*", "ComponentId": "S38", "Directory_": "s72",
                  "Attributes": "i2", "Condition": "S255", "KeyPath": "S72"},
    "File": {"File": "s72*", "Component_": "s72", "FileName": "l255", "FileSize": "i4",
             "Version": "S72", "Language": "S20", "Attributes": "I2", "Sequence": "i4"},
    "Media": {"DiskId": "i2*", "LastSequence": "i4", "DiskPrompt": "L64", "Cabinet": "S255",
              "VolumeLabel": "S32", "Source": "S72"},
    "MsiFileHash": {"File_": "s72*", "Options": "i2", "HashPart1": "i4", "HashPart2": "i4",
                    "HashPart3": "i4", "HashPart4": "i4"},
    "CreateFolder": {"Directory_": "s72*", "Component_": "s72*"},
    "CustomAction": {"Action": "s72*", "Type": "i2", "Source": "S72", "Target": "S255",
                     "ExtendedType": "I4"},
    "Binary": {"Name": "s72*", "Data": "v0"},
}  # fmt: skip


def package_rows() -> dict[str, Rows]:
    """Return the rows of a package of three files in two directories."""
    return {
        "Property": [("ProductName", "demo"), ("ProductVersion", "1.2.3"), ("ARPCOMMENTS", "ä")],
        "Directory": [
            ("TARGETDIR", None, "SourceDir"), ("ProgramFiles64Folder", "TARGETDIR", "."),
            ("INSTALLDIR", "ProgramFiles64Folder", "NODEJS~1|node js"),
            ("LIB", "INSTALLDIR", "lib:source"), ("SAME", "LIB", ".:elsewhere"),
            ("EMPTY", "INSTALLDIR", "empty"), ("UNUSED", "INSTALLDIR", "unused"),
        ],
        "Component": [("C1", None, "INSTALLDIR", 256, None, "one"),
                      ("C2", None, "SAME", 256, None, "two")],
        "File": [
            ("one", "C1", "ONE~1.TXT|one ä.txt", len(FILES["one"]), None, None, 512, 1),
            ("two", "C2", "two.txt", len(FILES["two"]), None, None, 512, 2),
            ("three", "C2", "three", len(FILES["three"]), None, None, None, 3),
        ],
        "Media": [(1, 3, None, "#product.cab", None, None)],
        "MsiFileHash": [
            (name, 0, *struct.unpack("<4i", hashlib.md5(data, usedforsecurity=False).digest()))
            for name, data in FILES.items()
        ],
        "CreateFolder": [("EMPTY", "C1")],
    }  # fmt: skip


def package(
    rows: Mapping[str, Rows] | None = None,
    *,
    cab: bytes | None = None,
    streams: Mapping[str, bytes] | None = None,
    **options: object,
) -> bytes:
    """Return a whole package; ``rows`` replaces those of single tables."""
    tables = {
        name: (COLUMNS[name], content)
        for name, content in (package_rows() | dict(rows or {})).items()
    }
    made = {"product.cab": cabinet(list(FILES.items())) if cab is None else cab}
    return database(tables, made | dict(streams or {}), **options)  # type: ignore[arg-type]
