"""What people choose from: the features of Node.js's own installer, by the same names.

The names are kept so that ``ADDLOCAL`` in existing scripts works and a replaced product hands its
choices on. What npm brings and what corepack brings, where it is there, is one feature. ``rtinstall`` is one of its own.
"""

from __future__ import annotations

from rtinstall.platforms.windows.draft import Draft

NOT_ADVERTISED = 8
NOT_ABSENT = 16


def add_features(draft: Draft) -> None:
    """Add all features, each installed unless somebody says otherwise."""
    name = draft.name

    def add(feature: str, title: str, description: str, turn: int, parent: str | None = None,
            attributes: int = NOT_ADVERTISED) -> None:  # fmt: skip
        draft.add("Feature", feature, parent, title, description, turn, 1, "INSTALLDIR", attributes)

    add("NodeRuntime", "Node.js runtime", f"Installs {name} itself (node.exe).", 2,
        attributes=NOT_ADVERTISED | NOT_ABSENT)  # fmt: skip
    add("npm", "npm package manager", "Installs npm, the package manager of Node.js.", 4)
    if draft.package.companion:
        add("rtinstall", "rtinstall version manager",
            "Installs rtinstall, which installs and switches further versions.", 5)  # fmt: skip
    add("DocumentationShortcuts", "Online documentation",
        "Adds the website and the documentation of this version to the Start menu.", 6)  # fmt: skip
    add("EnvironmentPath", "Add to PATH", "Makes commands known to every command prompt.", 7)
    add("EnvironmentPathNode", "Node.js and npm",
        "Adds the folder of node, npm and npx to PATH.", 2, "EnvironmentPath")  # fmt: skip
    add("EnvironmentPathNpmModules", "npm modules",
        "Adds the folder of the programs that npm installs globally to your own PATH.", 4,
        "EnvironmentPath")  # fmt: skip
