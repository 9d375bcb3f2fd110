"""What a yum repository says of itself: ``repomd.xml``, and of its packages ``primary.xml`` (createrepo).

Pure. Nothing is signed: repomd.xml has the digests of the other files, primary.xml those of the
packages. SHA-1 and MD5, which createrepo wrote until 2009 and still does when told to, protect
nothing and are refused. A reference has to stay inside the repository.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, urlsplit
from xml.etree.ElementTree import Element

from rtinstall.runtime_bundle.archives.xml import children, document
from rtinstall.runtime_bundle.errors import NotPublished, UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.model import UNSAFE
from rtinstall.runtime_bundle.sources.rpm_versions import FLAGS, Evr, Relation
from rtinstall.runtime_bundle.verify import Algorithm, Digest

REPOMD = "repodata/repomd.xml"
REPOMD_LIMIT = 1 << 20  # bytes
REPO = "{http://linux.duke.edu/metadata/repo}"
COMMON = "{http://linux.duke.edu/metadata/common}"
FILELISTS = "{http://linux.duke.edu/metadata/filelists}"
RPM = "{http://linux.duke.edu/metadata/rpm}"
BASE = "{http://www.w3.org/XML/1998/namespace}base"
ALGORITHMS: dict[str, Algorithm] = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
SIZE = re.compile(r"[0-9]{1,15}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,255}")
VERSION = re.compile(r"[A-Za-z0-9._+~^]{1,255}")


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest as it is written down; whether it is worth anything shows when it is used."""

    algorithm: str
    hexadecimal: str

    def digest(self, what: str) -> Digest:
        """Return the digest that ``what`` must have, or raise :class:`VerificationFailed`."""
        if self.algorithm not in ALGORITHMS:
            named = (
                f"only {self.algorithm[:20]!r}, which protects nothing"
                if self.algorithm
                else "none"
            )
            raise VerificationFailed(
                f"of the checksums of {what}, the repository has {named}",
                hint="its publisher can write it anew with SHA-256 (createrepo -s sha256)",
            )
        return Digest.of(ALGORITHMS[self.algorithm], self.hexadecimal)


@dataclass(frozen=True, slots=True)
class Data:
    """One file of the catalogue; sizes in bytes, None where repomd.xml does not say."""

    href: str
    checksum: Checksum
    open_checksum: Checksum | None
    size: int | None
    open_size: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """One package of primary.xml. ``base`` is an address of its own, which no package may have."""

    name: str
    arch: str
    evr: Evr
    checksum: Checksum
    size: int | None
    href: str
    base: str
    provides: tuple[Relation, ...]
    requires: tuple[Relation, ...]
    files: tuple[str, ...]

    def __str__(self) -> str:
        """Return ``nodejs20-20.11.1-1.ppc64``."""
        return f"{self.name}-{self.evr}.{self.arch}"

    @property
    def file(self) -> str:
        """Return the name of its file as rpm makes it, wherever a repository has put it."""
        return f"{self.name}-{self.evr.version}-{self.evr.release}.{self.arch}.rpm"


def parse_repomd(data: bytes) -> dict[str, Data]:
    """Return the files of the catalogue by type: ``primary``, ``filelists`` ..."""
    root = document(data, "repomd.xml", REPOMD_LIMIT, namespaces=True)
    if root.tag != f"{REPO}repomd":
        raise UnsafeArchive(f"repomd.xml is <{root.tag[:80]}>, not a repository's")
    found: dict[str, Data] = {}
    for element in root.iterfind(f"{REPO}data"):
        kind = element.get("type", "")
        if kind in found:
            raise UnsafeArchive(f"repomd.xml has {kind[:80]!r} twice")
        opened = element.find(f"{REPO}open-checksum")
        found[kind] = Data(
            _attribute(element, f"{REPO}location", "href"),
            _checksum(element.find(f"{REPO}checksum")),
            _checksum(opened) if opened is not None else None,
            _number(element.findtext(f"{REPO}size", "")),
            _number(element.findtext(f"{REPO}open-size", "")),
        )
    return found


def file_of(catalogue: dict[str, Data], kind: Literal["primary", "filelists"]) -> Data:
    """Return one file of the catalogue, or raise :class:`NotPublished`."""
    if kind not in catalogue:
        raise NotPublished(
            f"the repository has no {kind}.xml", hint="it needs one: createrepo_c writes it"
        )
    return catalogue[kind]


def parse_primary(chunks: Iterable[bytes]) -> Iterator[Listed]:
    """Yield the packages of primary.xml, one at a time."""
    for element in children(chunks, "primary.xml", f"{COMMON}metadata"):
        if element.tag == f"{COMMON}package" and element.get("type", "rpm") == "rpm":
            yield _package(element)


def parse_filelists(chunks: Iterable[bytes]) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the checksum of each package of filelists.xml with the paths of its files."""
    for element in children(chunks, "filelists.xml", f"{FILELISTS}filelists"):
        if element.tag == f"{FILELISTS}package":
            files = (file.text or "" for file in element.iterfind(f"{FILELISTS}file"))
            yield element.get("pkgid", ""), files


def inside(href: str, base: str = "") -> str:
    """Return a reference as the end of an address, or raise :class:`UnsafeArchive` if it leads outside.

    ``%`` stands for itself only where no two digits follow, as a browser has it.
    """
    plain = unquote(href)
    try:
        absolute = any(urlsplit(text)[:2] != ("", "") for text in (href, plain))
    except ValueError:
        absolute = True
    if base or absolute or UNSAFE.search(plain) or not plain.isprintable() or set("?#") & {*plain}:
        raise UnsafeArchive(f"the repository refers to {(base or href)[:120]!r}, outside of it")
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", href), safe="/%~+^@:=,!()$&'*;")


def _package(element: Element) -> Listed:
    name = element.findtext(f"{COMMON}name", "")
    arch = element.findtext(f"{COMMON}arch", "")
    version = element.find(f"{COMMON}version")
    if version is None or not NAME.fullmatch(name) or not NAME.fullmatch(arch):
        raise UnsafeArchive(
            f"primary.xml has a package without a name: {name[:80]!r} {arch[:80]!r}"
        )
    evr = _evr(version)
    if not VERSION.fullmatch(evr.version) or not VERSION.fullmatch(evr.release):
        raise UnsafeArchive(f"{name} in primary.xml has no version")
    location = element.find(f"{COMMON}location")
    form = element.find(f"{COMMON}format")
    within = form if form is not None else Element("format")
    return Listed(
        name,
        arch,
        evr,
        _checksum(element.find(f"{COMMON}checksum")),
        _number(_attribute(element, f"{COMMON}size", "package", "")),
        _attribute(element, f"{COMMON}location", "href"),
        location.get(BASE, "") if location is not None else "",
        tuple(_relations(within, "provides")),
        tuple(_relations(within, "requires")),
        tuple(file.text or "" for file in within.iterfind(f"{COMMON}file")),
    )


def _relations(element: Element, kind: str) -> Iterator[Relation]:
    for entry in element.iterfind(f"{RPM}{kind}/{RPM}entry"):
        name, sign = entry.get("name", ""), entry.get("flags", "")
        if not name or not name.isprintable() or (sign and sign not in FLAGS):
            raise UnsafeArchive(f"primary.xml has a relation to {name[:80]!r} {sign[:20]!r}")
        name = sys.intern(name)  # what one requires, others require or provide
        yield Relation(name, FLAGS[sign], _evr(entry)) if sign else Relation(name)


def _evr(element: Element) -> Evr:
    epoch = element.get("epoch") or "0"
    words = [element.get(key, "") for key in ("ver", "rel")]
    if not re.fullmatch("[0-9]{1,10}", epoch) or not all(map(str.isprintable, words)):
        raise UnsafeArchive(f"primary.xml has the version {epoch[:20]!r} {words!r:.80}")
    return Evr(int(epoch), *words)


def _checksum(element: Element | None) -> Checksum:
    if element is None:
        return Checksum("", "")
    return Checksum(element.get("type", ""), (element.text or "").strip())


def _attribute(element: Element, path: str, key: str, default: str | None = None) -> str:
    found = element.find(path)
    value = found.get(key) if found is not None else None
    if value is None and default is None:
        raise UnsafeArchive(f"the repository lists something without a {key}")
    return value or default or ""


def _number(text: str) -> int | None:
    return int(text) if SIZE.fullmatch(text.strip()) else None
