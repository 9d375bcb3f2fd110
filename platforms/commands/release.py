"""``rtbuild release``: from versions to native packages in a mirror."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from rtinstall.platforms.cluster import handed_out
from rtinstall.platforms.commands.options import (
    alternatives_option,
    chosen_targets,
    config_option,
    format_option,
    jobs_option,
    json_option,
    level_option,
    npm_option,
    scope_option,
    settings_from,
    show_family,
    source_date_epoch,
    source_options,
    target_option,
    versions_argument,
)
from rtinstall.platforms.crew import side_by_side
from rtinstall.platforms.origin import Origin, Sources
from rtinstall.platforms.outputs import output_at
from rtinstall.platforms.package import Level, Scope
from rtinstall.platforms.release import (
    Carried,
    Carry,
    Finished,
    Plan,
    carried_out,
    error_of_run,
    failures,
    plans,
)
from rtinstall.platforms.report import plan_facts, run_facts, show_plans, summary, word_on
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal, terminal
from rtinstall.platforms.units import Open, Unit, attempt, carry_out, matrix, unit_of
from rtinstall.runtime_bundle.commandline import tell
from rtinstall.runtime_bundle.errors import RtError
from rtinstall.runtime_bundle.sources import survey
from rtinstall.runtime_bundle.versions import VersionSpec

ALL = "all"


@click.command("release", short_help="Build all packages of versions into a mirror, dist/.")
@versions_argument
@click.option(
    "--every", "as_every", is_flag=True, help="Take all versions that fit, not the newest."
)
@target_option
@format_option
@source_options
@click.option(
    "-o",
    "--out",
    default="dist",
    show_default=True,
    metavar="PLACE",
    help="The mirror to write into, a folder or s3://bucket/prefix; what is there already stays.",
)
@level_option
@jobs_option
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Let the workers of this Dask scheduler (tcp://host:8786) do the work.",
)
@config_option
@scope_option
@alternatives_option
@npm_option
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be done, and stop.")
@json_option
def release_command(
    *,
    expressions: tuple[str, ...],
    as_every: bool,
    targets: tuple[str, ...],
    formats: tuple[str, ...],
    origin: Origin,
    out: str,
    level: Level,
    jobs: int,
    scheduler: str | None,
    config: Path | None,
    scope: Scope | None,
    alternatives: bool,
    npm: str | None,
    only_plan: bool,
    as_json: bool,
) -> None:
    """Fetch each VERSION for every target that has it, and write all its packages into dist/.

    VERSION is lts, latest, lts/krypton, 24, 24.19.0 or a range such as '>=22 <25': the newest that
    fits. With --every it is all that fit, of whatever targets have them; `all` is every version.

    A format that cannot hold a version, as an .msi no prerelease, is left out unless --format asks
    for it.

    dist/ is a distribution mirror in the layout of nodejs.org: index.json, vX.Y.Z/ with every
    file, SHASUMS256.txt, and a manifest per target. Run again, it keeps what is finished. A target
    that fails does not keep the others from it: the run ends with the first failure and its code.
    """
    settings = settings_from(config, npm, scope, alternatives=alternatives)
    output = output_at(out)
    with terminal(quiet=as_json) as watch:
        draft = drafted(
            expressions, origin, settings, watch, level=level, every_one=as_every,
            targets=targets, formats=formats,
        )  # fmt: skip
        chosen, units = draft.plans, draft.units
        show_plans(chosen, watch, output.shown)
        names = {name for unit in units for name in unit.formats}
        show_family(settings, names, watch.say)
        if only_plan:
            if as_json:
                words = _words(out, config, scope, alternatives=alternatives)
                click.echo(json.dumps(plan_facts(chosen, matrix(units, *words)), indent=1))
            return
        if scheduler is not None:
            carry: Carry = partial(handed_out, output=_everywhere(out), address=scheduler)
        else:
            carry = partial(
                _on_this_machine, out=out, jobs=jobs, watch=watch,
                open_sources=lambda unit: draft.sources[unit.version],
            )  # fmt: skip
        with output.writing():
            done, end = _followed(carried_out(units, output, carry), len(units), watch)
        watch.done()
    turns = {unit: turn for turn, unit in enumerate(unit.name for unit in units)}
    done.sort(key=lambda each: turns[each[0].name])
    if as_json:
        left = turns.keys() - {unit.name for unit, _ in done}
        click.echo(json.dumps(run_facts(chosen, done, left, output.shown), indent=1))
    elif any(outcome.made for _, outcome in done):
        click.echo(summary(done, output.shown))
    for failure in failures(chosen, done):
        if failure.trace:
            tell(failure.trace)
    if error := end or error_of_run(chosen, done):
        raise error


@dataclass(frozen=True, slots=True)
class Draft:
    """What a command line asks for, planned: ``sources`` are those of each version."""

    plans: tuple[Plan, ...]
    units: tuple[Unit, ...]
    sources: Mapping[str, Sources]


def drafted(
    expressions: Sequence[str],
    origin: Origin,
    settings: Settings,
    watch: Terminal,
    *,
    level: Level,
    every_one: bool,
    targets: tuple[str, ...],
    formats: tuple[str, ...],
) -> Draft:
    """Plan what ``expressions`` ask for; raises as :func:`plans`."""
    wanted, epoch = chosen_targets(targets, formats), source_date_epoch()
    asked = [_asked(text, every_one=every_one) for text in expressions]
    found: list[Plan] = []
    units: list[Unit] = []
    sources: dict[str, Sources] = {}
    for channel in dict.fromkeys(spec.channel for spec, _ in asked):
        opened = origin.open(channel, watch.say, settings)
        watch.start(f"looking for {', '.join(expressions)}", None)
        known = survey(tuple(wanted), opened.ordered, watch.say)
        specs = [(spec, every) for spec, every in asked if spec.channel == channel]
        for plan in plans(specs, known, wanted, required=bool(targets), exact=bool(formats)):
            found.append(plan)
            sources[str(plan.version)] = opened
            units += [
                unit_of(
                    job.offer, job.source, opened, origin,
                    formats=job.formats, settings=settings, level=level, epoch=epoch,
                )
                for job in plan.jobs
            ]  # fmt: skip
    watch.done()
    return Draft(tuple(found), tuple(units), sources)


def _words(
    out: str, config: Path | None, scope: Scope | None, *, alternatives: bool
) -> Iterator[str]:
    """Yield the options that say what a unit does not: where it goes, and what its settings came of."""
    yield from ("--out", out)
    if config is not None:
        yield from ("--config", str(config))
    if scope is not None:
        yield from ("--scope", scope)
    if alternatives:
        yield "--alternatives"


def _asked(text: str, *, every_one: bool) -> tuple[VersionSpec, bool]:
    """Return what an expression asks for, and whether that is all that fit."""
    return VersionSpec.parse("*" if text == ALL else text), every_one or text == ALL


def _everywhere(out: str) -> str:
    """Return the output as other machines have to name it."""
    return out if "://" in out else str(Path(out).absolute())


def _on_this_machine(
    units: Sequence[Unit], *, out: str, jobs: int, open_sources: Open, watch: Terminal
) -> Carried:
    """Carry out ``units`` on the cores there are: in processes, one each, or with threads in this one."""
    if min(jobs, len(units)) > 1:
        yield from side_by_side(units, out, jobs=jobs)
        return
    for unit in units:
        act = partial(carry_out, unit, out, open_sources=open_sources, jobs=jobs, watch=watch)
        yield unit, attempt(act)


def _followed(
    results: Carried, total: int, watch: Terminal
) -> tuple[list[Finished], RtError | None]:
    """Show each result as it comes; return all, and what ended the run before it was through."""
    done = []
    count = watch.tally("release", total) if total > 1 else lambda word: None
    try:
        with closing(results):
            for unit, outcome in results:
                done.append((unit, outcome))
                count(f"{unit}: {word_on(outcome)}")
    except RtError as error:
        return done, error
    return done, None
