"""``rtinstall.lock``: the versions of a team, and the digests of every archive of theirs.

JSON in one form only, one line an archive or package, so that a change of it is read easily in a review. It comes
with a project, so anyone may have written it. Decisions:

* It chooses versions and says what their archives have to be, and nothing else: no address, no source,
  no setting. An archive's name follows from version and target; any other is refused, as is every key
  that is not known here.
* Of each target all archives are in it, since a mirror may have only one of them.
* A package of FreeBSD or IBM i is one of the runtime's or npm's own, by the name and digest that the
  catalogue of its repository has; FreeBSD has others for each of its releases.
* The newest version comes first, and is the one for a folder without another file that asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rtinstall.installer.expression import check_expression
from rtinstall.installer.version_file import LOCK, read, refused
from rtinstall.runtime_bundle.errors import BadConfiguration, RtError, UnknownVersion
from rtinstall.runtime_bundle.releases import EPOCH
from rtinstall.runtime_bundle.targets import BY_NAME, FREEBSD, Target
from rtinstall.runtime_bundle.versions import Version, VersionSpec, quoted

FORMAT = 1
LIMIT = 1 << 20  # bytes: a hundred versions with all that is published of them
HINT = "rtinstall lock --update writes it anew"
ENDINGS = {"tar": ("tar.gz", "tar.xz"), "zip": ("zip",)}
SHA256 = re.compile("[0-9a-f]{64}")
SIGNER = re.compile("[0-9A-F]{40}|[0-9A-F]{64}|")
# By system: the names of packages, and the releases of it that they are told apart by.
PACKAGES = {
    "freebsd": (re.compile(r"(?:node|npm)[0-9A-Za-z._+~,-]{1,200}\.pkg"), FREEBSD),
    "ibmi": (re.compile(r"nodejs[0-9A-Za-z._+~^-]{1,200}\.rpm"), ("",)),
}
DIGEST = re.compile(
    "(?:sha256|blake2s):[0-9a-f]{64}|sha384:[0-9a-f]{96}|(?:sha512|blake2b):[0-9a-f]{128}"
)
KEY = re.compile("[0-9a-f]{64}|")  # of a FreeBSD repository
WORD = re.compile("[0-9A-Za-z][0-9A-Za-z.+-]{0,63}|")
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}|")
PACKAGE = ("target", "release", "name", "digest", "signer")
ASKED = 20  # expressions that lead to one version


@dataclass(frozen=True, slots=True)
class LockedArchive:
    """An archive; ``signer`` is the fingerprint of who signed its digest, empty for nobody."""

    target: str
    name: str
    sha256: str
    signer: str = ""


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """A package of a repository for ``release`` of the target's system, empty for any.

    ``digest`` is ``blake2b:...`` or of another algorithm, ``signer`` the fingerprint of the key that
    signed the catalogue, empty for none.
    """

    target: str
    release: str
    name: str
    digest: str
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Locked:
    """A version, the expressions it was chosen for, and its archives and packages.

    ``date`` is :data:`EPOCH` where it is not known.
    """

    asked: tuple[str, ...]
    version: Version
    date: date
    lts: str
    npm: str
    archives: tuple[LockedArchive, ...]
    packages: tuple[LockedPackage, ...] = ()

    @property
    def files(self) -> tuple[LockedArchive | LockedPackage, ...]:
        """Return the archives and the packages."""
        return (*self.archives, *self.packages)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the names of the targets that it has anything for."""
        return tuple(dict.fromkeys(each.target for each in self.files))

    def digests(self, target: str) -> dict[str, frozenset[str]]:
        """Return the digests (``sha256:...``) by name of what it has for ``target``."""
        found: dict[str, frozenset[str]] = {}
        for each in self.files:
            if each.target == target:
                found[each.name] = found.get(each.name, frozenset()) | {digest_of(each)}
        return found


@dataclass(frozen=True, slots=True)
class Lock:
    """What the file holds, newest version first."""

    versions: tuple[Locked, ...] = ()

    def covering(self, text: str) -> Locked | None:
        """Return the version for ``text``: one that was chosen for it, else one that fits it."""
        for each in self.versions:
            if text in each.asked:
                return each
        try:
            spec = VersionSpec.parse(text)
        except UnknownVersion:
            return None
        if spec.lts is not None or not re.search("[0-9]", text):
            return None  # what is the newest of all cannot be seen from here
        return next((each for each in self.versions if spec.matches(each.version)), None)

    def version(self, version: Version) -> Locked | None:
        """Return what is locked of ``version``."""
        return next((each for each in self.versions if each.version == version), None)


def digest_of(file: LockedArchive | LockedPackage) -> str:
    """Return the digest with the name of its algorithm before it."""
    return f"sha256:{file.sha256}" if isinstance(file, LockedArchive) else file.digest


def path_in(folder: Path) -> Path | None:
    """Return the nearest lock in ``folder`` or above."""
    if "node_modules" in folder.parts:
        return None
    paths = (place / LOCK for place in (folder, *folder.parents))
    return next((path for path in paths if path.is_file()), None)


def load(path: Path) -> Lock:
    """Return the lock at ``path``; an empty one if there is none.

    Raises :class:`BadConfiguration` that names the file, and the line where there is one.
    """
    try:
        text = read(path, LIMIT)
        return Lock() if text is None else parse(text)
    except RtError as error:
        raise BadConfiguration(f"{path}: {error}", hint=error.hint) from None


def parse(text: str) -> Lock:
    """Read a lock, or raise :class:`BadConfiguration`."""
    try:
        read_as = json.loads(text, object_pairs_hook=_members)
    except json.JSONDecodeError as error:
        raise _refused(f"line {error.lineno} is not JSON: {error.msg.lower()}") from None
    except (ValueError, RecursionError):
        raise _refused("it is not JSON that anyone writes") from None
    table = _object(read_as, ("format", "versions"), text)
    if table["format"] != FORMAT or isinstance(table["format"], bool):
        raise _refused(
            f"its format is {str(table['format'])[:20]!r}, and not {FORMAT}",
            hint="a newer rtinstall may have written it",
        )
    rows = _rows(table["versions"], "versions")
    try:
        versions = tuple(_locked(row, text) for row in rows)
    except UnknownVersion as error:
        raise _refused(str(error)) from None
    if len({each.version for each in versions}) != len(versions):
        raise _refused("it has a version twice")
    return Lock(tuple(sorted(versions, key=lambda each: each.version.key, reverse=True)))


def written(lock: Lock) -> bytes:
    """Return the bytes of the file: the same lock is the same bytes."""
    lines = ["{", f' "format": {FORMAT},', ' "versions": [']
    versions = sorted(lock.versions, key=lambda each: each.version.key, reverse=True)
    for number, each in enumerate(versions, start=1):
        head = {
            "asked": sorted(each.asked),
            "version": str(each.version),
            "date": "" if each.date == EPOCH else each.date.isoformat(),
            "lts": each.lts,
            "npm": each.npm,
        }
        lines += ["  {", *(f'   "{key}": {_json(value)},' for key, value in head.items())]
        rows = [
            _json({"target": a.target, "name": a.name, "sha256": a.sha256, "signer": a.signer})
            for a in sorted(each.archives, key=lambda a: (a.target, a.name))
        ]
        lines += ['   "archives": [', *_listed(rows, "    "), "   ],"]
        rows = [
            _json({key: getattr(p, key) for key in PACKAGE})
            for p in sorted(each.packages, key=lambda p: (p.target, p.release, p.name))
        ]
        lines += ['   "packages": [', *_listed(rows, "    "), "   ]"]
        lines.append("  }" if number == len(versions) else "  },")
    return "\n".join([*lines, " ]", "}", ""]).encode("ascii")


def line_of(text: str, version: Version) -> int:
    """Return the line in which ``version`` stands."""
    return _line(text, f'"version": "{version}"')


def _listed(rows: Sequence[str], indent: str) -> Iterator[str]:
    for number, row in enumerate(rows, start=1):
        yield f"{indent}{row}{'' if number == len(rows) else ','}"


def _json(value: object) -> str:
    return json.dumps(value)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise _refused("it has a key twice in one place")
    return table


def _object(table: object, keys: Sequence[str], text: str) -> dict[str, object]:
    """Return ``table`` if it is an object of these keys and no other; ``text`` is the whole file."""
    if not isinstance(table, dict):
        raise _refused("a list or a word stands where an object has to")
    for key in table:
        if key not in keys:
            raise _refused(
                f"line {_line(text, json.dumps(key))}: unknown key {quoted(key)}",
                hint="a lock has versions and digests, and nothing else",
            )
    for key in keys:
        if key not in table:
            raise _refused(f"{key} is missing")
    return table


def _rows(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise _refused(f"{what} is no list")
    return value


def _locked(value: object, text: str) -> Locked:
    keys = ("asked", "version", "date", "lts", "npm", "archives", "packages")
    row = _object(value, keys, text)
    said = _word(row, "version", WORD)
    version = Version.parse(said)
    if str(version) != said:
        raise _refused(f"version is {quoted(said)}, and not {version}")
    asked = tuple(_asked(each) for each in _rows(row["asked"], "asked"))
    if len(asked) > ASKED:
        raise _refused(f"more than {ASKED} expressions lead to {version}")
    archives = tuple(_archive(a, version, text) for a in _rows(row["archives"], "archives"))
    if len({archive.name for archive in archives}) != len(archives):
        raise _refused(f"an archive of {version} stands there twice")
    packages = tuple(_package(p, text) for p in _rows(row["packages"], "packages"))
    if len({(p.target, p.release, p.name) for p in packages}) != len(packages):
        raise _refused(f"a package of {version} stands there twice")
    lts, npm = _word(row, "lts", WORD), _word(row, "npm", WORD)
    return Locked(asked, version, _day(row), lts, npm, archives, packages)


def _archive(value: object, version: Version, text: str) -> LockedArchive:
    row = _object(value, ("target", "name", "sha256", "signer"), text)
    named = _target(row).name
    name = str(row["name"])
    if name not in archive_names(version, named):
        raise _refused(f"{quoted(name)} is no archive of node {version} for {named}")
    return LockedArchive(named, name, _word(row, "sha256", SHA256), _word(row, "signer", SIGNER))


def _package(value: object, text: str) -> LockedPackage:
    row = _object(value, PACKAGE, text)
    target, release, name = _target(row), row["release"], str(row["name"])
    if not is_package(name, target):
        raise _refused(f"{quoted(name)} is no package of node for {target}")
    if release not in PACKAGES[target.os][1]:
        raise _refused(f"{quoted(str(release))} is no release that {target} has packages for")
    digest, signer = _word(row, "digest", DIGEST), _word(row, "signer", KEY)
    return LockedPackage(target.name, str(release), name, digest, signer)


def _target(row: Mapping[str, object]) -> Target:
    named = _word(row, "target", WORD)
    target = BY_NAME.get(named)
    if target is None:
        raise _refused(
            f"{quoted(named)} is no target", hint="a newer rtinstall may know it; or remove it"
        )
    return target


def is_package(name: str, target: Target) -> bool:
    """Say whether a file called ``name`` may be a package of Node.js or npm for ``target``."""
    return target.os in PACKAGES and PACKAGES[target.os][0].fullmatch(name) is not None


def archive_names(version: Version, target: str) -> tuple[str, ...]:
    """Return the names that archives of ``version`` for ``target`` may have."""
    return tuple(f"node-{version.tag}-{target}.{each}" for each in ENDINGS[BY_NAME[target].archive])


def _asked(value: object) -> str:
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise _refused("asked has something else than expressions")
    return check_expression(value)


def _word(row: Mapping[str, object], key: str, form: re.Pattern[str]) -> str:
    value = row[key]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _refused(f"{key} is {quoted(str(value))}")
    return value


def _day(row: Mapping[str, object]) -> date:
    try:
        return date.fromisoformat(_word(row, "date", DAY) or str(EPOCH))
    except ValueError:
        raise _refused(f"date is {quoted(str(row['date']))}") from None


def _line(text: str, part: str) -> int:
    return text.count("\n", 0, max(text.find(part), 0)) + 1


def _refused(why: str, *, hint: str = HINT) -> BadConfiguration:
    return refused(why, hint=hint)
