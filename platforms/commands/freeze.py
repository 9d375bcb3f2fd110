"""``rtbuild freeze``: ``rtinstall`` for machines without Python, or with one of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from rtinstall.platforms.commands.options import json_option, out_option, source_date_epoch
from rtinstall.platforms.companion import FORMS, Form
from rtinstall.platforms.freeze import onedir, zipapp
from rtinstall.platforms.freeze.record import SUFFIX, ZIPAPP, Frozen, write
from rtinstall.platforms.mirror import replace_file
from rtinstall.platforms.staging import held, stage, writable
from rtinstall.platforms.terminal import terminal
from rtinstall.runtime_bundle.commandline import amount
from rtinstall.runtime_bundle.model import File

NEVER = 0  # 1970, which a zip says as 1980


@click.command("freeze", short_help="Make rtinstall ready to go into packages.")
@click.option(
    "--form",
    type=click.Choice(FORMS),
    default="onedir",
    show_default=True,
    help="A folder with a Python of its own, for the system this runs on; or a file for any Python.",
)
@out_option("frozen", "The folder to write into; what is there of others stays.")
@json_option
def freeze_command(*, form: Form, out: Path, as_json: bool) -> None:
    """Freeze rtinstall, for `rtbuild release --rtinstall DIR` to put into packages.

    onedir needs PyInstaller and writes a folder for this system alone; it runs without Python. zipapp
    writes one file, the same bytes anywhere, for Linux, FreeBSD and IBM i with Python 3.11 or newer.

    Beside each is a manifest: what is in it, in which versions, and the digest of every file.
    """
    time = source_date_epoch() or NEVER
    with terminal(quiet=as_json) as watch, held(out), stage(out) as room:
        watch.start(f"freezing rtinstall as {form}", None)
        if form == "zipapp":
            data, frozen = zipapp.make(time=time)
            (room / frozen.name).write_bytes(data)
            path = out / f"{frozen.name}{ZIPAPP}"
        else:
            frozen = onedir.make(room, time=time)
            path = out / frozen.name
        with writable(out):
            _put(room / frozen.name, path, out / f"{frozen.name}{SUFFIX}", frozen)
        watch.done()
    size = sum(entry.size for entry in frozen.entries if isinstance(entry, File))
    if as_json:
        facts = {"path": str(path), "target": frozen.target, "form": form, "size": size,
                 "version": frozen.version, "distributions": dict(frozen.distributions)}  # fmt: skip
        click.echo(json.dumps(facts, indent=1))
    else:
        click.echo(f"{path}: rtinstall {frozen.version} for {frozen.target}, {amount(size)}")


def _put(made: Path, path: Path, manifest: Path, frozen: Frozen) -> None:
    """Give what was made its name; without a manifest, it is nothing to whoever looks meanwhile."""
    manifest.unlink(missing_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    if made.is_file():
        made.chmod(0o755)
    made.replace(path)
    replace_file(manifest, write(frozen))
