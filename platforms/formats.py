"""The mapping of formats: a name, and the module that writes it. Adding one is a file and a line."""

from __future__ import annotations

from rtinstall.platforms.linux import apk, arch, deb, rpm, tarball
from rtinstall.platforms.package import Format
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.targets import Target

FORMATS: dict[str, Format] = {
    "deb": deb,
    "rpm": rpm,
    "apk": apk,
    "arch": arch,
    "tar.xz": tarball.XZ,
    "tar.gz": tarball.GZIP,
}


def formats_of(target: Target, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the formats written for ``target``, of those ``wanted`` if any are named."""
    for name in wanted:
        if name not in FORMATS:
            raise NotPublished(
                f"{name!r} is no format", hint=f"known formats: {', '.join(FORMATS)}"
            )
    return tuple(name for name in target.formats if not wanted or name in wanted)
