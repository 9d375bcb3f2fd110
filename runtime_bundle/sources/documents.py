"""The small files of a server: indexes, lists of checksums, catalogues; kept, and asked for with ETag."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import read
from rtinstall.runtime_bundle.network import Network


def document(url: str, limit: int, *, cache: Cache, network: Network, plain: bool = False) -> bytes:
    """Return the file at ``url``, at most ``limit`` bytes: ours where the server says it still is good.

    Nothing of it is checked here. Raises what :func:`~rtinstall.runtime_bundle.download.read` raises.
    """
    on_disk = urlsplit(url).scheme == "file"
    ours = None if on_disk else cache.document(url)
    if ours and network.offline:
        return ours.data
    etag = ours.etag if ours else ""
    new = read(url, limit=limit, network=network, etag=etag, plain=plain)
    if new is None:
        return ours.data if ours else b""
    if not on_disk:
        cache.remember(url, new)
    return new.data


def address_of(place: str | Path) -> str:
    """Return an address as it is, and the one of a folder on disk."""
    if isinstance(place, Path) or ("://" not in place and not place.startswith("file:")):
        return Path(place).expanduser().resolve().as_uri()
    return place
