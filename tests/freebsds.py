"""Packages of FreeBSD: ours, as two modules of tests need them, and ones that pkg(8) itself writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from roots import FreeBsd
from rtinstall.platforms.freebsd import pkg
from rtinstall.platforms.package import Codec, Effort, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import File

CODECS: tuple[Codec, ...] = ("zstd", "xz", "gzip", "none")
NPMRC = b"registry=https://npm.example/\n"
PEM = b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
# Whatever pkg percent-encodes, and JSON escapes.
ODD = File.of('usr/local/share/odd/100%25 "größe" $ABI.txt', b"odd\n")
SETTINGS = Settings(npmrc=NPMRC, certificates=PEM, extra=(ODD,))
# Each older than the next.
VERSIONS = (
    ("22.11.0", 2, "22.11.0_1"),
    ("24.0.0-nightly20250101abcdef0123", 1, "24.0.0.nightly20250101.abcdef0123"),
    ("24.0.0-nightly202501020123456789", 1, "24.0.0.nightly20250102.0123456789"),
    ("24.0.0-nightly20250103fedcba9876", 1, "24.0.0.nightly20250103.fedcba9876"),
    ("24.0.0-rc.1", 1, "24.0.0.rc1"),
    ("24.0.0-rc.1", 2, "24.0.0.rc1_1"),
    ("24.0.0-rc.10", 1, "24.0.0.rc10"),
    ("24.0.0-test20250101abcdef0123", 1, "24.0.0.test20250101.abcdef0123"),
    ("24.0.0-v8-canary20250101abcdef0123", 1, "24.0.0.v8canary20250101.abcdef0123"),
    ("24.0.0", 1, "24.0.0"),
    ("24.0.0", 2, "24.0.0_1"),
    ("24.0.0", 10, "24.0.0_9"),
    ("24.0.1", 1, "24.0.1"),
    ("24.10.0", 1, "24.10.0"),
)


def settings(codec: Codec) -> Settings:
    return replace(SETTINGS, metadata=Metadata(codec={"freebsd": codec}))


def content(package: Package, effort: Effort | None = None) -> bytes:
    out = BytesIO()
    pkg.write(package, out, effort or Effort("fast"))
    return out.getvalue()


def write(package: Package, folder: Path) -> Path:
    path = folder / pkg.filename(package)
    path.write_bytes(content(package))
    return path


def ported(
    freebsd: FreeBsd,
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, bytes | str],
    *more: str,
    **manifest: object,
) -> Path:
    """Return a package that pkg(8) writes of ``files``, texts of which are links, as a port's are.

    ``more`` are options of ``pkg create``, ``manifest`` is what the manifest says besides.
    """
    stage = folder / f"stage-{name}-{version}"
    for path, data in files.items():
        place = stage / path.strip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, str):
            place.symlink_to(data)
        else:
            place.write_bytes(data)
    said = {
        "name": name, "version": version, "origin": f"www/{name}", "comment": "A port",
        "maintainer": "ports@example.org", "www": "https://example.org/", "prefix": "/usr/local",
        "abi": "FreeBSD:14:amd64", "desc": "As a port is.", "categories": ["www"],
        "files": {path: {"uname": "root", "gname": "wheel"} for path in files}, **manifest,
    }  # fmt: skip
    description = folder / f"{name}-{version}.ucl"
    description.write_text(json.dumps(said), encoding="utf-8")
    out = folder / "ports"
    freebsd.file("create", "-M", description, "-r", stage, "-o", out, *more)
    return out / f"{name}-{version}.pkg"
