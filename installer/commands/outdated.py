"""``rtinstall outdated``: what is newer than what is installed, and what that means."""

from __future__ import annotations

import json

import click

from rtinstall.installer.commands.options import ASKING, json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import columns
from rtinstall.runtime_bundle.errors import PolicyRefused


@click.command("outdated")
@click.option(
    "--check", is_flag=True, help="For CI: fail, with the exit code 19, if anything is outdated."
)
@settable(*ASKING, "minimum_age")
@json_option
def COMMAND(session: Session, *, check: bool, as_json: bool) -> None:
    """Show the lines of which something newer than the newest installed release can be had."""
    from rtinstall.installer.newer import lines
    from rtinstall.installer.progress import board

    with board(shown=not as_json) as watch:
        step = watch.step("looking for releases")
        found = list(lines(session))
        step.done()
    old = [line for line in found if line.newest or line.over]
    if as_json:
        rows = [
            {
                "line": line.major,
                "name": line.installed.name,
                "installed": str(line.installed.version),
                "target": line.installed.target.name,
                "newest": str(line.newest.version) if line.newest else None,
                "security_releases_missed": line.missed,
                "end_of_life": line.over,
            }
            for line in old
        ]
        click.echo(json.dumps({"outdated": rows}, indent=1))
    elif old:
        shown = [
            (
                line.installed.name,
                str(line.newest.version) if line.newest else "-",
                str(line.missed or "-"),
                "end of life" if line.over else "",
            )
            for line in old
        ]
        click.echo(columns([("INSTALLED", "NEWEST", "SECURITY", ""), *shown]))
    else:
        session.say("everything that is installed is the newest of its line")
    if check and old:
        names = ", ".join(line.installed.name for line in old)
        raise PolicyRefused(
            f"outdated: {names}", hint="rtinstall upgrade installs the newest of each line"
        )
