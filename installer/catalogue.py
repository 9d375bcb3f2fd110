"""What can be installed, and from where: the sources that the settings and the policy leave.

Decisions:

* A target's sources are asked in its own order, and the next one only where the one before has
  nothing of what is wanted or does not answer: that is said in one line. Mirrors stand in the place
  of nodejs.org, and then package indexes are not asked: a company that names a mirror means it.
* A source whose file or signature is wrong ends the run. Going on to the next would hide an attack.
* An index is only a hint. The newest version of each line that a place has shown is remembered, and
  one that shows less than before is spoken of: somebody may be holding back a security release.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rtinstall.installer.policy import Policy
from rtinstall.installer.settings import Settings
from rtinstall.runtime_bundle.addresses import bare
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    MissingTool,
    NotPublished,
    NotReadable,
    RtError,
    UnknownVersion,
    Unreachable,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Part, RuntimeSource, Say
from rtinstall.runtime_bundle.sources.checksums import Vouched
from rtinstall.runtime_bundle.sources.named import Ways, source_named, trusted_key
from rtinstall.runtime_bundle.targets import FREEBSD, Target
from rtinstall.runtime_bundle.versions import Channel, Version

# Faults of a place, after which another may be asked; a wrong signature is none of them.
PASSED_OVER = (Unreachable, DownloadFailed, MissingTool, NotReadable)
OFFICIAL = ("dist", "pip", "npm")


@dataclass(frozen=True, slots=True)
class Place:
    """A source as it was named, and the source itself."""

    name: str
    source: RuntimeSource

    @property
    def shown(self) -> str:
        """Return the name for people, without what may be secret."""
        return bare(self.name) if "://" in self.name else self.name


@dataclass(frozen=True, slots=True)
class Found:
    """A release, the place that has it, and everything that place has for the target."""

    place: Place
    release: Release
    target: Target
    releases: tuple[Release, ...]


Choose = Callable[[tuple[Release, ...]], Release | None]


class Catalogue:
    """The sources of one run; what was asked once is remembered."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        cache: Cache,
        network: Network,
        say: Say,
        *,
        seen: Path | None = None,
        os_release: str = "",
        channel: Channel = "release",
        vouched: Vouched | None = None,
    ) -> None:
        """Use the sources of ``settings`` that ``policy`` allows.

        ``seen`` is the file in which the newest versions are remembered, ``os_release`` the FreeBSD to
        ask for, ``vouched`` what a lock says of archives. ``say`` hears what a person should know.
        """
        self._settings = settings
        self._policy = policy
        self._say = say
        self._seen = seen
        trusted = tuple(map(trusted_key, settings.trust.value))
        ways = Ways(
            cache,
            network,
            say,
            channel=channel,
            vouched=vouched,
            allow_unsigned=settings.allow_unsigned.value and not policy.signatures,
            release=os_release if os_release in FREEBSD else FREEBSD[0],
        )
        self._ways = replace(ways, trusted=trusted) if trusted else ways
        self._opening = threading.Lock()
        self._places: dict[str, Place] = {}
        self._said: set[str] = set()
        self._answers: dict[tuple[str, Target], tuple[Release, ...] | RtError] = {}

    def names(self, target: Target) -> tuple[str, ...]:
        """Return the words for the sources that are asked about ``target``, in order."""
        if chosen := self._settings.sources.value:
            return chosen
        mirrors = self._settings.mirrors.value
        own = tuple(name for name in target.sources if name != "local")
        if not mirrors or "dist" not in own:
            return own
        return (*mirrors, *(name for name in own if name not in OFFICIAL))

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return what the first source that answers and has anything for ``target`` has, newest first."""
        for _, releases in self.asked(target):
            return releases
        return ()

    def places(self, target: Target) -> Iterator[Place]:
        """Yield what would be asked about ``target``, in order; nothing is asked."""
        return map(self._open, self._allowed(target))

    def find(self, choose: Choose, target: Target) -> Found | None:
        """Return the first release that ``choose`` takes from what a source has for ``target``."""
        for place, releases in self.asked(target):
            release = choose(releases)
            if release is not None:
                return Found(place, release, target, releases)
        return None

    def asked(self, target: Target) -> Iterator[tuple[Place, tuple[Release, ...]]]:
        """Yield each place that has anything for ``target``, and what; the next is asked on demand.

        Raises the first place's error if one could not be asked and none has anything.
        """
        failure: RtError | None = None
        silent: RtError | None = None
        yielded = False
        for place in self.places(target):
            try:
                releases = self._ask(place, target)
            except PASSED_OVER as error:
                failure = failure or error
                silent = error
                continue
            except NotPublished as error:  # a mirror without an index
                failure = failure or error
                continue
            if releases:
                yielded = True
                if silent is not None:
                    self._say_once(f"{silent}; asking {place.shown} instead")
                    silent = None
                yield place, releases
        if failure is not None and not yielded:
            raise failure

    def fetch(self, found: Found, progress: Progress) -> tuple[Part, ...]:
        """Return the verified runtime of ``found``, from the next place where one does not deliver.

        Raises :class:`VerificationFailed` at once: a wrong file is no reason to ask somebody else.
        """
        release, target = found.release, found.target
        first: RtError | None = None
        for place in self._from(found.place, target):
            try:
                if place is not found.place and not self._has(place, release.version, target):
                    continue
                if first is not None:
                    self._say_once(f"{first}; fetching it from {place.shown} instead")
                offer = place.source.offer(release, target)
                parts = place.source.fetch(offer, progress)
            except (*PASSED_OVER, NotPublished) as error:
                first = first or error
                continue
            self._policy.check_parts(part.provenance for part in parts)
            return parts
        raise first or NotPublished(f"node {release.version} is not published for {target}")

    def npm(self, version: str, progress: Progress) -> Part:
        """Return the verified npm of ``version``, for a runtime that is to have another than its own."""
        from rtinstall.runtime_bundle.sources.npm import Npm

        self._policy.check_source("npm")
        return Npm(self._ways.cache, self._ways.network).fetch_npm(version, progress)

    def _allowed(self, target: Target) -> Iterator[str]:
        """Yield the names of the sources that the policy allows; if it allows none, that is its error."""
        refused: RtError | None = None
        allowed = False
        for name in self.names(target):
            try:
                self._policy.check_source(name)
            except RtError as error:
                refused = refused or error
                continue
            allowed = True
            yield name
        if refused is not None and not allowed:
            raise refused

    def _from(self, first: Place, target: Target) -> Iterator[Place]:
        """Yield ``first`` and the places after it; each is opened on demand."""
        begun = False
        for name in self._allowed(target):
            begun = begun or name == first.name
            if begun:
                yield self._open(name)

    def _open(self, name: str) -> Place:
        with self._opening:
            if name not in self._places:
                ways = self._ways
                if name in self._settings.mirrors.value[:-1]:  # another is there to be asked
                    ways = replace(ways, network=replace(ways.network, retries=1))
                self._places[name] = Place(name, source_named(name, ways))
            return self._places[name]

    def _say_once(self, line: str) -> None:
        """Say ``line`` unless it was said before: places are gone through anew for each question."""
        with self._opening:
            known = line in self._said
            self._said.add(line)
        if not known:
            self._say(line)

    def _ask(self, place: Place, target: Target) -> tuple[Release, ...]:
        key = (place.name, target)
        with self._opening:
            answer = self._answers.get(key)
        if answer is None:
            try:
                answer = place.source.releases(target)
                self._remember(place, target, answer)
            except RtError as error:
                answer = error
            with self._opening:
                self._answers[key] = answer
        if isinstance(answer, RtError):
            raise answer
        return answer

    def _has(self, place: Place, version: Version, target: Target) -> bool:
        return any(release.version == version for release in self._ask(place, target))

    def _remember(self, place: Place, target: Target, releases: tuple[Release, ...]) -> None:
        """Write down the newest of each line, and speak of lines that have gone backwards."""
        if self._seen is None or not releases:
            return
        key = f"{place.shown} {target.name}"
        book = read_seen(self._seen)
        before = book.get(key, {})
        now = newest(releases)
        for line, version in before.items():
            if line not in now or now[line] < version:
                there = f"only {now[line]}" if line in now else "nothing of that line"
                self._say(
                    f"{place.shown} has shown node {version} before, and now has {there}:"
                    " it may be out of date, or hold something back"
                )
        merged = {
            **now,
            **{line: v for line, v in before.items() if line not in now or now[line] < v},
        }
        if merged != before:
            write_seen(self._seen, {**book, key: merged})


def newest(releases: tuple[Release, ...]) -> dict[int, Version]:
    """Return the newest version of each line, prereleases left out."""
    found: dict[int, Version] = {}
    for release in releases:
        version = release.version
        if not version.prerelease and version > found.get(version.major, Version(0, 0, 0)):
            found[version.major] = version
    return found


Book = Mapping[str, Mapping[int, Version]]


def read_seen(path: Path) -> Book:
    """Return the newest versions that each place has shown; a damaged file is as none."""
    try:
        table = json.loads(path.read_bytes())
        return {
            str(place): {int(line): Version.parse(text) for line, text in lines.items()}
            for place, lines in table.items()
        }
    except (OSError, ValueError, AttributeError, TypeError, UnknownVersion):
        return {}


def write_seen(path: Path, book: Book) -> None:
    """Write the newest versions down; where that cannot be done they are only not known next time."""
    table = {
        place: {str(line): str(version) for line, version in lines.items()}
        for place, lines in book.items()
    }
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, staged = tempfile.mkstemp(dir=path.parent, prefix=".seen-")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(table, file, indent=1, sort_keys=True)
        Path(staged).replace(path)
