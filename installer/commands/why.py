"""``rtinstall why``: which file asks for the version, and which ones disagree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import columns, printable, tell
from rtinstall.runtime_bundle.errors import BadConfiguration, NotInstalled, RtError

if TYPE_CHECKING:
    from rtinstall.installer.project import Request
    from rtinstall.installer.verdicts import Judged


@click.command("why")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--check", is_flag=True,
    help="For CI: fail, with the exit code 11, if a file disagrees or cannot be used.",
)  # fmt: skip
@click.pass_obj
def COMMAND(session: Session, *, as_json: bool, check: bool) -> None:
    """Show which file asks for the version, what it means, and which files disagree.

    The order: RTINSTALL_VERSION, then the nearest folder with a file that chooses a version (.nvmrc,
    .node-version, .tool-versions, package.json with volta or devEngines), then the nearest
    package.json with engines.node, then the default, then the node on PATH that is not ours.
    """
    from rtinstall.installer.active import asking
    from rtinstall.installer.verdicts import judged

    found = asking(session)
    files = [request for request in found[1:] if request.file]
    rows = judged((*found[:1], *files), session.store.installed(), session.aliases)
    word = _meaning(session, found)
    if as_json:
        click.echo(json.dumps({"version": word, "asked": [_described(r) for r in rows]}, indent=1))
    else:
        click.echo(_sentence(word, rows))
        if len(rows) > 1:
            table = [("", "FILE", "ASKS FOR", "MEANS", ""), *map(_row, rows)]
            click.echo(columns(table))
        for row in rows:
            if row.request.fault:
                tell(f"note: {printable(f'{row.request.file}: {row.request.fault}')}")
        _tell_path(session, found)
    wrong = [row for row in rows if row.verdict not in ("decides", "agrees")]
    if check and wrong:
        raise BadConfiguration(
            f"{wrong[0].request.place} does not agree with {rows[0].request.place}"
            if rows[0] is not wrong[0]
            else f"{wrong[0].request.place} cannot be used",
            hint="rtinstall pin writes the version into a file: rtinstall pin --file FILE",
        )


def _meaning(session: Session, found: tuple[Request, ...]) -> str | None:
    """Return what is active, or ``None`` with the reason said if that is not to be had."""
    from rtinstall.installer.active import active

    try:
        return active(session).word
    except RtError as error:
        tell(f"note: {printable(str(error))}")
        lacking = isinstance(error, NotInstalled) and found and not found[0].fault
        if lacking and (known := _available(session, found[0].text)):
            tell(f"note: {known} can be installed: rtinstall install")
        return None


def _available(session: Session, text: str) -> str:
    """Return the release that ``text`` means as far as that is known without a network, or nothing."""
    from rtinstall.installer.resolution import release_for

    quiet = replace(
        session, flags={**session.flags, "offline": ("--offline", True)}, say=lambda line: None
    )
    try:
        releases = quiet.catalogue.releases(quiet.machine.target)
        return release_for(text, releases, session.aliases).version.tag
    except RtError:
        return ""


def _sentence(word: str | None, rows: tuple[Judged, ...]) -> str:
    what = {None: "no installed version", "none": "nothing", "system": "the system's node"}
    active = what.get(word, word or "")
    if not rows:
        return f"{active} is active here: no file asks for a version, and there is no default"
    request = rows[0].request
    return printable(
        f"{active} is active here: {request.place} asks for {' or '.join(request.texts)}"
    )


def _row(row: Judged) -> tuple[str, ...]:
    request = row.request
    kind = f" ({request.kind})" if request.file and request.kind != request.file.name else ""
    place = f"{request.file}:{request.line}{kind}" if request.file else request.kind
    means = row.means.name if row.means else "-"
    mark = {"decides": "*", "agrees": "", "disagrees": "!", "cannot be used": "!"}[row.verdict]
    return mark, place, " ".join(request.texts) or "-", means, row.verdict


def _described(row: Judged) -> dict[str, object]:
    request = row.request
    return {
        "file": str(request.file) if request.file else None,
        "line": request.line or None,
        "kind": request.kind,
        "asks": list(request.texts) if request.text else [],
        "means": row.means.name if row.means else None,
        "verdict": row.verdict,
        "fault": request.fault or None,
    }


def _tell_path(session: Session, found: tuple[Request, ...]) -> None:
    """Say if the first node on PATH is another one than what is active."""
    from rtinstall.installer.active import active
    from rtinstall.installer.resolution import first_program

    try:
        bin_folder = active(session).bin
    except RtError:
        return
    first = first_program(session.environment)
    if bin_folder is None or first is None or first.parent == session.places.shims:
        return
    if first.parent.resolve() != bin_folder.resolve():
        tell(
            f"note: the first node on PATH is {printable(str(first))}; rtinstall setup puts ours first"
        )
