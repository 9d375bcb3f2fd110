"""``rtinstall`` as a person runs it: in a folder of their own, as a program or within this process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from unittest.mock import patch

from rtinstall.installer import cli, places
from rtinstall.installer.machine import Machine
from rtinstall.installer.session import Session
from rtinstall.installer.settings import KINDS
from rtinstall.runtime_bundle import network
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import named
from rtinstall.runtime_bundle.sources.dist import Dist
from world.mirror import KEYS
from world.rtbuild import NOTHING, Ended, ended, started, surroundings, within

PROGRAM = (sys.executable, "-c", "from rtinstall.installer.cli import main; main()")
OURS = {variable for kind in KINDS.values() for variable in kind.variables}
TODAY = date(2026, 6, 1)
HERE = Machine("linux", "x64", "glibc", (2, 36))


@dataclass(frozen=True)
class Desk:
    """A user with a home, a cache and a project; what is patched holds for runs within this process.

    There the world's key signs beside the real ones, it is always ``today``, the policy is the one in
    the folder, and the machine is ``machine``.
    """

    folder: Path
    today: date = TODAY
    machine: Machine = field(default=HERE)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            key: value
            for key, value in surroundings(self.folder, self.cache).items()
            if key not in OURS and not key.startswith(("RTINSTALL_", "NVM_", "FNM_"))
        }
        own = {
            "RTINSTALL_HOME": str(self.home),
            "RTINSTALL_CACHE": str(self.cache),
            "RTINSTALL_CONFIG": str(self.config),
            "RTINSTALL_SHARED": str(self.folder / "shared"),
        }
        return {**kept, **own, **more}

    def start(self, *words: str | Path, env: Mapping[str, str] = NOTHING) -> subprocess.Popen[str]:
        """Start the program."""
        return started((*PROGRAM, *words), folder=self.work, environment=self.environment(**env))

    def program(self, *words: str | Path, **env: str) -> Ended:
        """Run the program to its end."""
        return ended(self.start(*words, env=env))

    def run(self, *words: str | Path, **env: str) -> Ended:
        """Do the same within this process, which is quicker."""
        with (
            patch.object(places, "find_policy", lambda: self.policy),
            patch.object(Session, "today", self.today),
            patch.object(Session, "machine", self.machine),
            patch.object(named, "Dist", partial(Dist, keys=KEYS)),
            patch.object(network, "Network", partial(Network, pause=0.01, read=2.0)),
        ):
            return within(
                cli.cli, "rtinstall", words, folder=self.work, environment=self.environment(**env)
            )

    def versions(self) -> list[str]:
        """Return what is installed, as the receipts and the folders both say."""
        receipts = {path.stem for path in self.home.glob("receipts/*.json")}
        folders = {path.name for path in self.home.glob("versions/*")}
        assert receipts == folders
        return sorted(receipts)

    def unfinished(self) -> list[Path]:
        """Return whatever a run has left behind that is no version."""
        places = ("stage/*", "trash/*", "journal/*")
        return [path for place in places for path in self.home.glob(place)]
