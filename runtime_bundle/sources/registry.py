"""The npm registry: what is asked of it, and asking it as the user's ``.npmrc`` configures it.

The second is for machines without an npm client.

Read are the user's file (``~/.npmrc`` or ``NPM_CONFIG_USERCONFIG``) and the environment; a
project's file never, since it could name another registry. No registry is known here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from rtinstall.runtime_bundle.addresses import bare, joined
from rtinstall.runtime_bundle.download import MIB, Progress, fetch, read, size
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    MissingTool,
    NotPublished,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.verify import Digest, parse_integrity

LIST_LIMIT = 64 * MIB  # bytes; a package's list of versions names every file's digest
ABBREVIATED = "application/vnd.npm.install-v1+json"


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package, as the registry describes it."""

    name: str
    version: str
    tarball: str
    integrity: Digest


class Registry(Protocol):
    """A way to ask the user's registry."""

    def versions(self, name: str) -> tuple[str, ...]:
        """Return all versions of a package; nothing if there is no such package."""

    def describe(self, name: str, version: str) -> Package:
        """Return one version, or raise :class:`NotPublished`."""

    def size(self, package: Package) -> int | None:
        """Return how many bytes the package has, if that is known."""

    def download(self, package: Package, path: Path, progress: Progress, total: int | None) -> None:
        """Bring the package to ``path``; it is checked by the caller."""


def describe(found: object, name: str, version: str) -> Package:
    """Read what a registry says of one version of a package."""
    dist = found.get("dist") if isinstance(found, dict) else None
    tarball = dist.get("tarball") if isinstance(dist, dict) else None
    integrity = dist.get("integrity") if isinstance(dist, dict) else None
    if (
        not isinstance(found, dict)
        or (found.get("name"), found.get("version")) != (name, version)
        or not isinstance(tarball, str)
    ):
        raise DownloadFailed(f"the registry does not describe {name} {version}, but something else")
    if not isinstance(integrity, str):
        raise VerificationFailed(
            f"the registry has no integrity for {name} {version}",
            hint="use a registry that has, or another --source",
        )
    return Package(name, version, tarball, parse_integrity(integrity))


@dataclass(frozen=True, slots=True)
class HttpRegistry:
    """A registry at ``address``; ``authorization`` is a header for its own host alone."""

    address: str
    network: Network
    authorization: str = ""

    def versions(self, name: str) -> tuple[str, ...]:
        """Return all versions of a package."""
        try:
            found = self._json(name, {"Accept": ABBREVIATED})
        except NotPublished:
            return ()
        listed = found.get("versions")
        if not isinstance(listed, dict):
            raise DownloadFailed(f"{bare(self.address)} does not list versions of {name}")
        return tuple(listed)

    def describe(self, name: str, version: str) -> Package:
        """Return one version of a package."""
        try:
            found = self._json(f"{name}/{version}", {})
        except NotPublished:
            raise NotPublished(f"there is no {name} {version} in the registry") from None
        return describe(found, name, version)

    def size(self, package: Package) -> int | None:
        """Ask whoever serves the package."""
        return size(
            package.tarball,
            network=self.network,
            headers=self._headers(package.tarball),
            plain=self._plain,
        )

    def download(self, package: Package, path: Path, progress: Progress, total: int | None) -> None:
        """Fetch the package, continuing what is there of it."""
        fetch(
            package.tarball,
            path,
            package.integrity,
            network=self.network,
            progress=progress,
            headers=self._headers(package.tarball),
            plain=self._plain,
        )

    @property
    def _plain(self) -> bool:
        return urlsplit(self.address).scheme == "http"

    def _headers(self, url: str) -> dict[str, str]:
        same = urlsplit(url)[:2] == urlsplit(self.address)[:2]
        return {"Authorization": self.authorization} if self.authorization and same else {}

    def _json(self, path: str, headers: Mapping[str, str]) -> dict[str, object]:
        url = joined(self.address, path)
        document = read(
            url,
            limit=LIST_LIMIT,
            network=self.network,
            headers={**headers, **self._headers(url)},
            plain=self._plain,
        )
        try:
            found = json.loads(document.data) if document else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise DownloadFailed(f"{bare(url)} is no answer of a package registry")
        return found


def configured(network: Network, environment: Mapping[str, str] = os.environ) -> HttpRegistry:
    """Return the registry the user configured, or raise :class:`MissingTool` if there is none."""
    settings = _settings(environment)
    address = settings.get("registry", "")
    if not address:
        raise MissingTool(
            "there is no npm on this machine, and no registry is configured for it",
            hint="install npm, or set registry=https://... in ~/.npmrc or NPM_CONFIG_REGISTRY",
        )
    cafile = settings.get("cafile")
    if cafile and network.ca is None:
        network = replace(network, ca=Path(cafile).expanduser())
    return HttpRegistry(address.rstrip("/"), network, _authorization(address, settings))


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of the user's file, and over them those of the environment."""
    own = {
        key[len("npm_config_") :].lower(): value
        for key, value in environment.items()
        if key.lower().startswith("npm_config_") and value
    }
    file = Path(own.get("userconfig") or Path.home() / ".npmrc")
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith(("#", ";")):
            found[key.strip()] = _expanded(value.strip().strip("\"'"), environment)
    return {**found, **own}


def _expanded(value: str, environment: Mapping[str, str]) -> str:
    """Replace ``${NAME}``, as npm does; a name that is not set stays as it is."""
    return re.sub(r"\$\{(\w+)\}", lambda match: environment.get(match[1], match[0]), value)


def _authorization(address: str, settings: Mapping[str, str]) -> str:
    """Return the header for ``address``: npm keys tokens by address without scheme, parents too."""
    parts = urlsplit(address)
    path = f"//{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/"
    while path != "//":
        if token := settings.get(f"{path}:_authToken"):
            return f"Bearer {token}"
        if basic := settings.get(f"{path}:_auth"):
            return f"Basic {basic}"
        path = f"{path.rstrip('/').rpartition('/')[0]}/"
    return ""
