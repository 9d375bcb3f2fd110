"""What a repository's catalogue says of one rpm, taken from its headers (rpm manual, "RPM tags")."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rtinstall.platforms.containers.rpm_header import Signature, Tag
from rtinstall.runtime_bundle.archives.rpm import GHOST, Rpm
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.sources.rpm_versions import EQUAL, FLAGS, GREATER, LESS, Evr

Kind = Literal[
    "provides", "requires", "conflicts", "obsoletes",
    "suggests", "enhances", "recommends", "supplements",
]  # fmt: skip
# Tags of names, flags and versions.
RELATIONS: Mapping[Kind, tuple[int, int, int]] = {
    "provides": (Tag.PROVIDENAME, Tag.PROVIDEFLAGS, Tag.PROVIDEVERSION),
    "requires": (Tag.REQUIRENAME, Tag.REQUIREFLAGS, Tag.REQUIREVERSION),
    "conflicts": (Tag.CONFLICTNAME, Tag.CONFLICTFLAGS, Tag.CONFLICTVERSION),
    "obsoletes": (Tag.OBSOLETENAME, Tag.OBSOLETEFLAGS, Tag.OBSOLETEVERSION),
    "suggests": (5049, 5051, 5050),
    "enhances": (5055, 5057, 5056),
    "recommends": (Tag.RECOMMENDNAME, Tag.RECOMMENDFLAGS, Tag.RECOMMENDVERSION),
    "supplements": (5052, 5054, 5053),
}
WEAK: frozenset[Kind] = frozenset({"suggests", "enhances", "recommends", "supplements"})
WORDS = {flags: word for word, flags in FLAGS.items()}
# Flags of what has to be there before the package: PREREQ, and its scripts before and after.
BEFORE = 64 | 512 | 1024
TEXTS = (
    Tag.SUMMARY, Tag.DESCRIPTION, Tag.PACKAGER, Tag.URL, Tag.LICENSE, Tag.VENDOR, Tag.GROUP,
    Tag.BUILDHOST, Tag.SOURCERPM,
)  # fmt: skip
LONG_SIZE, LONG_PAYLOAD_SIZE = 5009, 271
CHANGES = 10  # createrepo's own number: a catalogue is no archive


@dataclass(frozen=True, slots=True)
class Relation:
    """One entry; ``sign`` is EQ, LT, GT, LE, GE or, for any version, empty."""

    name: str
    sign: str
    evr: Evr
    before: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One package: sizes in bytes, ``built`` in seconds since 1970, ``files`` with ``dir`` or ``ghost``.

    ``texts`` holds the strings of the header by tag, ``range`` the place of the header in the file.
    """

    href: str
    sha256: str
    size: int
    installed: int
    archive: int
    range: tuple[int, int]
    name: str
    arch: str
    os: str
    evr: Evr
    built: int
    texts: Mapping[int, str]
    relations: Mapping[Kind, tuple[Relation, ...]]
    features: frozenset[str]
    files: tuple[tuple[str, str], ...]
    changes: tuple[tuple[int, str, str], ...]

    def __str__(self) -> str:
        """Return ``nodejs-2:24.19.0-1.x86_64``."""
        return f"{self.name}-{self.evr}.{self.arch}"


def describe(rpm: Rpm, *, href: str, sha256: str, size: int) -> Listed:
    """Return the facts of an rpm that lies at ``href``; :class:`UnsafeArchive` if lists do not match."""
    archive = rpm.signature.get(Signature.PAYLOADSIZE, rpm.signature.get(LONG_PAYLOAD_SIZE, []))
    requires = [*_relations(rpm, "requires")]
    relations = {kind: tuple(_relations(rpm, kind)) for kind in RELATIONS}
    files = tuple(_files(rpm))
    relations["requires"] = _required(requires, relations["provides"], {path for path, _ in files})
    return Listed(
        href, sha256, size,
        _number(rpm, LONG_SIZE, Tag.SIZE),
        archive[0] if isinstance(archive, list) and archive and isinstance(archive[0], int) else 0,
        (rpm.payload - len(rpm.raw), rpm.payload),
        rpm.text(Tag.NAME),
        # rpm knows a source package by what it lacks.
        rpm.text(Tag.ARCH) if Tag.SOURCERPM in rpm.header else "src",
        rpm.text(Tag.OS),
        Evr(_number(rpm, Tag.EPOCH), rpm.text(Tag.VERSION), rpm.text(Tag.RELEASE)),
        _number(rpm, Tag.BUILDTIME),
        {tag: rpm.text(tag) for tag in TEXTS},
        relations,
        frozenset(each.name for each in requires if each.name.startswith("rpmlib(")),
        files,
        tuple(_changes(rpm)),
    )  # fmt: skip


def _number(rpm: Rpm, *tags: int) -> int:
    return next((found[0] for tag in tags if (found := rpm.numbers(tag))), 0)


def is_primary(path: str) -> bool:
    """Say whether a file is listed in primary.xml: what packages require by path, most of the time."""
    return path.startswith("/etc/") or "bin/" in path or path == "/usr/lib/sendmail"


def _relations(rpm: Rpm, kind: Kind) -> Iterator[Relation]:
    names, flags, versions = RELATIONS[kind]
    rows = (rpm.texts(names), rpm.numbers(flags), rpm.texts(versions))
    if not len(rows[0]) == len(rows[1]) == len(rows[2]):
        raise UnsafeArchive(f"the rpm's list of what it {kind} is malformed")
    for name, flag, version in zip(*rows, strict=True):
        sign = WORDS.get(flag & (LESS | GREATER | EQUAL), "")
        before = kind == "requires" and bool(flag & BEFORE)
        yield Relation(name, sign, _evr(version) if sign else Evr(), before)


def _required(
    requires: list[Relation], provides: tuple[Relation, ...], files: set[str]
) -> tuple[Relation, ...]:
    """Return each requirement once; none on rpm itself, or that the package provides in the same words."""
    own = {(each.name, each.sign, each.evr) for each in provides}
    return tuple(
        each
        for each in dict.fromkeys(requires)
        if (each.name, each.sign, each.evr) not in own
        and not (each.name in files and is_primary(each.name))
        and not each.name.startswith("rpmlib(")
    )


def _evr(text: str) -> Evr:
    epoch, colon, rest = text.rpartition(":")
    version, _, release = rest.partition("-")
    return Evr(
        int(epoch) if colon and epoch.isdecimal() and epoch.isascii() else 0, version, release
    )


def _files(rpm: Rpm) -> Iterator[tuple[str, str]]:
    names = rpm.names()
    modes = rpm.numbers(Tag.FILEMODES) or [0] * len(names)
    flags = rpm.numbers(Tag.FILEFLAGS) or [0] * len(names)
    if not len(names) == len(modes) == len(flags):
        raise UnsafeArchive("the rpm's list of files is malformed")
    for name, mode, flag in zip(names, modes, flags, strict=True):
        yield name, "dir" if stat.S_ISDIR(mode) else "ghost" if flag & GHOST else ""


def _changes(rpm: Rpm) -> Iterator[tuple[int, str, str]]:
    """Yield time, author and text of the newest changes, the oldest of them first."""
    rows = (
        rpm.numbers(Tag.CHANGELOGTIME),
        rpm.texts(Tag.CHANGELOGNAME),
        rpm.texts(Tag.CHANGELOGTEXT),
    )
    if not len(rows[0]) == len(rows[1]) == len(rows[2]):
        raise UnsafeArchive("the rpm's change log is malformed")
    yield from reversed(list(zip(*rows, strict=True))[:CHANGES])
