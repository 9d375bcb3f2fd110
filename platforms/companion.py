"""``rtinstall`` as it goes into the packages of a target, beside the runtime: a value, and its places.

The program is either frozen for one target, with a Python of its own, or a zipapp that runs with the
Python of any Unix. What a package holds of it:

* the program in ``lib/rtinstall`` below the prefix, and a link to it in ``bin``; on Windows, which has
  no links, ``rtinstall.exe`` beside ``node.exe``, and its parts in one folder;
* completions for bash, zsh and fish where each of them looks, so that no start file has to be changed;
* the licences of everything in it, and a note that says which package it came in: ``rtinstall self``
  reads it, and so knows what brings the next version.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.targets import BY_NAME, Target

Form = Literal["onedir", "zipapp"]
FORMS: tuple[Form, ...] = ("onedir", "zipapp")
PROGRAM = "rtinstall"
INTERNAL = "rtinstall-internal"  # the folder of a frozen program's parts
ORIGIN = "origin.json"
LICENCES = "LICENSES.txt"
ANY = "any"
# The shells, and what the file of each is called where it looks for completions.
COMPLETIONS: Mapping[str, str] = {
    "bash": "rtinstall",
    "zsh": "_rtinstall",
    "fish": "rtinstall.fish",
}
# Below the prefix. Debian has a folder of its own for zsh.
FOLDERS: Mapping[str, str] = {
    "bash": "share/bash-completion/completions",
    "zsh": "share/zsh/site-functions",
    "fish": "share/fish/vendor_completions.d",
}
# Where a zipapp runs: these systems have packages of Python.
WITH_PYTHON = ("linux", "freebsd", "ibmi")
# The formats it goes into. Archives stay as upstream's, the zip for Windows too: version managers put
# what is in them in front of PATH, where an rtinstall would hide the one that is in use.
FORMATS = frozenset(("deb", "rpm", "apk", "arch", "freebsd", "ibmi", "pkg", "msi"))


@dataclass(frozen=True, slots=True)
class Companion:
    """One ``rtinstall``, verified.

    ``target`` is the name of a target, or ``any`` for a zipapp. ``entries`` are relative to its own
    folder: the program first of all, ``rtinstall`` or ``rtinstall.exe``. ``completions`` are scripts
    by shell, ``licences`` one text. ``needs`` are the symbol versions of the C library that a frozen
    one was linked with, such as ``libc.so.6(GLIBC_2.36)``, and ``libz.so.1()`` for zlib.
    """

    version: str
    target: str
    form: Form
    entries: tuple[Entry, ...]
    completions: Mapping[str, bytes]
    licences: bytes
    needs: tuple[str, ...] = ()

    @property
    def glibc(self) -> tuple[int, int] | None:
        """Return the oldest glibc that it runs with; None where that is not asked for."""
        found = [
            (int(numbers[0]), int(numbers[1]))
            for need in self.needs
            if len(numbers := need.partition("(GLIBC_")[2].rstrip(")").split(".")) >= 2
        ]
        return max(found, default=None)

    @property
    def zlib(self) -> bool:
        """Return whether it needs the system's zlib."""
        return "libz.so.1()" in self.needs

    def __str__(self) -> str:
        """Say in words what it is."""
        how = "needs Python" if self.form == "zipapp" else "with a Python of its own"
        return f"rtinstall {self.version}, {how}"


def fitting(companions: Collection[Companion], target: Target) -> Companion | None:
    """Return what goes into the packages of ``target``: one frozen for it, else the zipapp."""
    ways = [target.name]
    if target.os == "darwin" and "darwin-universal" in BY_NAME:
        ways.append("darwin-universal")
    if target.os in WITH_PYTHON:
        ways.append(ANY)
    for name in ways:
        for companion in companions:
            if companion.target == name:
                return companion
    return None


def below(
    companion: Companion,
    prefix: str,
    *,
    note: Mapping[str, str],
    python: str = "/usr/bin/python3",
    folders: Mapping[str, str] = FOLDERS,
) -> Iterator[Entry]:
    """Yield what lies below ``prefix`` of a Unix, which has no leading slash; licences apart.

    ``note`` is what :func:`noted` returns; ``python`` runs a zipapp.
    """
    own = f"{prefix}/lib/{PROGRAM}"
    for entry in companion.entries:
        if not isinstance(entry, Directory):
            placed = _run_by(python, entry) if companion.form == "zipapp" else entry
            yield replace(placed, path=f"{own}/{entry.path}")
    where = f"{INTERNAL}/" if companion.form == "onedir" else ""
    yield _note(f"{own}/{where}{ORIGIN}", note)
    yield Symlink(f"{prefix}/bin/{PROGRAM}", f"../lib/{PROGRAM}/{PROGRAM}")
    for shell, script in companion.completions.items():
        yield File.of(f"{prefix}/{folders[shell]}/{COMPLETIONS[shell]}", script)


def beside_node(companion: Companion, *, note: Mapping[str, str]) -> Iterator[File]:
    """Yield what lies in the folder of ``node.exe``; there are no links in it."""
    for entry in companion.entries:
        if isinstance(entry, File):
            yield replace(entry, mode=0o644)
    yield _note(f"{INTERNAL}/{ORIGIN}", note)
    yield File.of(f"{INTERNAL}/{LICENCES}", companion.licences)


def noted(format: str, package: str) -> dict[str, str]:
    """Return what the note says: in which package, of which format, the program came."""
    return {"format": format, "package": package}


def _note(path: str, note: Mapping[str, str]) -> File:
    return File.of(path, f"{json.dumps(note, sort_keys=True)}\n".encode())


def _run_by(python: str, entry: Entry) -> Entry:
    """Return the zipapp with its first line for ``python``, which leaves the user's own modules out."""
    if not isinstance(entry, File):
        return entry
    data = b"".join(entry.content.chunks())
    _, _, archive = data.partition(b"\n")
    return File.of(entry.path, f"#!{python} -IXutf8\n".encode() + archive, entry.mode)
