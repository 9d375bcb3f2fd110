"""Who in a yum repository provides what a package requires. Pure.

Conflicts and obsoletes are left to the system's own tool, which knows what is installed. Of several
that provide the same, the one is taken whose name is asked for, then the newest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cmp_to_key

from rtinstall.runtime_bundle.errors import BrokenDependencies
from rtinstall.runtime_bundle.sources.dependencies import closure
from rtinstall.runtime_bundle.sources.rpm_versions import EQUAL, Evr, Relation
from rtinstall.runtime_bundle.sources.yum_catalogue import Listed

# What lies here on IBM i comes from packages; any other path is the system's own.
PACKAGES = "/QOpenSys/pkgs/"
OF_RPM = "rpmlib("  # what rpm itself must be able to do

BY_EVR = cmp_to_key(Evr.compare)


class Providers:
    """What the packages of a repository provide: their names, capabilities and files."""

    def __init__(self, packages: Iterable[Listed]) -> None:
        """Look at each of ``packages`` once; source packages provide nothing."""
        self._capabilities: dict[str, list[tuple[Relation, Listed]]] = defaultdict(list)
        self._files: dict[str, list[Listed]] = defaultdict(list)
        for package in packages:
            if package.arch not in ("src", "nosrc"):
                own = Relation(package.name, EQUAL, package.evr)
                for relation in {own, *package.provides}:
                    self._capabilities[relation.name].append((relation, package))
                for path in package.files:
                    self._files[path].append(package)

    def add_file(self, path: str, package: Listed) -> None:
        """Note a file that primary.xml leaves to filelists.xml."""
        self._files[path].append(package)

    def unlisted(self, packages: Iterable[Listed]) -> set[str]:
        """Return the paths that ``packages`` require and only filelists.xml can know."""
        return {
            need.name
            for package in packages
            for need in package.requires
            if need.name.startswith(PACKAGES) and not self._of(need)
        }

    def needs(self, package: Listed) -> Iterator[Listed]:
        """Yield who provides each thing ``package`` requires and is not the system's or its own.

        Raises :class:`BrokenDependencies` for the first that nobody does.
        """
        for need in package.requires:
            found = self._of(need)
            if need.name.startswith(OF_RPM) or package in found:
                continue
            if found:
                yield max(
                    found, key=lambda each: (each.name == need.name, BY_EVR(each.evr), each.name)
                )
            elif not need.name.startswith("/") or need.name.startswith(PACKAGES):
                raise BrokenDependencies(
                    f"{package} needs {need}, which no package of its repository provides"
                )

    def closure(self, package: Listed) -> tuple[Listed, ...]:
        """Return ``package`` and all it needs; libraries may need each other, but none of them it."""
        return closure([package], self.needs, name=str, cycles=True)

    def _of(self, need: Relation) -> list[Listed]:
        every = self._capabilities.get(need.name, [])
        found = [package for relation, package in every if relation.meets(need)]
        return found or self._files.get(need.name, [])
