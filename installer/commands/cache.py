"""``rtinstall cache``: the downloads that are kept; all of them can go at any time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import json_option
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import amount, columns

if TYPE_CHECKING:
    from rtinstall.runtime_bundle.cache import Kept

DAY = 86400


@click.group("cache", invoke_without_command=True)
@click.pass_context
def COMMAND(context: click.Context) -> None:
    """Show or clear the downloads that are kept."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@COMMAND.command("dir")
@click.pass_obj
def dir_(session: Session) -> None:
    """Print where they are kept."""
    click.echo(str(session.cache.root))


@COMMAND.command("list")
@json_option
@click.pass_obj
def list_(session: Session, *, as_json: bool = False) -> None:
    """Show what is kept: whole files, parts of others, indexes."""
    kept = list(session.cache.kept())
    if as_json:
        rows = [{"path": str(e.path), "kind": e.kind, "size": e.size} for e in kept]
        click.echo(json.dumps({"root": str(session.cache.root), "files": rows}, indent=1))
        return
    by_kind = {
        kind: [e for e in kept if e.kind == kind] for kind in ("objects", "partial", "documents")
    }
    table = [
        (kind, str(len(files)), amount(sum(e.size for e in files)))
        for kind, files in by_kind.items()
    ]
    click.echo(columns([("KIND", "FILES", "SIZE"), *table], right=frozenset({1, 2})))
    click.echo(str(session.cache.root))


@COMMAND.command("clear")
@json_option
@click.pass_obj
def clear(session: Session, *, as_json: bool) -> None:
    """Remove everything that is kept; it is fetched again where it is needed."""
    _remove(session, session.cache.kept(), as_json=as_json)


@COMMAND.command("prune")
@click.option(
    "--older-than",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="What has not changed for so many days.",
)
@json_option
@click.pass_obj
def prune(session: Session, *, older_than: int, as_json: bool) -> None:
    """Remove what is old, and of unfinished downloads all that is older than a day."""
    now = time.time()
    _remove(
        session,
        (
            each
            for each in session.cache.kept()
            if now - each.time
            >= DAY * (min(1, older_than) if each.kind == "partial" else older_than)
        ),
        as_json=as_json,
    )


def _remove(session: Session, kept: Iterable[Kept], *, as_json: bool) -> None:
    removed = list(kept)
    for each in removed:
        session.cache.forget(each)
    size = sum(each.size for each in removed)
    if as_json:
        click.echo(json.dumps({"files": len(removed), "size": size}, indent=1))
    else:
        click.echo(f"{len(removed)} files removed, {amount(size)}")
