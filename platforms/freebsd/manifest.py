"""The manifests of a FreeBSD package (pkg-create(8)): what pkg registers of it.

pkg reads UCL; the part of it that is JSON is what pkg writes, and so is this, keys in pkg's own
order. ``+COMPACT_MANIFEST`` is for whoever only looks; ``+MANIFEST`` lists the files, too.

Decisions:

* No ``conflicts``: pkg takes each name for an installed package when it registers this one, and
  refuses to install where it is none. It finds the ports' node, npm and corepack by the files that
  both install.
* Digests are bare hexadecimal SHA-256, in the form that has owner and mode beside it: every pkg
  from 1.10 to 2.8 reads that; with another digest there, only the newest.
* The FreeBSD that the executable was built on is the annotation ``FreeBSD_version``, as in packages
  of the ports: pkg asks before it installs on an older one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from rtinstall.platforms.freebsd.messages import messages
from rtinstall.platforms.package import Package
from rtinstall.platforms.unix import NPM
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.freebsd.abi import legacy
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink

OWNER, GROUP = "root", "wheel"
# What +MANIFEST has, and +COMPACT_MANIFEST has not.
CONTENTS = ("files", "config", "directories")


def compact(package: Package) -> dict[str, object]:
    """Return ``+COMPACT_MANIFEST``: everything about the package but what is in it."""
    metadata, bundle = package.metadata, package.bundle
    prefix = prefix_of(package)
    return _without_empty(
        {
            "name": metadata.name,
            "origin": f"www/{metadata.name}",
            "version": package.version,
            "comment": metadata.summary,
            "maintainer": metadata.maintainer,
            "www": metadata.homepage,
            "abi": package.architecture,
            "arch": legacy(package.architecture),
            "prefix": f"/{prefix}",
            "flatsize": sum(map(_size, installed(package))),
            "licenselogic": "single",
            "licenses": [metadata.license],
            "desc": escaped(metadata.description),
            "deps": _packages(bundle),
            "categories": ["www"],
            "shlibs_required": list(package.requires),
            "annotations": _annotations(bundle),
            "messages": messages(package, prefix),
        }
    )


def full(package: Package) -> dict[str, object]:
    """Return ``+MANIFEST``: the same, and files, configuration and directories."""
    said = compact(package)
    contents = {
        "files": {escaped(f"/{e.path}"): _file(e, package.time) for e in installed(package)},
        "config": [f"/{path}" for path in sorted(package.config)],
        "directories": {
            escaped(f"/{directory.path}"): _owned(directory) for directory in directories(package)
        },
    }
    last = said.pop("messages")
    return said | _without_empty(contents) | {"messages": last}


def encode(manifest: Mapping[str, object]) -> bytes:
    """Return a manifest as compact JSON."""
    return json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()


def escaped(text: str) -> str:
    """Percent-encode what pkg does in descriptions and paths: all but ASCII, and the sign itself."""
    return "".join(
        chr(byte) if byte < 0x80 and byte != 0x25 else f"%{byte:02x}" for byte in text.encode()
    )


def installed(package: Package) -> tuple[File | Symlink, ...]:
    """Return what pkg counts as files."""
    return tuple(e for e in package.entries if not isinstance(e, Directory))


def directories(package: Package) -> tuple[Directory, ...]:
    """Return the directories that are the package's own."""
    return tuple(
        e for e in package.entries if isinstance(e, Directory) and e.path not in package.shared
    )


def prefix_of(package: Package) -> str:
    """Return the prefix, without a leading slash: where the npm with our configuration is."""
    end = f"/{NPM}/npmrc"
    return next(f.path.removesuffix(end) for f in package.files if f.path.endswith(end))


def _packages(bundle: Bundle) -> dict[str, dict[str, str]]:
    return {
        item.name: {"origin": item.origin, "version": item.version}
        for item in bundle.dependencies
        if item.kind == "package"
    }


def _annotations(bundle: Bundle) -> dict[str, str]:
    built = read_executable(bundle.file("bin/node").content).minimum
    return {"FreeBSD_version": f"{built[0]}{built[1]:02}000"} if built else {}


def _file(entry: File | Symlink, time: int) -> dict[str, object]:
    if isinstance(entry, File):
        return {"sum": entry.sha256, **_owned(entry), "mtime": time}
    digest = hashlib.sha256(entry.target.encode()).hexdigest()
    return {"sum": digest, **_owned(entry), "symlink_target": entry.target, "mtime": time}


def _owned(entry: Entry) -> dict[str, object]:
    return {"uname": OWNER, "gname": GROUP, "perm": f"{entry.mode:04o}"}


def _size(entry: File | Symlink) -> int:
    return entry.size if isinstance(entry, File) else len(entry.target.encode())


def _without_empty(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out what there is nothing of, as pkg does."""
    return {key: value for key, value in values.items() if value not in ({}, [])}
