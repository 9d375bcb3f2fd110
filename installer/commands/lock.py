"""``rtinstall lock``: exact versions, and the digests of their archives for every target, for a team."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import FOR_ALL, json_option, settable, several_targets
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import columns, printable
from rtinstall.runtime_bundle.errors import NoSpace, NothingAsked, NotLocked, UnknownVersion

if TYPE_CHECKING:
    from rtinstall.installer.lock_file import Lock, Locked

EVERY = "*"


@click.command("lock")
@click.argument("expressions", nargs=-1, metavar="[VERSION]...")
@several_targets("for all there are")
@click.option("--file", "where", default="", metavar="FILE", help="Instead of rtinstall.lock.")
@click.option(
    "--update", is_flag=False, flag_value=EVERY, metavar="VERSION",
    help="Look for newer versions: of everything, or with --update=22 of that alone.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; fail if something is not locked.")
@settable(*FOR_ALL, "minimum_age")
@json_option
def COMMAND(
    session: Session,
    *,
    expressions: tuple[str, ...],
    targets: tuple[str, ...],
    where: str,
    update: str | None,
    check: bool,
    as_json: bool,
) -> None:
    """Write rtinstall.lock: the exact version for each VERSION, or for what this folder asks for.

    Of each it has the SHA-256 of every archive, for every system, as the release's own signed list
    says; no archive is fetched. For FreeBSD and IBM i it has the digests of the packages that their
    repositories hold now. What is locked stays, until --update. Commit the file: rtinstall install
    then takes the same bytes on every machine, from whichever mirror.
    """
    from rtinstall.installer import lock_file
    from rtinstall.installer.atomic import write_atomically
    from rtinstall.installer.locking import locked, up_to_date
    from rtinstall.installer.progress import board
    from rtinstall.runtime_bundle.targets import target_named

    names = tuple(target_named(name).name for name in targets)
    path = _place(session, where, expressions)
    before = lock_file.load(path)
    texts = _texts(session, expressions, before)
    if check:
        for lacking in up_to_date(before, texts, names):
            raise NotLocked(f"{path}: {lacking}")
        _show(path, before, before, as_json=as_json, changed=False)
        return

    def again(known: Locked) -> bool:
        return update == EVERY or (update is not None and before.covering(update) is known)

    if update not in (None, EVERY) and before.covering(str(update)) is None:
        raise UnknownVersion(
            f"{path} has no version for {update!r}", hint="rtinstall lock --update updates them all"
        )
    with board(shown=not as_json) as watch:
        step = watch.step("looking for versions")
        try:
            lock = locked(session, texts, names, before, again=again, doing=lambda text: None)
        finally:
            step.done()
    data = lock_file.written(lock)
    changed = not path.is_file() or path.read_bytes() != data
    if changed:
        try:
            write_atomically(path, data)
        except OSError as error:
            raise NoSpace(f"{path} cannot be written: {error.strerror}") from error
    _show(path, before, lock, as_json=as_json, changed=changed)


def _place(session: Session, where: str, expressions: Sequence[str]) -> Path:
    """Return the file to write: that of the folder whose files ask, else the nearest there is."""
    from rtinstall.installer.lock_file import path_in
    from rtinstall.installer.project import requests
    from rtinstall.installer.version_file import LOCK

    if where:
        return session.folder / where
    asked = None if expressions else next(iter(requests(session.folder, locks=False)), None)
    if asked and asked.file:
        return asked.file.parent / LOCK
    return path_in(session.folder) or session.folder / LOCK


def _texts(session: Session, expressions: Sequence[str], before: Lock) -> tuple[str, ...]:
    """Return what is to be locked: what is named, else what is asked for here.

    What else is locked stays with that as long as what is asked for is among it.
    """
    from rtinstall.installer.project import requests, usable

    if expressions:
        return tuple(expressions)
    kept = tuple(text for each in before.versions for text in each.asked)
    asked = next(iter(requests(session.folder, locks=False)), None)
    if asked is not None:
        text = usable(asked).text
        return kept if text in kept else (text,)
    if not kept:
        raise NothingAsked("no version was named, and no file here or further up asks for one")
    return kept


def _show(path: Path, before: Lock, lock: Lock, *, as_json: bool, changed: bool) -> None:
    if as_json:
        rows = [
            {
                "version": str(each.version),
                "asked": list(each.asked),
                "targets": list(each.targets),
                "signers": sorted({file.signer for file in each.files if file.signer}),
            }
            for each in lock.versions
        ]
        click.echo(json.dumps({"file": str(path), "changed": changed, "versions": rows}, indent=1))
        return
    table = [("VERSION", "FOR", "TARGETS", "UNSIGNED", "")]
    for each in lock.versions:
        unsigned = {file.target for file in each.files if not file.signer}
        old = next((b for b in before.versions if set(b.asked) & set(each.asked)), None)
        was = f"was {old.version}" if old and old.version != each.version else ""
        table.append(
            (
                f"v{each.version}",
                printable(", ".join(each.asked)),
                str(len(each.targets)),
                ", ".join(sorted(unsigned)) or "none",
                was,
            )
        )
    click.echo(columns(table))
    click.echo(f"{printable(str(path))}: {'written' if changed else 'up to date'}")
