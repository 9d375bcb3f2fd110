"""Why a version is kept: what asks for each installed version, and what did once.

A version that nothing here names may be removed. Projects are known from their records, which
hooks and shims leave when they first come into a folder: what was never entered is not known. A
record is asked anew, from the folder's files as they are; what it said before only counts for a
folder that is gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rtinstall.installer.active import VARIABLE
from rtinstall.installer.installed import Installed
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import RtError

Kind = Literal["alias", "project", "shell", "process", "flag", "age"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that asks for a version, in words that go on from its name."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A project that asked for the version ``name``, and whose ``folder`` is not there any more."""

    folder: Path
    name: str


Reasons = dict[str, list[Reason]]


def reasons(session: Session, installed: Sequence[Installed]) -> Reasons:
    """Return by name what asks for each of ``installed``; nothing for one that nothing asks for."""
    found: Reasons = {one.name: [] for one in installed}
    for name, reason in (
        *_aliases(session, installed),
        *_projects(session),
        *_shell(session, installed),
        *_processes(installed),
    ):
        if name in found and reason not in found[name]:
            found[name].append(reason)
    return found


def _aliases(session: Session, installed: Sequence[Installed]) -> Iterator[tuple[str, Reason]]:
    from rtinstall.installer.resolution import among

    for name in session.aliases.names():
        try:
            one = among(name, installed, session.aliases)
        except RtError:  # doctor speaks of it
            continue
        if one is not None:
            yield one.name, Reason("alias", f"is {name}" if name != "default" else "is the default")


def _projects(session: Session) -> Iterator[tuple[str, Reason]]:
    from rtinstall.installer.answers import asker
    from rtinstall.installer.records import WEAK, every, present

    ask = asker(session.places, session.store, session.store.installed())
    for _, folder in every(session.places):
        if present(folder):
            answer = ask(folder)
            text = f"is asked for by {answer.file}"
            yield answer.name.removeprefix(WEAK), Reason("project", printable(text))


def gone(session: Session) -> tuple[Gone, ...]:
    """Return the projects that have a record and no folder."""
    from rtinstall.installer.records import WEAK, every

    found = []
    for path, folder in every(session.places):
        if not os.path.lexists(folder):
            found.append(Gone(folder, _name(path).removeprefix(WEAK)))
    return tuple(sorted(found, key=lambda one: one.folder))


def _name(record: Path) -> str:
    try:
        lines = record.read_text("utf-8", "surrogateescape").split("\n")
    except OSError:
        return ""
    return lines[1] if len(lines) > 1 else ""


def _shell(session: Session, installed: Sequence[Installed]) -> Iterator[tuple[str, Reason]]:
    """Yield what this shell has: the version it was told, and those on its PATH."""
    from rtinstall.installer.resolution import among

    if text := session.environment.get(VARIABLE, "").strip():
        try:
            if one := among(text, installed, session.aliases):
                yield one.name, Reason("shell", f"is used in this shell ({VARIABLE}={text})")
        except RtError:
            pass
    entries = {
        os.path.realpath(e) for e in session.environment.get("PATH", "").split(os.pathsep) if e
    }
    for one in installed:
        if os.path.realpath(one.bin) in entries:
            yield one.name, Reason("shell", "is on PATH in this shell")


def _processes(installed: Sequence[Installed]) -> Iterator[tuple[str, Reason]]:
    """Yield which node is running, one process of each."""
    from rtinstall.installer.processes import programs_running

    inside = {os.path.realpath(one.folder) + os.sep: one.name for one in installed}
    for number, program in programs_running().items():
        real = os.path.realpath(program)
        for folder in [folder for folder in inside if real.startswith(folder)]:
            yield inside.pop(folder), Reason("process", f"is running (process {number})")
