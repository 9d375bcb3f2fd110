"""``rtinstall implode``: everything of rtinstall away again, and nothing else."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session


@click.command("implode")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.pass_obj
def implode(session: Session, *, yes: bool, dry_run: bool) -> None:
    """Take everything away again: versions, shims, records, and the lines in start files.

    What is in rtinstall's home and is not its own stays; so do your configuration and the downloads
    that are kept, which rtbuild uses too (rtinstall cache clear removes these).
    """
    from rtinstall.installer import imploding, set_up
    from rtinstall.runtime_bundle.commandline import agreed, printable

    places = session.places
    found = imploding.ours(places)
    if not dry_run and not yes:
        names = ", ".join(one.name for one in session.store.installed() if not one.shared)
        click.echo(
            f"this removes {printable(str(places.home))}: {names or 'no versions'}", err=True
        )
        if not agreed("remove it all?"):
            return
    set_up.take_out(session, set_up.every_file(session), dry_run=dry_run)
    if dry_run:
        for path in found:
            click.echo(printable(f"{path}: would be removed"))
        return
    imploding.remove(session.store)
    left = imploding.left(places)
    if left:
        click.echo(printable(f"{places.home}: kept, {', '.join(left)} is not of rtinstall"))
    else:
        click.echo(printable(f"{places.home}: removed"))


COMMAND = implode
