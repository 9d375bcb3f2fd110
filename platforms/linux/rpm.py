"""``.rpm``: Fedora, Red Hat Enterprise Linux and its kin, SUSE (rpm manual, "RPM v4 package format").

One package for all of them: no ``dist`` tag, dependencies by symbol version as rpmbuild finds them,
no scriptlets. Zstandard, because rpm 4.14 reads it, the rpm of the oldest systems whose glibc
(2.28) Node.js 24 runs on. What the package says of others stands in
:mod:`rtinstall.platforms.linux.rpm_relations`.

The front of the file (lead, signature, header) holds digests of what follows it, all of fixed
width: room for it is left, the payload streams after it, then it is written.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from rtinstall.platforms.compression import gzip, open_stream, xz, zstd
from rtinstall.platforms.containers import cpio
from rtinstall.platforms.containers.rpm_header import (
    MAIN_REGION, SIGNATURE_REGION, Signature, Tag, Value,
    binary, encode, int16, int32, lead, string, strings, translated,
)  # fmt: skip
from rtinstall.platforms.linux import rpm_relations
from rtinstall.platforms.linux.place import Conventions, place
from rtinstall.platforms.linux.rpm_relations import ARCHITECTURES, EPOCH
from rtinstall.platforms.package import Codec, Effort, Level, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.model import CHUNK, Blob, Bundle, Content, Directory, Entry, File, Symlink

CODEC: Codec = "zstd"
BUILD_HOST = "reproducible"
OWNER = "root"
# Shared by every package with a global module, and in no distribution's basic set of directories:
# who installs into it owns it.
OWNED = frozenset({"usr/lib/node_modules"})

CONFIG, DOC, NOREPLACE, LICENSE = 1, 2, 16, 128
SHA256 = 8
VERIFY_EVERYTHING = 0xFFFFFFFF
FEATURES: Mapping[Codec, str] = {
    "xz": "rpmlib(PayloadIsXz) <= 5.2-1",
    "zstd": "rpmlib(PayloadIsZstd) <= 5.4.18-1",
}
RPMLIB = 1 << 24
OPERATORS = {"": 0, "<": 2, ">": 4, "=": 8, "<=": 10, ">=": 12}

CONVENTIONS = Conventions(
    format="rpm",
    architectures=ARCHITECTURES,
    version=lambda version, revision: f"{rpm_relations.version_text(str(version))}-{revision}",
    relations=rpm_relations.replacing,
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle``; below another prefix than /usr it stands beside a distribution's Node.js."""
    beside = replace(CONVENTIONS, relations=rpm_relations.beside)
    return place(bundle, settings, CONVENTIONS if settings.prefix == "usr" else beside)


def filename(package: Package) -> str:
    """Return ``nodejs-24.19.0-1.x86_64.rpm``."""
    return f"{_label(package)}.{package.architecture}.rpm"


@dataclass(frozen=True, slots=True)
class Payload:
    """What the front says of the payload: digests of its compressed and its plain bytes, sizes."""

    sha256: str = "0" * 64
    plain_sha256: str = "0" * 64
    plain_size: int = 0


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the package: lead, signature header, main header, compressed cpio payload.

    Raises :class:`BadConfiguration` for a payload of 4 GiB or more.
    """
    codec = package.metadata.codec.get("rpm", CODEC)
    entries = tuple(entry for entry in package.entries if _is_owned(package, entry))
    if sum(map(_size, entries)) + 1024 * len(entries) >= cpio.MAX:
        raise BadConfiguration("the files of one rpm must be smaller than 4 GiB together")

    values = _identity(package) | _files(package, entries) | _dependencies(package, codec)
    values |= _compression(codec, effort.level)
    room = len(encode(MAIN_REGION, values | _digests(Payload())))
    start = len(lead("")) + len(_signature(b"", 0, bytes(16), Payload()))
    out.seek(start + room)
    payload = _write_payload(package, entries, codec, out, effort)
    size = out.tell() - start

    header = encode(MAIN_REGION, values | _digests(payload))
    md5 = hashlib.md5(header, usedforsecurity=False)
    out.seek(start + room)
    while data := out.read(CHUNK):
        md5.update(data)
    out.seek(0)
    out.write(lead(_label(package)))
    out.write(_signature(header, size, md5.digest(), payload))
    out.write(header)


def _signature(header: bytes, size: int, md5: bytes, payload: Payload) -> bytes:
    """Return the signature header: old rpms look at MD5 and SHA-1, rpm 6 accepts SHA-256 alone."""
    signature = encode(
        SIGNATURE_REGION,
        {
            Signature.SHA1: string(hashlib.sha1(header, usedforsecurity=False).hexdigest()),
            Signature.SHA256: string(hashlib.sha256(header).hexdigest()),
            Signature.SIZE: int32(size),
            Signature.MD5: binary(md5),
            Signature.PAYLOADSIZE: int32(payload.plain_size),
        },
    )
    return signature + bytes(-len(signature) % 8)


class _Hashed:
    """A file, and the digest of what is written into it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes, /) -> None:
        self.sha256.update(data)
        self._out.write(data)


def _write_payload(
    package: Package, entries: Sequence[Entry], codec: Codec, out: BinaryIO, effort: Effort
) -> Payload:
    below = _Hashed(out)
    stream = open_stream(codec, below, effort)
    plain = hashlib.sha256()
    plain_size = 0

    def append(data: bytes) -> None:
        nonlocal plain_size
        plain.update(data)
        plain_size += len(data)
        stream.write(data)

    padding = b""
    for inode, entry in enumerate(entries, 1):
        size = _size(entry)
        append(
            padding
            + cpio.header(
                f"./{entry.path}", mode=_mode(entry), size=size, time=package.time, inode=inode
            )
        )
        if isinstance(entry, File):
            content = _held(entry.content)
            for chunk in content.chunks():
                plain.update(chunk)
            plain_size += size
            stream.add(content)
        elif isinstance(entry, Symlink):
            append(entry.target.encode())
        padding = cpio.padding(size)
    append(padding + cpio.TRAILER)
    stream.close()
    return Payload(below.sha256.hexdigest(), plain.hexdigest(), plain_size)


def _held(content: Content) -> Content:
    """Return ``content`` in memory if it is small: it is read twice, for a digest and the archive."""
    return content if content.size > CHUNK else Blob(b"".join(content.chunks()))


def _identity(package: Package) -> dict[int, Value]:
    metadata = package.metadata
    version, _, release = package.version.rpartition("-")
    bundle = package.bundle
    return {
        Tag.HEADERI18NTABLE: strings(["C"]),
        Tag.NAME: string(metadata.name),
        Tag.EPOCH: int32(EPOCH),
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
        Tag.OS: string("linux"),
        Tag.ARCH: string(package.architecture),
        # Its absence would make this a source package.
        Tag.SOURCERPM: string(f"{_label(package)}.src.rpm"),
        Tag.CHANGELOGTIME: int32(package.time),
        Tag.CHANGELOGNAME: strings([f"{metadata.maintainer} - {EPOCH}:{package.version}"]),
        Tag.CHANGELOGTEXT: strings([f"- Node.js {bundle.version} with npm {bundle.npm}"]),
        Tag.ENCODING: string("utf-8"),
    }


def _files(package: Package, entries: Sequence[Entry]) -> dict[int, Value]:
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
        Tag.SIZE: int32(sum(map(_size, entries))),
        Tag.FILESIZES: int32(*map(_size, entries)),
        Tag.FILEMODES: int16(*map(_mode, entries)),
        Tag.FILERDEVS: int16(*[0] * count),
        Tag.FILEMTIMES: int32(*[package.time] * count),
        Tag.FILEDIGESTS: strings([e.sha256 if isinstance(e, File) else "" for e in entries]),
        Tag.FILELINKTOS: strings([e.target if isinstance(e, Symlink) else "" for e in entries]),
        Tag.FILEFLAGS: int32(*(_flags(package, entry) for entry in entries)),
        Tag.FILEUSERNAME: strings([OWNER] * count),
        Tag.FILEGROUPNAME: strings([OWNER] * count),
        Tag.FILEVERIFYFLAGS: int32(*[VERIFY_EVERYTHING] * count),
        Tag.FILEDEVICES: int32(*[1] * count),
        Tag.FILEINODES: int32(*range(1, count + 1)),
        Tag.FILELANGS: strings([""] * count),
        Tag.DIRINDEXES: int32(*indexes),
        Tag.BASENAMES: strings(names),
        Tag.DIRNAMES: strings(list(folders)),
        Tag.FILEDIGESTALGO: int32(SHA256),
    }


def _dependencies(package: Package, codec: Codec) -> dict[int, Value]:
    features = [
        "rpmlib(CompressedFileNames) <= 3.0.4-1",
        "rpmlib(FileDigests) <= 4.6.0-1",
        "rpmlib(PayloadFilesHavePrefix) <= 4.0-1",
    ]
    if codec in FEATURES:
        features.append(FEATURES[codec])
    said = (package.version, *package.requires, *package.provides, *package.conflicts)
    if any("~" in text for text in said):
        features.append("rpmlib(TildeInVersions) <= 4.10.0-1")
    return (
        _relations(Tag.PROVIDENAME, Tag.PROVIDEFLAGS, Tag.PROVIDEVERSION, package.provides)
        | _relations(
            Tag.REQUIRENAME, Tag.REQUIREFLAGS, Tag.REQUIREVERSION, (*package.requires, *features)
        )
        | _relations(
            Tag.RECOMMENDNAME, Tag.RECOMMENDFLAGS, Tag.RECOMMENDVERSION, package.recommends
        )
        | _relations(Tag.CONFLICTNAME, Tag.CONFLICTFLAGS, Tag.CONFLICTVERSION, package.conflicts)
        | _relations(Tag.OBSOLETENAME, Tag.OBSOLETEFLAGS, Tag.OBSOLETEVERSION, package.replaces)
    )


def _relations(names: Tag, flags: Tag, versions: Tag, texts: Sequence[str]) -> dict[int, Value]:
    """Encode relations of the form ``name`` or ``name >= 1:2-3``; no relation, no tags."""
    if not texts:
        return {}
    parts = [text.partition(" ") for text in texts]
    conditions = [condition.partition(" ") for _, _, condition in parts]
    return {
        names: strings([name for name, _, _ in parts]),
        flags: int32(
            *(
                OPERATORS[operator] | (RPMLIB if name.startswith("rpmlib(") else 0)
                for (name, _, _), (operator, _, _) in zip(parts, conditions, strict=True)
            )
        ),
        versions: strings([version for _, _, version in conditions]),
    }


def _compression(codec: Codec, level: Level) -> dict[int, Value]:
    """Name the codec and, for those who ask, its level; a payload as it is has neither."""
    match codec:
        case "none":
            return {Tag.PAYLOADFORMAT: string("cpio")}
        case "gzip":
            flags = gzip.LEVEL[level]
        case "xz":
            flags = xz.LEVEL[level].preset
        case "zstd":
            flags = zstd.LEVEL[level]
    return {
        Tag.PAYLOADFORMAT: string("cpio"),
        Tag.PAYLOADCOMPRESSOR: string(codec),
        Tag.PAYLOADFLAGS: string(str(flags)),
    }


def _digests(payload: Payload) -> dict[int, Value]:
    return {
        Tag.PAYLOADDIGEST: strings([payload.sha256]),
        Tag.PAYLOADDIGESTALGO: int32(SHA256),
        Tag.PAYLOADDIGESTALT: strings([payload.plain_sha256]),
    }


def _label(package: Package) -> str:
    return f"{package.metadata.name}-{package.version}"


def _is_owned(package: Package, entry: Entry) -> bool:
    if not isinstance(entry, Directory):
        return True
    return entry.path in OWNED or entry.path not in package.shared


def _size(entry: Entry) -> int:
    match entry:
        case File():
            return entry.size
        case Symlink():
            return len(entry.target.encode())
        case Directory():
            return 0


def _mode(entry: Entry) -> int:
    match entry:
        case File():
            return stat.S_IFREG | entry.mode
        case Symlink():
            return stat.S_IFLNK | entry.mode
        case Directory():
            return stat.S_IFDIR | entry.mode


def _flags(package: Package, entry: Entry) -> int:
    """Mark configuration, documents and licences; manual pages are documents, as to rpmbuild."""
    if entry.path in package.config:
        return CONFIG | NOREPLACE
    if entry.path in package.licenses:
        return LICENSE
    if entry.path in package.docs or (isinstance(entry, File) and "/share/man/man" in entry.path):
        return DOC
    return 0
