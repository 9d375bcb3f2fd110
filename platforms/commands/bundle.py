"""``rtbuild bundle``: assemble a runtime and npm, without packages."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rtinstall.platforms.build import build
from rtinstall.platforms.commands.options import (
    config_option,
    jobs_option,
    json_option,
    level_option,
    npm_option,
    out_option,
    settings_from,
    source_date_epoch,
    source_options,
    target_option,
    version_argument,
)
from rtinstall.platforms.host import host_target
from rtinstall.platforms.manifest import describe, write_manifest
from rtinstall.platforms.mirror import Mirror, replace_file
from rtinstall.platforms.origin import Origin
from rtinstall.platforms.package import Effort, Level
from rtinstall.platforms.release import plan
from rtinstall.platforms.runtimes import bundle_of
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import terminal
from rtinstall.runtime_bundle.commandline import amount
from rtinstall.runtime_bundle.errors import BadConfiguration, NoSpace
from rtinstall.runtime_bundle.sources import survey
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.unpack import write_tree
from rtinstall.runtime_bundle.versions import VersionSpec

FORMS = ("directory", "tar.xz", "tar.gz", "zip")


@click.command("bundle", short_help="Put a runtime and npm together, without packages.")
@version_argument
@target_option
@source_options
@out_option("bundle", "The folder to write into.")
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    default="directory",
    show_default=True,
    help="What to write.",
)
@level_option
@jobs_option
@config_option
@npm_option
@json_option
def bundle_command(
    *,
    version: str,
    targets: tuple[str, ...],
    origin: Origin,
    out: Path,
    form: str,
    level: Level,
    jobs: int,
    config: Path | None,
    npm: str | None,
    as_json: bool,
) -> None:
    """Assemble VERSION with npm for one target, as a folder or archive with its manifest.

    Without --target it is the one of this machine. `rtbuild build` makes packages of it.
    """
    spec = VersionSpec.parse(version)
    settings = settings_from(config, npm)
    if len(targets) > 1:
        raise BadConfiguration("a bundle is for one target", hint="name one --target")
    target = target_named(targets[0]) if targets else host_target()
    epoch = source_date_epoch()
    with terminal(quiet=as_json) as watch:
        opened = origin.open(spec.channel, watch.say, settings)
        watch.start(f"looking for {spec.text}", None)
        found = survey((target,), opened.ordered, watch.say)
        (job,) = plan(spec, found, {target: ()}, required=True).jobs
        name = f"node-{job.offer.release.version.tag}-{target.name}"
        path = out / (name if form == "directory" else f"{name}.{form}")
        if form == "directory" and path.exists():
            raise NoSpace(f"{path} is already there", hint="remove it, or name another --out")
        place = Mirror(out)
        with place.writing(), place.stage() as stage:
            spool = stage / "spool"
            bundle = bundle_of(
                job.source, job.offer, settings, spool, watch, npm=opened.npm, released=epoch
            )
            if form == "directory":
                watch.start(name, None)
                finished = stage / name
                write_tree(bundle.entries, finished, time=bundle.released)
            else:
                effort = Effort(level, jobs)
                # No npmrc, no extra files: a bundle is what its manifest lists.
                finished = build(
                    bundle, Settings(), form, stage=stage, effort=effort, watch=watch
                ).path
            replace_file(out / f"{name}.manifest.json", write_manifest(bundle))
            finished.replace(path)
    if as_json:
        click.echo(json.dumps({"path": str(path), **describe(bundle)}, indent=1))
    else:
        click.echo(f"{path}: node {bundle.version}, npm {bundle.npm}, {amount(bundle.size)}")
