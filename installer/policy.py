"""What the administrator of a machine allows, whatever its users set.

The file stands at a fixed place that no variable moves. It counts if its users cannot change it:
root's own, and writable by nobody else. One that is there and could be changed is refused with
everything, since nobody can tell what it said before.
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer.receipt import Receipt
from rtinstall.installer.settings import LIMIT, line_of
from rtinstall.runtime_bundle.errors import BadConfiguration, PolicyRefused, RtError
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.versions import Version, VersionSpec

KEYS = ("sources", "versions", "signatures", "minimum_age")
UNSIGNED = ("unofficial", "pip", "npm", "ibmi")  # whose word is a digest over TLS


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed; the empty one allows everything.

    ``sources`` are words and addresses as people name them, None for any. ``minimum_age`` is in days.
    """

    file: Path | None = None
    sources: tuple[str, ...] | None = None
    versions: VersionSpec | None = None
    signatures: bool = False
    minimum_age: int = 0

    def check_source(self, name: str) -> None:
        """Raise :class:`PolicyRefused` unless the source called ``name`` may be asked."""
        word = name.rstrip("/")
        if self.sources is not None and word not in self.sources:
            raise self._refused(f"the source {word}", f"allowed are {', '.join(self.sources)}")
        if self.signatures and word in UNSIGNED:
            raise self._refused(f"the source {word}, which is not signed", "take one that is")

    def allows(self, version: Version) -> bool:
        """Say whether ``version`` may be installed."""
        return self.versions is None or self.versions.matches(version)

    def check_version(self, version: Version) -> None:
        """Raise :class:`PolicyRefused` unless ``version`` may be installed, and used."""
        if self.versions is not None and not self.allows(version):
            raise self._refused(f"node {version}", f"allowed is {self.versions.text}")

    def allowed(self, releases: Iterable[Release]) -> tuple[Release, ...]:
        """Return the releases that may be installed."""
        return tuple(release for release in releases if self.allows(release.version))

    def check_parts(self, parts: Iterable[Provenance]) -> None:
        """Raise :class:`PolicyRefused` if a signature is required that a part does not have."""
        from rtinstall.installer.advice import signed

        for part in parts:
            if self.signatures and not signed(part.checked):
                raise self._refused(
                    f"what came from {part.source}, which is not signed", "take a source that is"
                )

    def check_installed(self, receipt: Receipt) -> None:
        """Raise :class:`PolicyRefused` unless what is installed may be used."""
        self.check_version(receipt.version)
        self.check_parts(receipt.provenance)

    def allows_installed(self, receipt: Receipt) -> bool:
        """Say whether what is installed may be used."""
        try:
            self.check_installed(receipt)
        except PolicyRefused:
            return False
        return True

    def _refused(self, what: str, instead: str) -> PolicyRefused:
        return PolicyRefused(f"the policy {self.file} does not allow {what}", hint=instead)


def load_policy(file: Path) -> Policy:
    """Read the policy; the empty one if there is no file.

    Raises :class:`BadConfiguration` for a file that cannot be read or understood, or that others
    than root can write to.
    """
    try:
        flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # of a pipe, not wait
        descriptor = os.open(file, os.O_RDONLY | flags)
    except (FileNotFoundError, NotADirectoryError):
        return Policy()
    except OSError as error:
        raise _broken(f"the policy {file} cannot be read: {error.strerror}") from error
    try:
        _check_owner(file, os.fstat(descriptor))
        data = os.read(descriptor, LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(data) > LIMIT:
        raise _broken(f"the policy {file} is larger than {LIMIT} bytes")
    try:
        text = data.decode()
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _broken(f"the policy {file} is not TOML: {error}") from error
    for key in table:
        if key not in KEYS:
            raise _broken(
                f"the policy {file}, line {line_of(text, key)}: unknown key {key!r};"
                f" the keys are {', '.join(KEYS)}"
            )

    def wrong(key: str, what: str) -> BadConfiguration:
        return _broken(f"the policy {file}, line {line_of(text, key)}: {key} must be {what}")

    sources = table.get("sources")
    if sources is not None and not (
        isinstance(sources, list) and all(isinstance(name, str) for name in sources)
    ):
        raise wrong("sources", "a list of texts")
    versions: VersionSpec | None = None
    if "versions" in table:
        try:
            versions = VersionSpec.parse(str(table["versions"]))
        except RtError:
            versions = None
        if versions is None or versions.lts is not None:
            raise wrong("versions", "a range such as '>=20'")
    signatures = table.get("signatures", False)
    if not isinstance(signatures, bool):
        raise wrong("signatures", "true or false")
    age = table.get("minimum_age", 0)
    if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= 3650:
        raise wrong("minimum_age", "a number of days")
    return Policy(
        file,
        None if sources is None else tuple(name.rstrip("/") for name in sources),
        versions,
        signatures,
        age,
    )


def _check_owner(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _broken(f"the policy {file} is no regular file")
    if sys.platform == "win32":  # its owner and its list of rights cannot be read without a library
        return
    if status.st_uid != 0:
        raise _broken(f"the policy {file} is not root's")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _broken(f"the policy {file} can be written to by others than root")


def _broken(what: str) -> BadConfiguration:
    return BadConfiguration(what, hint="ask whoever administers this machine to mend it")
