"""``rtinstall bundle``: versions in one file, for machines without a network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from rtinstall.installer.commands.options import FOR_ALL, json_option, settable, several_targets
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import amount, printable


@click.command("bundle")
@click.argument("expressions", nargs=-1, metavar="[VERSION]...")
@several_targets("for this machine's")
@click.option(
    "-o", "--out", "out", default="node-bundle.tar", show_default=True, metavar="FILE",
    help="The file to write.",
)  # fmt: skip
@click.option(
    "--every-archive", "every", is_flag=True,
    help="The larger archives (tar.gz), too, for version managers that ask for no other.",
)  # fmt: skip
@settable(*FOR_ALL, "minimum_age", "progress")
@json_option
def COMMAND(
    session: Session,
    *,
    expressions: tuple[str, ...],
    targets: tuple[str, ...],
    out: str,
    every: bool,
    as_json: bool,
) -> None:
    """Pack each VERSION, or what this folder asks for, for any system into one file.

    It holds the archives as they were published, with the signed lists of their digests.
    rtinstall install --from FILE takes it from there, verified again; unpacked, it is a mirror in the
    layout of nodejs.org/dist for any version manager.
    """
    from rtinstall.installer.in_force import every_version, exact, in_force
    from rtinstall.installer.offline import chosen_items, members_of, write
    from rtinstall.installer.progress import board
    from rtinstall.installer.project import asked
    from rtinstall.runtime_bundle.errors import NothingAsked
    from rtinstall.runtime_bundle.targets import target_named

    wanted = tuple(target_named(n) for n in dict.fromkeys(targets)) or session.rules.targets[:1]
    locked = in_force(session.folder, named=bool(expressions), frozen=False)
    texts = expressions or (every_version(locked) if locked else ())
    if not texts:
        request = asked(session.folder)
        if request is None:
            raise NothingAsked("no version was named, and no file here or further up asks for one")
        texts = (request.text,)
    if locked:
        session = replace(session, locked=locked)
        texts, _ = exact(locked, texts)
    path = session.folder / Path(out).expanduser()
    shown = session.settings.progress.value
    with board(
        shown=shown != "never" and not as_json, always=shown == "always" and not as_json
    ) as watch:
        session = replace(session, say=watch.say)
        items = chosen_items(session, texts, wanted)
        members = members_of(session, items, watch, every=every)
        step = watch.step(f"writing {path.name}")
        try:
            size = write(path, members, max(item.release.date for item in items), step)
        finally:
            step.done()
    if as_json:
        rows = [{"version": str(i.release.version), "target": i.target.name} for i in items]
        names = [member.name for member in members]
        value = {"file": str(path), "size": size, "versions": rows, "members": names}
        click.echo(json.dumps(value, indent=1))
        return
    for item in items:
        by = (
            item.source.checksums(item.release.version).checked if item.source else "its repository"
        )
        click.echo(f"node {item.release.version} for {item.target}: {printable(by)}")
    click.echo(f"{printable(str(path))}: {amount(size)}")
