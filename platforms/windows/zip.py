"""zip archives as nodejs.org has them for Windows: unpack, and run ``node.exe``.

As in the tar archives for other systems, what an installer would put elsewhere goes into the tree,
see :mod:`~rtinstall.platforms.top_folder`. Without an ``npmrc`` npm keeps global packages beside
``node.exe``, as upstream's.
"""

from __future__ import annotations

from typing import BinaryIO

from rtinstall.platforms.containers import zip
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.top_folder import place, top_folder
from rtinstall.platforms.windows.names import MOST_PATH, check_names
from rtinstall.platforms.windows.place import NPM
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, File, Symlink


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` below the folder that upstream's archives have.

    Raises :class:`NotPublished` for a target other than Windows, :class:`NotExpressible` for names
    and paths that Windows has no room for, and for more than a zip holds.
    """
    if bundle.target.os != "win":
        raise NotPublished(f"zip has no archives for {bundle.target}")
    placed = place(bundle, settings, format="zip", npm=NPM)
    check_names(placed.entries, room=MOST_PATH)
    zip.check(_members(placed))
    return placed


def filename(package: Package) -> str:
    """Return ``node-v24.19.0-win-x64.zip``."""
    return f"{top_folder(package.bundle)}.zip"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write every entry."""
    zip.write(out, _members(package), time=package.time, effort=effort)


def _members(package: Package) -> list[File | Directory]:
    return [entry for entry in package.entries if not isinstance(entry, Symlink)]
