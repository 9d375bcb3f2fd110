"""The stable folder of each alias and line: ``aliases/NAME`` leads to the version it means now."""

from __future__ import annotations

import os
from pathlib import Path

from rtinstall.installer.aliases import Aliases
from rtinstall.installer.allowed import allowed_or_none
from rtinstall.installer.installed import Installed
from rtinstall.installer.places import Places
from rtinstall.installer.resolution import among
from rtinstall.installer.store import Store
from rtinstall.runtime_bundle.errors import RtError


def relink(store: Store) -> None:
    """Let each link in ``aliases`` lead to what its name means now; take no lock if all do."""
    wrong = {
        name: one
        for name, one in links(store).items()
        if _leads(store.places, name) != (one.folder.resolve() if one else None)
    }
    if not wrong:
        return
    with store.changing() as changes:
        for name, one in wrong.items():
            changes.link_alias(name, one)


def links(store: Store) -> dict[str, Installed | None]:
    """Return where the link of each name is to lead: the user's aliases, and a name for each line.

    The lines (``22``, ``lts``, ``latest``) are for editors and cron jobs: ``aliases/22/bin/node``
    stays where it is when 22 gets newer. No link leads to what may not be used.
    """
    installed = allowed_or_none(store)
    aliases = Aliases(store.places.aliases)
    found: dict[str, Installed | None] = {}
    for name in _linked(store.places):
        found[name] = None  # unless it still means something
    lines = {str(one.version.major) for one in installed}
    for name in [*sorted(lines), "lts", "latest", *aliases.names()]:
        try:
            found[name] = among(name, installed, aliases)
        except RtError:  # an alias of what is no version
            found[name] = None
    return found


def _linked(places: Places) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(places.aliases) if entry.is_symlink()]
    except OSError:
        return []


def _leads(places: Places, name: str) -> Path | None:
    path = places.aliases / name
    try:
        return path.resolve(strict=True) if os.path.lexists(path) else None
    except OSError:
        return path  # to nowhere
