"""Read a yum repository from its folder: every file that repomd.xml names, every package they list.

From the format as createrepo writes it: what is listed is hashed and measured, the three files have
to list the same packages, and every package has to lie where it is said to.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import zstandard

URL = "http://linux.duke.edu/metadata"
REPO, COMMON, RPM = f"{{{URL}/repo}}", f"{{{URL}/common}}", f"{{{URL}/rpm}}"
FILES, OTHER = f"{{{URL}/filelists}}", f"{{{URL}/other}}"
EXPAND: Mapping[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    ".xml": lambda data: data,
}


@dataclass(frozen=True)
class Package:
    """Everything three files say of one package; ``texts`` and ``facts`` by element or attribute."""

    href: str
    pkgid: str
    texts: dict[str, str]
    facts: dict[str, dict[str, str]]
    relations: dict[str, list[tuple[tuple[str, str], ...]]]
    primary_files: list[tuple[str, str]]
    files: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Repository:
    revision: str
    timestamps: set[str]
    names: dict[str, str]
    packages: list[Package]


def read(root: Path) -> Repository:
    """Return the repository, or raise ValueError for whatever does not agree."""
    repomd = ElementTree.fromstring((root / "repodata/repomd.xml").read_bytes())
    if repomd.tag != f"{REPO}repomd":
        raise ValueError(f"repomd.xml is {repomd.tag}")
    names: dict[str, str] = {}
    found: dict[str, ElementTree.Element] = {}
    for data in repomd.iterfind(f"{REPO}data"):
        kind = data.attrib["type"]
        names[kind] = data.find(f"{REPO}location").attrib["href"]  # type: ignore[union-attr]
        packed = (root / names[kind]).read_bytes()
        if kind not in ("primary", "filelists", "other"):
            continue
        plain = EXPAND[Path(names[kind]).suffix](packed)
        _same(data, "checksum", packed, "size")
        _same(data, "open-checksum", plain, "open-size")
        found[kind] = ElementTree.fromstring(plain)
    lists = {kind: list(element) for kind, element in found.items()}
    for kind, element in found.items():
        if int(element.attrib["packages"]) != len(lists[kind]):
            raise ValueError(f"{kind} has {len(lists[kind])} packages")
    packages = [
        _package(root, *entries)
        for entries in zip(lists["primary"], lists["filelists"], lists["other"], strict=True)
    ]
    return Repository(
        repomd.findtext(f"{REPO}revision", ""),
        {element.text or "" for element in repomd.iterfind(f"{REPO}data/{REPO}timestamp")},
        names,
        packages,
    )


def _same(data: ElementTree.Element, checksum: str, content: bytes, size: str) -> None:
    element = data.find(f"{REPO}{checksum}")
    if element is None or hashlib.new(element.attrib["type"], content).hexdigest() != element.text:
        raise ValueError(f"the {checksum} of {data.attrib['type']} is wrong")
    if data.findtext(f"{REPO}{size}") != str(len(content)):
        raise ValueError(f"the {size} of {data.attrib['type']} is wrong")


def _package(root: Path, *entries: ElementTree.Element) -> Package:
    primary, files, other = entries
    checksum = primary.find(f"{COMMON}checksum")
    location = primary.find(f"{COMMON}location")
    form = primary.find(f"{COMMON}format")
    if checksum is None or location is None or form is None or not checksum.text:
        raise ValueError("a package lacks its checksum, location or format")
    data = (root / location.attrib["href"]).read_bytes()
    if hashlib.new(checksum.attrib["type"], data).hexdigest() != checksum.text:
        raise ValueError(f"{location.attrib['href']} is another file")
    if primary.find(f"{COMMON}size").attrib["package"] != str(len(data)):  # type: ignore[union-attr]
        raise ValueError(f"{location.attrib['href']} has another size")
    version = _version(primary, COMMON)
    named = (primary.findtext(f"{COMMON}name"), primary.findtext(f"{COMMON}arch"))
    for element, space in ((files, FILES), (other, OTHER)):
        said = (element.attrib["name"], element.attrib["arch"])
        if (element.attrib["pkgid"], said, _version(element, space)) != (
            checksum.text, named, version
        ):  # fmt: skip
            raise ValueError(f"{said} is listed as another package than {named}")
    return Package(
        location.attrib["href"],
        checksum.text,
        {
            element.tag.rpartition("}")[2]: element.text or ""
            for parent in (primary, form)
            for element in parent
            if not element.attrib and element.tag != f"{COMMON}file" and not len(element)
        },
        {
            element.tag.rpartition("}")[2]: dict(element.attrib)
            for parent in (primary, form)
            for element in parent
            if element.attrib and element.tag != f"{COMMON}file"
        },
        {
            group.tag.removeprefix(RPM): [tuple(sorted(entry.attrib.items())) for entry in group]
            for group in form
            if len(group)
        },
        [(file.text or "", file.get("type", "")) for file in form.iterfind(f"{COMMON}file")],
        [(file.text or "", file.get("type", "")) for file in files.iterfind(f"{FILES}file")],
        [
            (change.attrib["date"], change.attrib["author"], change.text or "")
            for change in other.iterfind(f"{OTHER}changelog")
        ],
    )


def _version(element: ElementTree.Element, space: str) -> dict[str, str]:
    version = element.find(f"{space}version")
    if version is None:
        raise ValueError("a package has no version")
    return dict(version.attrib)
