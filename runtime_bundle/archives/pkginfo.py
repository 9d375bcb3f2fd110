"""``.PKGINFO``, which Alpine and Arch Linux share: lines of ``key = value``, keys may repeat."""

from __future__ import annotations

from rtinstall.runtime_bundle.archives.archive import Metadata
from rtinstall.runtime_bundle.errors import UnsafeArchive


def fields(content: str) -> Metadata:
    """Return the fields, a list where a key repeats, with ``name``, ``version``, ``architecture``."""
    found: dict[str, list[str]] = {}
    for line in content.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key, sign, value = line.partition("=")
        if not sign or not key.strip():
            raise UnsafeArchive(f"the package's .PKGINFO is malformed: {line[:80]!r}")
        found.setdefault(key.strip(), []).append(value.strip())
    metadata: Metadata = {
        key: values[0] if len(values) == 1 else values for key, values in found.items()
    }
    for field, key in (("name", "pkgname"), ("version", "pkgver"), ("architecture", "arch")):
        if not isinstance(metadata.get(key), str):
            raise UnsafeArchive(f"the package's .PKGINFO has not exactly one {key}")
        metadata[field] = metadata[key]
    return metadata
