"""The Distribution of a macOS product archive (Apple, "Distribution Definition Reference").

It says which components are installed, by which choice and where, what the Installer shows, and may
be a program in JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from rtinstall.runtime_bundle.archives.archive import Metadata
from rtinstall.runtime_bundle.archives.xar import Xar
from rtinstall.runtime_bundle.errors import UnsafeArchive

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
class Component:
    """What a PackageInfo says; ``folder`` is where in the archive it lies, with a slash, or empty."""

    folder: str
    identifier: str
    version: str
    location: str
    files: str
    scripts: tuple[str, ...]

    def __str__(self) -> str:
        """Return the folder or, of a package of its own, the identifier."""
        return self.folder.rstrip("/") or self.identifier


def product_facts(product: Element) -> Metadata:
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


def programs(product: Element) -> Iterator[str]:
    """Yield each place where a Distribution runs JavaScript."""
    for element in product.iter():
        if element.tag == "script":
            yield "script"
        if element.get("script"):
            yield f"{element.tag} script"
        for name in CODE:
            if element.get(name, "true") not in ("true", "false"):
                yield f"{element.tag} {name}"


def distribution_problems(
    product: Element, components: Iterable[Component], xar: Xar
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
