"""``rtbuild build``: packages from a bundle that is on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

from rtinstall.platforms.build import build
from rtinstall.platforms.commands.options import (
    alternatives_option,
    chosen_targets,
    config_option,
    format_option,
    jobs_option,
    json_option,
    level_option,
    out_option,
    rtinstall_option,
    scope_option,
    settings_from,
    show_companions,
    show_family,
    source_date_epoch,
)
from rtinstall.platforms.formats import inexpressible
from rtinstall.platforms.manifest import (
    dependencies_of,
    describe,
    describe_entry,
    provenance_of,
    read_manifest,
)
from rtinstall.platforms.mirror import Mirror
from rtinstall.platforms.package import Effort, Level, Scope
from rtinstall.platforms.terminal import terminal
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.commandline import amount, columns
from rtinstall.runtime_bundle.errors import NotReadable, VerificationFailed
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.targets import target_named


@click.command("build", short_help="Write packages of a bundle that is on disk.")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option("-t", "--target", metavar="TARGET", help="What it is for, if it has no manifest.")
@format_option
@out_option("packages", "The folder to write into.")
@level_option
@jobs_option
@config_option
@scope_option
@alternatives_option
@rtinstall_option
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
    scope: Scope | None,
    alternatives: bool,
    rtinstall: Path | None,
    as_json: bool,
) -> None:
    """Write packages of BUNDLE: a folder or archive of `rtbuild bundle`, or anyone's runtime.

    The manifest beside it says where it came from; without one that is recorded as unknown.
    Without --format all its formats are written, but those that cannot hold its version.
    """
    settings = settings_from(config, None, scope, alternatives=alternatives, rtinstall=rtinstall)
    place = Mirror(out)
    with terminal(quiet=as_json) as watch, place.writing(), place.stage() as stage:
        made = _read(bundle, target, stage)
        wanted = chosen_targets((made.target.name,), formats)[made.target]
        left_out = {} if formats else inexpressible(wanted, made.version)
        for reason in left_out.values():
            watch.say(f"no {reason}")
        show_companions(settings, {made.target: wanted}, watch.say, exact=True)
        show_family(settings, wanted, watch.say)
        effort = Effort(level, jobs)
        done = [
            build(made, settings, name, stage=stage, effort=effort, watch=watch)
            for name in wanted
            if name not in left_out
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
    path = path.resolve()  # "." has no name, and its manifest would have none
    stem = re.sub(r"\.(tar\.xz|tar\.gz|zip)$", "", path.name)
    manifest_path = path.with_name(f"{stem}.manifest.json")
    manifest: dict[str, object] = {}
    if manifest_path.is_file():
        manifest = read_manifest(manifest_path.read_bytes(), manifest_path.name)
        target = target or str(manifest.get("target"))
    part = Local(path).part()
    release, found = described(part, target_named(target) if target else None, stage / "look")
    bundle = assemble((part,), release, found, stage / "spool")
    if manifest:
        for name in _differences(manifest, bundle):
            raise VerificationFailed(
                f"{name} is not what {manifest_path.name} says",
                hint="run rtbuild bundle again, or remove the manifest to build it as it is",
            )
        bundle = _recorded(manifest, bundle)
    epoch = source_date_epoch()
    return bundle if epoch is None else replace(bundle, released=epoch)


def _differences(manifest: Mapping[str, object], bundle: Bundle) -> Iterator[str]:
    """Yield the paths at which ``bundle`` is not what ``manifest`` lists."""
    listed = manifest.get("entries")
    known = {
        str(entry.get("path")): entry
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
    }
    here = {entry.path: describe_entry(entry) for entry in bundle.entries}
    for path in sorted(known.keys() | here.keys()):
        if known.get(path) != here.get(path):
            yield path


def _recorded(manifest: Mapping[str, object], bundle: Bundle) -> Bundle:
    """Return ``bundle`` with what its manifest knows besides its contents, from an index mostly."""
    said = describe(bundle)
    components, lts, released = (manifest.get(key) for key in ("components", "lts", "released"))
    os_release = manifest.get("os_release", bundle.os_release)
    if (
        not isinstance(components, dict)
        or not all(isinstance(text, str) for text in components.values())
        or not isinstance(lts, str)
        or not isinstance(released, int)
        or not 0 <= released < 1 << 32
        or os_release not in ("", *bundle.target.os_releases)
        or any(manifest.get(key) != said[key] for key in ("version", "target", "npm"))
    ):
        raise NotReadable(
            f"the manifest is not one of node {bundle.version} for {bundle.target}",
            hint="run rtbuild bundle again, or remove the manifest to build it as it is",
        )
    return replace(
        bundle,
        provenance=provenance_of(manifest) or bundle.provenance,
        components=components,
        lts=lts,
        released=released,
        os_release=str(os_release),
        dependencies=dependencies_of(manifest) or bundle.dependencies,
    )
