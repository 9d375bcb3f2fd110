from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readers import msi as reader
from rtinstall.platforms.containers.database import Column, Row, Table, Value
from rtinstall.platforms.containers.msi import Summary, stream_name, write_database
from rtinstall.platforms.containers.msi_tables import type_number
from rtinstall.runtime_bundle.errors import NotExpressible

SUMMARY = Summary(
    subject="Node.js",
    author="Größe & Co",
    comments="A runtime",
    template="x64;1033",
    package_code="{6B29FC40-CA47-1067-B31D-00DD010662DA}",
    time=1_767_225_600,
    installer_version=500,
    word_count=2,
    application="rtinstall",
)
PROPERTY = (
    Column("Property", "s72", key=True, category="Identifier", description="Its name"),
    Column("Value", "l0", category="Text"),
)
Streams = Mapping[str, Callable[[BinaryIO], None]]


def database(tables: Sequence[Table], streams: Streams | None = None) -> bytes:
    out = io.BytesIO()
    write_database(out, tables, SUMMARY, streams or {})
    return out.getvalue()


def properties(*rows: Row) -> Table:
    return Table("Property", PROPERTY, rows)


def test_texts_and_numbers_are_read_back() -> None:
    columns = (
        Column("Key", "s38", key=True),
        Column("Short", "I2"),
        Column("Long", "I4"),
        Column("Text", "L0"),
    )
    rows: list[Row] = [
        ("a", 0, 0, None),
        ("b", -32767, -0x7FFFFFFF, "Größe 日本 🎁"),
        ("c", 32767, 0x7FFFFFFF, "x" * 65535),
        ("d", None, None, "two\r\nlines\t"),
    ]
    found = reader.read(database([Table("T", columns, rows)]))
    assert sorted(found.rows["T"], key=str) == rows
    assert [column.type for column in found.columns["T"]] == ["s38", "I2", "I4", "L0"]
    assert (found.codepage, found.wide) == (65001, False)


def test_texts_in_ascii_belong_to_no_code_page() -> None:
    found = reader.read(database([properties(("a", "plain"))]))
    assert (found.codepage, found.rows["Property"]) == (0, [("a", "plain")])


TYPES = ("s72", "S72", "s0", "L0", "l255", "i2", "I2", "i4", "I4")


def cells(kind: str) -> st.SearchStrategy[Value]:
    found: st.SearchStrategy[Value]
    if kind[0] in "iI":
        limit = 2 ** (8 * int(kind[1]) - 1) - 1
        found = st.integers(-limit, limit)
    else:
        chars = st.characters(codec="utf-8", exclude_characters="\0")
        found = st.one_of(st.sampled_from("abAB"), st.text(chars, min_size=1, max_size=30))
    return st.none() | found if kind[0].isupper() else found


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=5))
    keys = draw(st.integers(1, len(kinds)))
    columns = tuple(Column(f"C{n}", kind, key=n < keys) for n, kind in enumerate(kinds))
    rows = st.lists(
        st.tuples(*map(cells, kinds)), max_size=12, unique_by=lambda row: tuple(row[:keys])
    )
    return Table(draw(st.sampled_from(("Alpha", "Beta", "G"))), columns, draw(rows))


@settings(max_examples=60, deadline=None)
@given(st.lists(tables(), max_size=3, unique_by=lambda table: table.name), st.randoms())
def test_any_legal_tables_are_read_back_and_bytes_do_not_depend_on_their_order(
    given: list[Table], chance: random.Random
) -> None:
    data = database(given)
    found = reader.read(data)
    for table in given:
        assert set(found.rows[table.name]) == set(table.rows)
        assert [(c.name, c.type, c.key) for c in found.columns[table.name]] == [
            (c.name, c.type, c.key) for c in table.columns
        ]
    shuffled = [
        Table(t.name, t.columns, chance.sample(list(t.rows), len(t.rows)))
        for t in chance.sample(given, len(given))
    ]
    assert database(shuffled) == data


def test_rows_are_sorted_by_the_numbers_of_their_texts() -> None:
    # "zz" and "b" have numbers from the table before, so "a" comes last.
    first = Table("A", PROPERTY, [("b", "zz"), ("c", "x")])
    found = reader.read(
        database([first, Table("B", PROPERTY, [("a", "1"), ("zz", "2"), ("b", "3")])])
    )
    assert [row[0] for row in found.rows["B"]] == ["b", "zz", "a"]
    assert [row[0] for row in found.raw["B"]] == sorted(row[0] for row in found.raw["B"])


def test_every_use_of_a_text_is_counted_and_none_without_a_use_is_kept() -> None:
    found = reader.read(database([properties(("a", "b"), ("b", "a"))]))
    # The reader holds the counts against the cells; here the texts themselves.
    assert len(found.strings) == len(set(found.strings))
    assert found.strings[:2] == ["Property", "_Validation"]


@pytest.mark.parametrize(("texts", "wide"), [(65535, False), (65536, True)])
def test_references_are_of_three_bytes_beyond_65535_texts(texts: int, wide: bool) -> None:
    others = len(reader.read(database([properties()])).strings)
    rows: list[Row] = [(f"p{n}", "Value") for n in range(texts - others)]
    found = reader.read(database([properties(*rows)]))
    assert (len(found.strings), found.wide) == (texts, wide)
    assert set(found.rows["Property"]) == set(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "x" * 65536)], "table Property, column Value, row 'a': a string of 65536 bytes"),
        ([("a", "é" * 32768)], "table Property, column Value, row 'a': a string of 65536 bytes"),
        ([(f"p{n}", "same") for n in range(65536)], "'same' in more than 65535 places"),
    ],
    ids=["ascii", "utf-8", "uses"],
)
def test_what_the_string_pool_cannot_hold_is_said_before_anything_is_written(
    rows: list[Row], message: str
) -> None:
    out = io.BytesIO()
    with pytest.raises(NotExpressible, match=message):
        write_database(out, [properties(*rows)], SUMMARY, {})
    assert out.getvalue() == b""


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("s72", None, "empty"),
        ("s72", "", "empty"),
        ("i2", None, "empty"),
        ("s3", "long", "longer than 3"),
        ("S3", "🎁🎁", "longer than 3"),
        ("i2", 32768, "32768 is no i2"),
        ("i2", -32768, "-32768 is no i2"),
        ("I4", 2**31, "is no I4"),
        ("I4", -(2**31), "is no I4"),
        ("i2", "1", "'1' is no i2"),
        ("s72", 1, "1 is no text"),
        ("s72", "a\0b", "is no text"),
        ("s72", "a\udc80", "is no text"),
        ("v0", 2, "a stream is there"),
        ("v0", None, "empty"),
    ],
)
def test_a_value_that_its_column_does_not_allow_is_refused(
    kind: str, value: Value, message: str
) -> None:
    table = Table("T", (Column("K", "s72", key=True), Column("C", kind)), [("k", value)])
    with pytest.raises(ValueError, match=f"table T, column C, row 'k': .*{message}"):
        database([table])


K, V = Column("K", "s72", key=True), Column("V", "S72")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (Table("T", (V,), ()), "keys come first"),
        (Table("T", (V, K), ()), "keys come first"),
        (Table("T", (K, *[V] * 32), ()), "at most 32 columns"),
        (Table("T", (K, V), [("a",)]), "1 values in the row"),
        (Table("T", (K, V), [("a", "1"), ("a", "2")]), "two rows have the key"),
        (Table("Property", PROPERTY, ()), "two rows have the key"),
        (Table("T", (Column("K", "i3", key=True),), ()), "unknown type i3"),
        (Table("T", (Column("K", "s256", key=True),), ()), "unknown type s256"),
        (Table("T", (K, Column("D", "v0")), [("a", 1)]), r"not given: \['T.a'\]"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_table_that_is_none_is_refused(table: Table, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        database([properties(), table])


@pytest.mark.parametrize(
    ("kind", "key", "number"),
    [
        ("s72", True, 0x2D48), ("s38", True, 0x2D26), ("S38", False, 0x1D26),
        ("s72", False, 0x0D48), ("S72", False, 0x1D48), ("S255", False, 0x1DFF),
        ("l255", False, 0x0FFF), ("L255", False, 0x1FFF), ("L64", False, 0x1F40),
        ("l0", False, 0x0F00), ("L0", False, 0x1F00), ("i2", False, 0x0502),
        ("I2", False, 0x1502), ("i2", True, 0x2502), ("i4", False, 0x0104),
        ("I4", False, 0x1104), ("i4", True, 0x2104), ("v0", False, 0x0900), ("V0", False, 0x1900),
    ],
)  # fmt: skip
def test_types_are_stored_as_in_genuine_packages(kind: str, key: bool, number: int) -> None:
    assert type_number(Column("C", kind, key=key)) == number


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("_StringPool", "\u4840\u3f3f\u4577\u446c\u3e6a\u44b2\u482f"),
        ("_StringData", "\u4840\u3f3f\u4577\u446c\u3b6a\u45e4\u4824"),
        ("_Tables", "\u4840\u3f7f\u4164\u422f\u4836"),
        ("_Columns", "\u4840\u3b3f\u43f2\u4438\u45b1"),
        ("Property", "\u4840\u4559\u44f2\u4568\u4737"),
    ],
)
def test_tables_are_stored_under_the_names_of_genuine_packages(name: str, stored: str) -> None:
    assert stream_name(name, table=True) == stored


@given(st.text(st.sampled_from("0Az._- é\x05日"), max_size=12))
def test_every_stream_name_is_read_back(name: str) -> None:
    assert reader.unmangle(stream_name(name, table=False)) == name


def test_a_table_without_rows_is_listed_and_has_no_stream() -> None:
    found = reader.read(database([properties()]))
    assert found.rows["_Tables"] == [("Property",), ("_Validation",)]
    assert len(found.columns["Property"]) == 2
    assert stream_name("Property", table=True) not in found.file.names


def test_validation_says_of_every_column_what_it_may_hold() -> None:
    columns = (
        Column("Feature", "s38", key=True, category="Identifier", description="Its name"),
        Column("Parent", "S38", key_table="Feature", key_column=1, category="Identifier"),
        Column("Level", "i2", minimum=0, maximum=32767),
        Column("Kind", "S8", choices="a;b"),
    )
    found = reader.read(database([Table("Feature", columns, ())]))
    rows = {row[:2]: row[2:] for row in found.rows["_Validation"]}
    assert rows["Feature", "Feature"] == ("N", *[None] * 4, "Identifier", None, "Its name")
    assert rows["Feature", "Parent"] == ("Y", None, None, "Feature", 1, "Identifier", None, None)
    assert rows["Feature", "Level"] == ("N", 0, 32767, *[None] * 5)
    assert rows["Feature", "Kind"] == ("Y", *[None] * 5, "a;b", None)
    described = {(table, column.name) for table in found.columns for column in found.columns[table]}
    assert set(rows) == described
    assert ("_Validation", "Nullable") in rows


def test_streams_are_written_by_their_functions_and_rows_may_own_one() -> None:
    icons = Table("Icon", (K, Column("Data", "v0")), [("node.ico", 1)])
    data = bytes(range(256)) * 40

    def cabinet(out: BinaryIO) -> None:
        start = out.tell()
        out.write(bytes(4) + data)
        out.seek(start)
        out.write(b"MSCF")
        out.seek(0, io.SEEK_END)

    def icon(out: BinaryIO) -> None:
        out.write(b"icon")

    found = reader.read(database([icons], {"media1.cab": cabinet, "Icon.node.ico": icon}))
    assert found.stream("media1.cab") == b"MSCF" + data
    assert found.stream("Icon.node.ico") == b"icon"
    assert found.rows["Icon"] == [("node.ico", 1)]


def test_the_summary_is_in_the_code_page_of_windows() -> None:
    summary = reader.read(database([])).summary
    assert summary == {
        1: 1252, 2: "Installation Database", 3: "Node.js", 4: "Größe & Co", 5: "Installer",
        6: "A runtime", 7: "x64;1033", 9: SUMMARY.package_code, 12: 134116992000000000,
        13: 134116992000000000, 14: 500, 15: 2, 18: "rtinstall", 19: 2,
    }  # fmt: skip


SAMPLE = database([properties(("a", "x"), ("b", "y"), ("c", "a"))])


@pytest.mark.parametrize(
    ("table", "at", "new", "message"),
    [
        ("Property", 0, b"\xff\x00", "not sorted"),
        ("Property", 0, b"\0\0", "empty"),
        ("Property", 6, b"\1\0", "counts"),
        ("_StringPool", 6, b"\x09\0", "counts"),
        ("_StringPool", 3, b"\x80", "width"),
        ("_StringPool", 4, b"\1\0", "not what the pool says"),
        ("_Columns", 46, b"\x0b\x80", "out of line"),
    ],
)
def test_the_reader_that_judges_here_sees_faults(
    table: str, at: int, new: bytes, message: str
) -> None:
    content = reader.read(SAMPLE).file.read(stream_name(table, table=True))
    assert SAMPLE.count(content) == 1
    changed = content[:at] + new + content[at + len(new) :]
    with pytest.raises(ValueError, match=message):
        reader.read(SAMPLE.replace(content, changed))
