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
from xml.etree.ElementTree import Element

from rtinstall.runtime_bundle.archives import cpio
from rtinstall.runtime_bundle.archives.archive import Archive, Metadata, opened
from rtinstall.runtime_bundle.archives.bom import BomEntry, Cksum, read_bom
from rtinstall.runtime_bundle.archives.compressed import codec_of, decompress
from rtinstall.runtime_bundle.archives.digests import plain
from rtinstall.runtime_bundle.archives.distribution import (
    Component,
    distribution_problems,
    product_facts,
    programs,
)
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import Stream, joined, up_to
from rtinstall.runtime_bundle.archives.xar import Xar, read_member, read_xar
from rtinstall.runtime_bundle.archives.xml import document
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.model import check_path

DISTRIBUTION, INFO = "Distribution", "PackageInfo"
BOM, PAYLOAD, SCRIPTS = "Bom", "Payload", "Scripts"
PBZX = b"pbzx"


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
            metadata |= product_facts(product)
            scripts += [f"{DISTRIBUTION}: {what}" for what in programs(product)]
            found += distribution_problems(product, components, xar)
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


def _component(reader: _Reader, folder: str) -> Component:
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
    return Component(
        folder,
        info.get("identifier", ""),
        info.get("version", ""),
        location,
        payload.get("numberOfFiles", "") if payload is not None else "",
        tuple(scripts),
    )


def _installed(
    reader: _Reader, component: Component, meter: Meter, problems: list[str]
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


def _facts(components: Iterable[Component]) -> Metadata:
    first, *_ = components
    return {
        "name": first.identifier,
        "version": first.version,
        "identifiers": [component.identifier for component in components],
        "components": [f"{c} {c.version} at /{c.location}" for c in components],
    }
