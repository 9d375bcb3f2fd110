"""``rtinstall alias``: names for versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import columns, tell
from rtinstall.runtime_bundle.errors import RtError, UnknownVersion

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("alias")
@click.argument("name", default="")
@click.argument("version", default="")
@click.option("--json", "as_json", is_flag=True, help="Print the names as JSON.")
@click.option("--no-colors", is_flag=True, hidden=True)
@click.pass_obj
def COMMAND(session: Session, *, name: str, version: str, as_json: bool, no_colors: bool) -> None:
    """Let NAME stand for VERSION, which may be an expression; or show one name, or all of them.

    A name can be used wherever a version can. The order of fnm, the version first, is understood
    where only one of the two can be a name.
    """
    if version:
        set_alias(session, *_in_order(name, version))
    else:
        _show(session, (name,) if name else session.aliases.names(), as_json=as_json)


def set_alias(session: Session, name: str, text: str) -> None:
    """Let ``name`` stand for ``text``, and say what that is."""
    from rtinstall.installer import naming, records
    from rtinstall.installer.expression import DEFAULT, SYSTEM
    from rtinstall.runtime_bundle.errors import NotInstalled

    expanded = session.aliases.expand(text)
    if name.lower() == DEFAULT and expanded != SYSTEM:
        from rtinstall.installer.resolution import installed_for

        try:
            installed_for(text, session.store, session.aliases)
        except NotInstalled as error:
            raise NotInstalled(f"{error}, and a default has to be there", hint=error.hint) from None
    installed = naming.give(session, name, text)
    records.refresh(session.places, session.store)
    means = f" -> {installed.name}" if installed and installed.name != text else ""
    click.echo(f"{name.lower()} -> {text}{means}")
    if installed is None and expanded != SYSTEM:
        tell(f"note: nothing installed is that: rtinstall install {name.lower()}")


def _in_order(name: str, version: str) -> tuple[str, str]:
    """Return name and version, exchanged if they were given as to fnm and it cannot be otherwise."""
    from rtinstall.installer.expression import alias_name, check_expression

    if alias_name(name) is not None or alias_name(version) is None:
        return name, version
    try:
        check_expression(name)
    except UnknownVersion:
        return name, version
    tell(f"note: understood as: rtinstall alias {version} {name} (fnm has the version first)")
    return version, name


def _show(session: Session, names: Sequence[str], *, as_json: bool) -> None:
    from rtinstall.installer.allowed import allowed_or_none
    from rtinstall.installer.resolution import among

    usable = allowed_or_none(session.store)
    rows: list[tuple[str, str, str]] = []
    for name in names:
        text = session.aliases.get(name)
        if text is None:
            raise UnknownVersion(
                f"there is no alias {name[:64]!r}", hint="rtinstall alias shows the names there are"
            )
        try:
            one = among(name, usable, session.aliases)
        except RtError:  # it leads to a name that is no more
            one = None
        rows.append((name.lower(), text, one.name if one else ""))
    if as_json:
        value = {name: {"stands_for": text, "version": one or None} for name, text, one in rows}
        click.echo(json.dumps(value, indent=1))
    elif rows:
        shown = [(name, text, one or "-") for name, text, one in rows]
        click.echo(columns([("NAME", "STANDS FOR", "VERSION"), *shown]))
