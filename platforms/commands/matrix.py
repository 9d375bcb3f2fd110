"""``rtbuild matrix``: the jobs that try a release, as a build server reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO, get_args

import click

from rtinstall.platforms import matrix as jobs
from rtinstall.platforms import plan_matrix
from rtinstall.platforms.ci.candidates import candidates
from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.smoke.ssh.address import parse_address
from rtinstall.platforms.systems import SYSTEMS, system_named
from rtinstall.runtime_bundle.commandline import columns, tell


@click.command("matrix", short_help="The jobs that try a release on every system.")
@click.option("--github", is_flag=True, help="As a matrix of GitHub Actions, in one line.")
@click.option("--gitlab", is_flag=True, help="As a child pipeline of GitLab CI.")
@click.option(
    "--machines",
    type=click.Choice(get_args(jobs.Purpose)),
    help="The machines that rtinstall itself is tested or frozen on, for GitHub Actions.",
)
@click.option(
    "--plan",
    type=click.File("rb"),
    help="The jobs that build a release: what rtbuild release --plan --json has written.",
)
@click.option(
    "--dist",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Only what this mirror has packages of.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="SYSTEM=ADDRESS",
    help="A machine of yours for a system that nobody lends; may be repeated.",
)
@json_option
def matrix_command(
    *,
    github: bool,
    gitlab: bool,
    machines: jobs.Purpose | None,
    plan: BinaryIO | None,
    dist: Path | None,
    hosts: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print every system that a release is tried on, and what cannot be tried and why.

    With --github or --gitlab the jobs alone are printed, and what gets none goes to standard error.
    With --plan it is the jobs that build the release.
    """
    if github + gitlab + as_json > 1:
        raise click.UsageError("--github, --gitlab and --json exclude each other")
    if machines:
        click.echo(jobs.machines(machines))
        return
    if plan:
        parts = plan_matrix.jobs_of(plan.read(), plan.name)
        click.echo(plan_matrix.gitlab(parts) if gitlab else plan_matrix.github(parts))
        return
    built = None
    if dist is not None:
        pairs = {(system.target, system.format) for system in SYSTEMS}
        built = {pair for pair in pairs if candidates(dist, *pair)}
    chosen = jobs.matrix(dict(map(_host, hosts)), built, gitlab=gitlab)
    if as_json:
        facts = {
            "jobs": json.loads(jobs.github(chosen))["include"],
            "not run": [
                {
                    "system": each.system,
                    "target": each.target,
                    "format": each.format,
                    "reason": each.reason,
                }
                for each in chosen.missing
            ],
        }
        click.echo(json.dumps(facts, indent=1))
    elif github or gitlab:
        click.echo(jobs.github(chosen) if github else jobs.gitlab(chosen))
        for line in jobs.not_run(chosen.missing):
            tell(line)
    else:
        click.echo(columns(list(jobs.rows(chosen))))
        click.echo("\n".join(("", *jobs.not_run(chosen.missing))))


def _host(text: str) -> tuple[str, str]:
    name, _, address = text.partition("=")
    return system_named(name).name, str(parse_address(address))
