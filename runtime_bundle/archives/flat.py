"""Flat packages of macOS: a product archive (Distribution and components), or a component alone.

A component is a PackageInfo, a Bom and a Payload (gzip of cpio, or plain cpio). The Installer lays
down the Payload and believes the Bom about owners and modes, so the two are held against each other.
Left out: the pbzx compression of Apple's own newest packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from rtinstall.runtime_bundle.archives import cpio
from rtinstall.runtime_bundle.archives.archive import Archive, Metadata, opened
from rtinstall.runtime_bundle.archives.bom import BomEntry, Cksum, read_bom
from rtinstall.runtime_bundle.archives.compressed import codec_of, decompress
from rtinstall.runtime_bundle.archives.digests import plain
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import Stream, joined, up_to
from rtinstall.runtime_bundle.archives.xar import Xar, document, read_member, read_xar
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import check_path

DISTRIBUTION, INFO, BOM, PAYLOAD, SCRIPTS = (
    "Distribution",
    "PackageInfo",
    "Bom",
    "Payload",
    "Scripts",
)
PBZX = b"pbzx"
ARCHITECTURES = {
    frozenset({"x86_64"}): "x64", frozenset({"arm64"}): "arm64",
    frozenset({"x86_64", "arm64"}): "universal",
}  # fmt: skip
# What the Installer shows, and where a Distribution is a program in JavaScript.
SHOWN = ("welcome", "readme", "license", "conclusion", "background", "background-darkAqua")
CODE = (
    "selected",
    "enabled",
    "visible",
    "start_selected",
    "start_enabled",
    "start_visible",
    "active",
)


@dataclass(frozen=True, slots=True)
class _Component:
    """What a PackageInfo says; ``folder`` is where in the archive it lies, with a slash, or empty."""

    folder: str
    identifier: str
    version: str
    location: str
    files: str
    scripts: tuple[str, ...]

    def __str__(self) -> str:
        return self.folder.rstrip("/") or self.identifier


@dataclass(frozen=True, slots=True)
class _Reader:
    """The opened file, its table of contents, and what it may cost; ``packed`` is its size."""

    file: BinaryIO
    xar: Xar
    limits: Limits
    packed: int

    def meter(self) -> Meter:
        return Meter(self.limits, self.packed)

    def data(self, name: str) -> bytes:
        """Return a file of the package's metadata, whose checksums have to be right."""
        problems: list[str] = []
        chunks = read_member(self.file, self.xar.files[name], problems)
        data = joined(chunks, self.limits.metadata, name)
        for problem in problems:
            raise UnsafeArchive(problem)
        return data

    def document(self, name: str) -> Element:
        """Return a file of XML."""
        return document(self.data(name), name)

    def members(self, name: str, meter: Meter, problems: list[str]) -> Iterator[Member]:
        """Yield what is in a Payload or Scripts."""
        member = self.xar.files[name]
        head = up_to(Stream(read_member(self.file, member, []), self.meter()), 6)
        if head.startswith(PBZX):
            raise NotReadable(
                f"{name} is compressed as pbzx, which is not read here",
                hint="pkgutil --expand-full unpacks it on a Mac",
            )
        codec = codec_of(head)
        chunks = read_member(self.file, member, problems)
        if codec is None:
            return cpio.members(Stream(chunks, meter), meter)
        return cpio.members(decompress(Stream(chunks, self.meter()), codec, meter), meter)


def open_flat(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read what a package says of itself, and prepare to read its payloads."""
    packed = path.stat().st_size
    with opened(path) as file:
        xar = read_xar(file, limits)
        reader = _Reader(file, xar, limits, packed)
        components = [
            _component(reader, name.removesuffix(INFO))
            for name in sorted(xar.files)
            if name == INFO or (name.endswith(f"/{INFO}") and name.count("/") == 1)
        ]
        if not components:
            raise NotReadable(f"{path} is a xar, but no package of macOS")
        metadata = _facts(components)
        scripts = [script for component in components for script in component.scripts]
        found: list[str] = []
        if DISTRIBUTION in xar.files:
            product = reader.document(DISTRIBUTION)
            metadata |= _product(product)
            scripts += [f"{DISTRIBUTION}: {what}" for what in _programs(product)]
            found += _distribution_problems(product, components, xar)
    if xar.signed:
        metadata["signed"] = [*xar.signed]

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        problems += found
        reader = _Reader(file, xar, limits, packed)
        meter = reader.meter()
        for name, member in xar.files.items():
            if name.rpartition("/")[2] != PAYLOAD:
                for chunk in read_member(file, member, problems):
                    meter.add(len(chunk))
        for component in components:
            yield from _installed(reader, component, meter, problems)

    return Archive(path, "pkg", metadata, tuple(scripts), [], members)


def _component(reader: _Reader, folder: str) -> _Component:
    info = reader.document(folder + INFO)
    if info.tag != "pkg-info" or not info.get("identifier") or not info.get("version"):
        raise UnsafeArchive(f"{folder}{INFO} names no identifier and version")
    location = info.get("install-location", "/").strip("/")
    if location:
        check_path(location)
    payload = info.find("payload")
    scripts = [f"{folder}{INFO}: {script.tag}" for script in info.findall("scripts/*")]
    if folder + SCRIPTS in reader.xar.files:
        for entry, _ in reader.members(folder + SCRIPTS, reader.meter(), []):
            if entry.kind != "directory":
                scripts.append(f"{folder}{SCRIPTS}/{plain(entry.name)}")
    return _Component(
        folder,
        info.get("identifier", ""),
        info.get("version", ""),
        location,
        payload.get("numberOfFiles", "") if payload is not None else "",
        tuple(scripts),
    )


def _installed(
    reader: _Reader, component: _Component, meter: Meter, problems: list[str]
) -> Iterator[Member]:
    """Yield what a component installs, and note where its Bom says something else."""
    bom: dict[str, BomEntry] = {}
    if component.folder + BOM in reader.xar.files:
        bom = read_bom(reader.data(component.folder + BOM), reader.limits)
    if component.files != str(len(bom)):
        problems.append(
            f"{component} says it has {component.files or 'no'} files, and its Bom lists {len(bom)}"
        )
    if component.folder + PAYLOAD in reader.xar.files:
        for entry, chunks in reader.members(component.folder + PAYLOAD, meter, problems):
            name = plain(entry.name)
            said = bom.pop(name, None)
            inside = "" if name == "." else name
            place = "/".join(filter(None, (component.location, inside))) or "."
            state = Cksum()
            summed = _summed(entry, chunks, state)
            yield replace(entry, name=place), summed
            for _ in summed:
                pass
            for difference in _differences(said, entry, state.value):
                problems.append(f"{component}: {place!r} {difference}")
    problems += [f"{component}: {name!r} is in the Bom, but not in the payload" for name in bom]


def _summed(entry: ArchiveEntry, chunks: Iterator[bytes], state: Cksum) -> Iterator[bytes]:
    if entry.kind == "symlink":
        state.update(entry.link.encode())
    for chunk in chunks:
        state.update(chunk)
        yield chunk


def _differences(said: BomEntry | None, entry: ArchiveEntry, checksum: int) -> Iterator[str]:
    if said is None:
        yield "is in the payload, but not in the Bom"
        return
    if said.mode != entry.mode:
        yield f"has mode {said.mode:04o} in the Bom, {entry.mode:04o} in the payload"
    if (said.uid, said.gid) != (entry.uid, entry.gid):
        owners = f"{said.uid}:{said.gid} in the Bom, {entry.uid}:{entry.gid} in the payload"
        yield f"is owned by {owners}"
    if entry.kind == "hardlink" or plain(entry.name).rpartition("/")[2].startswith("._"):
        return  # nothing more is said of these: the bytes are at another link, or a resource fork's
    if said.kind != entry.kind:
        yield f"is a {said.kind} in the Bom, a {entry.kind} in the payload"
    elif said.link != entry.link:
        yield f"leads to {said.link!r} in the Bom, to {entry.link!r} in the payload"
    elif entry.kind == "file" and said.size != entry.size:
        yield f"has {said.size} bytes in the Bom, {entry.size} in the payload"
    elif entry.kind in ("file", "symlink") and said.checksum != checksum:
        yield "has another checksum in the Bom than in the payload"


def _facts(components: Iterable[_Component]) -> Metadata:
    first, *_ = components
    return {
        "name": first.identifier,
        "version": first.version,
        "identifiers": [component.identifier for component in components],
        "components": [f"{c} {c.version} at /{c.location}" for c in components],
    }


def _product(product: Element) -> Metadata:
    """Return the facts of a Distribution, under Apple's names but for the three of every format."""
    if product.tag not in ("installer-gui-script", "installer-script"):
        raise UnsafeArchive("the Distribution is none")
    facts: Metadata = {}
    title = product.findtext("title", "").strip()
    if title:
        facts["name"] = title
    named = product.find("product")
    if named is not None:
        facts |= {"product": named.get("id", ""), "version": named.get("version", "")}
    for options in product.findall("options"):
        facts |= {key: value for key, value in options.attrib.items() if key not in facts}
        words = frozenset(options.get("hostArchitectures", "").replace(" ", "").split(","))
        if words in ARCHITECTURES:
            facts["architecture"] = ARCHITECTURES[words]
    versions = product.findall(".//allowed-os-versions/os-version")
    if versions:
        facts["os-version"] = [version.get("min", "") for version in versions]
    for domains in product.findall("domains"):
        facts["domains"] = [key for key, value in domains.attrib.items() if value == "true"]
    for element in product:
        if element.tag in SHOWN:
            facts[element.tag] = element.get("file", "")
    facts["choices"] = [
        f"{choice.get('id', '')}: {choice.get('title', '')}"
        for choice in product.findall("choice")
        if choice.find("pkg-ref") is not None
    ]
    return facts


def _programs(product: Element) -> Iterator[str]:
    """Yield each place where a Distribution runs JavaScript."""
    for element in product.iter():
        if element.tag == "script":
            yield "script"
        if element.get("script"):
            yield f"{element.tag} script"
        for name in CODE:
            if element.get(name, "true") not in ("true", "false"):
                yield f"{element.tag} {name}"


def _distribution_problems(
    product: Element, components: Iterable[_Component], xar: Xar
) -> Iterator[str]:
    """Yield what in a Distribution leads nowhere: the Installer refuses it, or leaves a part out."""
    by_folder = {component.folder.rstrip("/"): component for component in components}
    used = set()
    known: dict[str, bool] = {}
    for reference in product.iter("pkg-ref"):
        identifier, url = reference.get("id", ""), (reference.text or "").strip()
        known[identifier] = known.get(identifier, False) or bool(url)
        if not url:
            continue
        component = by_folder.get(unquote(url.removeprefix("#")))
        if component is None or not url.startswith("#"):
            yield f"the pkg-ref {identifier!r} leads to {url!r}, where no component is"
            continue
        used.add(component.folder)
        for what, ours, theirs in (
            ("identifier", identifier, component.identifier),
            ("version", reference.get("version", component.version), component.version),
        ):
            if ours != theirs:
                yield f"the pkg-ref {identifier!r} has {what} {ours!r}, {component} {theirs!r}"
    yield from (f"the pkg-ref {name!r} leads to no component" for name in known if not known[name])
    unused = (c for c in by_folder.values() if c.folder not in used)
    yield from (f"{component} is installed by no pkg-ref" for component in unused)
    choices = {choice.get("id", ""): choice for choice in product.findall("choice")}
    for line in product.iter("line"):
        name = line.get("choice", "")
        if name not in choices:
            yield f"the line {name!r} shows no choice"
        elif line.find("line") is None and choices[name].find("pkg-ref") is None:
            yield f"the choice {name!r} installs nothing"
    resources = {name.split("/", 2)[-1] for name in xar.files if ".lproj/" in name}
    resources |= {name.partition("/")[2] for name in xar.files if name.startswith("Resources/")}
    for element in product:
        if element.tag in SHOWN and element.get("file", "") not in resources:
            yield f"the file {element.get('file', '')!r} that {element.tag} shows is not there"
