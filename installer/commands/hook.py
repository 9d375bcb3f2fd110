"""``rtinstall hook``: what hooks and shims ask when only the program can know; people need not.

It writes the records of a folder, and the shell reads them. What is asked for and is not installed is
installed here if that is so set (``auto_install``): ``always``, or ``ask`` and a person at a terminal
says yes. That it could not be is said, and no failure: the record says what there is.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from rtinstall.installer.session import Session


@click.command("hook", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def hook(session: Session, *, folder: Path) -> None:
    """Write down which version FOLDER asks for."""
    from rtinstall.installer.answers import asker
    from rtinstall.installer.records import REFUSED, write_up

    ask = asker(session.places, session.store)
    if write_up(session.places, folder, ask).name == REFUSED:
        _install(replace(session, folder=folder))


def _install(session: Session) -> None:
    """Install what the run's folder asks for, if the user wants that."""
    from rtinstall.installer.project import asked
    from rtinstall.installer.resolution import among
    from rtinstall.runtime_bundle.commandline import printable, tell
    from rtinstall.runtime_bundle.errors import RtError

    try:
        request = asked(session.folder)
    except RtError:  # a file that is broken: its record says so
        return
    try:
        wanted = session.settings.auto_install.value
        if request is None or wanted == "never":
            return
        installed = session.store.installed()
        if any(among(text, installed, session.aliases) for text in request.texts):
            return  # it is there and not allowed: its record says so
        if wanted == "ask":
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                return
            question = (
                f"{request.place} asks for {request.text}, which is not installed. Install it?"
            )
            if not click.confirm(printable(question), default=True, err=True):
                return
        from rtinstall.installer.commands.install import COMMAND as install

        install.main([], prog_name="rtinstall install", obj=session, standalone_mode=False)
    except RtError as error:
        tell(f"error: {printable(str(error))}\nhint: {printable(error.hint)}")
    except click.Abort:
        tell("")


COMMAND = hook
