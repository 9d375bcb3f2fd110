"""Which releases exist (a server's index) and how long each line lives (the schedule).

Pure: bytes in, values out. What a server says here is a hint, never proof: every text in it has to
match a pattern, and what it leads to is checked by signature and digest.

Decisions:

* An entry whose version :meth:`Version.parse` refuses is left out: it could never be asked for.
  Every other fault (not JSON, a wrong type, no such date, a word with a tab in it) means that
  this is no index, and refuses the whole. Of two entries of one version the first counts, as for
  readers that go line by line. Unknown keys and columns are ignored.
* ``lts`` is the codename, empty for what is not LTS. An index has no way to say "LTS, name not yet
  known", so a line whose name is missing in the schedule goes by its number: ``v26``.
* One file for index and schedule, since they share their checks and together say what is LTS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rtinstall.runtime_bundle.errors import NotReadable, UnknownVersion
from rtinstall.runtime_bundle.versions import Version, VersionSpec, quoted

LIMIT = 8 << 20  # bytes of an index; upstream's longest, of nightlies, stays well below
EPOCH = date(1970, 1, 1)  # the date of a release whose day is not known
COMPONENTS = ("npm", "v8", "uv", "zlib", "openssl", "modules")
COLUMNS = ("version", "date", "files", *COMPONENTS, "lts", "security")

WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}")
CODENAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Release:
    """One release, as an index tells of it.

    ``files`` holds the index's words (``linux-x64``, ``osx-arm64-tar``, ``headers``), which do not
    name every file there is. A component's version is empty where it is not known.
    """

    version: Version
    date: date
    files: frozenset[str] = frozenset()
    npm: str = ""
    v8: str = ""
    uv: str = ""
    zlib: str = ""
    openssl: str = ""
    modules: str = ""
    lts: str = ""
    security: bool = False


def newest_first(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Sort ``releases`` as an index does."""
    return tuple(sorted(releases, key=lambda release: release.version.key, reverse=True))


def _malformed(fault: str) -> NotReadable:
    return NotReadable(
        f"release data cannot be used: {fault}",
        hint="the server or mirror sent something else; try again later, or name another one",
    )


def _word(value: object, form: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str):
        raise _malformed(f"{what} is missing or no text")
    if not form.fullmatch(value):
        raise _malformed(f"{what} is {quoted(value)}")
    return value


def _day(value: object, what: str) -> date:
    text = _word(value, DAY, what)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _malformed(f"{what} is {text}") from error


def _json(data: bytes) -> object:
    if len(data) > LIMIT:
        raise _malformed(f"{len(data)} bytes are too many")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed("it is not JSON") from error


def _release(row: Mapping[str, object]) -> Release | None:
    """Check one entry, given as index.json has it; None if its version is not one of ours."""
    text, files, security = row.get("version"), row.get("files"), row.get("security", False)
    if not isinstance(text, str):
        raise _malformed("an entry has no version")
    try:
        version = Version.parse(text)
    except UnknownVersion:
        return None
    if not isinstance(files, list):
        raise _malformed(f"{version.tag} has no list of files")
    if not isinstance(security, bool):
        raise _malformed(f"security of {version.tag} is neither true nor false")
    return Release(
        version,
        _day(row.get("date"), f"the date of {version.tag}"),
        frozenset(_word(name, WORD, f"a file of {version.tag}") for name in files),
        **{
            name: _word(row[name], WORD, f"{name} of {version.tag}")
            for name in COMPONENTS
            if row.get(name) is not None
        },
        lts=_word(row["lts"], CODENAME, f"lts of {version.tag}") if row.get("lts") else "",
        security=security,
    )


def _releases(rows: Iterable[Mapping[str, object]]) -> tuple[Release, ...]:
    found: dict[Version, Release] = {}
    for release in map(_release, rows):
        if release:
            found.setdefault(release.version, release)
    return newest_first(found.values())


def parse_index(data: bytes) -> tuple[Release, ...]:
    """Read an ``index.json``, newest first; :class:`NotReadable` if it is none."""
    rows = _json(data)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _malformed("the index is not a list of entries")
    return _releases(rows)


def parse_index_tab(text: str) -> tuple[Release, ...]:
    """Read an ``index.tab``, newest first; :class:`NotReadable` if it is none."""
    if len(text) > LIMIT:
        raise _malformed(f"{len(text)} characters are too many")
    names, *lines = (line.split("\t") for line in text.splitlines() or [""])
    if not {"version", "date", "files"} <= set(names):
        raise _malformed(f"the index begins with {quoted(names[0])}")
    rows: list[Mapping[str, object]] = []
    for line in lines:
        if len(line) != len(names):
            raise _malformed(f"the line of {quoted(line[0])} has {len(line)} columns")
        cells = {name: cell for name, cell in zip(names, line, strict=True) if cell != "-"}
        files = cells["files"].split(",") if "files" in cells else []
        rows.append({**cells, "files": files, "security": cells.get("security") == "true"})
    return _releases(rows)


def write_index_json(releases: Iterable[Release]) -> bytes:
    """Return an ``index.json`` as upstream's: one line a release, what is unknown left out."""
    lines = []
    for release in newest_first(releases):
        entry: dict[str, object] = {
            "version": release.version.tag,
            "date": release.date.isoformat(),
            "files": sorted(release.files),
        }
        entry |= {name: getattr(release, name) for name in COMPONENTS if getattr(release, name)}
        entry |= {"lts": release.lts or False, "security": release.security}
        lines.append(json.dumps(entry, separators=(",", ":")))
    return ("[\n" + ",\n".join(lines) + "\n" * bool(lines) + "]\n").encode("ascii")


def write_index_tab(releases: Iterable[Release]) -> bytes:
    """Return an ``index.tab`` as upstream's: a dash for what is unknown, empty or false."""
    lines = ["\t".join(COLUMNS)]
    for release in newest_first(releases):
        cells = [
            release.version.tag,
            release.date.isoformat(),
            ",".join(sorted(release.files)),
            *(getattr(release, name) for name in COMPONENTS),
            release.lts,
            "true" if release.security else "",
        ]
        lines.append("\t".join(cell or "-" for cell in cells))
    return ("\n".join(lines) + "\n").encode("ascii")


def select(spec: VersionSpec, releases: Iterable[Release]) -> tuple[Release, ...]:
    """Return all of ``releases`` that ``spec`` asks for, newest first.

    An LTS line consists of its releases since it is LTS. Which line is the newest depends on
    ``releases`` alone, so a source that lacks one has an older newest line.
    """
    found = newest_first(release for release in releases if spec.matches(release.version))
    if spec.lts is None:
        return found
    lines = {release.version.major: release.lts.lower() for release in found if release.lts}
    if isinstance(spec.lts, int):
        wanted = list(lines)[spec.lts : spec.lts + 1]
    else:
        wanted = [major for major, codename in lines.items() if codename == spec.lts]
    return tuple(release for release in found if release.lts and release.version.major in wanted)


def resolve(spec: VersionSpec, releases: Iterable[Release]) -> Release:
    """Return the newest of ``releases`` that ``spec`` asks for.

    Raises :class:`UnknownVersion` with a hint at what there is instead.
    """
    known = newest_first(releases)
    found = select(spec, known)
    if found:
        return found[0]
    raise UnknownVersion(f"no release matches {quoted(spec.text)}", hint=_nearest(spec, known))


def _nearest(spec: VersionSpec, known: tuple[Release, ...]) -> str:
    """Return a hint at what there is instead; ``known`` is sorted, newest first."""
    if spec.lts is not None:
        codenames = dict.fromkeys(f"lts/{release.lts.lower()}" for release in known if release.lts)
        return f"there are {', '.join(codenames)}" if codenames else "no release here is LTS"
    lines = {release.version.major: release.version for release in reversed(known)}
    if not lines:
        return "no release is known at all"
    if spec.version:
        above = [r.version.tag for r in known if r.version > spec.version][-1:]
        below = [r.version.tag for r in known if r.version < spec.version][:1]
        return f"the nearest: {', '.join(below + above)}"
    major = re.search("[0-9]+", spec.text)
    if major and int(major[0]) in lines:
        return f"the newest of line {int(major[0])} is {lines[int(major[0])].tag}"
    newest = sorted(lines.values(), reverse=True)[:5]
    return f"the newest lines end in {', '.join(version.tag for version in newest)}"


@dataclass(frozen=True, slots=True)
class Line:
    """The days in the life of a major version; ``lts`` is None for one that never is LTS."""

    start: date
    end: date
    lts: date | None = None
    maintenance: date | None = None
    codename: str = ""


Schedule = Mapping[int, Line]
Status = Literal["pending", "current", "active-lts", "maintenance", "end-of-life"]


def _line(major: str, days: Mapping[str, object]) -> Line:
    dated = {
        name: _day(days[name], f"{name} of v{major}")
        for name in ("lts", "maintenance")
        if days.get(name) is not None
    }
    codename = days.get("codename")
    return Line(
        _day(days.get("start"), f"start of v{major}"),
        _day(days.get("end"), f"end of v{major}"),
        **dated,
        codename=_word(codename, CODENAME, f"codename of v{major}") if codename else "",
    )


def parse_schedule(data: bytes) -> dict[int, Line]:
    """Read a ``schedule.json``, v0 left out; :class:`NotReadable` if it is none."""
    found = _json(data)
    if not isinstance(found, dict) or not all(isinstance(days, dict) for days in found.values()):
        raise _malformed("the schedule is not a list of lines")
    majors = {key: re.fullmatch("v([1-9][0-9]{0,2})", key) for key in found}
    lines = {int(major[1]): _line(major[1], found[key]) for key, major in majors.items() if major}
    if not lines:
        raise _malformed("the schedule names no line")
    return lines


def line_status(major: int, today: date, schedule: Schedule) -> Status:
    """Return what line ``major`` is on the day ``today``; one is over on its last day.

    A line that is not in the schedule is pending if it is younger than all of it, else over.
    """
    line = schedule.get(major)
    if line is None:
        return "pending" if major > max(schedule, default=0) else "end-of-life"
    if today >= line.end:
        return "end-of-life"
    if line.maintenance and today >= line.maintenance:
        return "maintenance"
    if line.lts and today >= line.lts:
        return "active-lts"
    return "current" if today >= line.start else "pending"


def lts_codename(version: Version, released: date, schedule: Schedule) -> str:
    """Return what an index would say in ``lts``, for a source that has none."""
    line = schedule.get(version.major)
    if version.prerelease or line is None or line.lts is None or released < line.lts:
        return ""
    return line.codename or f"v{version.major}"


def _table(text: str) -> dict[int, Line]:
    rows = (row.split() for row in text.split("\n") if row)
    names = ("start", "lts", "maintenance", "end", "codename")
    return {
        int(row[0]): _line(row[0], {n: d for n, d in zip(names, row[1:], strict=True) if d != "-"})
        for row in rows
    }


# The schedule as the Node.js project published it in autumn 2026; a fetched one goes before it.
# The name of v26 was not given then. From v27 on there is one line a year.
SCHEDULE: Schedule = _table("""
4  2015-09-08 2015-10-12 2017-04-01 2018-04-30 Argon
5  2015-10-29 -          2016-04-30 2016-06-30 -
6  2016-04-26 2016-10-18 2018-04-30 2019-04-30 Boron
7  2016-10-25 -          2017-04-30 2017-06-30 -
8  2017-05-30 2017-10-31 2019-01-01 2019-12-31 Carbon
9  2017-10-01 -          2018-04-01 2018-06-30 -
10 2018-04-24 2018-10-30 2020-05-19 2021-04-30 Dubnium
11 2018-10-23 -          2019-04-22 2019-06-01 -
12 2019-04-23 2019-10-21 2020-11-30 2022-04-30 Erbium
13 2019-10-22 -          2020-04-01 2020-06-01 -
14 2020-04-21 2020-10-27 2021-10-19 2023-04-30 Fermium
15 2020-10-20 -          2021-04-01 2021-06-01 -
16 2021-04-20 2021-10-26 2022-10-18 2023-09-11 Gallium
17 2021-10-19 -          2022-04-01 2022-06-01 -
18 2022-04-19 2022-10-25 2023-10-18 2025-04-30 Hydrogen
19 2022-10-18 -          2023-04-01 2023-06-01 -
20 2023-04-18 2023-10-24 2024-10-22 2026-04-30 Iron
21 2023-10-17 -          2024-04-01 2024-06-01 -
22 2024-04-24 2024-10-29 2025-10-21 2027-04-30 Jod
23 2024-10-16 -          2025-04-01 2025-06-01 -
24 2025-05-06 2025-10-28 2026-10-20 2028-04-30 Krypton
25 2025-10-15 -          2026-04-01 2026-06-01 -
26 2026-05-05 2026-10-28 2027-10-20 2029-04-30 -
27 2027-04-22 -          2027-10-20 2030-04-30 -
""")
