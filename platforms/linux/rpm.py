"""``.rpm``: Fedora, Red Hat Enterprise Linux and its kin, SUSE (rpm manual, "RPM v4 package format").

One package for all of them: no ``dist`` tag, dependencies by symbol version as rpmbuild finds them,
no scriptlets. Zstandard, because rpm 4.14 reads it, the rpm of the oldest systems whose glibc
(2.28) Node.js 24 runs on. What the package says of others stands in
:mod:`rtinstall.platforms.linux.rpm_relations`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from rtinstall.platforms.companion import FOLDERS, fitting
from rtinstall.platforms.linux import rpm_relations
from rtinstall.platforms.linux.place import Conventions, place
from rtinstall.platforms.linux.rpm_relations import ARCHITECTURES, EPOCH
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.rpm import writer
from rtinstall.platforms.rpm.profile import Profile
from rtinstall.platforms.rpm.tags import label
from rtinstall.platforms.rpm.versions import version_text
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Bundle

PROFILE = Profile(os="linux", owner="root", group="root", codec="zstd", epoch=EPOCH)
# Shared by every package with a global module, and in no distribution's basic set of directories:
# who installs into it owns it.
OWNED = frozenset(
    {
        "usr/lib/node_modules",
        "usr/share/bash-completion",
        "usr/share/fish",
        "usr/share/zsh",
        *(f"usr/{folder}" for folder in FOLDERS.values()),
    }
)
# Not the package's name: on Red Hat Enterprise Linux 9 ``python3`` is 3.9, with 3.11 beside it.
PYTHON = "python(abi) >= 3.11"

CONVENTIONS = Conventions(
    format="rpm",
    architectures=ARCHITECTURES,
    version=lambda version, revision: f"{version_text(str(version))}-{revision}",
    relations=rpm_relations.replacing,
    python=PYTHON,
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle``; below another prefix than /usr it stands beside a distribution's Node.js."""
    beside = replace(CONVENTIONS, relations=rpm_relations.beside)
    placed = place(bundle, settings, CONVENTIONS if settings.prefix == "usr" else beside)
    companion = fitting(settings.companions, bundle.target)
    needs = rpm_relations.of_symbols(companion.needs if companion else (), bundle.target.arch)
    requires = (*placed.requires, *(need for need in needs if need not in placed.requires))
    return replace(placed, shared=placed.shared - OWNED, requires=requires)


def filename(package: Package) -> str:
    """Return ``nodejs-24.19.0-1.x86_64.rpm``."""
    return f"{label(package)}.{package.architecture}.rpm"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the package with the codec of the configuration."""
    codec = package.metadata.codec.get("rpm", PROFILE.codec)
    writer.write(package, replace(PROFILE, codec=codec), out, effort)
