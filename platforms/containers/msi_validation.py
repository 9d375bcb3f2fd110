"""The ``_Validation`` table: what each column of a database may hold, for the editors and checkers."""

from __future__ import annotations

from collections.abc import Sequence

from rtinstall.platforms.containers.database import Column, Row, Table

NAME = "_Validation"
CATEGORIES = (
    "Text;Formatted;Template;Condition;Guid;Path;Version;Language;Identifier;Binary;UpperCase;"
    "LowerCase;Filename;Paths;AnyPath;WildCardFilename;RegPath;CustomSource;Property;Cabinet;"
    "Shortcut;FormattedSDDLText;Integer;DoubleInteger;TimeDate;DefaultDir"
)
LOWEST, HIGHEST = -0x7FFFFFFF, 0x7FFFFFFF
COLUMNS = (
    Column("Table", "s32", key=True, category="Identifier", description="A table"),
    Column("Column", "s32", key=True, category="Identifier", description="One of its columns"),
    Column("Nullable", "s4", choices="Y;N", description="Whether the column may be empty"),
    Column("MinValue", "I4", minimum=LOWEST, maximum=HIGHEST, description="Lowest number"),
    Column("MaxValue", "I4", minimum=LOWEST, maximum=HIGHEST, description="Highest number"),
    Column("KeyTable", "S255", category="Text", description="Tables a foreign key refers to"),
    Column("KeyColumn", "I2", minimum=1, maximum=32, description="The column it refers to"),
    Column("Category", "S32", choices=CATEGORIES, description="What kind of text is held"),
    Column("Set", "S255", category="Text", description="The only values, parted by semicolons"),
    Column("Description", "S255", category="Text", description="What the column is for"),
)


def validation(tables: Sequence[Table]) -> Table:
    """Return the table that describes every column of ``tables`` and its own."""
    described = [*tables, Table(NAME, COLUMNS, ())]
    return Table(
        NAME, COLUMNS, [_row(table, column) for table in described for column in table.columns]
    )


def _row(table: Table, column: Column) -> Row:
    return (
        table.name,
        column.name,
        "Y" if column.nullable else "N",
        column.minimum,
        column.maximum,
        column.key_table,
        column.key_column,
        column.category,
        column.choices,
        column.description,
    )
