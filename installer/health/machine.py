"""The machine: its clock, its disk, its C library, and how old what it uses is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from rtinstall.installer.health import Finding
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import amount
from rtinstall.runtime_bundle.errors import RtError

SCARCE = 1_000_000_000  # bytes; a version takes about 200 MB while it is installed
TOO_LITTLE = 250_000_000


def clock(session: Session) -> Iterator[Finding]:
    """Find a clock that is before what is installed was published: nothing signed would be valid."""
    newest = max((one.receipt.released for one in session.store.installed()), default=0)
    published = datetime.fromtimestamp(newest, UTC).date()
    if session.today < published:
        text = f"the clock says {session.today}, and what is installed is of {published}"
        yield Finding(
            "clock", "error", text, "set the clock: certificates and signatures have dates"
        )


def space(session: Session) -> Iterator[Finding]:
    """Find out whether another version fits on the disk."""
    home = session.places.home
    there = next(path for path in (home, *home.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if free < SCARCE:
        yield Finding(
            "space", "error" if free < TOO_LITTLE else "warning",
            f"{amount(free)} are free where {home} is",
            "rtinstall prune removes versions, rtinstall cache clear downloads",
        )  # fmt: skip


def obstacles(session: Session) -> Iterator[Finding]:
    """Find versions that this machine's C library is too old for."""
    for one in session.store.installed():
        why = session.machine.obstacle(one.version, one.target)
        if why and one.target.os == session.machine.os:
            yield Finding("libc", "error", f"{one.name} {why}", f"rtinstall uninstall {one.name}")


def ended(session: Session) -> Iterator[Finding]:
    """Find versions whose line is at its end of life, and say what still asks for them."""
    from rtinstall.installer.advice import eol
    from rtinstall.installer.reasons import reasons

    installed = session.store.installed()
    used = reasons(session, installed)
    for one in installed:
        if (advice := eol(one.version, session.today)) is not None:
            asking = used[one.name]
            text = f"{one.name} {asking[0].text}, and {advice.text}" if asking else advice.text
            hint = "take a newer line" if asking else "nothing asks for it: rtinstall prune"
            yield Finding("end-of-life", "warning" if asking else "note", text, hint)


def security(session: Session) -> Iterator[Finding]:
    """Find versions that are behind a security release, by the list that was last fetched.

    No server is asked: rtinstall outdated does that.
    """
    from rtinstall.installer.advice import security as behind
    from rtinstall.installer.reasons import reasons

    installed = session.store.installed()
    if not installed:
        return
    kept = replace(session, flags={**session.flags, "offline": ("doctor", True)}, say=_unheard)
    used = reasons(session, installed)
    for one in installed:
        try:
            releases = kept.catalogue.releases(one.target)
        except RtError:  # nothing was fetched, or it is no more
            continue
        if (advice := behind(one.version, releases)) is not None:
            asking = used[one.name]
            text = f"{one.name} {asking[0].text}, and {advice.text}" if asking else advice.text
            hint = f"rtinstall upgrade {one.version.major}" if asking else "nothing asks for it"
            yield Finding("security", "warning" if asking else "note", text, hint)


def _unheard(line: str) -> None:
    """Say nothing: what is wrong with sources is said where they are used."""
