"""``rtinstall doctor``: what is wrong, and what of that it mends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import RtError, Unwell

if TYPE_CHECKING:
    from rtinstall.installer.health import Finding

COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command("doctor", short_help="Look for what is wrong, and mend it.")
@click.option("--verify", is_flag=True, help="Hold every file against its receipt.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def COMMAND(session: Session, *, verify: bool, fix: bool, as_json: bool) -> None:
    """Look at the store, aliases, projects, PATH, start files, npm, settings and the machine.

    Nothing is changed without --fix. The exit code is 0 if nothing is wrong, notes aside, or all of
    it was mended; else it is 22.
    """
    from rtinstall.installer.health import examine

    open_ones = 0
    mendable = 0
    rows: list[dict[str, object]] = []
    for finding in examine(session, verify=verify):
        failure = _mended(session, finding) if fix else None
        mended = fix and finding.mend is not None and not failure
        if finding.severity != "note" and not mended:
            open_ones += 1
            mendable += finding.mend is not None
        rows.append({
            "check": finding.check, "severity": finding.severity, "text": finding.text,
            "hint": finding.hint, "mendable": finding.mend is not None, "mended": mended,
        })  # fmt: skip
        if not as_json:
            _tell(finding, mended=mended, failure=failure or "")
    if as_json:
        click.echo(json.dumps({"healthy": open_ones == 0, "findings": rows}, indent=1))
    elif open_ones == 0:
        many = len(session.store.installed())
        click.echo(f"all is well with {many} version{'' if many == 1 else 's'}")
    if open_ones:
        things = "1 thing is not" if open_ones == 1 else f"{open_ones} things are not"
        should = "as it should be" if open_ones == 1 else "as they should be"
        hint = f"rtinstall doctor --fix mends {mendable} of them" if mendable and not fix else ""
        raise Unwell(f"{things} {should}", hint=hint)


def _mended(session: Session, finding: Finding) -> str | None:
    """Mend what was found; return why that did not work, or None."""
    if finding.mend is None:
        return None
    try:
        finding.mend(session)
    except RtError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return None


def _tell(finding: Finding, *, mended: bool, failure: str) -> None:
    word = click.style(f"{finding.severity}:", fg=COLOURS[finding.severity], bold=True)
    click.echo(f"{word} {printable(finding.text)}")
    if mended:
        click.echo(f"  mended: {printable(finding.hint)}")
    elif failure:
        click.echo(f"  not mended: {printable(failure)}")
    elif finding.mend is not None:
        click.echo(f"  --fix {printable(finding.hint)}")
    elif finding.hint:
        click.echo(f"  {printable(finding.hint)}")
