"""Locking: expressions become exact versions, and the digests of all their archives.

Nothing here depends on the machine it is done on. Without targets named, the version is the newest
that the project's own server has, and its targets are all that it, the unofficial builds or the
repositories of FreeBSD and IBM i have it for; with targets named, it is the newest that there is for
each of them. No archive is fetched: one signed list of a release has all the digests, and the
catalogue of a repository those of what it holds right now.

A repository lists one version of a name, for each release of FreeBSD, and packs one anew when a library
changes. So a version that is not in it any more is said and left out, and a package with another digest
than before is said and taken; an archive with another digest is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from rtinstall.installer import advice
from rtinstall.installer.catalogue import PASSED_OVER, Catalogue
from rtinstall.installer.lock_file import (
    Lock,
    Locked,
    LockedArchive,
    LockedPackage,
    is_package,
)
from rtinstall.installer.resolution import meaning
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import (
    BrokenDependencies,
    NotPublished,
    PolicyRefused,
    RtError,
    UnknownVersion,
    Unreachable,
    UnsafeArchive,
    VerificationFailed,
)
from rtinstall.runtime_bundle.releases import Release, resolve, select
from rtinstall.runtime_bundle.sources.dist import Dist
from rtinstall.runtime_bundle.sources.freebsd import FreeBsd
from rtinstall.runtime_bundle.sources.ibmi import IbmI
from rtinstall.runtime_bundle.targets import BY_NAME, FREEBSD, TARGETS, Target
from rtinstall.runtime_bundle.versions import Version, VersionSpec

# The sources that have a list of checksums for each release, or a catalogue of packages.
LISTED = ("dist", "unofficial", "freebsd", "ibmi")
EVERYWHERE = BY_NAME["linux-x64"]  # what there is of every release
Doing = Callable[[str], None]
Repository = FreeBsd | IbmI
# What leaves a target out of the lock, unless it was named; a wrong signature is none of them.
LEFT_OUT = (*PASSED_OVER, NotPublished, BrokenDependencies, PolicyRefused)


def targets_of(names: Sequence[str]) -> tuple[Target, ...]:
    """Return the targets that were named, or all that there can be; those with archives come first."""
    found = [BY_NAME[name] for name in dict.fromkeys(names)] or [t for t in TARGETS if t.index]
    return tuple(sorted(found, key=lambda target: bool(target.os_releases)))


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
        _hold(before.version(one.version), one, session)
    return lock


def catalogue_for(spec: VersionSpec, session: Session, system: str = "") -> Catalogue:
    """Return what there is of the channel of ``spec``, from sources with lists of checksums.

    What the user set counts; without, package indexes are not asked. ``system`` is the FreeBSD to ask
    for, this machine's if empty.
    """
    settings = session.settings
    if not settings.sources.given and not settings.mirrors.given:
        session = replace(session, flags={**session.flags, "sources": ("default", LISTED)})
    return session.catalogue_of(spec.version.channel if spec.version else "release", system)


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
    catalogue = catalogue_for(spec, session, FREEBSD[0])
    targets = targets_of(names)
    for target in targets if names else ():
        if not catalogue.releases(target):
            raise _unlisted(spec.text, target)
    release = chosen(spec, targets if names else (EVERYWHERE,), catalogue, session)
    archives: list[LockedArchive] = []
    packages: list[LockedPackage] = []
    silent: dict[str, Unreachable] = {}  # by system; its other targets are not asked in vain
    for target in targets:
        try:
            if target.os in silent:
                raise silent[target.os]
            found = tuple(_archives(release.version, target, catalogue))
            packed = () if found else _in_repositories(release, target, catalogue, session)
        except LEFT_OUT as error:
            if names:
                raise
            if target.os_releases and isinstance(error, Unreachable):
                silent[target.os] = error
            session.say(f"{error}; {target} is left out of the lock")
            continue
        if names and not found and not packed:
            raise _unlisted(str(release.version), target)
        archives += found
        packages += packed
    if not archives and not packages:
        raise _unlisted(str(release.version), targets[0])
    if kept:
        archives += [each for each in kept.archives if each.target not in names]
        packages += [each for each in kept.packages if each.target not in names]
    same = kept or Locked((), release.version, release.date, release.lts, release.npm, ())
    return replace(same, archives=tuple(archives), packages=tuple(packages))


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
    return iter(()) if source is None else archives_of(source, version, target)


def archives_of(source: Dist, version: Version, target: Target) -> Iterator[LockedArchive]:
    """Yield the archives of ``version`` in a distribution, as a lock has them."""
    signer = source.checksums(version).signer
    for name, digest in source.archives(version, target).items():
        yield LockedArchive(target.name, name, digest, signer)


def _in_repositories(
    release: Release, target: Target, catalogue: Catalogue, session: Session
) -> tuple[LockedPackage, ...]:
    """Return the packages of ``release`` in the first repository that has it for any system's release.

    Where it has not is said, in a line each. Raises the first error if there are none at all.
    """
    failure: RtError | None = None
    for place in catalogue.places(target):
        source = place.source
        if not isinstance(source, Repository) or source.name not in target.sources:
            continue
        found: list[LockedPackage] = []
        lacking: list[RtError] = []
        for each in source.systems():
            try:
                found += packages_of(each, release, target)
            except (*PASSED_OVER, NotPublished, BrokenDependencies) as error:
                lacking.append(error)
                if isinstance(error, Unreachable):
                    break  # it will not answer for the others either
        if found:
            for lack in lacking:
                session.say(f"{lack}; that is left out of the lock")
            return tuple(found)
        failure = failure or next(iter(lacking), None)
    if failure is not None:
        raise failure
    return ()


def packages_of(source: Repository, release: Release, target: Target) -> tuple[LockedPackage, ...]:
    """Return the packages of ``release`` in a repository, as a lock has them.

    Raises :class:`NotPublished`, :class:`BrokenDependencies`, and :class:`UnsafeArchive` for a name
    that no lock may have.
    """
    found = source.packaged(release, target)
    for name in found.files:
        if not is_package(name, target):
            raise UnsafeArchive(f"the catalogue has a package of node that is called {name[:80]!r}")
    return tuple(
        LockedPackage(target.name, found.system, name, digest, found.signer)
        for name, digest in found.files.items()
    )


def _hold(before: Locked | None, now: Locked, session: Session) -> None:
    """Say which packages are not what was locked before; raise :class:`VerificationFailed` for archives."""
    packed = {(p.target, p.release, p.name): p.digest for p in before.packages} if before else {}
    for one in now.packages:
        if packed.get((one.target, one.release, one.name), one.digest) != one.digest:
            session.say(
                f"{one.name} for {one.target} has another digest than was locked: its repository"
                " has packed it anew"
            )
    known = {each.name: each.sha256 for each in before.archives} if before else {}
    for each in now.archives:
        if known.get(each.name, each.sha256) != each.sha256:
            raise VerificationFailed(
                f"{each.name} was locked with SHA-256 {known[each.name]}, and now is {each.sha256}",
                hint="a published archive never changes: find out who changed which of them",
            )


def _unlisted(version: str, target: Target) -> NotPublished:
    return NotPublished(
        f"no source has the digests of node {version} for {target}",
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
