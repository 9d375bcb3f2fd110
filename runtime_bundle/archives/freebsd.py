"""FreeBSD packages (pkg-create(8)): a tar of manifests named by a plus, then files by absolute name.

The manifest is UCL; pkg writes the part of it that is JSON, and that is what is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import tar
from rtinstall.runtime_bundle.archives.archive import Archive, Metadata, leading, opened
from rtinstall.runtime_bundle.archives.digests import Expected, checked, plain
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import Source
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import Dependency

MANIFESTS = ("+MANIFEST", "+COMPACT_MANIFEST")
NOT_FIELDS = ("files", "directories", "config", "scripts", "lua_scripts")
ABI = re.compile(r"FreeBSD:([0-9]{1,3}):.+")


def open_freebsd(
    path: Path, source: Callable[[BinaryIO, Meter], Source], limits: Limits = LIMITS
) -> Archive:
    """Read the manifest of a package whose tar ``source`` opens, and prepare to read its files."""
    packed = path.stat().st_size
    with opened(path) as file:
        meter = Meter(limits, packed)
        every = tar.members(source(file, meter), meter)
        found = leading(every, ours=_is_manifest, limit=limits.metadata)
    manifest = _json(next((found[name] for name in MANIFESTS if name in found), b""))
    listed = {plain(name): _sum(value) for name, value in _object(manifest, "files").items()}
    scripts = (*_object(manifest, "scripts"), *_object(manifest, "lua_scripts"))

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        meter = Meter(limits, packed)
        payload = (
            (entry, chunks)
            for entry, chunks in tar.members(source(file, meter), meter)
            if not _is_manifest(entry.name)
        )
        yield from checked(payload, listed, problems)

    metadata = _metadata(manifest)
    abi = ABI.fullmatch(str(metadata["architecture"]))
    return Archive(
        path, "freebsd", metadata, scripts, [], members,
        os="freebsd" if abi else None,
        os_release=abi[1] if abi else "",
        dependencies=dependencies(manifest),
    )  # fmt: skip


def dependencies(manifest: Mapping[str, object]) -> tuple[Dependency, ...]:
    """Return the packages and the shared libraries that a manifest asks for."""
    found = []
    for name, value in sorted(_object(manifest, "deps").items()):
        facts = value if isinstance(value, dict) else {}
        version, origin = (str(facts.get(key, "")) for key in ("version", "origin"))
        found.append(Dependency("package", name, version, origin))
    libraries = manifest.get("shlibs_required", [])
    if not isinstance(libraries, list):
        raise UnsafeArchive("'shlibs_required' in the package's manifest is no list")
    found += [Dependency("library", name) for name in sorted(map(str, libraries))]
    for dependency in found:
        if not all(map(str.isprintable, (dependency.name, dependency.version, dependency.origin))):
            raise UnsafeArchive(f"the package depends on {dependency.name!r}, which is no name")
    return tuple(found)


def _is_manifest(name: str) -> bool:
    return name.startswith("+")


def _json(data: bytes) -> dict[str, object]:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        raise UnsafeArchive("the package's manifest is no JSON") from None
    if not isinstance(manifest, dict):
        raise UnsafeArchive("the package's manifest is no object")
    return manifest


def _object(manifest: Mapping[str, object], key: str) -> dict[str, object]:
    value = manifest.get(key, {})
    if not isinstance(value, dict):
        raise UnsafeArchive(f"{key!r} in the package's manifest is no object")
    return value


def _sum(value: object) -> Expected | None:
    """Read ``1$<hex>``, bare hexadecimal, or the newer object; None for other kinds of digest."""
    if isinstance(value, dict):
        value = value.get("sum")
    if not isinstance(value, str):
        return None
    digest = value.removeprefix("1$")
    return ("sha256", digest) if len(digest) == 64 and "$" not in digest else None


def _metadata(manifest: dict[str, object]) -> Metadata:
    fields: Metadata = {}
    for key, value in manifest.items():
        if key in NOT_FIELDS:
            continue
        if isinstance(value, dict | list):
            fields[key] = [str(item) for item in value]
        else:
            fields[key] = str(value)
    for key in ("name", "version"):
        if not isinstance(fields.get(key), str):
            raise UnsafeArchive(f"the package's manifest has no {key}")
    fields["architecture"] = fields.get("abi", fields.get("arch", ""))
    return fields
