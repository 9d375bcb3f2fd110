"""``rtinstall uninstall``: takes versions away, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import json_option
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import BadConfiguration, NotInstalled

if TYPE_CHECKING:
    from rtinstall.installer.store import Installed


@click.command("uninstall", short_help="Remove versions, and nothing else.")
@click.argument("versions", nargs=-1, required=True, metavar="VERSION...")
@click.option("--all", "every", is_flag=True, help="Every installed version that fits, not one.")
@click.option("--force", is_flag=True, help="The default version, too.")
@json_option
@click.pass_obj
def COMMAND(
    session: Session, *, versions: tuple[str, ...], every: bool, force: bool, as_json: bool
) -> None:
    """Remove each VERSION that is installed: v22.11.0, 22, '<20', an alias.

    An expression that several versions fit removes none of them without --all. What a user has put
    into a version's folder is kept, and said where.
    """
    from rtinstall.installer import afterwards

    chosen: dict[str, Installed] = {}
    for text in versions:
        for one in fitting(session, text, every=every):
            chosen[one.name] = one
    if not force:
        _spare_default(session, chosen)
    removed: list[tuple[Installed, Path | None]] = []
    with session.store.changing() as changes:
        for one in chosen.values():
            removed.append((one, changes.remove(one)))
    afterwards.settle(session)
    if as_json:
        rows = [
            {"name": one.name, "path": str(one.folder), "kept": str(kept) if kept else None}
            for one, kept in removed
        ]
        click.echo(json.dumps({"removed": rows}, indent=1))
        return
    for one, kept in removed:
        click.echo(f"node {one.name} is removed")
        if kept:
            session.say(f"what was not part of it is in {kept}")


def fitting(session: Session, text: str, *, every: bool) -> Sequence[Installed]:
    """Return the installed versions that ``text`` means.

    Raises :class:`NotInstalled` for none, :class:`BadConfiguration` for more than one without ``every``.
    """
    from rtinstall.installer.resolution import fitting, meaning

    installed = [one for one in session.store.installed() if not one.shared]
    if named := [one for one in installed if one.name == text]:
        return named
    spec = meaning(text, session.aliases)
    if spec is None:
        raise NotInstalled("'system' is not rtinstall's to remove")
    found = list(fitting(replace(spec, text=text), installed))
    if not found:
        raise NotInstalled(f"nothing installed is {text!r}")
    if len(found) > 1 and not every:
        names = ", ".join(one.name for one in found)
        raise BadConfiguration(
            f"{text!r} fits several versions: {names}", hint="name one of them, or add --all"
        )
    return found


def _spare_default(session: Session, chosen: dict[str, Installed]) -> None:
    """Raise :class:`BadConfiguration` if the default version is among ``chosen``."""
    from rtinstall.installer.expression import DEFAULT
    from rtinstall.installer.resolution import among

    text = session.aliases.get(DEFAULT)
    default = among(text, session.store.installed(), session.aliases) if text else None
    if default is not None and default.name in chosen:
        raise BadConfiguration(
            f"{default.name} is the default version",
            hint="choose another with rtinstall default VERSION, or add --force",
        )
