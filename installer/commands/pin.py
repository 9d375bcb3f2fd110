"""``rtinstall pin``: the version into this project's version file."""

from __future__ import annotations

import json

import click

from rtinstall.installer.commands.options import ASKING, json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import printable, tell


@click.command("pin")
@click.argument("version", default="")
@click.option(
    "--file",
    "where",
    default="",
    metavar="FILE",
    help="Into this one: .nvmrc, .node-version, .tool-versions, package.json, or of package.json"
    " volta, devEngines, engines.",
)
@click.option("--exact", is_flag=True, help="Write the whole version, such as 22.11.0 for 22.")
@settable(*ASKING)
@json_option
def COMMAND(session: Session, *, version: str, where: str, exact: bool, as_json: bool) -> None:
    """Write VERSION into the file that decides here, or a new .nvmrc, as it was given.

    Without VERSION it is the one that is active now. All else in the file stays as it is.
    """
    from rtinstall.installer import pinning
    from rtinstall.installer.active import needed
    from rtinstall.installer.project import asked
    from rtinstall.installer.resolution import among

    if version:
        text = session.aliases.expand(version)
        exact = exact or where.startswith("volta")
        if exact and text != "system":
            text = _whole(session, text)
    else:
        found = needed(session)
        text = str(found.installed.version) if found.installed else "system"
    file = pinning.pin(session.folder, text, where=where)
    if as_json:
        click.echo(json.dumps({"file": str(file), "version": text}, indent=1))
    else:
        click.echo(f"{printable(str(file))}: {text}")
    decides = asked(session.folder)
    if decides is not None and decides.file != file:
        tell(f"note: {printable(decides.place)} still decides here")
    elif text != "system" and among(text, session.store.installed(), session.aliases) is None:
        tell("note: it is not installed: rtinstall install")


def _whole(session: Session, text: str) -> str:
    """Return the whole version that ``text`` means: of what is installed, else of what there is."""
    from rtinstall.installer.choice import choose
    from rtinstall.installer.expression import parsed
    from rtinstall.installer.resolution import among

    if one := among(text, session.store.installed(), session.aliases):
        return str(one.version)
    spec = parsed(text)
    if spec.version:
        return str(spec.version)
    return str(choose(spec, session.catalogue, session.rules).found.release.version)
