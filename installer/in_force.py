"""A lock while it is in force: what it chooses, and what it holds every archive to.

A lock counts where nobody named a version, or where ``--frozen`` says that nothing else may count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer import lock_file
from rtinstall.installer.lock_file import Lock
from rtinstall.installer.project import requests
from rtinstall.installer.receipt import Receipt
from rtinstall.installer.version_file import LOCK
from rtinstall.runtime_bundle.download import MIB
from rtinstall.runtime_bundle.errors import NotLocked, VerificationFailed
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.sources.checksums import Vouched
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version


@dataclass(frozen=True, slots=True)
class InForce:
    """The lock at ``path``; ``frozen`` if there is to be nothing that is not in it."""

    path: Path
    lock: Lock
    frozen: bool = False

    @property
    def name(self) -> str:
        """Return what it is called where it vouches for something."""
        return f"{LOCK} of {self.path.parent}"

    @property
    def vouched(self) -> Vouched:
        """Return the digests that sources are held to."""
        files: Mapping[Version, Mapping[str, str]] = {
            each.version: {archive.name: archive.sha256 for archive in each.archives}
            for each in self.lock.versions
        }
        locked = {
            (each.version, target): each.digests(target)
            for each in self.lock.versions
            for target in each.targets
        }
        return Vouched(self.name, files, locked)

    def check_target(self, version: Version, target: Target) -> str:
        """Return what is to be said if ``version`` is not locked for ``target``.

        Raises :class:`NotLocked` instead if the lock is ``frozen``.
        """
        if self._digests(version, target):
            return ""
        what = f"{self.name} has no digest of node {version} for {target}"
        if self.frozen:
            raise NotLocked(what, hint=f"rtinstall lock --target {target} adds it")
        return f"{what}; what its source says of it will do"

    def check_installed(self, receipt: Receipt) -> None:
        """Raise :class:`VerificationFailed` if ``frozen`` and what is installed is another archive."""
        digests = self._digests(receipt.version, receipt.target)
        source = receipt.provenance[0].source  # its npm may be a package of its own, or the user's
        installed = {each.digest for each in receipt.provenance if each.source == source}
        if self.frozen and digests and not installed <= digests:
            raise VerificationFailed(
                f"node {receipt.name} is installed, but of another archive than {self.name} names",
                hint="rtinstall install --frozen --force installs the one that is locked",
            )

    def check_parts(self, version: Version, target: Target, parts: Iterable[Part]) -> None:
        """Raise :class:`VerificationFailed` for a runtime that is not the one that is locked."""
        digests = self._digests(version, target)
        for part in parts:
            if not digests or part.what != "runtime":
                continue
            said = part.provenance.digest
            found = {said} if said else _digests(part.path, digests)
            if not found & digests:
                raise VerificationFailed(
                    f"{part.provenance.location} is not locked: it is {' or '.join(sorted(found))},"
                    f" and {self.name} names {' or '.join(sorted(digests))}",
                    hint="take it from a source with the archives of nodejs.org,"
                    " or find out who changed the lock or the file",
                )

    def _digests(self, version: Version, target: Target) -> frozenset[str]:
        found = self.lock.version(version)
        digests = found.digests(target.name).values() if found else ()
        return frozenset(digest for each in digests for digest in each)


def in_force(folder: Path, *, named: bool, frozen: bool) -> InForce | None:
    """Return the lock that counts in ``folder``, None if there is none or a version was ``named``.

    Raises :class:`NotLocked` if there has to be one.
    """
    path = lock_file.path_in(folder) if frozen or not named else None
    if path is not None:
        return InForce(path, lock_file.load(path), frozen)
    if frozen:
        raise NotLocked(
            f"there is no {LOCK} here or further up", hint="rtinstall lock writes one; commit it"
        )
    return None


def every_version(locked: InForce) -> tuple[str, ...]:
    """Return all versions of the lock if no other file beside it asks for one, else nothing."""
    folder = locked.path.parent
    if any(asked.file and asked.file.parent == folder for asked in requests(folder, locks=False)):
        return ()
    return tuple(str(each.version) for each in locked.lock.versions)


def exact(locked: InForce, texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the locked version for each of ``texts``, and which of these are not in the lock.

    What is not stays as it was asked for; :class:`NotLocked` is raised if the lock is ``frozen``.
    """
    found = {text: locked.lock.covering(text) for text in texts}
    lacking = tuple(text for text, each in found.items() if each is None)
    if lacking and locked.frozen:
        raise NotLocked(f"{locked.name} has no version for {lacking[0]!r}")
    return tuple(str(each.version) if each else text for text, each in found.items()), lacking


def _digests(path: Path, like: Iterable[str]) -> set[str]:
    """Return the digests of a file on disk, by the algorithms of ``like``; of a folder there is none."""
    if not path.is_file():
        return {"a folder"}
    states = {text.partition(":")[0]: hashlib.new(text.partition(":")[0]) for text in like}
    with path.open("rb") as file:
        while data := file.read(MIB):
            for state in states.values():
                state.update(data)
    return {f"{algorithm}:{state.hexdigest()}" for algorithm, state in states.items()}
