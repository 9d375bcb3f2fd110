"""Source, target and npm become a Bundle; :func:`assemble` reads top to bottom as the recipe.

Every source delivers another shape; :mod:`~rtinstall.runtime_bundle.shapes` turns each into the
layout of the nodejs.org archives. The same checks are made of all: the executable is for the target, the headers and npm's own manifest
say what the label says, npm's links lead to npm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path

from rtinstall.runtime_bundle.archives import Archive, open_archive
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive, WrongBinary
from rtinstall.runtime_bundle.executables import (
    Executable,
    check_executable,
    read_executable,
)
from rtinstall.runtime_bundle.executables.grafted import restored
from rtinstall.runtime_bundle.executables.pe import version_resource
from rtinstall.runtime_bundle.executables.signature import check_signature
from rtinstall.runtime_bundle.headers import NODE_VERSION, components
from rtinstall.runtime_bundle.model import (
    Bundle,
    Dependency,
    Entry,
    File,
    Symlink,
    resolve_link,
)
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.shapes import (
    COMMANDS,
    NPM,
    NPM_SHAPES,
    SHAPES,
    on_windows,
    package_json,
)
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.sources.changelog import released_on
from rtinstall.runtime_bundle.targets import TARGETS, Target, target_named
from rtinstall.runtime_bundle.versions import Version

LINKS = {
    "npm": f"{NPM}/bin/npm-cli.js",
    "npx": f"{NPM}/bin/npx-cli.js",
    "corepack": "lib/node_modules/corepack/dist/corepack.js",
}
PROGRAMS = ("bin/node", "node.exe", "bin/node.exe")
NPM_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?")  # it becomes metadata


def assemble(
    parts: Sequence[Part],
    release: Release,
    target: Target,
    spool: Path,
    *,
    unpacked: Iterable[Entry] | None = None,
) -> Bundle:
    """Put the verified ``parts`` of one runtime together; their contents go into the file ``spool``.

    ``unpacked`` are the entries of the runtime, for whoever has read them already: they are checked
    all the same.

    Raises :class:`UnsafeArchive` for an archive that is not what it should be, and
    :class:`WrongBinary` for a runtime of another system, version or npm than the label says.
    """
    runtime = next(part for part in parts if part.what == "runtime")
    other_npm = next((part for part in parts if part.what == "npm"), None)

    if unpacked is None:
        read = SHAPES[runtime.layout]
        unpacked = read(runtime.path, spool.with_suffix(".runtime"), label_of(release, target))
    entries = list(unpacked)
    if other_npm is not None:
        entries = [entry for entry in entries if not _is_npm(entry.path)]
        entries += NPM_SHAPES[other_npm.layout](other_npm.path, spool.with_suffix(".npm"))
    if target.os == "win":
        entries = on_windows(entries)
    linked = _with_links(entries, target)
    entries = [*map(_with_own_libraries, linked)]
    note = "" if entries == linked else "; its executable asks for the system's libraries again"

    native = [open_archive(part.path) for part in parts if part.layout == "package"]
    _check_systems(native, target)

    files = {entry.path: entry for entry in entries if isinstance(entry, File)}
    program = files.get(_executable(target))
    if program is None:
        raise UnsafeArchive(f"there is no file {_executable(target)!r} in this runtime")
    executable = check_executable(program.content, target)
    if executable.kind == "macho":
        check_signature(program.content)
    said = _said(entries, program)
    npm = _npm_version(files, target)
    _check_label(release, said, npm if other_npm is None else "")
    return Bundle(
        version=release.version,
        target=target,
        npm=npm,
        released=_released(release, runtime, entries),
        entries=tuple(entries),
        provenance=tuple(
            replace(part.provenance, checked=part.provenance.checked + note)
            if part is runtime
            else part.provenance
            for part in parts
        ),
        components=_known(release, said),
        lts=said.get("lts", "") if NODE_VERSION in files else release.lts,
        glibc=executable.glibc if target.libc == "glibc" else None,
        os_release=_os_release(native, executable, target),
        dependencies=dependencies_of(native) if target.os_releases else (),
    )


def label_of(release: Release, target: Target) -> str:
    """Return what upstream calls an archive, and the one folder in it."""
    return f"node-{release.version.tag}-{target.name}"


def described(
    part: Part, target: Target | None, spool: Path, *, unpacked: Iterable[Entry] | None = None
) -> tuple[Release, Target]:
    """Return what a runtime without an index is: its own headers and its executable say it.

    ``unpacked`` are its entries, for whoever has read them already.

    Runtimes for Windows come without headers; there the executable's version resource says it.

    Raises :class:`WrongBinary` if it is not for ``target``, where one is given, or for no target
    of the table; :class:`NotReadable` for a runtime without headers.
    """
    if unpacked is None:
        unpacked = SHAPES[part.layout](part.path, spool.with_suffix(".look"), None)
    entries = list(unpacked)
    files = {entry.path: entry for entry in entries if isinstance(entry, File)}
    program = next((files[name] for name in PROGRAMS if name in files), None)
    if program is None:
        raise NotReadable(f"{part.path} holds no bin/node and no node.exe")
    if target is None:
        ibmi = part.layout == "package" and open_archive(part.path).os == "ibmi"
        target = target_named("ibmi-ppc64") if ibmi else _target_of(program)
    said = _said(entries, program)
    if "node" not in said:
        raise NotReadable(
            f"{part.path} does not say which version it is",
            hint="its include/node/node_version.h is missing; use a complete runtime",
        )
    version = Version.parse(said["node"] + said.get("tag", ""))
    return Release(version, EPOCH, lts=said.get("lts", "")), target


def _target_of(program: File) -> Target:
    found = read_executable(program.content)
    for target in TARGETS:
        if (target.os, set(target.archs), target.libc) == (found.os, {*found.archs}, found.libc):
            return target
    what = " ".join(filter(None, (found.kind, found.os, found.arch, found.libc)))
    raise WrongBinary(f"the executable is {what}, which is no target")


def _executable(target: Target) -> str:
    return "node.exe" if target.os == "win" else "bin/node"


def _is_npm(path: str) -> bool:
    home = NPM if path.startswith("lib/") else NPM.removeprefix("lib/")
    return path in ("bin/npm", "bin/npx", *COMMANDS) or f"{path}/".startswith(f"{home}/")


def _with_links(entries: Iterable[Entry], target: Target) -> list[Entry]:
    """Make bin/npm, bin/npx and bin/corepack the links they are upstream.

    A wheel stores copies in their place, which cannot find their modules from there. A copy that
    differs from the program it should be is refused rather than replaced.
    """
    found = {entry.path: entry for entry in entries}
    if target.os == "win":
        return list(found.values())
    for name, program in LINKS.items():
        there = found.get(f"bin/{name}")
        goal = found.get(program)
        if not isinstance(goal, File) or isinstance(there, Symlink):
            continue
        if isinstance(there, File) and there.sha256 != goal.sha256:
            raise UnsafeArchive(f"bin/{name} is neither a link to {program} nor a copy of it")
        found[f"bin/{name}"] = Symlink(f"bin/{name}", f"../{program}")
        found[program] = replace(goal, mode=0o755)
    for entry in found.values():
        if isinstance(entry, Symlink):
            goal_path = resolve_link(entry.path, entry.target)
            if goal_path not in found and not any(p.startswith(f"{goal_path}/") for p in found):
                raise UnsafeArchive(f"the link {entry.path} leads nowhere: {entry.target}")
    return list(found.values())


def _with_own_libraries(entry: Entry) -> Entry:
    """Return an executable asking for the system's libraries, if a wheel made it ask for others."""
    if entry.path != "bin/node" or not isinstance(entry, File):
        return entry
    try:
        needed = read_executable(entry.content).needed
    except WrongBinary:
        return entry  # what it is instead is said by the check
    return restored(entry, needed)


def dependencies_of(native: Sequence[Archive]) -> tuple[Dependency, ...]:
    """Return what the packages that a runtime was made of need, but not of each other."""
    own = {archive.metadata["name"] for archive in native}
    found = {item for archive in native for item in archive.dependencies if item.name not in own}
    return tuple(sorted(found, key=lambda item: (item.kind, item.name, item.version)))


# The checks.


def _check_systems(native: Sequence[Archive], target: Target) -> None:
    """Raise :class:`WrongBinary` for a package that says it is for another system than ``target``."""
    for archive in native:
        if archive.os and archive.os != target.os:
            raise WrongBinary(
                f"{archive.path.name} is a package for {archive.os}{archive.os_release}, not for {target}"
            )


def _os_release(native: Sequence[Archive], executable: Executable, target: Target) -> str:
    """Return the release of the system a runtime was built for, as far as packages tell it apart.

    Raises :class:`WrongBinary` if the parts are for different ones, the executable for a newer one, or
    all of it for one that is newer than any known here: nothing could say what it runs on.
    """
    if not target.os_releases:
        return ""
    stated = {archive.os_release for archive in native if archive.os_release}
    if target.os == "freebsd" and executable.minimum:
        built = executable.minimum[0]
        if any(int(release) < built for release in stated):
            raise WrongBinary(
                f"the package is for FreeBSD {min(stated)}, its executable for FreeBSD {built}"
            )
        stated = stated or {str(built)}
    if len(stated) > 1:
        raise WrongBinary(f"the parts are for different releases: {', '.join(sorted(stated))}")
    release = next(iter(stated), "")
    if _numbers(release) > max(map(_numbers, target.os_releases)):
        raise WrongBinary(f"it was built for {target.os} {release}, which is not known here")
    return release if release in target.os_releases else ""


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in release.split(".") if number)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The bytes of a file, when asked for."""

    file: File

    def __call__(self) -> bytes:
        return b"".join(self.file.content.chunks())


def _said(entries: Iterable[Entry], program: File) -> dict[str, str]:
    """Return what the headers say, or, where there are none, the executable's version resource."""
    said = components({e.path: _Reader(e) for e in entries if isinstance(e, File)})
    if "node" not in said and (resource := version_resource(program.content)):
        node, hyphen, tag = resource.product.partition("-")
        said |= {"node": node, "tag": hyphen + tag}
    return said


def _npm_version(files: Mapping[str, File], target: Target) -> str:
    home = NPM.removeprefix("lib/") if target.os == "win" else NPM
    there = files.get(f"{home}/package.json")
    if there is None:
        raise UnsafeArchive(
            f"there is no file {home}/package.json: the runtime comes without npm",
            hint="add one: rtbuild release or bundle with --source and --npm 11.6.2",
        )
    manifest = package_json(there, "npm")
    version = manifest.get("version")
    if not isinstance(version, str) or not NPM_VERSION.fullmatch(version):
        raise UnsafeArchive(f"the package.json of npm has no version, but {version!r:.80}")
    return version


def _check_label(release: Release, said: dict[str, str], npm: str) -> None:
    """Raise :class:`WrongBinary` where the runtime says something else than its label."""
    version = release.version
    wanted = {
        "node": f"{version.major}.{version.minor}.{version.patch}",
        "v8": _plain_v8(release.v8),
        "uv": release.uv,
        "modules": release.modules,
    }
    for name, value in wanted.items():
        if value and said.get(name) and _plain_v8(said[name]) != value:
            raise WrongBinary(f"labelled {name} {value}, but its headers say {said[name]}")
    if release.npm and npm and npm != release.npm:
        raise WrongBinary(f"labelled npm {release.npm}, but the npm in it is {npm}")


def _plain_v8(version: str) -> str:
    """Return a version without the suffix of Node.js's own changes, which the index leaves out."""
    return version.partition("-node")[0]


def _known(release: Release, said: dict[str, str]) -> dict[str, str]:
    """Return component versions, the index's words first."""
    names = ("v8", "uv", "zlib", "openssl", "modules")
    both = {name: getattr(release, name) or said.get(name, "") for name in names}
    return {name: value for name, value in both.items() if value}


def _released(release: Release, runtime: Part, entries: Iterable[Entry]) -> int:
    """Return the release date as seconds since 1970: the index's, or the change log's.

    Where neither has it, the time of the executable in the archive or on disk.
    """
    day = release.date
    for entry in entries:
        if day == EPOCH and entry.path == "CHANGELOG.md" and isinstance(entry, File):
            text = _Reader(entry)().decode("utf-8", "replace")
            day = released_on(text, release.version) or EPOCH
    if day != EPOCH:
        return int(datetime.combine(day, time(), UTC).timestamp())
    if runtime.layout == "directory":
        there = (runtime.path / name for name in PROGRAMS)
        return int(next(path for path in there if path.is_file()).stat().st_mtime)
    for member, _ in open_archive(runtime.path).entries():
        if member.name.endswith(PROGRAMS):
            return max(member.time, 0)
    return 0
