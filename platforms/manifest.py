"""The manifest of a target: what is inside its files and where it came from, as JSON.

One beside every bundle and one per target in a release. It is enough to check every artifact
entry by entry, and to build again from a bundle written to disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import (
    Bundle,
    Dependency,
    Entry,
    File,
    Provenance,
    Symlink,
    check_path,
)

T = TypeVar("T")
SCHEMA = 1
MAX_MANIFEST = 32 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a release; ``recipe`` is a digest of everything that determines its bytes.

    ``basis`` is one of what was known of that before anything was fetched (:mod:`.units`);
    ``rtinstall`` says which one is in it, if any.
    """

    name: str
    format: str
    size: int
    sha256: str
    recipe: str
    rtinstall: str = ""
    basis: str = ""


def write_manifest(bundle: Bundle, artifacts: Iterable[Artifact] = ()) -> bytes:
    """Return the manifest of ``bundle``, and of the ``artifacts`` made of it, sorted and indented."""
    value = {
        "schema": SCHEMA,
        **describe(bundle),
        "artifacts": _rows(artifacts),
        "entries": [describe_entry(entry) for entry in bundle.entries],
    }
    return _text(value)


def _rows(artifacts: Iterable[Artifact]) -> list[dict[str, object]]:
    return [asdict(item) for item in sorted(artifacts, key=lambda item: item.name)]


def _text(value: Mapping[str, object]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def describe(bundle: Bundle) -> dict[str, object]:
    """Return everything about ``bundle`` but its entries, ready for JSON."""
    return {
        "runtime": "node",
        "version": str(bundle.version),
        "target": bundle.target.name,
        "npm": bundle.npm,
        "lts": bundle.lts,
        "released": bundle.released,
        "glibc": ".".join(map(str, bundle.glibc)) if bundle.glibc else "",
        "os_release": bundle.os_release,
        "dependencies": [asdict(item) for item in bundle.dependencies],
        "components": dict(sorted(bundle.components.items())),
        "provenance": [asdict(item) for item in bundle.provenance],
    }


def describe_entry(entry: Entry) -> dict[str, object]:
    """Return one entry, ready for JSON."""
    if isinstance(entry, File):
        return {
            "path": entry.path,
            "type": "file",
            "mode": f"{entry.mode:04o}",
            "size": entry.size,
            "sha256": entry.sha256,
        }
    if isinstance(entry, Symlink):
        return {"path": entry.path, "type": "symlink", "link": entry.target}
    return {"path": entry.path, "type": "directory", "mode": f"{entry.mode:04o}"}


def read_manifest(data: bytes, name: str) -> dict[str, object]:
    """Parse a manifest; raises :class:`NotReadable` for anything else, ``name`` being its file."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"{name} is no JSON: {error}") from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise NotReadable(f"{name} is no manifest of schema {SCHEMA}")
    return value


def artifacts_of(manifest: Mapping[str, object]) -> list[Artifact]:
    """Return the artifacts a manifest lists, those that are well formed and lie beside it."""
    listed = manifest.get("artifacts")
    found = []
    for item in listed if isinstance(listed, list) else []:
        try:
            artifact = Artifact(**item)
            check_path(artifact.name)
        except (TypeError, UnsafeArchive):
            continue
        if "/" not in artifact.name:
            found.append(artifact)
    return found


@dataclass(frozen=True, slots=True)
class Contents:
    """What a manifest says: ``facts`` of the runtime (:func:`describe`), and artifacts made of it."""

    facts: Mapping[str, object]
    artifacts: tuple[Artifact, ...]

    @classmethod
    def of(cls, manifest: Mapping[str, object]) -> Contents:
        """Take a manifest apart; its entries are left out."""
        others = ("schema", "artifacts", "entries")
        facts = {key: value for key, value in manifest.items() if key not in others}
        return cls(facts, tuple(artifacts_of(manifest)))


def merged(manifest: Mapping[str, object], kept: Iterable[Artifact]) -> bytes:
    """Return ``manifest`` with the artifacts ``kept``, where it has none of their names itself."""
    artifacts = {item.name: item for item in kept} | {i.name: i for i in artifacts_of(manifest)}
    return _text({**manifest, "artifacts": _rows(artifacts.values())})


def same_runtime(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Say whether two manifests are of the same contents, with the same date."""
    return all(one.get(key) == other.get(key) for key in ("released", "entries"))


def provenance_of(manifest: Mapping[str, object]) -> tuple[Provenance, ...]:
    """Return the provenance a manifest records; raises :class:`NotReadable` for a malformed one."""
    return _listed(manifest, "provenance", Provenance)


def dependencies_of(manifest: Mapping[str, object]) -> tuple[Dependency, ...]:
    """Return the dependencies a manifest records; raises :class:`NotReadable` for malformed ones."""
    return _listed(manifest, "dependencies", Dependency)


def _listed(manifest: Mapping[str, object], key: str, kind: Callable[..., T]) -> tuple[T, ...]:
    """Return the values of ``kind``, whose fields are all texts, that a manifest has under ``key``."""
    listed = manifest.get(key)
    try:
        rows = listed if isinstance(listed, list) else []
        if not all(isinstance(text, str) for row in rows for text in row.values()):
            raise TypeError("a field is no text")
        return tuple(kind(**row) for row in rows)
    except (AttributeError, TypeError) as error:
        raise NotReadable(f"the manifest's {key} is malformed") from error
