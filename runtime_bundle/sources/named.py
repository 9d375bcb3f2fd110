"""The words that people name a source with, and the source each of them is.

One place for both programs: a word, an address, or something on disk, told apart by what it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rtinstall.runtime_bundle.addresses import local_path
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.freebsd.keys import FREEBSD_KEYS, TrustedKey
from rtinstall.runtime_bundle.freebsd.meta import NAME as META
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import RuntimeSource, Say
from rtinstall.runtime_bundle.sources.checksums import Vouched
from rtinstall.runtime_bundle.sources.dist import UNOFFICIAL, Dist, unofficial
from rtinstall.runtime_bundle.sources.freebsd import FreeBsd
from rtinstall.runtime_bundle.sources.ibmi import IbmI
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.sources.npm import Npm
from rtinstall.runtime_bundle.sources.packed import UNOFFICIAL as INSIDE
from rtinstall.runtime_bundle.sources.packed import Packed, is_packed, open_packed
from rtinstall.runtime_bundle.sources.pip import Pip
from rtinstall.runtime_bundle.sources.yum_catalogue import REPOMD
from rtinstall.runtime_bundle.targets import FREEBSD
from rtinstall.runtime_bundle.versions import Channel

# freebsd, freebsd:15, freebsd+https://..., freebsd:15+https://.../${ABI}/latest, ibmi+https://...
REPOSITORY = re.compile(r"(?:freebsd(?::(?P<release>[^+]+))?|(?P<ibmi>ibmi))(?:\+(?P<address>.+))?")


@dataclass(frozen=True, slots=True)
class Ways:
    """How sources are reached, and what is believed of them.

    ``release`` is the one of FreeBSD, ``trusted`` who may sign its repositories. ``sha256`` is what a
    file on disk has to be; ``vouched`` are digests that servers are held to. ``say`` hears warnings.
    """

    cache: Cache
    network: Network
    say: Say
    channel: Channel = "release"
    allow_unsigned: bool = False
    release: str = FREEBSD[0]
    trusted: tuple[TrustedKey, ...] = FREEBSD_KEYS
    sha256: str | None = None
    vouched: Vouched | None = None


def source_named(name: str, ways: Ways) -> RuntimeSource:
    """Return the source that ``name`` means, or raise :class:`BadConfiguration`."""
    cache, network, say = ways.cache, ways.network, ways.say
    if named := REPOSITORY.fullmatch(name):
        if named["ibmi"]:
            return _ibmi(ways, named["address"])
        return _freebsd(ways, named["release"] or ways.release, named["address"])
    if name == "dist":
        return _dist(ways, None)
    if name == "unofficial" or name.rstrip("/") == UNOFFICIAL:
        return unofficial(cache, network, say=say, vouched=ways.vouched)
    if name == "pip":
        return Pip(cache, network)
    if name == "npm":
        return Npm(cache, network)
    path = local_path(urlsplit(name)) if name.startswith("file://") else Path(name)
    if (found := _packed(path)) is not None:
        return _dist(ways, str(path), found)
    if "://" in name:
        return _dist(ways, name)
    if (path / META).is_file():
        return _freebsd(ways, ways.release, path)
    if (path / REPOMD).is_file():
        return _ibmi(ways, path)
    if (path / "index.json").is_file():
        return _dist(ways, name)
    if path.exists():
        return Local(path, sha256=ways.sha256)
    raise BadConfiguration(
        f"{name!r} is no source",
        hint="a source is dist, unofficial, pip, npm, freebsd, ibmi, an address (https://...),"
        " freebsd+ or ibmi+ with one, or a path",
    )


def _packed(path: Path) -> Packed | None:
    """Return what a bundle holds, or the unofficial builds in one (``FILE/unofficial``)."""
    if is_packed(path):
        return open_packed(path)
    if path.name == INSIDE and is_packed(path.parent):
        return open_packed(path.parent).below(INSIDE)
    return None


def _dist(ways: Ways, address: str | None, files: Packed | None = None) -> Dist:
    return Dist(
        ways.cache,
        ways.network,
        address=address,
        channel=ways.channel,
        allow_unsigned=ways.allow_unsigned,
        say=ways.say,
        vouched=ways.vouched,
        packed=files,
    )


def _freebsd(ways: Ways, release: str, address: str | Path | None) -> FreeBsd:
    return FreeBsd(
        ways.cache,
        ways.network,
        address=address,
        release=release,
        trusted=ways.trusted,
        allow_unsigned=ways.allow_unsigned,
        say=ways.say,
        vouched=ways.vouched,
    )


def _ibmi(ways: Ways, address: str | Path | None) -> IbmI:
    return IbmI(ways.cache, ways.network, address=address, say=ways.say, vouched=ways.vouched)


def trusted_key(text: str) -> TrustedKey:
    """Return the key that ``text`` names, by a file or by its fingerprint."""
    path = Path(text)
    if not path.is_file():
        return TrustedKey.known_by(text)
    try:
        return TrustedKey.of(path.name, path.read_bytes())
    except OSError as error:
        raise BadConfiguration(f"cannot read {path}: {error.strerror}") from error
