"""What follows a change of the store: names, records, shims, and what to say next.

The one place where installing, removing and upgrading meet what belongs to others: aliases, the
records that shells read, the packages of npm.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rtinstall.installer.installing import Done
from rtinstall.installer.session import Session
from rtinstall.installer.store import Installed

DEFAULT = "default"


def named(
    session: Session, text: str, done: Sequence[Done], *, as_default: bool, alias: str | None
) -> tuple[str, ...]:
    """Give what was installed its names; the first version ever is the default. Return the new names."""
    names = [alias] if alias else []
    if as_default or session.aliases.get(DEFAULT) is None:
        names.append(DEFAULT)
    names = [name for name in names if name and session.aliases.get(name) != text]
    for name in names:
        stands_for = done[0].installed.name if text.lower() == name.lower() else text
        session.aliases.set(name, stands_for)
    return tuple(names)


def settle(session: Session) -> None:
    """Bring records, links of aliases and shims up to what is installed now."""
    with session.store.changing() as changes:
        for name in session.aliases.names():
            changes.link_alias(name, meant(session, name))


def meant(session: Session, name: str) -> Installed | None:
    """Return the installed version that an alias means, if there is one."""
    from rtinstall.installer.resolution import among

    return among(name, session.store.installed(), session.aliases)


def carry(session: Session, text: str, to: Installed, *, dry_run: bool = False) -> None:
    """Carry the global packages of the installed version ``text`` over to another."""
    from rtinstall.installer.packages import carry_over

    from rtinstall.installer.resolution import installed_for

    carry_over(installed_for(text, session.store, session.aliases), to, dry_run=dry_run)


def save(session: Session, done: Done) -> None:
    """Write what was asked for into this folder's version file."""
    from rtinstall.installer.pinning import pin

    session.say(f"written into {pin(session.folder, done.asked)}")


def next_steps(
    session: Session, done: Sequence[Done], names: Sequence[str], *, use: bool
) -> Iterator[str]:
    """Yield what a person may want to know or do next."""
    if DEFAULT in names:
        yield f"{done[0].installed.name} is the default now"
    if not on_path(session):
        yield "no shell finds it yet: rtinstall setup puts it on PATH"
    elif use:
        yield f"rtinstall use {done[0].installed.name} takes it in this shell"


def on_path(session: Session) -> bool:
    """Say whether anything of ours is on PATH."""
    home = os.path.realpath(session.places.home)
    entries = session.environment.get("PATH", "").split(os.pathsep)
    return any(Path(os.path.realpath(entry)).is_relative_to(home) for entry in entries if entry)
