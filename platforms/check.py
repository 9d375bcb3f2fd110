"""Read an artifact back, and hold it against the Package it was written from.

The readers of :mod:`rtinstall.runtime_bundle.archives` share nothing with the writers. Nothing
leaves a build that they do not find whole: a wrong stream must be impossible to ship. No package runs
a script, but for the two by which an rpm for IBM i can make itself known to update-alternatives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from rtinstall.platforms.freebsd import pkg as freebsd
from rtinstall.platforms.freebsd import rules
from rtinstall.platforms.ibmi import alternatives
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.windows import ice, msi
from rtinstall.platforms.windows.ice.contents import (
    INSTALLER,
    PACKAGE_CODE,
    TEMPLATE,
    WORD_COUNT,
)
from rtinstall.platforms.windows.schema import tables
from rtinstall.runtime_bundle.archives import Archive, ArchiveEntry, open_archive
from rtinstall.runtime_bundle.archives.digests import plain
from rtinstall.runtime_bundle.archives.freebsd import read_manifests
from rtinstall.runtime_bundle.archives.msi_database import read_database
from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.model import Entry, File, Symlink

Facts = tuple[str, int, int, str]
# What a format's own rules find in a file, besides those that hold for every package.
RULES: Mapping[str, Callable[[Path, Sequence[ArchiveEntry]], Iterator[str]]] = {
    "msi": lambda path, entries: ice.faults(read_database(path)),
    "freebsd": lambda path, entries: rules.faults(read_manifests(path), entries),
}
WORLD_WRITABLE = 0o022
# Who owns everything, where that is not root alone.
OWNERS: Mapping[str | None, tuple[str, str]] = {
    "freebsd": ("root", "wheel"),
    "ibmi": ("qsys", "*none"),
}
SPECIAL_BITS = 0o7000


def check_artifact(path: Path, package: Package, effort: Effort) -> None:
    """Raise :class:`VerificationFailed` unless the file holds what ``package`` says, and no more.

    ``effort`` is what it was written with; its ``advance`` is called with the number of payload
    bytes just read.
    """
    archive = open_archive(path)
    expected = {entry.path: _expected(entry) for entry in package.entries}
    for fault in chain(
        lint(archive, expected, effort.advance),
        _script_faults(archive, package),
        _database_faults(path, package, effort) if package.format == "msi" else (),
        _manifest_faults(path, package) if package.format == "freebsd" else (),
    ):
        raise VerificationFailed(
            f"{path.name} was not written right: {fault}",
            hint="this is a fault of rtbuild; the file was not published",
        )


def lint(
    archive: Archive,
    expected: dict[str, Facts] | None = None,
    advance: Callable[[int], object] = lambda count: None,
) -> Iterator[str]:
    """Yield what is wrong with a package: damage, owners, modes, scripts, and, given ``expected``
    (type, mode, size, digest or link by path), every difference from it.
    """  # noqa: D205
    missing = dict(expected) if expected is not None else {}
    entries = []
    for entry, chunks in archive.entries():
        entries.append(entry)
        name = entry.name.removeprefix("./").strip("/")
        state = hashlib.sha256()
        size = 0
        for chunk in chunks:
            state.update(chunk)
            size += len(chunk)
            advance(len(chunk))
        yield from _manners(entry, name, OWNERS.get(archive.os, ("root", "root")))
        if expected is not None and name:
            wanted = missing.pop(name, None)
            found = _found(entry, size, state.hexdigest())
            if wanted is None and entry.kind != "directory":
                yield f"{name} does not belong in it"
            elif wanted is not None and wanted != found:
                yield f"{name} is {found}, not {wanted}"
    yield from _strange_scripts(archive, {plain(entry.name) for entry in entries})
    yield from archive.problems
    if archive.format in RULES:
        yield from RULES[archive.format](archive.path, entries)
    # A format may leave directories to the system; files and links it may not.
    yield from (f"{name} is missing" for name, facts in missing.items() if facts[0] != "directory")


def _strange_scripts(archive: Archive, paths: set[str]) -> Iterator[str]:
    """Yield each script that is not one of ours, word for word."""
    known = alternatives.known(archive, paths)
    for script in archive.scripts:
        for key in (script, f"{script}prog"):
            if key not in known or archive.metadata.get(key) != known[key]:
                yield f"runs the script {script}"
                break


def _script_faults(archive: Archive, package: Package) -> Iterator[str]:
    """Yield where a package has scripts and should not, or the other way round."""
    wanted = package.format == "ibmi" and package.metadata.ibmi.alternatives
    if archive.scripts != (("postin", "preun") if wanted else ()):
        yield f"runs the scripts {', '.join(archive.scripts) or 'none'}"


def _database_faults(path: Path, package: Package, effort: Effort) -> Iterator[str]:
    """Yield where a database, which carries no digest, is not the one that was to be written."""
    rows, summary, _ = msi.contents(package, effort)
    found = read_database(path)
    for table in tables(rows):
        if sorted(map(repr, table.rows)) != sorted(map(repr, found.rows.get(table.name, ()))):
            yield f"the table {table.name} is not the one that was written"
    stated = {
        TEMPLATE: summary.template,
        PACKAGE_CODE: summary.package_code,
        INSTALLER: summary.installer_version,
        WORD_COUNT: summary.word_count,
    }
    if {number: found.summary.get(number) for number in stated} != stated:
        yield "the summary information is not the one that was written"


def _manifest_faults(path: Path, package: Package) -> Iterator[str]:
    """Yield where a manifest of a FreeBSD package is not the one that was to be written."""
    found = read_manifests(path)
    for name, manifest in freebsd.manifests(package).items():
        if found.get(name) != manifest:
            yield f"{name} is not the one that was written"


def _manners(entry: ArchiveEntry, name: str, owners: tuple[str, str]) -> Iterator[str]:
    owner, group = owners
    if entry.kind not in ("file", "directory", "symlink"):
        yield f"{name} is a {entry.kind}"
    if entry.uid or entry.gid or entry.owner not in ("", owner) or entry.group not in ("", group):
        yield f"{name} is owned by {entry.owner or entry.uid}:{entry.group or entry.gid}"
    if entry.kind != "symlink" and entry.mode & WORLD_WRITABLE:
        yield f"{name} can be written by others (mode {entry.mode:04o})"
    if entry.mode & SPECIAL_BITS:
        yield f"{name} has special bits (mode {entry.mode:04o})"


def _expected(entry: Entry) -> Facts:
    if isinstance(entry, File):
        return ("file", entry.mode, entry.size, entry.sha256)
    if isinstance(entry, Symlink):
        return ("symlink", 0, 0, entry.target)
    return ("directory", entry.mode, 0, "")


def _found(entry: ArchiveEntry, size: int, sha256: str) -> Facts:
    match entry.kind:
        case "file":
            return ("file", entry.mode & 0o7777, size, sha256)
        case "symlink":
            return ("symlink", 0, 0, entry.link)
        case _:
            return (entry.kind, entry.mode & 0o7777, 0, "")
