"""The one table of targets: which systems Node.js runs on, under which names, and what is written for each.

A target is an operating system, an architecture and, on Linux, a C library. Names of others
(Debian's ``amd64``, RPM's ``x86_64``) stand beside their format, as a mapping keyed by ``Arch``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtinstall.runtime_bundle.errors import NotPublished

Os = Literal["linux", "darwin", "win", "freebsd", "aix", "ibmi"]
Arch = Literal[
    "x64", "x86", "arm64", "armv7l", "armv6l", "ppc64le", "ppc64", "s390x", "riscv64", "loong64",
    "universal",
]  # fmt: skip
Libc = Literal["glibc", "musl"]
Source = Literal["dist", "unofficial", "pip", "npm", "freebsd", "ibmi", "local"]

TARBALLS = ("tar.xz", "tar.gz")
GLIBC = ("deb", "rpm", "arch", *TARBALLS)
WINDOWS = ("msi", "zip")
FREEBSD = ("14", "13", "15")
IBMI = ("7.3", "7.4", "7.5", "7.6")


@dataclass(frozen=True, slots=True)
class Target:
    """One system a runtime is published for.

    ``name`` is how nodejs.org spells it in ``node-vX.Y.Z-<name>.tar.xz``; ``index`` the word in the
    ``files`` column of its index; ``minimum`` the oldest system upstream supports, for people.
    ``parts`` names the targets that one like ``darwin-universal`` is joined from. ``os_releases`` are
    the releases of the system that packages are told apart by, the one to build for by default first.
    """

    name: str
    os: Os
    arch: Arch
    libc: Libc | None
    index: str
    archive: Literal["tar", "zip"]
    minimum: str
    sources: tuple[Source, ...]
    formats: tuple[str, ...]
    parts: tuple[str, ...] = ()
    os_releases: tuple[str, ...] = ()

    @property
    def archs(self) -> tuple[Arch, ...]:
        """Return the architectures that an executable for this target must hold."""
        return tuple(BY_NAME[name].arch for name in self.parts) or (self.arch,)

    def __str__(self) -> str:
        """Return the name, as on the command line."""
        return self.name


def _linux(
    arch: Arch,
    minimum: str,
    sources: tuple[Source, ...],
    formats: tuple[str, ...],
    libc: Libc = "glibc",
    suffix: str = "",
) -> Target:
    name = f"linux-{arch}{suffix}"
    return Target(name, "linux", arch, libc, name, "tar", minimum, sources, formats)


TARGETS: tuple[Target, ...] = (
    _linux("x64", "glibc 2.28, kernel 4.18", ("dist", "pip", "npm", "local"), GLIBC),
    _linux("arm64", "glibc 2.28, kernel 4.18", ("dist", "pip", "npm", "local"), GLIBC),
    _linux("armv7l", "glibc 2.28, kernel 4.18", ("dist", "npm", "local"), GLIBC),
    _linux("ppc64le", "glibc 2.28, POWER9", ("dist", "npm", "local"), GLIBC),
    _linux("s390x", "glibc 2.28, z14", ("dist", "npm", "local"), GLIBC),
    _linux(
        "x64", "musl 1.2.4, kernel 4.18", ("dist", "unofficial", "pip", "local"),
        ("apk", *TARBALLS), "musl", "-musl",
    ),
    _linux(
        "arm64", "musl 1.2.4, kernel 4.18", ("unofficial", "pip", "local"),
        ("apk", *TARBALLS), "musl", "-musl",
    ),
    _linux("armv6l", "glibc 2.28, Raspberry Pi 1", ("unofficial", "local"), TARBALLS),
    _linux("riscv64", "glibc 2.35", ("unofficial", "local"), ("deb", "rpm", *TARBALLS)),
    _linux("loong64", "glibc 2.36", ("unofficial", "local"), ("deb", "rpm", *TARBALLS)),
    _linux("x64", "glibc 2.17", ("unofficial", "local"), TARBALLS, "glibc", "-glibc-217"),
    Target("darwin-x64", "darwin", "x64", None, "osx-x64-tar", "tar", "macOS 13.5",
           ("dist", "pip", "npm", "local"), ("pkg", *TARBALLS)),
    Target("darwin-arm64", "darwin", "arm64", None, "osx-arm64-tar", "tar", "macOS 13.5",
           ("dist", "pip", "npm", "local"), ("pkg", *TARBALLS)),
    Target("darwin-universal", "darwin", "universal", None, "", "tar", "macOS 13.5",
           ("dist", "pip", "npm", "local"), ("pkg",), parts=("darwin-x64", "darwin-arm64")),
    Target("win-x64", "win", "x64", None, "win-x64-zip", "zip", "Windows 10, Server 2016",
           ("dist", "pip", "npm", "local"), WINDOWS),
    Target("win-arm64", "win", "arm64", None, "win-arm64-zip", "zip", "Windows 10",
           ("dist", "pip", "npm", "local"), WINDOWS),
    Target("win-x86", "win", "x86", None, "win-x86-zip", "zip", "Windows 10",
           ("dist", "npm", "local"), WINDOWS),
    Target("freebsd-x64", "freebsd", "x64", None, "freebsd-x64", "tar", "FreeBSD 13",
           ("freebsd", "local"), ("freebsd", *TARBALLS), os_releases=FREEBSD),
    Target("freebsd-arm64", "freebsd", "arm64", None, "freebsd-arm64", "tar", "FreeBSD 13",
           ("freebsd", "local"), ("freebsd", *TARBALLS), os_releases=FREEBSD),
    Target("aix-ppc64", "aix", "ppc64", None, "aix-ppc64", "tar", "AIX 7.2 TL04",
           ("dist", "local"), ("tar.gz",)),
    Target("ibmi-ppc64", "ibmi", "ppc64", None, "ibmi-ppc64", "tar", "IBM i 7.3",
           ("ibmi", "local"), ("ibmi", *TARBALLS), os_releases=IBMI),
)  # fmt: skip

BY_NAME = {target.name: target for target in TARGETS}


def target_named(name: str) -> Target:
    """Return the target called ``name``, or raise :class:`NotPublished` with the known names."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise NotPublished(
            f"{name!r} is no target", hint=f"known targets: {', '.join(BY_NAME)}"
        ) from None
