"""The rows of a package while they are collected, and the facts that all of them follow from."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from rtinstall.platforms.containers.database import Row, Value
from rtinstall.platforms.package import Package, Scope
from rtinstall.platforms.windows import identity

Rows = dict[str, list[Row]]

# Roots of the Registry table: the user's, the machine's, or whichever the scope says.
USER, MACHINE, BY_SCOPE = 1, 2, -1
HIVE: dict[Scope, int] = {"machine": MACHINE, "user": USER, "dual": BY_SCOPE}
KEY_IN_REGISTRY, WIDE = 4, 256
NODEJS_KEY = "SOFTWARE\\Node.js"
ON_REMOVAL = 2

# How a package of both scopes is told that it is installed for everybody, and for one user.
FOR_MACHINE = "ALLUSERS=1 OR (ALLUSERS=2 AND NOT MSIINSTALLPERUSER=1)"
FOR_USER = f"NOT ({FOR_MACHINE})"


class Draft:
    """Rows by table, to be added to.

    ``family_key`` is the registry key of this product family alone; ``hive`` the root it is below.
    ``family_value`` is where the families of one name, and so of one folder, find each other.
    """

    def __init__(self, package: Package) -> None:
        """Begin a draft for ``package``."""
        self.package = package
        self.rows: Rows = defaultdict(list)
        self.scope: Scope = package.metadata.windows.scope
        self.arch = package.architecture
        self.family: UUID = identity.upgrade_code(package.metadata)
        self.hive = HIVE[self.scope]
        self.family_key = f"{NODEJS_KEY}\\{str(self.family).upper()}"
        name = package.metadata.name
        self.family_value = f"Family of {name}"
        self.name = "Node.js" if name == "nodejs" else f"Node.js ({name})"
        self.url = f"https://nodejs.org/docs/v{package.version}/api/"

    @property
    def root(self) -> str:
        """Return the standard folder that the product is below."""
        if self.scope == "user":
            return "LocalAppDataFolder"
        return "ProgramFilesFolder" if self.arch == "x86" else "ProgramFiles64Folder"

    @property
    def takes_over(self) -> bool:
        """Return whether the product goes where Node.js's own one is that it replaces."""
        return self.package.metadata.windows.replace_nodejs and self.scope != "dual"

    @property
    def for_everyone(self) -> dict[str, str]:
        """Return the folder for everybody in variables of the environment, and when it is that."""
        name = self.package.metadata.name
        if self.arch != "x86":
            return {"1": f"[%ProgramW6432]\\{name}"}
        return {
            "VersionNT64": f"[%ProgramFiles(x86)]\\{name}",
            "NOT VersionNT64": f"[%ProgramFiles]\\{name}",
        }

    @property
    def system(self) -> str:
        """Return the folder of the system's own programs of this width."""
        return "SystemFolder" if self.arch == "x86" else "System64Folder"

    def add(self, table: str, *row: Value) -> None:
        """Add one row."""
        self.rows[table].append(row)

    def component(
        self,
        name: str,
        folder: str,
        *,
        feature: str,
        place: str = "",
        file: str | None = None,
        hive: int | None = None,
        condition: str | None = None,
    ) -> None:
        """Add a component to ``feature``, whose key path is ``file``, a value in ``hive``, or its folder.

        ``place`` is the folder's path where the component holds what is in it; what serves a
        purpose of its own is the same component wherever it is.
        """
        attributes = 0 if self.arch == "x86" else WIDE
        if hive is not None:
            attributes |= KEY_IN_REGISTRY
            self.add("Registry", f"Key.{name}", hive, self.family_key, name, "#1", name)
        elif file is None:
            self.add("CreateFolder", folder, name)
        parts = ("folder", place, feature) if place else ("purpose", name)
        code = identity.component_id(self.family, self.arch, self.scope, *parts)
        key = f"Key.{name}" if hive is not None else file
        self.add("Component", name, code, folder, attributes, condition, key)
        self.add("FeatureComponents", feature, name)
