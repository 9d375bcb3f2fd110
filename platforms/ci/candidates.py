"""The packages of a mirror for one target and format: the newest, and the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.manifest import artifacts_of, read_manifest
from rtinstall.platforms.smoke.label import Label
from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.versions import Version

UNKNOWN = Label()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A package of a release; ``label`` is what its manifest says it is."""

    version: str
    path: Path
    label: Label = UNKNOWN


def candidates(dist: Path, target: str, format: str) -> tuple[Candidate, ...]:
    """Return the packages for ``target`` in the mirror ``dist``, the newest release first.

    Raises :class:`NotReadable` where a manifest is none.
    """
    found: list[tuple[Version, Candidate]] = []
    for path in dist.glob(f"v*/node-v*-{target}.manifest.json"):
        manifest = read_manifest(path.read_bytes(), path.name)
        version = Version.parse(str(manifest.get("version")))
        for artifact in artifacts_of(manifest):
            file = path.parent / artifact.name
            if artifact.format == format and file.parent == path.parent and file.is_file():
                found.append((version, Candidate(str(version), file, _label(manifest))))
    return tuple(each for _, each in sorted(found, key=lambda each: each[0], reverse=True))


def _label(manifest: Mapping[str, object]) -> Label:
    components = manifest.get("components")
    return Label(
        version=str(manifest.get("version", "")) or None,
        npm=str(manifest.get("npm", "")) or None,
        components={str(key): str(value) for key, value in components.items()}
        if isinstance(components, dict)
        else {},
    )


def pair(dist: Path, target: str, format: str) -> tuple[Candidate, Candidate | None]:
    """Return the newest package, and the newest that is older; :class:`NotReadable` without any."""
    found = candidates(dist, target, format)
    if not found:
        raise NotReadable(
            f"{dist} has no {format} for {target}",
            hint=f"rtbuild release VERSION --target {target} --format {format} builds one",
        )
    newest, *others = found
    return newest, next((each for each in others if each.version != newest.version), None)
