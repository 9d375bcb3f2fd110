"""``rtinstall which``: where a program of a version is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import NotReadable

if TYPE_CHECKING:
    from pathlib import Path

    from rtinstall.installer.active import Active


@click.command("which")
@click.argument("program", default="node")
@click.option("--version", "-v", "version", metavar="VERSION", help="Of this version instead.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with the version.")
@click.option("--silent", is_flag=True, hidden=True)
@click.pass_obj
def COMMAND(
    session: Session, *, program: str, version: str | None, as_json: bool, silent: bool
) -> None:
    """Show where PROGRAM, node without one, of the active version is.

    As with nvm, a version may stand in the place of a program: which 22.
    """
    from rtinstall.installer.active import needed, wanted

    found = wanted(version, session) if version else _version(session, program)
    if found is not None and not version:
        program = "node"
    found = found or needed(session)
    path = _program(session, found, program)
    if not as_json:
        click.echo(str(path))
        return
    import json

    click.echo(json.dumps({"version": found.word, "program": program, "path": str(path)}, indent=1))


def _version(session: Session, word: str) -> Active | None:
    """Return the version that ``word`` is, unless it is better taken as a program's name."""
    from rtinstall.installer.active import wanted
    from rtinstall.installer.expression import NUMBERS, SYSTEM

    named = NUMBERS.fullmatch(word) or word == SYSTEM or session.aliases.get(word) is not None
    if named or "/" in word or any(letter in word for letter in "<>=^~*"):
        return wanted(word, session)
    return None


def _program(session: Session, found: Active, program: str) -> Path:
    from rtinstall.installer.resolution import program_in, system_program

    if program in ("", ".", "..") or any(letter in program for letter in "/\\:\0"):
        raise NotReadable(f"{program[:64]!r} is no program's name", hint="name one such as npm")
    folder = found.bin
    path = program_in(folder, program) if folder else None
    if path is None and found.installed is None:
        path = system_program(session.environment, session.places, program)
    if path is None:
        raise NotReadable(
            f"{found.word} has no program {program!r}",
            hint="rtinstall which shows where node is; the others are beside it",
        )
    return path
