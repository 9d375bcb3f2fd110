"""``rtbuild build``: packages from a bundle that is on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from rtinstall.platforms.build import build
from rtinstall.platforms.commands.options import (
    config_option,
    format_option,
    jobs_option,
    json_option,
    level_option,
    settings_from,
    source_date_epoch,
)
from rtinstall.platforms.formats import formats_of
from rtinstall.platforms.manifest import provenance_of, read_manifest
from rtinstall.platforms.mirror import Mirror
from rtinstall.platforms.package import Effort, Level
from rtinstall.platforms.terminal import amount, terminal
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.commandline import columns
from rtinstall.runtime_bundle.errors import BadConfiguration, VerificationFailed
from rtinstall.runtime_bundle.model import Bundle, File
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.targets import target_named


@click.command("build", short_help="Write packages of a bundle that is on disk.")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option("-t", "--target", metavar="TARGET", help="What it is for, if it has no manifest.")
@format_option
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("packages"),
    show_default=True,
    help="The folder to write into.",
)
@level_option
@jobs_option
@config_option
@json_option
def build_command(
    *,
    bundle: Path,
    target: str | None,
    formats: tuple[str, ...],
    out: Path,
    level: Level,
    jobs: int,
    config: Path | None,
    as_json: bool,
) -> None:
    """Write packages of BUNDLE: a folder or archive of `rtbuild bundle`, or anyone's runtime.

    The manifest beside it says where it came from; without one that is recorded as unknown.
    """
    settings = settings_from(config, None)
    with terminal(quiet=as_json) as watch, Mirror(out).stage() as stage:
        made = _read(bundle, target, stage)
        wanted = formats_of(made.target, formats)
        if not wanted:
            have = ", ".join(made.target.formats) or "none yet"
            raise BadConfiguration(
                f"{made.target} has no format {' or '.join(formats)}",
                hint=f"formats of {made.target}: {have}",
            )
        effort = Effort(level, jobs)
        done = [
            build(made, settings, name, stage=stage, effort=effort, watch=watch) for name in wanted
        ]
        for built in done:
            built.path.replace(out / built.artifact.name)
    if as_json:
        facts = [{"file": str(out / b.artifact.name), "size": b.artifact.size,
                  "sha256": b.artifact.sha256} for b in done]  # fmt: skip
        click.echo(json.dumps(facts, indent=1))
        return
    rows = [("FILE", "SIZE", "BUILD", "CHECK")]
    for built in done:
        rows.append((str(out / built.artifact.name), amount(built.artifact.size),
                     f"{built.writing:.1f} s", f"{built.checking:.1f} s"))  # fmt: skip
    click.echo(columns(rows, right=frozenset({1, 2, 3})))


def _read(path: Path, target: str | None, stage: Path) -> Bundle:
    """Read a bundle and, if it has a manifest, hold it against that."""
    stem = path.name.removesuffix(".tar.xz").removesuffix(".tar.gz")
    manifest_path = path.with_name(f"{stem}.manifest.json")
    manifest: dict[str, object] = {}
    if manifest_path.is_file():
        manifest = read_manifest(manifest_path.read_bytes(), manifest_path.name)
        target = target or str(manifest.get("target"))
    part = Local(path).part()
    release, found = described(part, target_named(target) if target else None, stage / "look")
    bundle = assemble((part,), release, found, stage / "spool")
    if manifest:
        listed = manifest.get("entries")
        sums = {e.get("path"): e.get("sha256") for e in listed} if isinstance(listed, list) else {}
        for entry in bundle.entries:
            if isinstance(entry, File) and sums.get(entry.path) != entry.sha256:
                raise VerificationFailed(
                    f"{entry.path} is not what {manifest_path.name} says",
                    hint="run rtbuild bundle again, or remove the manifest to build it as it is",
                )
        released = manifest.get("released")
        bundle = replace(
            bundle,
            provenance=provenance_of(manifest) or bundle.provenance,
            released=released if isinstance(released, int) else bundle.released,
        )
    epoch = source_date_epoch()
    return bundle if epoch is None else replace(bundle, released=epoch)
