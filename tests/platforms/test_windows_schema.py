from __future__ import annotations

import pytest

from rtinstall.platforms.containers.database import Column, Row
from rtinstall.platforms.windows.ice.texts import CATEGORIES
from rtinstall.platforms.windows.schema import ALWAYS, SCHEMA, tables

COLUMNS = [
    pytest.param(table, column, id=f"{table}.{column.name}")
    for table, columns in SCHEMA.items()
    for column in columns
]
# The SDK's "Column Definition Format": kinds, and the widths that _Columns can express.
WIDTHS = {"s": range(256), "l": range(256), "i": (2, 4), "v": (0,)}
# As genuine packages declare them: "Database Tables" of the SDK, in the notation of .idt files.
GENUINE = {
    "Property": "s72 l0",
    "Directory": "s72 S72 l255",
    "Component": "s72 S38 s72 i2 S255 S72",
    "Feature": "s38 S38 L64 L255 I2 i2 S72 i2",
    "FeatureComponents": "s38 s72",
    "File": "s72 s72 l255 i4 S72 S20 I2 i4",
    "Media": "i2 i4 L64 S255 S32 S72",
    "MsiFileHash": "s72 i2 i4 i4 i4 i4",
    "Registry": "s72 i2 l255 L255 L0 s72",
    "RemoveRegistry": "s72 i2 l255 L255 s72",
    "Environment": "s72 l255 L255 s72",
    "Upgrade": "s38 S20 S20 S255 i4 S255 s72",
    "LaunchCondition": "s255 l255",
    "Shortcut": "s72 s72 l128 s72 s72 S255 L255 I2 S72 I2 I2 S72 S255 I2 S255 I2",
    "CreateFolder": "s72 s72",
    "RemoveFile": "s72 s72 L255 s72 i2",
    "IniFile": "s72 l255 S72 l96 l128 l255 i2 s72",
    "AppSearch": "s72 s72",
    "RegLocator": "s72 i2 s255 S255 I2",
    "Signature": "s72 s255 S20 S20 I4 I4 I4 I4 S255",
    "Icon": "s72 v0",
    "MsiLockPermissionsEx": "s72 s72 s32 s0 S255",
    "InstallExecuteSequence": "s72 S255 I2",
    "InstallUISequence": "s72 S255 I2",
    "AdminExecuteSequence": "s72 S255 I2",
    "AdminUISequence": "s72 S255 I2",
    "AdvtExecuteSequence": "s72 S255 I2",
    "Error": "i2 L0",
    "ActionText": "s72 L0 L0",
    "UIText": "s72 L255",
    "Dialog": "s72 i2 i2 i2 i2 I4 L128 s50 S50 S50",
    "Control": "s72 s50 s20 i2 i2 i2 i2 I4 S72 L0 S50 L50",
    "ControlCondition": "s72 s50 s50 s255",
    "ControlEvent": "s72 s50 s50 s255 S255 I2",
    "EventMapping": "s72 s50 s50 s50",
    "TextStyle": "s72 s32 i2 I4 I2",
    "RadioButton": "s72 i2 s64 i2 i2 i2 i2 L0 L50",
    "CheckBox": "s72 S64",
    "ListBox": "s72 i2 s64 L64",
    "ComboBox": "s72 i2 s64 L64",
    "_Validation": "s32 s32 s4 I4 I4 S255 I2 S32 S255 S255",
}


@pytest.mark.parametrize("table", GENUINE)
def test_columns_are_of_the_types_of_genuine_packages(table: str) -> None:
    assert " ".join(column.type for column in SCHEMA[table]) == GENUINE[table]


def test_every_table_is_compared() -> None:
    assert GENUINE.keys() == SCHEMA.keys()


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_what_validation_says_of_a_column_is_whole(table: str, column: Column) -> None:
    kind, width = column.type[0].lower(), int(column.type[1:])
    assert width in WIDTHS[kind]
    assert 0 < len(column.description) <= 255
    assert (column.key_table is None) == (column.key_column is None)
    if kind == "i":
        assert column.category is None
        assert (column.minimum is not None and column.maximum is not None) != bool(column.choices)
    else:
        assert column.category in CATEGORIES or column.choices
        assert column.minimum is column.maximum is None
    for name in (column.key_table or "").split(";"):
        if name in SCHEMA and column.key_column is not None:
            target = SCHEMA[name][column.key_column - 1]
            assert target.type.lower() == column.type.lower(), f"{table}: ICE32"


@pytest.mark.parametrize("table", SCHEMA)
def test_keys_come_first_and_names_are_unique(table: str) -> None:
    columns = SCHEMA[table]
    count = sum(column.key for column in columns)
    assert count > 0
    assert all(column.key for column in columns[:count])
    assert len({column.name for column in columns}) == len(columns) <= 32


def test_more_files_than_a_short_integer_counts_fit() -> None:
    bounds = {
        (table, column.name): (column.type, column.maximum)
        for table in ("File", "Media")
        for column in SCHEMA[table]
    }
    assert bounds["File", "Sequence"] == bounds["Media", "LastSequence"] == ("i4", 2147483647)


def test_tables_come_in_one_order_and_only_where_they_are_needed() -> None:
    rows: dict[str, list[Row]] = {"Icon": [("node.ico", 1)], "Property": [("A", "1")], "Error": []}
    found = tables(rows)
    order = [name for name in SCHEMA if name in ALWAYS | {"Icon"}]
    assert [table.name for table in found] == order
    assert [table.name for table in tables(dict(reversed(rows.items())))] == order
    assert next(table for table in found if table.name == "Icon").rows == [("node.ico", 1)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"Propertie": []}, "no such tables: Propertie"),
        ({"_Validation": []}, "no such tables: _Validation"),
        ({"Property": [("A", "1", "2")]}, r"Property has 2 columns, not 3: \('A', '1', '2'\)"),
        ({"Property": [("A",)]}, "Property has 2 columns, not 1"),
    ],
    ids=["unknown", "made-by-the-writer", "long", "short"],
)
def test_wrong_rows_are_refused(rows: dict[str, list[Row]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tables(rows)
