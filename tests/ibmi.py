"""A runtime for IBM i, and what its package on a repository of IBM's kind would need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bundles import small_bundle
from rpms import build
from rtinstall.platforms.ibmi import rpm
from rtinstall.platforms.package import Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Bundle, Dependency
from world.runtime import runtime_entries

NEEDED = (
    Dependency("capability", "lib:/QOpenSys/pkgs/lib/libz.so.1(shr_64.o)(ppc64)"),
    Dependency("capability", "libopenssl3", ">= 3.0.0-1"),
)


def runtime(version: str = "24.19.0") -> Bundle:
    """Return a runtime whose own headers say which it is."""
    return replace(
        small_bundle("ibmi-ppc64", version),
        entries=tuple(runtime_entries("ibmi-ppc64", version)),
        os_release="7.3",
        dependencies=NEEDED,
    )


def made(folder: Path, settings: Settings | None = None) -> tuple[Package, Path]:
    package = rpm.package(runtime(), settings or Settings())
    return package, build(package, folder)
