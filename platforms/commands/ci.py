"""``rtbuild ci``: what a build server does with a package, on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rtinstall.platforms.ci.candidates import Candidate, pair
from rtinstall.platforms.ci.place import KINDS, Kind, Where
from rtinstall.platforms.ci.trial import tried
from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.commands.smoke import only_option, shown_by
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.mirror import replace_file
from rtinstall.platforms.smoke.report import as_junit, as_text
from rtinstall.platforms.systems import SYSTEMS, System, system_for, system_named
from rtinstall.platforms.terminal import terminal
from rtinstall.platforms.tested import Trial, joined, reports_below, trial_facts
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.targets import TARGETS

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("ci", short_help="Install, check, upgrade and remove a package, as in CI.")
@click.argument("dist", type=click.Path(path_type=Path, exists=True), default="dist")
@click.option(
    "-t", "--target", metavar="TARGET",
    shell_complete=lambda c, p, i: [t.name for t in TARGETS if t.name.startswith(i)],
    help="The target whose package is tried; `rtbuild matrix` lists them.",
)  # fmt: skip
@click.option("-f", "--format", type=click.Choice(list(FORMATS)), help="Its format.")
@click.option(
    "--system", metavar="SYSTEM",
    shell_complete=lambda c, p, i: [s.name for s in SYSTEMS if s.name.startswith(i)],
    help="The system to try it on, a row of `rtbuild matrix`, instead of a target's first.",
)  # fmt: skip
@click.option(
    "--in", "kind", type=click.Choice(KINDS),
    help="Where: this machine, a container, a root directory with a system, an empty one.",
)  # fmt: skip
@click.option("--root", type=FOLDER, help="The root directory, with a system in it or empty.")
@click.option("--host", "address", metavar="ssh://[USER@]HOST[:PORT]", help="A machine far away.")
@click.option("--ssh-config", "config", type=FILE, help="With --host: what ssh reads.")
@only_option
@click.option("--older", type=FILE, help="The package to upgrade from, if DIST is a file.")
@click.option("--report", type=NEW_FILE, help="Write the report as JSON, too.")
@click.option("--junit", type=NEW_FILE, help="Write JUnit XML, too.")
@click.option(
    "--collect", is_flag=True, help="Try nothing: join the reports below DIST into --out."
)
@click.option(
    "-o", "--out", type=NEW_FILE, default=Path("tested.json"), show_default=True,
    help="What --collect writes.",
)  # fmt: skip
@json_option
def ci_command(
    *,
    dist: Path,
    target: str | None,
    format: str | None,
    system: str | None,
    kind: Kind | None,
    root: Path | None,
    address: str | None,
    config: Path | None,
    only: tuple[str, ...],
    older: Path | None,
    report: Path | None,
    junit: Path | None,
    collect: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Do with the package of one target in DIST what a build server does.

    It is installed by the system's own tool, held to every smoke check, removed and looked for;
    then the release before it in DIST is installed, upgraded, checked, and removed again. DIST is a
    mirror that `rtbuild release` has written, or one package.

    \b
    rtbuild ci --target linux-x64                  a container, or an empty root
    rtbuild ci --system debian-12 --in root        a small Debian of mmdebstrap's
    rtbuild ci --target ibmi-ppc64 --host ssh://i  another machine
    rtbuild ci --collect reports -o tested.json    what was tried, and what not
    """  # noqa: D301  # click's own mark for lines that are not to be wrapped
    if collect:
        _collect(dist, out, as_json=as_json)
        return
    if dist.is_file():
        found = _format(dist)
        row = _row(system, target, format or (found if system is None else None))
        if row.format != found:
            raise BadConfiguration(
                f"{dist.name} is no {row.format}, which {row.name} installs",
                hint="--target alone finds the system for a package",
            )
        newer, before = _candidate(dist), _candidate(older) if older else None
    elif older is not None:
        raise click.UsageError("--older goes with a package as DIST")
    else:
        row = _row(system, target, format)
        newer, before = pair(dist, row.target, row.format)
    with terminal(quiet=as_json) as watch:
        trial = tried(
            row, newer, before, Where(kind, root, address, config), only=only,
            step=lambda what: watch.start(what, None), progress=shown_by(watch),
        )  # fmt: skip
    said = json.dumps(trial_facts(trial), indent=2)
    if report is not None:
        replace_file(report, f"{said}\n".encode())
    if junit is not None:
        replace_file(junit, as_junit(trial.report, _title(trial)).encode())
    click.echo(said if as_json else f"{_title(trial)}\n{as_text(trial.report)}")
    trial.report.raise_unless_passed()


def _row(system: str | None, target: str | None, format: str | None) -> System:
    if (system is None) == (target is None):
        raise click.UsageError("name a --target, or a --system")
    if system is None:
        return system_for(target or "", format)
    if format is not None:
        raise click.UsageError("a --system has one format; --format goes with --target")
    return system_named(system)


def _format(path: Path) -> str:
    archive = open_archive(path)
    return "ibmi" if archive.os == "ibmi" else archive.format


def _candidate(path: Path) -> Candidate:
    said = open_archive(path).metadata.get("version", "")
    return Candidate(said if isinstance(said, str) else "", path)


def _title(trial: Trial) -> str:
    since = f", upgraded from {trial.older}" if trial.older else ""
    return f"rtbuild ci {trial.system}: {trial.file}{since}"


def _collect(folder: Path, out: Path, *, as_json: bool) -> None:
    found = joined(reports_below(folder))
    said = json.dumps(found, indent=1)
    replace_file(out, f"{said}\n".encode())
    if as_json:
        click.echo(said)
        return
    tested, missing = found["tested"], found["not run"]
    for each in tested if isinstance(tested, list) else []:
        counts = f"{each['passed']} passed, {each['failed']} failed, {each['not run']} not run"
        click.echo(f"{each['system']}: {each['file']}: {counts}")
    for each in missing if isinstance(missing, list) else []:
        what = each["system"] or f"{each['target']} {each['format']}".strip()
        click.echo(f"{what}: not run: {each['reason']}")
