"""``rtinstall default``: the version for everywhere nothing else is asked for."""

from __future__ import annotations

import json

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import NothingAsked


@click.command("default")
@click.argument("version", default="")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def COMMAND(session: Session, *, version: str, as_json: bool) -> None:
    """Choose VERSION for everywhere no file asks for one, or show which it is.

    It may be an expression such as lts, which goes with what is installed; or system.
    """
    from rtinstall.installer.active import wanted
    from rtinstall.installer.commands.alias import set_alias
    from rtinstall.installer.expression import DEFAULT

    if version:
        set_alias(session, DEFAULT, version)
        return
    text = session.aliases.get(DEFAULT)
    if text is None:
        raise NothingAsked("there is no default", hint="rtinstall default lts chooses one")
    word = wanted(DEFAULT, session).word
    if as_json:
        word = json.dumps({"default": text, "version": word}, indent=1)
    click.echo(word)
