"""The mapping of formats: a name, and the module that writes it. Adding one is a file and a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rtinstall.platforms.freebsd import pkg as freebsd
from rtinstall.platforms.ibmi import rpm as ibmi
from rtinstall.platforms.linux import apk, arch, deb, rpm, tarball
from rtinstall.platforms.macos import pkg
from rtinstall.platforms.package import Format
from rtinstall.platforms.windows import msi, zip
from rtinstall.platforms.windows.place import product_version
from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.versions import Version

FORMATS: dict[str, Format] = {
    "deb": deb,
    "rpm": rpm,
    "apk": apk,
    "arch": arch,
    "msi": msi,
    "zip": zip,
    "pkg": pkg,
    "ibmi": ibmi,
    "freebsd": freebsd,
    "tar.xz": tarball.XZ,
    "tar.gz": tarball.GZIP,
}

# The formats that cannot hold some versions, and what raises NotExpressible for these, with a text
# that begins with the format's name.
VERSIONS: dict[str, Callable[[Version], object]] = {"msi": product_version}


def inexpressible(names: Iterable[str], version: Version) -> dict[str, NotExpressible]:
    """Return which of the formats ``names`` cannot hold ``version``, and why."""
    found = {}
    for name in names:
        if name in VERSIONS:
            try:
                VERSIONS[name](version)
            except NotExpressible as error:
                found[name] = error
    return found
