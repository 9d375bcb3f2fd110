"""From an offer to a Bundle: fetch, verify, assemble, and join where a target is made of two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rtinstall.platforms.build import Watch
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.assemble import assemble
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.sources import Offer, Part, RuntimeSource
from rtinstall.runtime_bundle.universal import join


class Npm(Protocol):
    """Who fetches an npm other than the one a runtime comes with."""

    def fetch_npm(self, version: str, progress: Progress) -> Part:
        """Return the verified package."""


def bundle_of(
    source: RuntimeSource,
    offer: Offer,
    settings: Settings,
    spool: Path,
    watch: Watch,
    *,
    npm: Npm | None,
    released: int | None,
) -> Bundle:
    """Fetch and assemble the runtime of ``offer``; its contents stay in files beside ``spool``."""
    made = []
    for each in offer.each:
        label = f"{each.target} from {source.name}"
        parts = source.fetch(each, watch.download(label))
        if settings.npm is not None and npm is not None:
            other = npm.fetch_npm(settings.npm, watch.download(f"npm {settings.npm}"))
            parts = (*(part for part in parts if part.what == "runtime"), other)
        own = spool.with_name(f"{spool.name}-{each.target}")
        made.append(assemble(parts, each.release, each.target, own))
    bundle, *others = made
    for second in others:
        bundle = join(bundle, second, offer.target, spool)
    return bundle if released is None else replace(bundle, released=released)
