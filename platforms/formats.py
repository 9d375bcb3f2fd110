"""The mapping of formats: a name, and the module that writes it. Adding one is a file and a line."""

from __future__ import annotations

from rtinstall.platforms.linux import apk, arch, deb, rpm, tarball
from rtinstall.platforms.package import Format

FORMATS: dict[str, Format] = {
    "deb": deb,
    "rpm": rpm,
    "apk": apk,
    "arch": arch,
    "tar.xz": tarball.XZ,
    "tar.gz": tarball.GZIP,
}
