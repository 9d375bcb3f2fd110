"""The tables of a Windows Installer database, as values; :mod:`.msi` turns them into streams.

Column types are spelled as in the SDK's own notation and in exported ``.idt`` files: a letter, then
a width. ``s`` string, ``l`` localizable string, ``i`` integer of 2 or 4 bytes, ``v`` stream; a
capital letter lets the column be empty. ``s72``, ``L255``, ``i2``, ``I4``, ``l0`` (no limit).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Value = str | int | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and what the ``_Validation`` table says of it.

    ``minimum`` and ``maximum`` bound integers; ``key_table`` (several parted by ``;``) and
    ``key_column`` (its number, from 1) name what a foreign key refers to; ``category`` is a word of
    the SDK ("Text", "Formatted", "Identifier", "Guid", "Condition" ...); ``choices`` are the only
    values, parted by ``;``.
    """

    name: str
    type: str
    key: bool = False
    minimum: int | None = None
    maximum: int | None = None
    key_table: str | None = None
    key_column: int | None = None
    category: str | None = None
    choices: str | None = None
    description: str = ""

    @property
    def nullable(self) -> bool:
        """Return whether the column may be empty."""
        return self.type[0].isupper()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``rows`` in any order, each with a value for every column."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
