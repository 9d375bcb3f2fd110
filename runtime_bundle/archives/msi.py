"""Windows Installer packages: the files that their tables and cabinets install.

Nothing in a package says where a file goes: its row in File names a component, that one a
directory, whose parents end at a folder of the system. Paths here begin with the name this folder
has on an English Windows; rows in Media say which cabinet holds which numbers of files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives.archive import Archive, Metadata
from rtinstall.runtime_bundle.archives.cabinet import Cabinet
from rtinstall.runtime_bundle.archives.digests import Expected, each_checked
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.msi_database import (
    Database,
    Value,
    open_package,
    packed,
    read_database,
)
from rtinstall.runtime_bundle.errors import UnsafeArchive

ROOT = "TARGETDIR"
# What the Installer sets these directories to, whatever their rows say.
STANDARD = {
    "AppDataFolder": "AppData/Roaming",
    "CommonAppDataFolder": "ProgramData",
    "CommonFiles64Folder": "Program Files/Common Files",
    "CommonFilesFolder": "Program Files (x86)/Common Files",
    "DesktopFolder": "Desktop",
    "FontsFolder": "Windows/Fonts",
    "LocalAppDataFolder": "AppData/Local",
    "PersonalFolder": "Documents",
    "ProgramFiles64Folder": "Program Files",
    "ProgramFilesFolder": "Program Files (x86)",
    "ProgramMenuFolder": "Start Menu/Programs",
    "StartMenuFolder": "Start Menu",
    "StartupFolder": "Start Menu/Programs/Startup",
    "System64Folder": "Windows/System32",
    "SystemFolder": "Windows/SysWOW64",
    "WindowsFolder": "Windows",
}
ARCHITECTURES = {"": "x86", "Intel": "x86", "x64": "x64", "AMD64": "x64", "Arm64": "arm64"}
SUMMARY = {4: "Author", 6: "Comments", 7: "Template", 9: "PackageCode", 14: "InstallerVersion",
           15: "WordCount", 18: "Application"}  # fmt: skip
# Tables that bring code which runs during the installation.
SCRIPTS = {"CustomAction": ("Action", "custom action"), "Binary": ("Name", "binary"),
           "MsiEmbeddedUI": ("MsiEmbeddedUI", "embedded interface"),
           "MsiEmbeddedChainer": ("MsiEmbeddedChainer", "embedded chainer")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _File:
    """A row of File: its key, where it goes, and what its bytes have to be."""

    key: str
    path: str
    size: int
    sequence: int
    md5: str | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the tables say: directories, files by cabinet (empty: outside of any)."""

    directories: tuple[str, ...]
    cabinets: Mapping[str, Sequence[_File]]


def open_msi(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read the tables of a Windows Installer package, and prepare to read its cabinets."""
    database = read_database(path, limits)
    plan = _plan(database, limits)
    scripts = tuple(
        f"{what} {_text(row, column)}"
        for table, (column, what) in SCRIPTS.items()
        for row in database.table(table)
    )
    metadata = _metadata(database)

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        compound = open_package(path, file, limits)
        meter = Meter(limits, path.stat().st_size)
        for directory in plan.directories:
            meter.member()
            yield ArchiveEntry(directory, "directory", 0o755), iter(())
        for name, files in plan.cabinets.items():
            if name.startswith("#") and name[1:] in database.streams:
                cabinet = Cabinet(compound.open(packed(name[1:])), meter)
                yield from _extracted(cabinet, name[1:], files, problems)
            else:
                where = f"in {name}, which is not in the package" if name else "in no cabinet"
                problems += (f"{file.path!r} is {where}" for file in files)

    return Archive(path, "msi", metadata, scripts, [], members)


def _metadata(database: Database) -> Metadata:
    """Return the properties under their own names; ours and the summary's come before them."""
    fields: Metadata = {
        _text(row, "Property"): _text(row, "Value") for row in database.table("Property")
    }
    fields.update(
        (name, str(database.summary[number]))
        for number, name in SUMMARY.items()
        if number in database.summary
    )
    platform = str(database.summary.get(7, "")).partition(";")[0]
    ours = {"name": fields.get("ProductName", ""), "version": fields.get("ProductVersion", "")}
    return {**fields, **ours, "architecture": ARCHITECTURES.get(platform, platform)}


def _plan(database: Database, limits: Limits) -> _Plan:
    """Join File, Component, Directory, Media and MsiFileHash."""
    if max(len(database.rows.get(table, ())) for table in ("Directory", "File")) > limits.members:
        raise UnsafeArchive(f"the package has more than {limits.members} files or directories")
    directories = _directories(database, limits)
    components = {
        _text(row, "Component"): _text(row, "Directory_") for row in database.table("Component")
    }
    digests = {_text(row, "File_"): _md5(row) for row in database.table("MsiFileHash")}
    wanted = {_at(directories, _text(row, "Directory_")) for row in database.table("CreateFolder")}
    files = []
    for row in database.table("File"):
        key, component = _text(row, "File"), _text(row, "Component_")
        if component not in components:
            raise UnsafeArchive(
                f"the file {key!r} is of the component {component!r}, which is none"
            )
        folder = _at(directories, components[component])
        wanted.add(folder)
        path = _joined(folder, _long(_text(row, "FileName")), limits)
        files.append(
            _File(key, path, _number(row, "FileSize"), _number(row, "Sequence"), digests.get(key))
        )
    for folder in tuple(wanted):
        parts = folder.split("/")
        wanted.update("/".join(parts[:count]) for count in range(1, len(parts)))
    return _Plan(tuple(sorted(wanted - {""})), _by_cabinet(database, files))


def _by_cabinet(database: Database, files: list[_File]) -> dict[str, list[_File]]:
    """Share the files out: a medium holds those numbered from the last medium's end to its own."""
    media = sorted(
        (_number(row, "LastSequence"), _number(row, "DiskId"), _text(row, "Cabinet", empty=True))
        for row in database.table("Media")
    )
    files = sorted(files, key=lambda file: file.sequence)
    shared: dict[str, list[_File]] = {}
    at = 0
    for last, _, cabinet in media:
        begin = at
        while at < len(files) and files[at].sequence <= last:
            at += 1
        shared.setdefault(cabinet, []).extend(files[begin:at])
    if at < len(files):
        shared.setdefault("", []).extend(files[at:])
    return shared


def _directories(database: Database, limits: Limits) -> dict[str, str]:
    """Return the path of every directory, empty for the root of the target's disk."""
    rows = {
        _text(row, "Directory"): (
            _text(row, "Directory_Parent", empty=True), _text(row, "DefaultDir"),
        )
        for row in database.table("Directory")
    }  # fmt: skip
    found = {ROOT: ""} | STANDARD
    for start in rows:
        chain: list[str] = []
        at = start
        while at not in found:
            if at not in rows or at in chain or len(chain) > limits.depth:
                raise UnsafeArchive(f"the directory {start!r} has no way up: it comes to {at!r}")
            chain.append(at)
            at = rows[at][0]
        for directory in reversed(chain):
            parent, name = rows[directory]
            # "target:source", each "short|long"; "." is the parent itself.
            name = _long(name.partition(":")[0])
            found[directory] = (
                found[parent] if name == "." else _joined(found[parent], name, limits)
            )
    return found


def _at(directories: Mapping[str, str], directory: str) -> str:
    if directory not in directories:
        raise UnsafeArchive(f"there is no directory {directory!r} in the package's tables")
    return directories[directory]


def _long(name: str) -> str:
    """Return the long one of two names."""
    short, _, long = name.partition("|")
    return long or short


def _joined(folder: str, name: str, limits: Limits) -> str:
    if name in ("", ".", "..") or set(name) & set('\\/:|"<>*?\0'):
        raise UnsafeArchive(f"{name!r} is no name for a file or a directory")
    path = f"{folder}/{name}" if folder else name
    if len(path.encode(errors="replace")) > limits.path or path.count("/") >= limits.depth:
        raise UnsafeArchive(f"the path {path[:80]!r}... is too long or too deep")
    return path


def _md5(row: Mapping[str, Value]) -> str:
    """Return the digest that four integers hold; the lowest of all is stored as none."""
    parts = [f"HashPart{part}" for part in range(1, 5)]
    lowest = -(1 << 31)
    cells = [lowest if part in row and row[part] is None else _number(row, part) for part in parts]
    return struct.pack("<4i", *cells).hex()


def _extracted(
    cabinet: Cabinet, name: str, files: Sequence[_File], problems: list[str]
) -> Iterator[Member]:
    """Yield the files of one cabinet under their paths; note where it differs from the tables."""
    left = {file.key: file for file in files}
    order = [file.name for file in cabinet.files if file.name in left]
    held = set(order)
    if order != [file.key for file in files if file.key in held]:
        problems.append(f"the files in {name} are not in the order of their sequence numbers")
    if any(file.date == 0 for file in cabinet.files):
        # DosDateTimeToFileTime refuses it, and the installation ends there.
        problems.append(f"a file in {name} has the date 0, at which the installation stops")
    digests: dict[str, Expected] = {}

    def named() -> Iterator[Member]:
        for entry, chunks in cabinet.members():
            file = left.pop(entry.name, None)
            if file is None:
                problems.append(f"{entry.name!r} is in {name}, but not in the table of files")
                continue
            if file.size != entry.size:
                problems.append(f"{file.path!r} has {entry.size} bytes, not {file.size} as stated")
            digests.pop(file.path, None)
            if file.md5:
                digests[file.path] = ("md5", file.md5)
            yield replace(entry, name=file.path, mode=0o644, time=0), chunks

    yield from each_checked(named(), lambda entry: digests.get(entry.name), problems)
    problems += (f"{file.path!r} is listed, but not there" for file in left.values())


def _text(row: Mapping[str, Value], column: str, *, empty: bool = False) -> str:
    """Return a cell that has to be a text; where it may be ``empty``, nothing is an empty one."""
    value = row.get(column)
    if value is None and empty and column in row:
        return ""
    if not isinstance(value, str):
        raise UnsafeArchive(f"a table of the package has no text in its column {column}")
    return value


def _number(row: Mapping[str, Value], column: str) -> int:
    value = row.get(column)
    if not isinstance(value, int):
        raise UnsafeArchive(f"a table of the package has no number in its column {column}")
    return value
