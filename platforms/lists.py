"""The lists of a mirror, made of its manifests: checksums of a version, rows of the index. Pure.

A row does not depend on the order in which targets were finished, or by whom: of each fact the
first manifest that knows it counts, in the order of the table of targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rtinstall.platforms.manifest import Artifact, artifacts_of
from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.releases import (
    Release,
    newest_first,
    write_index_json,
    write_index_tab,
)
from rtinstall.runtime_bundle.targets import BY_NAME, Target
from rtinstall.runtime_bundle.versions import Version

SHASUMS = "SHASUMS256.txt"
MANIFEST = ".manifest.json"
UNITS = ".units"  # what was delivered and is not yet published, a folder a unit
UNIT = "manifest.json"
ARCHIVES = frozenset({"tar.xz", "tar.gz", "zip"})
ORDER = {name: turn for turn, name in enumerate(BY_NAME)}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a manifest states, as far as lists go."""

    version: Version
    target: Target
    released: int
    npm: str
    lts: str
    components: Mapping[str, str]
    artifacts: tuple[Artifact, ...]


def manifest_name(version: Version, target: str) -> str:
    """Return what the manifest of a target is called."""
    return f"node-{version.tag}-{target}{MANIFEST}"


def stated(manifest: Mapping[str, object], name: str) -> Stated:
    """Read a manifest for lists; :class:`NotReadable` if it lacks what they need."""
    try:
        components = manifest["components"]
        if not isinstance(components, dict):
            raise TypeError("components")
        return Stated(
            Version.parse(str(manifest["version"])),
            BY_NAME[str(manifest["target"])],
            int(str(manifest["released"])),
            str(manifest["npm"]),
            str(manifest["lts"]),
            {str(key): str(value) for key, value in components.items()},
            tuple(artifacts_of(manifest)),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise NotReadable(f"{name} lacks {error}") from error


def row(version: Version, manifests: Iterable[Stated], known: Release | None) -> Release:
    """Return what the index is to say of a version; ``known`` is what it has said so far."""
    ordered = sorted(manifests, key=lambda each: ORDER[each.target.name])
    files = set(known.files) if known else set()
    files |= {
        each.target.index
        for each in ordered
        if each.target.index and any(item.format in ARCHIVES for item in each.artifacts)
    }

    def component(name: str) -> str:
        # A runtime without headers, as those for Windows, does not know; another one may.
        said = next((found for each in ordered if (found := each.components.get(name))), "")
        return said or (str(getattr(known, name)) if known else "")

    first = ordered[0]
    return Release(
        version=version,
        date=datetime.fromtimestamp(first.released, UTC).date(),
        files=frozenset(files),
        npm=first.npm,
        v8=component("v8").partition("-node")[0],  # as upstream's index has it
        uv=component("uv"),
        zlib=component("zlib"),
        openssl=component("openssl"),
        modules=component("modules"),
        lts=first.lts,
        security=known.security if known else False,
    )


def indexes(releases: Iterable[Release]) -> tuple[tuple[str, bytes], ...]:
    """Return the files of the index that lists ``releases``, each with its name."""
    told = newest_first(releases)
    return (("index.json", write_index_json(told)), ("index.tab", write_index_tab(told)))


def sums_text(sums: Mapping[str, str]) -> bytes:
    """Return a list of checksums as ``sha256sum`` has it."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
