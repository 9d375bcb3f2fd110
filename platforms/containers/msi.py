"""A Windows Installer database: a compound file of tables, their strings, a summary, cabinets.

This module knows how a database is stored, and nothing of what its tables mean. Its text is UTF-8,
or of no code page where ASCII does. Every table is listed in ``_Tables`` and ``_Columns``, which do
not list themselves; one without rows has no stream. Everything is checked and encoded before the
first byte is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from rtinstall.platforms.containers import property_set
from rtinstall.platforms.containers.compound import CompoundFile
from rtinstall.platforms.containers.database import Column, Table
from rtinstall.platforms.containers.msi_strings import StringPool
from rtinstall.platforms.containers.msi_tables import pack, raw_rows, type_number
from rtinstall.platforms.containers.msi_validation import validation

# {000C1084-0000-0000-C000-000000000046}: an installation package.
PACKAGE = bytes.fromhex("84100c0000000000c000000000000046")
SUMMARY_STREAM = "\x05SummaryInformation"
TABLES = (Column("Name", "s64", key=True),)
COLUMNS = (
    Column("Table", "s64", key=True),
    Column("Number", "i2", key=True),
    Column("Name", "s64"),
    Column("Type", "i2"),
)
# What two characters of a stream's name are packed from, and the mark of a table's stream.
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
TABLE_MARK = "\u4840"
READ_ONLY_RECOMMENDED = 2


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary information of a package; ``time`` in seconds since 1970.

    ``template`` is platform and language (``x64;1033``), ``package_code`` a GUID that no other file
    has, ``installer_version`` 500 for Windows Installer 5.0; ``word_count`` holds flags: 2
    compressed, 8 no elevation needed. Windows reads the texts in an ANSI code page, whatever that
    of the database is: characters outside of code page 1252 become question marks, here only.
    """

    subject: str
    author: str
    comments: str
    template: str
    package_code: str
    time: int
    installer_version: int
    word_count: int
    application: str


def write_database(
    out: BinaryIO,
    tables: Sequence[Table],
    summary: Summary,
    cabinets: Mapping[str, Callable[[BinaryIO], None]],
) -> None:
    """Write a whole ``.msi`` to ``out``: empty, readable, writable and seekable.

    ``_Validation`` is made from the columns. Each function of ``cabinets`` writes the stream of its
    name: a cabinet, or what a column of type ``v`` says is there (``Icon.node``). Raises
    :class:`NotExpressible` for what the format cannot hold, ValueError for a value that its column
    does not allow.
    """
    listed = sorted([*tables, validation(tables)], key=lambda table: table.name)
    strings = StringPool()
    encoded = [(table, raw_rows(table, strings)) for table in [*_catalogue(listed), *listed]]
    missing = {name for table in listed for name in _streams(table)} - set(cabinets)
    if missing:
        raise ValueError(f"rows speak of streams that are not given: {sorted(missing)}")
    file = CompoundFile(out, PACKAGE)
    file.add(SUMMARY_STREAM, _summary(summary))
    file.add(stream_name("_StringPool", table=True), strings.pool())
    file.add(stream_name("_StringData", table=True), strings.data())
    for table, rows in encoded:
        if rows:
            file.add(stream_name(table.name, table=True), pack(table, rows, strings.width))
    for name, write in cabinets.items():
        with file.stream(stream_name(name, table=False)) as stream:
            write(stream)
    file.close()


def stream_name(name: str, *, table: bool) -> str:
    """Return the name that a table's stream, or another one, has in the compound file."""
    packed = TABLE_MARK if table else ""
    position = 0
    while position < len(name):
        first, second = (ALPHABET.find(char) for char in (name + "\0")[position : position + 2])
        if first < 0:
            packed += name[position]
        elif second < 0:
            packed += chr(0x4800 + first)
        else:
            packed += chr(0x3800 + first + (second << 6))
            position += 1
        position += 1
    return packed


def _catalogue(listed: Sequence[Table]) -> list[Table]:
    columns = [
        (table.name, number, column.name, type_number(column))
        for table in listed
        for number, column in enumerate(table.columns, 1)
    ]
    return [
        Table("_Tables", TABLES, [(table.name,) for table in listed]),
        Table("_Columns", COLUMNS, columns),
    ]


def _streams(table: Table) -> Iterator[str]:
    """Yield the names of the streams that belong to rows: the table's and the keys, dotted."""
    held = [index for index, column in enumerate(table.columns) if column.type in ("v0", "V0")]
    keys = sum(column.key for column in table.columns)
    for row in table.rows:
        if any(row[index] for index in held):
            yield ".".join([table.name, *map(str, row[:keys])])


def _summary(summary: Summary) -> bytes:
    """Return the property set of the summary information, numbered as the SDK does (PID_*)."""

    def text(value: str) -> bytes:
        return property_set.string(value.encode("cp1252", "replace"))

    return property_set.encode(
        property_set.SUMMARY,
        {
            1: property_set.int16(1252),
            2: text("Installation Database"),
            3: text(summary.subject),
            4: text(summary.author),
            5: text("Installer"),
            6: text(summary.comments),
            7: text(summary.template),
            9: text(summary.package_code),
            12: property_set.filetime(summary.time),
            13: property_set.filetime(summary.time),
            14: property_set.int32(summary.installer_version),
            15: property_set.int32(summary.word_count),
            18: text(summary.application),
            19: property_set.int32(READ_ONLY_RECOMMENDED),
        },
    )
