"""The two XML files that steer the Installer: ``Distribution`` of the product, ``PackageInfo`` of a part.

Distribution as in Apple's "Distribution Definition Reference", PackageInfo as pkgbuild writes it. No
element that runs a script is written, and none that lets files go elsewhere (``relocate`` is empty).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from rtinstall.runtime_bundle import __version__

# Title and description of each choice; Localizable.strings translates them.
TEXTS = {
    "runtime": ("Node.js runtime", "The program node, its C++ headers and its manual page."),
    "npm": ("npm package manager", "The programs npm and npx, which install packages."),
}


@dataclass(frozen=True, slots=True)
class Component:
    """One component package: what its receipt is called, and how much is in it.

    ``choice`` is the word by which ``installer -applyChoiceChangesXML`` knows it. ``paths`` counts
    every entry of the Bom, the root among them; ``size`` is in bytes.
    """

    choice: str
    identifier: str
    version: str
    paths: int
    size: int

    @property
    def folder(self) -> str:
        """Return the name of its directory in the archive."""
        return f"{self.identifier}.pkg"

    @property
    def kilobytes(self) -> str:
        """Return the size in KiB, rounded up."""
        return str(-(-self.size // 1024))


def package_info(component: Component) -> bytes:
    """Return ``PackageInfo``."""
    root = ET.Element(
        "pkg-info",
        {
            "format-version": "2",
            "identifier": component.identifier,
            "version": component.version,
            "install-location": "/",
            "auth": "root",
            # With "true", directories that exist, such as Homebrew's, get owner and mode of the Bom.
            "overwrite-permissions": "false",
            "relocatable": "false",
            "postinstall-action": "none",
            "generator-version": f"rtinstall-{__version__}",
        },
    )
    counts = {"numberOfFiles": str(component.paths), "installKBytes": component.kilobytes}
    ET.SubElement(root, "payload", counts)
    for name in (
        "bundle-version",
        "upgrade-bundle",
        "update-bundle",
        "atomic-update-bundle",
        "strict-identifier",
        "relocate",
    ):
        ET.SubElement(root, name)
    return _document(root)


def distribution(
    components: Sequence[Component],
    *,
    title: str,
    identifier: str,
    version: str,
    architectures: str,
    minimum: tuple[int, int] | None,
) -> bytes:
    """Return ``Distribution`` of the product ``identifier``; only its first choice cannot be refused.

    ``minimum`` is the oldest macOS to install on. Its pages are ``license.html``, ``welcome.html`` and
    ``conclusion.html`` among the resources.
    """
    # productbuild, too, asks for 2 where it writes allowed-os-versions.
    root = ET.Element("installer-gui-script", minSpecVersion="2")
    ET.SubElement(root, "title").text = title
    for page in ("welcome", "license", "conclusion"):
        ET.SubElement(root, page, {"file": f"{page}.html", "mime-type": "text/html"})
    ET.SubElement(
        root,
        "options",
        {
            "customize": "allow",
            "require-scripts": "false",
            # Without arm64 the Installer runs under Rosetta on Apple silicon, and asks to install it.
            "hostArchitectures": architectures,
            "rootVolumeOnly": "true",
        },
    )
    ET.SubElement(
        root,
        "domains",
        enable_anywhere="false",
        enable_currentUserHome="false",
        enable_localSystem="true",
    )
    if minimum:
        check = ET.SubElement(root, "volume-check")
        allowed = ET.SubElement(check, "allowed-os-versions")
        ET.SubElement(allowed, "os-version", min=f"{minimum[0]}.{minimum[1]}")
    outline = ET.SubElement(root, "choices-outline")
    for place, component in enumerate(components):
        ET.SubElement(outline, "line", choice=component.choice)
        name, description = TEXTS[component.choice]
        choice = ET.SubElement(
            root,
            "choice",
            id=component.choice,
            title=name,
            description=description,
            visible="true",
            start_selected="true",
            enabled="true" if place else "false",
        )
        if not place:
            choice.set("selected", "true")  # asked for again at every change, not only at the start
        ET.SubElement(choice, "pkg-ref", id=component.identifier)
    for component in components:
        reference = ET.SubElement(
            root, "pkg-ref", id=component.identifier, version=component.version,
            onConclusion="none", installKBytes=component.kilobytes, auth="Root",
        )  # fmt: skip
        reference.text = f"#{component.folder}"
    ET.SubElement(root, "product", id=identifier, version=version)
    return _document(root)


def _document(root: ET.Element) -> bytes:
    ET.indent(root, "    ")
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
