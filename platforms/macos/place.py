"""Place a Bundle in the file system of macOS, and tell its two components apart.

Decisions:

* ``/usr/local`` stands for ``/usr``, which System Integrity Protection closes to everybody. Below
  another prefix than ``/usr/local`` a file in ``/etc/paths.d`` puts ``bin`` on the PATH.
* npm keeps its configuration where its own rules look for it: in ``etc`` below the prefix.
* ``/etc``, ``/var`` and ``/tmp`` are links; a package names what they lead to.
* The links ``npm`` and ``npx`` belong to the npm component, and so to its receipt; ``rtinstall`` is
  part of the runtime's.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rtinstall.platforms.companion import FOLDERS, below, fitting, noted
from rtinstall.platforms.macos import uninstaller
from rtinstall.platforms.package import Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.unix import NPM, company_files
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, tree

STANDARD_PREFIX = "usr/local"
# Directories that belong to the system, or that many share: whoever removes a package leaves them.
SHARED = frozenset(
    {
        "Applications",
        "Library",
        "Library/Application Support",
        "Library/LaunchAgents",
        "Library/LaunchDaemons",
        "Library/Preferences",
        "Users",
        "Users/Shared",
        "opt",
        "private",
        "private/etc",
        "private/etc/paths.d",
        "private/tmp",
        "private/var",
        "private/var/db",
        "private/var/log",
        "usr",
        "usr/local",
        "usr/local/bin",
        "usr/local/etc",
        "usr/local/include",
        "usr/local/lib",
        "usr/local/share",
        "usr/local/share/bash-completion",
        "usr/local/share/fish",
        "usr/local/share/zsh",
        *(f"usr/local/{folder}" for folder in FOLDERS.values()),
        "usr/local/share/doc",
        "usr/local/share/man",
        "usr/local/share/man/man1",
    }
)
LINKED = re.compile(r"\A(etc|tmp|var)(?=/)")
# Closed to everybody, or on the sealed system volume.
PROTECTED = re.compile(r"(System|bin|sbin|dev|usr(?!/local/))(/|\Z)")


def place(bundle: Bundle, settings: Settings, identifier: str) -> Package:
    """Return the Package of ``bundle``, its receipts named after ``identifier``.

    Raises :class:`BadConfiguration` for a place that macOS keeps to itself.
    """
    name = settings.metadata.name
    prefix = STANDARD_PREFIX if settings.prefix == "usr" else _real(settings.prefix)
    documents = f"{prefix}/share/doc/{name}"
    placed = [
        *(_move(entry, prefix, documents) for entry in bundle.entries),
        *_configuration(settings, prefix),
        *(replace(file, path=_real(file.path)) for file in settings.extra),
    ]
    companion = fitting(settings.companions, bundle.target)
    if companion:
        placed += below(companion, prefix, note=noted("pkg", name))
        placed.append(File.of(f"{documents}/LICENSE.rtinstall", companion.licences))
    for entry in placed:
        if PROTECTED.match(entry.path):
            raise BadConfiguration(
                f"macOS lets nobody write /{entry.path}",
                hint="put it below /usr/local, /opt, /Library or /private/etc",
            )
    script = uninstaller.script(
        prefix=prefix,
        name=name,
        identifier=identifier,
        elsewhere=[entry.path for entry in placed if not entry.path.startswith(f"{prefix}/")],
        shared=SHARED,
    )
    placed.append(File.of(f"{prefix}/bin/uninstall-{name}", script, 0o755))
    entries = tree(placed)
    paths = [entry.path for entry in entries if isinstance(entry, File)]
    return Package(
        bundle=bundle,
        metadata=settings.metadata,
        format="pkg",
        version=str(bundle.version),
        architecture=bundle.target.arch,
        entries=entries,
        config=frozenset(p for p in paths if p.startswith((f"{prefix}/etc/", "private/etc/"))),
        docs=frozenset(p for p in paths if p.startswith(f"{documents}/")),
        licenses=frozenset({f"{documents}/LICENSE", f"{documents}/LICENSE.rtinstall"} & set(paths)),
        shared=SHARED,
        companion=str(companion or ""),
        time=bundle.released,
    )


def components(package: Package) -> dict[str, tuple[Entry, ...]]:
    """Return the entries of the components ``node`` and ``npm``, each with all parents it needs."""
    found: dict[str, list[Entry]] = {"node": [], "npm": []}
    for entry in package.entries:
        if not isinstance(entry, Directory) or _is_empty(entry, package):
            found["npm" if _is_of_npm(entry.path) else "node"].append(entry)
    return {name: tree(entries) for name, entries in found.items() if entries}


def _is_of_npm(path: str) -> bool:
    if "node_modules/" in path:
        return f"/{NPM}/" in f"{path}/"
    return path.endswith(("/bin/npm", "/bin/npx", "/etc/npmrc"))


def _is_empty(directory: Directory, package: Package) -> bool:
    return not any(entry.path.startswith(f"{directory.path}/") for entry in package.entries)


def _real(path: str) -> str:
    return LINKED.sub(r"private/\1", path)


def _move(entry: Entry, prefix: str, documents: str) -> Entry:
    path = entry.path
    if path in ("LICENSE", "README.md", "CHANGELOG.md"):
        return replace(entry, path=f"{documents}/{path}")
    if path == "share/doc/node" or path.startswith("share/doc/node/"):
        return replace(entry, path=documents + path.removeprefix("share/doc/node"))
    return replace(entry, path=f"{prefix}/{path}")


def _configuration(settings: Settings, prefix: str) -> list[Entry]:
    """Make what a company ships for everybody on the machine, and the PATH where it is needed."""
    found = company_files(settings, prefix)
    if prefix != STANDARD_PREFIX:
        found.append(
            File.of(f"private/etc/paths.d/{settings.metadata.name}", f"/{prefix}/bin\n".encode())
        )
    return found
