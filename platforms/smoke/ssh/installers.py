"""How each system's own tool installs a package, lists what is installed, and removes it: one row each.

A row does no more than it says: ``install`` never upgrades or replaces what is there already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rtinstall.runtime_bundle.targets import Os

Words = tuple[str, ...]
FILE = "{file}"


@dataclass(frozen=True, slots=True)
class Installer:
    """One tool; FILE stands for the package, and the names to remove follow ``remove``.

    ``listed`` prints a line for each package that is installed, its name the last word; lines that
    begin with a word in ``GONE`` are of packages that are not. ``upgrade`` puts the package in the place
    of an older one; empty where the older one has to be removed before.
    """

    os: Os
    suffix: str
    listed: Words
    install: Words
    remove: Words
    upgrade: Words

    @property
    def tool(self) -> str:
        """Return the name of the program."""
        return self.install[0]


GONE = ("config-files", "not-installed")
DPKG_LIST = ("dpkg-query", "-W", "-f", r"${db:Status-Status} ${Package}\n")
RPM_LIST = ("rpm", "-qa", "--qf", r"%{NAME}\n")

# By what an Archive says of itself: its format and, where several systems share one, the system.
INSTALLERS: Mapping[tuple[str, Os], tuple[Installer, ...]] = {
    ("deb", "linux"): (
        Installer("linux", ".deb", DPKG_LIST,
                  ("dpkg", "-i", FILE), ("dpkg", "--purge"), ("dpkg", "-i", FILE)),
    ),
    ("rpm", "linux"): (
        Installer("linux", ".rpm", RPM_LIST,
                  ("rpm", "-i", FILE), ("rpm", "-e"), ("rpm", "-U", FILE)),
    ),
    ("apk", "linux"): (
        Installer("linux", ".apk", ("apk", "info"),
                  ("apk", "add", "--allow-untrusted", FILE), ("apk", "del"),
                  ("apk", "add", "--allow-untrusted", FILE)),
    ),
    ("arch", "linux"): (
        Installer("linux", ".pkg.tar.zst", ("pacman", "-Qq"),
                  ("pacman", "-U", "--noconfirm", FILE), ("pacman", "-Rn", "--noconfirm"),
                  ("pacman", "-U", "--noconfirm", FILE)),
    ),
    ("freebsd", "freebsd"): (
        Installer("freebsd", ".pkg", ("pkg", "query", "-a", "%n"),
                  ("pkg", "add", FILE), ("pkg", "delete", "-y"), ("pkg", "install", "-y", FILE)),
    ),
    ("rpm", "ibmi"): (
        Installer("ibmi", ".rpm", RPM_LIST,
                  ("yum", "install", "-y", FILE), ("yum", "remove", "-y"),
                  ("yum", "install", "-y", FILE)),
        Installer("ibmi", ".rpm", RPM_LIST, ("rpm", "-i", FILE), ("rpm", "-e"), ("rpm", "-U", FILE)),
    ),
    # macOS removes nothing by itself, not even what a newer package has no more.
    ("pkg", "darwin"): (
        Installer("darwin", ".pkg", ("pkgutil", "--pkgs"),
                  ("installer", "-pkg", FILE, "-target", "/"), ("pkgutil", "--forget"), ()),
    ),
    ("msi", "win"): (
        Installer("win", ".msi", (), ("msiexec", "/i", FILE, "/qn", "/norestart"),
                  ("msiexec", "/x", FILE, "/qn", "/norestart"),
                  ("msiexec", "/i", FILE, "/qn", "/norestart")),
    ),
}  # fmt: skip
SYSTEMS: Mapping[str, Os] = {format: os for format, os in INSTALLERS if format != "rpm"}
