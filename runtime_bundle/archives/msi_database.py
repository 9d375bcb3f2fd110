"""The tables of a Windows Installer package, with the faults that only the stored form shows.

A database is streams of a compound file: a pool of strings (:mod:`.msi_strings`), and a stream a
table, column by column, whose cells are integers or numbers of strings. Names of streams are
packed, two characters in one. Values that would be read in two ways are refused; what Windows
frowns upon but tools produce (rows out of order, wrong counts) is collected as ``faults``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives.archive import opened
from rtinstall.runtime_bundle.archives.compound import Compound
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits
from rtinstall.runtime_bundle.archives.msi_strings import StringPool
from rtinstall.runtime_bundle.archives.msi_summary import read_summary
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive

Value = str | int | None
Row = tuple[Value, ...]

# Root classes: {000C1084-...} a package; the others are changes to one.
PACKAGE = bytes.fromhex("84100c0000000000c000000000000046")
CHANGES = {
    bytes.fromhex("82100c0000000000c000000000000046"): "a transform",
    bytes.fromhex("86100c0000000000c000000000000046"): "a patch",
}
SUMMARY = "\x05SummaryInformation"
SIGNATURES = ("\x05DigitalSignature", "\x05MsiDigitalSignatureEx")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
TABLE_MARK = "\u4840"
# Bits of _Columns.Type beside the size in the low byte.
VALID, LOCALIZABLE, SHORT, STRING, NULLABLE, KEY = 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000
MAX_COLUMNS = 32
# A name of 31 units in the compound file, two characters in each.
MAX_NAME = 62


@dataclass(frozen=True, slots=True)
class DatabaseColumn:
    """A column; ``type`` as ``s72``, ``L0``, ``i2``, ``V0``: a capital letter where it may be empty."""

    name: str
    type: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class Database:
    """All that a package's tables say, in the order they are stored.

    ``summary`` by property id, times in seconds since 1970. ``streams`` holds the size of every
    stream that is no table, by its plain name: cabinets, icons, the summary. A cell of a stream
    column is the name of its stream. ``faults`` are what is wrong with the stored form: rows out of
    order, keys twice, wrong reference counts, strings twice or unused, streams of no table.
    """

    path: Path
    codepage: int
    summary: Mapping[int, int | str]
    columns: Mapping[str, tuple[DatabaseColumn, ...]]
    rows: Mapping[str, tuple[Row, ...]]
    streams: Mapping[str, int]
    faults: tuple[str, ...]

    def table(self, name: str) -> list[dict[str, Value]]:
        """Return a table's rows by column; none where there is no such table."""
        names = [column.name for column in self.columns.get(name, ())]
        return [dict(zip(names, row, strict=True)) for row in self.rows.get(name, ())]


# What the two tables that describe the others are like.
SYSTEM = {
    "_Tables": (DatabaseColumn("Name", "s64", key=True),),
    "_Columns": (
        DatabaseColumn("Table", "s64", key=True), DatabaseColumn("Number", "i2", key=True),
        DatabaseColumn("Name", "s64"), DatabaseColumn("Type", "i2"),
    ),
}  # fmt: skip


def read_database(path: Path, limits: Limits = LIMITS) -> Database:
    """Read the tables of a package; raise :class:`UnsafeArchive` where they cannot be read in one way."""
    with opened(path) as file:
        return _Reading(open_package(path, file, limits), limits).database(path)


def open_package(path: Path, file: BinaryIO, limits: Limits) -> Compound:
    """Open the compound file of a package, and of nothing else."""
    compound = Compound(file, limits)
    if compound.clsid != PACKAGE:
        what = CHANGES.get(compound.clsid, "a compound file")
        raise NotReadable(f"{path} is {what}, but no Windows Installer package")
    return compound


def packed(name: str, *, table: bool = False) -> str:
    """Return the name of a stream as the compound file has it."""
    out = TABLE_MARK if table else ""
    if name in (SUMMARY, *SIGNATURES):
        return name
    at = 0
    while at < len(name):
        first = ALPHABET.find(name[at])
        second = ALPHABET.find(name[at + 1]) if at + 1 < len(name) else -1
        if first < 0:
            out += name[at]
        elif second < 0:
            out += chr(0x4800 + first)
        else:
            out += chr(0x3800 + first + (second << 6))
            at += 1
        at += 1
    return out


def plain(raw: str) -> tuple[str, bool]:
    """Return a stream's name unpacked, and whether it is a table's."""
    out = ""
    for char in raw.removeprefix(TABLE_MARK):
        code = ord(char)
        if 0x3800 <= code < 0x4800:
            out += ALPHABET[code - 0x3800 & 63] + ALPHABET[code - 0x3800 >> 6]
        else:
            out += ALPHABET[code - 0x4800] if 0x4800 <= code < 0x4840 else char
    return out, raw.startswith(TABLE_MARK)


class _Reading:
    """One reading of a database: the string pool, and the faults so far."""

    def __init__(self, compound: Compound, limits: Limits) -> None:
        self._compound = compound
        self._limits = limits
        self._left = limits.metadata
        self._faults: list[str] = []
        self._strings = StringPool(
            self._stream(packed("_StringPool", table=True)),
            self._stream(packed("_StringData", table=True)),
            limits,
        )
        # A cell becomes an object of Python, which takes many times its two bytes.
        self._left = min(self._left, limits.metadata // 8)

    def database(self, path: Path) -> Database:
        """Read everything."""
        summary = read_summary(self._stream(SUMMARY))
        tables = [_word(name) for (name,) in self._table("_Tables", SYSTEM["_Tables"])]
        columns: dict[str, list[tuple[int, DatabaseColumn]]] = {name: [] for name in tables}
        if not SYSTEM.keys().isdisjoint(columns):
            raise UnsafeArchive("the list of tables describes itself")
        for table, number, name, kind in self._table("_Columns", SYSTEM["_Columns"]):
            if table not in columns or not isinstance(kind, int) or not isinstance(number, int):
                raise UnsafeArchive(f"_Columns describes {table!r}, which is no table")
            columns[_word(table)].append((number, _column(_word(name), kind)))
        found = {name: _numbered(name, listed) for name, listed in columns.items()}
        rows = {name: self._table(name, listed) for name, listed in found.items()}
        self._faults += self._strings.faults()
        if not self._compound.ordered:
            self._faults.append("the compound file's directory is not in order")
        if self._compound.loose:
            self._faults.append(f"{self._compound.loose} sectors belong to no stream")
        streams = self._streams(found, rows)
        codepage, faults = self._strings.codepage, tuple(self._faults)
        return Database(path, codepage, summary, found, rows, streams, faults)

    def _stream(self, raw: str) -> bytes:
        """Return a stream, and count it against the limit for all of them together."""
        data = self._compound.read(raw, self._left)
        self._left -= len(data)
        return data

    def _table(self, name: str, columns: tuple[DatabaseColumn, ...]) -> tuple[Row, ...]:
        """Read one table; note rows that are not in the order of the stored keys."""
        raw_name = packed(name, table=True)
        if raw_name not in self._compound.sizes:
            return ()
        data = self._stream(raw_name)
        widths = [self._width(column) for column in columns]
        count, rest = divmod(len(data), sum(widths))
        if rest or count > 10 * self._limits.members:
            raise UnsafeArchive(f"the table {name} of {len(data)} bytes is malformed or too large")
        raw: list[list[int]] = []
        at = 0
        for width in widths:
            raw.append(_integers(data[at : at + width * count], width))
            at += width * count
        keys = [values for values, column in zip(raw, columns, strict=True) if column.key]
        self._check_order(name, list(zip(*keys, strict=True)))
        cells = [
            self._cells(name, column, values) for column, values in zip(columns, raw, strict=True)
        ]
        rows: list[Row] = list(zip(*cells, strict=True))
        for number, column in enumerate(columns):
            if column.type in ("v0", "V0"):
                rows = [_with_stream(name, columns, row, number) for row in rows]
        return tuple(rows)

    def _width(self, column: DatabaseColumn) -> int:
        if column.type[0] in "sSlL":
            return 3 if self._strings.wide else 2
        return 4 if column.type in ("i4", "I4") else 2

    def _cells(self, table: str, column: DatabaseColumn, values: list[int]) -> list[Value]:
        if column.type[0] in "sSlL":
            return [self._strings.use(value, table) for value in values]
        if column.type in ("v0", "V0"):
            return [value or None for value in values]
        zero = 0x8000 if column.type[1:] == "2" else 0x80000000
        return [value - zero if value else None for value in values]

    def _check_order(self, table: str, keys: list[tuple[int, ...]]) -> None:
        if len(set(keys)) != len(keys):
            self._faults.append(f"{table} has rows of the same key")
        number = next((at for at in range(1, len(keys)) if keys[at - 1] > keys[at]), None)
        if number:
            self._faults.append(f"{table} is not sorted by its stored keys: see row {number + 1}")

    def _streams(
        self, columns: Mapping[str, tuple[DatabaseColumn, ...]], rows: Mapping[str, tuple[Row, ...]]
    ) -> dict[str, int]:
        """Return the streams beside the tables; note those that nothing in the tables names."""
        tables = {*columns, *SYSTEM, "_StringPool", "_StringData"}
        named = {SUMMARY, *SIGNATURES, *_stream_cells(columns, rows)}
        for at, column in enumerate(columns.get("Media", ())):
            if column.name == "Cabinet":
                cells = (row[at] for row in rows["Media"])
                named.update(cell[1:] for cell in cells if isinstance(cell, str) and cell[0] == "#")
        sizes = {}
        for raw, size in self._compound.sizes.items():
            name, table = plain(raw)
            if packed(name, table=table) != raw or name not in (tables if table else named):
                self._faults.append(f"the stream {name!r} belongs to no table")
            if not table:
                if name in sizes:
                    raise UnsafeArchive(f"the stream {name!r} is in the package twice")
                sizes[name] = size
        self._faults.extend(
            f"the stream {name!r} is named, but not there" for name in sorted(named - set(sizes))
            if name not in (SUMMARY, *SIGNATURES)
        )  # fmt: skip
        return sizes


def _integers(data: bytes, width: int) -> list[int]:
    if width == 3:
        return [low | high << 16 for low, high in struct.iter_unpack("<HB", data)]
    return list(struct.unpack(f"<{len(data) // width}{'H' if width == 2 else 'I'}", data))


def _word(value: Value) -> str:
    if not isinstance(value, str):
        raise UnsafeArchive("a table or a column has no name")
    return value


def _column(name: str, kind: int) -> DatabaseColumn:
    """Turn ``_Columns.Type`` into the SDK's notation."""
    size = kind & 0xFF
    if kind & STRING:
        letter = ("l" if kind & LOCALIZABLE else "s") if kind & SHORT else "v"
        known = letter != "v" or (size == 0 and not kind & LOCALIZABLE)
    else:
        letter = "i"
        known = (size, kind & SHORT) in ((2, SHORT), (4, 0)) and not kind & LOCALIZABLE
    everything = 0xFF | VALID | LOCALIZABLE | SHORT | STRING | NULLABLE | KEY
    if not known or not kind & VALID or kind & ~everything:
        raise UnsafeArchive(f"the column {name!r} is of the unknown type {kind & 0xFFFF:#06x}")
    letter = letter.upper() if kind & NULLABLE else letter
    return DatabaseColumn(name, f"{letter}{size}", bool(kind & KEY))


def _numbered(table: str, listed: list[tuple[int, DatabaseColumn]]) -> tuple[DatabaseColumn, ...]:
    columns = dict(listed)
    numbers = range(1, len(listed) + 1)
    if not 1 <= len(listed) <= MAX_COLUMNS or sorted(columns) != list(numbers):
        raise UnsafeArchive(
            f"the columns of {table} are not numbered from 1 to at most {MAX_COLUMNS}"
        )
    found = tuple(columns[number] for number in numbers)
    if len({column.name for column in found}) != len(found):
        raise UnsafeArchive(f"the table {table} has two columns of one name")
    return found


def _with_stream(table: str, columns: tuple[DatabaseColumn, ...], row: Row, number: int) -> Row:
    """Put the name of its stream, made of table and keys, in the place of a cell's 1."""
    if row[number] is None:
        return row
    keys = [str(cell) for cell, column in zip(row, columns, strict=True) if column.key]
    if sum(map(len, keys)) + len(table) > MAX_NAME:
        raise UnsafeArchive(f"a row of {table} has a key that is too long for the name of a stream")
    return (*row[:number], ".".join((table, *keys)), *row[number + 1 :])


def _stream_cells(
    columns: Mapping[str, tuple[DatabaseColumn, ...]], rows: Mapping[str, tuple[Row, ...]]
) -> Iterator[str]:
    for table, listed in columns.items():
        for at, column in enumerate(listed):
            if column.type in ("v0", "V0"):
                yield from (str(row[at]) for row in rows[table] if row[at] is not None)
