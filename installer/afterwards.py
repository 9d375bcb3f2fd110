"""What follows a change of the store: names, records, shims, and what to say next.

The one place where installing, removing and upgrading meet what belongs to others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.expression import DEFAULT
from rtinstall.installer.installing import Done
from rtinstall.installer.session import Session
from rtinstall.installer.store import Installed
from rtinstall.runtime_bundle.errors import RtError

if TYPE_CHECKING:
    from rtinstall.installer.packages import Plan


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


def source(session: Session, text: str) -> Path:
    """Return the folder of the runtime that ``text`` means, of which packages can be carried over.

    It may be the system's, or one that may not be used any more.
    """
    from rtinstall.installer.active import wanted
    from rtinstall.installer.expression import SYSTEM, check_expression
    from rtinstall.installer.resolution import present

    if session.aliases.expand(check_expression(text)) != SYSTEM:
        return present(text, session.store, session.aliases).folder
    found = wanted(text, session)
    assert found.system is not None
    folder = found.system.parent
    return folder.parent if folder.name == "bin" else folder


def carry(
    session: Session,
    old: Installed | Path,
    to: Installed,
    *,
    dry_run: bool = False,
    scripts: bool = False,
) -> Plan:
    """Carry the global packages of ``old``, a version or a runtime's folder, over to another version.

    Raises what :func:`carry_over` does; what could be carried is there, its commands are found by the
    shims.
    """
    from rtinstall.installer import shims
    from rtinstall.installer.packages import carry_over

    try:
        return carry_over(
            old,
            to,
            dry_run=dry_run,
            scripts=scripts,
            offline=session.settings.offline.value,
            environment=session.environment,
            say=session.say,
        )
    finally:
        if not dry_run:
            shims.refresh(session.places, session.store)


def add_packages(session: Session, to: Installed, specs: Sequence[str]) -> tuple[str, ...]:
    """Install ``specs`` into the new version ``to``; return those that could not be, which is said.

    Whatever becomes of them, the version is there and stays.
    """
    from rtinstall.installer import shims
    from rtinstall.installer.npm import Npm

    session.say(f"installing the default packages into {to.name}: {', '.join(specs)}")
    npm = Npm(to, session.environment, session.say, offline=session.settings.offline.value)
    why = "what npm said stands above"
    try:
        failed = npm.add(specs)
    except RtError as error:
        failed, why = tuple(specs), str(error)
    if failed:
        session.say(
            f"warning: {to.name} is installed, but without {', '.join(failed)}: {why};"
            f" rtinstall exec {to.name} npm install --global PACKAGE adds one"
        )
    if len(failed) < len(specs):
        shims.refresh(session.places, session.store)
    return failed


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
