"""Taking over a version that another manager has installed; reads top to bottom as the order.

Decisions:

* Nothing of theirs becomes ours. Their version is looked at (its program is for this machine, its
  headers say what its folder's name says), then the same release is installed from its signed archive
  as if it had been asked for, and every file of theirs is compared with it. So what is ours is
  verified, and what somebody has changed over there is said.
* Where that archive cannot be had, their files are only taken on ``--allow-unsigned``, copied as they
  are, global packages with them, and recorded as checked by nothing.
* Their folder is only read. With ``--move`` it is removed at the very end, and only if nothing is
  left in it that was not taken over.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from rtinstall.installer.afterwards import carry
from rtinstall.installer.installed import Installed, entries
from rtinstall.installer.others import Foreign
from rtinstall.installer.packages import Package, Plan, packages, planned
from rtinstall.installer.progress import Board
from rtinstall.installer.receipt import Line
from rtinstall.installer.session import Session
from rtinstall.installer.tree_check import WORKERS, digest_of
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    NotPublished,
    NotReadable,
    RtError,
    UnknownVersion,
    Unreachable,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import Provenance, Slice
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version, VersionSpec

# Why the signed archive is not to be had; that it is wrong is none of these.
NOT_TO_BE_HAD = (Unreachable, DownloadFailed, NotPublished, UnknownVersion, NotReadable)
ALREADY = "is there already"
NO_PACKAGES = Plan()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one of their versions.

    ``differing`` are the files of theirs that are not as in the signed archive, with which nothing
    was compared if it is not ``verified``; ``plan`` is of its global packages. ``moved`` tells that
    theirs is removed, ``stays`` why it is not although that was asked for.
    """

    foreign: Foreign
    installed: Installed
    before: bool
    verified: bool
    differing: tuple[str, ...] = ()
    plan: Plan = NO_PACKAGES
    moved: bool = False
    stays: str = ""


def look(foreign: Foreign, session: Session) -> Target:
    """Return what ``foreign`` was built for, a target of this machine.

    Raises :class:`WrongBinary` if it is for none of them, or is another version than its folder is
    called; :class:`NotReadable` if it is no whole runtime.
    """
    from rtinstall.runtime_bundle.executables import check_executable

    node = foreign.node
    try:
        content = Slice(node, 0, node.stat().st_size)
        wrong: RtError | None = None
        for target in session.machine.targets:
            try:
                check_executable(content, target)
            except WrongBinary as error:
                wrong = wrong or error
                continue
            _check_label(foreign, content)
            return target
    except OSError as error:
        raise NotReadable(
            f"{foreign.folder} holds no whole runtime: {node.name}: {error.strerror}",
            hint="nothing was taken from it",
        ) from None
    raise wrong or WrongBinary(f"{node} is for no target of this machine")


def _check_label(foreign: Foreign, content: Slice) -> None:
    """Raise :class:`WrongBinary` if the runtime says that it is another version than its folder does."""
    from rtinstall.runtime_bundle.executables.pe import version_resource
    from rtinstall.runtime_bundle.headers import NODE_VERSION, components

    header = foreign.folder / NODE_VERSION
    if header.is_file():
        found = components({NODE_VERSION: header.read_bytes})
        said = found.get("node", "") + found.get("tag", "")
    else:
        resource = version_resource(content) if foreign.node.suffix == ".exe" else None
        said = resource.product if resource else ""
    if said and said != str(foreign.version):
        raise WrongBinary(f"{foreign.folder} is called {foreign.version}, and is node {said}")
    if not said and not foreign.version.prerelease:
        raise NotReadable(
            f"{foreign.folder} does not say which version it is", hint="its headers are missing"
        )


def take(
    session: Session, foreign: Foreign, board: Board, *, with_packages: bool, move: bool
) -> Taken:
    """Take ``foreign`` over, its global packages with it, and remove it there if it is to be moved."""
    target = look(foreign, session)
    installed, before, verified = _installed(session, foreign, target, board)
    differing = tuple(differences(installed, foreign.folder)) if verified else ()
    plan = NO_PACKAGES
    if with_packages and verified:
        plan = carry(session, foreign.folder, installed)
    taken = Taken(foreign, installed, before, verified, differing, plan)
    return _moved(taken, with_packages=with_packages) if move else taken


def would_carry(foreign: Foreign) -> Plan:
    """Return what of the global packages of ``foreign`` would be carried over."""
    return planned(packages(foreign.folder), (), foreign.version)


def _installed(
    session: Session, foreign: Foreign, target: Target, board: Board
) -> tuple[Installed, bool, bool]:
    """Install the release that ``foreign`` is; say whether it was there, and whether it is verified."""
    from rtinstall.installer.installing import install

    own = session
    if target != session.own_target:
        own = replace(session, flags={**session.flags, "target": ("import", target.name)})
    try:
        done = next(install(own, [VersionSpec.parse(str(foreign.version))], board))
    except NOT_TO_BE_HAD as error:
        if not session.settings.allow_unsigned.value:
            raise type(error)(
                f"{foreign.tool} has node {foreign.version}, and it cannot be verified: {error}",
                hint="add --allow-unsigned to take it as it is, or try again with a network",
            ) from error
        board.say(f"{error}; taking the files of {foreign.tool} unverified")
        return _adopted(session, foreign, target), False, False
    return done.installed, done.before, True


def _adopted(session: Session, foreign: Foreign, target: Target) -> Installed:
    """Copy the files of ``foreign`` as they are, recorded as checked by nothing."""
    provenance = Provenance("runtime", foreign.tool, str(foreign.folder), "", "nothing")
    session.policy.check_version(foreign.version)
    session.policy.check_parts([provenance])
    with session.store.changing() as changes:
        return changes.adopt(foreign.folder, provenance, target, copy=session.settings.copy.value)


def differences(installed: Installed, folder: Path) -> Iterator[str]:
    """Yield the files of ``installed`` that are missing in ``folder``, or other ones there."""
    files = [line for line in entries(installed) if line.kind == "file"]
    with ThreadPoolExecutor(WORKERS, "compare") as pool:
        yield from filter(None, pool.map(lambda line: _differs(folder, line), files, chunksize=64))


def _differs(folder: Path, line: Line) -> str:
    path = folder / line.path
    try:
        same = path.stat().st_size == line.size and digest_of(path) == line.sha256
    except OSError:
        same = False
    return "" if same else line.path


def _moved(taken: Taken, *, with_packages: bool) -> Taken:
    """Remove the folder of the other tool, unless something would be lost with it."""
    foreign = taken.foreign
    there: Sequence[Package] = packages(foreign.folder)
    if not taken.verified:
        return replace(taken, stays="it could not be verified")
    if there and not with_packages:
        return replace(taken, stays="its global packages were not carried over")
    if lost := [p.name for p, why in taken.plan.left if not why.startswith(ALREADY)]:
        return replace(
            taken, stays=f"of its global packages {', '.join(lost)} could not be carried"
        )
    try:
        shutil.rmtree(foreign.folder)
        if (
            foreign.folder.name == "installation"
        ):  # fnm's, which has nothing else in the folder above
            foreign.folder.parent.rmdir()
    except OSError as error:
        return replace(taken, stays=f"{error.filename}: {error.strerror}")
    return replace(taken, moved=True)


def take_default_packages(session: Session, tool: str) -> None:
    """Let the packages that ``tool`` gives each new version be ours too, if we have no such file yet.

    What they name is written down, and said; a file that we could not use is left, and that is said.
    """
    from rtinstall.installer.atomic import write_atomically
    from rtinstall.installer.default_packages import LIMIT, specifications
    from rtinstall.installer.others import default_packages

    theirs, ours = default_packages(tool, session.environment), session.places.default_packages
    if theirs is None or ours.exists() or not ours.is_absolute():
        return
    try:
        with theirs.open("rb") as file:
            specs = specifications(file.read(LIMIT + 1), theirs)
        if specs:
            write_atomically(ours, "".join(f"{spec}\n" for spec in specs).encode())
            session.say(f"each new version gets {', '.join(specs)}, as with {tool}: {ours}")
    except RtError as error:
        session.say(f"the default packages of {tool} are not taken over: {error}")
    except OSError as error:
        session.say(f"the default packages of {tool} are not taken over: {error.strerror}")


def names_to_take(
    session: Session, found: dict[str, str], versions: Sequence[Version]
) -> Iterator[tuple[str, str]]:
    """Yield the aliases of ``found`` that are none of ours yet, and mean one of ``versions`` here."""
    from rtinstall.installer.expression import alias_name, check_expression
    from rtinstall.installer.resolution import among

    for name, text in found.items():
        if alias_name(name) is None or session.aliases.get(name) is not None:
            continue
        try:
            one = among(check_expression(text), session.store.installed(), session.aliases)
        except RtError:  # an alias of an alias of theirs, or what only they understand
            continue
        if one is not None and one.version in versions:
            yield name, text
