"""Asking the npm registry through the user's own npm client."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import Progress, size
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    NoSpace,
    NotPublished,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources.clients import (
    FETCHING,
    Outcome,
    last_words,
    need_network,
    run,
    workplace,
)
from rtinstall.runtime_bundle.sources.registry import Package, describe

UNREACHABLE = frozenset(
    ("ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT",
     "ENETUNREACH", "EHOSTUNREACH", "EPROTO", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT",
     "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
     "ENOTCACHED")
)  # fmt: skip


class Client:
    """The user's npm, run in a folder that is no project, with scripts switched off."""

    def __init__(self, cache: Cache, network: Network, command: Sequence[str]) -> None:
        """Run ``command`` as npm."""
        self._cache = cache
        self._network = network
        self._command = command

    def versions(self, name: str) -> tuple[str, ...]:
        """Return all versions of a package."""
        with workplace(self._cache) as place:
            outcome = self._npm(place, "view", name, "versions", "--json")
        try:
            found = self._answer(outcome, name)
        except NotPublished:
            return ()
        return (found,) if isinstance(found, str) else tuple(map(str, _listed(found)))

    def describe(self, name: str, version: str) -> Package:
        """Return one version of a package."""
        with workplace(self._cache) as place:
            outcome = self._npm(
                place, "view", f"{name}@{version}", "name", "version", "dist", "--json"
            )
        if not outcome.code and not outcome.output.strip():  # how npm says that there is none
            raise NotPublished(f"there is no {name} {version} in the registry")
        return describe(self._answer(outcome, f"{name} {version}"), name, version)

    def size(self, package: Package) -> int | None:
        """Ask whoever serves the package."""
        return size(package.tarball, network=self._network)

    def download(self, package: Package, path: Path, progress: Progress, total: int | None) -> None:
        """Let npm fetch the package, and hold it to what it said before."""
        with workplace(self._cache) as place:
            outcome = self._npm(
                place,
                "pack", f"{package.name}@{package.version}", "--json", "--pack-destination", ".",
                progress=progress, total=total,
            )  # fmt: skip
            self._answer(outcome, f"{package.name} {package.version}")
            found = list(place.glob("*.tgz"))
            if len(found) != 1:
                raise DownloadFailed(f"npm left {len(found)} packages, not one")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(found[0], path)

    def _npm(
        self, place: Path, *words: str, progress: Progress | None = None, total: int | None = None
    ) -> Outcome:
        need_network("npm", self._network)
        own = ["--ignore-scripts", "--no-update-notifier", "--fetch-retries", "2"]
        settings = {}
        if progress:
            own += ["--cache", "fetched"]  # its growth is the progress
        if self._network.ca:
            settings["NPM_CONFIG_CAFILE"] = str(self._network.ca)
        return run(
            [*self._command, *words, *own],
            place,
            settings=settings,
            progress=progress,
            total=total,
            **({"timeout": FETCHING} if progress else {}),
        )

    def _answer(self, outcome: Outcome, what: str) -> object:
        """Return the JSON npm printed, or raise what its error code means."""
        try:
            found: object = json.loads(outcome.output)
        except ValueError:
            found = None
        if outcome.code == 0 and found is not None:
            return found
        error = found.get("error") if isinstance(found, dict) else None
        code = str(error.get("code")) if isinstance(error, dict) else ""
        code = code or "".join(re.findall(r"code ([A-Z][A-Z0-9_]+)", outcome.errors)[:1])
        words = f"{code} {last_words(outcome)}".strip()
        if code in ("E404", "ETARGET", "ENOVERSIONS"):
            raise NotPublished(f"there is no {what} in the registry")
        if code in UNREACHABLE:
            raise Unreachable(f"the registry of npm cannot be reached ({words})")
        if code == "EINTEGRITY":
            raise VerificationFailed(f"npm fetched another {what} than the registry names")
        if code == "ENOSPC":
            raise NoSpace(f"npm: {words}")
        raise DownloadFailed(f"npm: {words}")


def _listed(found: object) -> list[object]:
    if not isinstance(found, list):
        raise DownloadFailed("npm lists versions in a way that is not understood")
    return found
