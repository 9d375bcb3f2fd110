"""Installing: what was asked for becomes versions in the store; reads top to bottom as the order.

Everything is chosen and looked at before anything is fetched, and everything is fetched and checked
before the store is changed. Downloads run at the same time, changes of the store one after the
other. One that fails leaves the others as they are; the first failure is raised when all have ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import partial
from time import monotonic

from rtinstall.installer import advice
from rtinstall.installer.advice import Advice
from rtinstall.installer.catalogue import Catalogue
from rtinstall.installer.choice import Choice, choose
from rtinstall.installer.progress import Board, Step
from rtinstall.installer.receipt import Receipt
from rtinstall.installer.session import Session
from rtinstall.installer.store import Installed
from rtinstall.runtime_bundle.errors import PolicyRefused, RtError
from rtinstall.runtime_bundle.model import Dependency
from rtinstall.runtime_bundle.sources import Part, in_background
from rtinstall.runtime_bundle.versions import VersionSpec


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one expression; ``seconds`` is 0.0 for what was there ``before``."""

    asked: str
    installed: Installed
    before: bool
    advice: tuple[Advice, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    asked: str
    choice: Choice
    catalogue: Catalogue


def install(
    session: Session, specs: Sequence[VersionSpec], board: Board, *, again: bool = False
) -> Iterator[Done]:
    """Install what ``specs`` ask for; yield each as it is done.

    What is there already is not touched, unless it is to be put there ``again``. Raises what choosing
    raises before anything is fetched; :class:`PolicyRefused` for what ``--fail-on`` names.
    """
    wanted: dict[tuple[str, str], _Wanted] = {}
    for spec in specs:
        if not again and (found := already(session, spec)):
            _hold(session, found.receipt)
            yield Done(spec.text, found, before=True)
            continue
        channel = spec.version.channel if spec.version else "release"
        catalogue = session.catalogue if channel == "release" else session.catalogue_of(channel)
        choice = _chosen(session, spec, catalogue, board)
        release, target = choice.found.release, choice.found.target
        _refuse(session, choice.advice)
        if session.locked and (said := session.locked.check_target(release.version, target)):
            board.say(said)
        there = session.store.find(release.version, target)
        if there is not None and not again:
            _hold(session, there.receipt)
            yield Done(spec.text, there, before=True, advice=choice.advice)
            continue
        wanted.setdefault(
            (str(release.version), target.name), _Wanted(spec.text, choice, catalogue)
        )
    yield from _carried_out(session, tuple(wanted.values()), board, again=again)


def already(session: Session, spec: VersionSpec) -> Installed | None:
    """Return what is installed of an exact version, which no index needs to be asked about.

    Unless it is to be refused for what only an index can tell. Raises :class:`PolicyRefused`.
    """
    if spec.version is None or session.settings.fail_on.value:
        return None
    session.policy.check_version(spec.version)
    found = (session.store.find(spec.version, target) for target in session.rules.targets)
    return next((each for each in found if each is not None), None)


def _hold(session: Session, receipt: Receipt) -> None:
    if session.locked:
        session.locked.check_installed(receipt)


def _chosen(session: Session, spec: VersionSpec, catalogue: Catalogue, board: Board) -> Choice:
    step = board.step(f"looking for {spec.text}")
    try:
        return choose(spec, catalogue, session.rules)
    finally:
        step.done()


def _refuse(session: Session, said: Iterable[Advice]) -> None:
    for each in said:
        if each.code in session.settings.fail_on.value:
            raise PolicyRefused(
                each.text,
                hint=f"{session.settings.fail_on.origin} says to install nothing of the kind",
            )


def _carried_out(
    session: Session, wanted: Sequence[_Wanted], board: Board, *, again: bool
) -> Iterator[Done]:
    turn = threading.Semaphore(max(1, session.settings.downloads.value))
    fetching: dict[Future[tuple[Part, ...]], tuple[_Wanted, Step, float]] = {}
    for each in wanted:
        found = each.choice.found
        step = board.step(f"node {found.release.version} for {found.target}")
        future = in_background(turn, partial(_fetch, session, each, step))
        fetching[future] = (each, step, monotonic())
    failed: RtError | None = None
    while fetching:
        # With a limit, so that Windows hears of an interruption.
        ended, _ = wait(fetching, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in ended:
            each, step, begun = fetching.pop(future)
            try:
                parts = future.result()
                step.done()
                step = board.step(f"writing node {each.choice.found.release.version}")
                done = _added(session, each, parts, step, begun, again=again)
            except RtError as error:
                if failed is not None or fetching:
                    board.say(f"node {each.choice.found.release.version} is not installed: {error}")
                failed = failed or error
                continue
            finally:
                step.done()
            yield done
    if failed is not None:
        raise failed


def _fetch(session: Session, wanted: _Wanted, step: Step) -> tuple[Part, ...]:
    found = wanted.choice.found
    parts = wanted.catalogue.fetch(found, step)
    if session.locked:
        session.locked.check_parts(found.release.version, found.target, parts)
    if version := session.settings.npm.value:
        return (*parts, wanted.catalogue.npm(version, step))
    return parts


def _added(
    session: Session,
    wanted: _Wanted,
    parts: tuple[Part, ...],
    step: Step,
    begun: float,
    *,
    again: bool,
) -> Done:
    """Put a verified runtime into the store; where another run was quicker, nothing is done."""
    found = wanted.choice.found
    runtime = next(part for part in parts if part.what == "runtime")
    of_source = tuple(
        advice.origin(runtime.provenance.source, found.target, runtime.provenance.checked)
    )
    _refuse(session, of_source)
    needed = needs(parts) if found.target.os_releases else ()
    step.start(None)
    with session.store.changing() as changes:
        there = None if again else session.store.find(found.release.version, found.target)
        installed = there or changes.add(
            parts,
            found.release,
            found.target,
            again=again,
            copy=session.settings.copy.value,
            progress=step.advance,
        )
    said = (*wanted.choice.advice, *of_source)
    before = there is not None  # another run was quicker
    seconds = 0.0 if before else monotonic() - begun
    return Done(wanted.asked, installed, before, said, needed, seconds)


def needs(parts: Iterable[Part]) -> tuple[Dependency, ...]:
    """Return what the packages of a runtime need of the system and is no part of the runtime."""
    from rtinstall.runtime_bundle.archives import open_archive
    from rtinstall.runtime_bundle.assemble import dependencies_of

    return dependencies_of([open_archive(p.path) for p in parts if p.layout == "package"])
