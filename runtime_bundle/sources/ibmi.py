"""IBM's yum repository for IBM i, or any other in that form that holds packages ``nodejsNN``.

What counts is ``repodata/repomd.xml``, which nobody signs: it is believed over TLS, on loopback or
from a folder of this machine, never over plain http. It has the digest of primary.xml, and that
has the digest of every package; each is checked before the file is opened. What a package needs is
looked up in the same repository, and nothing of it is fetched.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rtinstall.runtime_bundle.addresses import bare, checked, joined
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.archives.archive import opened
from rtinstall.runtime_bundle.archives.compressed import codec_of, decompress
from rtinstall.runtime_bundle.archives.limits import MIB, Limits, Meter
from rtinstall.runtime_bundle.archives.source import CHUNK, Stream, up_to
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT, Progress, fetch
from rtinstall.runtime_bundle.errors import (
    NotPublished,
    RtError,
    UnknownVersion,
    VerificationFailed,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part, Say, unindexed
from rtinstall.runtime_bundle.sources.checksums import Packaged, Vouched
from rtinstall.runtime_bundle.sources.documents import address_of, document
from rtinstall.runtime_bundle.sources.yum_catalogue import (
    REPOMD,
    REPOMD_LIMIT,
    Data,
    Listed,
    file_of,
    inside,
    parse_filelists,
    parse_primary,
    parse_repomd,
)
from rtinstall.runtime_bundle.sources.yum_dependencies import BY_EVR, Providers
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.verify import Digest
from rtinstall.runtime_bundle.versions import Version

ADDRESS = "https://public.dhe.ibm.com/software/ibmi/products/pase/rpms/repo-base-7.3"
RUNTIME = re.compile(r"nodejs([1-9][0-9]{0,2})")
ARCH = "ppc64"
CATALOGUE_LIMIT = 64 * MIB  # bytes of primary.xml or filelists.xml as they are sent
MOST_PACKAGES = 100_000
# Ten thousand packages of a distribution take 80 MiB expanded, and 250 MiB in memory. A catalogue
# repeats itself: lists of files of many versions of one package pack very small.
LIMITS = Limits(expanded=256 * MIB, ratio=1000)


@dataclass(frozen=True, slots=True)
class _Repository:
    """What was read of the repository: the packages of each version, and who provides what."""

    runtimes: dict[Version, tuple[Listed, ...]]
    providers: Providers


class IbmI:
    """A yum repository; see the module."""

    name = "ibmi"

    def __init__(
        self,
        cache: Cache,
        network: Network,
        *,
        address: str | Path | None = None,
        say: Say = lambda line: None,
        vouched: Vouched | None = None,
    ) -> None:
        """Use ``address``, an URL or a directory that holds ``repodata``, else IBM's own.

        Raises :class:`BadConfiguration` for plain http, but to this machine. ``say`` hears warnings.
        ``vouched`` are digests known before, to which the catalogue is held.
        """
        self._cache = cache
        self._network = network
        self._address = ADDRESS if address is None else address_of(address)
        checked(self._address)
        self._say = say
        self._vouched = vouched
        self._asking = threading.Lock()
        self._read: _Repository | RtError | None = None

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return the versions there is a package for ``target`` of, newest first."""
        if self.name not in target.sources:
            return ()
        return unindexed(map(str, self._repository().runtimes))

    def offer(self, release: Release, target: Target) -> Offer:
        """Return the package of ``release``, everything that it needs being there.

        Raises :class:`NotPublished`, :class:`BrokenDependencies`.
        """
        package = self._package(release, target)
        self._repository().providers.closure(package)
        cached = self._cache.has(_digest(package))
        size = self._cache.path(_digest(package)).stat().st_size if cached else package.size
        return Offer(self.name, release, target, size, cached, bare(self._url(package)))

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Fetch the package of ``offer`` unless it is in the cache; then hold it to the catalogue."""
        package = self._package(offer.release, offer.target)
        url, digest = self._url(package), _digest(package)
        path = self._cache.obtain(
            digest,
            lambda part: fetch(url, part, digest, network=self._network, progress=progress),
        )
        _same(path, package)
        how = "over TLS" if urlsplit(self._address).scheme == "https" else "of this machine"
        named = digest.algorithm.upper().replace("SHA", "SHA-")
        checked_by = f"{named} of repomd.xml {how}, no signature"
        provenance = Provenance("runtime", self.name, bare(url), digest.text, checked_by)
        return (Part("runtime", path, "package", provenance),)

    def excerpt(
        self, release: Release, target: Target, progress: Progress
    ) -> dict[str, bytes | Path]:
        """Return, by path, the files of the repository that it takes to install ``release``."""
        package = self._package(release, target)
        (part,) = self.fetch(self.offer(release, target), progress)
        stated = self._document()
        catalogue = parse_repomd(stated)
        lists = {
            unquote(inside(data.href)): self._cache.get(data.checksum.digest(kind))
            for kind, data in catalogue.items()
            if kind in ("primary", "filelists")
        }
        return {
            REPOMD: stated,
            **{
                name: path for name, path in lists.items() if path
            },  # what nobody needed is not here
            unquote(inside(package.href, package.base)): part.path,
        }

    def packaged(self, release: Release, target: Target) -> Packaged:
        """Return the package of ``release``, everything that it needs being there.

        Raises :class:`NotPublished`, :class:`BrokenDependencies`.
        """
        package = self._package(release, target)
        self._repository().providers.closure(package)
        return _packaged(package)

    def systems(self) -> tuple[IbmI, ...]:
        """Return this source, whose packages are for every release of IBM i."""
        return (self,)

    def _package(self, release: Release, target: Target) -> Listed:
        """Return the package with the highest epoch and release of one version."""
        known = self._repository().runtimes.get(release.version, ())
        if not known or self.name not in target.sources:
            raise NotPublished(
                f"node {release.version} is not published for {target} at {bare(self._address)}"
            )
        best = max(known, key=lambda each: BY_EVR(each.evr))
        same = [each for each in known if each.evr.compare(best.evr) == 0]
        if len({_digest(each).text for each in same}) > 1:
            raise VerificationFailed(
                f"{bare(self._address)} lists {best} twice, with different digests",
                hint="report it to whoever publishes the repository, or use another one",
            )
        if self._vouched:
            self._vouched.hold(release.version, target, _packaged(best), bare(self._address))
        return best

    def _url(self, package: Listed) -> str:
        return joined(self._address, inside(package.href, package.base))

    def _repository(self) -> _Repository:
        """Return what the repository holds; one that could not be read is asked once."""
        with self._asking:
            if self._read is None:
                try:
                    self._read = self._ask()
                except RtError as error:
                    self._read = error
        if isinstance(self._read, RtError):
            raise self._read
        return self._read

    def _ask(self) -> _Repository:
        catalogue = parse_repomd(self._document())
        packages: list[Listed] = []
        for package in parse_primary(self._chunks(file_of(catalogue, "primary"), "primary.xml")):
            packages.append(package)
            if len(packages) > MOST_PACKAGES:
                raise VerificationFailed(f"the repository has more than {MOST_PACKAGES} packages")
        providers = Providers(packages)
        if wanted := providers.unlisted(packages):
            self._look_up(file_of(catalogue, "filelists"), packages, wanted, providers)
        self._say(
            f"{bare(joined(self._address, REPOMD))} is not signed; its checksums are taken as they are"
        )
        return _Repository(_runtimes(packages), providers)

    def _look_up(
        self, data: Data, packages: list[Listed], wanted: set[str], providers: Providers
    ) -> None:
        """Tell ``providers`` who has the files ``wanted``."""
        known = {package.checksum.hexadecimal: package for package in packages}
        for checksum, files in parse_filelists(self._chunks(data, "filelists.xml")):
            for path in wanted.intersection(files):
                if checksum in known:
                    providers.add_file(path, known[checksum])

    def _document(self) -> bytes:
        address = joined(self._address, REPOMD)
        try:
            return document(address, REPOMD_LIMIT, cache=self._cache, network=self._network)
        except NotPublished as error:
            raise NotPublished(
                str(error), hint="name the address or folder that has repodata/repomd.xml"
            ) from None

    def _chunks(self, data: Data, what: str) -> Iterator[bytes]:
        """Yield a file of the catalogue, checked as it is and, at its end, as it is expanded."""
        url, digest = joined(self._address, inside(data.href)), data.checksum.digest(what)
        path = self._cache.obtain(
            digest,
            lambda part: fetch(
                url, part, digest, network=self._network, limit=CATALOGUE_LIMIT, progress=SILENT
            ),
        )
        expanded = data.open_checksum.digest(what) if data.open_checksum else None
        with opened(path) as file:
            codec = codec_of(up_to(file, 6))
            file.seek(0)
            meter = Meter(LIMITS, path.stat().st_size)
            stream = (
                decompress(file, codec, meter)
                if codec
                else Stream(iter(lambda: file.read(CHUNK), b""), meter)
            )
            state = hashlib.new(expanded.algorithm if expanded else "sha256")
            while chunk := stream.read(CHUNK):
                state.update(chunk)
                yield chunk
        if expanded and state.digest() not in expanded.accepted:
            raise VerificationFailed(f"what {what} expands to is not what repomd.xml says")


def _runtimes(packages: list[Listed]) -> dict[Version, tuple[Listed, ...]]:
    """Return the packages of Node.js by version; one whose name is of another major is none."""
    found: dict[Version, tuple[Listed, ...]] = {}
    for package in packages:
        named = RUNTIME.fullmatch(package.name)
        if not named or package.arch != ARCH:
            continue
        try:
            version = Version.parse(package.evr.version)
        except UnknownVersion:
            continue
        if version.major == int(named[1]):
            found[version] = (*found.get(version, ()), package)
    return found


def _digest(package: Listed) -> Digest:
    return package.checksum.digest(package.name)


def _packaged(package: Listed) -> Packaged:
    return Packaged({package.file: _digest(package).text})


def _same(path: Path, package: Listed) -> None:
    """Raise unless the rpm says of itself what the catalogue says, and that it is for IBM i."""
    archive = open_archive(path)
    said = archive.metadata
    system = str(said.get("os", ""))
    if archive.format == "rpm" and archive.os != "ibmi":
        raise WrongBinary(
            f"{package} is an rpm from another operating system: {system[:40]!r}, not ibmi7.x",
            hint="report it to whoever publishes the repository, or use another one",
        )
    expected = (package.name, str(package.evr), package.arch)
    evr = str(said.get("version", "")).removeprefix("0:")
    if (said.get("name"), evr, said.get("architecture")) != expected:
        raise VerificationFailed(
            f"the file of {package} is another package: "
            f"{said.get('name', archive.format)} {evr} {said.get('architecture', '')}"
        )
