"""The runtimes among the packages of a repository, and whether everything they need is there, too.

Known are the ports ``nodeNN`` with ``npm-nodeNN``, and ``nodejs`` and ``nodejsNN`` as rtbuild names
its own, which bring npm along. ``node`` and ``npm`` are packages without content in today's ports:
they depend on the one of the default version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import BrokenDependencies, UnknownVersion
from rtinstall.runtime_bundle.freebsd.catalogue import Package, Packages
from rtinstall.runtime_bundle.freebsd.versions import newest_last, split
from rtinstall.runtime_bundle.sources.dependencies import closure
from rtinstall.runtime_bundle.versions import Version

RUNTIME = re.compile(r"(node|nodejs)([0-9]{2})?")
NPM = re.compile(r"npm(-node[0-9]{2})?")
# What FreeBSD 13 to 15 have in /lib and /usr/lib. Packages may provide libraries of the same name for
# themselves (a compiler its libgcc_s.so.1), but pkg looks at the system first.
BASE = frozenset(
    {
        "libc++.so.1", "libc.so.7", "libcrypto.so.111", "libcrypto.so.30", "libcrypto.so.35",
        "libcxxrt.so.1", "libdl.so.1", "libelf.so.2", "libexecinfo.so.1", "libgcc_s.so.1",
        "libkvm.so.7", "libm.so.5", "libmd.so.6", "libmd.so.7", "libprocstat.so.1", "librt.so.1",
        "libssl.so.111", "libssl.so.30", "libssl.so.35", "libsys.so.7", "libthr.so.3",
        "libutil.so.10", "libutil.so.9", "libz.so.6",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime, and the package of its npm where that is another: None where it is in there."""

    version: Version
    node: Package
    npm: Package | None

    @property
    def packages(self) -> tuple[Package, ...]:
        """Return what has to be fetched."""
        return (self.node,) if self.npm is None else (self.node, self.npm)


def is_runtime(name: str) -> bool:
    """Say whether a package of that name may be a runtime."""
    return RUNTIME.fullmatch(name) is not None


def runtimes(packages: Packages) -> dict[Version, Package]:
    """Return the package of each version of Node.js: of several, the one packaged last."""
    found: dict[Version, Package] = {}
    for name, listed in packages.by_name.items():
        for package in listed if is_runtime(name) else ():
            try:
                version = Version.parse(split(package.version)[0])
            except UnknownVersion:
                continue
            if _is_empty(package, RUNTIME):
                continue
            found[version] = max(found.get(version, package), package, key=_newest)
    return found


def with_npm(version: Version, node: Package, packages: Packages) -> Runtime:
    """Return the runtime in ``node`` with the npm that belongs to it.

    Raises :class:`BrokenDependencies` if npm is not there, or anything that both need, or needs itself.
    """
    npm = None if node.name.startswith("nodejs") else _npm(version, node, packages)
    runtime = Runtime(version, node, npm)
    needed = closure(runtime.packages, lambda package: _needs(package, packages), name=str)
    provided = {library for package in needed for library in package.provides}
    for package in needed:
        for library in package.requires:
            if library in packages.libraries and library not in provided | BASE:
                raise BrokenDependencies(
                    f"{package} needs the library {library}, which none of the packages that it "
                    "depends on provides"
                )
    return runtime


def _npm(version: Version, node: Package, packages: Packages) -> Package:
    names = (f"npm-{node.name}", f"npm-node{version.major}", "npm")
    for name in names:
        listed = [each for each in packages.by_name.get(name, ()) if not _is_empty(each, NPM)]
        if listed:
            return max(listed, key=_newest)
    raise BrokenDependencies(
        f"the repository has {node}, but no npm for it: there is no package "
        f"{' or '.join(dict.fromkeys(names))} for {packages.abi}"
    )


def _is_empty(package: Package, of: re.Pattern[str]) -> bool:
    """Tell a package that only depends on another of its kind."""
    return any(of.fullmatch(name) for name, _ in package.needs)


def _needs(package: Package, packages: Packages) -> Iterator[Package]:
    for name, origin in package.needs:
        listed = packages.by_name.get(name) or packages.by_origin.get(origin)
        if not listed:
            raise BrokenDependencies(
                f"{package} needs {name}, which is not in the repository for {packages.abi}"
            )
        yield max(listed, key=_newest)


def _newest(package: Package) -> tuple[object, str]:
    return newest_last(package.version), package.name
