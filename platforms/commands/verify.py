"""``rtbuild verify``: a package, or a whole mirror, against everything that is known of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from rtinstall.platforms.check import RULES, lint
from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.lists import MANIFEST, SHASUMS
from rtinstall.platforms.manifest import MAX_MANIFEST, artifacts_of, read_manifest
from rtinstall.platforms.objects import Objects
from rtinstall.runtime_bundle.addresses import local_path
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import NotReadable, RtError, VerificationFailed
from rtinstall.runtime_bundle.model import check_path
from rtinstall.runtime_bundle.releases import Release, parse_index, parse_index_tab
from rtinstall.runtime_bundle.verify import MAX_SHASUMS, parse_shasums


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what is wrong with it, or by what it was found right."""

    name: str
    checked: str
    fault: str = ""


def _place(context: click.Context, parameter: click.Parameter, value: str) -> Path | str:
    """Tell the address of a store from a path, which has to be there."""
    if "://" in value and not value.startswith("file://"):
        return value
    path = str(local_path(urlsplit(value))) if value.startswith("file://") else value
    found: str = click.Path(exists=True).convert(path, parameter, context)  # type: ignore[assignment]
    return Path(found)


@click.command("verify", short_help="Check a package, or a whole mirror.")
@click.argument("path", metavar="PATH", callback=_place)
@json_option
def verify_command(*, path: Path | str, as_json: bool) -> None:
    """Check PATH: a package, or a folder or store (s3://bucket/prefix) that `rtbuild release` wrote.

    A package is read whole: the digests it carries, its owners and modes (all root, nothing
    writable by others), that it runs no script, or, on IBM i, the two of --alternatives; an .msi by
    the rules of internal consistency (ICE), too, and FreeBSD's by what its manifests say of every
    file; and the checksums and the manifest beside it.
    A mirror is checked from its index down to every entry of every file.
    """
    findings = []
    for finding in _all(path):
        findings.append(finding)
        if not as_json:
            verdict = "FAULT" if finding.fault else "ok   "
            click.echo(printable(f"{verdict} {finding.name}: {finding.fault or finding.checked}"))
    faults = [finding for finding in findings if finding.fault]
    if as_json:
        facts = [{"name": f.name, "checked": f.checked, "fault": f.fault} for f in findings]
        click.echo(json.dumps(facts, indent=1))
    else:
        click.echo(f"{len(findings) - len(faults)} of {len(findings)} right")
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise VerificationFailed(f"{faults[0].name}: {faults[0].fault}{more}")


def _all(path: Path | str) -> Iterator[Finding]:
    """Check what is at ``path``."""
    if isinstance(path, str):
        objects = Objects.at(path)
        with tempfile.TemporaryDirectory(prefix="rtbuild-") as folder:
            yield from _mirror(Path(folder), objects.shown, objects)
    elif path.is_dir():
        yield from _mirror(path, str(path))
    else:
        yield from _file(path)


def _mirror(root: Path, shown: str, objects: Objects | None = None) -> Iterator[Finding]:
    """Check the index, then every release it names.

    What is in a store is brought to the folder ``root``, one release after the other.
    """
    if objects is not None:
        _bring(objects, "", root)
    index = root / "index.json"
    if not index.is_file():
        raise NotReadable(
            f"{shown} holds no index.json", hint="name a folder that rtbuild release wrote"
        )
    try:
        releases = parse_index(index.read_bytes())
    except NotReadable as error:
        yield Finding("index.json", "", str(error))
        return
    yield Finding("index.json", f"{len(releases)} releases")
    yield _tab(root / "index.tab", releases)
    listed = {release.version.tag for release in releases}
    for release in releases:
        folder = root / release.version.tag
        if objects is not None:
            _bring(objects, folder.name, folder)
        yield from _release(folder)
        if objects is not None:
            shutil.rmtree(folder, ignore_errors=True)
    there = (
        objects.folders("") if objects else {path.name for path in root.glob("v*") if path.is_dir()}
    )
    for name in sorted(there - listed):
        if name.startswith("v"):
            yield Finding(name, "", "is not in index.json")


def _bring(objects: Objects, name: str, folder: Path) -> None:
    """Bring the objects right below ``name`` into ``folder``, which is not there if there are none."""
    for each in objects.beside(name):
        check_path(each)
        folder.mkdir(exist_ok=True)
        objects.download(f"{name}/{each}".lstrip("/"), folder / each)


def _tab(path: Path, releases: tuple[Release, ...]) -> Finding:
    try:
        same = parse_index_tab(path.read_text(encoding="utf-8")) == releases
    except (OSError, ValueError, NotReadable):
        return Finding(path.name, "", "is missing or no index")
    return Finding(
        path.name, "the same as index.json", "" if same else "says something else than index.json"
    )


def _release(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding(folder.name, "", "is in index.json, but there is no such folder")
        return
    sums = _shasums(folder)
    if not sums:
        yield Finding(folder.name, "", f"has no readable {SHASUMS}")
    for name in sorted(sums):
        if (folder / name).is_file():
            yield from _file(folder / name)
        else:
            yield Finding(f"{folder.name}/{name}", "", f"is missing, but in {SHASUMS}")
    known = {name.partition("/")[0] for name in sums} | {SHASUMS}
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            yield Finding(f"{folder.name}/{path.name}", "", f"is not in {SHASUMS}")


def _file(path: Path) -> Iterator[Finding]:
    """Check one file, with what lies beside it."""
    name = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    checked = []
    digest = sha256_of(path)
    sums = _shasums(path.parent)
    if path.name in sums:
        if sums[path.name] != digest:
            yield Finding(name, "", f"its SHA-256 is {digest}, not {sums[path.name]}")
            return
        checked.append(SHASUMS)
    try:
        if path.name.endswith(MANIFEST):
            artifacts = artifacts_of(read_manifest(path.read_bytes(), path.name))
            for artifact in artifacts:
                if sums and sums.get(artifact.name) != artifact.sha256:
                    yield Finding(name, "", f"names another {artifact.name} than {SHASUMS}")
                    return
            checked.append(f"{len(artifacts)} artifacts")
        else:
            known = _from_manifest(path)
            if known not in ("", digest):
                yield Finding(name, "", "is not the file its manifest names")
                return
            if known:
                checked.append("manifest")
            elif any(path.parent.glob(f"*{MANIFEST}")):
                checked.append("of an earlier run, in no manifest")
            archive = open_archive(path)
            fault = next(lint(archive), "")
            if fault:
                yield Finding(name, "", fault)
                return
            rules = ", its internal consistency" if archive.format in RULES else ""
            scripts = "the scripts of --alternatives" if archive.scripts else "no scripts"
            checked.append(f"{archive.format} read whole, owners, modes, {scripts}{rules}")
    except RtError as error:
        yield Finding(name, "", str(error))
        return
    yield Finding(name, ", ".join(checked))


def _shasums(folder: Path) -> dict[str, str]:
    path = folder / SHASUMS
    try:
        return parse_shasums(path.read_bytes()) if path.stat().st_size <= MAX_SHASUMS else {}
    except (OSError, RtError):
        return {}


def _from_manifest(path: Path) -> str:
    """Return the digest that a manifest in the same folder has for the file, or nothing."""
    for manifest in path.parent.glob(f"*{MANIFEST}"):
        try:
            if manifest.stat().st_size > MAX_MANIFEST:
                continue
            listed = artifacts_of(read_manifest(manifest.read_bytes(), manifest.name))
        except (OSError, NotReadable):
            continue  # its own check says so
        for artifact in listed:
            if artifact.name == path.name:
                return artifact.sha256
    return ""
