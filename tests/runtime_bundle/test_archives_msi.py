"""Installer packages: tables as they are stored, files where they would be installed."""

import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oracles
from msi_makers import (
    COLUMNS,
    FILES,
    PACKAGE,
    PROPERTIES,
    Rows,
    cabinet,
    column_type,
    compound,
    database,
    package,
    package_rows,
    stream_name,
    summary,
)
from rtinstall.runtime_bundle.archives import Limits, open_archive
from rtinstall.runtime_bundle.archives.msi import open_msi
from rtinstall.runtime_bundle.archives.msi_database import DatabaseColumn, read_database
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive

HOME = "Program Files/node js"
PATHS = {f"{HOME}/one ä.txt": "one", f"{HOME}/lib/two.txt": "two", f"{HOME}/lib/three": "three"}
PAIR = {"Name": "s72*", "Value": "L0"}


def written(path: Path, data: bytes) -> Path:
    (path / "x.msi").write_bytes(data)
    return path / "x.msi"


def problems(path: Path) -> list[str]:
    archive = open_archive(path)
    for _ in archive.entries():
        pass
    return archive.problems


def test_a_package_tells_what_it_would_install(tmp_path: Path) -> None:
    archive = open_archive(written(tmp_path, package()))
    assert archive.format == "msi"
    entries = [(entry, b"".join(chunks)) for entry, chunks in archive.entries()]
    assert [entry.name for entry, _ in entries if entry.kind == "directory"] == [
        "Program Files", HOME, f"{HOME}/empty", f"{HOME}/lib",
    ]  # fmt: skip
    files = {entry.name: data for entry, data in entries if entry.kind == "file"}
    assert files == {path: FILES[key] for path, key in PATHS.items()}
    assert all(entry.size == len(data) for entry, data in entries)
    assert {(entry.kind, entry.mode, entry.time) for entry, _ in entries} == {
        ("directory", 0o755, 0), ("file", 0o644, 0),
    }  # fmt: skip
    assert archive.problems == []


def test_metadata_is_properties_and_summary(tmp_path: Path) -> None:
    rows: dict[str, Rows] = {
        "Property": [("ProductName", "demo"), ("ProductVersion", "1.2.3"), ("ALLUSERS", "1"),
                     ("name", "another"), ("architecture", "vax")],
    }  # fmt: skip
    metadata = open_msi(written(tmp_path, package(rows))).metadata
    assert metadata["ALLUSERS"] == "1"
    assert metadata["ProductName"] == metadata["name"] == "demo"
    assert metadata["version"] == "1.2.3"
    assert metadata["architecture"] == "x64"
    assert metadata["PackageCode"] == PROPERTIES[9]
    assert (metadata["WordCount"], metadata["InstallerVersion"]) == ("2", "500")


@pytest.mark.parametrize(
    ("template", "architecture"),
    [("x64;1033", "x64"), ("Arm64;0", "arm64"), ("Intel;1033,1031", "x86"), (";1033", "x86"),
     ("Intel64;1033", "Intel64")],
)  # fmt: skip
def test_the_template_tells_the_architecture(
    template: str, architecture: str, tmp_path: Path
) -> None:
    path = written(tmp_path, package(properties=PROPERTIES | {7: template}))
    assert open_msi(path).metadata["architecture"] == architecture


def test_what_would_run_is_a_script(tmp_path: Path) -> None:
    rows: dict[str, Rows] = {"CustomAction": [("Act", 1, "Lib", "main", None)],
                             "Binary": [("Lib", 1)]}  # fmt: skip
    path = written(tmp_path, package(rows, streams={"Binary.Lib": b"MZ"}))
    archive = open_msi(path)
    assert archive.scripts == ("custom action Act", "binary Lib")
    assert read_database(path).rows["Binary"] == (("Lib", "Binary.Lib"),)
    assert read_database(path).faults == ()


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("version", [3, 4])
def test_a_database_is_read_cell_by_cell(wide: bool, version: int, tmp_path: Path) -> None:
    tables: dict[str, tuple[dict[str, str], Rows]] = {
        "T": ({"Key": "s72*", "Part": "i2*", "Short": "I2", "Long": "i4", "Big": "I4", "Text": "L255",
               "Any": "l0"},
              [("b", 1, None, -5, None, None, "ä€"), ("b", -32767, 32767, 2**31 - 1, 0, "b", "x"),
               ("a", 0, -1, -(2**31) + 1, -1, "", "y")]),
        "Empty": (PAIR, []),
        "Long": (PAIR, [("k", "ß" * 40_000)]),
    }  # fmt: skip
    path = written(tmp_path, database(tables, wide=wide, version=version))
    read = read_database(path)
    assert read.columns["T"] == (
        DatabaseColumn("Key", "s72", key=True), DatabaseColumn("Part", "i2", key=True),
        DatabaseColumn("Short", "I2"), DatabaseColumn("Long", "i4"), DatabaseColumn("Big", "I4"),
        DatabaseColumn("Text", "L255"), DatabaseColumn("Any", "l0"),
    )  # fmt: skip
    # By the numbers of the strings, not by their text: "b" was there first.
    assert read.rows["T"] == (
        ("b", -32767, 32767, 2**31 - 1, 0, "b", "x"), ("b", 1, None, -5, None, None, "ä€"),
        ("a", 0, -1, -(2**31) + 1, -1, None, "y"),
    )  # fmt: skip
    assert read.rows["Empty"] == ()
    assert read.table("Long") == [{"Name": "k", "Value": "ß" * 40_000}]
    assert read.table("Missing") == []
    assert (read.codepage, read.faults) == (65001, ())
    assert read.summary[9] == PROPERTIES[9]
    assert (read.summary[1], read.summary[12], read.summary[14]) == (1252, 0, 500)
    assert set(read.streams) == {"\x05SummaryInformation"}


@pytest.mark.parametrize("kind", ["s72", "S0", "l255", "L64", "i2", "I2", "i4", "I4", "v0", "V0"])
@pytest.mark.parametrize("key", ["", "*"])
def test_every_type_of_column_is_named_as_the_sdk_does(kind: str, key: str, tmp_path: Path) -> None:
    tables: dict[str, tuple[dict[str, str], Rows]] = {"T": ({"K": "s9*", "C": kind + key}, [])}
    read = read_database(written(tmp_path, database(tables)))
    assert read.columns["T"][1] == DatabaseColumn("C", kind, bool(key))


@pytest.mark.parametrize(
    ("page", "encoding", "text"),
    [(1252, "cp1252", "Ä€"), (0, "ascii", "A"), (65001, "utf-8", "北")],
)
def test_strings_are_of_the_code_page(page: int, encoding: str, text: str, tmp_path: Path) -> None:
    data = database({"T": (PAIR, [("k", text)])}, page=page, encoding=encoding)
    read = read_database(written(tmp_path, data))
    assert (read.codepage, read.rows["T"], read.faults) == (page, (("k", text),), ())


TWO: Rows = [("b", "x"), ("a", "y")]
FAULTS = {
    "counts too high": (database({"T": (PAIR, TWO)}, off_by=1),
                        ["7 strings with a wrong reference count, the first: 'b' is used 1 times, not 2"]),
    "an unused string": (database({"T": (PAIR, TWO)}, spare=["left over"]),
                         ["1 strings that no table uses, the first: 'left over'"]),
    "a key twice": (database({"T": (PAIR, [("a", "x"), ("a", "y")])}),
                    ["T has rows of the same key"]),
    "a stream of nothing": (database({"T": (PAIR, TWO)}, {"stray.bin": b"x"}),
                            ["the stream 'stray.bin' belongs to no table"]),
    "a stream not packed": (database({"T": (PAIR, TWO)}, replace={"raw": b"x"}),
                            ["the stream 'raw' belongs to no table"]),
    "the stream of a table that is none": (
        database({"T": (PAIR, TWO)}, replace={stream_name("U", table=True): b"\1\0\1\0"}),
        ["the stream 'U' belongs to no table"]),
    "a stream that is missing": (database({"Icon": ({"Name": "s72*", "Data": "v0"}, [("a.ico", 1)])}),
                                 ["the stream 'Icon.a.ico' is named, but not there"]),
    "no ASCII in a neutral database": (
        database({"T": (PAIR, [("k", "Ä")])}, page=0, encoding="cp1252"),
        ["1 strings not in ASCII, as the code page 0 wants, the first: b'\\xc4'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_with_the_stored_form_is_a_fault(case: str, tmp_path: Path) -> None:
    data, faults = FAULTS[case]
    assert list(read_database(written(tmp_path, data)).faults) == faults


def test_rows_out_of_order_are_a_fault(tmp_path: Path) -> None:
    # The first table settles the numbers of "b" and "a".
    tables: dict[str, tuple[dict[str, str], Rows]] = {
        "A": (PAIR, [("b", "a")]), "T": (PAIR, [("a", "x"), ("b", "y")]),
    }  # fmt: skip
    (fault,) = read_database(written(tmp_path, database(tables, sort=False))).faults
    assert fault == "T is not sorted by its stored keys: see row 2"
    assert read_database(written(tmp_path, database(tables))).faults == ()


def test_a_string_stored_twice_is_a_fault(tmp_path: Path) -> None:
    pool = struct.pack("<I6H", 65001, 1, 2, 1, 1, 1, 1)
    replaced = {
        stream_name("_StringPool", table=True): pool,
        stream_name("_StringData", table=True): b"TKT",
        stream_name("_Tables", table=True): b"\1\0",
        stream_name("_Columns", table=True): struct.pack("<4H", 1, 0x8001, 2, 0xAD48),
        stream_name("T", table=True): b"\3\0",
    }
    read = read_database(written(tmp_path, database({}, replace=replaced)))
    assert read.rows["T"] == (("T",),)
    assert read.faults == ("1 strings stored more than once, the first: 'T'",)


def pooled(*slots: int, data: bytes = b"") -> bytes:
    return database({}, replace={
        stream_name("_StringPool", table=True): struct.pack(f"<I{len(slots)}H", 65001, *slots),
        stream_name("_StringData", table=True): data,
    })  # fmt: skip


def columned(*rows: tuple[int, int, int, int], tables: tuple[int, ...] = (1,)) -> bytes:
    """Return a database whose strings are T, K, L and a hole, with these rows of _Columns."""
    columns = b"".join(
        struct.pack("<H", row[at] + (0x8000 if at in (1, 3) else 0))
        for at in range(4)
        for row in rows
    )
    return database({}, replace={
        stream_name("_StringPool", table=True): struct.pack("<I8H", 65001, 1, 9, 1, 9, 1, 9, 0, 0),
        stream_name("_StringData", table=True): b"TKL",
        stream_name("_Tables", table=True): struct.pack(f"<{len(tables)}H", *tables),
        stream_name("_Columns", table=True): columns,
    })  # fmt: skip


def summarised(data: bytes) -> bytes:
    return database({}, replace={"\x05SummaryInformation": data})


KEY = column_type("s72*")
GOOD = summary(PROPERTIES)
BROKEN = {
    "no string pool": (compound({"\x05SummaryInformation": GOOD}), "no stream"),
    "no summary": (compound({stream_name(f"_String{part}", table=True): b"\0\0\0\0"[:size]
                             for part, size in (("Pool", 4), ("Data", 0))}), "no stream"),
    "a pool of no head": (database({}, replace={stream_name("_StringPool", table=True): b""}),
                          "string pool"),
    "half a slot": (pooled(1), "string pool"),
    "a code page that is none": (database({}, page=12345), "code page 12345"),
    "too few bytes of strings": (pooled(5, 1, data=b"1234"), "add up to 5"),
    "too many bytes of strings": (pooled(3, 1, data=b"1234"), "add up to 3"),
    "a long string cut short": (pooled(0, 1), "no bytes"),
    "a long string that is short": (pooled(0, 1, 4, 0, data=b"1234"), "no bytes"),
    "bytes of another encoding": (pooled(1, 1, data=b"\xff"), "not utf-8"),
    "a table without a name": (columned(tables=(0,)), "no name"),
    "a table that describes tables": (database({"_Tables": (PAIR, [])}), "describes itself"),
    "a table without columns": (columned(), "not numbered"),
    "a column of no table": (columned((2, 1, 2, KEY)), "no table"),
    "a column without a name": (columned((1, 1, 0, KEY)), "no name"),
    "a string that is not there": (columned((1, 1, 9, KEY)), "string 9"),
    "a string that is a hole": (columned((1, 1, 4, KEY)), "string 4"),
    "columns not from 1": (columned((1, 2, 2, KEY)), "not numbered"),
    "columns with a hole": (columned((1, 1, 2, KEY), (1, 3, 3, KEY)), "not numbered"),
    "a column twice": (columned((1, 1, 2, KEY), (1, 1, 3, KEY)), "not numbered"),
    "two columns of one name": (columned((1, 1, 2, KEY), (1, 2, 2, KEY)), "two columns"),
    "more than 32 columns": (database({"T": ({f"C{at}": "i2*" for at in range(33)}, [])}), "not numbered"),
    "an integer of 3 bytes": (columned((1, 1, 2, 0x2503)), "unknown type 0x2503"),
    "an integer of 4 bytes that is short": (columned((1, 1, 2, 0x2504)), "unknown type"),
    "a column that is not valid": (columned((1, 1, 2, 0x2C48)), "unknown type"),
    "a temporary column": (columned((1, 1, 2, 0x6D48)), "unknown type"),
    "a stream with a size": (columned((1, 1, 2, 0x0901)), "unknown type"),
    "a key too long for a stream": (database({"Icon": ({"Name": "s0*", "Data": "v0"}, [("x" * 60, 1)])}),
                                   "too long for the name"),
    "half a row": (database({"T": (PAIR, [])}, replace={stream_name("T", table=True): b"\1\0\1"}),
                   "malformed"),
    "a summary of nothing": (summarised(b""), "cut short"),
    "a summary of another kind": (summarised(GOOD[:28] + bytes(16) + GOOD[44:]), "no property set"),
    "a summary cut short": (summarised(GOOD[:-9]), "no property set"),
    "a summary of many properties": (summarised(GOOD[:52] + b"\xff\xff\xff\0" + GOOD[56:]), "more"),
    "a property twice": (summarised(GOOD[:64] + GOOD[56:64] + GOOD[72:]), "twice"),
    "a property outside": (summarised(GOOD[:60] + b"\xff\xff\0\0" + GOOD[64:]), "cut short"),
    "a text outside": (summarised(GOOD.replace(struct.pack("<II", 30, 5), struct.pack("<II", 30, 500))),
                       "cut short"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_malformed_database_is_refused(case: str, tmp_path: Path) -> None:
    data, message = BROKEN[case]
    with pytest.raises(UnsafeArchive, match=message):
        read_database(written(tmp_path, data))


@pytest.mark.parametrize(
    ("first", "what"), [(0x82, "a transform"), (0x86, "a patch"), (0x85, "a compound file")]
)
def test_what_is_no_package_is_not_read(first: int, what: str, tmp_path: Path) -> None:
    path = written(tmp_path, compound({}, clsid=bytes([first]) + PACKAGE[1:]))
    with pytest.raises(NotReadable, match=what):
        open_archive(path)


def directories(*rows: tuple[str, str | None, str]) -> dict[str, Rows]:
    return {"Directory": [("TARGETDIR", None, "SourceDir"), *rows], "CreateFolder": [],
            "Component": [("C1", None, "D", 0, None, None), ("C2", None, "D", 0, None, None)]}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ([("D", "TARGETDIR", "x")], "x"),
        ([("D", "TARGETDIR", ".")], ""),
        ([("D", "TARGETDIR", "SHORT|long name:SRC|source")], "long name"),
        ([("D", "E", ".:source"), ("E", "TARGETDIR", "e")], "e"),
        ([("D", "ProgramFilesFolder", "d"), ("ProgramFilesFolder", "TARGETDIR", "PFiles")],
         "Program Files (x86)/d"),
        ([("D", "LocalAppDataFolder", "d")], "AppData/Local/d"),
        ([("D", "AppDataFolder", "d")], "AppData/Roaming/d"),
        ([("D", "ProgramMenuFolder", "d")], "Start Menu/Programs/d"),
    ],
)  # fmt: skip
def test_directories_are_resolved(
    rows: list[tuple[str, str | None, str]], path: str, tmp_path: Path
) -> None:
    archive = open_archive(written(tmp_path, package(directories(*rows))))
    names = [entry.name for entry, _ in archive.entries()]
    parents = (
        ["/".join(path.split("/")[:at]) for at in range(1, path.count("/") + 2)] if path else []
    )
    assert names == [
        *parents, *(f"{path}/{name}".lstrip("/") for name in ("one ä.txt", "two.txt", "three")),
    ]  # fmt: skip


HASH = package_rows()["MsiFileHash"]
DEEP = [(f"D{at}", f"D{at - 1}" if at else "TARGETDIR", f"d{at}") for at in range(50)]
FLAT = [(f"D{at}", f"D{at - 1}" if at else "TARGETDIR", ".") for at in range(5000, 0, -1)]
UNSAFE: dict[str, tuple[dict[str, Rows], str]] = {
    "a cycle of directories": (directories(("D", "E", "d"), ("E", "D", "e")), "no way up"),
    "a directory in itself": (directories(("D", "D", "d")), "no way up"),
    "a second root": (directories(("D", None, "d")), "no way up"),
    "a missing parent": (directories(("D", "E", "d")), "no way up"),
    "a missing directory": (directories(), "no directory 'D'"),
    "a directory that goes up": (directories(("D", "TARGETDIR", "..")), "no name"),
    "a directory that goes up by its long name": (directories(("D", "TARGETDIR", "a|..")), "no name"),
    "a directory with a slash": (directories(("D", "TARGETDIR", "a/b")), "no name"),
    "a directory with a backslash": (directories(("D", "TARGETDIR", "a\\b")), "no name"),
    "directories too deep": (directories(*DEEP, ("D", "D49", "x")), "too deep"),
    "directories of thousands": (directories(*FLAT, ("D", "D5000", "x")), "no way up"),
    "a long name": (directories(("D", "TARGETDIR", "n" * 2000)), "too long"),
    "a file that goes up": ({"File": [("one", "C1", "..", 1, None, None, 0, 1)]}, "no name"),
    "a file with a drive": ({"File": [("one", "C1", "c:x", 1, None, None, 0, 1)]}, "no name"),
    "a file of no component": ({"File": [("one", "C9", "x", 1, None, None, 0, 1)]}, "which is none"),
    "a folder of no directory": ({"CreateFolder": [("D9", "C1")]}, "no directory"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSAFE)
def test_tables_that_lead_nowhere_are_refused(case: str, tmp_path: Path) -> None:
    rows, message = UNSAFE[case]
    with pytest.raises(UnsafeArchive, match=message):
        open_archive(written(tmp_path, package(rows)))


@pytest.mark.parametrize("table", ["Property", "Directory", "Component", "File", "Media"])
def test_tables_with_other_columns_are_refused(table: str, tmp_path: Path) -> None:
    tables = {name: (COLUMNS[name], rows) for name, rows in package_rows().items()}
    tables[table] = ({"Other": "i2*"}, [(7,)])
    with pytest.raises(UnsafeArchive, match=r"no (text|number) in"):
        open_archive(written(tmp_path, database(tables, {"product.cab": b""})))


def files(*sizes: int) -> dict[str, Rows]:
    """Return the three files with these sizes."""
    return {"File": [(*row[:3], size, *row[4:])
                     for row, size in zip(package_rows()["File"], sizes, strict=True)]}  # fmt: skip


ORDER = ["one", "two", "three"]
DIFFERENT: dict[str, tuple[bytes, list[str]]] = {
    "sizes": (package(files(54, 1, 76_800)), [f"'{HOME}/lib/two.txt' has 0 bytes, not 1 as stated"]),
    "a hash": (package({"MsiFileHash": [HASH[0], HASH[1], ("three", 0, 1, 2, 3, 4)]}),
               [f"the md5 of '{HOME}/lib/three' is not the one in the package"]),
    "a file too many": (package(cab=cabinet([*FILES.items(), ("four", b"4")])),
                        ["'four' is in product.cab, but not in the table of files"]),
    "a file too few": (package(cab=cabinet(list(FILES.items())[:2])),
                       [f"'{HOME}/lib/three' is listed, but not there"]),
    "the order": (package(cab=cabinet([(name, FILES[name]) for name in reversed(ORDER)])),
                  ["the files in product.cab are not in the order of their sequence numbers"]),
    "a date of zero": (package(cab=cabinet(list(FILES.items()), date=0)),
                       ["a file in product.cab has the date 0, at which the installation stops"]),
    "a cabinet elsewhere": (package({"Media": [(1, 3, None, "disk.cab", None, None)]}),
                            [f"'{path}' is in disk.cab, which is not in the package" for path in PATHS]),
    "a cabinet that is missing": (package({"Media": [(1, 3, None, "#other", None, None)]}),
                                  [f"'{path}' is in #other, which is not in the package" for path in PATHS]),
    "no cabinet": (package({"Media": []}), [f"'{path}' is in no cabinet" for path in PATHS]),
    "a medium that ends early": (
        package({"Media": [(1, 2, None, "#product.cab", None, None)]}),
        ["'three' is in product.cab, but not in the table of files",
         f"'{HOME}/lib/three' is in no cabinet"]),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_cabinet_that_is_not_what_the_tables_say_is_a_problem(case: str, tmp_path: Path) -> None:
    data, expected = DIFFERENT[case]
    path = written(tmp_path, data)
    assert problems(path) == expected
    archive = open_archive(path)
    assert {*problems(path)} == {*expected}
    for _, chunks in archive.entries():  # read or not makes no difference
        for _ in chunks:
            pass
    assert archive.problems == expected


def test_media_share_the_files_by_their_numbers(tmp_path: Path) -> None:
    content = list(FILES.items())
    data = package(
        {"Media": [(2, 3, None, "#two.cab", None, None), (1, 1, None, "#one.cab", None, None)]},
        cab=b"", streams={"one.cab": cabinet(content[:1]), "two.cab": cabinet(content[1:])},
    )  # fmt: skip
    archive = open_archive(written(tmp_path, data))
    assert [entry.name for entry, _ in archive.entries() if entry.kind == "file"] == list(PATHS)
    assert archive.problems == []
    assert read_database(tmp_path / "x.msi").faults == (
        "the stream 'product.cab' belongs to no table",
    )


def test_a_part_of_a_hash_may_be_the_lowest_number(tmp_path: Path) -> None:
    # It is stored as zero, which is how nothing is stored.
    wrong = ("one", 0, -(1 << 31), 0, 0, 0)
    assert problems(written(tmp_path, package({"MsiFileHash": [wrong]}))) == [
        f"the md5 of '{HOME}/one ä.txt' is not the one in the package"
    ]


def test_more_files_than_the_limit_are_refused(tmp_path: Path) -> None:
    many: Rows = [(f"k{at}", "C1", f"n{at}", 1, None, None, 0, at) for at in range(41)]
    path = written(tmp_path, package({"File": many}))
    with pytest.raises(UnsafeArchive, match="more than 40 files or directories"):
        open_archive(path, Limits(members=40))


def test_a_damaged_cabinet_is_refused(tmp_path: Path) -> None:
    whole = cabinet(list(FILES.items()))
    archive = open_archive(written(tmp_path, package(cab=whole[:-1] + bytes([whole[-1] ^ 1]))))
    with pytest.raises(UnsafeArchive, match="checksum"):
        for _ in archive.entries():
            pass


def test_tables_are_bounded(tmp_path: Path) -> None:
    many: Rows = [(f"name {number}", "x") for number in range(2000)]
    path = written(tmp_path, database({"T": (PAIR, many)}))
    assert len(read_database(path).rows["T"]) == 2000
    with pytest.raises(UnsafeArchive, match="too large"):
        read_database(path, Limits(members=199))
    with pytest.raises(UnsafeArchive, match="larger than"):
        read_database(path, Limits(metadata=20_000))


def outcome(path: Path) -> str:
    """Read everything, within limits; return what came of it."""
    limits = Limits(expanded=1 << 22)
    begun = time.monotonic()
    try:
        read_database(path, limits)
        for _, chunks in open_archive(path, limits).entries():
            for _ in chunks:
                pass
        return "read"
    except (UnsafeArchive, NotReadable):
        return "refused"
    finally:
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("version", [3, 4])
def test_every_truncation_is_refused(version: int, tmp_path: Path) -> None:
    data = package(version=version)
    path = tmp_path / "x.msi"
    for end in {*range(0, 600, 101), *range(0, len(data), 1024), len(data) - 1}:
        path.write_bytes(data[:end])
        assert outcome(path) == "refused"


FUZZ = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
WHOLE = package(version=3)
DENSE = [at for at in range(len(WHOLE)) if WHOLE[at] not in (0, 0xFF)]


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=5))
@FUZZ
def test_changed_bytes_end_in_entries_or_in_an_error(
    tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[DENSE[at % len(DENSE)]] = value
    assert outcome(written(tmp_path, bytes(data))) in ("read", "refused")


STREAMS = ["_StringPool", "_StringData", "_Tables", "_Columns", "File", "Directory", "Component",
           "Media", "MsiFileHash", "Property", ""]  # fmt: skip


@given(st.sampled_from(STREAMS), st.binary(max_size=200), st.integers(0, 300))
@FUZZ
def test_any_bytes_in_a_table_end_in_entries_or_in_an_error(
    tmp_path: Path, name: str, content: bytes, at: int
) -> None:
    raw = stream_name(name, table=True) if name else "\x05SummaryInformation"
    data = package(replace={raw: GOOD[:at] + content if not name else content})
    assert outcome(written(tmp_path, data)) in ("read", "refused")


WXS = """<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
 <Product Id="*" Name="demo" Language="1033" Version="1.2.3" Manufacturer="Vendor"
   UpgradeCode="{B0A5B0A5-1111-2222-3333-444455556666}">
  <Package InstallerVersion="200" Compressed="yes"/>
  <Media Id="1" Cabinet="product.cab" EmbedCab="yes"/>
  <Directory Id="TARGETDIR" Name="SourceDir"><Directory Id="ProgramFiles64Folder">
   <Directory Id="INSTALLDIR" Name="node js">
    <Component Id="C1" Guid="*"><File Id="F1" Source="one file.txt" KeyPath="yes"/></Component>
    <Component Id="C2" Guid="*"><File Id="F2" Source="noise.bin" KeyPath="yes"/></Component>
   </Directory></Directory>
  </Directory>
  <Feature Id="Main" Level="1"><ComponentRef Id="C1"/><ComponentRef Id="C2"/></Feature>
 </Product>
</Wix>"""


def test_a_package_of_wixl_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = {"one file.txt": b"text\n", "noise.bin": bytes(range(256)) * 500}
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "x.wxs").write_text(WXS)
    oracles.run("wixl", "-a", "x64", "-o", "x.msi", "x.wxs")
    archive = open_archive(tmp_path / "x.msi")
    found = {entry.name: b"".join(chunks) for entry, chunks in archive.entries()}
    assert found == {"Program Files": b"", "Program Files/node js": b""} | {
        f"Program Files/node js/{name}": data for name, data in content.items()
    }
    assert archive.problems == []
    assert (archive.metadata["name"], archive.metadata["architecture"]) == ("demo", "x64")
    # msitools does not count the use in _Tables.
    (fault,) = read_database(tmp_path / "x.msi").faults
    assert "wrong reference count" in fault


def test_the_maker_is_understood_by_msitools(tmp_path: Path) -> None:
    path = written(tmp_path, package())
    exported = oracles.run("msiinfo", "export", path, "File")
    rows = [line.split("\t") for line in exported.splitlines()[3:]]
    assert {row[0]: row[3] for row in rows} == {key: f"{len(data)}" for key, data in FILES.items()}
    oracles.run("msiextract", "-C", tmp_path / "out", path)
    found = {
        file.name: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()
    }
    assert found == {path.rpartition("/")[2]: FILES[key] for path, key in PATHS.items()}


def test_a_database_of_msibuild_is_read(tmp_path: Path) -> None:
    rows = [("ProductName", "demo"), ("Long", "x" * 70_000)]
    (tmp_path / "Property.idt").write_text(
        "Property\tValue\r\ns72\tl0\r\nProperty\tProperty\r\n"
        + "".join(f"{key}\t{value}\r\n" for key, value in rows)
    )
    path = tmp_path / "x.msi"
    oracles.run("msibuild", path, "-s", "name", "author", "x64;1033", f"{PROPERTIES[9]}")
    oracles.run("msibuild", path, "-i", tmp_path / "Property.idt")
    read = read_database(path)
    assert sorted(read.rows["Property"], key=str) == sorted(rows, key=str)
    assert read.columns["Property"] == (
        DatabaseColumn("Property", "s72", key=True), DatabaseColumn("Value", "l0"),
    )  # fmt: skip
    assert read.summary[9] == PROPERTIES[9]
