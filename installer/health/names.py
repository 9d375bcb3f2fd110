"""Whether aliases lead somewhere, and records of projects still say what their files do."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rtinstall.installer.health import Finding
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import RtError


def aliases(session: Session) -> Iterator[Finding]:
    """Find aliases of nothing, and links that lead elsewhere than their alias."""
    from rtinstall.installer.allowed import allowed_or_none
    from rtinstall.installer.expression import SYSTEM
    from rtinstall.installer.resolution import among, install_word, system_program

    installed, usable = session.store.installed(), allowed_or_none(session.store)
    for name in session.aliases.names():
        try:
            meant = session.aliases.expand(name)
            if meant == SYSTEM:
                if system_program(session.environment, session.places) is None:
                    text = f"{name} is the system's node, and there is none on PATH"
                    yield Finding("aliases", "warning", text, f"rtinstall unalias {name}")
            elif among(name, usable, session.aliases) is None:
                one = among(name, installed, session.aliases)
                yield Finding(
                    "aliases", "error" if name == "default" else "warning",
                    f"{name} is {meant!r}, and the policy does not allow {one.name}" if one
                    else f"{name} is {meant!r}, of which nothing is installed",
                    f"rtinstall alias {name} VERSION lets it be another" if one
                    else f"rtinstall install {install_word(meant)}",
                )  # fmt: skip
        except RtError as error:
            yield Finding("aliases", "error", str(error), error.hint)
    yield from _links(session)


def _links(session: Session) -> Iterator[Finding]:
    from rtinstall.installer.alias_links import links, relink

    for name, one in links(session.store).items():
        path = session.places.aliases / name
        leads = os.path.realpath(path) if os.path.lexists(path) else ""
        if leads != (os.path.realpath(one.folder) if one else ""):
            where = f"leads to {leads}" if leads else "is missing"
            yield Finding(
                "aliases", "warning",
                f"{path} {where}, and should {f'lead to {one.name}' if one else 'not be there'}",
                "sets the links of all aliases right",
                lambda session: relink(session.store),
            )  # fmt: skip
            return  # mending one mends all


def projects(session: Session) -> Iterator[Finding]:
    """Find records of folders that are gone, and those that do not say what the files do any more."""
    from rtinstall.installer.answers import asker
    from rtinstall.installer.records import REFUSED, every, present, read, refresh

    ask = asker(session.places, session.store)
    stale, gone, lacking = [], [], []
    for _, folder in every(session.places):
        if not present(folder):
            gone.append(folder)
            continue
        answer = ask(folder)
        record = read(session.places, folder)
        if record is not None and record.answer != answer:
            stale.append(folder)
        if answer.name == REFUSED:
            lacking.append(answer.note)

    def mend(session: Session) -> None:
        refresh(session.places, session.store)

    if gone:
        text = (
            f"{len(gone)} records are of folders that ask for nothing any more, such as {gone[0]}"
        )
        yield Finding("projects", "note", text, "forgets them", mend)
    if stale:
        text = f"{len(stale)} records say what is true no more, such as that of {stale[0]}"
        yield Finding("projects", "warning", text, "writes them anew", mend)
    for note in lacking:
        text, _, hint = note.partition("; ")
        yield Finding("projects", "warning", text, hint)
