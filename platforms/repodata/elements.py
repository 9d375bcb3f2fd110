"""One package as an element of each file of the catalogue: primary.xml, filelists.xml, other.xml."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rtinstall.platforms.containers.rpm_header import Tag
from rtinstall.platforms.repodata.facts import RELATIONS, WEAK, Listed, Relation, is_primary

Compat = Literal["dnf", "ibmi"]
Document = Literal["primary", "filelists", "other"]
NAMESPACE = "http://linux.duke.edu/metadata"
ROOT: Mapping[Document, tuple[str, str]] = {
    "primary": ("metadata", f'xmlns="{NAMESPACE}/common" xmlns:rpm="{NAMESPACE}/rpm"'),
    "filelists": ("filelists", f'xmlns="{NAMESPACE}/filelists"'),
    "other": ("otherdata", f'xmlns="{NAMESPACE}/other"'),
}
# XML 1.0, 2.2: characters that no document may hold in any form.
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def primary(listed: Listed, compat: Compat) -> Element:
    """Return the entry that decides what is installed; one for yum 3.4 has no weak dependencies."""
    package = Element("package", type="rpm")
    _text(package, "name", listed.name)
    _text(package, "arch", listed.arch)
    _version(package, listed)
    _text(package, "checksum", listed.sha256, type="sha256", pkgid="YES")
    _text(package, "summary", listed.texts[Tag.SUMMARY])
    _text(package, "description", listed.texts[Tag.DESCRIPTION])
    _text(package, "packager", listed.texts[Tag.PACKAGER])
    _text(package, "url", listed.texts[Tag.URL])
    SubElement(package, "time", file=str(listed.built), build=str(listed.built))
    SubElement(
        package,
        "size",
        package=str(listed.size),
        installed=str(listed.installed),
        archive=str(listed.archive),
    )
    SubElement(package, "location", href=_plain(listed.href))
    form = SubElement(package, "format")
    _text(form, "rpm:license", listed.texts[Tag.LICENSE])
    _text(form, "rpm:vendor", listed.texts[Tag.VENDOR])
    _text(form, "rpm:group", listed.texts[Tag.GROUP])
    _text(form, "rpm:buildhost", listed.texts[Tag.BUILDHOST])
    _text(form, "rpm:sourcerpm", listed.texts[Tag.SOURCERPM])
    start, end = listed.range
    SubElement(form, "rpm:header-range", start=str(start), end=str(end))
    for kind in RELATIONS:
        if listed.relations[kind] and not (compat == "ibmi" and kind in WEAK):
            group = SubElement(form, f"rpm:{kind}")
            for relation in listed.relations[kind]:
                _entry(group, relation)
    for path, kind_of_file in listed.files:
        if is_primary(path):
            _text(form, "file", path, **_typed(kind_of_file))
    return package


def filelists(listed: Listed, compat: Compat) -> Element:
    """Return every path of the package."""
    package = _identified(listed)
    for path, kind in listed.files:
        _text(package, "file", path, **_typed(kind))
    return package


def other(listed: Listed, compat: Compat) -> Element:
    """Return the change log."""
    package = _identified(listed)
    for time, author, text in listed.changes:
        _text(package, "changelog", text, author=_plain(author), date=str(time))
    return package


ELEMENT: Mapping[Document, Callable[[Listed, Compat], Element]] = {
    "primary": primary,
    "filelists": filelists,
    "other": other,
}


def head(file: Document, count: int) -> bytes:
    """Return how a file of ``count`` packages begins."""
    name, namespaces = ROOT[file]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {namespaces} packages="{count}">\n'
    ).encode()


def tail(file: Document) -> bytes:
    """Return how a file ends."""
    return f"</{ROOT[file][0]}>\n".encode()


def encoded(element: Element) -> bytes:
    """Return an element in UTF-8, a line for each element in it."""
    indent(element)
    return tostring(element, "unicode").encode() + b"\n"


def _identified(listed: Listed) -> Element:
    package = Element(
        "package", pkgid=listed.sha256, name=_plain(listed.name), arch=_plain(listed.arch)
    )
    _version(package, listed)
    return package


def _version(package: Element, listed: Listed) -> None:
    evr = listed.evr
    SubElement(
        package,
        "version",
        epoch=str(evr.epoch),
        ver=_plain(evr.version),
        rel=_plain(evr.release),
    )


def _entry(group: Element, relation: Relation) -> None:
    facts = {"name": _plain(relation.name)}
    if relation.sign:
        facts |= {"flags": relation.sign, "epoch": str(relation.evr.epoch)}
        facts |= {"ver": _plain(relation.evr.version)} if relation.evr.version else {}
        facts |= {"rel": _plain(relation.evr.release)} if relation.evr.release else {}
    if relation.before:
        facts["pre"] = "1"
    SubElement(group, "rpm:entry", facts)


def _typed(kind: str) -> dict[str, str]:
    return {"type": kind} if kind else {}


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _plain(text)


def _plain(text: str) -> str:
    return NO_CHARACTER.sub("", text)
