"""The list of checksums of one release: whose word it is, and what a lock said of it before.

Decisions:

* What was written down before is held against a list that somebody signed: both have to agree.
* It stands in for a signature only where there is none and the user named the server. A lock comes
  with a project, and the project's own server has always signed: there a missing signature is an
  attack whatever a lock says. So it is on plain http to another machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtinstall.runtime_bundle.errors import VerificationFailed
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
class Vouched:
    """SHA-256 by file name for each version that a lock names, and what that lock is called."""

    by: str
    files: Mapping[Version, Mapping[str, str]]

    def agrees(self, version: Version, listed: Mapping[str, str], place: str) -> None:
        """Raise :class:`VerificationFailed` if ``listed``, which ``place`` has, says otherwise."""
        for name, digest in self.files.get(version, {}).items():
            if listed.get(name, digest) != digest:
                raise VerificationFailed(
                    f"{place} has another SHA-256 for {name} than {self.by}: {listed[name]},"
                    f" and not {digest}",
                    hint="find out which of them was changed, and by whom, before you go on",
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
