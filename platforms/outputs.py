"""Where a release goes: a folder, or an object store. What both can do, and which one an address means.

Units are delivered by anyone, at any time, in any order, each under its own name and whole. Lists
and indexes are written by whoever runs the release, from what was delivered: files first, then the
manifest, then the checksums, then the index. A reader never finds a name whose file is not whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from rtinstall.platforms.build import Built
from rtinstall.platforms.manifest import Contents
from rtinstall.platforms.mirror import Mirror
from rtinstall.runtime_bundle.addresses import local_path
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.versions import Version


class Output(Protocol):
    """A mirror that grows."""

    @property
    def shown(self) -> str:
        """Return the address for people, without credentials."""

    @property
    def published_by(self) -> Literal["unit", "version"]:
        """Say how much is published at once: a unit, or all that a run has of a version."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold the output for one run, as far as it can be held; tidy up what other runs left."""

    def stage(self) -> AbstractContextManager[Path]:
        """Give a folder for unfinished work; it is gone afterwards."""

    def kept(self, version: Version, target: str, basis: str) -> Contents | None:
        """Return what is published of a unit: its files that came of ``basis`` and are whole."""

    def delivered(self, name: str) -> Contents | None:
        """Return what a unit has delivered, if all of it is there and not yet published."""

    def deliver(self, name: str, bundle: Bundle, built: Sequence[Built], stage: Path) -> None:
        """Hand in the finished files of a unit, all at once."""

    def forget_others(self, names: Collection[str]) -> None:
        """Remove what other units than ``names`` have delivered, where nobody else can be at work."""

    def tidy(self, names: Collection[str]) -> None:
        """Remove what is left of the deliveries of ``names``, which are published."""

    def publish(self, version: Version, names: Sequence[str]) -> None:
        """Give what the units ``names`` delivered its final names, and list all of ``version``."""


def output_at(address: str) -> Output:
    """Return the output at ``address``: a path, ``file://``, or anything that fsspec knows."""
    if address.startswith("file://"):
        return Mirror(local_path(urlsplit(address)))
    if "://" not in address:
        return Mirror(Path(address))
    from rtinstall.platforms.store import Store

    return Store.at(address)
