"""Read a Windows Installer database: string pool, tables, summary information, other streams.

From the description of the format alone. Whatever Windows would stumble over or a checker complain
about is a ValueError: rows out of order, keys twice, wrong counts of references, texts twice. A
hole in the string pool is allowed, and an empty text here.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from dataclasses import dataclass

from readers import compound

PACKAGE = bytes.fromhex("84100C0000000000C000000000000046")
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
CODE_PAGES = {0: "ascii", 1252: "cp1252", 65001: "utf-8"}
Cell = str | int | None


@dataclass(frozen=True)
class Column:
    name: str
    number: int

    @property
    def type(self) -> str:
        """Return the type in the notation of exported tables: s72, L255, i2, V0."""
        if self.number & 0x800:
            letter = "l" if self.number & 0x200 else "s" if self.number & 0x400 else "v"
        else:
            letter = "i"
        return (letter.upper() if self.number & 0x1000 else letter) + str(self.number & 0xFF)

    @property
    def key(self) -> bool:
        return bool(self.number & 0x2000)


@dataclass(frozen=True)
class Database:
    file: compound.Compound
    codepage: int
    wide: bool
    strings: list[str]
    columns: dict[str, list[Column]]
    rows: dict[str, list[tuple[Cell, ...]]]
    raw: dict[str, list[tuple[int, ...]]]
    summary: dict[int, int | str]
    streams: dict[str, str]

    def table(self, name: str) -> list[dict[str, Cell]]:
        names = [column.name for column in self.columns[name]]
        return [dict(zip(names, row, strict=True)) for row in self.rows[name]]

    def stream(self, name: str) -> bytes:
        """Return a stream that is no table, by its plain name."""
        return self.file.read(self.streams[name])


def read(data: bytes | mmap.mmap, *, counted: bool = True) -> Database:
    """Return the whole database; ``counted=False`` for msitools', which miscount references."""
    file = compound.read(data)
    if file.clsid != PACKAGE:
        raise ValueError("no installation package")
    plain = {unmangle(name): name for name in file.names}
    tables = {name[1:]: stored for name, stored in plain.items() if name[0] == "\u4840"}
    pool = file.read(tables.pop("_StringPool"))
    texts, counts, codepage, wide = _strings(pool, file.read(tables.pop("_StringData")))
    reference = 3 if wide else 2

    uses: Counter[int] = Counter()
    raw: dict[str, list[tuple[int, ...]]] = {}
    rows: dict[str, list[tuple[Cell, ...]]] = {}

    def load(name: str, columns: list[Column]) -> list[tuple[Cell, ...]]:
        stored = file.read(tables.pop(name)) if name in tables else b""
        raw[name] = _rows(name, stored, columns, reference)
        rows[name] = [_values(row, columns, texts, uses) for row in raw[name]]
        return rows[name]

    names = [str(row[0]) for row in load("_Tables", [Column("Name", 0x2D40)])]
    definitions: dict[str, list[Column]] = {name: [] for name in names}
    catalogue = [("Table", 0x2D40), ("Number", 0x2502), ("Name", 0x0D40), ("Type", 0x0502)]
    for table, number, column, kind in load("_Columns", [Column(*item) for item in catalogue]):
        if not isinstance(kind, int) or number != len(definitions[str(table)]) + 1:
            raise ValueError(f"column {column} of {table} is out of line")
        definitions[str(table)].append(Column(str(column), kind))
    for name, columns in definitions.items():
        load(name, columns)
    if tables:
        raise ValueError(f"streams of no table: {sorted(tables)}")
    if counted and counts != [uses[number] for number in range(1, len(texts) + 1)]:
        raise ValueError("the counts of the strings' references are wrong")
    others = {name: stored for name, stored in plain.items() if name[0] not in "\u4840\5"}
    summary = _summary(file.read("\x05SummaryInformation"))
    return Database(file, codepage, wide, texts, definitions, rows, raw, summary, others)


def unmangle(name: str) -> str:
    text = ""
    for char in name:
        code = ord(char)
        if 0x3800 <= code < 0x4800:
            text += CHARACTERS[code & 63] + CHARACTERS[code - 0x3800 >> 6]
        elif 0x4800 <= code < 0x4840:
            text += CHARACTERS[code - 0x4800]
        else:
            text += char
    return text


def _strings(pool: bytes, data: bytes) -> tuple[list[str], list[int], int, bool]:
    (head,) = struct.unpack_from("<I", pool)
    codepage, wide = head & 0x7FFFFFFF, bool(head >> 31)
    entries = list(struct.iter_unpack("<HH", pool[4:]))
    texts, offset = [], 0
    for length, count in entries:
        if bool(length) != bool(count):
            raise ValueError("the pool has a text without a use, or one of the long form")
        texts.append(data[offset : offset + length].decode(CODE_PAGES[codepage]))
        offset += length
    given = [text for text in texts if text]
    if offset != len(data) or len(given) != len(set(given)):
        raise ValueError("the strings' data is not what the pool says, or has one twice")
    if wide != (len(texts) > 0xFFFF):
        raise ValueError("the width of references does not fit the number of strings")
    return texts, [count for _, count in entries], codepage, wide


def _rows(name: str, data: bytes, columns: list[Column], reference: int) -> list[tuple[int, ...]]:
    """Undo the order by columns."""
    widths = [
        reference if column.type[0] in "sSlL" else 4 if column.type in ("i4", "I4") else 2
        for column in columns
    ]
    if not columns or len(data) % sum(widths):
        raise ValueError(f"{name}: {len(data)} bytes are no rows of {widths}")
    count, offset, stored = len(data) // sum(widths), 0, []
    for width in widths:
        cells = [data[offset + width * i : offset + width * (i + 1)] for i in range(count)]
        stored.append([int.from_bytes(cell, "little") for cell in cells])
        offset += width * count
    rows = list(zip(*stored, strict=True))
    keys = [tuple(n for n, c in zip(row, columns, strict=True) if c.key) for row in rows]
    if keys != sorted(set(keys)):
        raise ValueError(f"{name}: the rows are not sorted, or a key is there twice")
    return rows


def _values(
    row: tuple[int, ...], columns: list[Column], texts: list[str], uses: Counter[int]
) -> tuple[Cell, ...]:
    values: list[Cell] = []
    for number, column in zip(row, columns, strict=True):
        if not number:
            if not column.number & 0x1000:
                raise ValueError(f"{column.name} is empty and may not be")
            values.append(None)
        elif column.type[0] in "sSlL":
            uses[number] += 1
            values.append(texts[number - 1])
        elif column.type[0] in "iI":
            values.append(number - (0x8000 if column.number & 0xFF == 2 else 0x80000000))
        else:
            values.append(number)
    return tuple(values)


def _summary(data: bytes) -> dict[int, int | str]:
    order, version, _, clsid, sections, format_id, offset = struct.unpack_from("<HHI16sI16sI", data)
    if (order, version, clsid, sections, offset) != (0xFFFE, 0, bytes(16), 1, 48):
        raise ValueError("the summary information is no property set of one section")
    if format_id != bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9"):
        raise ValueError("the property set is no summary information")
    size, count = struct.unpack_from("<II", data, 48)
    if 48 + size != len(data):
        raise ValueError("the section of the summary information has another size")
    values: dict[int, int | str] = {}
    for number, at in struct.iter_unpack("<II", data[56 : 56 + 8 * count]):
        if at % 4 or number in values:
            raise ValueError(f"property {number} is not aligned, or there twice")
        values[number] = _property(data, 48 + at, values.get(1, 1252))
    return values


def _property(data: bytes, offset: int, codepage: int | str) -> int | str:
    """Return one value; a time is in units of 100 ns since 1601."""
    (kind,) = struct.unpack_from("<I", data, offset)
    if kind == 30:
        (length,) = struct.unpack_from("<I", data, offset + 4)
        text = data[offset + 8 : offset + 8 + length]
        if not length or text.find(b"\0") != length - 1:
            raise ValueError("a text does not end in its only NUL")
        return text[:-1].decode(f"cp{codepage}")
    number: int
    (number,) = struct.unpack_from({2: "<h", 3: "<i", 64: "<Q"}[kind], data, offset + 4)
    return number
