"""What a package changes outside of its folder: registry, environment, Start menu.

Everything that is one user's (the Start menu in the rules' eyes, too) has a value in that user's
registry as its key path (SDK, ICE38, ICE43, ICE57). Where a package serves both scopes there are
two components for a variable, and the conditions leave one.
"""

from __future__ import annotations

from rtinstall.platforms.windows.draft import (
    FOR_MACHINE,
    FOR_USER,
    MACHINE,
    NODEJS_KEY,
    ON_REMOVAL,
    USER,
    Draft,
)
from rtinstall.platforms.windows.identity import guid
from rtinstall.platforms.windows.place import CERTIFICATES
from rtinstall.platforms.windows.short_names import columns

WEBSITE = "https://nodejs.org/"


def add_registry(draft: Draft) -> None:
    """Say where the product is, for those who look for Node.js and for the next version."""
    name, hive = "InstallLocation", draft.hive
    draft.component(name, "INSTALLDIR", feature="NodeRuntime", hive=hive)
    draft.add("FeatureComponents", "npm", name)  # which may be installed alone
    for row, key, value, content in (
        ("Family", NODEJS_KEY, draft.family_value, guid(draft.family)),
        ("InstallPath", NODEJS_KEY, "InstallPath", "[INSTALLDIR]"),
        ("Version", NODEJS_KEY, "Version", "[ProductVersion]"),
        ("Previous", draft.family_key, "InstallPath", "[INSTALLDIR]"),
    ):
        draft.add("Registry", row, hive, key, value, content, name)


def add_environment(draft: Draft) -> None:
    """Append to PATH, and name certificates where nobody has done so before."""
    _add_variable(
        draft, "EnvironmentPathNode", "EnvironmentPathNode", "=", "PATH", "[~];[INSTALLDIR]"
    )
    if any(entry.path.endswith(f"/{CERTIFICATES}") for entry in draft.package.entries):
        path = "[INSTALLDIR]" + CERTIFICATES.replace("/", "\\")
        _add_variable(draft, "Certificates", "NodeRuntime", "+", "NODE_EXTRA_CA_CERTS", path)

    # npm lists its global folder before anything is installed there, and fails if there is none.
    name = "EnvironmentPathNpmModules"
    draft.add("Directory", "AppDataFolder", "TARGETDIR", ".")
    draft.add("Directory", "NpmGlobal", "AppDataFolder", "npm")
    draft.component(name, "NpmGlobal", feature=name, hive=USER)
    draft.add("Environment", name, "=-PATH", "[~];[AppDataFolder]npm", name)
    draft.add("CreateFolder", "NpmGlobal", name)
    draft.add("RemoveFile", "Remove.NpmGlobal", name, None, "NpmGlobal", ON_REMOVAL)


def _add_variable(
    draft: Draft, name: str, feature: str, how: str, variable: str, value: str
) -> None:
    """Set (=) or create (+) a variable, and take it back on removal (-): the machine's (*) or a user's."""
    machine, user = f"{how}-*{variable}", f"{how}-{variable}"
    each: list[tuple[str, int | None, str, str | None]]
    match draft.scope:
        case "machine":
            each = [(name, MACHINE, machine, None)]
        case "user":
            each = [(name, USER, user, None)]
        case "dual":
            # Nothing may be written to the machine's registry, so its key path is the folder (ICE105).
            each = [(name, None, machine, FOR_MACHINE), (f"{name}.User", USER, user, FOR_USER)]
    for component, hive, spelled, condition in each:
        draft.component(component, "INSTALLDIR", feature=feature, hive=hive, condition=condition)
        draft.add("Environment", component, spelled, value, component)


def add_start_menu(draft: Draft) -> None:
    """Fill a folder of the Start menu."""
    folder = "StartMenu"
    draft.add("Directory", "ProgramMenuFolder", "TARGETDIR", ".")
    draft.add("Directory", folder, "ProgramMenuFolder", columns([draft.name])[draft.name])
    shortcuts = {
        "Node.js": ("[INSTALLDIR]node.exe", None, "Run JavaScript line by line."),
        # Were the quotation mark the first character, cmd would take it off with some folders' names.
        "Node.js command prompt": (
            f"[{draft.system}]cmd.exe", '/k call "[INSTALLDIR]nodevars.bat"',
            "A command prompt that knows node, npm and npx.",
        ),
        f"Uninstall {draft.name}": (
            f"[{draft.system}]msiexec.exe", "/x [ProductCode]",
            f"Remove {draft.name} from this computer.",
        ),
    }  # fmt: skip
    pages = {"Node.js website.url": WEBSITE, "Node.js documentation.url": draft.url}
    names = columns([*shortcuts, *pages])

    draft.component(folder, folder, feature="NodeRuntime", hive=USER)
    draft.add("RemoveFile", "Remove.StartMenu", folder, None, folder, ON_REMOVAL)
    for number, (name, (target, arguments, description)) in enumerate(shortcuts.items(), 1):
        draft.add(
            "Shortcut", f"Shortcut{number}", folder, names[name], folder, target, arguments,
            description, None, None, None, None, "INSTALLDIR", None, None, None, None,
        )  # fmt: skip

    documents = "DocumentationShortcuts"
    draft.component(documents, folder, feature=documents, hive=USER)
    draft.add("RemoveFile", "Remove.Documentation", documents, None, folder, ON_REMOVAL)
    for number, (name, address) in enumerate(pages.items(), 1):
        draft.add(
            "IniFile", f"Page{number}", names[name], folder, "InternetShortcut", "URL", address, 0,
            documents,
        )  # fmt: skip
        draft.add("RemoveFile", f"Remove.Page{number}", documents, names[name], folder, ON_REMOVAL)
