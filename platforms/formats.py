"""The mapping of formats: a name, and the module that writes it. Adding one is a file and a line."""

from __future__ import annotations

from rtinstall.platforms.linux import apk, arch, deb, rpm, tarball
from rtinstall.platforms.macos import pkg
from rtinstall.platforms.package import Format
from rtinstall.platforms.windows import msi, zip

FORMATS: dict[str, Format] = {
    "deb": deb,
    "rpm": rpm,
    "apk": apk,
    "arch": arch,
    "msi": msi,
    "zip": zip,
    "pkg": pkg,
    "tar.xz": tarball.XZ,
    "tar.gz": tarball.GZIP,
}
