"""Install a package with a machine's own tool, and remove all that this has brought.

Nothing that was there before is touched: where the package, or one of its files, is there already,
or one that it would replace, it is refused before anything is changed. What is listed right after
the installation and was not before is removed again, dependencies as well, and then looked for; what
others install meanwhile is theirs. A list that the tool cannot give whole is no list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rtinstall.platforms.smoke.ssh.connection import Answer
from rtinstall.platforms.smoke.ssh.host import Host
from rtinstall.platforms.smoke.ssh.installers import FILE, GONE, Installer
from rtinstall.platforms.smoke.ssh.luggage import PACKAGE, Parcel
from rtinstall.runtime_bundle.errors import InstallationFailed, MissingTool
from rtinstall.runtime_bundle.model import Directory, Entry

# Runs the words that follow without what they complain of, which is no name of a package.
QUIETLY = ("sh", "-c", '"$@" 2>/dev/null', "sh")
WORDS = 500  # on one command line
LAST = 8  # lines of what a tool has said
REBOOT = 3010  # msiexec: done, to be completed by a restart
UPGRADING = "what was installed was removed again"
HINT = "nothing was changed there: remove it first, or use another machine"


@dataclass(frozen=True, slots=True)
class Change:
    """What an installation has changed in the list of packages."""

    came: frozenset[str]
    went: frozenset[str]


@dataclass(frozen=True, slots=True)
class Installation:
    """What is going to be installed, and what was there before.

    ``ours`` are the paths that were not there, folders before what is in them.
    """

    host: Host
    parcel: Parcel
    installer: Installer
    before: frozenset[str]
    ours: tuple[PurePath, ...]
    folders: frozenset[PurePath]

    @property
    def file(self) -> str:
        """Return how the machine calls the copied package."""
        return str(self.host.system.folder / (PACKAGE + self.installer.suffix))

    def install(self) -> Change:
        """Install it, or raise :class:`InstallationFailed` with the tool's last words."""
        words = [self.file if word == FILE else word for word in self.installer.install]
        answer = self.host.run(words, rights=True)
        if answer.code not in (0, REBOOT):
            raise InstallationFailed(
                f"{self.installer.tool} did not install {self.parcel.path.name}: {_last(answer)}",
                hint="what it had begun was removed again",
            )
        change = self._change()
        missing = set(self.parcel.names) - change.came if self.installer.listed else ()
        for name in sorted(missing):
            raise InstallationFailed(
                f"{self.installer.tool} does not know {name} after installing it",
                hint="what it had begun was removed again",
            )
        return change

    def upgrade(self) -> Change:
        """Put it in the place of an older one; return what came since :attr:`before`.

        Raises :class:`InstallationFailed` as :meth:`install` does.
        """
        words = [self.file if word == FILE else word for word in self.installer.upgrade]
        answer = self.host.run(words, rights=True)
        if answer.code not in (0, REBOOT):
            raise InstallationFailed(
                f"{self.installer.tool} did not upgrade to {self.parcel.path.name}: {_last(answer)}",
                hint=UPGRADING,
            )
        return self._change()

    def remove(self, change: Change | None) -> tuple[str, ...]:
        """Remove all that came, and return what is wrong then: nothing, or a line each.

        Without a ``change`` the installation has failed only now, and is looked at for it.
        """
        change = change or self._change()
        problems = [f"the installation took {name} away" for name in sorted(change.went)]
        new = sorted(change.came & listed(self.host, self.installer))
        if new or (not self.installer.listed and self.host.present(self.ours)):
            problems += self._removed(new)
        still = change.came & listed(self.host, self.installer)
        problems += [f"{name} is still installed" for name in sorted(still)]
        present = self.host.present(self.ours)
        left = [path for path in self.ours if str(path) in present]
        if left:
            # Files first: a folder may only be there for what is in it.
            some = ", ".join(map(str, sorted(left, key=self.folders.__contains__)[:5]))
            more = f" and {len(left) - 5} more" if len(left) > 5 else ""
            problems.append(f"left behind: {some}{more}")
        return tuple(problems)

    def _removed(self, names: Sequence[str]) -> list[str]:
        if self.installer.os == "darwin":
            return self._removed_from_mac(names)
        words = [self.file if word == FILE else word for word in self.installer.remove]
        return self._run(*words, *(names if self.installer.listed else ()))

    def _removed_from_mac(self, receipts: Sequence[str]) -> list[str]:
        """Run the package's own program for that, or do without: macOS has none.

        The program leaves folders that many packages share; those that were not there before go, too.
        """
        problems = []
        own = [path for path in self.ours if path.match("bin/uninstall-*")]
        if own:
            problems += self._run(str(own[0]), "--yes")
        else:
            problems += self._run_each("rm", "-f", self._ours(folders=False))
            for receipt in receipts:
                problems += self._run(*self.installer.remove, receipt)
        present = self.host.present(self.ours)
        empty = [path for path in reversed(self._ours(folders=True)) if path in present]
        return problems + self._run_each("rmdir", "--", empty)

    def _ours(self, *, folders: bool) -> list[str]:
        return [str(path) for path in self.ours if (path in self.folders) == folders]

    def _run_each(self, program: str, option: str, paths: Sequence[str]) -> list[str]:
        """Run a program with as many paths at a time as a command line has room for."""
        problems = []
        for start in range(0, len(paths), WORDS):
            problems += self._run(program, option, *paths[start : start + WORDS])
        return problems

    def _run(self, *words: str) -> list[str]:
        answer = self.host.run(words, rights=True)
        if answer.code in (0, REBOOT):
            return []
        return [f"{words[0]} failed: {_last(answer)}"]

    def _change(self) -> Change:
        now = listed(self.host, self.installer)
        return Change(now - self.before, self.before - now)


def prepare(host: Host, parcel: Parcel, entries: Iterable[Entry]) -> Installation:
    """Look at the machine, and refuse what would touch what is there.

    Raises :class:`InstallationFailed` then, :class:`MissingTool` without the tool.
    """
    system = host.system
    installer = next((row for row in parcel.installers if _has(host, row)), None)
    if installer is None:
        tools = " or ".join(row.tool for row in parcel.installers)
        raise MissingTool(
            f"there is no {tools} on {system.name}",
            hint="smoke the tar.gz there: it is only unpacked",
        )
    if not system.rights:
        raise InstallationFailed(
            f"{installer.tool} needs the administrator's rights there, and sudo -n does not give them",
            hint="connect as root, allow sudo without a password, or smoke the tar.gz",
        )
    before = listed(host, installer)
    for name in parcel.names:
        if name in before:
            raise InstallationFailed(f"{name} is already installed on {system.name}", hint=HINT)
    for name in sorted(parcel.rivals & before):
        raise InstallationFailed(f"{name} is installed there, and it would go", hint=HINT)
    paths = {system.top.joinpath(*entry.path.split("/")): entry for entry in entries}
    present = host.present(paths)
    folders = frozenset(path for path, entry in paths.items() if isinstance(entry, Directory))
    taken = sorted(str(path) for path in paths if path not in folders and str(path) in present)
    if taken:
        raise InstallationFailed(f"{taken[0]} is already there", hint=HINT)
    ours = tuple(path for path in paths if str(path) not in present)
    return Installation(host, parcel, installer, before, ours, folders)


def listed(host: Host, installer: Installer) -> frozenset[str]:
    """Return the names of all packages that are installed, or raise :class:`InstallationFailed`."""
    if not installer.listed:
        return frozenset()
    answer = host.run((*QUIETLY, *installer.listed))
    if answer.code != 0:
        why = _last(host.run(installer.listed))
        raise InstallationFailed(
            f"{installer.listed[0]} does not list what is installed: {why}",
            hint="without that nobody could tell what to remove again",
        )
    lines = [line.split() for line in answer.said.splitlines()]
    return frozenset(words[-1] for words in lines if words and words[0] not in GONE)


def _has(host: Host, installer: Installer) -> bool:
    return host.system.os == "win" or host.run(("command", "-v", installer.tool)).code == 0


def _last(answer: Answer) -> str:
    """Return the last words of a tool, or how it ended."""
    lines = [line.strip() for line in answer.said.splitlines() if line.strip()]
    if answer.code is None:
        return answer.complaint
    return "; ".join(lines[-LAST:]).replace(":;", ":") or f"exit code {answer.code}"
