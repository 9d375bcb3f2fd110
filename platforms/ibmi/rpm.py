"""``.rpm`` for IBM i (rpm manual, "RPM v4 package format"), to be installed by yum 3.4 and rpm 4.13.

Decisions:

* The operating system is ``ibmi7.3``: rpm there takes its own release and older ones, and nothing
  for AIX. The release stands in the file's name, not in the tag Release, as IBM's do.
* gzip at its highest level, as IBM's rpmbuild does: rpm 4.13 knows no Zstandard, and that IBM's
  reads xz is said nowhere.
* SHA-256 for the files. IBM's packages have MD5, by all one can see of them, because that is what
  rpmbuild takes when it is told nothing. But rpm knows SHA-256 since 4.6, and says by its feature
  ``rpmlib(FileDigests)`` that it does, so that one which did not would refuse before it begins;
  4.13.1, built from the project's source, checks it. What ``rpm -V`` finds unchanged is unchanged.
* The digests that rpm 4.13 goes by, SHA-1 of the header and MD5 of everything, and the ones that
  later rpms ask for; 4.13.1 passes over tags that it does not know.
* No epoch: IBM's packages have none. With one, a newer Node.js of IBM's would never come through,
  and an administrator would have to know why; without, the higher version is the newer one.
* Plain relations alone: yum 3.4 knows neither weak nor rich ones. What the runtime needs is what
  the package it came from says, since nothing else knows the libraries of IBM i. ``/usr/bin/env``
  and ``/bin/sh`` are PASE's own, in no package, and so they are not required.
* It is in nobody's way: other majors lie elsewhere, and IBM's package of the same major has the same
  name, so one replaces the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import BinaryIO

from rtinstall.platforms.companion import fitting
from rtinstall.platforms.ibmi import alternatives
from rtinstall.platforms.ibmi.place import PYTHON, home, placed, versioned
from rtinstall.platforms.package import Effort, Metadata, Package
from rtinstall.platforms.rpm import writer
from rtinstall.platforms.rpm.profile import Profile
from rtinstall.platforms.rpm.tags import label
from rtinstall.platforms.rpm.versions import version_text
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import BadConfiguration, NotExpressible, NotPublished
from rtinstall.runtime_bundle.model import Bundle, Dependency, Directory, File

ARCHITECTURE = "ppc64"
OWNER, GROUP = "qsys", "*none"
# What rpm 4.13 and yum 3.4 take for one name and one comparison; a rich dependency is in parentheses.
NAME = re.compile(r"[^\s(]\S*")
CONDITION = re.compile(r"(<|>|=|<=|>=) \S+")


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` below its own folder of /QOpenSys/pkgs/lib.

    Raises :class:`NotPublished` for another system's runtime, :class:`NotExpressible` for a dependency
    that yum 3.4 cannot read, :class:`BadConfiguration` for an older release.
    """
    if bundle.target.os != "ibmi":
        raise NotPublished(f"ibmi has no packages for {bundle.target}")
    name = versioned(settings.metadata, bundle)
    ibmi = replace(settings.metadata.ibmi, release=_release(bundle, settings.metadata))
    metadata = replace(settings.metadata, name=name, ibmi=ibmi)
    version = f"{version_text(str(bundle.version))}-{metadata.revision}"
    entries = placed(bundle, settings, name)
    companion = fitting(settings.companions, bundle.target)
    required = [*_required(bundle.dependencies)]
    if companion and companion.form == "zipapp" and PYTHON not in required:
        required.append(PYTHON)
    own = home(name)
    files = frozenset(entry.path for entry in entries if isinstance(entry, File))
    documents = {f"{own}/README.md", f"{own}/CHANGELOG.md"}
    return Package(
        bundle=bundle,
        metadata=metadata,
        format="ibmi",
        version=version,
        architecture=ARCHITECTURE,
        entries=entries,
        config=frozenset(
            path for path in files if path.startswith((f"{own}/etc/", "QOpenSys/etc/"))
        ),
        docs=frozenset(
            path for path in files if path in documents or path.startswith(f"{own}/share/doc/")
        ),
        licenses=frozenset({f"{own}/LICENSE", f"{own}/LICENSE.rtinstall"} & files),
        shared=frozenset(
            entry.path
            for entry in entries
            if isinstance(entry, Directory) and not f"{entry.path}/".startswith(f"{own}/")
        ),
        requires=tuple(required),
        provides=_provided(bundle, name, version),
        companion=str(companion or ""),
        time=bundle.released,
    )


def filename(package: Package) -> str:
    """Return ``nodejs24-24.19.0-1.ibmi7.3.ppc64.rpm``."""
    return f"{label(package)}.ibmi{package.metadata.ibmi.release}.{package.architecture}.rpm"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the package as small as gzip makes it, whatever the level of ``effort``."""
    scripts = None
    if package.metadata.ibmi.alternatives:
        paths = {entry.path for entry in package.entries}
        scripts = alternatives.scripts(package.metadata.name, package.bundle.version.major, paths)
    profile = Profile(
        os=f"ibmi{package.metadata.ibmi.release}",
        owner=OWNER,
        group=GROUP,
        codec="gzip",
        scripts=scripts,
    )
    writer.write(package, profile, out, replace(effort, level="max"))


def _release(bundle: Bundle, metadata: Metadata) -> str:
    """Return the oldest IBM i that the package is for: the one asked for, or its runtime's."""
    built = bundle.os_release
    wanted = metadata.ibmi.release or built or bundle.target.os_releases[0]
    if built and _numbers(wanted) < _numbers(built):
        raise BadConfiguration(
            f"the runtime was built for IBM i {built} and does not run on IBM i {wanted}",
            hint=f'leave out ibmi.release, or set it to "{built}" or newer',
        )
    return wanted


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def _required(dependencies: Iterable[Dependency]) -> Iterable[str]:
    for item in dependencies:
        if item.kind != "capability":
            continue
        if not NAME.fullmatch(item.name) or (
            item.version and not CONDITION.fullmatch(item.version)
        ):
            raise NotExpressible(
                f"ibmi: yum 3.4 cannot read the dependency {f'{item.name} {item.version}'.strip()!r}",
                hint="use a runtime from a package whose dependencies are plain names",
            )
        yield f"{item.name} {item.version}".strip()


def _provided(bundle: Bundle, name: str, version: str) -> tuple[str, ...]:
    """Return the package itself, and what addons and modules packaged for it can ask for."""
    provides = {
        name: version,
        "nodejs(engine)": version_text(str(bundle.version)),
        "npm(npm)": version_text(bundle.npm),
    }
    if abi := bundle.components.get("modules"):
        provides["nodejs(abi)"] = abi
    return tuple(sorted(f"{name} = {value}" for name, value in provides.items()))
