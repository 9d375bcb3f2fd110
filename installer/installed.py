"""An installed version: its receipt, and where it is."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer import receipt as receipts
from rtinstall.installer.disk import READ, is_folder
from rtinstall.installer.receipt import Receipt
from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version


@dataclass(frozen=True, slots=True)
class Installed:
    """A version in ``folder``; ``shared`` if that is in the machine's store, which is only read."""

    receipt: Receipt
    folder: Path
    shared: bool = False

    @property
    def name(self) -> str:
        """Return what its folder is called."""
        return self.receipt.name

    @property
    def version(self) -> Version:
        """Return its version."""
        return self.receipt.version

    @property
    def target(self) -> Target:
        """Return what it was built for."""
        return self.receipt.target

    @property
    def bin(self) -> Path:
        """Return the folder of its commands, for PATH."""
        return self.folder / self.receipt.commands

    @property
    def home(self) -> Path:
        """Return the store it is in."""
        return self.folder.parent.parent

    @property
    def files(self) -> Path:
        """Return the list of its files."""
        return self.home / "receipts" / f"{self.name}.files"


def look(home: Path, name: str, *, shared: bool) -> Installed | None:
    """Return the version ``name`` of the store at ``home``; None if it is not installed.

    Raises :class:`NotReadable` for a receipt that is damaged.
    """
    if not receipts.NAME.fullmatch(name):
        return None
    head = _read(home / "receipts" / f"{name}.json", receipts.HEAD_MOST, name)
    folder = home / "versions" / name
    if head is None:
        return None
    receipt = receipts.read(head, name)
    try:
        return Installed(receipt, folder, shared) if is_folder(folder.lstat()) else None
    except OSError:
        return None


def entries(installed: Installed) -> Iterator[receipts.Line]:
    """Yield what its receipt lists; raises :class:`NotReadable` if the list is not the receipt's."""
    data = _read(installed.files, receipts.FILES_MOST, installed.name)
    yield from receipts.lines(data or b"", installed.receipt)


def _read(path: Path, most: int, name: str) -> bytes | None:
    import os

    try:
        with os.fdopen(os.open(path, READ), "rb") as file:
            data = file.read(most + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotReadable(f"the receipt of {name} cannot be read: {error.strerror}") from None
    return data if len(data) <= most else b""
