"""``rtinstall current``: the version that is active here."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session


@click.command("current")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with what decided.")
@click.pass_obj
def COMMAND(session: Session, *, as_json: bool) -> None:
    """Show the version that is active here: a version, ``system`` or ``none``."""
    from rtinstall.installer.active import active

    found = active(session)
    if not as_json:
        click.echo(found.word)
        return
    import json

    request = found.request
    value = {
        "version": found.word,
        "bin": str(found.bin) if found.bin else None,
        "asked": request.text if request else None,
        "by": request.kind if request else None,
        "file": str(request.file) if request and request.file else None,
        "line": request.line if request and request.file else None,
    }
    click.echo(json.dumps(value, indent=1))
