"""Addresses of servers: which are usable, which redirects are followed, how they are shown to people.

Pure. Plain http is for this machine, or where the caller passes ``plain`` on the user's own word.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

from rtinstall.runtime_bundle.errors import BadConfiguration, DownloadFailed


def bare(url: str) -> str:
    """Return ``url`` without what may be secret: user, password, query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return repr(url[:80])
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def joined(base: str, path: str) -> str:
    """Return the address of ``path`` below ``base``, whose query (a mirror's token) is kept."""
    parts = urlsplit(base)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))


def checked(url: str, *, plain: bool = False) -> SplitResult:
    """Take an address apart, or raise :class:`BadConfiguration`."""
    if re.search(r"[\x00-\x20\x7f]", url):
        raise _unusable(repr(url[:80]))
    try:
        parts = urlsplit(url)
        usable = parts.port != 0  # ValueError for a port that is none
    except ValueError:
        raise _unusable(repr(url[:80])) from None
    if parts.scheme == "file" and parts.hostname in (None, "localhost"):
        return parts
    if parts.scheme not in ("http", "https") or not parts.hostname or not usable:
        raise _unusable(bare(url))
    if parts.scheme == "http" and not plain and not is_loopback(parts.hostname):
        raise BadConfiguration(
            f"{bare(url)} is not encrypted", hint="use the https:// address of the same server"
        )
    return parts


def _unusable(shown: str) -> BadConfiguration:
    return BadConfiguration(
        f"unusable address {shown}",
        hint="an address begins with https://, http:// or file:// and has no spaces",
    )


def local_path(parts: SplitResult) -> Path:
    """Return the path of a ``file:`` address."""
    return Path(url2pathname(parts.path))


def is_loopback(host: str) -> bool:
    """Say whether ``host`` is this machine, going by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return is_loopback(host)


def redirected(old: str, location: str, *, plain: bool = False) -> str:
    """Return where a redirect leads, or raise :class:`DownloadFailed` if it must not be followed.

    Followed is only HTTP, never from https to http, never from a public host to a private address.
    """
    before = urlsplit(old)
    if not location:
        raise DownloadFailed(f"{bare(old)} redirects to nowhere")
    try:
        new = urljoin(old, location)
        after = urlsplit(new)
    except ValueError:
        raise DownloadFailed(f"{bare(old)} redirects to no address") from None
    refused = f"refused to follow {bare(old)} to {bare(new)!r}"
    if after.scheme not in ("http", "https"):
        raise DownloadFailed(f"{refused}: it is not HTTP")
    if before.scheme == "https" and after.scheme == "http":
        raise DownloadFailed(f"{refused}: it is not encrypted")
    if _is_private(after.hostname or "") and not _is_private(before.hostname or ""):
        raise DownloadFailed(f"{refused}: it is a private address")
    try:
        checked(new, plain=plain)
    except BadConfiguration as error:
        raise DownloadFailed(f"{refused}: {error}") from None
    return new
