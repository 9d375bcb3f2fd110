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
from rtinstall.installer.lock_file import Lock, Locked, LockedArchive, archive_names
from rtinstall.installer.resolution import meaning
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import (
    NotPublished,
    PolicyRefused,
    RtError,
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
    channel = spec.version.channel if spec.version else "release"
    catalogue = session.catalogue if channel == "release" else session.catalogue_of(channel)
    targets = targets_of(names)
    release = chosen(spec, targets if names else (EVERYWHERE,), catalogue, session)
    archives: list[LockedArchive] = []
    for target in targets:
        try:
            source = listing(release.version, target, catalogue)
        except PASSED_OVER as error:
            if names:
                raise
            session.say(f"{error}; {target} is left out of the lock")
            continue
        if source is not None:
            archives += _archives(source, release.version, target)
        elif names:
            raise _unlisted(release.version, target)
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
    first, *others = (catalogue.releases(target) for target in targets)
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


def listing(version: Version, target: Target, catalogue: Catalogue) -> Dist | None:
    """Return the first source with a list of checksums that has ``version`` for ``target``."""
    failure: RtError | None = None
    try:
        for place, releases in catalogue.asked(target):
            if isinstance(place.source, Dist) and any(r.version == version for r in releases):
                return place.source
    except PASSED_OVER as error:
        failure = error
    except NotPublished:
        return None
    if failure:
        raise failure
    return None


def _archives(source: Dist, version: Version, target: Target) -> Iterator[LockedArchive]:
    signer = source.checksums(version).signer
    names = archive_names(version, target.name)
    for name, digest in source.archives(version, target).items():
        if name in names:
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


def _unlisted(version: Version, target: Target) -> NotPublished:
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
