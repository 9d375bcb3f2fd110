"""What follows a change of the store: names, records, shims, and what to say next.

The one place where installing, removing and upgrading meet what belongs to others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from rtinstall.installer.expression import DEFAULT
from rtinstall.installer.installing import Done
from rtinstall.installer.session import Session
from rtinstall.installer.store import Installed
from rtinstall.runtime_bundle.errors import MissingTool

PACKAGES = "rtinstall.installer.packages"


def name(
    session: Session, done: Sequence[Done], *, as_default: bool, alias: str | None
) -> tuple[str, ...]:
    """Give the first of ``done`` its names; what is installed first of all is the default.

    A name stands for the expression that was asked for, so it goes with its line. Return the names.
    """
    from rtinstall.installer.naming import give

    text, installed = done[0].asked, done[0].installed
    names = [alias] if alias else []
    if as_default or session.aliases.get(DEFAULT) is None:
        names.append(DEFAULT)
    for each in names:
        give(session, each, installed.name if text.lower() == each.lower() else text)
    return tuple(names)


def settle(session: Session) -> None:
    """Bring records, links of aliases and shims up to what is installed now."""
    from rtinstall.installer import records, shims

    records.refresh(session.places, session.store)
    shims.refresh(session.places, session.store)


def carry(session: Session, text: str, to: Installed, *, dry_run: bool = False) -> None:
    """Carry the global packages of the installed version ``text`` over to another."""
    from rtinstall.installer.resolution import present

    old = present(text, session.store, session.aliases)
    if find_spec(PACKAGES) is None:
        raise MissingTool("global packages cannot be carried over yet")
    import_module(PACKAGES).carry_over(old, to, dry_run=dry_run)


def save(session: Session, done: Done) -> None:
    """Write what was asked for into this folder's version file."""
    from rtinstall.installer.pinning import pin

    session.say(f"{done.asked} is written into {pin(session.folder, done.asked)}")


def next_steps(
    session: Session, done: Sequence[Done], names: Sequence[str], *, use: bool
) -> Iterator[str]:
    """Yield what a person may want to know or do next."""
    if DEFAULT in names:
        yield f"{done[0].installed.name} is the default now"
    if not on_path(session) and not all(each.before for each in done):
        yield "no shell finds it yet: rtinstall setup puts it on PATH"
    if use:
        yield f"rtinstall use {done[0].installed.name} takes it in this shell"


def on_path(session: Session) -> bool:
    """Say whether anything of ours is on PATH."""
    home = os.path.realpath(session.places.home)
    entries = session.environment.get("PATH", "").split(os.pathsep)
    return any(Path(os.path.realpath(entry)).is_relative_to(home) for entry in entries if entry)
