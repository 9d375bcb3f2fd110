"""Arch Linux packages (PKGINFO(5), BUILDINFO(5), ALPM-MTREE(5)), and those of its ports.

One tar archive: three files of metadata in makepkg's order, then the tree. pacman takes any codec;
the suffix says which one it is.

Decisions:

* Names of the ports: armv7h is Arch Linux ARM's, powerpc64le is ArchPOWER's. No distribution with
  pacman exists for s390x; the name is what the kernel calls the machine.
* There is no PKGBUILD: its digest in .BUILDINFO is that of an empty file.
* .MTREE holds MD5 besides SHA-256: pacman 6.0 takes a file without it for an altered one.
* It takes the place of Arch's nodejs, nodejs-lts-* and npm. Below another prefix than /usr it takes
  nobody's place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO

from rtinstall.platforms.compression import SUFFIX, open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.digests import digests
from rtinstall.platforms.linux.place import Conventions, Relations, place
from rtinstall.platforms.package import Codec, Effort, Metadata, Package
from rtinstall.platforms.prerelease import unhyphenated
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.targets import Arch
from rtinstall.runtime_bundle.versions import Version

ARCHITECTURES: dict[Arch, str] = {
    "x64": "x86_64",
    "arm64": "aarch64",
    "armv7l": "armv7h",
    "ppc64le": "powerpc64le",
    "s390x": "s390x",
}
OPTIONAL = (
    "gcc: to build native addons",
    "git: to install packages from git repositories",
    "make: to build native addons",
    "python: to build native addons",
)
# mtree(5): blanks part the words, "#" starts a comment, "\" an escape.
SPECIAL = re.compile(rb"[^!-~]|[#\\]")


def version(version: Version, revision: int) -> str:
    """Return ``24.19.0-1``, ``24.0.0rc1-1`` or ``26.0.0nightly20260101.abcdef-1``."""
    return f"{pkgver(str(version))}-{revision}"


def pkgver(text: str) -> str:
    """Return a semantic version without its hyphen, which pacman keeps for the revision."""
    release, _, prerelease = text.partition("-")
    return release + unhyphenated(prerelease)


def relations(bundle: Bundle, metadata: Metadata) -> Relations:
    """Ask for the C library that the executable needs; stand in for Arch's nodejs and npm."""
    floor = ">={}.{}".format(*bundle.glibc) if bundle.glibc else ""
    provides = {"nodejs": pkgver(str(bundle.version)), "npm": pkgver(bundle.npm)}
    provides.pop(metadata.name, None)
    others = {"nodejs-lts", *provides} - {metadata.name}  # every nodejs-lts-* provides nodejs-lts
    if any(entry.path == "bin/corepack" for entry in bundle.entries):
        others.add("corepack")
    return Relations(
        requires=("gcc-libs", f"glibc{floor}"),
        recommends=OPTIONAL,
        provides=(
            *(f"{name}={number}" for name, number in provides.items()),
            *(("nodejs-lts",) if bundle.lts else ()),
        ),
        conflicts=tuple(sorted(others)),
    )


CONVENTIONS = Conventions(
    format="arch",
    architectures=ARCHITECTURES,
    version=version,
    relations=relations,
    python="python>=3.11",
    zlib="zlib",
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as Arch Linux does, or raise :class:`NotPublished` where it is not for glibc."""
    if bundle.target.libc != "glibc":
        raise NotPublished(f"arch has no packages for {bundle.target}")
    placed = place(bundle, settings, CONVENTIONS)
    if settings.prefix != "usr":
        placed = replace(placed, provides=(), conflicts=(), replaces=())
    return placed


def filename(package: Package) -> str:
    """Return ``nodejs-24.19.0-1-x86_64.pkg.tar.zst``."""
    suffix = SUFFIX[_codec(package)]
    return f"{package.metadata.name}-{package.version}-{package.architecture}.pkg.tar{suffix}"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write ``.BUILDINFO``, ``.MTREE`` and ``.PKGINFO``, then every entry."""
    buildinfo = File.of(".BUILDINFO", _buildinfo(package))
    pkginfo = File.of(".PKGINFO", _pkginfo(package))
    mtree = File.of(".MTREE", _mtree((buildinfo, pkginfo, *package.entries), package.time, effort))
    stream = open_stream(_codec(package), out, effort)
    for file in (buildinfo, mtree, pkginfo):
        data = b"".join(file.content.chunks())
        tar.append_data(stream, file.path, data, time=package.time, dialect="pax")
    for entry in package.entries:
        tar.append(stream, entry, entry.path, time=package.time, dialect="pax")
    stream.write(tar.END)
    stream.close()


def _codec(package: Package) -> Codec:
    return package.metadata.codec.get("arch", "zstd")


def _mtree(entries: Sequence[Entry], time: int, effort: Effort) -> bytes:
    """Return, compressed, the list by which ``pacman -Qkk`` finds files that were altered."""
    out = BytesIO()
    md5 = digests((e for e in entries if isinstance(e, File)), "md5", effort.jobs)
    stream = open_stream("gzip", out, Effort(effort.level))
    stream.write(b"#mtree\n/set type=file uid=0 gid=0 mode=644\n")
    for entry in entries:
        words = " ".join((f"./{_escaped(entry.path)}", f"time={time}.0", *_keywords(entry, md5)))
        stream.write(f"{words}\n".encode())
    stream.close()
    return out.getvalue()


def _keywords(entry: Entry, md5: Mapping[str, str]) -> Iterator[str]:
    if entry.mode != 0o644:
        yield f"mode={entry.mode:o}"
    match entry:
        case File():
            yield f"size={entry.size}"
            yield f"md5digest={md5[entry.path]}"
            yield f"sha256digest={entry.sha256}"
        case Symlink():
            yield "type=link"
            yield f"link={_escaped(entry.target)}"
        case Directory():
            yield "type=dir"


def _escaped(path: str) -> str:
    """Write in octal what mtree(5) gives a meaning, and every byte that is not printable ASCII."""
    return SPECIAL.sub(lambda found: b"\\%03o" % ord(found[0]), path.encode()).decode("ascii")


def _pkginfo(package: Package) -> bytes:
    metadata = package.metadata
    return _lines(
        ("pkgname", metadata.name),
        ("pkgbase", metadata.name),
        ("xdata", "pkgtype=pkg"),
        ("pkgver", package.version),
        ("pkgdesc", metadata.summary),
        ("url", metadata.homepage),
        ("builddate", package.time),
        ("packager", metadata.maintainer),
        ("size", package.size),
        ("arch", package.architecture),
        ("license", metadata.license),
        *(("conflict", name) for name in package.conflicts),
        *(("provides", name) for name in package.provides),
        *(("backup", path) for path in sorted(package.config)),
        *(("depend", name) for name in package.requires),
        *(("optdepend", name) for name in package.recommends),
    )


def _buildinfo(package: Package) -> bytes:
    metadata = package.metadata
    return _lines(
        ("format", 2),
        ("pkgname", metadata.name),
        ("pkgbase", metadata.name),
        ("pkgver", package.version),
        ("pkgarch", package.architecture),
        ("pkgbuild_sha256sum", hashlib.sha256().hexdigest()),
        ("packager", metadata.maintainer),
        ("builddate", package.time),
        ("builddir", "/build"),
        ("startdir", "/startdir"),
        ("buildtool", "rtbuild"),
        ("buildtoolver", __version__),
    )


def _lines(*pairs: tuple[str, str | int]) -> bytes:
    return "".join(f"{key} = {value}\n" for key, value in pairs).encode()
