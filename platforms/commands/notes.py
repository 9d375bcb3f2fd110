"""``rtbuild notes``: release notes from the change log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from rtinstall.platforms.commands.options import source_date_epoch
from rtinstall.platforms.mirror import replace_file
from rtinstall.platforms.notes import notes, released
from rtinstall.runtime_bundle.errors import NotReadable


@click.command("notes", short_help="The notes of a release, from the change log.")
@click.argument("version")
@click.option(
    "--changelog",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=Path("CHANGELOG.md"),
    show_default=True,
    help="The change log.",
)
@click.option(
    "--release", is_flag=True, help="Give what is unreleased the VERSION and today's date, first."
)
def notes_command(*, version: str, changelog: Path, release: bool) -> None:
    """Print what the change log says of VERSION, or what it says is unreleased."""
    try:
        text = changelog.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotReadable(f"{changelog} cannot be read: {error}") from error
    if release:
        epoch = source_date_epoch()
        moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(epoch, UTC)
        text = released(text, version.removeprefix("v"), moment.strftime("%Y-%m-%d"))
        replace_file(changelog, text.encode())
    click.echo(notes(text, version), nl=False)
