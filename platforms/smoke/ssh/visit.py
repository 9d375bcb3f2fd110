"""One visit to a machine: copy, install, check, remove, and leave nothing there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from rtinstall.platforms.smoke.label import Label, label_of_tree
from rtinstall.platforms.smoke.report import INSTALLATION, REMOVAL, Report, Result
from rtinstall.platforms.smoke.run import Progress, smoke
from rtinstall.platforms.smoke.ssh.address import Address
from rtinstall.platforms.smoke.ssh.connection import Answer, Channel, connected
from rtinstall.platforms.smoke.ssh.host import Host
from rtinstall.platforms.smoke.ssh.installation import Change, Installation, prepare
from rtinstall.platforms.smoke.ssh.luggage import PACKAGE, TREE, Luggage, packed
from rtinstall.platforms.smoke.ssh.posix import visit_posix
from rtinstall.platforms.smoke.ssh.windows import visit_windows
from rtinstall.runtime_bundle.errors import InstallationFailed, RtError, WrongBinary

Step = Callable[[str], object]
BY_HAND = "look at it by hand: rtbuild could not clean up"


def smoke_on(
    address: Address,
    path: Path,
    label: Label,
    *,
    only: tuple[str, ...] = (),
    config: Path | None = None,
    step: Step = lambda what: None,
    progress: Progress = lambda check, result: None,
) -> Report:
    """Run the checks with the package or folder at ``path`` on another machine.

    ``config`` is an ssh_config to use in place of the user's, ``step`` is told what is done. Raises
    :class:`Unreachable`, :class:`WrongBinary` and :class:`InstallationFailed` besides what
    :func:`~rtinstall.platforms.smoke.ssh.luggage.packed` raises.
    """
    step(f"reading {path.name}")
    with packed(path) as luggage:
        step(f"connecting to {address}")
        with connected(address, config) as connection, arrived(connection) as host:
            compare(host, luggage)
            label = label.filled(label_of_tree(luggage.runtime))
            checks = partial(smoked, host, luggage, label, only=only, progress=progress)
            report = checked(host, luggage, checks, step)
    return replace(report, command=(str(address), *report.command))


@contextmanager
def arrived(connection: Channel) -> Iterator[Host]:
    """Give the machine, with a private folder on it that is removed afterwards."""
    token = f"rtsmoke-{secrets.token_hex(8)}"
    try:
        host = _met(connection, token)
    except BaseException:
        with suppress(RtError):
            connection.ask(f"sh -c 'rm -rf /tmp/{token}'", limit=10)
        raise
    try:
        yield host
    except BaseException as error:
        _leave(host, str(connection.address), error)
        raise
    _leave(host, str(connection.address))


def _met(connection: Channel, token: str) -> Host:
    """Try the two kinds of machines one after the other."""
    posix = visit_posix(connection, token)
    if not isinstance(posix, Answer):
        return posix
    windows = visit_windows(connection, token)
    if not isinstance(windows, Answer):
        return windows
    said = (posix.complaint or posix.said).strip().splitlines()
    raise InstallationFailed(
        f"{connection.address} has no shell that can be used: {said[-1] if said else 'silence'}",
        hint="it needs sh and some room in /tmp, or to be Windows with OpenSSH",
    )


def _leave(host: Host, where: str, error: BaseException | None = None) -> None:
    """Remove the private folder, or say that it is there, after what else went wrong."""
    try:
        host.leave()
    except (RtError, KeyboardInterrupt) as another:
        before = f"{error}; then " if isinstance(error, RtError) else f"{where}: "
        why = "" if str(another) in before else f": {_why(another)}"
        raise InstallationFailed(
            f"{before}the folder {host.system.folder} was left there{why}", hint=BY_HAND
        ) from another


def compare(host: Host, luggage: Luggage) -> None:
    """Raise :class:`WrongBinary` before anything is copied that cannot run there."""
    binary = luggage.runtime.binary
    target = luggage.parcel.installers[0].os if luggage.parcel else None
    host.system.check(binary, luggage.title, target)
    if binary and binary.kind == "elf" and binary.interpreter:
        loader = PurePosixPath(binary.interpreter)
        if not host.present([loader]):
            raise WrongBinary(
                f"{luggage.title} is made for {binary}, and {host.system.name} has no {loader}",
                hint="use a package for that machine's C library",
            )


def checked(host: Host, luggage: Luggage, checks: Callable[[], Report], step: Step) -> Report:
    """Bring the luggage there, run the checks, and take it away again."""
    parcel = luggage.parcel
    installation = prepare(host, parcel, luggage.entries) if parcel else None
    step(f"copying {luggage.title} to {host.system.name}")
    for name, folder in luggage.folders.items():
        host.bring(folder, name)
    if installation is None:
        return checks()
    host.send(installation.parcel.path, PACKAGE + installation.installer.suffix)
    change = None
    try:
        step(f"installing {luggage.title} with {installation.installer.tool}")
        start = time.monotonic()
        change = installation.install()
        seconds = time.monotonic() - start
        report = checks()
    except BaseException as error:
        step(f"removing {luggage.title}")
        problems = _removed(installation, change)
        if problems:
            said = f"{error}; then " if isinstance(error, RtError) else ""
            raise InstallationFailed(f"{said}{problems[0]}", hint=BY_HAND) from error
        raise
    step(f"removing {luggage.title}")
    first = Result(INSTALLATION, "passed", seconds, evidence={"tool": installation.installer.tool})
    start = time.monotonic()
    problems = _removed(installation, change)
    last = Result(
        REMOVAL, "failed" if problems else "passed", time.monotonic() - start,
        "\n".join(problems), {} if problems else {"paths gone": len(installation.ours)},
    )  # fmt: skip
    return replace(report, results=(first, *report.results, last))


def _removed(installation: Installation, change: Change | None) -> tuple[str, ...]:
    """Remove the package; return what is wrong then, an interruption or a lost connection included."""
    try:
        return installation.remove(change)
    except (RtError, KeyboardInterrupt) as error:
        return (f"{installation.parcel.path.name} was left installed: {_why(error)}",)


def _why(error: BaseException) -> str:
    return str(error) or "interrupted"


def smoked(
    host: Host,
    luggage: Luggage,
    label: Label,
    *,
    only: tuple[str, ...] = (),
    progress: Progress = lambda check, result: None,
    pace: float = 1,
) -> Report:
    """Run checks on a machine that has the luggage, ``pace`` times slower than another."""
    system, root = host.system, luggage.runtime.root
    top = system.top if luggage.parcel else system.folder / TREE

    def called(path: Path) -> str:
        return str(top.joinpath(*path.relative_to(root).parts))

    way = host.way(luggage.runtime)
    runtime = replace(luggage.runtime, way=replace(way, pace=way.pace * pace))
    report = smoke(
        runtime, label, only=only, progress=progress, run=partial(host.check, called=called)
    )
    return replace(report, command=(system.name, called(runtime.node)))
