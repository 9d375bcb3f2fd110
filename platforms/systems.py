"""The table of systems that a release is tried on: which machine has one, and which tool installs there.

A row says what a build server has to bring (a runner, a container's image, a virtual machine) and, by
an :class:`~rtinstall.platforms.smoke.ssh.installers.Installer`, how the system's own tool installs,
upgrades and removes a package. What no row can try is in :data:`NOT_RUN`, with the reason. Together
they are exhaustive: every installer of every target is in one of the two, and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rtinstall.platforms.smoke.ssh.installers import DPKG_LIST, FILE, RPM_LIST, Installer
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.targets import TARGETS, target_named

# Formats that nothing installs: they are unpacked.
ARCHIVES = ("tar.xz", "tar.gz", "zip")

APT = Installer(
    "linux", ".deb", DPKG_LIST,
    ("apt-get", "install", "-y", "--no-install-recommends", FILE), ("apt-get", "purge", "-y"),
    ("apt-get", "install", "-y", "--no-install-recommends", FILE),
)  # fmt: skip
DNF = Installer(
    "linux", ".rpm", RPM_LIST,
    ("dnf", "install", "-y", FILE), ("dnf", "remove", "-y"), ("dnf", "install", "-y", FILE),
)  # fmt: skip
ZYPPER = Installer(
    "linux", ".rpm", RPM_LIST,
    ("zypper", "--non-interactive", "install", "--allow-unsigned-rpm", FILE),
    ("zypper", "--non-interactive", "remove"),
    ("zypper", "--non-interactive", "install", "--allow-unsigned-rpm", FILE),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class System:
    """One system that packages of one target and format are tried on.

    ``runner`` is a label of GitHub's. The system is a container of ``image`` there (of ``platform``,
    in Docker's words, where that is emulated; of the ``suite``, if it is a Debian), or a virtual machine with ``release`` of FreeBSD, or a
    machine that is ``remote`` and named by whoever has one, or the runner itself. ``first`` are words
    that the system is prepared with. ``installer`` is None where the one of
    :data:`~rtinstall.platforms.smoke.ssh.installers.INSTALLERS` does.
    """

    name: str
    target: str
    format: str
    runner: str
    image: str = ""
    platform: str = ""
    suite: str = ""
    release: str = ""
    remote: bool = False
    emulated: bool = False
    installer: Installer | None = None
    first: tuple[str, ...] = ()


X64, ARM64, SELF_HOSTED = "ubuntu-24.04", "ubuntu-24.04-arm", "self-hosted"
APT_LISTS = ("apt-get", "update", "-qq")


SUITES = {"debian:12": "bookworm", "debian:13": "trixie"}


def _debian(name: str, target: str, runner: str, platform: str = "") -> System:
    image = name.partition("/")[0].replace("-", ":", 1)
    return System(
        name, target, "deb", runner, image, platform, SUITES.get(image, ""),
        emulated=bool(platform), installer=APT, first=APT_LISTS,
    )  # fmt: skip


SYSTEMS: tuple[System, ...] = (
    _debian("debian-12", "linux-x64", X64),
    _debian("debian-13", "linux-x64", X64),
    _debian("ubuntu-22.04", "linux-x64", X64),
    _debian("ubuntu-24.04", "linux-x64", X64),
    _debian("debian-12/arm64", "linux-arm64", ARM64),
    _debian("debian-12/armv7l", "linux-armv7l", X64, "linux/arm/v7"),
    _debian("debian-12/ppc64le", "linux-ppc64le", X64, "linux/ppc64le"),
    _debian("debian-12/s390x", "linux-s390x", X64, "linux/s390x"),
    System("fedora", "linux-x64", "rpm", X64, "fedora:latest", installer=DNF),
    System("almalinux-8", "linux-x64", "rpm", X64, "almalinux:8", installer=DNF),
    System("almalinux-10", "linux-x64", "rpm", X64, "almalinux:10", installer=DNF),
    System("opensuse-leap", "linux-x64", "rpm", X64, "opensuse/leap:latest", installer=ZYPPER),
    System("fedora/arm64", "linux-arm64", "rpm", ARM64, "fedora:latest", installer=DNF),
    System("fedora/ppc64le", "linux-ppc64le", "rpm", X64, "fedora:latest", "linux/ppc64le",
           emulated=True, installer=DNF),
    System("fedora/s390x", "linux-s390x", "rpm", X64, "fedora:latest", "linux/s390x",
           emulated=True, installer=DNF),
    System("archlinux", "linux-x64", "arch", X64, "archlinux:latest"),
    System("alpine", "linux-x64-musl", "apk", X64, "alpine:latest"),
    System("alpine/arm64", "linux-arm64-musl", "apk", ARM64, "alpine:latest"),
    System("macos-15/x64", "darwin-x64", "pkg", "macos-15-intel"),
    System("macos-15/arm64", "darwin-arm64", "pkg", "macos-15"),
    System("macos-15/x64/universal", "darwin-universal", "pkg", "macos-15-intel"),
    System("macos-15/arm64/universal", "darwin-universal", "pkg", "macos-15"),
    System("windows-2025", "win-x64", "msi", "windows-2025"),
    System("windows-2025/x86", "win-x86", "msi", "windows-2025"),
    System("windows-11/arm64", "win-arm64", "msi", "windows-11-arm"),
    System("freebsd-14", "freebsd-x64", "freebsd", X64, release="14"),
    System("freebsd-14/arm64", "freebsd-arm64", "freebsd", X64, release="14", emulated=True),
    System("ibmi", "ibmi-ppc64", "ibmi", SELF_HOSTED, remote=True),
)  # fmt: skip

_ARCH = "Arch Linux has an image for x64 alone"
_UNOFFICIAL = "only the unofficial builds have it, which a release does not ask by itself"
NOT_RUN: Mapping[tuple[str, str], str] = {
    ("linux-arm64", "arch"): _ARCH,
    ("linux-armv7l", "arch"): _ARCH,
    ("linux-ppc64le", "arch"): _ARCH,
    ("linux-s390x", "arch"): _ARCH,
    ("linux-armv7l", "rpm"): "Fedora and its relatives have no image for it",
    ("linux-riscv64", "deb"): _UNOFFICIAL,
    ("linux-riscv64", "rpm"): _UNOFFICIAL,
    ("linux-loong64", "deb"): _UNOFFICIAL,
    ("linux-loong64", "rpm"): _UNOFFICIAL,
    ("linux-armv6l", ""): "archives alone, which nothing installs",
    ("linux-x64-glibc-217", ""): "archives alone, which nothing installs",
    ("aix-ppc64", ""): "an archive alone, and no build server has an AIX",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine that our own programs run on: where they are tested, and rtinstall is frozen.

    ``image`` is the container of the oldest C library that the target is for, to freeze in;
    ``release`` is a FreeBSD, a virtual machine, for which nothing is frozen.
    """

    target: str
    runner: str
    image: str = ""
    release: str = ""


MACHINES: tuple[Machine, ...] = (
    Machine("linux-x64", X64, "almalinux:8"),
    Machine("linux-arm64", ARM64, "almalinux:8"),
    Machine("darwin-x64", "macos-15-intel"),
    Machine("darwin-arm64", "macos-15"),
    Machine("win-x64", "windows-2025"),
    Machine("win-arm64", "windows-11-arm"),
    Machine("freebsd-x64", X64, release="14"),
)

BY_NAME = {system.name: system for system in SYSTEMS}


def system_named(name: str) -> System:
    """Return the row called ``name``, or raise :class:`BadConfiguration`."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise BadConfiguration(
            f"there is no system called {name!r}", hint=f"systems: {', '.join(BY_NAME)}"
        ) from None


def system_for(target: str, format: str | None) -> System:
    """Return the first row of ``target``, and of ``format`` if given.

    Raises :class:`BadConfiguration` with the reason where there is none.
    """
    target_named(target)
    for system in SYSTEMS:
        if system.target == target and format in (None, system.format):
            return system
    reasons = (reason for (name, kind), reason in NOT_RUN.items()
               if name == target and format in (None, kind))  # fmt: skip
    what = f"{format} of {target}" if format else target
    raise BadConfiguration(
        f"{what} is not tried on any system: {next(reasons, 'no tool installs it')}",
        hint="rtbuild smoke runs the checks with an archive or a folder",
    )


def installed_formats() -> Iterator[tuple[str, str]]:
    """Yield each target with each format that a tool installs, or with none if it has only archives."""
    for target in TARGETS:
        formats = [name for name in target.formats if name not in ARCHIVES]
        for name in formats or [""]:
            yield target.name, name
