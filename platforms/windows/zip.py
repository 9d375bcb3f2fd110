"""zip archives as nodejs.org has them for Windows: unpack, and run ``node.exe``.

As in the tar archives for other systems, what an installer would put elsewhere goes into the tree:
an ``npmrc`` where npm looks for its built-in configuration, certificates and further files at their
path below the top folder. Without one npm keeps global packages beside ``node.exe``, as upstream's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from rtinstall.platforms.containers import zip
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows.names import MOST_PATH, check_names
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink, tree

NPMRC = "node_modules/npm/npmrc"


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` below the folder that upstream's archives have.

    Raises :class:`NotPublished` for a target other than Windows, :class:`NotExpressible` for names
    and paths that Windows has no room for, and for more than a zip holds.
    """
    if bundle.target.os != "win":
        raise NotPublished(f"zip has no archives for {bundle.target}")
    entries: list[Entry] = [*bundle.entries, *settings.extra]
    if settings.npmrc is not None:
        npmrc = File.of(NPMRC, settings.npmrc)
        entries = [npmrc, *(entry for entry in entries if entry.path != NPMRC)]
    if settings.certificates is not None:
        path = f"etc/{settings.metadata.name}/ca-certificates.pem"
        entries.append(File.of(path, settings.certificates))
    top = _top(bundle)
    placed = Package(
        bundle=bundle,
        metadata=settings.metadata,
        format="zip",
        version=str(bundle.version),
        architecture=bundle.target.arch,
        entries=tree(replace(entry, path=f"{top}/{entry.path}") for entry in entries),
        time=bundle.released,
    )
    check_names(placed.entries, room=MOST_PATH)
    zip.check(_members(placed))
    return placed


def filename(package: Package) -> str:
    """Return ``node-v24.19.0-win-x64.zip``."""
    return f"{_top(package.bundle)}.zip"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write every entry."""
    zip.write(out, _members(package), time=package.time, effort=effort)


def _top(bundle: Bundle) -> str:
    return f"node-{bundle.version.tag}-{bundle.target}"


def _members(package: Package) -> list[File | Directory]:
    return [entry for entry in package.entries if not isinstance(entry, Symlink)]
