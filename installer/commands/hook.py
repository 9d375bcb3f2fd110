"""``rtinstall hook``: what hooks and shims ask when only the program can know; people need not.

It writes the records of a folder and says nothing: the shell reads them. A person at a terminal is
asked whether to install what is missing, if that is what they have set.
"""

from __future__ import annotations

from pathlib import Path

import click

from rtinstall.installer.session import Session


@click.command("hook", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def hook(session: Session, *, folder: Path) -> None:
    """Write down which version FOLDER asks for."""
    from rtinstall.installer.answers import asker
    from rtinstall.installer.records import write_up

    write_up(session.places, folder, asker(session.places, session.store))


COMMAND = hook
