"""Where everything of ``rtinstall`` lies on this machine. Paths only: nothing here reads or writes.

The layout is an interface: shells, shims, editors and cron jobs use it without asking any program.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WINDOWS = sys.platform == "win32"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders below ``home``, which is the user's own, and the files outside of it.

    ``config`` is the user's configuration, ``policy`` the administrator's, ``shared`` a store of the
    machine that is only read.
    """

    home: Path
    config: Path
    policy: Path
    shared: Path

    @property
    def default_packages(self) -> Path:
        """Return the file that names the packages for each new version."""
        return self.config.with_name("default-packages")

    @property
    def versions(self) -> Path:
        """Return where the versions are, a folder each: ``v24.19.0``, ``v20.20.2-darwin-x64``."""
        return self.home / "versions"

    @property
    def receipts(self) -> Path:
        """Return where it is written what is installed: ``NAME.json``, and ``NAME.files`` beside it."""
        return self.home / "receipts"

    @property
    def aliases(self) -> Path:
        """Return where a link of each alias leads to its version: ``default``, ``lts``, ``work``."""
        return self.home / "aliases"

    @property
    def projects(self) -> Path:
        """Return where the answer for each project lies: ``projects/<its absolute path>/.version``."""
        return self.home / "projects"

    @property
    def shims(self) -> Path:
        """Return where the commands lie that find out the version when they run."""
        return self.home / "shims"

    @property
    def stage(self) -> Path:
        """Return where unfinished versions are."""
        return self.home / "stage"

    @property
    def trash(self) -> Path:
        """Return where removed versions are, until their files are."""
        return self.home / "trash"

    @property
    def journal(self) -> Path:
        """Return where it is written what is being changed."""
        return self.home / "journal"

    @property
    def lock(self) -> Path:
        """Return the file that whoever changes the store has locked; it is never removed."""
        return self.home / "lock"

    def project(self, folder: Path) -> Path:
        """Return the file with the answer for the project in the absolute ``folder``.

        A drive ``C:`` is the folder ``C`` there.
        """
        if not WINDOWS:
            return Path(f"{self.projects}{folder}", ".version")
        parts = [part.strip("\\/").replace(":", "") for part in folder.parts]
        return self.projects.joinpath(*filter(None, parts), ".version")


def find_places(environment: Mapping[str, str]) -> Places:
    """Return the places of this user: ``RTINSTALL_HOME``, else where the platform keeps user data."""
    return Places(
        home=find_home(environment),
        config=_config(environment),
        policy=find_policy(),
        shared=find_shared(environment),
    )


def find_home(environment: Mapping[str, str]) -> Path:
    """Return where this user's versions are, without looking for anything else."""
    if named := environment.get("RTINSTALL_HOME"):
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("rtinstall", appauthor=False).absolute()


def find_shared(environment: Mapping[str, str]) -> Path:
    """Return where the machine's own store is, if it has one."""
    if named := environment.get("RTINSTALL_SHARED"):
        return Path(named)
    return Path("C:/ProgramData/rtinstall") if WINDOWS else Path("/opt/rtinstall")


def _config(environment: Mapping[str, str]) -> Path:
    if named := environment.get("RTINSTALL_CONFIG"):
        return Path(named)
    import platformdirs

    return platformdirs.user_config_path("rtinstall", appauthor=False) / "config.toml"


def find_policy() -> Path:
    """Return where the administrator's policy is: nothing that a user sets leads elsewhere."""
    if WINDOWS:
        return Path("C:/ProgramData/rtinstall/policy.toml")
    if sys.platform == "darwin":
        return Path("/Library/Application Support/rtinstall/policy.toml")
    return Path("/etc/rtinstall/policy.toml")
