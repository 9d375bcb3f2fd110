"""The least database that installs something, before the tools that read or install databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles import run, tool
from readers import msi as reader
from rtinstall.platforms.containers import cab
from rtinstall.platforms.containers.database import Column, Table
from rtinstall.platforms.containers.msi import SUMMARY_STREAM, Summary, write_database
from rtinstall.platforms.package import Effort
from rtinstall.runtime_bundle.model import File

TEXT = b"hello\n"
# msiinfo prints the summary in its code page, so ASCII here.
SUMMARY = Summary(
    subject="A file",
    author="Agent",
    comments="",
    template="x64;1033",
    package_code="{6B29FC40-CA47-1067-B31D-00DD010662DA}",
    time=1_767_225_600,
    installer_version=500,
    word_count=2,
    application="rtinstall",
)


def columns(text: str) -> tuple[Column, ...]:
    words = text.split()
    return tuple(
        Column(name, kind.rstrip("*"), key=kind.endswith("*"))
        for name, kind in zip(words[::2], words[1::2], strict=True)
    )


def tables_of_a_package() -> list[Table]:
    """Return the least that Windows Installer installs: one file."""
    actions = {
        "CostInitialize": 800, "FileCost": 900, "CostFinalize": 1000, "InstallValidate": 1400,
        "InstallInitialize": 1500, "ProcessComponents": 1600, "UnpublishFeatures": 1800,
        "RemoveFiles": 3500, "InstallFiles": 4000, "RegisterProduct": 6100,
        "PublishFeatures": 6300, "PublishProduct": 6400, "InstallFinalize": 6600,
    }  # fmt: skip
    return [
        Table("Property", columns("Property s72* Value l0"), [
            ("ProductCode", "{00000001-0000-4000-8000-000000000000}"),
            ("UpgradeCode", "{00000002-0000-4000-8000-000000000000}"),
            ("ProductName", "Prüfung ✓"), ("ProductVersion", "1.2.3"),
            ("ProductLanguage", "1033"), ("Manufacturer", "日本"), ("ALLUSERS", "1"),
        ]),
        Table("Directory", columns("Directory s72* Directory_Parent S72 DefaultDir l255"), [
            ("TARGETDIR", None, "SourceDir"),
            ("ProgramFiles64Folder", "TARGETDIR", "."),
            ("INSTALLDIR", "ProgramFiles64Folder", "rttest"),
        ]),
        Table("Component", columns(
            "Component s72* ComponentId S38 Directory_ s72 Attributes i2 Condition S255 KeyPath S72"
        ), [("C", "{00000003-0000-4000-8000-000000000000}", "INSTALLDIR", 256, None, "F")]),
        Table("Feature", columns(
            "Feature s38* Feature_Parent S38 Title L64 Description L255 Display I2 Level i2 "
            "Directory_ S72 Attributes i2"
        ), [("Main", None, "Main", None, 1, 1, None, 0)]),
        Table("FeatureComponents", columns("Feature_ s38* Component_ s72*"), [("Main", "C")]),
        Table("File", columns(
            "File s72* Component_ s72 FileName l255 FileSize i4 Version S72 Language S20 "
            "Attributes I2 Sequence i4"
        ), [("F", "C", "HELLO.TXT|hello größe.txt", len(TEXT), None, None, 512, 1)]),
        Table("Media", columns(
            "DiskId i2* LastSequence i4 DiskPrompt L64 Cabinet S255 VolumeLabel S32 Source S72"
        ), [(1, 1, None, "#media1.cab", None, None)]),
        Table("InstallExecuteSequence", columns("Action s72* Condition S255 Sequence I2"), [
            (name, None, number) for name, number in actions.items()
        ]),
    ]  # fmt: skip


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "a.msi"
    with path.open("wb+") as out:
        member = cab.Member("F", File.of("F", TEXT).content)
        streams = {"media1.cab": lambda out: cab.write(out, [member], Effort())}
        write_database(out, tables_of_a_package(), SUMMARY, streams)
    return path


def exported(path: Path, table: str) -> list[list[str]]:
    text = run("msiinfo", "export", path, table)
    return [line.split("\t") for line in text.replace("\r\n", "\n").rstrip("\n").split("\n")]


def test_msitools_read_every_table_stream_and_property(package: Path) -> None:
    found = reader.read(package.read_bytes())
    assert set(run("msiinfo", "tables", package).split()) == {
        *found.columns, "_SummaryInformation", "_ForceCodepage"
    }  # fmt: skip
    for name, table in found.columns.items():
        names, types, keys, *rows = exported(package, name)
        assert (names, types) == ([c.name for c in table], [c.type for c in table])
        assert keys == [name, *(c.name for c in table if c.key)]
        assert rows == [["" if v is None else str(v) for v in row] for row in found.rows[name]]
    assert set(run("msiinfo", "streams", package).split()) == {*found.streams, SUMMARY_STREAM}
    said = dict(line.split(": ", 1) for line in run("msiinfo", "suminfo", package).splitlines())
    assert (said["Author"], said["Template"]) == ("Agent", "x64;1033")
    assert said["Revision number (UUID)"] == SUMMARY.package_code
    assert said["Created"] == said["Last saved"] == "Thu Jan  1 00:00:00 2026"
    assert (said["Version"], said["Source"]) == ("500 (1f4)", "2 (2)")
    run("msiextract", "-C", package.parent / "out", package)
    (file,) = (path for path in (package.parent / "out").rglob("*") if path.is_file())
    assert (file.name, file.read_bytes()) == ("hello größe.txt", TEXT)


def test_msibuild_makes_the_same_database_of_the_exported_tables(package: Path) -> None:
    scripts: list[str | Path] = []
    ours = reader.read(package.read_bytes())
    # The code page first: msibuild 0.101 crashes over texts that are not in it.
    for name in ("_ForceCodepage", *ours.columns):
        text = run("msiinfo", "export", package, name).removesuffix("\0")
        (script := package.with_name(f"{name}.idt")).write_text(text, "utf-8", newline="\r\n")
        scripts += ["-i", script]
    run("msibuild", package.with_name("b.msi"), *scripts)
    theirs = reader.read(package.with_name("b.msi").read_bytes(), counted=False)
    assert (theirs.file.version, theirs.codepage) == (3, 65001)
    for name, columns in ours.columns.items():
        assert {c.name: c.number for c in theirs.columns[name]} == {
            c.name: c.number for c in columns
        }
        assert set(theirs.rows[name]) == set(ours.rows[name])


@pytest.fixture
def wine_prefix(tmp_path: Path) -> Iterator[dict[str, str]]:
    tool("wine")
    env = {"WINEPREFIX": str(tmp_path / "prefix"), "WINEDEBUG": "-all", "DISPLAY": ""}
    run("wine", "wineboot", "-i", env=env)
    yield env
    run("wine", "wineboot", "-k", env=env)


def test_wine_installs_and_removes_a_package(package: Path, wine_prefix: dict[str, str]) -> None:
    installed = Path(wine_prefix["WINEPREFIX"], "drive_c/Program Files/rttest/hello größe.txt")
    run("wine", "msiexec", "/i", package, "/qn", env=wine_prefix)
    assert installed.read_bytes() == TEXT
    run("wine", "msiexec", "/x", package, "/qn", env=wine_prefix)
    assert not installed.parent.exists()
