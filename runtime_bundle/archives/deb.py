"""Debian packages (deb(5)): ar of ``debian-binary``, ``control.tar.*`` and ``data.tar.*``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import ar, tar
from rtinstall.runtime_bundle.archives.archive import Archive, Metadata, opened
from rtinstall.runtime_bundle.archives.compressed import Codec, decompress
from rtinstall.runtime_bundle.archives.digests import Expected, checked, plain
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import Source, Stream, joined, text
from rtinstall.runtime_bundle.errors import UnsafeArchive

CODECS: dict[str, Codec | None] = {
    "": None, ".gz": "gzip", ".xz": "xz", ".zst": "zstd", ".bz2": "bzip2",
}  # fmt: skip
SCRIPTS = ("config", "postinst", "postrm", "preinst", "prerm")


def open_deb(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read the control member of a package, and prepare to read its files."""
    packed = path.stat().st_size
    with opened(path) as file:
        control = _control(file, Meter(limits, packed))
    metadata = _fields(text(control.get("control", b""), "control"))
    for field in ("Package", "Version", "Architecture"):
        if field not in metadata:
            raise UnsafeArchive(f"the package's control file has no {field}")
    metadata["name"] = metadata["Package"]
    metadata["version"] = metadata["Version"]
    metadata["architecture"] = metadata["Architecture"]
    sums = _sums(text(control.get("md5sums", b""), "md5sums"))

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        meter = Meter(limits, packed)
        source = _member(file, "data.tar", meter)
        yield from checked(tar.members(source, meter), sums, problems)

    scripts = tuple(name for name in SCRIPTS if name in control)
    return Archive(path, "deb", metadata, scripts, [], members)


def _member(file: BinaryIO, wanted: str, meter: Meter) -> Source:
    """Go to the member ``wanted``, whatever its suffix, and return its tar."""
    for number, (entry, part) in enumerate(ar.members(file, meter)):
        if (number == 0) != (entry.name == "debian-binary"):
            raise UnsafeArchive("a .deb begins with one debian-binary")
        if number == 0 and not joined(part, 64, "debian-binary").startswith(b"2."):
            raise UnsafeArchive("the .deb is not of format 2")
        suffix = entry.name.removeprefix(wanted)
        if suffix != entry.name:
            if suffix not in CODECS:
                raise UnsafeArchive(f"the .deb has the unknown member {entry.name!r}")
            codec = CODECS[suffix]
            return decompress(part, codec, meter) if codec else Stream(part, meter)
        if entry.name.startswith("data.tar"):
            break
    raise UnsafeArchive(f"the .deb has no {wanted} where it must be")


def _control(file: BinaryIO, meter: Meter) -> dict[str, bytes]:
    found = {}
    left = meter.limits.metadata
    for entry, chunks in tar.members(_member(file, "control.tar", meter), meter):
        if entry.kind == "file":
            name = plain(entry.name)
            if name in found:
                raise UnsafeArchive(f"the .deb has two control files {name!r}")
            found[name] = joined(chunks, left, name)
            left -= len(found[name])
    return found


def _fields(control: str) -> Metadata:
    """Read one deb822 paragraph."""
    fields: Metadata = {}
    key = ""
    for line in control.rstrip("\n").split("\n"):
        if line.startswith((" ", "\t")) and key:
            fields[key] = f"{fields[key]}\n{line[1:]}"
            continue
        match = re.fullmatch(r"([!-9;-~]+):[ \t]*(.*?)[ \t\r]*", line)
        if not match or match[1] in fields:
            raise UnsafeArchive(f"the package's control file is malformed: {line[:80]!r}")
        key = match[1]
        fields[key] = match[2]
    return fields


def _sums(listing: str) -> dict[str, Expected | None]:
    sums: dict[str, Expected | None] = {}
    for line in listing.splitlines():
        match = re.fullmatch(r"([0-9a-f]{32}) [ *](.+)", line)
        if not match:
            raise UnsafeArchive(f"the package's md5sums are malformed: {line[:80]!r}")
        sums[plain(match[2])] = ("md5", match[1])
    return sums
