"""Whether the store is this user's, whole, and what its receipts say."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rtinstall.installer.disk import NOFOLLOW
from rtinstall.installer.health import Finding, Mend
from rtinstall.installer.installed import Installed
from rtinstall.installer.places import WINDOWS
from rtinstall.installer.receipt import NAME
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import NotInstalled, RtError
from rtinstall.runtime_bundle.locks import try_lock
from rtinstall.runtime_bundle.targets import TARGETS
from rtinstall.runtime_bundle.versions import Version, VersionSpec

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
SHOWN = 5  # files of one version that are named


def home(session: Session) -> Iterator[Finding]:
    """Find out whether the home is ours alone: who can write there decides what we run."""
    place = session.places.home
    try:
        status = place.stat()
    except FileNotFoundError:
        yield Finding("home", "note", f"{place} is not there yet", "rtinstall install lts makes it")
        return
    if WINDOWS:
        return
    if status.st_uid != os.geteuid():
        yield Finding(
            "home", "error", f"{place} belongs to another user",
            "run this as that user, without sudo, or name a folder of your own in RTINSTALL_HOME",
        )  # fmt: skip
        return
    for folder in (place, *_inner(session)):
        mode = folder.lstat().st_mode
        if stat.S_ISLNK(mode) and folder != place:
            yield Finding("home", "error", f"{folder} is a link", "remove it: nothing follows it")
        elif stat.S_IMODE(folder.stat().st_mode) & OTHERS_MAY_WRITE:
            yield Finding(
                "home", "error", f"others can write in {folder}, and so decide what you run",
                "takes that right away", _ours_alone(folder),
            )  # fmt: skip


def _inner(session: Session) -> list[Path]:
    places = session.places
    inner = [places.versions, places.receipts, places.aliases, places.projects, places.shims]
    return [folder for folder in inner if os.path.lexists(folder)]


def _ours_alone(folder: Path) -> Mend:
    def mend(session: Session) -> None:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~OTHERS_MAY_WRITE)

    return mend


def unfinished(session: Session) -> Iterator[Finding]:
    """Find what a killed run left behind; whoever changes the store next finishes it.

    While another run is at it, what is there is that run's.
    """
    places = session.places
    if (holder := _holder(places.lock)) is not None:
        text = f"another run is changing the store{holder}"
        yield Finding("unfinished", "note", text, "wait for it to end")
        return
    left = [
        path
        for folder in (places.journal, places.stage, places.trash)
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
    ]
    if left:
        many = f"{len(left)} thing{'s' if len(left) > 1 else ''}"
        yield Finding(
            "unfinished", "warning", f"a run that did not end has left {many}, such as {left[0]}",
            "finishes or undoes it", _recover,
        )  # fmt: skip


def _holder(lock: Path) -> str | None:
    """Return who holds ``lock``, as far as it says so; None if nobody does."""
    try:
        descriptor = os.open(lock, os.O_RDWR | NOFOLLOW)
    except OSError:  # never taken, or not ours: the check of the home says so
        return None
    try:
        if try_lock(descriptor):
            return None
        words = os.read(descriptor, 500).decode("ascii", "replace").split()
    finally:
        os.close(descriptor)
    return f" (process {words[0]} on {words[1]})" if len(words) > 1 else ""


def _recover(session: Session) -> None:
    with session.store.changing(wait=10):
        pass


def receipts(session: Session) -> Iterator[Finding]:
    """Hold receipts against folders: both are there, or it is no version."""
    places = session.places
    for error in session.store.damaged():
        name = next((word for word in str(error).split() if NAME.fullmatch(word)), "")
        again = bool(name) and (places.receipts / f"{name}.json").exists()
        yield Finding(
            "receipts", "error", str(error), "installs it again",
            _install_again(name) if again else None,
        )  # fmt: skip
    heads = {path.stem for path in places.receipts.glob("*.json")}
    folders = {path.name for path in places.versions.glob("*")}
    for name in sorted(folders - heads):
        yield Finding(
            "receipts", "warning", f"{places.versions / name} has no receipt, and is no version",
            "removes it", _remove(places.versions / name),
        )  # fmt: skip
    for name in sorted(heads - folders):
        yield Finding(
            "receipts", "warning", f"{name} has a receipt, and its folder is gone",
            "removes the receipt", _remove(places.receipts / f"{name}.json"),
        )  # fmt: skip


def _remove(path: Path) -> Mend:
    """Remove ``path`` while nobody else changes the store."""

    def mend(session: Session) -> None:
        with session.store.changing(wait=10):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
                path.with_suffix(".files").unlink(missing_ok=True)

    return mend


def _install_again(name: str) -> Mend:
    """Install the version called ``name`` once more, in the place of what is there."""

    def mend(session: Session) -> None:
        from rtinstall.installer.installing import install
        from rtinstall.installer.progress import Board

        text, target = _named(name)
        own = session
        if target:
            own = replace(session, flags={**session.flags, "target": ("doctor", target)})
        for _ in install(own, [VersionSpec.parse(str(text))], Board(), again=True):
            pass

    return mend


def _named(name: str) -> tuple[Version, str]:
    """Return the version and the target in a version's name; no target for this machine's own."""
    suffixes = [target.name for target in TARGETS if name.endswith(f"-{target.name}")]
    target = max(suffixes, key=len, default="")
    try:
        return Version.parse(name.removesuffix(f"-{target}") if target else name), target
    except RtError:
        raise NotInstalled(f"{name!r} is the name of no version") from None


def programs(session: Session) -> Iterator[Finding]:
    """Look whether each version still has its program; ``--verify`` looks at every file."""
    for one in session.store.installed():
        node = one.bin / ("node.exe" if one.target.os == "win" else "node")
        if not node.is_file() or not os.access(node, os.X_OK):
            yield _broken(one, f"{node} is missing or cannot be run")


def files(session: Session) -> Iterator[Finding]:
    """Hold every file of every version against its receipt; what was added is the user's."""
    from rtinstall.installer.store import check

    for one in session.store.installed():
        wrong = list(check(one))
        if wrong:
            named = "; ".join(wrong[:SHOWN])
            more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            yield _broken(one, f"{one.name} is not what was installed: {named}{more}")


def _broken(one: Installed, text: str) -> Finding:
    if one.shared:
        return Finding("files", "error", text, "ask whoever administers this machine")
    return Finding("files", "error", text, "installs it again", _install_again(one.name))
