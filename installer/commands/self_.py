"""``rtinstall self``: what this program is, and how it is updated. It never updates itself."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle import __version__


@click.command("self", short_help="Show what this program is, and how it is updated.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def COMMAND(session: Session, *, as_json: bool) -> None:
    """Show the version of this program, where it is, how it was installed, and what updates it.

    Where there is another one on PATH, it is named; each is updated its own way.
    """
    import os
    import sys

    from rtinstall.installer.hook import this_program
    from rtinstall.installer.own_origin import others_on_path, own_origin

    origin = own_origin()
    program = this_program()
    path = session.environment.get("PATH", os.defpath)
    value = {
        "version": __version__,
        "program": program,
        "form": origin.form,
        "python": sys.executable,
        "python_version": ".".join(map(str, sys.version_info[:3])),
        "installed_by": origin.by,
        "update": origin.update,
        "others": others_on_path(path, program),
        "home": str(session.places.home),
        "configuration": str(session.places.config),
    }
    if as_json:
        import json

        click.echo(json.dumps(value, indent=1))
        return
    click.echo(f"rtinstall {__version__}: {value['program']}")
    own = "its own" if origin.form == "frozen" else sys.executable
    click.echo(f"  with Python {value['python_version']}: {own}")
    click.echo(f"  installed by {origin.by}")
    click.echo(f"  versions are in {session.places.home}, settings in {session.places.config}")
    click.echo(f"  to update: {origin.update}")
    for other in value["others"]:
        click.echo(f"  another one is on PATH: {other}; it says by itself how it is updated")
