"""``.pkg``: a product archive of macOS (flat package): xar around two component packages.

The components are the runtime and npm, each with Bom, PackageInfo and Payload, and with no script.
The Distribution ties them together; its pages are localised.

Decisions:

* Receipts of a family of our own, ``<vendor>.<name>.node`` and ``.npm``, not upstream's: macOS would
  take one product for an upgrade of the other.
* A version is the upstream one; from the second packaging on the revision follows it as one number
  more, so that it compares as newer.
* The oldest macOS comes from the executable's own load command, never from a table.
* The payload is gzip: every macOS reads it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import BinaryIO

from rtinstall.platforms.containers import bom, xar
from rtinstall.platforms.macos.distribution import Component, distribution, package_info
from rtinstall.platforms.macos.pages import pages
from rtinstall.platforms.macos.payload import write_payload
from rtinstall.platforms.macos.place import components, place
from rtinstall.platforms.package import Effort, Metadata, Package
from rtinstall.platforms.scratch import scratch_file
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.unix import certificates
from rtinstall.runtime_bundle.errors import BadConfiguration, NotExpressible, NotPublished
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.model import Bundle, Entry, File
from rtinstall.runtime_bundle.targets import Arch

# As Distribution's hostArchitectures names them.
ARCHITECTURES: dict[Arch, str] = {
    "x64": "x86_64",
    "arm64": "arm64",
    "universal": "arm64,x86_64",
}
CHOICES = {"node": "runtime", "npm": "npm"}
# What XML 1.0 (2.2, "Char") has no way to write.
UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as macOS wants it.

    Raises :class:`NotPublished` for another system, :class:`BadConfiguration` for a place or a name
    that macOS has no room for, :class:`NotExpressible` for a licence that is not text, 4 GiB of files
    or more, or words that XML cannot hold, and :class:`WrongBinary` for an executable that cannot be
    read.
    """
    if bundle.target.os != "darwin":
        raise NotPublished(f"pkg has no packages for {bundle.target}")
    metadata = settings.metadata
    placed = replace(
        place(bundle, settings, identifier(metadata)),
        version=_version(str(bundle.version), metadata),
        architecture=ARCHITECTURES[bundle.target.arch],
    )
    # The Bom counts in 32 bits, which is less than the payload's 8 GiB a file.
    if placed.size > bom.MAX_SIZE:
        raise NotExpressible(f"the Bom of a macOS package cannot hold {placed.size} bytes")
    for word in (metadata.vendor, metadata.name, bundle.npm, _licence(bundle)):
        if bad := UNWRITABLE.search(word):
            raise NotExpressible(
                f"the texts of a macOS package cannot hold the character {bad[0]!r}"
            )
    _minimum(bundle)
    return placed


def filename(package: Package) -> str:
    """Return ``node-v24.19.0.pkg``, as upstream's, or ``node-v24.19.0-darwin-x64.pkg``."""
    bundle, name = package.bundle, package.metadata.name
    target = "" if bundle.target.arch == "universal" else f"-{bundle.target}"
    return f"{'node' if name == 'nodejs' else name}-{bundle.version.tag}{target}.pkg"


def identifier(metadata: Metadata) -> str:
    """Return the prefix of the receipts' names: the configured one, or made of vendor and name."""
    if metadata.macos.identifier:
        return metadata.macos.identifier
    parts = [re.sub("[^a-z0-9]+", "-", word.lower()).strip("-") for word in
             (metadata.vendor, metadata.name)]  # fmt: skip
    if not all(parts):
        raise BadConfiguration(
            f"no identifier can be made of the vendor {metadata.vendor!r}",
            hint="set macos.identifier in rtbuild.toml, such as com.acme.nodejs",
        )
    return ".".join(parts)


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the archive: Distribution, resources, then both components."""
    bundle, family = package.bundle, identifier(package.metadata)
    versions = {"node": package.version, "npm": _version(bundle.npm, package.metadata)}
    parts = [
        (_component(name, f"{family}.{name}", versions[name], entries), entries)
        for name, entries in components(package).items()
    ]
    with scratch_file(out) as scratch:
        heap = xar.Heap(scratch, package.time)
        heap.add(
            "Distribution",
            distribution(
                [component for component, _ in parts],
                title=f"Node.js {bundle.version}",
                identifier=family,
                version=package.version,
                architectures=package.architecture,
                minimum=_minimum(bundle),
            ),
        )
        for path, data in pages(_words(package)):
            heap.add(f"Resources/{path}", data)
        for component, entries in parts:
            heap.add(f"{component.folder}/PackageInfo", package_info(component))
            with heap.stored(f"{component.folder}/Payload") as member:
                paths = write_payload(entries, member, time=package.time, effort=effort)
            heap.add(f"{component.folder}/Bom", bom.encode(paths))
        heap.finish(out)


def _component(name: str, receipt: str, version: str, entries: tuple[Entry, ...]) -> Component:
    size = sum(entry.size for entry in entries if isinstance(entry, File))
    return Component(CHOICES[name], receipt, version, len(entries) + 1, size)


def _version(text: str, metadata: Metadata) -> str:
    return text if metadata.revision == 1 else f"{text}.{metadata.revision}"


def _minimum(bundle: Bundle) -> tuple[int, int] | None:
    return read_executable(bundle.file("bin/node").content).minimum


def _licence(bundle: Bundle) -> str:
    data = b"".join(bundle.file("LICENSE").content.chunks())
    try:
        return data.decode("utf-8-sig").replace("\f", "\n")  # a new page, in older licences
    except UnicodeDecodeError:
        raise NotExpressible(
            "LICENSE is not text in UTF-8, and the Installer shows it before it installs",
            hint="give a bundle whose LICENSE is text",
        ) from None


def _words(package: Package) -> dict[str, str]:
    """Return what the pages say of this package."""
    bundle, name = package.bundle, package.metadata.name
    end = f"/bin/uninstall-{name}"
    prefix = next(f.path.removesuffix(end) for f in package.files if f.path.endswith(end))
    trusted = certificates(prefix, name)
    return {
        "VERSION": str(bundle.version),
        "NPM": bundle.npm,
        "PREFIX": f"/{prefix}",
        "VENDOR": package.metadata.vendor,
        "UNINSTALL": f"/{prefix}{end}",
        "LICENCE": _licence(bundle),
        "CERTIFICATES": f"/{trusted}" if trusted in package.config else "",
    }
