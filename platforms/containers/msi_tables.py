"""Tables as a Windows Installer database stores them: numbers, column by column, sorted.

A text is its number in the string pool, an integer is stored with its sign bit turned, NULL is 0.
Rows are sorted by these stored numbers: Windows Installer looks rows up by bisection, and an order
by text breaks silently. Whatever a column's type does not allow is our mistake, a ValueError.
"""

from __future__ import annotations

import re

from rtinstall.platforms.containers.database import Column, Row, Table, Value
from rtinstall.platforms.containers.msi_strings import StringPool
from rtinstall.runtime_bundle.errors import NotExpressible

MAX_COLUMNS = 32
WIDTHS = {"s": range(256), "l": range(256), "i": (2, 4), "v": (0,)}
# Where Windows would stop reading, and half of a surrogate pair.
NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
VALID, LOCALIZABLE, SHORT_OR_STRING, STRING, NULLABLE, KEY = (1 << bit for bit in range(8, 14))

RawRow = tuple[int, ...]


def type_number(column: Column) -> int:
    """Return a column's type as ``_Columns`` stores it: flags above the width."""
    kind, width = column.type[0].lower(), int(column.type[1:])
    if width not in WIDTHS.get(kind, ()):
        raise ValueError(f"the column {column.name} is of the unknown type {column.type}")
    number = width | VALID
    if kind == "v":
        number |= STRING
    elif kind != "i":
        number |= STRING | SHORT_OR_STRING
    elif width == 2:
        number |= SHORT_OR_STRING
    if kind == "l":
        number |= LOCALIZABLE
    return number | (NULLABLE if column.nullable else 0) | (KEY if column.key else 0)


def raw_rows(table: Table, strings: StringPool) -> list[RawRow]:
    """Return the rows of ``table`` as numbers, sorted, and count their strings' uses.

    The numbers do not depend on the order of ``table.rows``: strings get theirs in the order of
    the rows' keys. Raises :class:`NotExpressible` for a text that the string pool has no room for.
    """
    keys = _key_count(table)
    raw: dict[RawRow, RawRow] = {}
    for row in sorted(table.rows, key=lambda row: [_sortable(value) for value in row[:keys]]):
        if len(row) != len(table.columns):
            raise ValueError(f"table {table.name}: {len(row)} values in the row {row[:keys]}")
        numbers = tuple(
            _raw(table, column, row, value, strings)
            for column, value in zip(table.columns, row, strict=True)
        )
        if numbers[:keys] in raw:
            raise ValueError(f"table {table.name}: two rows have the key {row[:keys]}")
        raw[numbers[:keys]] = numbers
    return [raw[key] for key in sorted(raw)]


def pack(table: Table, rows: list[RawRow], reference: int) -> bytes:
    """Return the stream of a table; ``reference`` is the width of a string's number in bytes."""
    return b"".join(
        number.to_bytes(_width(column, reference), "little")
        for column, numbers in zip(table.columns, zip(*rows, strict=True), strict=True)
        for number in numbers
    )


def _key_count(table: Table) -> int:
    keys = [column.key for column in table.columns]
    count = sum(keys)
    if not count or not all(keys[:count]) or len(keys) > MAX_COLUMNS:
        raise ValueError(f"table {table.name}: keys come first, in at most {MAX_COLUMNS} columns")
    return count


def _sortable(value: Value) -> tuple[bool, int, str]:
    if isinstance(value, int):
        return True, value, ""
    return bool(value), 0, value or ""


def _width(column: Column, reference: int) -> int:
    return reference if column.type[0] in "sSlL" else int(column.type[1:]) or 2


def _raw(table: Table, column: Column, row: Row, value: Value, strings: StringPool) -> int:
    """Return the number that is stored for ``value``."""
    place = f"table {table.name}, column {column.name}, row {row[0]!r}"
    kind, width = column.type[0].lower(), int(column.type[1:])
    if value is None or value == "":
        if not column.nullable:
            raise ValueError(f"{place}: empty")
        return 0
    if kind == "v":
        if value != 1:
            raise ValueError(f"{place}: a stream is there (1) or not, and not {value!r}")
        return 1
    if kind == "i":
        # The lowest number would be stored as 0, which is NULL.
        bias = 1 << (8 * width - 1)
        if not isinstance(value, int) or not -bias < value < bias:
            raise ValueError(f"{place}: {value!r} is no {column.type}")
        return value + bias
    if not isinstance(value, str) or NO_TEXT.search(value):
        raise ValueError(f"{place}: {value!r} is no text")
    # Windows counts what it reads, UTF-16.
    if width and len(value.encode("utf-16-le")) // 2 > width:
        raise ValueError(f"{place}: {value!r} is longer than {width}")
    try:
        return strings.use(value)
    except ValueError as error:
        raise NotExpressible(f"a Windows Installer database cannot hold {place}: {error}") from None
