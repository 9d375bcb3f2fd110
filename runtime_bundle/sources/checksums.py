"""The digests of one release: whose word they are, and what a lock said of them before.

Decisions:

* What was written down before is held against a list that somebody signed: both have to agree.
* It stands in for a signature only where there is none and the user named the server. A lock comes
  with a project, and the project's own server has always signed: there a missing signature is an
  attack whatever a lock says. So it is on plain http to another machine.
* Of a repository of packages nothing is fetched that a lock which has any for that target does not
  name. It may have been packed anew since; what it has now is then another runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.versions import Version

LIST = "SHASUMS256.txt"


@dataclass(frozen=True, slots=True)
class Checksums:
    """SHA-256 by name of a release's files, and on whose word (as ``Provenance.checked``).

    ``signer`` is the primary fingerprint of who signed them, empty for nobody. ``papers`` are the
    files that prove it, by name: with them somebody else can check it again.
    """

    files: Mapping[str, str]
    checked: str
    signer: str = ""
    papers: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Packaged:
    """The packages of a repository that one release is made of: digest (``sha256:...``) by file name.

    What these need besides is the system's own and not among them. ``system`` is the release of the
    system they are for, empty for any; ``signer`` the fingerprint of who signed the catalogue, empty
    for nobody.
    """

    files: Mapping[str, str]
    system: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Vouched:
    """SHA-256 by file name for each version that a lock names, and what that lock is called.

    ``locked`` are the digests of everything that it has of a version for the target of that name.
    """

    by: str
    files: Mapping[Version, Mapping[str, str]]
    locked: Mapping[tuple[Version, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def agrees(self, version: Version, listed: Mapping[str, str], place: str) -> None:
        """Raise :class:`VerificationFailed` if ``listed``, which ``place`` has, says otherwise."""
        for name, digest in self.files.get(version, {}).items():
            if listed.get(name, digest) != digest:
                raise VerificationFailed(
                    f"{place} has another SHA-256 for {name} than {self.by}: {listed[name]},"
                    f" and not {digest}",
                    hint="find out which of them was changed, and by whom, before you go on",
                )

    def hold(self, version: Version, target: Target, packaged: Packaged, place: str) -> None:
        """Raise :class:`VerificationFailed` if a package that ``place`` has is not the one locked.

        A lock that has nothing for ``target`` says nothing.
        """
        known = self.locked.get((version, target.name), {})
        for name, digest in packaged.files.items() if known else ():
            if name not in known:
                raise VerificationFailed(
                    f"{place} has {name} now, and {self.by} names {' and '.join(sorted(known))}",
                    hint=f"rtinstall lock --update={version} takes what the repository has now",
                )
            if digest not in known[name]:
                raise VerificationFailed(
                    f"{place} has another digest for {name} than {self.by}: {digest},"
                    f" and not {' or '.join(sorted(known[name]))}",
                    hint="packed anew, or changed by somebody: rtinstall lock"
                    f" --update={version} takes what the repository has now",
                )

    def stand_in(self, version: Version) -> Checksums | None:
        """Return the checksums for a server that has no signature, None if nothing is known of it."""
        files = self.files.get(version)
        if not files:
            return None
        checked = f"SHA-256 in {self.by}, no signature"
        return Checksums(files, checked, papers={LIST: as_text(files)})


def as_text(files: Mapping[str, str]) -> bytes:
    """Return the list as it is published."""
    return "".join(f"{digest}  {name}\n" for name, digest in files.items()).encode("ascii")
