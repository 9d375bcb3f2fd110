"""``.pkg``: a package of FreeBSD's pkg(8) (pkg-create(8)): manifests, then the tree, in one tar.

Names are absolute, files come before directories as pkg writes them, everything belongs to
root:wheel. Any codec does: pkg finds it by its magic, the suffix is the same. No scripts.

Decisions:

* One package is for one major release of FreeBSD, as the ports' are: the configured one, the one the
  runtime's own package was for, or the target's first.
* An executable that was built on a newer FreeBSD is refused; one of an older release runs.
* The ABI is part of the file's name: a folder of a release holds several, and a .pkg of macOS.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import BinaryIO

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.freebsd import manifest
from rtinstall.platforms.freebsd.place import place
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.prerelease import unhyphenated
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotExpressible, NotPublished, WrongBinary
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.freebsd.abi import abi_of
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.versions import Version

# What FreeBSD's own /lib and /usr/lib hold of what a Node.js could need. OpenSSL's and zlib's are
# there, too: which of them is meant, the base's or a port's, only the runtime's packager knows.
BASE = re.compile(
    r"lib(c|c\+\+|crypto|cxxrt|dl|elf|execinfo|gcc_s|kvm|m|md|procstat|rt|ssl|stdthreads|sys|thr|util"
    r"|z)\.so(\.[0-9]+)*"
)


def version(version: Version, revision: int) -> str:
    """Return ``24.19.0``, ``24.19.0_1`` for its second packaging, or ``24.0.0.rc1``.

    A part that begins with a letter makes a version older than the one without it (pkg-version(8)).
    """
    release, _, prerelease = str(version).partition("-")
    whole = f"{release}.{unhyphenated(prerelease)}" if prerelease else release
    return whole if revision == 1 else f"{whole}_{revision - 1}"


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as FreeBSD does.

    Raises :class:`NotPublished` for another system, :class:`WrongBinary` for an executable of a newer
    FreeBSD than the package's, :class:`NotExpressible` for a dependency that pkg has no words for.
    """
    if bundle.target.os != "freebsd":
        raise NotPublished(f"freebsd has no packages for {bundle.target}")
    metadata = settings.metadata
    release = metadata.freebsd.release or bundle.os_release or bundle.target.os_releases[0]
    built = read_executable(bundle.file("bin/node").content).minimum
    if built and built[0] > int(release):
        raise WrongBinary(
            f"the executable was built on FreeBSD {built[0]}.{built[1]}, and the package is for "
            f"FreeBSD {release}",
            hint=f'set release = "{built[0]}" below [freebsd] in rtbuild.toml, or use a runtime for {release}',
        )
    placed = place(
        bundle,
        settings,
        version=version(bundle.version, metadata.revision),
        abi=abi_of(bundle.target, release),
    )
    return replace(placed, requires=libraries(bundle))


def libraries(bundle: Bundle) -> tuple[str, ...]:
    """Return the shared libraries to ask pkg for: those its packager listed, and what was missed.

    An executable that needs a library outside of the base system asks for it, listed or not; pkg
    takes only what begins with ``lib`` for one.
    """
    others = [item.name for item in bundle.dependencies if item.kind == "capability"]
    if others:
        raise NotExpressible(
            f"a package of FreeBSD cannot ask for {others[0]}",
            hint="use a runtime that was packaged for FreeBSD",
        )
    needed = read_executable(bundle.file("bin/node").content).needed
    missed = {name for name in needed if name.startswith("lib") and not BASE.fullmatch(name)}
    listed = {item.name for item in bundle.dependencies if item.kind == "library"}
    return tuple(sorted(listed | missed))


def filename(package: Package) -> str:
    """Return ``nodejs-24.19.0.freebsd14.amd64.pkg``."""
    _, release, machine = package.architecture.split(":")
    return f"{package.metadata.name}-{package.version}.freebsd{release}.{machine}.pkg"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write both manifests, then files and links, then the directories."""
    stream = open_stream(package.metadata.codec.get("freebsd", "zstd"), out, effort)
    for name, value in manifests(package).items():
        data = manifest.encode(value)
        tar.append_data(stream, name, data, time=package.time, group=manifest.GROUP, dialect="pax")
    for entry in (*manifest.installed(package), *manifest.directories(package)):
        tar.append(
            stream, entry, f"/{entry.path}",
            time=package.time, group=manifest.GROUP, dialect="pax",
        )  # fmt: skip
    stream.write(tar.END)
    stream.close()


def manifests(package: Package) -> dict[str, dict[str, object]]:
    """Return both manifests by their names, in the order they stand in the package."""
    return {
        "+COMPACT_MANIFEST": manifest.compact(package),
        "+MANIFEST": manifest.full(package),
    }
