"""``rtinstall prune``: removes versions that nothing asks for, and says why each is kept or goes."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click

from rtinstall.installer.installed import Installed, entries
from rtinstall.installer.reasons import Gone, Reason, Reasons
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import agreed, amount
from rtinstall.runtime_bundle.errors import NotReadable

DAY = 86_400


@click.command("prune", short_help="Remove versions that nothing asks for.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--older-than",
    type=click.IntRange(0, 36_500),
    metavar="DAYS",
    help="Only what was installed that long ago.",
)
@click.option("--keep", multiple=True, metavar="VERSION", help="Keep what fits this, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def COMMAND(
    session: Session,
    *,
    dry_run: bool,
    yes: bool,
    older_than: int | None,
    keep: tuple[str, ...],
    as_json: bool,
) -> None:
    """Remove the versions that no project, alias, shell or running program asks for.

    Projects are those that a hook or a shim has been in. What a user has put into a version's
    folder, global packages too, is kept, and said where.
    """
    from rtinstall.installer.reasons import gone, reasons

    installed = [one for one in session.store.installed() if not one.shared]
    kept = reasons(session, installed)
    _add_kept(session, installed, kept, keep)
    if older_than is not None:
        for one in installed:
            if (days := _age(one)) < older_than and not kept[one.name]:
                kept[one.name].append(Reason("age", f"was installed {days} days ago"))
    going = [one for one in installed if not kept[one.name]]
    left = gone(session)
    sizes = {one.name: _size(one) for one in going}
    if not as_json:
        _tell(installed, kept, left, sizes, dry_run=dry_run)
    moved: dict[str, Path | None] = {}
    if going and not dry_run:
        many = f"{len(going)} version{'s' if len(going) > 1 else ''}"
        if not yes and not agreed(f"remove {many}, {amount(sum(sizes.values()))}?"):
            return
        moved = _remove(session, going)
    if as_json:
        click.echo(
            json.dumps(_described(installed, kept, left, sizes, moved, dry_run=dry_run), indent=1)
        )
        return
    for name, place in moved.items():
        click.echo(f"node {name} is removed")
        if place is not None:
            session.say(f"what was not part of it is in {place}")


def _add_kept(
    session: Session, installed: Sequence[Installed], kept: Reasons, expressions: Sequence[str]
) -> None:
    from rtinstall.installer.resolution import fitting, meaning

    for text in expressions:
        spec = meaning(text, session.aliases)
        named = [one for one in installed if one.name == text]
        for one in named or (fitting(spec, installed) if spec else ()):
            kept[one.name].append(Reason("flag", f"fits --keep {text}"))


def _age(one: Installed) -> int:
    """Return how many whole days ago it was installed."""
    receipt = one.files.with_suffix(".json")
    return int(max(0.0, time.time() - receipt.stat().st_mtime) // DAY)


def _size(one: Installed) -> int:
    """Return the bytes of its files; what it shares with other versions counts all the same."""
    try:
        return sum(line.size for line in entries(one))
    except NotReadable:
        return 0


def _tell(
    installed: Sequence[Installed],
    kept: Reasons,
    left: Sequence[Gone],
    sizes: dict[str, int],
    *,
    dry_run: bool,
) -> None:
    verb = "would go" if dry_run else "goes"
    for one in installed:
        if found := kept[one.name]:
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            click.echo(f"{one.name} stays: it {found[0].text}{more}")
        else:
            click.echo(f"{one.name} {verb} ({amount(sizes[one.name])}): {_why(one.name, left)}")
    if all(kept.values()):
        click.echo("nothing is there that nothing asks for")


def _why(name: str, left: Sequence[Gone]) -> str:
    folders = [str(one.folder) for one in left if one.name == name]
    return f"only {folders[0]} asked for it, which is gone" if folders else "nothing asks for it"


def _remove(session: Session, going: Sequence[Installed]) -> dict[str, Path | None]:
    from rtinstall.installer import afterwards

    with session.store.changing() as changes:
        moved = {one.name: changes.remove(one) for one in going}
    afterwards.settle(session)
    return moved


def _described(
    installed: Sequence[Installed],
    kept: Reasons,
    left: Sequence[Gone],
    sizes: dict[str, int],
    moved: dict[str, Path | None],
    *,
    dry_run: bool,
) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "kept": [
            {
                "name": one.name,
                "reasons": [{"kind": r.kind, "text": r.text} for r in kept[one.name]],
            }
            for one in installed
            if kept[one.name]
        ],
        "removed": [
            {
                "name": one.name,
                "path": str(one.folder),
                "bytes": sizes[one.name],
                "why": _why(one.name, left),
                "kept": str(place) if (place := moved.get(one.name)) else None,
            }
            for one in installed
            if not kept[one.name]
        ],
        "gone": [{"folder": str(one.folder), "name": one.name} for one in left],
    }
