"""What a ``package.json`` says of Node.js, and how a version is written into one.

Three places, of which the first two choose a version, and the last says with which ones a package works:

* ``volta.node``, an exact version, if need be from the file that ``volta.extends`` names;
* ``devEngines.runtime``, an object or a list of objects, those whose ``name`` is ``node``
  (npm's documentation of package.json). ``onFail`` says what npm does when another version runs it;
  here it changes nothing, since no file of a project decides what is installed or refused;
* ``engines.node``, a range; ``*`` says nothing.

A key of these that stands twice is refused: readers differ about which one counts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from rtinstall.installer.json_members import Members, Path, find_members
from rtinstall.installer.version_file import refused

VOLTA = "volta.node"
DEV_ENGINES = "devEngines.runtime"
ENGINES = "engines.node"
KINDS = (VOLTA, DEV_ENGINES, ENGINES)
MOST = 16  # entries of devEngines.runtime that are read


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a file says of Node.js: ``kind`` is the place, ``line`` that of the text."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Package:
    """Everything a file says, and the file, relative to its own folder, that ``volta`` goes on in."""

    said: tuple[Said, ...]
    extends: str = ""


def parse(text: str) -> Package:
    """Read a ``package.json``; :class:`BadConfiguration` if it is none."""
    members = find_members(text)
    if text.lstrip()[:1] != "{":
        raise refused("it is no JSON object")
    said: list[Said] = []
    for kind, place in _places(members):
        value = " ".join(_text(members, place, kind).split())
        if value not in ("", "*"):
            said.append(Said(kind, value, members.line(*place)))
    extends = _text(members, ("volta", "extends"), "volta.extends")
    return Package(tuple(said), extends)


def _places(members: Members) -> list[tuple[str, Path]]:
    """Return the paths of the texts that may ask for a version of Node.js."""
    runtime: Path = ("devEngines", "runtime")
    entries = [runtime, *((*runtime, number) for number in range(MOST))]
    return [
        (VOLTA, ("volta", "node")),
        *((DEV_ENGINES, (*entry, "version")) for entry in entries if _is_node(members, entry)),
        (ENGINES, ("engines", "node")),
    ]


def _is_node(members: Members, entry: Path) -> bool:
    return members.value(*entry, "name") == "node"


def _text(members: Members, place: Path, kind: str) -> str:
    if place not in members.spans:
        return ""
    doubled = next(
        (place[:n] for n in range(1, len(place) + 1) if place[:n] in members.twice), None
    )
    if doubled:
        raise refused(
            f"{'.'.join(map(str, doubled))} stands in it twice, last in line {members.line(*doubled)}"
        )
    value = members.value(*place)
    if not isinstance(value, str):
        raise refused(f"{kind} in line {members.line(*place)} is no text")
    return value


def chosen(text: str) -> str:
    """Return the place that chooses a version in a ``package.json``, or where one is to be put."""
    members = find_members(text)
    present = {kind for kind, place in _places(members) if place in members.spans}
    return next((kind for kind in (VOLTA, DEV_ENGINES) if kind in present), DEV_ENGINES)


def pinned(text: str, version: str, kind: str) -> str:
    """Return ``text`` with ``version`` at ``kind``, which is added if need be; all else stays."""
    members = find_members(text)
    if text.lstrip()[:1] != "{":
        raise refused("it is no JSON object")
    present = {kind: place for kind, place in reversed(_places(members)) if place in members.spans}
    if kind in present:
        _text(members, present[kind], kind)
        span = members.spans[present[kind]]
        return text[: span.start] + json.dumps(version) + text[span.end :]
    if kind == DEV_ENGINES:
        if ("devEngines", "runtime") in members.spans:
            raise refused("devEngines.runtime names other runtimes, or node without a version")
        return _added(members, "devEngines", "runtime", {"name": "node", "version": version})
    outer, inner = kind.split(".")
    return _added(members, outer, inner, version)


def _added(members: Members, outer: str, inner: str, value: object) -> str:
    """Return the text with ``inner`` as the last member of the object ``outer``, added if need be."""
    if (outer,) not in members.spans:
        return _appended(members, (), outer, {inner: value})
    if members.text[members.spans[(outer,)].start] != "{" or (outer,) in members.twice:
        raise refused(f"{outer} in it is no object, or stands in it twice")
    return _appended(members, (outer,), inner, value)


def _appended(members: Members, place: Path, key: str, value: object) -> str:
    """Return the text with one more member at the end of the object at ``place``, in its own style."""
    text, span = members.text, members.spans[place]
    inside = [other for path, other in members.spans.items() if path[:-1] == place and path]
    end = "\r\n" if "\r\n" in text else "\n"
    last = max(inside, key=lambda other: other.end, default=None)
    if last is None and (not place or "\n" in text):
        dumped = json.dumps({key: value}, indent=_indent(members), ensure_ascii=False)
        return (
            text[: span.start]
            + _within(dumped, end, _indent(members) * len(place))
            + text[span.end :]
        )
    margin = re.search(r"\n([ \t]*)\Z", text[: last.key]) if last else None
    if last is None or margin is None:  # all on one line
        comma, colon = (", ", ": ") if re.search(r'":\s', text) else (",", ":")
        dumped = json.dumps({key: value}, separators=(comma, colon), ensure_ascii=False)
        if last is None:
            return text[: span.start] + dumped + text[span.end :]
        return f"{text[: last.end]}{comma}{dumped[1:-1]}{text[last.end :]}"
    dumped = json.dumps(value, indent=_indent(members), ensure_ascii=False)
    member = f"{margin[1]}{json.dumps(key)}: {_within(dumped, end, margin[1])}"
    return f"{text[: last.end]},{end}{member}{text[last.end :]}"


def _within(dumped: str, end: str, margin: str) -> str:
    """Return ``dumped`` with its lines, but the first, after ``margin``."""
    return dumped.replace("\n", end + margin)


def _indent(members: Members) -> str:
    """Return what the document is indented by, two spaces if it does not tell."""
    first = re.match(r"\s*\{[^\S\n]*\r?\n([ \t]+)\"", members.text)
    return first[1] if first else "  "
