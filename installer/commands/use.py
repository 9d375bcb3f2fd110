"""``rtinstall use``: a version for this shell, until it ends or ``use`` is given none."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session
from rtinstall.installer.shells import OTHERS, SHELLS
from rtinstall.runtime_bundle.errors import BadConfiguration

VARIABLE = "RTINSTALL_VERSION"


@click.command("use")
@click.argument("version", required=False)
@click.option("--lts", is_flag=True, help="Use the newest LTS version that is installed.")
@click.option(
    "--project", is_flag=True, help="Use again what the folder asks for, as without VERSION."
)
@click.option("--silent", "-q", is_flag=True, help="Say nothing if all is well.")
@click.option(
    "--shell", hidden=True, type=click.Choice([*SHELLS, *OTHERS]), help="Set by the hook."
)
@click.pass_obj
def use(
    session: Session,
    *,
    version: str | None,
    lts: bool,
    project: bool,
    silent: bool,
    shell: str | None,
) -> None:
    """Use VERSION in this shell; without one, what the folder asks for.

    A program cannot change the shell it was started from: the hook that setup puts into the shell's
    start file does it.
    """
    from rtinstall.installer.expression import SYSTEM, check_expression
    from rtinstall.installer.resolution import installed_for

    if (version or lts) and project:
        raise click.UsageError("--project takes no version")
    if shell is None:
        raise BadConfiguration(
            "this shell does not have the hook that use needs", hint=_hint(session)
        )
    text = "lts" if lts else version
    if text is None:
        click.echo("use -")
        return
    if session.aliases.expand(check_expression(text)) == SYSTEM:
        name = SYSTEM
    else:
        name = installed_for(text, session.store, session.aliases).name
    if not silent:
        click.echo(f"using {name}", err=True)
    click.echo(f"use {name}")


def _hint(session: Session) -> str:
    from rtinstall.installer.hook import hook_file

    name = session.environment.get("SHELL", "").rpartition("/")[2]
    name = OTHERS.get(name, name)
    if name not in SHELLS:
        return "rtinstall setup puts it into the start files of your shells"
    path = hook_file(session.places, name)
    word = "source" if name in ("fish", "nushell") else "."
    return f"rtinstall setup puts it into the start file of {name}; in this shell: {word} {path}"


COMMAND = use
