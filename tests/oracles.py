"""The real tools that judge what we write: where they are, and which Debian package brings them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGES = {
    "7z": "p7zip-full",
    "apk": "apk-tools",
    "apt-get": "apt",
    "bash": "bash",
    "bsdcpio": "libarchive-tools",
    "bsdtar": "libarchive-tools",
    "busybox": "busybox",
    "cabextract": "cabextract",
    "cc": "gcc",
    "cpio": "cpio",
    "chroot": "coreutils",
    "cksum": "coreutils",
    "dash": "dash",
    "createrepo_c": "createrepo-c",
    "dnf": "dnf",
    "dpkg": "dpkg",
    "dpkg-deb": "dpkg",
    "dpkg-scanpackages": "dpkg-dev",
    "fakeroot": "fakeroot",
    "fish": "fish",
    "gzip": "gzip",
    "ksh": "ksh",
    "lintian": "lintian",
    "ldd": "libc-bin",
    "llvm-lipo-14": "llvm-14",
    "make": "make",
    "mksh": "mksh",
    "msibuild": "msitools",
    "msidump": "msitools",
    "msiextract": "msitools",
    "mmdebstrap": "mmdebstrap",
    "msiinfo": "msitools",
    "npm": "npm",
    "openssl": "openssl",
    "pacman": "pacman-package-manager",
    "pwsh": "none: PowerShell 7 is its makers' own",
    "python3": "python3",
    "qemu-aarch64-static": "qemu-user-static",
    "readelf": "binutils",
    "repo-add": "pacman-package-manager",
    "rpm": "rpm",
    "rpm2cpio": "rpm2cpio",
    "rpm413": "none: it is built from the project's source",
    "rpmbuild": "rpm",
    "rpmlint": "rpmlint",
    "shellcheck": "shellcheck",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
    "strace": "strace",
    "tar": "tar",
    "tcsh": "tcsh",
    "unshare": "util-linux",
    "unzip": "unzip",
    "update-alternatives": "dpkg",
    "vercmp": "makepkg",
    "wine": "wine",
    "wixl": "wixl",
    "xmllint": "libxml2-utils",
    "xz": "xz-utils",
    "zsh": "zsh",
    "zstd": "zstd",
}

# What no Debian package brings; a program of that name on PATH would be another one.
ELSEWHERE = {
    "nu": "Nushell, which the npm package @nushell/linux-x64 brings",
    "pkg": "FreeBSD's pkg(8), built on Linux from its public source",
}


def tool(name: str) -> str:
    """Return the path of the program ``name``, or skip the test and say what would bring it.

    One that is not on PATH can be named: ``RTINSTALL_APK=/path/to/apk``.
    """
    if name in ELSEWHERE and not os.environ.get(f"RTINSTALL_{name.upper()}"):
        pytest.skip(f"needs {ELSEWHERE[name]}: name it by RTINSTALL_{name.upper()}")
    path = os.environ.get(f"RTINSTALL_{name.upper()}") or shutil.which(
        name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    )
    if path is None:
        pytest.skip(f"needs {name} (Debian package {PACKAGES[name]})")
    return path


def run(name: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Run the tool ``name`` in an English, UTF-8 locale; return what it prints, or fail with it."""
    result = attempt(name, *arguments, env=env)
    command = " ".join(map(str, (name, *arguments)))
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result.stdout


def attempt(
    name: str, *arguments: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the tool ``name`` and return how it ended, whatever that was."""
    return subprocess.run(
        [tool(name), *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})},
        timeout=600,
    )
