"""``rtinstall upgrade``: the newest of each line, with the global packages of the one before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import INSTALLING, json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import NotInstalled

if TYPE_CHECKING:
    from rtinstall.installer.installed import Installed
    from rtinstall.runtime_bundle.versions import Version


@click.command("upgrade", short_help="Install the newest of a line, with its global packages.")
@click.argument("lines", nargs=-1, metavar="[LINE]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--no-packages", is_flag=True, help="Leave the global packages where they are.")
@settable(*(name for name in INSTALLING if name not in ("target", "arch")))
@json_option
def COMMAND(
    session: Session,
    *,
    lines: tuple[str, ...],
    dry_run: bool,
    no_packages: bool,
    as_json: bool,
) -> None:
    """Install the newest release of each LINE (22, lts), or of every line that is installed.

    The older versions stay; uninstall or prune removes them.
    """
    from rtinstall.installer import afterwards, newer
    from rtinstall.installer.commands.install import described, tell_done
    from rtinstall.installer.installing import install
    from rtinstall.installer.progress import board
    from rtinstall.installer.resolution import present
    from rtinstall.runtime_bundle.versions import VersionSpec

    wanted = [present(text, session.store, session.aliases).version.major for text in lines]
    shown = session.settings.progress.value != "never" and not as_json
    with board(shown=shown) as watch:
        session = replace(session, say=watch.say)
        step = watch.step("looking for releases")
        found = [
            line
            for line in newer.lines(session)
            if (not wanted or line.major in wanted) and line.installed.target == session.own_target
        ]
        step.done()
        if not found:
            raise NotInstalled("nothing is installed that could be upgraded")
        plan = [(line.installed, line.newest) for line in found if line.newest is not None]
        done = []
        if not dry_run:
            specs = [VersionSpec.parse(str(newest.version)) for _, newest in plan]
            done = list(install(session, specs, watch))
        if not as_json:
            for each in done:
                tell_done(watch, each)
            for old, newest in plan if dry_run else ():
                watch.show(f"node {old.name} would be followed by {newest.version.tag}")
            if not plan:
                session.say("everything that is installed is the newest of its line")
        afterwards.settle(session)
        rows = [
            {"from": old.name, "to": newest.version.tag}
            | ({} if no_packages else _carried(session, old, newest.version, dry_run=dry_run))
            for old, newest in plan
        ]
    if as_json:
        click.echo(
            json.dumps(
                {"dry_run": dry_run, "lines": rows, "installed": [described(e) for e in done]},
                indent=1,
            )
        )


def _carried(
    session: Session, old: Installed, version: Version, *, dry_run: bool
) -> dict[str, object]:
    """Carry the packages of ``old`` over to ``version``, which need not be there for a ``dry_run``."""
    from rtinstall.installer import afterwards
    from rtinstall.installer.packages import packages, planned, words

    new = session.store.find(version, old.target)
    if new is not None:
        plan = afterwards.carry(session, old, new, dry_run=dry_run)
    else:
        plan = planned(packages(old.folder), (), version)
        for line in words(plan, version.tag, dry_run=True):
            session.say(printable(line))
    return {
        "packages": [package.spec for package in plan.carried],
        "left": [f"{package.name} {why}" for package, why in plan.left],
    }
