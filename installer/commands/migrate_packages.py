"""``rtinstall migrate-packages``: the global npm packages of one version into another."""

from __future__ import annotations

import click

from rtinstall.installer.commands.options import json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import BadConfiguration, NotInstalled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rtinstall.installer.installed import Installed
    from rtinstall.installer.packages import Plan


@click.command("migrate-packages", short_help="Carry global npm packages to another version.")
@click.argument("old", metavar="FROM")
@click.argument("new", required=False, metavar="[TO]")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--with-scripts", is_flag=True, help="Let packages run their install scripts.")
@settable("offline")
@json_option
def COMMAND(
    session: Session,
    *,
    old: str,
    new: str | None,
    dry_run: bool,
    with_scripts: bool,
    as_json: bool,
) -> None:
    """Install the global packages of FROM into TO, else into the active version, too.

    The same versions are installed from the registry by TO's own npm. Links, private packages and
    packages that do not support TO are named and left. Install scripts are not run.
    """
    from rtinstall.installer.active import needed, wanted
    from rtinstall.installer.afterwards import carry, source

    goal = (wanted(new, session) if new else needed(session)).installed
    if goal is None:
        raise NotInstalled("packages are carried to installed versions, and 'system' is none")
    folder = source(session, old)
    if folder.samefile(goal.folder):
        raise BadConfiguration(f"{old!r} and where it is to go are the same version, {goal.name}")
    plan = carry(session, folder, goal, dry_run=dry_run, scripts=with_scripts)
    if as_json:
        import json

        click.echo(json.dumps(described(plan, goal, dry_run=dry_run), indent=1))
        return
    word = "to carry" if dry_run else "carried"
    click.echo(f"{len(plan.carried)} {word} over to {goal.name}, {len(plan.left)} left")


def described(plan: Plan, to: Installed, *, dry_run: bool) -> dict[str, object]:
    """Return ``plan``, ready for JSON."""
    return {
        "to": to.name,
        "dry_run": dry_run,
        "carried": [{"name": p.name, "version": p.version} for p in plan.carried],
        "left": [{"name": p.name, "version": p.version, "why": why} for p, why in plan.left],
    }
