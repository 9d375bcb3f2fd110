"""Which target this machine is."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.targets import Target, target_named

MACHINES = {
    "x86_64": "x64", "amd64": "x64", "i686": "x86", "x86": "x86", "aarch64": "arm64",
    "arm64": "arm64", "armv7l": "armv7l", "armv8l": "armv7l", "armv6l": "armv6l",
    "ppc64le": "ppc64le", "ppc64": "ppc64", "s390x": "s390x", "riscv64": "riscv64",
    "loongarch64": "loong64",
}  # fmt: skip
SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "win", "freebsd": "freebsd", "aix": "aix"}


def host_target() -> Target:
    """Return the target of this machine, or raise :class:`NotPublished`."""
    system = next((name for key, name in SYSTEMS.items() if sys.platform.startswith(key)), "")
    arch = MACHINES.get(platform.machine().lower(), "")
    if not system or not arch:
        raise NotPublished(
            f"no target is known for {sys.platform} on {platform.machine()}",
            hint="name one with --target; rtbuild targets lists them",
        )
    musl = system == "linux" and any(Path("/lib").glob("ld-musl-*.so.1")) and not _has_glibc()
    return target_named(f"{system}-{arch}" + ("-musl" if musl else ""))


def _has_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
