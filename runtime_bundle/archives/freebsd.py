"""FreeBSD packages (pkg-create(8)): a tar of manifests named by a plus, then files by absolute name.

The manifest is UCL; pkg writes the part of it that is JSON, and that is what is read. As for pkg, a
file that the manifest does not list does not belong in the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import dropwhile
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import tar
from rtinstall.runtime_bundle.archives.archive import Archive, Metadata, leading, opened
from rtinstall.runtime_bundle.archives.compressed import expanded
from rtinstall.runtime_bundle.archives.digests import Expected, checked, plain
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.freebsd_sums import read_sum
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import Dependency

MANIFESTS = ("+MANIFEST", "+COMPACT_MANIFEST")
NOT_FIELDS = ("files", "directories", "config", "scripts", "lua_scripts")
ABI = re.compile(r"FreeBSD:([0-9]{1,3}):.+")
Manifest = dict[str, object]


def open_freebsd(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read the manifest of a package, and prepare to read its files."""
    found = read_manifests(path, limits)
    manifest = next((found[name] for name in MANIFESTS if name in found), {})
    listed = _listed(manifest)
    for name in _strings(manifest, "config"):
        if plain(path_of(name)) not in listed:
            raise UnsafeArchive(f"the configuration file {name!r} is no file of the package")
    for key in _object(manifest, "directories"):
        path_of(key)
    packed = path.stat().st_size

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        meter = Meter(limits, packed)
        every = tar.members(expanded(file, meter), meter, padding="zeros")
        payload = dropwhile(lambda member: _is_metadata(member[0].name), every)
        yield from checked(_known(payload, listed, problems), listed, problems)

    metadata = _metadata(manifest)
    abi = ABI.fullmatch(str(metadata["architecture"]))
    return Archive(
        path, "freebsd", metadata, _scripts(manifest), [], members,
        os="freebsd" if abi else None,
        os_release=abi[1] if abi else "",
        dependencies=dependencies(manifest),
    )  # fmt: skip


def read_manifests(path: Path, limits: Limits = LIMITS) -> dict[str, Manifest]:
    """Return, by name, the metadata that the package at ``path`` begins with.

    What is no manifest is empty: pkg passes over it. Raises :class:`UnsafeArchive` for a manifest that is no JSON object, or says a thing twice.
    """
    with opened(path) as file:
        meter = Meter(limits, path.stat().st_size)
        every = tar.members(expanded(file, meter), meter, padding="zeros")
        found = leading(every, ours=_is_metadata, limit=limits.metadata)
    return {name: _json(data) if name in MANIFESTS else {} for name, data in found.items()}


def dependencies(manifest: Mapping[str, object]) -> tuple[Dependency, ...]:
    """Return the packages and the shared libraries that a manifest asks for."""
    found = []
    for name, value in sorted(_object(manifest, "deps").items()):
        for facts in value if isinstance(value, list) else [value]:
            if not isinstance(facts, dict):
                raise UnsafeArchive(
                    f"the dependency {name!r} in the package's manifest is no object"
                )
            version, origin = (str(facts.get(key, "")) for key in ("version", "origin"))
            found.append(Dependency("package", name, version, origin))
    libraries = _strings(manifest, "shlibs_required")
    found += [Dependency("library", name) for name in sorted(libraries)]
    for dependency in found:
        words = (dependency.name, dependency.version, dependency.origin)
        if not dependency.name or not all(map(str.isprintable, words)):
            raise UnsafeArchive(f"the package depends on {dependency.name!r}, which is no name")
    return tuple(found)


def path_of(key: str) -> str:
    """Return the path that a key of ``files`` or ``directories`` stands for, percent-decoded."""
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), key.encode())
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UnsafeArchive(f"a name in the package's manifest is not UTF-8: {key!r}") from None


def _is_metadata(name: str) -> bool:
    return name.startswith("+")


def _known(
    members: Iterable[Member], listed: Mapping[str, object], problems: list[str]
) -> Iterator[Member]:
    """Pass ``members`` on, and note those that no manifest lists, which pkg would refuse."""
    left = set(listed)
    for entry, chunks in members:
        name = plain(entry.name)
        if entry.kind != "directory" and name not in left:
            what = "is in the package twice" if name in listed else "is not in its manifest"
            problems.append(f"{entry.name!r} {what}")
        left.discard(name)
        yield entry, chunks


def _json(data: bytes) -> Manifest:
    try:
        manifest = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise UnsafeArchive("the package's manifest is no JSON") from None
    if not isinstance(manifest, dict):
        raise UnsafeArchive("the package's manifest is no object")
    return manifest


def _once(pairs: list[tuple[str, object]]) -> Manifest:
    """Refuse a key given twice, of which JSON's readers take the last and UCL's take both."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnsafeArchive("the package's manifest says a thing twice")
    return found


def _object(manifest: Mapping[str, object], key: str) -> Manifest:
    value = manifest.get(key, {})
    if not isinstance(value, dict):
        raise UnsafeArchive(f"{key!r} in the package's manifest is no object")
    return value


def _strings(manifest: Mapping[str, object], key: str) -> list[str]:
    value = manifest.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UnsafeArchive(f"{key!r} in the package's manifest is no list of names")
    return value


def _listed(manifest: Mapping[str, object]) -> dict[str, Expected | None]:
    """Return the digests of the files by their plain names: texts, or objects that hold one."""
    listed: dict[str, Expected | None] = {}
    for key, value in _object(manifest, "files").items():
        digest = value.get("sum", "") if isinstance(value, dict) else value
        name = plain(path_of(key))
        if not isinstance(digest, str) or name in listed:
            raise UnsafeArchive(f"the file {key!r} in the package's manifest is malformed")
        listed[name] = read_sum(digest)
    return listed


def _scripts(manifest: Mapping[str, object]) -> tuple[str, ...]:
    return (*_object(manifest, "scripts"), *_object(manifest, "lua_scripts"))


def _metadata(manifest: Manifest) -> Metadata:
    fields: Metadata = {}
    for key, value in manifest.items():
        if key not in NOT_FIELDS:
            fields[key] = _messages(value) if key == "messages" else _field(value)
    for key in ("name", "version"):
        if not isinstance(fields.get(key), str) or not fields[key]:
            raise UnsafeArchive(f"the package's manifest has no {key}")
    if isinstance(desc := fields.get("desc"), str):
        fields["desc"] = path_of(desc)
    fields["architecture"] = fields.get("abi", fields.get("arch", ""))
    return fields


def _field(value: object) -> str | list[str]:
    return [str(item) for item in value] if isinstance(value, dict | list) else str(value)


def _messages(value: object) -> str | list[str]:
    """Return what is said to whoever installs: one text, or texts with the occasion of each."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("message"), str) for item in value
    ):
        return [item["message"] for item in value]
    raise UnsafeArchive("'messages' in the package's manifest are no messages")
