"""What a rule sees: the rows of a database by name, and where its folders are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from rtinstall.platforms.package import Scope
from rtinstall.platforms.windows.ice.names import FOLDERS
from rtinstall.runtime_bundle.archives.msi_database import Database, Value

COMPRESSED, UNELEVATED = 2, 8
TEMPLATE, PACKAGE_CODE, INSTALLER, WORD_COUNT = 7, 9, 14, 15


class Row:
    """One row: its cells by column, an empty one as ``""`` or 0; as text, its table and key."""

    __slots__ = ("_cells", "keys", "table")

    def __init__(self, table: str, cells: Mapping[str, Value], keys: Sequence[str]) -> None:
        """Name the columns of the key in ``keys``."""
        self.table = table
        self.keys = tuple("" if cells[key] is None else str(cells[key]) for key in keys)
        self._cells = cells

    def __str__(self) -> str:
        """Return ``File node.exe`` or ``Control WelcomeDlg/Next``."""
        return f"{self.table} {'/'.join(self.keys)}"

    def text(self, column: str) -> str:
        """Return a cell as text."""
        value = self._cells[column]
        return "" if value is None else str(value)

    def number(self, column: str) -> int:
        """Return a cell as a number."""
        value = self._cells[column]
        return value if isinstance(value, int) else 0


class Folder(NamedTuple):
    """Where a directory is: below ``root``, a folder of Windows' own or the top of a tree."""

    root: str
    long: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


class Contents:
    """The rows of a database, found by table and key."""

    def __init__(self, database: Database) -> None:
        """Take the tables as they were read."""
        self.database = database
        self._rows: dict[str, list[Row]] = {}
        self._by_key: dict[str, dict[str, Row]] = {}
        self._grouped: dict[tuple[str, str], dict[str, list[Row]]] = {}

    def rows(self, table: str) -> list[Row]:
        """Return the rows of ``table``, none if there is no such table."""
        if table not in self._rows:
            columns = self.database.columns.get(table, ())
            keys = [column.name for column in columns if column.key]
            self._rows[table] = [Row(table, row, keys) for row in self.database.table(table)]
        return self._rows[table]

    def by_key(self, table: str) -> dict[str, Row]:
        """Return the rows of ``table`` by their key, the parts of which are joined by ``/``."""
        if table not in self._by_key:
            self._by_key[table] = {"/".join(row.keys): row for row in self.rows(table)}
        return self._by_key[table]

    def grouped(self, table: str, column: str) -> dict[str, list[Row]]:
        """Return the rows of ``table`` by what they have in ``column``."""
        if (table, column) not in self._grouped:
            groups: dict[str, list[Row]] = defaultdict(list)
            for row in self.rows(table):
                groups[row.text(column)].append(row)
            self._grouped[table, column] = dict(groups)
        return self._grouped[table, column]

    def property(self, name: str) -> str:
        """Return a property's first value, empty if it has none."""
        row = self.by_key("Property").get(name)
        return row.text("Value") if row else ""

    def summary(self, number: int) -> str:
        """Return a summary property as text."""
        return str(self.database.summary.get(number, ""))

    def summary_number(self, number: int) -> int:
        """Return a summary property as a number, 0 if it is none."""
        value = self.database.summary.get(number)
        return value if isinstance(value, int) else 0

    @cached_property
    def platform(self) -> str:
        """Return what is before the semicolon of the template: ``x64``, ``Arm64``, ``Intel``."""
        return self.summary(TEMPLATE).partition(";")[0] or "Intel"

    @cached_property
    def wide(self) -> bool:
        """Return whether the package is a 64-bit one."""
        return self.platform in ("x64", "Arm64", "Intel64")

    @cached_property
    def scope(self) -> Scope:
        """Return for whom it installs: the SDK's "Single Package Authoring" and "ALLUSERS"."""
        everyone = self.property("ALLUSERS")
        return "dual" if everyone == "2" else "machine" if everyone else "user"

    @cached_property
    def features(self) -> dict[str, set[str]]:
        """Return the features of each component."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.rows("FeatureComponents"):
            found[row.text("Component_")].add(row.text("Feature_"))
        return dict(found)

    @cached_property
    def folders(self) -> dict[str, Folder]:
        """Return where each directory is; one in a circle of parents is its own root."""
        directories = self.by_key("Directory")
        found: dict[str, Folder] = {}
        for name in directories:
            chain: list[str] = []
            while name in directories and name not in found and name not in chain:
                chain.append(name)
                if name in FOLDERS or directories[name].text("Directory_Parent") in ("", name):
                    break
                name = directories[name].text("Directory_Parent")
            for child in reversed(chain):
                parent = directories[child].text("Directory_Parent")
                if child in FOLDERS or parent not in found or parent == child:
                    found[child] = Folder(child)
                    continue
                above = found[parent]
                short, long = names(directories[child].text("DefaultDir").partition(":")[0])
                here = long == "."
                found[child] = Folder(
                    above.root,
                    above.long if here else (*above.long, long.lower()),
                    above.short if here else (*above.short, short.lower()),
                )
        return found

    def folder(self, directory: str) -> Folder:
        """Return where ``directory`` is; one that no table has is its own root."""
        return self.folders.get(directory, Folder(directory))


# Each rule under its name; one name may be that of several.
Rules = tuple[tuple[str, Callable[[Contents], Iterator[str]]], ...]


def names(filename: str) -> tuple[str, str]:
    """Return the short and the long name of ``short|long``, or the one name twice."""
    short, bar, long = filename.partition("|")
    return (short, long) if bar else (short, short)
