"""Rules about cells: each value against ``_Validation``, ``_Validation`` against the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from rtinstall.platforms.windows.ice.contents import Contents, Row, Rules
from rtinstall.platforms.windows.ice.names import RUNNING
from rtinstall.platforms.windows.ice.texts import CATEGORIES, IDENTIFIER, references, version
from rtinstall.platforms.windows.schema import SCHEMA
from rtinstall.runtime_bundle.archives.msi_database import Value

# What a stream may be called: longer names are cut off, and meet.
MAX_STREAM_NAME = 62
WITH_REFERENCES = frozenset(("Formatted", "Template", "RegPath", "Shortcut"))


class Domain(NamedTuple):
    """What a column may hold, by its row of ``_Validation``; None where that sets no bound."""

    nullable: bool
    width: int
    low: Value
    high: Value
    choices: frozenset[str]
    key_tables: str
    keys: frozenset[Value] | None
    category: str


def values_are_valid(contents: Contents) -> Iterator[str]:
    """ICE03: types, ranges, categories, sets, widths, foreign keys, keys that are there once.

    References from formatted text to files and components have to resolve, too.
    """
    if "_Validation" not in contents.database.columns:
        yield "_Validation: there is no such table"
        return
    files, components = contents.by_key("File"), contents.by_key("Component")
    features = contents.by_key("Feature")
    for table, columns in contents.database.columns.items():
        rows = contents.database.rows[table]
        keys = [number for number, column in enumerate(columns) if column.key]
        names = ["/".join(str(row[key] or "") for key in keys) for row in rows]
        if len(set(names)) < len(names):
            twice = [name for name, count in Counter(names).items() if count > 1]
            yield from (f"{table} {name}: is there more than once" for name in twice)
        for number, column in enumerate(columns):
            domain = _domain(contents, table, column.name, column.type)
            if domain is None:
                yield f"_Validation {table}/{column.name}: there is no such row"
                continue
            if domain.category and domain.category not in CATEGORIES:
                yield f"_Validation {table}/{column.name}: {domain.category!r} is no category"
                continue
            linked = domain.category in WITH_REFERENCES
            for name, row in zip(names, rows, strict=True):
                value = row[number]
                problem = _problem(value, domain, row)
                if problem is None and linked and isinstance(value, str):
                    problem = _dangling(value, files, components)
                    if domain.category == "Shortcut" and "[" not in value:
                        problem = None if value in features else "is no feature"
                if problem:
                    yield f"{table} {name}: {column.name} {_quoted(value)} {problem}"


def _domain(contents: Contents, table: str, column: str, type: str) -> Domain | None:
    row = contents.by_key("_Validation").get(f"{table}/{column}")
    if row is None:
        return None
    tables = [name for name in row.text("KeyTable").split(";") if name]
    at = max(row.number("KeyColumn"), 1) - 1
    return Domain(
        nullable=type[0].isupper() and row.text("Nullable") == "Y",
        width=int(type[1:]) if type[0] in "sSlL" else 0,
        low=row.number("MinValue") if row.text("MinValue") else None,
        high=row.number("MaxValue") if row.text("MaxValue") else None,
        choices=frozenset(row.text("Set").split(";")) - {""},
        key_tables=" or ".join(tables),
        keys=frozenset(
            cells[at]
            for name in tables
            for cells in contents.database.rows.get(name, ())
            if at < len(cells)
        ) if tables else None,
        category=row.text("Category"),
    )  # fmt: skip


def _problem(value: Value, domain: Domain, row: tuple[Value, ...]) -> str | None:
    if value is None:
        return None if domain.nullable else "may not be empty"
    if domain.choices and str(value) not in domain.choices:
        return f"is none of {';'.join(sorted(domain.choices))}"
    if isinstance(value, int):
        if isinstance(domain.low, int) and value < domain.low:
            return f"is below {domain.low}"
        if isinstance(domain.high, int) and value > domain.high:
            return f"is above {domain.high}"
        return None
    if domain.width and len(value.encode("utf-16-le")) > 2 * domain.width:
        return f"is longer than {domain.width} characters"
    if domain.keys is not None and value not in domain.keys:
        if domain.category == "Version":
            return None if version(value) else f"is no version, and no row of {domain.key_tables}"
        return f"is no row of {domain.key_tables}"
    if domain.category == "DefaultDir" and row[1] in (None, row[0]):
        return None if IDENTIFIER.fullmatch(value) else "is no property, as a root's has to be"
    if domain.category and domain.category != "Version" and not CATEGORIES[domain.category](value):
        return f"is no {domain.category}"
    return None


def _dangling(value: str, files: dict[str, Row], components: dict[str, Row]) -> str | None:
    for kind, name in references(value):
        if kind in ("#", "!") and name not in files:
            return f"names the file {name!r}, which is not there"
        if kind == "$" and name not in components:
            return f"names the component {name!r}, which is not there"
    return None


def _quoted(value: Value) -> str:
    """Return a value for a fault, cut short: a licence is a cell, too."""
    return repr(value if not isinstance(value, str) or len(value) <= 60 else f"{value[:60]}...")


def columns_are_there(contents: Contents) -> Iterator[str]:
    """ICE06: every column that ``_Validation`` describes is in its table, if there is the table."""
    columns = contents.database.columns
    for row in contents.rows("_Validation"):
        table, column = row.text("Table"), row.text("Column")
        if table in columns and column not in {found.name for found in columns[table]}:
            yield f"{row}: {table} has no such column"


def stream_names_are_distinct(contents: Contents) -> Iterator[str]:
    """ICE29: names of streams differ in their first 62 characters."""
    seen: dict[str, str] = {}
    for table, columns in contents.database.columns.items():
        if not any(column.type in ("v0", "V0") for column in columns):
            continue
        for row in contents.rows(table):
            name = ".".join((table, *row.keys))
            other = seen.setdefault(name[:MAX_STREAM_NAME], name)
            if other != name:
                yield f"{row}: its stream cannot be told from that of {other}"


def foreign_keys_have_the_type_of_keys(contents: Contents) -> Iterator[str]:
    """ICE32: a foreign key is of the type and the width of what it refers to."""
    columns = contents.database.columns
    for row in contents.rows("_Validation"):
        own = {column.name: column.type for column in columns.get(row.text("Table"), ())}
        if row.text("Column") not in own:
            continue
        at = max(row.number("KeyColumn"), 1) - 1
        for name in row.text("KeyTable").split(";"):
            if name in columns and at < len(columns[name]):
                mine, theirs = own[row.text("Column")], columns[name][at].type
                if mine.lower() != theirs.lower():
                    yield f"{row}: is {mine}, but {name}.{columns[name][at].name} is {theirs}"


def storage_is_sound(contents: Contents) -> Iterator[str]:
    """SEQ, ours: rows are sorted by their stored keys, strings are counted right.

    Windows Installer looks rows up by bisection; the reader sees the stored form, we do not.
    """
    yield from contents.database.faults


def tables_are_known(contents: Contents) -> Iterator[str]:
    """TABLES, ours: there is no row in a table that these rules do not know.

    This stands for the rules about fonts, COM, custom actions, services, ODBC, patches, merge
    modules and copied files, among them ICE07, 12, 15, 22, 25, 41, 42, 51, 62, 66, 68, 72, 75, 76,
    77, 81, 83, 85, 89, 93, 94, 95, 97, 98, 100 and 102: no package of ours has their tables.
    """
    for table in contents.database.columns:
        if contents.database.rows[table] and table not in SCHEMA and table not in ELSEWHERE:
            yield f"{table}: has rows, and no rule here knows what they do"


def columns_are_known(contents: Contents) -> Iterator[str]:
    """TABLES, ours: a table has the columns of the SDK, in their order, with their keys."""
    for table, columns in contents.database.columns.items():
        if table in SCHEMA:
            wanted = [(column.name, column.key) for column in SCHEMA[table]]
            found = [(column.name, column.key) for column in columns]
            if wanted != found:
                yield f"{table}: its columns are {', '.join(name for name, _ in found)}"


# Tables whose rows have a rule of their own: NOACTION, ICE78, WILDCARD.
ELSEWHERE = RUNNING | {"AdvtUISequence", "DuplicateFile", "MoveFile", "RemoveIniFile"}

RULES: Rules = (
    ("SEQ", storage_is_sound),
    ("TABLES", tables_are_known),
    ("ICE03", values_are_valid),
    ("ICE06", columns_are_there),
    ("ICE29", stream_names_are_distinct),
    ("ICE32", foreign_keys_have_the_type_of_keys),
)
