"""What is brought to a machine: a package for its own tool, or a tree, and the checks.

Everything known of it is found out on this side, from the package unpacked into a temporary folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rtinstall.platforms.smoke.locate import Runtime, locate
from rtinstall.platforms.smoke.ssh.installers import INSTALLERS, SYSTEMS, Installer
from rtinstall.platforms.smoke.table import SCRIPTS
from rtinstall.platforms.smoke.unpacked import unpack_package
from rtinstall.runtime_bundle.archives import Archive, open_archive
from rtinstall.runtime_bundle.directory import read_tree
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import Entry

PACKAGE = "package"  # and a suffix
CHECKS, TREE = "checks", "tree"
# Names that no tool takes for an option or a pattern.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
# Fields that name packages which cannot stay beside this one, and which some tools then remove.
RIVALS = ("Conflicts", "Replaces", "Breaks", "conflict", "conflicts", "replaces", "obsoletes")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A package for a system's own tool: any of ``installers``, the first one that is there.

    ``names`` are those under which the tool will list it, ``rivals`` those it may not meet.
    """

    path: Path
    installers: tuple[Installer, ...]
    names: tuple[str, ...]
    rivals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Luggage:
    """What is brought: folders of this machine, by their name there, and perhaps a package.

    ``entries`` are the runtime's, below its root, as they will be below the other machine's.
    """

    title: str
    runtime: Runtime
    entries: tuple[Entry, ...]
    folders: Mapping[str, Path]
    parcel: Parcel | None


@contextmanager
def packed(path: Path) -> Iterator[Luggage]:
    """Give what has to be brought to another machine to check ``path``: a package or a folder.

    Raises what :func:`~rtinstall.runtime_bundle.unpack.unpack` and
    :func:`~rtinstall.platforms.smoke.locate.locate` raise.
    """
    with TemporaryDirectory(prefix="rtsmoke-") as name:
        folder = Path(name)
        parcel, root = None, path
        if not path.is_dir():
            parcel = _parcel(open_archive(path))
            root = unpack_package(path, folder / "root")
        runtime = locate(root)
        folders = {CHECKS: SCRIPTS} if parcel else {CHECKS: SCRIPTS, TREE: root}
        yield Luggage(path.name, runtime, read_tree(root), folders, parcel)


def _parcel(archive: Archive) -> Parcel | None:
    """Return how a package is installed; None for an archive, which is only unpacked."""
    system = archive.os or SYSTEMS.get(archive.format)
    if system is None:
        return None
    installers = INSTALLERS.get((archive.format, system))
    if installers is None:
        raise NotReadable(
            f"{archive.path.name}: there is no tool to install a {archive.format} for {system}",
            hint="smoke the archive (tar.gz) of that system instead",
        )
    said = archive.metadata.get("identifiers") or archive.metadata.get("name", "")
    names = (said,) if isinstance(said, str) else tuple(said)
    for name in names:
        if not NAME.fullmatch(name) and archive.format != "msi":  # which is not called by name
            raise UnsafeArchive(f"{archive.path.name} calls itself {name!r}, which is no name")
    rivals: set[str] = set()
    for field in RIVALS:
        value = archive.metadata.get(field, "")
        rivals.update(NAME.findall(value if isinstance(value, str) else " ".join(value)))
    return Parcel(archive.path, installers, names, frozenset(rivals))
