"""The main header of an rpm: what each of its tags says of a Package (rpm manual, "RPM tags").

The digests of files are SHA-256 everywhere: rpm knows them since 4.6.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence

from rtinstall.platforms.compression import deflate, xz, zstd
from rtinstall.platforms.containers.rpm_header import (
    Tag,
    Value,
    int16,
    int32,
    string,
    strings,
    translated,
)
from rtinstall.platforms.package import Codec, Level, Package
from rtinstall.platforms.rpm.profile import Profile, Scripts
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink

BUILD_HOST = "reproducible"

CONFIG, DOC, NOREPLACE, LICENSE = 1, 2, 16, 128
SHA256 = 8
VERIFY_EVERYTHING = 0xFFFFFFFF
FEATURES: Mapping[Codec, str] = {
    "xz": "rpmlib(PayloadIsXz) <= 5.2-1",
    "zstd": "rpmlib(PayloadIsZstd) <= 5.4.18-1",
}
RPMLIB = 1 << 24
# Needed before anything of the package runs, after it is installed, and before it is removed.
PRE, POST, PREUN = 1 << 9, 1 << 10, 1 << 11
NOTHING: Mapping[str, int] = {}
OPERATORS = {"": 0, "<": 2, ">": 4, "=": 8, "<=": 10, ">=": 12}


def describe(
    package: Package, profile: Profile, entries: Sequence[Entry], level: Level
) -> dict[int, Value]:
    """Return every tag but the digests of the payload, which holds ``entries`` in this order."""
    return (
        _identity(package, profile)
        | _files(package, profile, entries)
        | _dependencies(package, profile)
        | _compression(profile.codec, level)
        | (_scripts(profile.scripts) if profile.scripts else {})
    )


def label(package: Package) -> str:
    """Return name, version and release as one."""
    return f"{package.metadata.name}-{package.version}"


def _identity(package: Package, profile: Profile) -> dict[int, Value]:
    metadata = package.metadata
    version, _, release = package.version.rpartition("-")
    bundle = package.bundle
    epoch: dict[int, Value] = {} if profile.epoch is None else {Tag.EPOCH: int32(profile.epoch)}
    whole = package.version if profile.epoch is None else f"{profile.epoch}:{package.version}"
    return {
        Tag.HEADERI18NTABLE: strings(["C"]),
        Tag.NAME: string(metadata.name),
        **epoch,
        Tag.VERSION: string(version),
        Tag.RELEASE: string(release),
        Tag.SUMMARY: translated(metadata.summary),
        Tag.DESCRIPTION: translated(metadata.description),
        Tag.BUILDTIME: int32(package.time),
        Tag.BUILDHOST: string(BUILD_HOST),
        Tag.VENDOR: string(metadata.vendor),
        Tag.LICENSE: string(metadata.license),
        Tag.PACKAGER: string(metadata.maintainer),
        Tag.GROUP: string("Development/Languages"),
        Tag.URL: string(metadata.homepage),
        Tag.OS: string(profile.os),
        Tag.ARCH: string(package.architecture),
        # Its absence would make this a source package.
        Tag.SOURCERPM: string(f"{label(package)}.src.rpm"),
        Tag.CHANGELOGTIME: int32(package.time),
        Tag.CHANGELOGNAME: strings([f"{metadata.maintainer} - {whole}"]),
        Tag.CHANGELOGTEXT: strings([f"- Node.js {bundle.version} with npm {bundle.npm}"]),
        Tag.ENCODING: string("utf-8"),
    }


def _files(package: Package, profile: Profile, entries: Sequence[Entry]) -> dict[int, Value]:
    """Return the file list, as parallel arrays in the order of the payload."""
    count = len(entries)
    folders: dict[str, int] = {}
    indexes = []
    names = []
    for entry in entries:
        folder, _, name = entry.path.rpartition("/")
        indexes.append(folders.setdefault(f"/{folder}/" if folder else "/", len(folders)))
        names.append(name)
    return {
        Tag.SIZE: int32(sum(map(size, entries))),
        Tag.FILESIZES: int32(*map(size, entries)),
        Tag.FILEMODES: int16(*map(mode, entries)),
        Tag.FILERDEVS: int16(*[0] * count),
        Tag.FILEMTIMES: int32(*[package.time] * count),
        Tag.FILEDIGESTS: strings([e.sha256 if isinstance(e, File) else "" for e in entries]),
        Tag.FILELINKTOS: strings([e.target if isinstance(e, Symlink) else "" for e in entries]),
        Tag.FILEFLAGS: int32(*(_flags(package, entry) for entry in entries)),
        Tag.FILEUSERNAME: strings([profile.owner] * count),
        Tag.FILEGROUPNAME: strings([profile.group] * count),
        Tag.FILEVERIFYFLAGS: int32(*[VERIFY_EVERYTHING] * count),
        Tag.FILEDEVICES: int32(*[1] * count),
        Tag.FILEINODES: int32(*range(1, count + 1)),
        Tag.FILELANGS: strings([""] * count),
        Tag.DIRINDEXES: int32(*indexes),
        Tag.BASENAMES: strings(names),
        Tag.DIRNAMES: strings(list(folders)),
        Tag.FILEDIGESTALGO: int32(SHA256),
    }


def _dependencies(package: Package, profile: Profile) -> dict[int, Value]:
    features = [
        "rpmlib(CompressedFileNames) <= 3.0.4-1",
        "rpmlib(FileDigests) <= 4.6.0-1",
        "rpmlib(PayloadFilesHavePrefix) <= 4.0-1",
    ]
    if profile.codec in FEATURES:
        features.append(FEATURES[profile.codec])
    said = (package.version, *package.requires, *package.provides, *package.conflicts)
    if any("~" in text for text in said):
        features.append("rpmlib(TildeInVersions) <= 4.10.0-1")
    scripts = profile.scripts.requires if profile.scripts else ()
    marks = dict.fromkeys(features, RPMLIB) | dict.fromkeys(scripts, PRE | POST | PREUN)
    needed = (*package.requires, *scripts, *features)
    return (
        _relations(Tag.PROVIDENAME, Tag.PROVIDEFLAGS, Tag.PROVIDEVERSION, package.provides)
        | _relations(Tag.REQUIRENAME, Tag.REQUIREFLAGS, Tag.REQUIREVERSION, needed, marks)
        | _relations(
            Tag.RECOMMENDNAME, Tag.RECOMMENDFLAGS, Tag.RECOMMENDVERSION, package.recommends
        )
        | _relations(Tag.CONFLICTNAME, Tag.CONFLICTFLAGS, Tag.CONFLICTVERSION, package.conflicts)
        | _relations(Tag.OBSOLETENAME, Tag.OBSOLETEFLAGS, Tag.OBSOLETEVERSION, package.replaces)
    )


def _relations(
    names: Tag, flags: Tag, versions: Tag, texts: Sequence[str], marks: Mapping[str, int] = NOTHING
) -> dict[int, Value]:
    """Encode relations of the form ``name`` or ``name >= 1:2-3``; no relation, no tags.

    ``marks`` are flags besides the comparison, by relation.
    """
    if not texts:
        return {}
    parts = [text.partition(" ") for text in texts]
    conditions = [condition.partition(" ") for _, _, condition in parts]
    return {
        names: strings([name for name, _, _ in parts]),
        flags: int32(
            *(
                OPERATORS[operator] | marks.get(text, 0)
                for text, (operator, _, _) in zip(texts, conditions, strict=True)
            )
        ),
        versions: strings([version for _, _, version in conditions]),
    }


def _scripts(scripts: Scripts) -> dict[int, Value]:
    return {
        Tag.POSTIN: string(scripts.postin),
        Tag.PREUN: string(scripts.preun),
        Tag.POSTINPROG: string(scripts.interpreter),
        Tag.PREUNPROG: string(scripts.interpreter),
    }


def _compression(codec: Codec, level: Level) -> dict[int, Value]:
    """Name the codec and, for those who ask, its level; a payload as it is has neither."""
    match codec:
        case "none":
            return {Tag.PAYLOADFORMAT: string("cpio")}
        case "gzip":
            flags = deflate.LEVEL[level]
        case "xz":
            flags = xz.LEVEL[level].preset
        case "zstd":
            flags = zstd.LEVEL[level].level
    return {
        Tag.PAYLOADFORMAT: string("cpio"),
        Tag.PAYLOADCOMPRESSOR: string(codec),
        Tag.PAYLOADFLAGS: string(str(flags)),
    }


def _flags(package: Package, entry: Entry) -> int:
    """Mark configuration, documents and licences; manual pages are documents, as to rpmbuild."""
    if entry.path in package.config:
        return CONFIG | NOREPLACE
    if entry.path in package.licenses:
        return LICENSE
    if entry.path in package.docs or (isinstance(entry, File) and "/share/man/man" in entry.path):
        return DOC
    return 0


def size(entry: Entry) -> int:
    """Return the bytes of an entry in the payload."""
    match entry:
        case File():
            return entry.size
        case Symlink():
            return len(entry.target.encode())
        case Directory():
            return 0


def mode(entry: Entry) -> int:
    """Return permissions and type of an entry."""
    match entry:
        case File():
            return stat.S_IFREG | entry.mode
        case Symlink():
            return stat.S_IFLNK | entry.mode
        case Directory():
            return stat.S_IFDIR | entry.mode
