"""``rtbuild repo yum``: a repository for dnf and yum, on Linux or on IBM i."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from rtinstall.platforms.commands.options import json_option, source_date_epoch
from rtinstall.platforms.commands.repo.place import (
    called,
    files_argument,
    folder_argument,
    name_option,
    url_option,
)
from rtinstall.platforms.repodata.client import repo_file
from rtinstall.platforms.repodata.elements import Compat
from rtinstall.platforms.terminal import terminal
from rtinstall.platforms.yum_folder import publish
from rtinstall.runtime_bundle.commandline import amount, columns, printable


@click.command("yum", short_help="Write the catalogue that dnf and yum read.")
@folder_argument
@files_argument
@click.option("--compat", type=click.Choice(["ibmi"]), help="Write it for yum 3.4 on IBM i.")
@name_option
@url_option
@json_option
def yum_command(
    *,
    folder: Path,
    files: tuple[Path, ...],
    compat: Compat | None,
    name: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Copy each FILE into DIR, and catalogue every .rpm below it in DIR/repodata.

    FILEs go to DIR/Packages, for IBM i to a folder per architecture. Every rpm is read whole and
    held to its own digests first; after an error DIR is as it was. DIR can be served while it is
    written.

    A repository is for one kind of system: with --compat ibmi for IBM i, without for Linux.

    What is printed is the .repo file for the machines that are to use it. Like IBM's own it asks
    for no signature (gpgcheck=0): who serves DIR is believed, so serve it over https.
    """
    place = folder.resolve()
    label = called(name, place)
    kind: Compat = compat or "dnf"
    path, content = repo_file(label, url or place.as_uri(), kind)
    with terminal(quiet=as_json) as watch:
        entries = publish(folder, files, kind, source_date_epoch(), watch)
    if as_json:
        facts = {
            "folder": str(folder),
            "compat": kind,
            "packages": [asdict(entry) for entry in entries],
            "repo_file": {"path": path, "content": content},
        }
        click.echo(json.dumps(facts, indent=1))
        return
    rows = [("PACKAGE", "SIZE", "FILE")]
    rows += [(printable(each.label), amount(each.size), each.href) for each in entries]
    click.echo(columns(rows, right=frozenset({1})))
    click.echo(f"\n# {path}\n{content}", nl=False)
