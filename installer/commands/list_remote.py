"""``rtinstall list-remote``: what can be installed here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import ASKING, json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import columns
from rtinstall.runtime_bundle.errors import UnknownVersion

if TYPE_CHECKING:
    from rtinstall.runtime_bundle.releases import Release, Status
    from rtinstall.runtime_bundle.targets import Target

SAID = {
    "pending": "not out yet",
    "current": "current",
    "active-lts": "LTS",
    "maintenance": "maintenance",
    "end-of-life": "end of life",
}


@click.command("list-remote", short_help="Show what can be installed.")
@click.argument("expression", required=False, metavar="[FILTER]")
@click.option(
    "--lts",
    is_flag=False,
    flag_value="lts",
    metavar="NAME",
    help="LTS releases, or those of a line.",
)
@click.option("--all", "every", is_flag=True, help="Every release, not the newest of each line.")
@click.option("--latest", is_flag=True, help="Only the newest that fits.")
@click.option("--filter", "filter_", metavar="FILTER", hidden=True)
@click.option(
    "--sort", type=click.Choice(["asc", "desc"]), default="desc", help="Oldest last, or first."
)
@click.option("--no-colors", is_flag=True, hidden=True)
@settable(*ASKING)
@json_option
def COMMAND(
    session: Session,
    *,
    expression: str | None,
    lts: str | None,
    every: bool,
    latest: bool,
    filter_: str | None,
    sort: str,
    no_colors: bool,
    as_json: bool,
) -> None:
    """Show what can be installed here, newest first: of each line its newest release.

    FILTER is an expression such as 22, '>=20' or lts/jod: then it is every release that fits.
    """
    from rtinstall.installer.progress import board

    expression = expression or filter_
    with board(shown=not as_json) as watch:
        step = watch.step("looking for releases")
        target, releases = first_served(session)
        step.done()
    found = _narrowed(session, releases, lts)
    if expression:
        found = _fitting(session, found, expression)
    elif not every and not latest and not lts:
        found = newest_of_each_line(found)
    found = found[:1] if latest else found
    if not found:
        raise UnknownVersion(
            f"no release for {target} fits", hint="rtinstall list-remote --all shows every release"
        )
    if sort == "asc":
        found = found[::-1]
    rows = [row(session, release, target, releases) for release in found]
    if as_json:
        click.echo(json.dumps({"target": target.name, "releases": rows}, indent=1))
        return
    shown = [
        (
            ("* " if each["installed"] else "  ") + str(each["version"]),
            str(each["date"] or "-"),
            str(each["lts"] or "-"),
            str(each["npm"] or "-"),
            SAID[str(each["status"])],
            f"{each['security_releases_missed']} security releases newer"
            if each["security_releases_missed"]
            else "security release"
            if each["security"]
            else "",
        )
        for each in rows
    ]
    click.echo(columns([("  VERSION", "DATE", "LTS", "NPM", "LINE", "SECURITY"), *shown]))


def first_served(session: Session) -> tuple[Target, tuple[Release, ...]]:
    """Return the first target of this machine that there is anything for, and what there is.

    Releases that cannot run here or that the policy does not allow are left out.
    """
    rules = session.rules
    targets = rules.targets
    for target in targets:
        releases = session.policy.allowed(session.catalogue.releases(target))
        runnable = tuple(r for r in releases if not rules.obstacle(r, target))
        if runnable:
            return target, runnable
    return targets[0], ()


def newest_of_each_line(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Return the newest release of each major version."""
    found: dict[int, Release] = {}
    for release in releases:
        found.setdefault(release.version.major, release)
    return tuple(found.values())


def row(
    session: Session, release: Release, target: Target, releases: Iterable[Release]
) -> dict[str, object]:
    """Return what there is to know of a release, ready for JSON."""
    from rtinstall.installer.advice import missed
    from rtinstall.runtime_bundle.releases import EPOCH, SCHEDULE, line_status

    status: Status = line_status(release.version.major, session.today, SCHEDULE)
    return {
        "version": str(release.version),
        "date": release.date.isoformat() if release.date != EPOCH else None,
        "lts": release.lts or None,
        "npm": release.npm or None,
        "status": status,
        "security": release.security,
        "security_releases_missed": len(missed(release.version, releases)),
        "installed": session.store.find(release.version, target) is not None,
    }


def _narrowed(
    session: Session, releases: tuple[Release, ...], lts: str | None
) -> tuple[Release, ...]:
    """Return the LTS releases, those of one line, or all where none were asked for."""
    if lts is None:
        return releases
    if lts in ("lts", "*"):
        return tuple(release for release in releases if release.lts)
    return _fitting(session, releases, lts if lts.startswith("lts") else f"lts/{lts}")


def _fitting(session: Session, releases: tuple[Release, ...], text: str) -> tuple[Release, ...]:
    from rtinstall.installer.resolution import meaning
    from rtinstall.runtime_bundle.releases import select

    spec = meaning(text, session.aliases)
    return select(spec, releases) if spec else ()
