"""Which version the files of a folder and of those above it ask for, and in which order they count.

The order:

1. A file that chooses a version, in the nearest folder that has one; within a folder ``.nvmrc``,
   ``.node-version``, ``.tool-versions``, then in ``package.json`` ``volta.node`` and
   ``devEngines.runtime``.
   ``rtinstall.lock`` comes before them all, if it has a version for what the others of its folder ask
   for, or there are no others.
2. If no folder up to the root chooses one: ``engines.node`` of the nearest ``package.json`` that has it.

Files made for the purpose come before ``package.json`` as with fnm, n and proto, ``.nvmrc`` first since
most files are of that name and nvm reads no other. ``volta.node`` comes before ``devEngines`` as with
setup-node: one exact version, mostly within the range of the other. ``engines`` comes last of all, as
with n, because it does not choose: it says what a package works with. In a repository of many packages
it would otherwise, in each of their folders, take the place of the version at the top.

The way upwards ends at the root and nowhere else, as nvm's. A ``package.json`` below ``node_modules``
is somebody else's and passed over. A file that cannot be used is an error where it would have decided,
as with nvm, and not a reason to take the next; only a broken ``package.json`` counts as late as
``engines``, since it may have nothing to say at all. Out of a file comes one version expression or
none; nothing is installed, run or looked up because of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from rtinstall.installer import version_file
from rtinstall.installer.expression import check_expression
from rtinstall.installer.version_file import LOCK, NAMES, read, refused
from rtinstall.runtime_bundle.errors import BadConfiguration, RtError, UnknownVersion

CHAIN = 8  # files that volta.extends leads through


@dataclass(frozen=True, slots=True)
class Request:
    """What asks for a version: ``kind`` in line ``line`` of ``file``, which says ``text``.

    ``kind`` is a file's name, a place in ``package.json`` such as ``engines.node``, the name of an
    environment variable, or ``default``; without a file ``line`` is 0. ``fallbacks`` are asked for,
    in their order, where ``text`` is not installed. ``fault`` says why the file cannot be used.
    """

    text: str
    file: Path | None = None
    line: int = 0
    kind: str = ""
    fallbacks: tuple[str, ...] = ()
    fault: str = ""
    hint: str = ""

    @property
    def chooses(self) -> bool:
        """Say whether this chooses a version, rather than say which ones would do."""
        return self.kind not in ("engines.node", "package.json")

    @property
    def texts(self) -> tuple[str, ...]:
        """Return all that is asked for, best first."""
        return (self.text, *self.fallbacks)

    @property
    def place(self) -> str:
        """Return where it stands, for people."""
        if self.file is None:
            return self.kind
        return f"{self.file}, line {self.line}" if self.line else str(self.file)


def requests(folder: Path, *, locks: bool = True) -> tuple[Request, ...]:
    """Return what the files of ``folder``, an absolute path, and of those above ask for.

    The one that decides comes first, the others in the order they would. Without ``locks`` what has
    been locked does not count.
    """
    look = in_folder if locks else in_version_files
    found = [request for place in (folder, *folder.parents) for request in look(place)]
    return tuple(sorted(found, key=lambda request: not request.chooses))


def asked(folder: Path) -> Request | None:
    """Return what decides in ``folder``, or None; :class:`BadConfiguration` if it cannot be used."""
    found = requests(folder)
    return usable(found[0]) if found else None


def usable(request: Request) -> Request:
    """Return ``request``, or raise what is wrong with the file it is from."""
    if request.fault:
        raise BadConfiguration(f"{request.file}: {request.fault}", hint=request.hint)
    return request


def in_folder(folder: Path) -> Iterator[Request]:
    """Yield what the files of one folder ask for, in the order they count."""
    path = folder / LOCK
    found = tuple(in_version_files(folder))
    if "node_modules" in folder.parts or not os.path.lexists(path):
        yield from found
        return
    yield from _locked(path, found)
    yield from found


def _locked(path: Path, found: tuple[Request, ...]) -> Iterator[Request]:
    """Yield what a lock chooses, if it does for what ``found`` asks for first."""
    from rtinstall.installer import lock_file

    try:
        text = read(path, lock_file.LIMIT)
        lock = lock_file.Lock() if text is None else lock_file.parse(text)
    except RtError as error:
        yield Request("", path, 0, LOCK, fault=str(error), hint=error.hint)
        return
    if found:
        chosen = None if found[0].fault else lock.covering(found[0].text)
    else:
        chosen = next(iter(lock.versions), None)
    if chosen is not None:
        line = lock_file.line_of(text or "", chosen.version)
        yield Request(str(chosen.version), path, line, LOCK)


def in_version_files(folder: Path) -> Iterator[Request]:
    """Yield what the files of one folder ask for that people write."""
    for name in NAMES:
        if name == "package.json" and "node_modules" in folder.parts:
            continue
        path = folder / name
        try:
            yield from map(_checked, _said(path))
        except RtError as error:
            yield Request("", path, 0, name, fault=str(error), hint=error.hint)


def _checked(request: Request) -> Request:
    """Return ``request``, with a fault if its text is more than a version."""
    try:
        for text in request.texts:
            check_expression(text)
    except UnknownVersion as error:
        fault = f"line {request.line}: {error}"
        return replace(request, text="", fallbacks=(), fault=fault, hint=error.hint)
    return request


def _said(path: Path) -> Iterator[Request]:
    name = path.name
    text = read(path, version_file.PACKAGE_LIMIT if name == "package.json" else version_file.LIMIT)
    if text is None:
        return
    match name:
        case ".nvmrc":
            from rtinstall.installer.nvmrc import parse_nvmrc

            word, line = parse_nvmrc(text)
            yield Request(word, path, line, name)
        case ".node-version":
            from rtinstall.installer.nvmrc import parse_node_version

            word, line = parse_node_version(text)
            yield Request(word, path, line, name)
        case ".tool-versions":
            from rtinstall.installer import tool_versions

            if found := tool_versions.parse(text):
                (first, *others), line = found
                yield Request(first, path, line, name, tuple(others))
        case _:
            yield from _package(path, text)


def _package(path: Path, text: str) -> Iterator[Request]:
    if not any(word in text for word in ('"volta"', '"devEngines"', '"engines"', "\\u")):
        return  # most of them, and then not worth the time
    from rtinstall.installer import package_json

    package = package_json.parse(text)
    said = [Request(one.text, path, one.line, one.kind) for one in package.said]
    if package.extends and all(one.kind != package_json.VOLTA for one in package.said):
        yield from _extended(path, package.extends)
    yield from said


def _extended(path: Path, extends: str) -> Iterator[Request]:
    """Yield what ``volta`` asks for in the files that ``extends`` leads to, one after the other."""
    from rtinstall.installer import package_json

    seen = {path}
    while extends:
        if PureWindowsPath(extends).anchor or PurePosixPath(extends).is_absolute():
            # A path such as \\server\share would send this user's credentials there.
            raise refused("volta.extends is not relative to the file")
        path = Path(os.path.normpath(path.parent / extends))
        if path in seen or len(seen) > CHAIN:
            raise refused("volta.extends leads in a circle, or through too many files")
        seen.add(path)
        text = read(path, version_file.PACKAGE_LIMIT)
        if text is None:
            raise refused(f"volta.extends names {str(path)!r}, which is not there")
        package = package_json.parse(text)
        chosen = [one for one in package.said if one.kind == package_json.VOLTA]
        if chosen:
            yield Request(chosen[0].text, path, chosen[0].line, chosen[0].kind)
            return
        extends = package.extends
