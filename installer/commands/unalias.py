"""``rtinstall unalias``: take names away."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import UnknownVersion


@click.command("unalias")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.pass_obj
def COMMAND(session: Session, *, names: tuple[str, ...]) -> None:
    """Take each NAME away; the versions stay."""
    from rtinstall.installer import naming, records

    for name in names:
        if session.aliases.get(name) is None:
            raise UnknownVersion(
                f"there is no alias {name[:64]!r}", hint="rtinstall alias shows the names there are"
            )
    for name in names:
        naming.take(session, name)
        click.echo(f"{name.lower()} stands for nothing any more")
    records.refresh(session.places, session.store)
