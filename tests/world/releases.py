"""Releases of a runtime that is a script: whatever it is asked, it says what is on its label."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bundles import small_bundle
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.manifest import Artifact, write_manifest
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import File

ANSWERING = """\
#!/bin/sh
name=${{1##*/}}
name=${{name%.mjs}}
echo '{{"check":"'"$name"'",{facts}'
"""
NPM = "11.6.2"
NOTHING: Mapping[str, str] = {}


def answering(version: str) -> bytes:
    """Return a node that is a script, of that version."""
    facts = {"version": version, "npm": NPM, **small_bundle().components}
    facts |= {"platform": "linux", "arch": "x64", "libc": "glibc", "endianness": "LE"}
    return ANSWERING.format(facts=json.dumps(facts)[1:]).encode()


def published(
    dist: Path,
    version: str,
    *formats: str,
    target: str = "linux-x64",
    node: bytes | None = None,
    more: Mapping[str, str] = NOTHING,
) -> Path:
    """Write packages of a release and its manifest into the mirror ``dist``; return the last one.

    ``node`` takes the place of the executable, ``more`` are programs beside it.
    """
    bundle = small_bundle(target, version, npm=NPM)
    script = answering(version) if node is None else node
    folder = dist / bundle.version.tag
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = []
    for name in formats:
        module = FORMATS[name]
        package = _with(module.package(bundle, Settings()), script, more)
        path = folder / module.filename(package)
        with path.open("wb+") as out:
            module.write(package, out, Effort("fast"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        artifacts.append(Artifact(path.name, name, path.stat().st_size, digest, "recipe"))
    manifest = folder / f"node-{bundle.version.tag}-{target}.manifest.json"
    manifest.write_bytes(write_manifest(bundle, artifacts))
    return path


def _with(package: Package, node: bytes, more: Mapping[str, str]) -> Package:
    """Return a package with another node, and with more programs beside it."""
    (place,) = (each.path for each in package.entries if each.path.endswith("bin/node"))
    folder = place.removesuffix("node")
    new = {place: node, **{folder + name: text.encode() for name, text in more.items()}}
    kept = [each for each in package.entries if each.path not in new]
    files = [File.of(path, data, mode=0o755) for path, data in new.items()]
    return replace(package, entries=tuple(sorted((*kept, *files), key=lambda each: each.path)))
