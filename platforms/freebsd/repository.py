"""The catalogue of a FreeBSD package repository (pkg-repository(5)): facts of packages in, bytes out.

Decisions:

* Both catalogues are written: ``data.pkg``, which pkg reads since 1.21, and ``packagesite.pkg`` for
  everybody else; each file is whole in itself. ``files.pkg`` is not: only ``pkg rwhich`` reads it.
* Sums are bare hexadecimal SHA-256, which every pkg reads; the BLAKE2b that ``pkg repo`` writes since
  2.8 only newer ones do.
* A signature is there in both forms that a client can ask for: ``signature`` for those who have the
  public key, ``X.sig`` with ``X.pub`` for those who have its fingerprint. pkg looks for its own and
  passes over the other.
* One version of a name. With several, ``pkg install`` takes the newest, but ``pkg upgrade`` compares
  them as texts and stops at 24.9.0 where there is 24.10.0.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.package import Effort
from rtinstall.runtime_bundle.errors import BadConfiguration, UnsafeArchive
from rtinstall.runtime_bundle.freebsd.abi import legacy
from rtinstall.runtime_bundle.freebsd.versions import newest_last

# As pkg repo writes it, and for clients before 1.13 under the name "meta", too.
META = b"""\
version = 2;
packing_format = "tzst";
manifests = "packagesite.yaml";
data = "data";
filesite = "files";
manifests_archive = "packagesite";
filesite_archive = "files";
"""
MANIFESTS, DATA = "packagesite", "data"
# What a client's database cannot be without (libpkg/repo/binary/binary_private.h).
REQUIRED = ("name", "origin", "version", "comment", "maintainer", "www", "prefix", "desc", "abi")
ABI = re.compile(r"FreeBSD:([0-9]{1,3}|\*):([a-z0-9]+|\*)|\*")
# pkg's own order. What a package has inside, and what runs at its installation, is not in a catalogue.
ORDER = (
    "name", "origin", "version", "comment", "maintainer", "www", "abi", "arch", "prefix", "sum",
    "flatsize", "dep_formula", "path", "repopath", "licenselogic", "licenses", "pkgsize", "vital",
    "desc", "deps", "categories", "users", "groups", "shlibs_required", "shlibs_required_ignore",
    "shlibs_provided", "shlibs_provided_ignore", "conflicts", "provides", "requires", "options",
    "annotations", "messages",
)  # fmt: skip
GROUP = "wheel"
EFFORT = Effort("max")

Sign = Callable[[str, bytes], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A package of the repository: its manifest, its place below the root, size in bytes, SHA-256."""

    manifest: Mapping[str, object]
    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Return the package's name."""
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        """Return the package's version."""
        return str(self.manifest["version"])

    @property
    def abi(self) -> str:
        """Return whom it is for."""
        return str(self.manifest["abi"])

    def __str__(self) -> str:
        """Return name and version, as pkg shows them."""
        return f"{self.name}-{self.version}"


def admitted(packages: Iterable[Listed]) -> tuple[tuple[Listed, ...], tuple[Listed, ...]]:
    """Return the newest of each name, sorted, and those that are left out for it.

    Raises :class:`UnsafeArchive` for a manifest that no client could use, :class:`BadConfiguration`
    for a package that is there twice, or for packages of several systems.
    """
    found: dict[str, list[Listed]] = {}
    for package in sorted(packages, key=lambda package: package.path.encode()):
        _check(package)
        for other in found.setdefault(package.name, []):
            if other.version == package.version:
                raise BadConfiguration(
                    f"{package} is there twice: {other.path} and {package.path}",
                    hint="remove one of them",
                )
        found[package.name].append(package)
    _one_system(package for packages in found.values() for package in packages)
    newest, older = [], []
    for name in sorted(found, key=str.encode):
        *rest, last = sorted(found[name], key=lambda package: newest_last(package.version))
        newest.append(last)
        older += rest
    return tuple(newest), tuple(older)


def abi_of(packages: Iterable[Listed]) -> str:
    """Return the ABI that ``packages`` are for; one of ``*`` alone where none of them names a system."""
    stated = sorted({package.abi for package in packages})
    return next((abi for abi in stated if "*" not in abi), stated[-1] if stated else "*")


def catalogues(packages: Sequence[Listed], sign: Sign | None) -> dict[str, bytes]:
    """Return the files of a repository by name, those first that a client reads last.

    ``sign`` is given the name of a catalogue and its bytes, and returns the members that sign it.
    """
    entries = [_json(entry(package)) for package in packages]
    lines = b"".join(line + b"\n" for line in entries)
    whole = b'{"groups":[],"expired_packages":[],"packages":[' + b",".join(entries) + b"]}"
    return {
        f"{MANIFESTS}.pkg": _archive(f"{MANIFESTS}.yaml", lines, sign),
        f"{DATA}.pkg": _archive(DATA, whole, sign),
        "meta": META,
        "meta.conf": META,
    }


def entry(package: Listed) -> dict[str, object]:
    """Return what the catalogue says of a package."""
    known = {
        **package.manifest,
        "arch": legacy(package.abi),
        "sum": package.sha256,
        "path": package.path,
        "repopath": package.path,
        "pkgsize": package.size,
    }
    return {key: known[key] for key in ORDER if key in known}


def _archive(name: str, content: bytes, sign: Sign | None) -> bytes:
    """Return a tar of the signatures and what they sign, compressed, without time and owner."""
    out = io.BytesIO()
    stream = open_stream("zstd", out, EFFORT)
    signatures = sign(name, content) if sign else {}
    for member, data in {**signatures, name: content}.items():
        tar.append_data(stream, member, data, time=0, group=GROUP, dialect="pax")
    stream.write(tar.END)
    stream.close()
    return out.getvalue()


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _check(package: Listed) -> None:
    for key in REQUIRED:
        if not isinstance(package.manifest.get(key), str) or not package.manifest[key]:
            raise UnsafeArchive(f"the manifest of {package.path} has no {key}")
    if not ABI.fullmatch(package.abi):
        raise UnsafeArchive(f"{package} is for {package.abi[:80]!r}, which is no FreeBSD")


def _one_system(packages: Iterator[Listed]) -> None:
    """Raise :class:`BadConfiguration` unless all packages install on one system; ``*`` stands for any."""
    first: Listed | None = None
    for package in packages:
        if "*" in package.abi:
            continue
        if first is None:
            first = package
        elif package.abi != first.abi:
            raise BadConfiguration(
                f"there are packages of two systems: {first.path} is for {first.abi}, and "
                f"{package.path} for {package.abi}",
                hint="a repository is for one of them: have a folder for each, named by its ABI",
            )
