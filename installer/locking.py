"""Locking: expressions become exact versions, and the digests of all their archives.

Nothing here depends on the machine it is done on. Without targets named, the version is the newest
that the project's own server has, and its targets are all that it or the unofficial builds have it
for; with targets named, it is the newest that there is for each of them. No archive is fetched: one
signed list of a release has all the digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from rtinstall.installer import advice
from rtinstall.installer.catalogue import PASSED_OVER, Catalogue
from rtinstall.installer.lock_file import Lock, Locked, LockedArchive
from rtinstall.installer.resolution import meaning
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import (
    NotPublished,
    PolicyRefused,
    UnknownVersion,
    VerificationFailed,
)
from rtinstall.runtime_bundle.releases import Release, resolve, select
from rtinstall.runtime_bundle.sources.dist import Dist
from rtinstall.runtime_bundle.targets import BY_NAME, TARGETS, Target
from rtinstall.runtime_bundle.versions import Version, VersionSpec

LISTED = ("dist", "unofficial")  # the sources that have a list of checksums for each release
EVERYWHERE = BY_NAME["linux-x64"]  # what there is of every release
Doing = Callable[[str], None]


def targets_of(names: Sequence[str]) -> tuple[Target, ...]:
    """Return the targets that were named, or all that there can be a list of checksums for."""
    if names:
        return tuple(BY_NAME[name] for name in dict.fromkeys(names))
    return tuple(t for t in TARGETS if t.index and any(name in t.sources for name in LISTED))


def locked(
    session: Session,
    texts: Sequence[str],
    names: Sequence[str],
    before: Lock,
    *,
    again: Callable[[Locked], bool],
    doing: Doing,
) -> Lock:
    """Return the lock for ``texts``; what stands in ``before`` stays, but for what is looked up ``again``.

    ``names`` are those of the targets, none for all. Raises :class:`UnknownVersion`,
    :class:`NotPublished`, :class:`PolicyRefused`, and :class:`VerificationFailed` for a digest that is
    another one now.
    """
    found: dict[Version, Locked] = {}
    for text in dict.fromkeys(texts):
        kept = before.covering(text)
        if kept is not None and not again(kept) and not missing(kept, names):
            each = kept
        else:
            doing(text)
            stays = kept is not None and not again(kept)
            each = _look(session, text, names, kept if stays else None)
        known = found.get(each.version)
        asked = {text, *(known.asked if known else ())}
        found[each.version] = replace(each, asked=tuple(sorted(asked)))
    lock = Lock(tuple(sorted(found.values(), key=lambda each: each.version.key, reverse=True)))
    for one in lock.versions:
        _hold(before.version(one.version), one)
    return lock


def catalogue_for(spec: VersionSpec, session: Session) -> Catalogue:
    """Return what there is of the channel of ``spec``, from sources with lists of checksums.

    What the user set counts; without, package indexes are not asked.
    """
    settings = session.settings
    if not settings.sources.given and not settings.mirrors.given:
        session = replace(session, flags={**session.flags, "sources": ("default", LISTED)})
    return session.catalogue_of(spec.version.channel if spec.version else "release")


def missing(locked: Locked, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of the targets called ``names`` are not locked."""
    return tuple(name for name in names if name not in locked.targets)


def _look(session: Session, text: str, names: Sequence[str], kept: Locked | None) -> Locked:
    """Look a version up, or more targets of the one that is ``kept``."""
    spec = VersionSpec.parse(str(kept.version)) if kept else meaning(text, session.aliases)
    if spec is None:
        raise UnknownVersion(
            "'system' is another node on every machine", hint="name a version to lock"
        )
    catalogue = catalogue_for(spec, session)
    targets = targets_of(names)
    for target in targets if names else ():
        if not catalogue.releases(target):
            raise _unlisted(spec.text, target)
    release = chosen(spec, targets if names else (EVERYWHERE,), catalogue, session)
    archives: list[LockedArchive] = []
    for target in targets:
        try:
            found = tuple(_archives(release.version, target, catalogue))
        except PASSED_OVER as error:
            if names:
                raise
            session.say(f"{error}; {target} is left out of the lock")
            continue
        if names and not found:
            raise _unlisted(str(release.version), target)
        archives += found
    if not archives:
        raise _unlisted(str(release.version), targets[0])
    if kept:
        archives += [each for each in kept.archives if each.target not in names]
    return Locked(
        (), release.version, release.date, release.lts, release.npm,
        tuple(sorted(archives, key=lambda each: (each.target, each.name))),
    )  # fmt: skip


def chosen(
    spec: VersionSpec, targets: Sequence[Target], catalogue: Catalogue, session: Session
) -> Release:
    """Return the newest release that ``spec`` asks for, that is there for each of ``targets``.

    It is one that the policy allows and that is old enough.
    """
    rules = session.rules
    known = {target: catalogue.releases(target) for target in targets}
    for target, releases in known.items():
        if not releases:
            raise NotPublished(
                f"no source has a Node.js for {target}",
                hint="rtinstall targets shows which source has which",
            )
    first, *others = known.values()
    common = [{release.version for release in releases} for releases in others]
    against = ""
    for release in select(spec, first):
        if not rules.policy.allows(release.version):
            why = f"the policy {rules.policy.file} does not allow node {release.version}"
        else:
            why = advice.too_young(release, rules.today, rules.minimum_age)
        against = against or why
        if not why and all(release.version in versions for versions in common):
            return release
    if against:
        raise PolicyRefused(against, hint="take an older one, or ask who set this")
    if common and select(spec, first):
        names = ", ".join(target.name for target in targets)
        raise NotPublished(f"no release that {spec.text} means is published for all of {names}")
    return resolve(spec, first)


def distributed(target: Target, catalogue: Catalogue) -> bool:
    """Say whether a source with lists of checksums has anything for ``target``."""
    try:
        return any(isinstance(place.source, Dist) for place, _ in catalogue.asked(target))
    except NotPublished:  # a mirror without an index
        return False


def listing(version: Version, target: Target, catalogue: Catalogue) -> Dist | None:
    """Return the first source with a list of checksums that has ``version`` for ``target``."""
    for place, releases in catalogue.asked(target):
        if isinstance(place.source, Dist) and any(each.version == version for each in releases):
            return place.source
    return None


def _archives(version: Version, target: Target, catalogue: Catalogue) -> Iterator[LockedArchive]:
    source = listing(version, target, catalogue)
    if source is None:
        return
    signer = source.checksums(version).signer
    for name, digest in source.archives(version, target).items():
        yield LockedArchive(target.name, name, digest, signer)


def _hold(before: Locked | None, now: Locked) -> None:
    """Raise :class:`VerificationFailed` if an archive is not what was locked before."""
    known = {each.name: each.sha256 for each in before.archives} if before else {}
    for each in now.archives:
        if known.get(each.name, each.sha256) != each.sha256:
            raise VerificationFailed(
                f"{each.name} was locked with SHA-256 {known[each.name]}, and now is {each.sha256}",
                hint="a published archive never changes: find out who changed which of them",
            )


def _unlisted(version: str, target: Target) -> NotPublished:
    if not any(name in target.sources for name in LISTED):
        return NotPublished(
            f"{target} cannot be locked: its packages are in a repository that keeps the newest only",
            hint="name targets that nodejs.org or the unofficial builds have",
        )
    return NotPublished(
        f"no source has a list of checksums of node {version} for {target}",
        hint="--target names other targets, --mirror another server in the layout of nodejs.org/dist",
    )


def up_to_date(lock: Lock, texts: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """Yield what the lock lacks of what is asked for; nothing where it is up to date."""
    for text in texts:
        found = lock.covering(text)
        if found is None:
            yield f"there is no version for {text!r}"
        else:
            for name in missing(found, names):
                yield f"node {found.version} is not locked for {name}"
