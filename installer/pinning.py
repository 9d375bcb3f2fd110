"""Writing a version into a project's file, with everything else in it left as it was.

Decisions:

* Without a file named, it is the one that decides now, wherever above it is, so that what was written
  counts; but not ``engines``, which says what a package works with, and not a file of the user's home
  or above when run below it, since that one is for all projects. Then it is a new ``.nvmrc``.
* What is written is what was asked for, in the words of the file (``lts`` is ``lts/*`` to nvm, and
  only nvm writes a ``v``); what a file cannot hold is refused. An alias of the user's own is nothing
  to others, so what it stands for is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer import package_json, tool_versions
from rtinstall.installer.atomic import write_atomically
from rtinstall.installer.expression import SYSTEM, check_expression, parsed
from rtinstall.installer.nvmrc import parse_node_version, parse_nvmrc
from rtinstall.installer.project import requests, usable
from rtinstall.installer.version_file import (
    LIMIT,
    NAMES,
    PACKAGE_LIMIT,
    decoded,
    encoding_of,
    followed,
    read_bytes,
    refused,
)
from rtinstall.runtime_bundle.errors import BadConfiguration, NotExpressible
from rtinstall.runtime_bundle.versions import VersionSpec, quoted

PLACES = {kind.partition(".")[0]: kind for kind in package_json.KINDS}
EXACT = "--exact writes the whole version that it means"
NUMBERS = re.compile("v(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version is to be written: a file, and for a ``package.json`` the place in it."""

    file: Path
    kind: str = ""


def pin(folder: Path, text: str, *, where: str = "", home: Path | None = None) -> Path:
    """Write ``text``, an expression, into the file ``where`` or the nearest one; return the file.

    ``where`` is a version file's name or path, or ``engines``, ``devEngines`` or ``volta`` for those
    of ``package.json``. Raises :class:`UnknownVersion` for what is no expression,
    :class:`NotExpressible` if the file cannot hold it, and :class:`BadConfiguration` if it cannot be
    read as it is.
    """
    if text != SYSTEM:
        parsed(check_expression(text))
    place = named(folder, where) if where else nearest(folder, home or _home())
    write(place, text)
    return place.file


def named(folder: Path, where: str) -> Place:
    """Return the place that ``where`` names, or raise :class:`BadConfiguration`."""
    word = where.partition(".")[0]
    if word in PLACES and where in (word, PLACES[word]):
        packages = (above / "package.json" for above in (folder, *folder.parents))
        found = next((path for path in packages if path.is_file()), folder / "package.json")
        return Place(found, PLACES[word])
    path = folder / where
    if path.is_dir() or path.name not in NAMES:
        raise BadConfiguration(
            f"{where[:80]!r} is no version file",
            hint=f"there are {', '.join(NAMES)}, and in package.json {', '.join(PLACES)}",
        )
    return Place(path)


def nearest(folder: Path, home: Path) -> Place:
    """Return the place that decides in ``folder``, or that of a new file in it."""
    for request in requests(folder, locks=False)[:1]:
        file = usable(request).file if request.chooses else None
        if file and not (folder != file.parent and home.is_relative_to(file.parent)):
            return Place(file, request.kind if request.kind in package_json.KINDS else "")
    return Place(folder / ".nvmrc")


def write(place: Place, text: str) -> None:
    """Write ``text`` into the file of ``place``, whole or not at all."""
    file = followed(place.file) if place.file.is_symlink() else place.file
    package = bool(place.kind) or file.name == "package.json"
    data = read_bytes(file, PACKAGE_LIMIT if package else LIMIT)
    if package and data is None:
        raise refused(f"there is no {file}", hint="npm init writes one, or name another file")
    mark, encoding = encoding_of(data or b"")
    before = decoded(data or b"")
    edited = _edit_package(before, text, place.kind) if package else EDITS[file.name](before, text)
    write_atomically(file, mark + edited.encode(encoding))


def _edit_package(before: str, text: str, kind: str) -> str:
    kind = kind or package_json.chosen(before)
    spec = VersionSpec.parse(text)
    if kind == package_json.VOLTA and spec.version is None:
        raise NotExpressible(f"volta has whole versions, not {quoted(text)}", hint=EXACT)
    if spec.lts is not None or not re.search("[0-9]", text):
        raise NotExpressible(f"package.json has ranges, not {quoted(text)}", hint=EXACT)
    return package_json.pinned(before, NUMBERS.sub("", text), kind)


def _edit_nvmrc(before: str, text: str) -> str:
    word = _to_nvm(text)
    try:
        parse_nvmrc(word)
    except BadConfiguration:
        raise NotExpressible(
            f".nvmrc cannot hold {quoted(text)}: nvm has no ranges",
            hint=f"{EXACT}; --file devEngines takes a range",
        ) from None
    return _replaced(before, word, parse_nvmrc)


def _edit_node_version(before: str, text: str) -> str:
    return _replaced(before, NUMBERS.sub("", text), parse_node_version)


def _edit_tool_versions(before: str, text: str) -> str:
    word = NUMBERS.sub("", text)
    if not re.fullmatch("[0-9.]+|system|latest|lts", word):
        raise NotExpressible(f".tool-versions cannot hold {quoted(text)}", hint=EXACT)
    tool_versions.parse(before)
    return tool_versions.pinned(before, word)


EDITS: dict[str, Callable[[str, str], str]] = {
    ".nvmrc": _edit_nvmrc,
    ".node-version": _edit_node_version,
    ".tool-versions": _edit_tool_versions,
}


def _replaced(before: str, word: str, parse: Callable[[str], tuple[str, int]]) -> str:
    """Return ``before`` with ``word`` in the place of its version; an empty file gets a line."""
    if not before.strip():
        return f"{word}\n"
    _, number = parse(before)
    rows = before.split("\n")
    old = rows[number - 1].partition("#")[0].strip()
    rows[number - 1] = rows[number - 1].replace(old, word, 1)
    return "\n".join(rows)


def _to_nvm(text: str) -> str:
    """Return ``text`` in nvm's words."""
    word = text.lower()
    if word in ("latest", "current"):
        return "node"
    if word in ("lts", "lts-latest", "lts/latest", "lts-*"):
        return "lts/*"
    return word.replace("lts-", "lts/", 1) if word.startswith("lts-") else text


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user without one
        return Path("/nonexistent")
