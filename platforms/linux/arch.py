"""Arch Linux packages (PKGINFO(5), BUILDINFO(5), ALPM-MTREE(5) of pacman), and those of its ports.

One tar archive: three files of metadata in makepkg's order, then the tree. pacman takes any codec;
the suffix says which one it is.

Decisions:

* Names of the ports: armv7h is Arch Linux ARM's, powerpc64le is ArchPOWER's. No distribution with
  pacman exists for s390x; the name is what the kernel calls the machine.
* A date and the commit after it are kept apart by a dot, or vercmp would read them as one number.
* There is no PKGBUILD: its digest in .BUILDINFO is that of an empty file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from io import BytesIO
from typing import BinaryIO

from rtinstall.platforms.compression import SUFFIX, open_stream
from rtinstall.platforms.containers.tar import END, header, padding
from rtinstall.platforms.linux.place import Conventions, Relations, place
from rtinstall.platforms.package import Codec, Effort, Metadata, Package
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
FOR_ADDONS = "to build native addons"
OPTIONAL = (
    "git: to install npm packages from git",
    *(f"{name}: {FOR_ADDONS}" for name in ("gcc", "make", "python")),
)
# mtree(5): blanks part the words, "#" starts a comment, "\\" an escape.
UNSAFE = re.compile(rb"[^!-~]|[#\\]")


def version(version: Version, revision: int) -> str:
    """Return ``24.19.0-1``, ``24.0.0rc1-1`` or ``26.0.0nightly20260101.abcdef-1``."""
    return f"{pkgver(str(version))}-{revision}"


def pkgver(text: str) -> str:
    """Return a semantic version without the hyphen that pacman keeps for the revision."""
    release, _, prerelease = text.partition("-")
    prerelease = re.sub(r"^([a-z]+)\.", r"\1", prerelease.replace("-", ""))
    return release + re.sub(r"(\d{8})(?=[0-9a-f]+$)", r"\1.", prerelease)


def relations(bundle: Bundle, metadata: Metadata) -> Relations:
    """Stand in for Arch's nodejs and npm; its nodejs-lts-* all provide ``nodejs-lts``."""
    floor = ">={}.{}".format(*bundle.glibc) if bundle.glibc else ""
    provides = {"nodejs": pkgver(str(bundle.version)), "npm": pkgver(bundle.npm)}
    provides.pop(metadata.name, None)
    corepack = [e for e in bundle.entries if e.path == "bin/corepack"]
    others = {"nodejs", "nodejs-lts", "npm", *("corepack" for _ in corepack)} - {metadata.name}
    return Relations(
        requires=("gcc-libs", f"glibc{floor}"),
        recommends=OPTIONAL,
        provides=(
            *(f"{name}={value}" for name, value in provides.items()),
            *("nodejs-lts" for _ in bundle.lts[:1]),
        ),
        conflicts=tuple(sorted(others)),
    )


CONVENTIONS = Conventions(
    format="arch", architectures=ARCHITECTURES, version=version, relations=relations
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as Arch Linux does."""
    if bundle.target.libc != "glibc":
        raise NotPublished(f"arch has no packages for {bundle.target}")
    return place(bundle, settings, CONVENTIONS)


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
        stream.write(_header(file, package.time))
        stream.write(b"".join(file.content.chunks()) + padding(file.size))
    for entry in package.entries:
        stream.write(_header(entry, package.time))
        if isinstance(entry, File):
            stream.add(entry.content)
            stream.write(padding(entry.size))
    stream.write(END)
    stream.close()


def _codec(package: Package) -> Codec:
    return package.metadata.codec.get("arch", "zstd")


def _header(entry: Entry, time: int) -> bytes:
    match entry:
        case File():
            return header(
                entry.path, kind="file", mode=entry.mode, size=entry.size, time=time, dialect="pax"
            )
        case Symlink():
            return header(
                entry.path, kind="symlink", mode=entry.mode, link=entry.target, time=time,
                dialect="pax",
            )  # fmt: skip
        case Directory():
            return header(entry.path, kind="directory", mode=entry.mode, time=time, dialect="pax")


def _mtree(entries: Iterable[Entry], time: int, effort: Effort) -> bytes:
    """Return the compressed list by which ``pacman -Qkk`` finds files that were altered."""
    out = BytesIO()
    stream = open_stream("gzip", out, effort)
    stream.write(b"#mtree\n/set type=file uid=0 gid=0 mode=644\n")
    for entry in entries:
        line = f"./{_escaped(entry.path)} time={time}.0"
        match entry:
            case File():
                mode = "" if entry.mode == 0o644 else f" mode={entry.mode:o}"
                line += f"{mode} size={entry.size} sha256digest={entry.sha256}"
            case Symlink():
                line += f" mode={entry.mode:o} type=link link={_escaped(entry.target)}"
            case Directory():
                line += f" mode={entry.mode:o} type=dir"
        stream.write(f"{line}\n".encode())
    stream.close()
    return out.getvalue()


def _escaped(path: str) -> str:
    """Write as octal what mtree(5) gives a meaning, and every byte that is not ASCII."""
    return UNSAFE.sub(lambda found: b"\\%03o" % found[0][0], path.encode()).decode("ascii")


def _pkginfo(package: Package) -> bytes:
    metadata = package.metadata
    return _pairs(
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
        *(("replaces", name) for name in package.replaces),
        *(("conflict", name) for name in package.conflicts),
        *(("provides", name) for name in package.provides),
        *(("backup", path) for path in sorted(package.config)),
        *(("depend", name) for name in package.requires),
        *(("optdepend", name) for name in package.recommends),
    )


def _buildinfo(package: Package) -> bytes:
    metadata = package.metadata
    return _pairs(
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


def _pairs(*pairs: tuple[str, str | int]) -> bytes:
    return "".join(f"{key} = {value}\n" for key, value in pairs).encode()
