"""Which version is active in a folder, and why.

In this order: what this shell was told (``rtinstall use`` sets ``RTINSTALL_VERSION``), what the folder's
files ask for, the default, the system's own node. Whatever comes first counts alone: if it asks for
what is not installed, that is an error, and nothing else is taken in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.expression import DEFAULT, SYSTEM, check_expression
from rtinstall.installer.project import Request, requests, usable
from rtinstall.runtime_bundle.errors import NothingAsked, NotInstalled

if TYPE_CHECKING:
    from rtinstall.installer.aliases import Aliases
    from rtinstall.installer.installed import Installed
    from rtinstall.installer.session import Session

VARIABLE = "RTINSTALL_VERSION"


@dataclass(frozen=True, slots=True)
class Active:
    """What is active: ``installed``, else the system's node in ``system``, else nothing.

    ``request`` is what decided, None if nothing asks for anything.
    """

    request: Request | None = None
    installed: Installed | None = None
    system: Path | None = None

    @property
    def word(self) -> str:
        """Return ``v24.19.0``, ``system`` or ``none``."""
        if self.installed:
            return self.installed.name
        return SYSTEM if self.system else "none"

    @property
    def bin(self) -> Path | None:
        """Return the folder with its commands, or None."""
        if self.installed:
            return self.installed.bin
        return self.system.parent if self.system else None


def asking(session: Session) -> tuple[Request, ...]:
    """Return all that asks for a version here, the one that decides first."""
    return asked_by(session.environment, session.folder, session.aliases)


def asked_by(environment: Mapping[str, str], folder: Path, aliases: Aliases) -> tuple[Request, ...]:
    """Do the same for whoever has no session."""
    found = list(requests(folder))
    if text := environment.get(VARIABLE, "").strip():
        found.insert(0, Request(check_expression(text), kind=VARIABLE))
    if (default := aliases.get(DEFAULT)) is not None:
        found.append(Request(default, kind=DEFAULT))
    return tuple(found)


def active(session: Session) -> Active:
    """Return what is active in the run's folder.

    Raises :class:`NotInstalled` if what decides asks for something that is not installed, and
    :class:`BadConfiguration` if it cannot be read.
    """
    found = asking(session)
    if not found:
        return Active(system=_system(session))
    return answer(usable(found[0]), session)


def answer(request: Request, session: Session) -> Active:
    """Return what ``request`` leads to; raise :class:`NotInstalled` or :class:`PolicyRefused`."""
    from rtinstall.installer.allowed import allowed, check_allowed
    from rtinstall.installer.resolution import among, install_word

    installed = allowed(session.store)
    for text in request.texts:
        if session.aliases.expand(text) == SYSTEM:
            if path := _system(session):
                return Active(request, system=path)
        elif one := among(text, installed, session.aliases):
            return Active(request, one)
    if session.aliases.expand(request.text) == SYSTEM:
        raise NotInstalled(
            f"{request.place} asks for the system's node, and there is none on PATH",
            hint="rtinstall list shows the versions that there are",
        )
    for text in request.texts:
        check_allowed(text, session.store, session.aliases)
    wanted = " or ".join(map(repr, request.texts))
    raise NotInstalled(
        f"{request.place} asks for {wanted}, which is not installed",
        hint=f"rtinstall install {install_word(session.aliases.expand(request.text))}",
    )


def _system(session: Session) -> Path | None:
    from rtinstall.installer.resolution import system_program

    return system_program(session.environment, session.places)


def needed(session: Session) -> Active:
    """Return what is active; :class:`NothingAsked` if that is nothing."""
    found = active(session)
    if found.bin is None:
        raise NothingAsked("no version is active here", hint="rtinstall default lts chooses one")
    return found


def wanted(text: str, session: Session) -> Active:
    """Return what ``text``, named on the command line, leads to, or raise :class:`NotInstalled`."""
    from rtinstall.installer.resolution import installed_for

    check_expression(text)
    if session.aliases.expand(text) == SYSTEM:
        return answer(Request(text, kind="the command line"), session)
    return Active(installed=installed_for(text, session.store, session.aliases))
