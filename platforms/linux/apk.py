"""Alpine packages, version 2 of the format (apk-v2(5)), which apk-tools 2 and 3 both read.

Two tar archives, each one gzip member: what the package says, then what it holds. Together they read
as one tar, so the first stops short of the zero blocks that would end it. The package is unsigned
and installs with ``--allow-untrusted``. A signature is one member more, in front: shaped like the
first, over its compressed bytes; the rest stays as it is.

Decisions:

* Only for musl: Alpine has no other C library.
* A nightly keeps its date and loses its commit, which apk-tools 2 has no place for.
* The file has its repository name with the architecture before ``.apk``: a repository keeps one
  directory for each, a directory of downloads does not.
* It takes the place of Alpine's nodejs, nodejs-current, npm and their parts. Below another prefix
  than /usr it takes nobody's place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.compression.stream import Writable
from rtinstall.platforms.containers import tar
from rtinstall.platforms.digests import digests
from rtinstall.platforms.linux.place import Conventions, Relations, place
from rtinstall.platforms.package import Effort, Metadata, Package
from rtinstall.platforms.scratch import scratch_file
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished, WrongBinary
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.model import CHUNK, Bundle, Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.targets import Arch
from rtinstall.runtime_bundle.versions import Channel, Version

ARCHITECTURES: dict[Arch, str] = {
    "x64": "x86_64",
    "x86": "x86",
    "arm64": "aarch64",
    "armv7l": "armv7",
    "armv6l": "armhf",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "loong64": "loongarch64",
}
# apk-package(5) knows few words besides, and sorts these in this order, below the release.
SUFFIX: dict[Channel, str] = {
    "nightly": "_alpha",
    "test": "_beta",
    "v8-canary": "_pre",
    "rc": "_rc",
    "release": "",
}
# auditwheel puts a digest into the names of the libraries that it copies into a wheel.
FROM_A_WHEEL = re.compile(r"-[0-9a-f]{8}\.so\b")


def version(version: Version, revision: int) -> str:
    """Return ``24.19.0-r1``, ``24.0.0_rc1-r1`` or ``26.0.0_alpha20260101-r1``."""
    numbers = f"{version.major}.{version.minor}.{version.patch}"
    # What follows the channel is a count, or eight digits of a date and a commit.
    rest = version.prerelease.removeprefix(version.channel)
    count = re.match(r"\.?(\d{8}|\d*)", rest)
    return f"{numbers}{SUFFIX[version.channel]}{count[1] if count else ''}-r{revision}"


def npm_version(text: str) -> str:
    """Return npm's version: ``11.6.2``, and ``11.0.0_pre1`` for ``11.0.0-pre.1``."""
    release, _, prerelease = text.partition("-")
    return release + "".join(f"_pre{count}" for count in re.findall(r"\d+", prerelease)[:1])


def relations(bundle: Bundle, metadata: Metadata) -> Relations:
    """Name the libraries that the executable asks for, and what of Alpine's this package contains."""
    node = version(bundle.version, metadata.revision)
    npm = npm_version(bundle.npm)
    commands = [e.path.removeprefix("bin/") for e in bundle.entries if e.path.startswith("bin/")]
    provides = {"nodejs": node, "nodejs-dev": node, "npm": npm, "nodejs-npm": npm}
    provides |= {f"cmd:{name}": npm if name in ("npm", "npx") else node for name in commands}
    provides.pop(metadata.name, None)
    # No two packages provide one name in a version, which keeps npm and nodejs-dev away.
    conflicts = {"nodejs", "nodejs-current", *(c for c in commands if c == "corepack")}
    conflicts.discard(metadata.name)
    return Relations(
        requires=("ca-certificates", *_libraries(bundle)),
        provides=tuple(f"{name}={number}" for name, number in provides.items()),
        conflicts=tuple(f"!{name}" for name in sorted(conflicts)),
        # What is replaced gives up its files, manual pages too; those are in packages of their own.
        replaces=(*sorted(conflicts), "nodejs-dev", "nodejs-doc", "npm", "npm-doc"),
    )


def _libraries(bundle: Bundle) -> tuple[str, ...]:
    """Return the shared libraries that the executable needs, as abuild names them.

    Raises :class:`WrongBinary` for one that came with a wheel and was left behind there: apk would
    never find it. Those that the Bundle has in ``lib`` are where musl's loader looks.
    """
    # The loader takes any libc.* for itself; Alpine knows it by one name.
    musl = f"libc.musl-{ARCHITECTURES[bundle.target.arch]}.so.1"
    needed = set(read_executable(bundle.file("bin/node").content).needed)
    needed -= {entry.path.removeprefix("lib/") for entry in bundle.entries}
    for name in sorted(needed):
        if FROM_A_WHEEL.search(name):
            raise WrongBinary(
                f"bin/node needs {name}, which is in a wheel and not in Alpine",
                hint="take the runtime from --source dist or --source unofficial",
            )
    names = {musl if name.startswith("libc.") else name for name in needed}
    return tuple(f"so:{name}" for name in sorted(names))


CONVENTIONS = Conventions(
    format="apk",
    architectures=ARCHITECTURES,
    version=version,
    relations=relations,
    python="python3>=3.11",
    zlib="so:libz.so.1",
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as Alpine does, or raise :class:`NotPublished` where it is not for musl."""
    if bundle.target.libc != "musl":
        raise NotPublished(
            f"apk has no packages for {bundle.target}",
            hint="Alpine's C library is musl: take a target whose name ends in -musl",
        )
    placed = place(bundle, settings, CONVENTIONS)
    if settings.prefix != "usr":
        placed = replace(placed, provides=(), conflicts=(), replaces=())
    return placed


def filename(package: Package) -> str:
    """Return ``nodejs-24.19.0-r1.x86_64.apk``."""
    return f"{package.metadata.name}-{package.version}.{package.architecture}.apk"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the control member, then the data member, whose digest the first one holds."""
    with scratch_file(out) as data:
        datahash = _write_data(package, data, effort)
        out.write(_control(package, datahash, effort))
        data.seek(0)
        while chunk := data.read(CHUNK):
            out.write(chunk)


def _control(package: Package, datahash: str, effort: Effort) -> bytes:
    control = BytesIO()
    stream = open_stream("gzip", control, Effort(effort.level))
    pkginfo = File.of(".PKGINFO", _pkginfo(package, datahash).encode())
    tar.append(stream, pkginfo, pkginfo.path, time=package.time, dialect="pax")
    stream.close()
    return control.getvalue()


def _write_data(package: Package, out: Writable, effort: Effort) -> str:
    """Write the tree into ``out`` and return the SHA-256 of its compressed bytes."""
    digested = _Digested(out)
    sha1 = digests(package.files, "sha1", effort.jobs)
    stream = open_stream("gzip", digested, effort)
    for entry in package.entries:
        records = _checksum(entry, sha1)
        tar.append(stream, entry, entry.path, time=package.time, dialect="pax", records=records)
    stream.write(tar.END)
    stream.close()
    return digested.sha256.hexdigest()


class _Digested:
    """A file and the SHA-256 of what was written into it."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.sha256.update(data)
        self._out.write(data)


def _checksum(entry: Entry, sha1: Mapping[str, str]) -> dict[str, str]:
    """Return the record apk checks a file by; it installs none without. A link's is of its target."""
    match entry:
        case File():
            found = sha1[entry.path]
        case Symlink():
            found = hashlib.sha1(entry.target.encode(), usedforsecurity=False).hexdigest()
        case Directory():
            return {}
    return {"APK-TOOLS.checksum.SHA1": found}


def _pkginfo(package: Package, datahash: str) -> str:
    metadata = package.metadata
    pairs = (
        ("pkgname", metadata.name),
        ("pkgver", package.version),
        ("pkgdesc", metadata.summary),
        ("url", metadata.homepage),
        ("builddate", package.time),
        ("packager", metadata.maintainer),
        ("size", package.size),  # apk installs nothing of a package of size 0, and reports success
        ("arch", package.architecture),
        ("origin", metadata.name),
        ("maintainer", metadata.maintainer),
        ("license", metadata.license),
        *(("replaces", name) for name in package.replaces),
        *(("depend", name) for name in (*package.requires, *package.conflicts)),
        *(("provides", name) for name in package.provides),
        ("datahash", datahash),
    )
    return "".join(f"{key} = {value}\n" for key, value in pairs)
