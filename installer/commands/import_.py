"""``rtinstall import``: adopts what another version manager has installed, verified."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import json_option, settable
from rtinstall.installer.others import TOOLS
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import NotInstalled, RtError

if TYPE_CHECKING:
    from rtinstall.installer.importing import Taken
    from rtinstall.installer.others import Foreign
    from rtinstall.installer.progress import Board

FLAGS = ("mirrors", "sources", "allow_unsigned", "offline", "ca", "copy", "progress")


@click.command("import", short_help="Adopt what other version managers have installed.")
@click.argument("tools", nargs=-1, type=click.Choice(list(TOOLS)), metavar="[TOOL]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--move", is_flag=True, help="Remove it from the other tool, when all is well.")
@click.option("--no-packages", is_flag=True, help="Leave the global packages where they are.")
@settable(*FLAGS)
@json_option
def COMMAND(
    session: Session,
    *,
    tools: tuple[str, ...],
    dry_run: bool,
    move: bool,
    no_packages: bool,
    as_json: bool,
) -> None:
    """Take over what nvm, nvm-windows, fnm, n, volta, nodenv, asdf and mise have, or each TOOL.

    Each version is installed from its signed archive, and theirs compared with it, file by file.
    Global packages, aliases, the default and the file default-packages come along. The other tool's files are not changed,
    unless --move is given.
    """
    from rtinstall.installer.importing import take_default_packages
    from rtinstall.installer.others import find
    from rtinstall.installer.progress import board

    found = [one for tool in tools or TOOLS for one in find(tool, session.environment)]
    if not found and tools:
        raise NotInstalled(f"no version of {' or '.join(tools)} was found here")
    if not found:
        session.say("no other version manager has a version here")
    if dry_run:
        _tell_plan(session, found, with_packages=not no_packages, as_json=as_json)
        return
    shown = session.settings.progress.value != "never" and not as_json
    with board(shown=shown) as watch:
        session = replace(session, say=watch.say)
        taken, failed = _take_all(session, found, watch, with_packages=not no_packages, move=move,
                                  as_json=as_json)  # fmt: skip
        names = _take_names(session, taken)
        for tool in dict.fromkeys(one.foreign.tool for one in taken if not no_packages):
            take_default_packages(session, tool)
    if as_json:
        rows = [_described(each) for each in taken]
        click.echo(json.dumps({"imported": rows, "aliases": names}, indent=1))
    if failed is not None:
        raise failed


def _take_all(
    session: Session,
    found: Sequence[Foreign],
    watch: Board,
    *,
    with_packages: bool,
    move: bool,
    as_json: bool,
) -> tuple[list[Taken], RtError | None]:
    """Take each; one that fails keeps none of the others. Return the first failure, too."""
    from rtinstall.installer.importing import take

    taken: list[Taken] = []
    failed: RtError | None = None
    for foreign in found:
        try:
            one = take(session, foreign, watch, with_packages=with_packages, move=move)
        except RtError as error:
            if len(found) > 1:
                watch.say(f"{foreign.tool} {foreign.version.tag} is not taken over: {error}")
            failed = failed or error
            continue
        taken.append(one)
        if not as_json:
            _tell(session, one)
    return taken, failed


def _take_names(session: Session, taken: Sequence[Taken]) -> dict[str, str]:
    """Take over the aliases that mean what was taken; without a default the newest becomes it."""
    from rtinstall.installer import afterwards
    from rtinstall.installer.expression import DEFAULT
    from rtinstall.installer.importing import names_to_take
    from rtinstall.installer.naming import give
    from rtinstall.installer.others import names

    done: dict[str, str] = {}
    if not taken:
        return done
    versions = [one.installed.version for one in taken]
    for tool in dict.fromkeys(one.foreign.tool for one in taken):
        for name, text in list(names_to_take(session, names(tool, session.environment), versions)):
            give(session, name, text)
            done[name] = text
            session.say(f"{name} is {text}, as with {tool}")
    if session.aliases.get(DEFAULT) is None:
        newest = max(taken, key=lambda one: one.installed.version).installed.name
        give(session, DEFAULT, newest)
        done[DEFAULT] = newest
        session.say(f"{newest} is the default now")
    afterwards.settle(session)
    return done


def _tell(session: Session, taken: Taken) -> None:
    foreign, installed = taken.foreign, taken.installed
    how = "there already" if taken.before else "taken over"
    if not taken.verified:
        how = f"{how}, unverified"
    click.echo(f"node {installed.name} of {foreign.tool} is {how}: {installed.folder}")
    if taken.differing:
        more = f" and {len(taken.differing) - 1} more" if len(taken.differing) > 1 else ""
        session.say(
            f"theirs is not what was signed: {taken.differing[0]}{more}; ours is ({foreign.folder})"
        )
    if taken.moved:
        session.say(f"{foreign.folder} is removed")
    elif taken.stays:
        session.say(f"{foreign.folder} stays: {taken.stays}")


def _tell_plan(
    session: Session, found: Sequence[Foreign], *, with_packages: bool, as_json: bool
) -> None:
    from rtinstall.installer.importing import look, would_carry

    rows: list[dict[str, object]] = []
    for one in found:
        there = session.store.find(one.version)
        try:
            target, why = look(one, session).name, ""
        except RtError as error:
            target, why = "", str(error)
        plan = would_carry(one)
        carried = [package.spec for package in plan.carried] if with_packages else []
        rows.append(
            {
                "tool": one.tool,
                "version": str(one.version),
                "folder": str(one.folder),
                "target": target,
                "installed": there is not None,
                "obstacle": why,
                "packages": carried,
                "left": [f"{package.name} {reason}" for package, reason in plan.left],
            }
        )
        if as_json:
            continue
        how = why or ("is there already" if there else f"would be installed for {target}")
        click.echo(f"{one.tool} {one.version.tag}: {how} ({one.folder})")
        if carried:
            click.echo(f"  with {', '.join(carried)}")
        for package, reason in plan.left if with_packages else ():
            click.echo(f"  without {package.name}, which {reason}")
    if as_json:
        click.echo(json.dumps({"found": rows}, indent=1))


def _described(taken: Taken) -> dict[str, object]:
    return {
        "tool": taken.foreign.tool,
        "folder": str(taken.foreign.folder),
        "name": taken.installed.name,
        "before": taken.before,
        "verified": taken.verified,
        "differing": list(taken.differing),
        "packages": [package.spec for package in taken.plan.carried],
        "left": [f"{package.name} {why}" for package, why in taken.plan.left],
        "moved": taken.moved,
        "stays": taken.stays or None,
    }
