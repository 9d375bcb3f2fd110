"""``rtinstall setup``: the hook into the start files of shells, and out of them again."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session
from rtinstall.installer.shells import OTHERS, SHELLS


@click.command("setup")
@click.option(
    "--shell",
    "shells",
    multiple=True,
    type=click.Choice([*SHELLS, *OTHERS]),
    metavar="SHELL",
    help="Only this shell: bash, zsh, fish, sh, powershell, nushell, cmd. May be given several times; without it: every shell there is.",
)
@click.option("--undo", is_flag=True, help="Take the lines out again.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@click.pass_obj
def setup(session: Session, *, shells: tuple[str, ...], undo: bool, dry_run: bool) -> None:
    """Put rtinstall into the start files of your shells.

    A shell reads one file then, and starts no program. What the start files held is kept in the
    folder start-files below rtinstall's home.
    """
    from rtinstall.installer import set_up, shims
    from rtinstall.installer.hook import hook_of, write_hooks

    files = set_up.files(session, tuple(OTHERS.get(name, name) for name in shells))
    if undo:
        set_up.take_out(session, files, dry_run=dry_run)
        return
    hook = hook_of(session.places)
    if not dry_run:
        write_hooks(session.places, hook)
        shims.refresh(session.places, session.store)
    set_up.put_in(session, files, dry_run=dry_run)


COMMAND = setup
