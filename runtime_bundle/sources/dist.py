"""The nodejs.org distribution layout, at any address: the project's own server, a mirror, a folder.

``index.json`` says which releases there are and is only a hint. ``SHASUMS256.txt`` of a release
decides: it counts if a pinned release key signed it, and so do the archives whose SHA-256 it has,
under exactly their own name. A signature that is missing, empty or wrong is an error whatever the
server answered, except where the user said that unsigned files will do; that is recorded.

:func:`unofficial` is the same layout at the unofficial builds site, where nothing is signed.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from rtinstall.runtime_bundle.addresses import bare, checked, is_loopback, joined, local_path
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import Progress, fetch, size
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotPublished,
    RtError,
    VerificationFailed,
)
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.openpgp import Keyring
from rtinstall.runtime_bundle.release_keys import RELEASE_KEYS
from rtinstall.runtime_bundle.releases import LIMIT as INDEX_LIMIT
from rtinstall.runtime_bundle.releases import Release, parse_index
from rtinstall.runtime_bundle.sources import Offer, Part, Say
from rtinstall.runtime_bundle.sources.checksums import LIST, Checksums, Vouched, as_text
from rtinstall.runtime_bundle.sources.documents import address_of, document
from rtinstall.runtime_bundle.sources.packed import Packed
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.verify import (
    MAX_SHASUMS,
    Digest,
    check_shasums,
    check_shasums_detached,
    parse_shasums,
)
from rtinstall.runtime_bundle.versions import Channel, Version

ADDRESS = "https://nodejs.org/dist"
CHANNELS = "https://nodejs.org/download"
UNOFFICIAL = "https://unofficial-builds.nodejs.org/download/release"
SIGNATURE_LIMIT = 16 << 10
# Smallest first, which is also slowest to unpack first.
EXTENSIONS = {"tar": ("tar.xz", "tar.gz"), "zip": ("zip",)}


class Dist:
    """A distribution server; see the module."""

    def __init__(
        self,
        cache: Cache,
        network: Network,
        *,
        address: str | Path | None = None,
        channel: Channel = "release",
        allow_unsigned: bool = False,
        keys: Keyring = RELEASE_KEYS,
        say: Say = lambda line: None,
        name: str = "dist",
        vouched: Vouched | None = None,
        packed: Packed | None = None,
    ) -> None:
        """Use ``address``, an URL or a directory, else the project's own for ``channel``.

        ``vouched`` are digests known before, to which the server is held. What is ``packed`` is read from
        there, ``address`` being its path. ``allow_unsigned`` and an address of plain http are the user's own words. Both together
        would verify nothing and raise :class:`BadConfiguration`. ``say`` hears warnings.
        """
        self.name = name
        self._cache = cache
        self._network = network
        self._own = address is None or address == UNOFFICIAL
        self._address = _address(address, channel)
        parts = checked(self._address, plain=True)
        self._plain = parts.scheme == "http"
        self._near = parts.scheme == "file" or is_loopback(parts.hostname or "")
        self._loopback = is_loopback(parts.hostname or "")
        self._allow_unsigned = allow_unsigned
        self._keys = keys
        self._say = say
        self._vouched = vouched
        self._packed = packed
        self._asking = threading.Lock()
        self._index: tuple[Release, ...] | RtError | None = None
        self._shasums: dict[Version, Checksums] = {}
        if self._plain and allow_unsigned and not self._loopback:
            raise BadConfiguration(
                f"{bare(self._address)} is neither encrypted nor signed",
                hint="use an https:// address, or a mirror that carries the signatures",
            )

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return the releases whose index entry names ``target``, newest first."""
        if not target.index or (self._own and self.name not in target.sources):
            return ()
        with self._asking:
            if self._index is None:
                self._index = self._read_index()
        if isinstance(self._index, RtError):
            raise self._index
        return tuple(release for release in self._index if target.index in release.files)

    def offer(self, release: Release, target: Target) -> Offer:
        """Return the archive of ``release``, which its signed list of checksums names."""
        url, digest, _ = self._choices(release, target)[0]
        cached = self._cache.has(digest)
        known = (
            self._cache.path(digest).stat().st_size
            if cached
            else self._packed.size(self._inside(url))
            if self._packed
            else size(url, network=self._network, plain=self._plain)
        )
        return Offer(self.name, release, target, known, cached, bare(url))

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Fetch the archive of ``offer`` unless it is in the cache; checked before it is opened.

        A mirror need not have every archive that the signed list names: the next one will do, too.
        """
        missing: NotPublished | None = None
        for url, digest, checked_by in self._choices(offer.release, offer.target):
            try:
                path = self._obtain(url, digest, progress)
            except NotPublished as error:
                missing = missing or error
                continue
            provenance = Provenance("runtime", self.name, bare(url), digest.text, checked_by)
            return (Part("runtime", path, "upstream", provenance),)
        assert missing is not None
        raise missing

    def checksums(self, version: Version) -> Checksums:
        """Return what the release consists of; raises :class:`VerificationFailed`."""
        with self._asking:
            if version not in self._shasums:
                self._shasums[version] = self._read_shasums(version)
        return self._shasums[version]

    def archives(self, version: Version, target: Target) -> dict[str, str]:
        """Return SHA-256 by name of all archives for ``target``, the smallest first."""
        files = self.checksums(version).files
        names = (
            f"node-{version.tag}-{target.name}.{extension}"
            for extension in EXTENSIONS[target.archive]
        )
        return {name: files[name] for name in names if name in files}

    def fetch_archive(self, version: Version, name: str, progress: Progress) -> Path:
        """Return the archive of a release that is called ``name``, fetched and checked."""
        digest = Digest.sha256(self.checksums(version).files[name])
        return self._obtain(joined(self._address, f"{version.tag}/{name}"), digest, progress)

    def _obtain(self, url: str, digest: Digest, progress: Progress) -> Path:
        if packed := self._packed:
            name = self._inside(url)
            return self._cache.obtain(digest, lambda part: packed.copy(name, part, progress))
        return self._cache.obtain(
            digest,
            lambda part: fetch(
                url, part, digest, network=self._network, progress=progress, plain=self._plain
            ),
        )

    def _inside(self, url: str) -> str:
        return url.removeprefix(f"{self._address}/")

    def _read_index(self) -> tuple[Release, ...] | RtError:
        """Return the index, or why there is none: a server that did not answer is asked once."""
        try:
            return parse_index(self._document("index.json", INDEX_LIMIT))
        except NotPublished as error:
            return NotPublished(str(error), hint="name an address that has an index.json")
        except RtError as error:
            return error

    def _choices(self, release: Release, target: Target) -> list[tuple[str, Digest, str]]:
        """Return address, digest and guarantor of each archive of ``release`` for ``target``.

        First the smallest; from this machine itself, the one that takes the least time to unpack.
        """
        version = release.version
        found = [
            (
                joined(self._address, f"{version.tag}/{name}"),
                Digest.sha256(digest),
                self._word(version, name),
            )
            for name, digest in self.archives(version, target).items()
        ]
        if not found:
            raise NotPublished(
                f"node {version.tag} is not published for {target} at {bare(self._address)}"
            )
        return found[::-1] if self._near else found

    def _word(self, version: Version, name: str) -> str:
        """Return on whose word an archive counts: a signer's, else a lock's, else the server's."""
        listed = self.checksums(version)
        known = self._vouched.stand_in(version) if self._vouched else None
        return (
            known.checked if known and not listed.signer and name in known.files else listed.checked
        )

    def _read_shasums(self, version: Version) -> Checksums:
        """Return the list of checksums of ``version``, which has to agree with a lock's."""
        found = self._listed(version)
        if self._vouched:
            self._vouched.agrees(version, found.files, bare(self._address))
        return found

    def _listed(self, version: Version) -> Checksums:
        """Return the list; :class:`VerificationFailed` if nobody signed it."""
        base = f"{version.tag}/{LIST}"
        if self.name == "unofficial":  # never signed, so nothing is asked for in vain
            return self._unsigned(base)
        unasked = self._network.offline and not self._signature_here(base)
        if unasked and (self._allow_unsigned or self._locked(version)):
            # What the server had not cannot be asked for again.
            return self._without_signature(version, base)
        try:
            signed = self._document(f"{base}.asc", MAX_SHASUMS)
            found = check_shasums(signed, keys=self._keys, now=time.time())
            papers = {LIST: as_text(found.files), f"{LIST}.asc": signed}
        except NotPublished:
            try:
                signature = self._document(f"{base}.sig", SIGNATURE_LIMIT)
            except NotPublished:
                return self._without_signature(version, base)
            text = self._document(base, MAX_SHASUMS)
            found = check_shasums_detached(text, signature, keys=self._keys, now=time.time())
            papers = {LIST: text, f"{LIST}.sig": signature}
        for warning in found.warnings:
            self._say(warning)
        signer = found.signer
        by = f"signature of {signer.holder} ({signer.primary}), SHA-256"
        return Checksums(found.files, by, signer.primary, papers)

    def _without_signature(self, version: Version, base: str) -> Checksums:
        """Return on another word what is not signed, or raise :class:`VerificationFailed`."""
        if known := self._locked(version):
            return known
        if self._allow_unsigned:
            return self._unsigned(base)
        raise VerificationFailed(
            f"node {version.tag} is not signed at {bare(self._address)}: there is neither "
            "SHASUMS256.txt.asc nor SHASUMS256.txt.sig",
            hint="name a mirror that carries the signatures; --allow-unsigned does without",
        ) from None

    def _locked(self, version: Version) -> Checksums | None:
        """Return what a lock says, where that may stand in for a signature."""
        if self._vouched is None or self._own or (self._plain and not self._loopback):
            return None
        return self._vouched.stand_in(version)

    def _unsigned(self, base: str) -> Checksums:
        text = self._document(base, MAX_SHASUMS)
        how = "over TLS" if urlsplit(self._address).scheme == "https" else "of this machine"
        self._say(
            f"{bare(joined(self._address, base))} is not signed; its checksums are taken as they are"
        )
        checked_by = f"sha256 of SHASUMS256.txt {how}, no signature"
        return Checksums(parse_shasums(text), checked_by, papers={LIST: text})

    def _signature_here(self, base: str) -> bool:
        if self._packed:
            return any(f"{base}.{kind}" in self._packed.files for kind in ("asc", "sig"))
        addresses = (joined(self._address, f"{base}.{kind}") for kind in ("asc", "sig"))
        return any(
            local_path(parts).exists()
            if (parts := urlsplit(url)).scheme == "file"
            else self._cache.document(url)
            for url in addresses
        )

    def _document(self, path: str, limit: int) -> bytes:
        if self._packed:
            return self._packed.document(path, limit)
        return document(
            joined(self._address, path),
            limit,
            cache=self._cache,
            network=self._network,
            plain=self._plain,
        )


def _address(address: str | Path | None, channel: Channel) -> str:
    if address is None:
        return ADDRESS if channel == "release" else f"{CHANNELS}/{channel}"
    return address_of(address)


def unofficial(
    cache: Cache,
    network: Network,
    *,
    address: str | Path | None = None,
    say: Say = lambda line: None,
    vouched: Vouched | None = None,
) -> Dist:
    """Return the source of the unofficial builds, which their project does not sign."""
    return Dist(
        cache,
        network,
        address=UNOFFICIAL if address is None else address,
        allow_unsigned=True,
        say=say,
        name="unofficial",
        vouched=vouched,
    )
