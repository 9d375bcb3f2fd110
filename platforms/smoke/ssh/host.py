"""What the smoke checks want of another machine, whatever system it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, Protocol

from rtinstall.platforms.smoke.host import Way
from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.ssh.connection import Answer
from rtinstall.platforms.smoke.table import Check
from rtinstall.platforms.smoke.verdict import Ended
from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables import Executable
from rtinstall.runtime_bundle.targets import Arch, Os

# Seconds: for an answer, for a tool to do its work, and for a machine to end a check at its limit by
# itself.
PATIENCE, INSTALLING, GRACE = 120, 1200, 30

Rights = Literal["own", "sudo", "doas", ""]
# What else than its own a machine runs: older instruction sets, and those its system translates.
RUNS: Mapping[tuple[Os, Arch], tuple[Arch, ...]] = {
    ("linux", "arm64"): ("armv7l", "armv6l"),
    ("linux", "armv7l"): ("armv6l",),
    ("darwin", "arm64"): ("x64",),
    ("win", "x64"): ("x86",),
    ("win", "arm64"): ("x64", "x86"),
}


@dataclass(frozen=True, slots=True)
class System:
    """Who a machine says it is.

    ``arch`` is None where it names none we know. ``rights`` is how the administrator's are had:
    nothing is in the way (``own``), one of two programs gives them, or there is no way (empty).
    ``top`` is the root directory that packages are installed into, ``folder`` the private one of this
    visit, both as the machine calls them.
    """

    os: Os
    arch: Arch | None
    name: str
    top: PurePath
    folder: PurePath
    rights: Rights = ""
    compiler: str | None = None

    def check(self, binary: Executable | None, what: str, target: Os | None) -> None:
        """Raise :class:`WrongBinary` for a runtime, or a package for ``target``, of another system."""
        hint = "use a package for that machine; rtbuild targets lists them"
        if target and target != self.os:
            raise WrongBinary(f"{what} is for {target}, that machine runs {self.name}", hint=hint)
        if binary is None:
            return
        # IBM i runs executables of AIX.
        if binary.os != ("aix" if self.os == "ibmi" else self.os):
            raise WrongBinary(f"{what} is made for {binary}, not for {self.name}", hint=hint)
        if self.arch and not {self.arch, *RUNS.get((self.os, self.arch), ())} & set(binary.archs):
            raise WrongBinary(f"{what} is made for {binary}, not for {self.name}", hint=hint)


class Host(Protocol):
    """A machine that is visited; every method raises :class:`Unreachable` where it does not answer."""

    @property
    def system(self) -> System:
        """Return who it is."""

    def send(self, path: Path, name: str) -> None:
        """Copy a file into the private folder, and make sure that all of it arrived."""

    def bring(self, folder: Path, name: str) -> None:
        """Copy a folder into the private one, links and executable files as they are."""

    def present(self, paths: Iterable[PurePath]) -> set[str]:
        """Return which of the paths are there."""

    def run(self, words: Iterable[str], *, rights: bool = False) -> Answer:
        """Run a program of the system, with the administrator's rights if asked for."""

    def way(self, runtime: Runtime) -> Way:
        """Return how the machine runs ``runtime``, which was put there."""

    def check(
        self, runtime: Runtime, check: Check, limit: float, called: Callable[[Path], str]
    ) -> Ended:
        """Run a check; ``called`` is how the machine calls a path of this one."""

    def leave(self) -> None:
        """End what still runs from the private folder, and remove it."""
