"""Tar archives as nodejs.org has them: what installs from there installs from these.

What a system package would put elsewhere goes into the tree, see :mod:`~rtinstall.platforms.top_folder`.
Nothing sets NODE_EXTRA_CA_CERTS for the reader of an archive.

GNU's dialect for long names, which GNU tar, bsdtar, busybox and Python read; AIX's own tar knows
only ustar's prefix, and gets that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from rtinstall.platforms.compression import SUFFIX, open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.package import Codec, Effort, Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.top_folder import place, top_folder
from rtinstall.platforms.unix import NPM
from rtinstall.runtime_bundle.model import Bundle


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
        return place(bundle, settings, format=self.name, npm=NPM)

    def filename(self, package: Package) -> str:
        """Return ``node-v24.19.0-linux-x64.tar.xz``."""
        return f"{top_folder(package.bundle)}.{self.name}"

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
