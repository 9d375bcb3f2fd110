"""The steps on one system: install, check, remove; then install an older one, upgrade, check, remove."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from rtinstall.platforms.ci.place import Place
from rtinstall.platforms.smoke.host import EMULATED_PACE
from rtinstall.platforms.smoke.label import Label, label_of_tree
from rtinstall.platforms.smoke.report import RETIREMENT, UPGRADE, Report, Result, Status
from rtinstall.platforms.smoke.run import Progress
from rtinstall.platforms.smoke.ssh.installation import Change, Installation, prepare
from rtinstall.platforms.smoke.ssh.luggage import PACKAGE, Luggage
from rtinstall.platforms.smoke.ssh.visit import Step, checked, compare, smoked
from rtinstall.platforms.smoke.table import Check
from rtinstall.runtime_bundle.errors import InstallationFailed
from rtinstall.runtime_bundle.model import Directory

# What shows after an upgrade that the newer one is there, and whole.
AGAIN = ("version", "components", "npm")
RTINSTALL = Check("rtinstall", "rtinstall, which is in the package, starts")
PROGRAMS = ("rtinstall", "rtinstall.exe", "rtinstall.cmd")


@dataclass(frozen=True, slots=True)
class Course:
    """The steps on ``place``; one that is ``emulated`` gets more time.

    The runtime is held to ``label``. ``only`` are the names of checks to run, all of them for none.
    """

    place: Place
    emulated: bool
    label: Label
    only: tuple[str, ...]
    step: Step
    progress: Progress

    def installed(self, luggage: Luggage) -> Report:
        """Install it, run every check, remove it, and look for what is left.

        Raises what :func:`~rtinstall.platforms.smoke.ssh.visit.checked` raises.
        """
        luggage = self._own(luggage)
        if self.place.whole:
            compare(self.place.host, luggage)

        def checks() -> Report:
            report = self._smoked(luggage, self.only)
            more = tuple(map(self._started, _programs(luggage)))
            return replace(report, results=(*report.results, *more))

        return checked(self.place.host, luggage, checks, self.step)

    def upgraded(self, old: Luggage, new: Luggage) -> tuple[Result, ...]:
        """Install the older one, put the newer in its place, check that, and remove it.

        The checks are on the machine since :meth:`installed`. Raises :class:`InstallationFailed`
        before anything is changed.
        """
        host = self.place.host
        old, new = self._own(old), self._own(new)
        if old.parcel is None or new.parcel is None:
            return (Result(UPGRADE, "not run", reason="an archive is not installed"),)
        if old.parcel.names != new.parcel.names:
            names = " and ".join((*old.parcel.names, *new.parcel.names))
            return (Result(UPGRADE, "not run", reason=f"{names} are installed side by side"),)
        second = prepare(host, new.parcel, new.entries)
        first = prepare(host, old.parcel, old.entries)
        whole = replace(
            second,
            ours=tuple(dict.fromkeys((*first.ours, *second.ours))),
            folders=first.folders | second.folders,
        )
        start = time.monotonic()
        change = None
        problems: list[str] = []
        try:
            change = self._exchanged(first, second)
            problems += _differences(first, second)
            problems += self._wrong(new)
        except InstallationFailed as error:
            problems.append(str(error))
        finally:
            seconds = time.monotonic() - start
            self.step(f"removing {new.title}")
            left = whole.remove(change)
        evidence = {"from": old.title, "to": new.title}
        status: Status = "failed" if problems else "passed"
        return (
            Result(UPGRADE, status, seconds, "\n".join(problems), evidence),
            Result(RETIREMENT, "failed" if left else "passed", reason="\n".join(left)),
        )

    def _exchanged(self, first: Installation, second: Installation) -> Change:
        """Install the one and upgrade to the other, both under the same name on the machine."""
        file = PACKAGE + first.installer.suffix
        self.step(f"installing {first.parcel.path.name}")
        first.host.send(first.parcel.path, file)
        change = first.install()
        if not first.installer.upgrade:
            self.step(f"removing {first.parcel.path.name}, which its tool does not")
            for problem in first.remove(change):
                raise InstallationFailed(problem)
        self.step(f"upgrading to {second.parcel.path.name}")
        second.host.send(second.parcel.path, file)
        return second.upgrade() if first.installer.upgrade else second.install()

    def _wrong(self, luggage: Luggage) -> Iterator[str]:
        report = self._smoked(luggage, AGAIN)
        for result in report.results:
            if result.status == "failed":
                yield f"{result.check.name}: {result.reason}"

    def _smoked(self, luggage: Luggage, only: tuple[str, ...]) -> Report:
        label = self.label.filled(label_of_tree(luggage.runtime))
        pace = EMULATED_PACE if self.emulated and self.place.whole else 1
        return smoked(
            self.place.host, luggage, label, only=only, progress=self.progress, pace=pace
        )  # fmt: skip

    def _started(self, program: str) -> Result:
        """Start the rtinstall that came with the package."""
        host = self.place.host
        start = time.monotonic()
        answer = host.run((str(host.system.top.joinpath(*program.split("/"))), "--version"))
        seconds = time.monotonic() - start
        said = answer.said.strip()
        if answer.code == 0 and said:
            return Result(RTINSTALL, "passed", seconds, evidence={"says": said})
        reason = said or answer.complaint.strip() or f"exit code {answer.code}"
        return Result(RTINSTALL, "failed", seconds, reason)

    def _own(self, luggage: Luggage) -> Luggage:
        """Let the place's own installer stand for the usual ones."""
        if luggage.parcel is None or self.place.installer is None:
            return luggage
        return replace(
            luggage, parcel=replace(luggage.parcel, installers=(self.place.installer,))
        )  # fmt: skip


def _differences(first: Installation, second: Installation) -> Iterator[str]:
    """Yield what an upgrade has left out, and what it has left of the older one.

    Files count; folders may be others' as well, and some of an ``.msi`` are each user's own.
    """
    wanted = [path for path in second.ours if path not in second.folders]
    gone = sorted(set(first.ours) - first.folders - set(wanted))
    present = second.host.present((*wanted, *gone))
    missing = [path for path in wanted if str(path) not in present]
    if missing:
        yield f"not there after the upgrade: {_some(missing)}"
    left = [path for path in gone if str(path) in present]
    if left:
        yield f"left of the older release: {_some(left)}"


def _some(paths: list[PurePath]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(map(str, paths[:3])) + more


def _programs(luggage: Luggage) -> Iterator[str]:
    """Yield the path of rtinstall in the package, below its root, if it is there."""
    commands = luggage.runtime.commands.relative_to(luggage.runtime.root).as_posix()
    for entry in luggage.entries:
        folder, _, name = entry.path.rpartition("/")
        if name in PROGRAMS and folder == commands and not isinstance(entry, Directory):
            yield entry.path
            return
