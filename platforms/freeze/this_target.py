"""Which target this machine's Python freezes for."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig

from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.targets import BY_NAME

ARCHITECTURES = {
    "x86_64": "x64",
    "amd64": "x64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "armv7l",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "loongarch64": "loong64",
    "i386": "x86",
    "x86": "x86",
}


def this_target() -> str:
    """Return the name of the target; raises :class:`NotPublished` where a package has no frozen one.

    A Python for both kinds of Mac freezes for both. The architecture is that of the Python.
    """
    machine = ARCHITECTURES.get(platform.machine().lower(), "")
    if sys.platform == "darwin":
        universal = sysconfig.get_platform().endswith("universal2")
        name = f"darwin-{'universal' if universal else machine}"
    elif sys.platform == "win32":
        words = {"win-amd64": "x64", "win-arm64": "arm64", "win32": "x86"}
        name = f"win-{words.get(sysconfig.get_platform(), machine)}"
    elif sys.platform == "linux":
        name = f"linux-{machine}{'' if _glibc() else '-musl'}"
    else:
        name = sys.platform
    if name not in BY_NAME:
        raise NotPublished(
            f"rtinstall is not frozen for {name}",
            hint="rtbuild freeze --form zipapp makes the one that runs with a Python of the system",
        )
    return name


def _glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):
        return False
