"""The packages of a repository: what is kept of each manifest, and how to find it again.

A catalogue may list 40,000 packages in 100 MB: it is read as it comes, and of each package only what
says where it is and what it needs is kept.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rtinstall.runtime_bundle.archives.freebsd_sums import read_sum
from rtinstall.runtime_bundle.errors import UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.freebsd.abi import fits
from rtinstall.runtime_bundle.model import check_path
from rtinstall.runtime_bundle.verify import Algorithm, Digest

MANIFEST_LIMIT = 1 << 20  # bytes of one package's manifest; the longest has about 100 KiB
PACKAGES = 200_000
PATH = 1024  # characters
FIELD = 255
BLANKS = " \t\r\n"
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
    for manifest in _lines(chunks) if layout == "lines" else _objects(chunks):
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


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnsafeArchive("an entry of the catalogue is no JSON") from None


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise UnsafeArchive("the catalogue is not UTF-8") from None


def _lines(chunks: Iterable[bytes]) -> Iterator[object]:
    """Yield what each line holds; the last may lack its end."""
    held = ""
    for text in _decoded(chunks):
        *whole, held = (held + text).split("\n")
        if max(len(held), max(map(len, whole), default=0)) > MANIFEST_LIMIT:
            raise UnsafeArchive(
                f"a line of the catalogue has more than {MANIFEST_LIMIT} characters"
            )
        for line in whole:
            if line.strip(BLANKS):
                yield _json(line)
    if held.strip(BLANKS):
        yield _json(held)


class _Reader:
    """JSON that is taken apart while it arrives."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = _decoded(chunks)
        self._held = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        text = next(self._chunks, None)
        if text is None:
            return False
        self._held = self._held[self._at :] + text
        self._at = 0
        return True

    def take(self, marks: str) -> str:
        """Take the next character, one of ``marks``, or raise :class:`UnsafeArchive`."""
        mark = self.peek()
        if mark not in marks:
            raise UnsafeArchive("the catalogue is cut short or no JSON")
        self._at += 1
        return mark

    def peek(self) -> str:
        """Return the next character that is not blank; a NUL at the end."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in BLANKS:
                    return self._held[self._at]
                self._at += 1
            if not self._more():
                return "\0"

    def value(self) -> object:
        """Take the next text, list or object."""
        if self.peek() not in '"[{':
            raise UnsafeArchive("the catalogue is cut short or no JSON")
        while True:
            try:
                found, self._at = self._decoder.raw_decode(self._held, self._at)
            except RecursionError:
                raise UnsafeArchive("an entry of the catalogue is nested too deeply") from None
            except ValueError:
                if len(self._held) - self._at > MANIFEST_LIMIT or not self._more():
                    raise UnsafeArchive("an entry of the catalogue is no JSON") from None
            else:
                return found


def _objects(chunks: Iterable[bytes]) -> Iterator[object]:
    """Yield the elements of the list ``packages`` in the one object there is."""
    reader = _Reader(chunks)
    reader.take("{")
    more = reader.peek() != "}"
    seen = False
    while more:
        key = reader.value()
        reader.take(":")
        if key != "packages":
            reader.value()
        elif seen:
            raise UnsafeArchive("the catalogue has two lists of packages")
        else:
            seen = True
            reader.take("[")
            if reader.peek() == "]":
                reader.take("]")
            else:
                yield reader.value()
                while reader.take(",]") == ",":
                    yield reader.value()
        more = reader.take(",}") == ","
    if not seen:
        raise UnsafeArchive("the catalogue has no list of packages")
    reader.take("\0")
