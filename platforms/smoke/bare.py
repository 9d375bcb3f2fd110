"""An empty root directory, which this machine's own tool installs into: no system is in it.

What a package depends on is not there, so the tools are told not to ask; what is installed runs with
this machine's loader and libraries, as :mod:`~rtinstall.platforms.smoke.host` finds them. Needs no
network, and neither a container nor, for deb and Arch, the administrator.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath

from rtinstall.platforms.linux.place import SHARED
from rtinstall.platforms.smoke.here import run_here
from rtinstall.platforms.smoke.host import Way, inside
from rtinstall.platforms.smoke.locate import Runtime, locate
from rtinstall.platforms.smoke.ssh.connection import Answer, started
from rtinstall.platforms.smoke.ssh.host import INSTALLING, System
from rtinstall.platforms.smoke.ssh.installers import DPKG_LIST, FILE, RPM_LIST, Installer, Words
from rtinstall.platforms.smoke.table import Check
from rtinstall.platforms.smoke.verdict import Ended
from rtinstall.runtime_bundle.errors import MissingTool

PACMAN = "[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n"
# What rpms own of the folders that others share with them; a system has all the rest.
OWNED = frozenset({"usr/lib/node_modules"})


@dataclass(frozen=True, slots=True)
class BareHost:
    """A :class:`~rtinstall.platforms.smoke.ssh.host.Host` of ``root``; its folder is ``place``."""

    root: Path
    place: Path
    system: System

    def send(self, path: Path, name: str) -> None:
        """Copy a file."""
        shutil.copyfile(path, self.place / name)

    def bring(self, folder: Path, name: str) -> None:
        """Leave it where it is: the checks run from there."""

    def present(self, paths: Iterable[PurePath]) -> set[str]:
        """Return which of the paths are there, below the root."""
        return {
            str(path) for path in paths
            if os.path.lexists(self.root.joinpath(*path.parts[1:]))
        }  # fmt: skip

    def run(self, words: Iterable[str], *, rights: bool = False) -> Answer:
        """Run a tool of this machine, or by its path a program of the root."""
        program, *others = words
        if (program, *others[:1]) == ("command", "-v"):
            return Answer(0 if shutil.which(others[1]) else 1, b"", "")
        if program.startswith("/"):
            program = str(inside(self.root, Path(program)))
        command = ("env", "LC_ALL=C.UTF-8", program, *others)
        answer = started(command, limit=INSTALLING, folder=self.place)
        return replace(answer, output=answer.output + answer.complaint.encode())

    def way(self, runtime: Runtime) -> Way:
        """Return how this machine runs what lies in the root."""
        return locate(self.root).way

    def check(
        self, runtime: Runtime, check: Check, limit: float, called: Callable[[Path], str]
    ) -> Ended:
        """Run a check on this machine."""
        return run_here(replace(locate(self.root), way=runtime.way), check, limit)

    def leave(self) -> None:
        """Leave the folder to whoever made it."""


def bare(root: Path, place: Path) -> BareHost:
    """Return ``root``, made where it is not there yet; ``place`` is a folder for our own files."""
    root.mkdir(parents=True, exist_ok=True)
    name = f"an empty root directory on {platform.system()} {platform.machine()}"
    system = System("linux", None, name, PurePosixPath("/"), PurePosixPath(place), "own")
    return BareHost(root, place, system)


def dpkg_in(root: Path) -> Words:
    """Return how dpkg is called for ``root``, whose database is made where there is none."""
    state = root / "var/lib/dpkg"
    for folder in ("info", "updates", "triggers"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    return (
        "dpkg", f"--root={root}", "--log=/dev/null", "--force-not-root",
        "--force-script-chrootless", "--force-depends", "--force-architecture",
    )  # fmt: skip


def rpm_in(root: Path) -> Words:
    """Return how rpm is called for ``root``."""
    return ("rpm", "--root", str(root), "--dbpath", "/var/lib/rpm")


def pacman_in(root: Path, place: Path) -> Words:
    """Return how pacman is called for ``root``; all else of its own lies in ``place``."""
    config = place / "pacman.conf"
    config.write_text(PACMAN)
    (place / "db").mkdir(exist_ok=True)
    return (
        "pacman", "--root", str(root), "--dbpath", str(place / "db"),
        "--cachedir", str(place / "cache"), "--hookdir", str(place / "hooks"),
        "--logfile", str(place / "log"), "--gpgdir", str(place / "gpg"),
        "--config", str(config), "--noconfirm", "--color", "never",
    )  # fmt: skip


def bare_installer(format: str, host: BareHost) -> Installer:
    """Return how this machine's tool installs ``format`` into the root, and prepare that.

    Raises :class:`MissingTool` for a format that no tool here installs into a folder.
    """
    match format:
        case "deb":
            dpkg = (*_as_root(), *dpkg_in(host.root))
            put = (*dpkg, "-i", FILE)
            query, *words = DPKG_LIST
            listed = (query, f"--admindir={host.root / 'var/lib/dpkg'}", *words)
            return Installer("linux", ".deb", listed, put, (*dpkg, "--purge"), put)
        case "rpm":
            rpm = rpm_in(host.root)
            _, *words = RPM_LIST
            for folder in SHARED - OWNED:
                (host.root / folder).mkdir(parents=True, exist_ok=True)
            return Installer(
                "linux", ".rpm", (*rpm, *words),
                (*rpm, "-i", "--nodeps", "--ignorearch", FILE), (*rpm, "-e", "--nodeps"),
                (*rpm, "-U", "--nodeps", "--ignorearch", FILE),
            )  # fmt: skip
        case "arch":
            pacman = pacman_in(host.root, host.place)
            put = (*_as_root(), *pacman, "-Udd", FILE)
            remove = (*_as_root(), *pacman, "-Rndd")
            listed = ("sh", "-c", '"$@" || true', "sh", *pacman, "-Qq")  # 1 where there is none
            return Installer("linux", ".pkg.tar.zst", listed, put, remove, put)
        case _:
            raise MissingTool(
                f"no tool of this machine installs a {format} into an empty folder",
                hint="--in container, or --root with a system in it, or --host",
            )


def _as_root() -> Words:
    """Return what plays the administrator for one who is not."""
    return () if os.geteuid() == 0 else ("fakeroot",)
