"""A FreeBSD package repository: the project's own, a company's, one that rtbuild or ``pkg repo`` wrote.

The catalogue counts if a trusted key signed it, and so do the packages whose sums it has. A signature
that is wrong is an error whatever the user said; one that is missing, unless the user said that an
unsigned repository will do, which is recorded.

Of the two catalogues ``data`` is asked for first, then ``packagesite``, as pkg does.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from rtinstall.runtime_bundle.addresses import bare, checked, is_loopback, joined
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import Progress, fetch
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotPublished,
    RtError,
)
from rtinstall.runtime_bundle.freebsd import catalogue
from rtinstall.runtime_bundle.freebsd.abi import abi_of, fits
from rtinstall.runtime_bundle.freebsd.catalogue import Package, Packages
from rtinstall.runtime_bundle.freebsd.keys import (
    FREEBSD_KEYS,
    TrustedKey,
)
from rtinstall.runtime_bundle.freebsd.versions import split
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part, Say, unindexed
from rtinstall.runtime_bundle.sources.checksums import Packaged, Vouched
from rtinstall.runtime_bundle.sources.freebsd_repository import Repository, Terms, read_repository
from rtinstall.runtime_bundle.sources.freebsd_runtimes import (
    Runtime,
    is_runtime,
    runtimes,
    with_npm,
)
from rtinstall.runtime_bundle.targets import FREEBSD, TARGETS, Target

ADDRESS = "https://pkg.freebsd.org/${ABI}/latest"
VARIABLE = "${ABI}"
MIRRORED = (
    "pkg+"  # before https:// in pkg's own configuration: find mirrors in the DNS; not done here
)
PLAIN_IN_PATHS = "/~+,:@!"


class FreeBsd:
    """A repository for pkg(8); see the module."""

    name = "freebsd"

    def __init__(
        self,
        cache: Cache,
        network: Network,
        *,
        address: str | Path | None = None,
        release: str = FREEBSD[0],
        trusted: Sequence[TrustedKey] = FREEBSD_KEYS,
        allow_unsigned: bool = False,
        say: Say = lambda line: None,
        vouched: Vouched | None = None,
    ) -> None:
        """Use ``address``, an URL or a directory, else the FreeBSD project's own.

        ``${ABI}`` in it stands for the target's, with FreeBSD ``release``. ``allow_unsigned`` and an
        address of plain http are the user's own words; both together verify nothing and raise
        :class:`BadConfiguration`. ``say`` hears warnings. ``vouched`` are digests known before, to which
        the catalogue is held.
        """
        self._cache = cache
        self._network = network
        self._address = _address(address)
        parts = checked(self._address.replace(VARIABLE, "ABI"), plain=True)
        self._plain = parts.scheme == "http"
        self._release = release
        self._terms = Terms(cache, network, tuple(trusted), allow_unsigned, say)
        self._vouched = vouched
        self._asking = threading.Lock()
        self._repositories: dict[str, Repository | RtError] = {}
        self._packages: dict[str, Packages] = {}
        if release not in FREEBSD:
            raise BadConfiguration(
                f"{release!r} is no release of FreeBSD that is known here",
                hint=f"one of {', '.join(sorted(FREEBSD))}",
            )
        if self._plain and allow_unsigned and not is_loopback(parts.hostname or ""):
            raise BadConfiguration(
                f"{bare(self._address)} is neither encrypted nor signed",
                hint="use an https:// address, or a repository that is signed",
            )

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return the runtimes for ``target``, newest first; what they need is not looked at yet."""
        if target.os != "freebsd":
            return ()
        found = runtimes(self._for(target))
        if not found:
            self._explain(target)
        return unindexed(map(str, found))

    def offer(self, release: Release, target: Target) -> Offer:
        """Return the packages of ``release``, if everything they need is in the repository.

        Raises :class:`NotPublished`, :class:`BrokenDependencies`.
        """
        runtime = self._runtime(release, target)
        digests = [package.digest for package in runtime.packages]
        sizes = [package.size for package in runtime.packages]
        return Offer(
            self.name,
            replace(release, npm=split(runtime.npm.version)[0]) if runtime.npm else release,
            target,
            None if None in sizes else sum(size or 0 for size in sizes),
            all(map(self._cache.has, digests)),
            bare(self._located(runtime.node, target)),
        )

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Fetch the packages of ``offer`` that are not in the cache; checked before they are opened."""
        runtime = self._runtime(offer.release, offer.target)
        node = self._part(runtime.node, offer.target, progress)
        if runtime.npm is None:
            return (node,)
        npm = self._part(runtime.npm, offer.target, progress)
        return node, replace(npm, what="npm", provenance=replace(npm.provenance, what="npm"))

    def excerpt(
        self, release: Release, target: Target, progress: Progress
    ) -> dict[str, bytes | Path]:
        """Return, by path, the files of the repository that it takes to install ``release``."""
        runtime = self._runtime(release, target)
        return {
            **self._repository(target).papers,
            **{each.path: self._part(each, target, progress).path for each in runtime.packages},
        }

    def packaged(self, release: Release, target: Target) -> Packaged:
        """Return the packages that ``release`` is made of.

        Raises :class:`NotPublished`, :class:`BrokenDependencies`.
        """
        return self._packaged(self._runtime(release, target), target)

    def systems(self) -> Iterator[FreeBsd]:
        """Yield this source for each release of FreeBSD that its address may have packages for."""
        yield self
        for release in FREEBSD if VARIABLE in self._address else ():
            if release != self._release:
                each = copy.copy(self)
                each._release = release
                each._repositories, each._packages = {}, {}  # 80 MB that need not be kept
                yield each

    def _packaged(self, runtime: Runtime, target: Target) -> Packaged:
        files = {package.file: package.digest.text for package in runtime.packages}
        return Packaged(files, self._release, self._repository(target).signer)

    def _part(self, package: Package, target: Target, progress: Progress) -> Part:
        url = self._located(package, target)
        digest = package.digest
        path = self._cache.obtain(
            digest,
            lambda part: fetch(
                url, part, digest, network=self._network, progress=progress, plain=self._plain
            ),
        )
        by = {"sha256": "SHA-256", "blake2b": "BLAKE2b", "blake2s": "BLAKE2s"}[digest.algorithm]
        checked_by = f"{self._repository(target).checked}, {by}"
        provenance = Provenance("runtime", self.name, bare(url), digest.text, checked_by)
        return Part("runtime", path, "package", provenance)

    def _runtime(self, release: Release, target: Target) -> Runtime:
        packages = self._for(target)
        node = runtimes(packages).get(release.version)
        place = bare(self._repository(target).address)
        if node is None:
            raise NotPublished(
                f"node {release.version} is not published for {packages.abi} at {place}"
            )
        runtime = with_npm(release.version, node, packages)
        if self._vouched:
            self._vouched.hold(release.version, target, self._packaged(runtime, target), place)
        return runtime

    def _located(self, package: Package, target: Target) -> str:
        return joined(self._repository(target).address, quote(package.path, safe=PLAIN_IN_PATHS))

    def _explain(self, target: Target) -> None:
        """Raise :class:`NotPublished` if the runtimes here are for another FreeBSD than is asked for.

        One address may well serve the other architecture alone.
        """
        abi = abi_of(target, self._release)
        repository = self._repository(target)
        others = {package.abi for package in repository.packages if is_runtime(package.name)}
        served = (abi_of(each, self._release) for each in TARGETS if each.os == "freebsd")
        if not others or (
            VARIABLE not in self._address and any(fits(o, s) for s in served for o in others)
        ):
            return
        raise NotPublished(
            f"the runtimes at {bare(repository.address)} are for {' and '.join(sorted(others))}, "
            f"not for {abi}",
            hint="name the repository of that system, or build for the FreeBSD this one is for",
        )

    def _for(self, target: Target) -> Packages:
        """Return the packages that install on ``target``."""
        abi = abi_of(target, self._release)
        repository = self._repository(target)
        with self._asking:
            if abi not in self._packages:
                self._packages[abi] = catalogue.on(abi, repository.packages)
            return self._packages[abi]

    def _repository(self, target: Target) -> Repository:
        """Return the repository, read once; or raise, again, why it cannot be."""
        address = self._address.replace(VARIABLE, abi_of(target, self._release))
        with self._asking:
            if address not in self._repositories:
                try:
                    self._repositories[address] = read_repository(address, self._terms)
                except RtError as error:
                    self._repositories[address] = error
            found = self._repositories[address]
        if isinstance(found, RtError):
            raise found
        return found


def _address(address: str | Path | None) -> str:
    if address is None:
        return ADDRESS
    if isinstance(address, Path) or ("://" not in address and not address.startswith("file:")):
        # A folder's name may hold the variable, too, which must not be quoted.
        uri = Path(address).expanduser().absolute().as_uri()
        return uri.replace(quote(VARIABLE), VARIABLE)
    address = address.removeprefix(MIRRORED)
    if "$" in address.replace(VARIABLE, ""):
        raise BadConfiguration(
            f"the address {bare(address)} has a variable other than {VARIABLE}",
            hint="write out what it stands for",
        )
    return address
