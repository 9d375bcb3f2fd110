"""Tar archives as nodejs.org has them: what installs from there installs from these.

What a system package would put elsewhere goes into the tree: an ``npmrc`` where npm looks for its
built-in configuration, certificates and further files at their path below the top folder. Nothing
sets NODE_EXTRA_CA_CERTS for the reader of an archive.

GNU's dialect for long names, which GNU tar, bsdtar, busybox and Python read; AIX's own tar knows
only ustar's prefix, and gets that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO

from rtinstall.platforms.compression import SUFFIX, open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.linux.place import NPM
from rtinstall.platforms.package import Codec, Effort, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Bundle, Entry, File, tree


@dataclass(frozen=True, slots=True)
class Tarball:
    """The format of one codec."""

    codec: Codec

    @property
    def name(self) -> str:
        """Return ``tar.xz`` or ``tar.gz``."""
        return f"tar{SUFFIX[self.codec]}"

    def package(self, bundle: Bundle, settings: Settings) -> Package:
        """Place ``bundle`` below the folder that upstream's archives have."""
        metadata = settings.metadata
        entries: list[Entry] = [*bundle.entries, *settings.extra]
        if settings.npmrc is not None:
            npmrc = File.of(f"{NPM}/npmrc", settings.npmrc)
            entries = [npmrc, *(entry for entry in entries if entry.path != npmrc.path)]
        if settings.certificates is not None:
            path = f"etc/{metadata.name}/ca-certificates.pem"
            entries.append(File.of(path, settings.certificates))
        top = _top(bundle)
        return Package(
            bundle=bundle,
            metadata=metadata,
            format=self.name,
            version=str(bundle.version),
            architecture=bundle.target.arch,
            entries=tree(replace(entry, path=f"{top}/{entry.path}") for entry in entries),
            time=bundle.released,
        )

    def filename(self, package: Package) -> str:
        """Return ``node-v24.19.0-linux-x64.tar.xz``."""
        return f"{_top(package.bundle)}.{self.name}"

    def write(self, package: Package, out: BinaryIO, effort: Effort) -> None:
        """Write every entry."""
        stream = open_stream(self.codec, out, effort)
        dialect: tar.Dialect = "pax" if package.bundle.target.os == "aix" else "gnu"
        for entry in package.entries:
            tar.append(stream, entry, entry.path, time=package.time, dialect=dialect)
        stream.write(tar.END)
        stream.close()


XZ = Tarball("xz")
GZIP = Tarball("gzip")


def _top(bundle: Bundle) -> str:
    return f"node-{bundle.version.tag}-{bundle.target}"
