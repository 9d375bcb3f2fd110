"""``rtbuild release``: from a version to native packages in a mirror."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rtinstall.platforms.commands.options import (
    Origin,
    alternatives_option,
    chosen_targets,
    config_option,
    format_option,
    jobs_option,
    json_option,
    level_option,
    npm_option,
    out_option,
    rtinstall_option,
    scope_option,
    settings_from,
    show_companions,
    show_family,
    source_date_epoch,
    source_options,
    target_option,
    version_argument,
)
from rtinstall.platforms.manifest import describe
from rtinstall.platforms.mirror import Mirror
from rtinstall.platforms.package import Effort, Level, Scope
from rtinstall.platforms.release import Done, Plan, carry_out, plan
from rtinstall.platforms.terminal import Terminal, terminal
from rtinstall.runtime_bundle.commandline import amount, columns
from rtinstall.runtime_bundle.sources import survey
from rtinstall.runtime_bundle.versions import VersionSpec


@click.command("release", short_help="Build all packages of a version into a mirror, dist/.")
@version_argument
@target_option
@format_option
@source_options
@out_option("dist", "The mirror to write into; what is there already stays.")
@level_option
@jobs_option
@config_option
@scope_option
@alternatives_option
@npm_option
@rtinstall_option
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be done, and stop.")
@json_option
def release_command(
    *,
    version: str,
    targets: tuple[str, ...],
    formats: tuple[str, ...],
    origin: Origin,
    out: Path,
    level: Level,
    jobs: int,
    config: Path | None,
    scope: Scope | None,
    alternatives: bool,
    npm: str | None,
    rtinstall: Path | None,
    only_plan: bool,
    as_json: bool,
) -> None:
    """Fetch VERSION for every target that has it, and write all its packages into dist/.

    VERSION is lts, latest, lts/krypton, 24, 24.19.0 or a range such as '>=22 <25'.

    A format that cannot hold a version, as an .msi no prerelease, is left out unless --format asks
    for it.

    dist/ is a distribution mirror in the layout of nodejs.org: index.json, vX.Y.Z/ with every
    file, SHASUMS256.txt, and a manifest per target. Run again, it keeps what is finished.
    """
    spec = VersionSpec.parse(version)
    settings = settings_from(config, npm, scope, alternatives=alternatives, rtinstall=rtinstall)
    wanted = chosen_targets(targets, formats)
    epoch = source_date_epoch()
    mirror = Mirror(out)
    with terminal(quiet=as_json) as watch:
        opened = origin.open(spec, watch.say, settings)
        watch.start(f"looking for {spec.text}", None)
        found = survey(tuple(wanted), opened.ordered, watch.say)
        chosen = plan(spec, found, wanted, required=bool(targets), exact=bool(formats))
        watch.done()
        _show_plan(chosen, watch, out)
        placed = {job.target: job.formats for job in chosen.jobs}
        show_companions(settings, placed, watch.say, exact=bool(targets))
        show_family(settings, {name for job in chosen.jobs for name in job.formats}, watch.say)
        if only_plan:
            if as_json:
                click.echo(json.dumps(_plan_facts(chosen), indent=1))
            return
        with mirror.writing():
            done = tuple(
                carry_out(
                    chosen, mirror, settings, Effort(level, jobs), watch,
                    npm=opened.npm, released=epoch,
                )
            )  # fmt: skip
        watch.done()
    if as_json:
        click.echo(json.dumps(_facts(chosen, done, mirror), indent=1))
    else:
        click.echo(_summary(done, mirror))


def _show_plan(chosen: Plan, watch: Terminal, out: Path) -> None:
    rows = [("TARGET", "FROM", "DOWNLOAD", "FORMATS")]
    for job in chosen.jobs:
        size = "cached" if job.offer.cached else amount(job.offer.size)
        rows.append((job.target.name, job.source.name, size, " ".join(job.formats)))
    watch.say(f"node {chosen.version} into {out / chosen.version.tag}:")
    watch.say(columns(rows, right=frozenset({2})))
    # What two targets are made of is fetched once.
    offers = {offer.location: offer for job in chosen.jobs for offer in job.offer.each}
    sizes = [offer.size for offer in offers.values() if not offer.cached]
    missing = [size for size in sizes if size is None]
    total = sum(size or 0 for size in sizes)
    if total:
        more = f", and {len(missing)} of unknown size" if missing else ""
        watch.say(f"{amount(total)} to download{more}")
    if chosen.without:
        names = ", ".join(target.name for target in chosen.without)
        watch.say(f"not published there: {names}")
    for reason in chosen.left_out.values():
        watch.say(f"no {reason}")


def _summary(done: tuple[Done, ...], mirror: Mirror) -> str:
    """Return a row per file, and for each target what stands behind its files."""
    rows = [("FILE", "SIZE", "BUILD", "CHECK", "CHECKED")]
    origins = []
    for item in done:
        for built in item.built:
            seconds = (
                ("kept", "-", "digest")
                if built.reused
                else (f"{built.writing:.1f} s", f"{built.checking:.1f} s", "read back")
            )
            rows.append((built.artifact.name, amount(built.artifact.size), *seconds))
        origins.append(_origin(item))
    names = sorted({item.bundle.version.tag for item in done})
    where = ", ".join(str(mirror.root / name) for name in names)
    table = columns(rows, right=frozenset({1, 2, 3}))
    return "\n".join((table, "", *origins, "", f"{where}: with SHASUMS256.txt and manifests"))


def _origin(item: Done) -> str:
    """Say in one line what was put together, and on what evidence."""
    bundle = item.bundle
    libc = f", glibc {'.'.join(map(str, bundle.glibc))}" if bundle.glibc else ""
    evidence = "; ".join(f"{part.what}: {part.checked}" for part in bundle.provenance)
    return (
        f"{bundle.target}: node {bundle.version}, npm {bundle.npm}; "
        f"executable for {bundle.target.os}{bundle.os_release and f' {bundle.os_release}'} "
        f"{'/'.join(bundle.target.archs)}{libc}; {evidence}"
    )


def _plan_facts(chosen: Plan) -> dict[str, object]:
    return {
        "version": str(chosen.version),
        "targets": [
            {
                "target": job.target.name,
                "source": job.source.name,
                "location": job.offer.location,
                "size": job.offer.size,
                "cached": job.offer.cached,
                "formats": job.formats,
            }
            for job in chosen.jobs
        ],
        "not_published": [target.name for target in chosen.without],
        "left_out": {name: str(reason) for name, reason in chosen.left_out.items()},
    }


def _facts(chosen: Plan, done: tuple[Done, ...], mirror: Mirror) -> dict[str, object]:
    return {
        "version": str(chosen.version),
        "out": str(mirror.root),
        "not_published": [target.name for target in chosen.without],
        "targets": [
            {
                **describe(item.bundle),
                "artifacts": [
                    {
                        "file": f"{item.bundle.version.tag}/{built.artifact.name}",
                        "format": built.artifact.format,
                        "size": built.artifact.size,
                        "sha256": built.artifact.sha256,
                        "build_seconds": round(built.writing, 3),
                        "check_seconds": round(built.checking, 3),
                        "kept": built.reused,
                    }
                    for built in item.built
                ],
            }
            for item in done
        ],
    }
