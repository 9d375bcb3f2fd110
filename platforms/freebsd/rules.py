"""Rules for a FreeBSD package: its two manifests and its tar must not say different things.

pkg(8) itself installs whatever the tar holds under a name that the manifest lists: it compares no
digest, owner or mode, and misses no file. So nothing but these rules stands before its users.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rtinstall.platforms.freebsd.manifest import CONTENTS
from rtinstall.runtime_bundle.archives import ArchiveEntry
from rtinstall.runtime_bundle.archives.freebsd import path_of
from rtinstall.runtime_bundle.archives.freebsd_sums import read_sum
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.freebsd.abi import legacy
from rtinstall.runtime_bundle.model import check_path

NAMES = ["+COMPACT_MANIFEST", "+MANIFEST"]
# libpkg, pkg_is_valid: without one of these pkg installs nothing.
REQUIRED = ("name", "origin", "version", "comment", "maintainer", "www", "prefix", "desc", "abi")
OTHERS = (
    "arch", "flatsize", "licenselogic", "licenses", "deps", "categories", "shlibs_required",
    "annotations", "messages",
)  # fmt: skip
MACHINES = ("amd64", "aarch64")
ABI = re.compile(rf"(FreeBSD):([1-9][0-9]?):({'|'.join(MACHINES)})")
ORIGIN = re.compile(r"[a-z0-9-]+/[A-Za-z0-9+._-]+")
VERSION = re.compile(r"[0-9][A-Za-z0-9.+]*(_[1-9][0-9]*)?(,[1-9][0-9]*)?")


def faults(
    manifests: Mapping[str, Mapping[str, object]], entries: Sequence[ArchiveEntry]
) -> Iterator[str]:
    """Yield what is wrong with a package that begins with ``manifests``, and then has ``entries``."""
    if list(manifests) != NAMES:
        yield f"begins with {', '.join(manifests)}, not with {' and '.join(NAMES)}"
        return
    compact, full = (manifests[name] for name in NAMES)
    if compact != {key: value for key, value in full.items() if key not in CONTENTS}:
        yield "its two manifests say different things"
    yield from _words(full)
    yield from _names(entries)
    for key, kinds in (("files", ("file", "symlink")), ("directories", ("directory",))):
        stored = {entry.name.rstrip("/"): entry for entry in entries if entry.kind in kinds}
        yield from _attributes(key, full.get(key, {}), stored)
    size = sum(entry.size or len(entry.link.encode()) for entry in entries)
    if full.get("flatsize") != size:
        yield f"says that it installs {full.get('flatsize')} bytes, but installs {size}"


def _words(manifest: Mapping[str, object]) -> Iterator[str]:
    for key in manifest:
        if key not in (*REQUIRED, *OTHERS, *CONTENTS):
            yield f"has the key {key!r} in its manifest, which is none of ours"
    words = {key: str(manifest.get(key, "")) for key in REQUIRED}
    yield from (f"has no {key} in its manifest" for key, word in words.items() if not word)
    abi = ABI.fullmatch(words["abi"])
    if not abi:
        yield f"is for {words['abi']!r}, which is no ABI of FreeBSD"
    elif manifest.get("arch") != legacy(abi[0]):
        yield f"is for {abi[0]}, but its older name is {manifest.get('arch')!r}"
    if not VERSION.fullmatch(words["version"]):
        yield f"has the version {words['version']!r}, which pkg does not part from a name"
    if not ORIGIN.fullmatch(words["origin"]):
        yield f"has the origin {words['origin']!r}, which is no port's"


def _names(entries: Sequence[ArchiveEntry]) -> Iterator[str]:
    for entry in entries:
        name = entry.name.rstrip("/")
        try:
            if not name.startswith("/"):
                yield f"{name} is not an absolute name"
            check_path(name[1:])
        except UnsafeArchive as error:
            yield str(error)


def _attributes(key: str, listed: object, stored: Mapping[str, ArchiveEntry]) -> Iterator[str]:
    """Yield where what the manifest lists under ``key`` is not what the tar has ``stored``."""
    described = listed if isinstance(listed, dict) else {}
    known = {path_of(name).rstrip("/"): value for name, value in described.items()}
    yield from (f"{name} is in the tar only" for name in sorted(stored.keys() - known.keys()))
    yield from (f"{name} is in the manifest only" for name in sorted(known.keys() - stored.keys()))
    for name in sorted(known.keys() & stored.keys()):
        value, entry = known[name], stored[name]
        if not isinstance(value, dict):
            yield f"{name} is in the manifest without owner and mode"
            continue
        actual = {
            "uname": entry.owner,
            "gname": entry.group,
            "perm": f"{entry.mode:04o}",
            **({"symlink_target": entry.link} if entry.kind == "symlink" else {}),
            **({"mtime": entry.time} if entry.kind != "directory" else {}),
        }
        for word in sorted(actual.keys() | value.keys() - {"sum"}):
            if word not in value or word not in actual or value[word] != actual[word]:
                yield f"{name} has another {word} in the manifest than in the tar"
        if entry.kind != "directory" and read_sum(str(value.get("sum", ""))) is None:
            yield f"{name} has no digest in the manifest that can be checked"
