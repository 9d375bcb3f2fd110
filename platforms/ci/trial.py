"""Try one package on one system, and keep what came of it, whatever that was."""

from __future__ import annotations

from contextlib import ExitStack

from rtinstall.platforms.ci.candidates import Candidate
from rtinstall.platforms.ci.course import Course
from rtinstall.platforms.ci.place import Where, ready
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.smoke.report import INSTALLATION, UPGRADE, Report, Result, Status
from rtinstall.platforms.smoke.run import Progress
from rtinstall.platforms.smoke.ssh.luggage import packed
from rtinstall.platforms.smoke.ssh.visit import Step
from rtinstall.platforms.systems import System
from rtinstall.platforms.tested import Trial
from rtinstall.runtime_bundle.errors import BadConfiguration, MissingTool, RtError


def tried(
    system: System,
    newer: Candidate,
    older: Candidate | None,
    where: Where,
    *,
    only: tuple[str, ...] = (),
    step: Step = lambda what: None,
    progress: Progress = lambda check, result: None,
) -> Trial:
    """Install, check, upgrade and remove; a step that fails is in the report, and ends it.

    ``only`` are the names of checks, all of them for none. Raises :class:`BadConfiguration` for an address that is none.
    """
    name = system.name
    command: tuple[str, ...] = (name,)
    results: list[Result] = []
    with ExitStack() as stack:
        try:
            luggage = stack.enter_context(packed(newer.path))
            place = stack.enter_context(ready(system, where, step))
            command = (place.name,)
            course = Course(place, system.emulated, newer.label, only, step, progress)
            report = course.installed(luggage)
            command = (place.name, report.command[-1])
            results += report.results
            if older is None:
                reason = "there is no older release to upgrade from"
                results.append(Result(UPGRADE, "not run", reason=reason))
            else:
                old = stack.enter_context(packed(older.path))
                results += course.upgraded(old, luggage)
        except BadConfiguration:
            raise
        except RtError as error:
            step_ended = UPGRADE if results else INSTALLATION
            status: Status = "not run" if isinstance(error, MissingTool) else "failed"
            reason = "; ".join(filter(None, (str(error), error.hint)))
            results.append(Result(step_ended, status, reason=reason))
    return Trial(
        system=name, target=system.target, format=system.format, version=newer.version,
        older=older.version if older else "", file=newer.path.name, sha256=sha256_of(newer.path),
        report=Report(command, tuple(results)),
    )  # fmt: skip
