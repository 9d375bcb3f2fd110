"""``rtinstall list``: what is installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import columns, printable, tell
from rtinstall.runtime_bundle.errors import RtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtinstall.installer.active import Active
    from rtinstall.installer.installed import Installed


@click.command("list")
@click.argument("expression", default="")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--no-colors", is_flag=True, hidden=True)
@click.option("--no-alias", is_flag=True, hidden=True)
@click.pass_obj
def COMMAND(
    session: Session, *, expression: str, as_json: bool, no_colors: bool, no_alias: bool
) -> None:
    """Show what is installed, the newest first, or what of that EXPRESSION means.

    A star marks what is active here; what the administrator does not allow is marked, and not used.
    Below stands the node of the system, if there is one, with its version where that is written beside it.
    """
    from rtinstall.installer.allowed import allowed_or_none
    from rtinstall.installer.resolution import fitting, meaning, system_program
    from rtinstall.installer.system_node import version_beside

    usable = allowed_or_none(session.store)
    installed = session.store.installed()
    if expression:
        spec = meaning(expression, session.aliases)
        installed = tuple(fitting(spec, installed)) if spec else ()
    found = _active(session)
    names = {} if no_alias else _names(session, usable)
    system = None if expression else system_program(session.environment, session.places)
    number = version_beside(system) if system else None
    if as_json:
        values = [
            _described(session, one, found, names.get(one.name, []), allowed=one in usable)
            for one in installed
        ]
        active = found.word if found else None
        system_path = str(system) if system else None
        value = {"installed": values, "active": active, "system": system_path,
                 "system_version": str(number) if number else None}  # fmt: skip
        click.echo(json.dumps(value, indent=1))
        return
    rows = [
        _row(session, one, found, names.get(one.name, []), allowed=one in usable)
        for one in installed
    ]
    if system:
        mark = "*" if found and found.word == "system" else ""
        facts = f"{number.tag}, {system}" if number else str(system)
        rows.append((mark, "system", "", " ".join(names.get("system", [])), facts))
    if rows:
        click.echo(columns([("", "VERSION", "LTS", "NAMES", ""), *rows]))
    else:
        tell("nothing is installed: rtinstall install lts")


def _active(session: Session) -> Active | None:
    from rtinstall.installer.active import active

    try:
        return active(session)
    except RtError as error:  # what is installed can be shown all the same
        tell(f"note: {printable(str(error))}")
        return None


def _names(session: Session, usable: Sequence[Installed]) -> dict[str, list[str]]:
    """Return the names of each version that may be used, and of ``system``."""
    from rtinstall.installer.resolution import among

    found: dict[str, list[str]] = {}
    for name in session.aliases.names():
        try:
            if session.aliases.expand(name) == "system":
                found.setdefault("system", []).append(name)
            elif one := among(name, usable, session.aliases):
                found.setdefault(one.name, []).append(name)
        except RtError as error:
            tell(f"note: {printable(str(error))}")
    return found


def _ended(session: Session, one: Installed) -> bool:
    from rtinstall.installer.advice import eol

    return eol(one.version, session.today) is not None


def _row(
    session: Session, one: Installed, found: Active | None, names: list[str], *, allowed: bool
) -> tuple[str, str, str, str, str]:
    mark = "*" if found and found.installed == one else ""
    facts = [] if allowed else ["not allowed by the policy"]
    facts += ["end of life"] if _ended(session, one) else []
    facts += [f"in {one.home}"] if one.shared else []
    return mark, one.name, one.receipt.lts.lower(), " ".join(names), ", ".join(facts)


def _described(
    session: Session, one: Installed, found: Active | None, names: list[str], *, allowed: bool
) -> dict[str, object]:
    return {
        "name": one.name,
        "version": str(one.version),
        "target": one.target.name,
        "npm": one.receipt.npm,
        "lts": one.receipt.lts or None,
        "aliases": names,
        "active": found is not None and found.installed == one,
        "default": "default" in names,
        "end_of_life": _ended(session, one),
        "allowed": allowed,
        "shared": one.shared,
        "signed": one.receipt.signed,
        "folder": str(one.folder),
        "bin": str(one.bin),
    }
