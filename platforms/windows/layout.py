"""Folders, components and files of a package: the rows that say what goes where.

A component is what Windows counts, repairs and removes as one. There is one for each folder and
feature, not for each file: 450 to register instead of 2,200. That keeps to the component rules
because the old product is removed before the new one is installed. ``node.exe`` has its own.

INSTALLDIR lies in PREVIOUSDIR without a name of its own (DefaultDir "."), so that a search of the
registry can say where the product was last time and the command line still has the last word: a
search overwrites what the command line gives to the property it sets. Likewise PREVIOUSDIR lies in
NODEJSDIR, where Node.js's own product is, if this one replaces it.

Below a user's profile every component needs a value in that user's registry as its key path, and
every folder a row that removes it (SDK, ICE38 and ICE64).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping

from rtinstall.platforms.containers.cab import Member
from rtinstall.platforms.digests import digests
from rtinstall.platforms.windows import place, short_names
from rtinstall.platforms.windows.draft import FOR_MACHINE, ON_REMOVAL, USER, Draft
from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.pe import VersionResource, version_resource
from rtinstall.runtime_bundle.model import Directory, File

NODE = "node.exe"
PROGRAMS = (".exe", ".dll", ".node")
CABINET = "node.cab"
VITAL = 512
NO_NUMBER = -(1 << 31)  # stored, it is the one that means nothing is there
# P: nothing is inherited from above. (A;OICI;...): allowed, to this folder and all below it; FA all,
# 0x1200a9 read and run. The two letters stand for SIDs, whatever Windows calls the groups in its
# language: SYSTEM, Administrators; Users, Authenticated Users (Microsoft, "SID Strings").
PERMISSIONS = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICI;0x1200a9;;;AU)"


def lay_out(draft: Draft, jobs: int) -> list[Member]:
    """Add the rows for everything in the package; return the cabinet's members, in their order."""
    top = place.folder(draft.package.metadata.name, draft.scope, draft.arch) + "/"
    inside = {
        entry.path.removeprefix(top): entry
        for entry in draft.package.entries
        if entry.path.startswith(top)
    }
    files = {path: entry for path, entry in inside.items() if isinstance(entry, File)}
    folders = [path for path, entry in inside.items() if isinstance(entry, Directory)]
    order = sorted(files, key=_locality)
    keys = {path: f"f{number}" for number, path in enumerate(order, 1)}
    identifiers = {path: f"d{number}" for number, path in enumerate(folders, 1)}
    identifiers[""] = "INSTALLDIR"
    names = _names(inside)

    _add_folders(draft, identifiers, names)
    components = _add_components(draft, files, identifiers, keys)
    _add_files(draft, files, keys, components, names, jobs)
    draft.add("Media", 1, len(order), None, f"#{CABINET}", None, None)
    if draft.scope == "user":
        _add_removals(draft, identifiers, components)
    else:
        _add_permissions(draft, {components[path] for path in files if "/" not in path})
    return [Member(keys[path], files[path].content) for path in order]


def _locality(path: str) -> tuple[bool, str, str]:
    """Sort alike files together: MSZIP looks back on no more than 32 KiB."""
    return path != NODE, path.rpartition("/")[2], path


def _names(paths: Iterable[str]) -> dict[str, str]:
    """Return what stands for each path in the columns FileName and DefaultDir."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        found[folder].append(name)
    return {
        f"{folder}/{name}".removeprefix("/"): column
        for folder, names in found.items()
        for name, column in short_names.columns(names).items()
    }


def _add_folders(draft: Draft, identifiers: Mapping[str, str], names: Mapping[str, str]) -> None:
    name = draft.package.metadata.name
    parent = draft.root
    draft.add("Directory", "TARGETDIR", None, "SourceDir")
    draft.add("Directory", parent, "TARGETDIR", ".")
    if draft.scope == "user":
        draft.add("Directory", "UserPrograms", parent, "Programs")
        parent = "UserPrograms"
    column = short_names.columns([name])[name]
    if draft.takes_over:
        draft.add("Directory", "NODEJSDIR", parent, column)
        parent, column = "NODEJSDIR", "."
    draft.add("Directory", "PREVIOUSDIR", parent, column)
    draft.add("Directory", "INSTALLDIR", "PREVIOUSDIR", ".")
    for path, identifier in identifiers.items():
        if path:
            above = identifiers[path.rpartition("/")[0]]
            draft.add("Directory", identifier, above, names[path])


def _add_components(
    draft: Draft,
    files: Mapping[str, File],
    identifiers: Mapping[str, str],
    keys: Mapping[str, str],
) -> dict[str, str]:
    """Add the components of all files and empty folders; return the component of each path."""
    top = place.folder(draft.package.metadata.name, draft.scope, draft.arch)
    groups: dict[tuple[str, str], list[str]] = {
        (path, place.feature(f"{path}/")): []
        for path in identifiers.keys()
        - {each.rpartition("/")[0] for each in (*files, *identifiers)}
    }
    for path in files:
        if path != NODE:
            groups.setdefault((path.rpartition("/")[0], place.feature(path)), []).append(path)
    hive = USER if draft.scope == "user" else None
    draft.component(
        "NodeExecutable", "INSTALLDIR", feature="NodeRuntime", file=keys[NODE], hive=hive
    )
    found = {NODE: "NodeExecutable"}
    for number, (folder, feature) in enumerate(sorted(groups), 1):
        members = groups[folder, feature]
        draft.component(
            f"c{number}", identifiers[folder], feature=feature, place=f"{top}/{folder}", hive=hive,
            file=keys[min(members, key=_is_program)] if members else None,
        )  # fmt: skip
        found |= dict.fromkeys(members or [folder], f"c{number}")
    return found


def _add_files(
    draft: Draft,
    files: Mapping[str, File],
    keys: Mapping[str, str],
    components: Mapping[str, str],
    names: Mapping[str, str],
    jobs: int,
) -> None:
    """Add the files: with the version in its resources where a program has one, or with an MD5."""
    hashed = {}
    for sequence, (path, key) in enumerate(keys.items(), 1):
        file = files[path]
        resource = _version(file) if _is_program(path) else None
        version, language = None, None
        if resource is None:
            hashed[key] = file
        else:
            version, language = ".".join(map(str, resource.file)), str(resource.language)
        draft.add(
            "File", key, components[path], names[path], file.size, version, language, VITAL,
            sequence,
        )  # fmt: skip
    found = digests(hashed.values(), "md5", jobs)
    for key, file in hashed.items():
        parts = struct.unpack("<4i", bytes.fromhex(found[file.path]))
        if NO_NUMBER not in parts:
            draft.add("MsiFileHash", key, 0, *parts)


def _is_program(path: str) -> bool:
    """Return whether ``path`` may have a version.

    Such a file is the second choice for a key path: where the old product's has a higher version,
    Windows leaves out the whole component, and then removes the old product's.
    """
    return path.lower().endswith(PROGRAMS)


def _version(file: File) -> VersionResource | None:
    """Return the version Windows would find; in a broken program, or one for DOS, it finds none."""
    try:
        return version_resource(file.content)
    except WrongBinary:
        return None


def _add_removals(
    draft: Draft, identifiers: Mapping[str, str], components: Mapping[str, str]
) -> None:
    """Remove each folder that is empty, with the first component in it or below."""
    first: dict[str, str] = {}
    for path, component in components.items():
        folder = path if path in identifiers else path.rpartition("/")[0]
        while folder and folder not in first:
            first[folder] = component
            folder = folder.rpartition("/")[0]
    above = ["UserPrograms", *(["NODEJSDIR"] if draft.takes_over else [])]
    found = dict.fromkeys([*above, "PREVIOUSDIR", "INSTALLDIR"], "NodeExecutable")
    found |= {identifiers[folder]: component for folder, component in first.items()}
    for folder, component in found.items():
        draft.add("RemoveFile", f"Remove.{folder}", component, None, folder, ON_REMOVAL)


def _add_permissions(draft: Draft, components: Iterable[str]) -> None:
    """Let only administrators write, wherever the folder is, as soon as one of ``components`` is."""
    for component in sorted(components):
        draft.add("CreateFolder", "INSTALLDIR", component)
    condition = FOR_MACHINE if draft.scope == "dual" else None
    draft.add(
        "MsiLockPermissionsEx", "Permissions", "INSTALLDIR", "CreateFolder", PERMISSIONS, condition
    )
