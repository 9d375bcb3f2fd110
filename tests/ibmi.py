"""A runtime for IBM i, and what its package on a repository of IBM's kind would need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bundles import small_bundle
from rpms import build
from rtinstall.platforms.ibmi import rpm
from rtinstall.platforms.package import Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Bundle, Dependency, File

NEEDED = (
    Dependency("capability", "lib:/QOpenSys/pkgs/lib/libz.so.1(shr_64.o)(ppc64)"),
    Dependency("capability", "libopenssl3", ">= 3.0.0-1"),
)
VERSION_H = """\
#define NODE_MAJOR_VERSION {}
#define NODE_MINOR_VERSION {}
#define NODE_PATCH_VERSION {}
#define NODE_VERSION_LTS_CODENAME "Krypton"
#define NODE_MODULE_VERSION 137
"""


def runtime(version: str = "24.19.0") -> Bundle:
    """Return a runtime whose own headers say which it is."""
    bundle = small_bundle("ibmi-ppc64", version)
    header = VERSION_H.format(*version.partition("-")[0].split("."))
    own = File.of("include/node/node_version.h", header.encode())
    kept = (entry for entry in bundle.entries if entry.path != own.path)
    return replace(bundle, entries=(*kept, own), os_release="7.3", dependencies=NEEDED)


def made(folder: Path, settings: Settings | None = None) -> tuple[Package, Path]:
    package = rpm.package(runtime(), settings or Settings())
    return package, build(package, folder)
