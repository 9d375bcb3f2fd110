"""``rtbuild repo freebsd``: a repository for FreeBSD's pkg(8)."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.commands.repo.place import (
    called,
    files_argument,
    folder_argument,
    name_option,
    url_option,
)
from rtinstall.platforms.freebsd.client import client_files
from rtinstall.platforms.freebsd.signing import read_signer
from rtinstall.platforms.freebsd_folder import publish
from rtinstall.platforms.terminal import terminal
from rtinstall.runtime_bundle.commandline import amount, columns, printable


@click.command("freebsd", short_help="Write the catalogue that FreeBSD's pkg reads.")
@folder_argument
@files_argument
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Sign the catalogue with this private key (RSA, PEM).",
)
@name_option
@url_option
@json_option
def freebsd_command(
    *,
    folder: Path,
    files: tuple[Path, ...],
    key: Path | None,
    name: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Copy each FILE into DIR/All, and catalogue every FreeBSD .pkg below DIR.

    Every package is read whole and held to its own digests first; after an error DIR is as it was.
    DIR can be served while it is written. A repository is for one release and architecture of
    FreeBSD, and has one version of a name: the newest.

    With --key the catalogue is signed both for clients that have the public key and for those that
    have its fingerprint; DIR/NAME.pub and DIR/NAME.fingerprint are these.

    What is printed are the files for the machines that are to use it.
    """
    place = folder.resolve()
    label = called(name, place)
    signer = read_signer(key.read_bytes(), str(key)) if key else None
    fingerprint = signer.fingerprint if signer else None
    client = client_files(label, url or place.as_uri(), fingerprint)
    with terminal(quiet=as_json) as watch:
        found = publish(folder, files, label, signer, watch)
        watch.done()
        for older in found.older:
            watch.say(f"{older.path} is left out: there is a newer {older.name}")
        for other in found.other_systems:
            watch.say(f"{printable(other)} is left out: it is a package for macOS")
    if as_json:
        facts = {
            "folder": str(folder),
            "abi": found.abi,
            "fingerprint": fingerprint,
            "packages": [
                {"label": str(p), "path": p.path, "size": p.size, "sha256": p.sha256}
                for p in found.packages
            ],
            "left_out": [*(older.path for older in found.older), *found.other_systems],
            "client": [{"path": path, "content": content} for path, content in client.items()],
        }
        click.echo(json.dumps(facts, indent=1))
        return
    rows = [("PACKAGE", "SIZE", "FILE")]
    rows += [(str(each), amount(each.size), each.path) for each in found.packages]
    click.echo(columns(rows, right=frozenset({1})))
    for path, content in client.items():
        click.echo(f"\n# {path}\n{content}", nl=False)
