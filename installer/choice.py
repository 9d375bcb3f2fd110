"""Which release an expression means on this machine, and what is to be said of it.

Everything that can stand against a release is looked at before a byte of it is fetched: the policy,
its age, the C library. What is left of a range is what may be installed; that nothing is left is an
error which says why, and what would do instead.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from rtinstall.installer import advice
from rtinstall.installer.advice import Advice
from rtinstall.installer.catalogue import PASSED_OVER, Catalogue, Found
from rtinstall.installer.machine import Machine
from rtinstall.installer.policy import Policy
from rtinstall.installer.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished, PolicyRefused, RtError, UnknownVersion
from rtinstall.runtime_bundle.releases import Release, resolve, select
from rtinstall.runtime_bundle.targets import BY_NAME, Target
from rtinstall.runtime_bundle.versions import VersionSpec


@dataclass(frozen=True, slots=True)
class Choice:
    """What would be installed, and what is to be said before."""

    found: Found
    advice: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides besides the expression."""

    settings: Settings
    policy: Policy
    machine: Machine
    today: date

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return the targets to look at, the best first; raises :class:`NotPublished`."""
        if name := self.settings.target.value:
            return (BY_NAME[name],)
        if arch := self.settings.arch.value:
            return (self._of_arch(arch),)
        return self.machine.targets

    @property
    def minimum_age(self) -> int:
        """Return how many days a release has to be out."""
        return max(self.settings.minimum_age.value, self.policy.minimum_age)

    def obstacle(self, release: Release, target: Target) -> str:
        """Return why ``release`` cannot run here, if it is meant to."""
        if self.settings.target.value or self.settings.arch.value:
            return ""
        return self.machine.obstacle(release.version, target)

    def _of_arch(self, arch: str) -> Target:
        """Return the target of this system with another architecture."""
        own = f"{self.machine.os}-{arch}"
        musl = f"{own}-musl" if self.machine.libc == "musl" else own
        found = BY_NAME.get(musl) or BY_NAME.get(own)
        if found is None:
            raise NotPublished(f"there is no Node.js for {self.machine.os} on {arch}")
        return found


def choose(spec: VersionSpec, catalogue: Catalogue, rules: Rules) -> Choice:
    """Return the newest release that ``spec`` asks for and nothing stands against.

    Raises :class:`UnknownVersion`, :class:`NotPublished` or :class:`PolicyRefused`, and what the
    sources raise.
    """
    kept_back: list[tuple[Release, str, bool]] = []  # whether it is a rule that stands against it
    for target in rules.targets:
        try:
            found = catalogue.find(_picker(spec, target, rules, kept_back), target)
        except PASSED_OVER:
            if not kept_back:
                raise
            continue  # what stands against the better target is what is to be said
        if found is not None:
            newer = [
                Advice("libc", f"node {release.version} would be newer, but {why}")
                for release, why, ruled in kept_back[:1]
                if not ruled and release.version > found.release.version
            ]
            return Choice(found, (*newer, *_advice(found, rules)))
    if kept_back:
        release, why, ruled = kept_back[0]
        if ruled:
            raise PolicyRefused(why, hint="take an older one, or ask who set this")
        raise NotPublished(f"node {release.version} {why}", hint=_instead(catalogue, rules))
    raise _unknown(spec, catalogue, rules)


def _picker(
    spec: VersionSpec, target: Target, rules: Rules, kept_back: list[tuple[Release, str, bool]]
) -> Callable[[tuple[Release, ...]], Release | None]:
    def pick(releases: tuple[Release, ...]) -> Release | None:
        for release in select(spec, releases):
            if not rules.policy.allows(release.version):
                why = f"the policy {rules.policy.file} does not allow node {release.version}"
                kept_back.append((release, why, True))
            elif why := advice.too_young(release, rules.today, rules.minimum_age):
                kept_back.append((release, why, True))
            elif why := rules.obstacle(release, target):
                kept_back.append((release, why, False))
            else:
                return release
        return None

    return pick


def _advice(found: Found, rules: Rules) -> tuple[Advice, ...]:
    version, target = found.release.version, found.target
    said = [
        advice.eol(version, rules.today),
        advice.security(version, found.releases),
        advice.emulated(version, target, rules.machine.emulator(target)),
    ]
    return tuple(each for each in said if each)


def _instead(catalogue: Catalogue, rules: Rules) -> str:
    """Name the newest release that runs here."""
    running = []
    for target in rules.targets:
        with suppress(*PASSED_OVER):
            running += [
                (release.version, target)
                for release in catalogue.releases(target)
                if not release.version.prerelease
                and rules.policy.allows(release.version)
                and not rules.obstacle(release, target)
            ]
    if not running:
        return "no release that is known runs on this machine"
    version, target = max(running, key=lambda each: each[0])
    return f"the newest that runs here is {version}, for {target}"


def _unknown(spec: VersionSpec, catalogue: Catalogue, rules: Rules) -> RtError:
    known = [(target, catalogue.releases(target)) for target in rules.targets]
    having = next((releases for _, releases in known if releases), ())
    if not having:
        names = ", ".join(target.name for target, _ in known)
        return NotPublished(
            f"no source has a Node.js for {names}",
            hint="rtinstall targets shows which source has which",
        )
    try:
        resolve(spec, having)
    except UnknownVersion as error:
        return error
    return NotPublished(f"no source has {spec.text}")  # pragma: no cover
