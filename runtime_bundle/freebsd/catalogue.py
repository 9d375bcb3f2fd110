"""The packages of a repository: what is kept of each manifest, and how to find it again.

A catalogue may list 40,000 packages in 100 MB: it is read as it comes, and of each package only what
says where it is and what it needs is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rtinstall.runtime_bundle.archives.freebsd_sums import read_sum
from rtinstall.runtime_bundle.errors import UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.freebsd.abi import fits
from rtinstall.runtime_bundle.freebsd.manifests import lines, objects
from rtinstall.runtime_bundle.model import check_path
from rtinstall.runtime_bundle.verify import Algorithm, Digest

PACKAGES = 200_000
PATH = 1024  # characters
FIELD = 255
ALGORITHMS: Mapping[str, Algorithm] = {
    "sha256": "sha256", "blake2b": "blake2b", "blake2s": "blake2s",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """One package; ``sum`` as the catalogue has it, ``needs`` its dependencies by name with origins."""

    name: str
    version: str
    origin: str
    abi: str
    path: str
    sum: str
    size: int | None
    needs: tuple[tuple[str, str], ...]
    requires: tuple[str, ...]
    provides: tuple[str, ...]

    def __str__(self) -> str:
        """Return the name and the version, as pkg shows them."""
        return f"{self.name}-{self.version}"

    @property
    def file(self) -> str:
        """Return the name of its file as pkg makes it, wherever a repository has put it."""
        return f"{self}.pkg"

    @property
    def digest(self) -> Digest:
        """Return the digest of the package's file, or raise :class:`VerificationFailed`."""
        found = read_sum(self.sum)
        if found is None:
            raise VerificationFailed(f"the catalogue has no sum of {self} that is known here")
        algorithm, value = found
        return Digest.of(ALGORITHMS[algorithm], value)


@dataclass(frozen=True, slots=True)
class Packages:
    """Those of a repository that install on one ABI."""

    abi: str
    by_name: dict[str, list[Package]] = field(default_factory=dict)
    by_origin: dict[str, list[Package]] = field(default_factory=dict)
    libraries: set[str] = field(default_factory=set)


def on(abi: str, packages: Iterable[Package]) -> Packages:
    """Return those of ``packages`` that install on ``abi``; ``libraries`` is what all of them provide."""
    found = Packages(abi)
    fitting: dict[str, bool] = {}
    for package in packages:
        if package.abi not in fitting:
            fitting[package.abi] = fits(package.abi, abi)
        if fitting[package.abi]:
            found.by_name.setdefault(package.name, []).append(package)
            found.by_origin.setdefault(package.origin, []).append(package)
            found.libraries.update(package.provides)
    return found


def read(chunks: Iterable[bytes], layout: Literal["lines", "object"]) -> tuple[Package, ...]:
    """Read a catalogue, or raise :class:`UnsafeArchive` for one that is malformed anywhere."""
    found: dict[tuple[str, str, str], Package] = {}
    for manifest in lines(chunks) if layout == "lines" else objects(chunks):
        package = _package(manifest)
        if found.setdefault((package.name, package.version, package.abi), package) is not package:
            raise UnsafeArchive(f"the catalogue lists {package} twice")
        if len(found) > PACKAGES:
            raise UnsafeArchive(f"the catalogue lists more than {PACKAGES} packages")
    return tuple(found.values())


def _package(manifest: object) -> Package:
    if not isinstance(manifest, dict):
        raise UnsafeArchive("an entry of the catalogue is no object")
    name = _text(manifest, "name", "")
    version = _text(manifest, "version", name)
    path = _path(manifest, f"{name}-{version}")
    abi = _text(manifest, "abi" if "abi" in manifest else "arch", name)
    size = manifest.get("pkgsize")
    needs = manifest.get("deps", {})
    if not isinstance(needs, dict) or not (size is None or type(size) is int):
        raise UnsafeArchive(f"the entry of {name!r} in the catalogue is malformed")
    return Package(
        name,
        version,
        _text(manifest, "origin", name),
        sys.intern(abi),
        path,
        _text(manifest, "sum", name),
        size if size and size > 0 else None,
        tuple((sys.intern(_plain(n, name)), _origin(value, name)) for n, value in needs.items()),
        _names(manifest, "shlibs_required", name),
        _names(manifest, "shlibs_provided", name),
    )


def _text(manifest: dict[str, object], key: str, of: str) -> str:
    return _plain(manifest.get(key), of or "a package", key)


def _plain(value: object, of: str, key: str = "deps") -> str:
    if not isinstance(value, str) or not 0 < len(value) <= FIELD or not value.isprintable():
        raise UnsafeArchive(f"{key} of {of!r} in the catalogue is no text")
    return value


def _origin(value: object, of: str) -> str:
    origin = value.get("origin", "") if isinstance(value, dict) else None
    if not isinstance(origin, str):
        raise UnsafeArchive(f"a dependency of {of!r} in the catalogue is malformed")
    return sys.intern(origin)


def _names(manifest: dict[str, object], key: str, of: str) -> tuple[str, ...]:
    value = manifest.get(key, [])
    if not isinstance(value, list):
        raise UnsafeArchive(f"{key} of {of!r} in the catalogue is no list")
    return tuple(sys.intern(_plain(name, of, key)) for name in value)


def _path(manifest: dict[str, object], of: str) -> str:
    """Return where the package lies below the repository; ``path`` is the same for older clients."""
    paths = {manifest[key] for key in ("repopath", "path") if isinstance(manifest.get(key), str)}
    if len(paths) != 1:
        raise UnsafeArchive(f"the catalogue has no path, or two, for {of!r}")
    (path,) = paths
    check_path(str(path))
    if len(str(path)) > PATH:
        raise UnsafeArchive(f"the path of {of!r} in the catalogue is too long")
    return str(path)
