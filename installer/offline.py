"""Bundles: versions in one file, for machines without a network, and the way back from there.

The file is an uncompressed tar of a folder in the layout of nodejs.org/dist: the archives as they were
published, the lists of checksums with their signatures, an index of just what is there, and first of
all a lock of it. Unpacked it is a mirror for any version manager. The unofficial builds, whose lists
have the same names and nobody's signature, are a second such folder in it; packages of FreeBSD and
IBM i lie in a folder named
after their target, with as much of their repository as it takes to check them again.

Decisions:

* The same versions make the same bytes: sorted, every time the newest release's day, no owner.
* It is written beside its place and renamed, so there is never half of one. What has been downloaded
  stays in the cache, where the next run finds it.
* Nothing of it is believed when it is read: an archive counts by the signature in it.
"""

from __future__ import annotations

import errno
import io
import os
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path

from rtinstall.installer import lock_file
from rtinstall.installer.catalogue import Catalogue
from rtinstall.installer.lock_file import Lock, Locked, LockedArchive, LockedPackage
from rtinstall.installer.locking import (
    Repository,
    archives_of,
    catalogue_for,
    chosen,
    distributed,
    listing,
    packages_of,
)
from rtinstall.installer.progress import Board
from rtinstall.installer.resolution import meaning
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.download import SILENT, Progress
from rtinstall.runtime_bundle.errors import (
    NoSpace,
    NotExpressible,
    NotPublished,
    NotReadable,
    UnknownVersion,
)
from rtinstall.runtime_bundle.model import CHUNK
from rtinstall.runtime_bundle.releases import Release, write_index_json, write_index_tab
from rtinstall.runtime_bundle.sources import in_background
from rtinstall.runtime_bundle.sources.dist import Dist
from rtinstall.runtime_bundle.sources.packed import FIRST, UNOFFICIAL, is_packed, open_packed
from rtinstall.runtime_bundle.targets import TARGETS, Target
from rtinstall.runtime_bundle.verify import Checker, Digest
from rtinstall.runtime_bundle.versions import Version, VersionSpec


@dataclass(frozen=True, slots=True)
class Item:
    """One version for one target, of a distribution, or as packages of a ``repository``."""

    asked: str
    release: Release
    target: Target
    source: Dist | None = None
    repository: Repository | None = None

    @property
    def folder(self) -> str:
        """Return where in the bundle its distribution begins, with a slash if not at the top."""
        return f"{UNOFFICIAL}/" if self.source and self.source.name == UNOFFICIAL else ""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the bundle: small and here, or on disk with the digest it has to have."""

    name: str
    data: bytes | Path
    digest: Digest | None = None


def chosen_items(session: Session, texts: Sequence[str], targets: Sequence[Target]) -> list[Item]:
    """Return what the bundle is to hold; nothing is fetched yet but indexes.

    Raises :class:`UnknownVersion`, :class:`NotPublished`, :class:`PolicyRefused`.
    """
    items: dict[tuple[Version, str], Item] = {}
    for text in texts:
        spec = meaning(text, session.aliases)
        if spec is None:
            raise UnknownVersion("'system' is no release", hint="name a version to pack")
        catalogue = catalogue_for(spec, session)
        listed = [target for target in targets if distributed(target, catalogue)]
        version = chosen(spec, listed, catalogue, session).version if listed else None
        for target in targets:
            if target in listed and version is not None:
                source = listing(version, target, catalogue)
                if source is None:
                    raise NotPublished(f"node {version} is not published for {target}")
                release = next(r for r in source.releases(target) if r.version == version)
                item = Item(text, release, target, source)
            else:
                item = _of_repository(session, text, spec, target, catalogue)
            items.setdefault((item.release.version, target.name), item)
    return list(items.values())


def _of_repository(
    session: Session, text: str, spec: VersionSpec, target: Target, catalogue: Catalogue
) -> Item:
    release = chosen(spec, (target,), catalogue, session)
    for place, releases in catalogue.asked(target):
        if isinstance(place.source, Repository) and release in releases:
            return Item(text, release, target, repository=place.source)
    raise NotPublished(
        f"node {release.version} for {target} is no archive in any source that was asked",
        hint="name a repository of packages, or a server in the layout of nodejs.org/dist",
    )


def members_of(
    session: Session, items: Sequence[Item], board: Board, *, every: bool
) -> list[Member]:
    """Fetch and verify everything, and return the members of the bundle in their order.

    ``every`` takes all archives of a target, and not only the smallest.
    """
    turn = threading.Semaphore(max(1, session.settings.downloads.value))
    fetching = [
        in_background(turn, partial(_fetched, session, item, board, every=every)) for item in items
    ]
    archives = [member for future in fetching for member in future.result()]
    papers: dict[str, bytes] = {}
    rows: dict[str, dict[Version, Release]] = {}
    for item in items:
        if item.source is None:
            continue
        version = item.release.version
        for name, data in item.source.checksums(version).papers.items():
            path = f"{item.folder}{version.tag}/{name}"
            if papers.setdefault(path, data) != data:
                raise NotExpressible(
                    f"two sources have different lists of checksums of node {version}",
                    hint="take everything from one of them: --mirror ADDRESS",
                )
        known = rows.setdefault(item.folder, {}).get(version)
        files = {item.target.index, *(known.files if known else ())}
        rows[item.folder][version] = replace(item.release, files=frozenset(files))
    for folder, releases in rows.items():
        papers[f"{folder}index.json"] = write_index_json(releases.values())
        papers[f"{folder}index.tab"] = write_index_tab(releases.values())
    head = Member(FIRST, lock_file.written(lock_of(items)))
    return [
        head,
        *(Member(name, papers[name]) for name in sorted(papers)),
        *sorted({each.name: each for each in archives}.values(), key=lambda each: each.name),
    ]


def lock_of(items: Sequence[Item]) -> Lock:
    """Return the lock of what the bundle holds; what a release is, a distribution knows better."""
    found: dict[Version, Locked] = {}
    for item in sorted(items, key=lambda item: item.source is None):
        release = item.release
        known = found.get(release.version) or Locked(
            (), release.version, release.date, release.lts, release.npm, ()
        )
        archives: tuple[LockedArchive, ...] = ()
        packages: tuple[LockedPackage, ...] = ()
        if item.source is not None:
            archives = tuple(archives_of(item.source, release.version, item.target))
        elif item.repository is not None:
            packages = packages_of(item.repository, release, item.target)
        found[release.version] = replace(
            known,
            asked=tuple(sorted({item.asked, *known.asked})),
            archives=(*known.archives, *archives),
            packages=(*known.packages, *packages),
        )
    return Lock(tuple(found.values()))


def _fetched(session: Session, item: Item, board: Board, *, every: bool) -> list[Member]:
    version, target = item.release.version, item.target
    step = board.step(f"node {version} for {target}")
    try:
        if item.repository is not None:
            files = item.repository.excerpt(item.release, target, step)
            return [Member(f"{target.name}/{name}", data) for name, data in files.items()]
        if item.source is None:
            return []
        names = list(item.source.archives(version, target).items())
        if not names:
            raise NotPublished(f"node {version} is not published for {target}")
        return [
            Member(
                f"{item.folder}{version.tag}/{name}",
                item.source.fetch_archive(version, name, step),
                Digest.sha256(digest),
            )
            for name, digest in (names if every else names[:1])
        ]
    finally:
        step.done()


def write(path: Path, members: Sequence[Member], day: date, progress: Progress) -> int:
    """Write the bundle to ``path``, whole or not at all; return its bytes.

    Each archive is hashed again as it is copied: :class:`VerificationFailed` if it has changed.
    Raises :class:`NoSpace`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, staged = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  # a descriptor is no path
            progress.start(sum(_size(member) for member in members))
            _write_tar(file, members, day, progress.advance)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        Path(staged).chmod(0o644)
        Path(staged).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            Path(staged).unlink(missing_ok=True)
    return size


def _write_tar(
    file: io.BufferedWriter, members: Sequence[Member], day: date, copied: Callable[[int], None]
) -> None:
    seconds = int(datetime.combine(day, time(), UTC).timestamp())
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for member in members:
            head = tarfile.TarInfo(member.name)
            head.size, head.mtime, head.mode = _size(member), seconds, 0o644
            with _opened(member) as data:
                tar.addfile(head, _Passed(data, member, copied))  # type: ignore[arg-type]


class _Passed:
    """The bytes of a member on their way, hashed to their end."""

    def __init__(self, data: io.BufferedIOBase, member: Member, copied: Callable[[int], None]):
        self._data = data
        self._left = _size(member)
        self._name = member.name
        self._checker = Checker(member.digest) if member.digest else None
        self._copied = copied

    def read(self, size: int) -> bytes:
        data = self._data.read(min(size, CHUNK))
        self._copied(len(data))
        self._left -= len(data)
        if self._checker:
            self._checker.update(data)
            if not self._left:
                self._checker.finish(self._name)
        return data


@contextmanager
def _opened(member: Member) -> Iterator[io.BufferedIOBase]:
    if isinstance(member.data, bytes):
        yield io.BytesIO(member.data)
        return
    with member.data.open("rb") as file:
        yield file


def _size(member: Member) -> int:
    if isinstance(member.data, bytes):
        return len(member.data)
    return member.data.stat().st_size


def _unwritable(path: Path, error: OSError) -> NoSpace:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return NoSpace(
        f"{path} cannot be written: {error.strerror}",
        hint="free some room, or name another place with -o; what was fetched is kept"
        if full
        else "name another place with -o; what was fetched is kept",
    )


@contextmanager
def using(session: Session, text: str) -> Iterator[Session]:
    """Give a session that takes everything from the bundle ``text``, or a folder, and no network."""
    path = session.folder / Path(text).expanduser()
    if not is_packed(path) and not any((path / name).is_file() for name in (FIRST, "index.json")):
        raise NotReadable(
            f"{path} is no bundle",
            hint="name a file that rtinstall bundle has written, or the folder it was unpacked into",
        )
    with ExitStack() as stack:
        sources = tuple(_sources(path, session, stack))
        if not sources:
            raise NotReadable(f"{path} holds no Node.js", hint="make it again: rtinstall bundle")
        flags: Mapping[str, tuple[str, object]] = {
            **session.flags,
            "sources": ("--from", sources),
            "mirrors": ("--from", ()),
            "offline": ("--from", True),
        }
        yield replace(session, flags=flags)


def _sources(path: Path, session: Session, stack: ExitStack) -> Iterator[str]:
    """Yield the word for each distribution and repository in a bundle.

    A repository is read from a folder, so one in a tar is unpacked for as long as ``stack`` is open.
    """
    packed = None if path.is_dir() else open_packed(path)
    for folder in ("", UNOFFICIAL):
        name = f"{folder}/index.json".lstrip("/")
        if name in packed.files if packed else (path / name).is_file():
            yield str(path / folder)
    for target in TARGETS:
        if not target.os_releases:
            continue
        place = path / target.name
        if packed and (inside := packed.below(target.name)).files:
            session.cache.root.mkdir(parents=True, exist_ok=True)
            made = tempfile.TemporaryDirectory(prefix="bundle-", dir=session.cache.root)
            place = Path(stack.enter_context(made))
            for name in inside.files:
                inside.copy(name, place / name, SILENT)
        if place.is_dir():
            yield f"{target.os}+{place.resolve().as_uri()}"
