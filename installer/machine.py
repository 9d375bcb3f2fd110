"""What this machine runs, and what of that is the first choice.

Decisions:

* Nothing is run to find out. The C library is asked for its version where that is glibc, and the
  loader of musl has its version in its bytes.
* The floors of the C library are those of the releases' own platform lists; a major that is not in
  the table needs what the one before it needed. A library whose version cannot be found out is
  given the benefit of the doubt.
* What an emulator runs (Rosetta 2, the one of Windows on Arm) comes after what is native, so it is
  taken where nothing native fits; which that is depends on what there is.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.targets import BY_NAME, FREEBSD, Arch, Libc, Os, Target
from rtinstall.runtime_bundle.versions import Version

SYSTEMS: Mapping[str, Os] = {
    "linux": "linux", "darwin": "darwin", "win32": "win", "freebsd": "freebsd", "os400": "ibmi",
    "aix": "aix",
}  # fmt: skip
ARCHS: Mapping[str, Arch] = {
    "x86_64": "x64", "amd64": "x64", "i386": "x86", "i686": "x86", "x86": "x86",
    "aarch64": "arm64", "arm64": "arm64", "armv8l": "armv7l", "armv7l": "armv7l",
    "armv6l": "armv6l", "ppc64le": "ppc64le", "ppc64": "ppc64", "s390x": "s390x",
    "riscv64": "riscv64", "loongarch64": "loong64",
}  # fmt: skip
# A system of 32 bits on a kernel of 64.
NARROW: Mapping[Arch, Arch] = {"x64": "x86", "arm64": "armv7l"}
# What else each machine runs, by its own target's name, best first; what takes an emulator is in
# EMULATED.
OTHERS: Mapping[str, tuple[str, ...]] = {
    "linux-x64": ("linux-x64-glibc-217",),  # for a glibc that today's builds are too new for
    "linux-armv7l": ("linux-armv6l",),
    "darwin-arm64": ("darwin-x64",),
    "win-arm64": ("win-x64", "win-x86"),
    "win-x64": ("win-x86",),
}
EMULATED = {
    ("darwin-arm64", "darwin-x64"): "Rosetta 2",
    ("win-arm64", "win-x64"): "the emulation of Windows on Arm",
    ("win-arm64", "win-x86"): "the emulation of Windows on Arm",
}

Numbers = tuple[int, ...]
# The oldest C library, from a major version on: BUILDING.md of the releases.
GLIBC: Mapping[str, tuple[tuple[int, Numbers], ...]] = {
    "linux-x64": ((0, (2, 5)), (8, (2, 12)), (12, (2, 17)), (18, (2, 28))),
    "linux-arm64": ((0, (2, 17)), (18, (2, 28))),
    "linux-armv7l": ((0, (2, 13)), (12, (2, 24)), (18, (2, 28))),
    "linux-armv6l": ((0, (2, 13)), (12, (2, 24)), (18, (2, 28))),
    "linux-ppc64le": ((0, (2, 17)), (18, (2, 28))),
    "linux-s390x": ((0, (2, 12)), (12, (2, 17)), (18, (2, 28))),
    "linux-riscv64": ((0, (2, 35)),),
    "linux-loong64": ((0, (2, 36)),),
    "linux-x64-glibc-217": ((0, (2, 17)),),
}
BUILT_FOR = (2, 28)  # the glibc of upstream's builds from 18 on
MUSL: tuple[tuple[int, Numbers], ...] = ((0, (1, 0)), (14, (1, 1, 19)), (22, (1, 2, 4)))


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a machine.

    ``libc_version`` is empty where it is not known or there is none; ``os_release`` is the release of
    FreeBSD (``14``) or IBM i (``7.5``).
    """

    os: Os
    arch: Arch
    libc: Libc | None = None
    libc_version: Numbers = ()
    os_release: str = ""

    @property
    def target(self) -> Target:
        """Return what is this machine's own, or raise :class:`NotPublished`."""
        suffix = "-musl" if self.libc == "musl" else ""
        found = BY_NAME.get(f"{self.os}-{self.arch}{suffix}")
        if found is None:
            raise NotPublished(
                f"there is no Node.js for {self.os} on {self.arch}{' with musl' if suffix else ''}",
                hint="rtinstall targets lists what there is; --target NAME takes another",
            )
        return found

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return every target that runs here, the best first."""
        own = self.target
        others = OTHERS.get(own.name, ())
        if own.libc == "glibc" and (not self.libc_version or self.libc_version >= BUILT_FOR):
            others = tuple(name for name in others if not name.endswith("-glibc-217"))
        return (own, *(BY_NAME[name] for name in others))

    def emulator(self, target: Target) -> str:
        """Return what is needed to run ``target`` here, empty for nothing."""
        return EMULATED.get((self.target.name, target.name), "")

    def obstacle(self, version: Version, target: Target) -> str:
        """Return why ``version`` for ``target`` cannot run on this machine's C library, or nothing."""
        if target.libc is None or target.libc != self.libc or not self.libc_version:
            return ""
        needed = floor(version.major, target)
        if self.libc_version >= needed:
            return ""
        return (
            f"needs {self.libc} {dotted(needed)}, and this machine has {dotted(self.libc_version)}"
        )


def floor(major: int, target: Target) -> Numbers:
    """Return the oldest C library that line ``major`` for ``target`` runs with."""
    table = MUSL if target.libc == "musl" else GLIBC.get(target.name, ((0, ()),))
    return next((needed for first, needed in reversed(table) if major >= first), ())


def dotted(numbers: Numbers) -> str:
    """Return ``2.28`` for (2, 28)."""
    return ".".join(map(str, numbers))


def this_machine(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> Machine:
    """Look at the machine we run on; files of it are looked for below ``root``."""
    uname = _uname()
    system = next((os for start, os in SYSTEMS.items() if sys.platform.startswith(start)), None)
    if system == "aix" and uname.sysname == "OS400":
        system = "ibmi"
    arch = _arch(system, uname.machine.lower(), uname.version, environment)
    if system is None or arch is None:
        raise NotPublished(
            f"there is no Node.js for {sys.platform} on {uname.machine}",
            hint="--target NAME takes the one of another machine",
        )
    match system:
        case "linux":
            libc, version = _libc(root)
            return Machine(system, arch, libc, version)
        case "freebsd":
            return Machine(system, arch, os_release=freebsd_release(root, uname.release))
        case "ibmi":
            return Machine(system, "ppc64", os_release=f"{uname.version}.{uname.release}")
        case "darwin" | "win" | "aix":
            return Machine(system, arch)


def _uname() -> os.uname_result:
    """Return what the system says of itself, in the same form on Windows."""
    if os.name == "posix":
        return os.uname()
    import platform

    found = platform.uname()
    return os.uname_result((found.system, found.node, found.release, found.version, found.machine))


def _arch(
    system: Os | None, machine: str, version: str, environment: Mapping[str, str]
) -> Arch | None:
    """Return the machine's own architecture, whatever this interpreter was built for."""
    if system == "darwin" and "/RELEASE_ARM64" in version:  # what Rosetta 2 leaves as it is
        return "arm64"
    if system == "win":
        native = environment.get("PROCESSOR_ARCHITEW6432", "").lower()
        if environment.get("PROCESSOR_IDENTIFIER", "").startswith("ARM"):
            return "arm64"
        return ARCHS.get(native or machine)
    arch = ARCHS.get(machine)
    if system in ("aix", "ibmi"):
        return "ppc64"
    if system == "linux" and arch and sys.maxsize < 1 << 32:
        return NARROW.get(arch, arch)
    return arch


def _libc(root: Path) -> tuple[Libc, Numbers]:
    """Return the C library this interpreter runs with, which is the machine's, and its version."""
    try:
        said = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError, AttributeError):
        said = ""
    if match := re.fullmatch(r"glibc ([0-9]+)\.([0-9]+).*", said):
        return "glibc", (int(match[1]), int(match[2]))
    for loader in sorted((root / "lib").glob("ld-musl-*.so.1")):
        return "musl", musl_version(loader)
    return "glibc", ()


def musl_version(loader: Path) -> Numbers:
    """Return the version of musl that stands in its loader's bytes; nothing if it is not found."""
    try:
        with loader.open("rb") as file:
            data = file.read(4 << 20)
    except OSError:
        return ()
    match = re.search(rb"\x00([01]\.[0-9]{1,2}\.[0-9]{1,3})(?:-[0-9A-Za-z-]+)?\x00", data)
    return tuple(map(int, match[1].split(b"."))) if match else ()


def freebsd_release(root: Path, kernel: str) -> str:
    """Return the release of FreeBSD that packages are chosen by: of its programs, else its kernel.

    A jail may have older programs than the kernel; ``freebsd-version(1)`` has theirs in it.
    """
    try:
        script = (root / "bin" / "freebsd-version").read_text(errors="replace")
    except OSError:
        script = ""
    match = re.search(r'^USERLAND_VERSION="([0-9]+)\.', script, re.MULTILINE)
    release = match[1] if match else kernel.partition(".")[0]
    return release if release in FREEBSD else max(FREEBSD, key=int)
