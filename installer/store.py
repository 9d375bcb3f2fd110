"""The versions on this machine: which are installed, and the one way to change that.

A version is installed if, and only if, its receipt says so and its folder is there. It is staged
inside the store, checked, brought to the disk, and becomes one of the versions by a rename; its
receipt comes last, and is the first thing to go when it is removed. A folder without a receipt is
garbage. Looking needs no lock: whatever has a receipt is whole at every moment.

Beside the user's own store there may be one of the machine, which is only read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rtinstall.installer.installed import Installed, look
from rtinstall.installer.places import Places
from rtinstall.installer.tree_check import check
from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version

TYPE_CHECKING = False
if TYPE_CHECKING:  # changing is more than most runs do, and takes long to import
    from rtinstall.installer.changes import Changes

__all__ = ["Installed", "Store", "check"]
WAIT = 600.0  # seconds for another run to end


class Store:
    """The store at ``places.home``, which need not be there yet, and the machine's beside it.

    ``own`` is the target that versions without one in their name are for; they are called
    ``v24.19.0-linux-x64`` where it is not known.
    """

    def __init__(
        self,
        places: Places,
        *,
        own: Target | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Touch nothing."""
        self.places = places
        self.own = own
        self.environment = environment or {}

    def installed(self) -> tuple[Installed, ...]:
        """Return what is installed, newest first, the user's own before the machine's.

        A damaged receipt is none: :meth:`damaged` says which are.
        """
        return self._survey()[0]

    def damaged(self) -> tuple[NotReadable, ...]:
        """Return what is wrong with receipts that cannot be read."""
        return self._survey()[1]

    def strays(self) -> tuple[str, ...]:
        """Return the names of folders among the versions that no receipt is for: garbage."""
        known = _names(self.places.receipts, ".json")
        return tuple(sorted(_names(self.places.versions, "") - known))

    def find(self, version: Version, target: Target | None = None) -> Installed | None:
        """Return the installed ``version``, for ``target`` or else for this machine, if there is one.

        Without a target, and if it is not installed for this machine itself, one for another is found.
        """
        found = [one for one in self.installed() if one.version == version]
        if target is not None:
            return next((one for one in found if one.target == target), None)
        return min(found, key=lambda one: (one.target != self.own, one.shared), default=None)

    def name(self, version: Version, target: Target) -> str:
        """Return what ``version`` for ``target`` is called here."""
        return version.tag if target == self.own else f"{version.tag}-{target.name}"

    @contextmanager
    def changing(self, *, wait: float = WAIT) -> Iterator[Changes]:
        """Hold the store's lock; what a run before this one has left unfinished is finished first.

        Raises :class:`Busy` if another run has held it for ``wait`` seconds, :class:`NoSpace` where
        nothing can be written, :class:`BadConfiguration` for a home that is not this user's alone.
        """
        from rtinstall.installer.changes import open_changes

        with open_changes(self, wait) as changes:
            yield changes

    def _survey(self) -> tuple[tuple[Installed, ...], tuple[NotReadable, ...]]:
        found: list[Installed] = []
        damaged: list[NotReadable] = []
        for home, shared in ((self.places.home, False), (self.places.shared, True)):
            if shared and _same(home, self.places.home):
                continue
            for name in _names(home / "receipts", ".json"):
                try:
                    if one := look(home, name, shared=shared):
                        found.append(one)
                except NotReadable as error:
                    damaged.append(error)
        found.sort(key=lambda one: (one.version.key, not one.shared, one.name), reverse=True)
        return tuple(found), tuple(damaged)


def _names(folder: Path, suffix: str) -> set[str]:
    try:
        found = [path.name for path in folder.iterdir() if path.name.endswith(suffix)]
    except OSError:
        return set()
    return {name.removesuffix(suffix) for name in found}


def _same(one: Path, other: Path) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)
