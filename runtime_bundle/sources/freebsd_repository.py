"""Reading a FreeBSD package repository: its files, then whose they are, then what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rtinstall.runtime_bundle.addresses import bare, joined
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.errors import NotPublished, Unreachable, VerificationFailed
from rtinstall.runtime_bundle.freebsd import archive, catalogue
from rtinstall.runtime_bundle.freebsd.catalogue import Package
from rtinstall.runtime_bundle.freebsd.keys import TrustedKey
from rtinstall.runtime_bundle.freebsd.meta import NAME as META
from rtinstall.runtime_bundle.freebsd.meta import Catalogue, Meta, parse_meta
from rtinstall.runtime_bundle.freebsd.signature import check_signature
from rtinstall.runtime_bundle.freebsd.ucl import LIMIT as META_LIMIT
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import Say
from rtinstall.runtime_bundle.sources.documents import document


@dataclass(frozen=True, slots=True)
class Repository:
    """The packages at an address, and on whose word; ``papers`` are the files that say so.

    ``signer`` is the fingerprint of the key that signed the catalogue, empty for none.
    """

    address: str
    packages: tuple[Package, ...]
    checked: str
    signer: str
    papers: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a repository is reached, and what is believed of it; ``say`` hears warnings."""

    cache: Cache
    network: Network
    trusted: tuple[TrustedKey, ...]
    allow_unsigned: bool
    say: Say


def read_repository(address: str, terms: Terms) -> Repository:
    """Return what is at ``address``.

    Raises :class:`NotPublished` where there is none, :class:`VerificationFailed` for a signature that
    is missing or wrong, :class:`NotReadable` or :class:`UnsafeArchive` for what is malformed, and what
    a download raises.
    """
    stated = _document(address, META, META_LIMIT, terms)
    meta = Meta() if stated is None else parse_meta(stated)
    for each in meta.catalogues:
        for name in each.archives:
            packed = _document(address, name, archive.PACKED_LIMIT, terms)
            if packed is not None:
                papers = {name: packed, **({} if stated is None else {META: stated})}
                return Repository(address, *_opened(address, each, packed, terms), papers)
    if terms.network.offline and urlsplit(address).scheme != "file":
        raise Unreachable(
            f"{bare(address)} is not in the cache, and the network is switched off",
            hint="run it once without --offline",
        )
    raise NotPublished(
        f"there is no FreeBSD package repository at {bare(address)}: neither "
        f"{' nor '.join(each.archives[0] for each in meta.catalogues)}",
        hint="check the address, and that it serves this target: name one with --target",
    )


def _opened(
    address: str, found: Catalogue, packed: bytes, terms: Terms
) -> tuple[tuple[Package, ...], str, str]:
    """Check the signature, then read; return the packages, on whose word, and the signer."""
    sealed = archive.seal(packed, found.member)
    signer = check_signature(sealed, terms.trusted)
    if signer is not None:
        checked = f"repository signature of {signer.name} ({signer.fingerprint})"
    elif terms.allow_unsigned:
        how = "over TLS" if urlsplit(address).scheme == "https" else "of this machine"
        checked = f"catalogue {how}, no signature"
        terms.say(f"{bare(address)} is not signed; its sums are taken as they are")
    else:
        raise VerificationFailed(
            f"the repository at {bare(address)} is not signed",
            hint="name one that is; --allow-unsigned does without",
        )
    packages = catalogue.read(archive.content(packed, found.member), found.layout)
    return packages, checked, signer.fingerprint if signer else ""


def _document(address: str, name: str, limit: int, terms: Terms) -> bytes | None:
    """Return a file of the repository; None where there is none, or offline, none of it here."""
    try:
        return document(
            joined(address, name),
            limit,
            cache=terms.cache,
            network=terms.network,
            plain=urlsplit(address).scheme == "http",
        )
    except NotPublished:
        return None
    except Unreachable:
        if not terms.network.offline:
            raise
        return None
