"""What every kind of repository is asked for: where it is, what goes in, what clients call it."""

from __future__ import annotations

import re
from pathlib import Path

import click

folder_argument = click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False)
)
files_argument = click.argument(
    "files",
    metavar="[FILE]...",
    nargs=-1,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
name_option = click.option(
    "--name", metavar="NAME", help="What clients call it.  [default: the name of DIR]"
)
url_option = click.option(
    "--url", metavar="URL", help="Where clients find DIR.  [default: its file:// address]"
)


def called(name: str | None, place: Path) -> str:
    """Return ``name``, else what the name of the folder ``place`` gives that clients can read."""
    return name or re.sub(r"[^A-Za-z0-9_.-]+", "-", place.name).strip("-._") or "rtinstall"
