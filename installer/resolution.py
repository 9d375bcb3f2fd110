"""Which installed version an expression means, and which one that can be had.

Decisions:

* What is installed comes first: an expression means the newest installed version that fits it, so a
  folder does not change its version because a newer one was published.
* ``lts`` is the newest LTS line of which something is installed. ``lts/-1`` is the line before that
  one, not the next one that happens to be installed.
* ``system`` is the first node on PATH that is not ours. It is looked for, and never run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.aliases import Aliases
from rtinstall.installer.expression import SYSTEM, parsed
from rtinstall.installer.places import Places
from rtinstall.runtime_bundle.errors import NotInstalled, UnknownVersion

if TYPE_CHECKING:  # what the quick verbs do without until they need it
    from rtinstall.installer.installed import Installed
    from rtinstall.installer.store import Store
    from rtinstall.runtime_bundle.releases import Release
    from rtinstall.runtime_bundle.versions import Version, VersionSpec

ENDINGS = (".exe", ".cmd", ".bat", "") if sys.platform == "win32" else ("",)


def meaning(text: str, aliases: Aliases) -> VersionSpec | None:
    """Return what ``text`` asks for, aliases followed; None if that is ``system``.

    Raises :class:`UnknownVersion` for what is neither expression nor alias.
    """
    text = aliases.expand(text)
    return None if text == SYSTEM else parsed(text)


def installed_for(text: str, store: Store, aliases: Aliases) -> Installed:
    """Return the installed version that ``text`` means, or raise :class:`NotInstalled`.

    ``system`` is none of them: whoever calls asks for it before. Raises :class:`PolicyRefused` if it
    is one that the administrator does not allow.
    """
    from rtinstall.installer.allowed import allowed, check_allowed

    found = among(text, allowed(store), aliases)
    if found is None:
        check_allowed(text, store, aliases)
    return found or present(text, store, aliases)


def present(text: str, store: Store, aliases: Aliases) -> Installed:
    """Return the same, whether it may be used or not: for those who only look at it."""
    found = among(text, store.installed(), aliases)
    if found is None:
        raise NotInstalled(
            f"nothing installed is {text!r}",
            hint=f"rtinstall install {install_word(aliases.expand(text))}",
        )
    return found


def among(text: str, installed: Sequence[Installed], aliases: Aliases) -> Installed | None:
    """Return the newest of ``installed`` that ``text`` means; this machine's own goes first."""
    own = [one for one in installed if one.name == text]
    if own:
        return own[0]
    spec = meaning(text, aliases)
    return next(fitting(spec, installed), None) if spec else None


def fitting(spec: VersionSpec, installed: Sequence[Installed]) -> Iterator[Installed]:
    """Yield all of ``installed`` that ``spec`` means, newest first, and of one version ours first."""
    versions = meant(spec, {one.version: one.receipt.lts for one in installed})
    found = [one for one in installed if one.version in versions]
    found.sort(key=lambda one: (one.version.key, one.name == one.version.tag), reverse=True)
    yield from found


def meant(spec: VersionSpec, known: Mapping[Version, str]) -> set[Version]:
    """Return which of the versions in ``known``, each with the name of its LTS line, ``spec`` means.

    The lines up to the newest known one are all there to be counted.
    """
    if spec.lts is None:
        return {version for version in known if spec.matches(version)}
    from rtinstall.runtime_bundle.releases import EPOCH, SCHEDULE, Release, select
    from rtinstall.runtime_bundle.versions import Version

    newest = max((version.major for version, lts in known.items() if lts), default=0)
    lines = {
        Version(major, 0, 0): line.codename
        for major, line in SCHEDULE.items()
        if line.codename and major < newest
    }
    releases = [Release(version, EPOCH, lts=lts) for version, lts in (lines | dict(known)).items()]
    return {release.version for release in select(spec, releases) if known.get(release.version)}


def release_for(text: str, releases: Iterable[Release], aliases: Aliases) -> Release:
    """Return the newest of ``releases`` that ``text`` means, or raise :class:`UnknownVersion`."""
    from rtinstall.runtime_bundle.releases import resolve

    spec = meaning(text, aliases)
    if spec is None:
        raise UnknownVersion(
            "'system' is no release", hint="rtinstall which --version system shows where it is"
        )
    return resolve(spec, releases)


def system_program(
    environment: Mapping[str, str], places: Places, program: str = "node"
) -> Path | None:
    """Return the first ``program`` on PATH that is not ours, or None.

    What lies below our folders, or is a link to there, is ours.
    """
    ours = [os.path.realpath(folder) for folder in (places.home, places.shared)]
    for found in programs(environment, program):
        real = os.path.realpath(found)
        if not any(real == place or real.startswith(place + os.sep) for place in ours):
            return found
    return None


def first_program(environment: Mapping[str, str], program: str = "node") -> Path | None:
    """Return the first ``program`` on PATH, whosever it is, or None."""
    return next(programs(environment, program), None)


def programs(environment: Mapping[str, str], program: str) -> Iterator[Path]:
    """Yield each ``program`` on PATH; folders relative to wherever one happens to be are passed over."""
    for folder in environment.get("PATH", "").split(os.pathsep):
        found = program_in(Path(folder), program) if os.path.isabs(folder) else None  # noqa: PTH117
        if found:
            yield found


def program_in(folder: Path, program: str) -> Path | None:
    """Return the file that runs as ``program`` in ``folder``, or None."""
    for ending in ENDINGS:
        path = folder / f"{program}{ending}"
        if path.is_file() and os.access(path, os.X_OK):
            return path
    return None


def install_word(text: str) -> str:
    """Return ``text`` as a shell takes it for one word."""
    return (
        text if text.replace(".", "").replace("/", "").replace("-", "").isalnum() else f"'{text}'"
    )
