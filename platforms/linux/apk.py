"""Alpine packages, version 2 of the format (apk-v2(5)), which apk-tools 2 and 3 both read.

Two tar archives, each one gzip member: what the package says, then what it holds. Together they read
as one tar, so the first ends without the zero blocks that would end it. The package is unsigned and
installs with ``--allow-untrusted``. A signature is one member more, in front, shaped like the first
and over its compressed bytes; nothing else changes for it.

Decisions:

* Only for musl: Alpine has no other C library.
* A nightly keeps its date and loses its commit, which apk-tools 2 has no place for.
* The file is named as in a repository, with the architecture before ``.apk``: a repository keeps one
  directory for each, a directory of downloads does not.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from io import BytesIO
from typing import BinaryIO

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.compression.stream import Writable
from rtinstall.platforms.containers.tar import END, header, padding
from rtinstall.platforms.linux.place import Conventions, Relations, place
from rtinstall.platforms.package import Effort, Metadata, Package
from rtinstall.platforms.scratch import scratch_file
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import CHUNK, Bundle, Directory, Entry, File, Symlink, digest
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
# apk-package(5) knows these words only, and sorts them in this order below the release.
SUFFIX: dict[Channel, str] = {
    "nightly": "_alpha",
    "test": "_beta",
    "v8-canary": "_pre",
    "rc": "_rc",
    "release": "",
}


def version(version: Version, revision: int) -> str:
    """Return ``24.19.0-r1``, ``24.0.0_rc1-r1`` or ``26.0.0_alpha20260101-r1``."""
    numbers = f"{version.major}.{version.minor}.{version.patch}"
    # What follows the channel is a count, or eight digits of a date and a commit.
    count = re.match(r"\.?(\d{8}|\d*)", version.prerelease.removeprefix(version.channel))
    return f"{numbers}{SUFFIX[version.channel]}{count[1] if count else ''}-r{revision}"


def npm_version(text: str) -> str:
    """Return npm's version: ``11.6.2``, and ``11.0.0_pre1`` for ``11.0.0-pre.1``."""
    release, _, prerelease = text.partition("-")
    return release + "".join(f"_pre{count}" for count in re.findall(r"\d+", prerelease)[:1])


def relations(bundle: Bundle, metadata: Metadata) -> Relations:
    """Stand in for Alpine's own nodejs, npm and their parts, all of which this package contains."""
    node = version(bundle.version, metadata.revision)
    npm = npm_version(bundle.npm)
    commands = [e.path.removeprefix("bin/") for e in bundle.entries if e.path.startswith("bin/")]
    own = {"nodejs": node, "nodejs-dev": node, "npm": npm, "nodejs-npm": npm}
    own |= {f"cmd:{name}": npm if name in ("npm", "npx") else node for name in commands}
    others = {"nodejs", "nodejs-current", *(name for name in ("corepack",) if name in commands)}
    others.discard(metadata.name)
    return Relations(
        requires=("ca-certificates", *_libraries(bundle)),
        provides=tuple(f"{name}={own[name]}" for name in own if name != metadata.name),
        conflicts=tuple(f"!{name}" for name in sorted(others)),
        # Who replaces a package takes over its files; the manual pages of both are in packages apart.
        replaces=(*sorted(others), "nodejs-dev", "nodejs-doc", "npm", "npm-doc"),
    )


def _libraries(bundle: Bundle) -> tuple[str, ...]:
    """Return the shared libraries that the program needs, as Alpine's own packages name them."""
    musl = f"libc.musl-{ARCHITECTURES[bundle.target.arch]}.so.1"
    return tuple(f"so:{name}" for name in (musl, "libgcc_s.so.1", "libstdc++.so.6"))


CONVENTIONS = Conventions(
    format="apk", architectures=ARCHITECTURES, version=version, relations=relations
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as Alpine does."""
    if bundle.target.libc != "musl":
        raise NotPublished(
            f"apk has no packages for {bundle.target}",
            hint=f"Alpine's C library is musl: look for {bundle.target}-musl in rtbuild targets",
        )
    return place(bundle, settings, CONVENTIONS)


def filename(package: Package) -> str:
    """Return ``nodejs-24.19.0-r1.x86_64.apk``."""
    return f"{package.metadata.name}-{package.version}.{package.architecture}.apk"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the control member, then the data member, whose digest the first one holds."""
    with scratch_file(out) as data:
        datahash = _write_data(package, data, effort)
        out.write(_control(package, datahash, effort))
        data.seek(0)
        shutil.copyfileobj(data, out, CHUNK)


class _Digested:
    """A file whose SHA-256 is known when it is written."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.sha256.update(data)
        self._out.write(data)


def _write_data(package: Package, file: Writable, effort: Effort) -> str:
    """Write the data member and return the digest of its compressed bytes."""
    out = _Digested(file)
    stream = open_stream("gzip", out, effort)
    for entry in package.entries:
        stream.write(_header(entry, package.time))
        if isinstance(entry, File):
            stream.add(entry.content)
            stream.write(padding(entry.size))
    stream.write(END)
    stream.close()
    return out.sha256.hexdigest()


def _control(package: Package, datahash: str, effort: Effort) -> bytes:
    pkginfo = _pkginfo(package, datahash).encode()
    control = BytesIO()
    stream = open_stream("gzip", control, effort)
    stream.write(
        header(
            ".PKGINFO", kind="file", mode=0o644, size=len(pkginfo), time=package.time, dialect="pax"
        )
    )
    stream.write(pkginfo + padding(len(pkginfo)))
    stream.close()
    return control.getvalue()


def _header(entry: Entry, time: int) -> bytes:
    """Return the header of a member; apk refuses a file without its SHA-1 in front of the bytes."""
    match entry:
        case File():
            return header(
                entry.path, kind="file", mode=entry.mode, size=entry.size, time=time, dialect="pax",
                records={"APK-TOOLS.checksum.SHA1": digest(entry.content, "sha1")},
            )  # fmt: skip
        case Symlink():
            target = hashlib.sha1(entry.target.encode(), usedforsecurity=False).hexdigest()
            return header(
                entry.path, kind="symlink", mode=entry.mode, link=entry.target, time=time,
                dialect="pax", records={"APK-TOOLS.checksum.SHA1": target},
            )  # fmt: skip
        case Directory():
            return header(entry.path, kind="directory", mode=entry.mode, time=time, dialect="pax")


def _pkginfo(package: Package, datahash: str) -> str:
    metadata = package.metadata
    pairs = [
        ("pkgname", metadata.name),
        ("pkgver", package.version),
        ("pkgdesc", metadata.summary),
        ("url", metadata.homepage),
        ("builddate", package.time),
        ("packager", metadata.maintainer),
        ("size", package.size),  # without it apk installs nothing, and says it did
        ("arch", package.architecture),
        ("origin", metadata.name),
        ("maintainer", metadata.maintainer),
        ("license", metadata.license),
        *(("replaces", name) for name in package.replaces),
        *(("depend", name) for name in (*package.requires, *package.conflicts)),
        *(("provides", name) for name in package.provides),
        ("datahash", datahash),
    ]
    return "".join(f"{key} = {value}\n" for key, value in pairs)
