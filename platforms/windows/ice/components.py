"""Rules about components and features: key paths, identifiers, whose data they hold."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.windows.ice.contents import Contents, Row, Rules
from rtinstall.platforms.windows.ice.names import PROFILE
from rtinstall.platforms.windows.ice.texts import references

# Component.Attributes and Feature.Attributes.
SOURCE_ONLY, REGISTRY_KEY, PERMANENT, ODBC_KEY, SUPERSEDED = 1, 4, 16, 32, 1024
FOLLOW_PARENT, FAVOR_ADVERTISE, DISALLOW_ADVERTISE = 2, 4, 8
MAX_COMPONENTS = 1600
ON_REMOVAL = 2
HKCU = 1
# Registry.Root: whose data a value is. What is in HKEY_CLASSES_ROOT (0) is whose the program is.
OWNERS = {-1: "either", HKCU: "user", 2: "machine", 3: "machine"}
WITH_COMPONENT = {
    "Environment": ("Value",),
    "IniFile": ("Section", "Key", "Value"),
    "Registry": ("Key", "Name", "Value"),
    "RemoveRegistry": ("Key", "Name"),
    "Shortcut": ("Target", "Arguments"),
}


def key_paths_are_their_own(contents: Contents) -> Iterator[str]:
    """ICE02: what a component takes for its key path belongs to the component."""
    for row in contents.rows("Component"):
        if not row.text("KeyPath") or row.number("Attributes") & ODBC_KEY:
            continue
        table = "Registry" if row.number("Attributes") & REGISTRY_KEY else "File"
        key = contents.by_key(table).get(row.text("KeyPath"))
        if key is None:
            yield f"{row}: its key path {row.text('KeyPath')!r} is no row of {table}"
        elif key.text("Component_") != row.keys[0]:
            yield f"{row}: its key path {key} belongs to the component {key.text('Component_')}"


def identifiers_are_unique(contents: Contents) -> Iterator[str]:
    """ICE08: no two components have the same GUID."""
    for guid, rows in contents.grouped("Component", "ComponentId").items():
        if guid:
            yield from (f"{row}: has the identifier of {rows[0].keys[0]}" for row in rows[1:])


def system_components_are_permanent(contents: Contents) -> Iterator[str]:
    """ICE09: what goes into Windows' own folder stays there."""
    for row in contents.rows("Component"):
        system = contents.folder(row.text("Directory_")).root in ("SystemFolder", "System64Folder")
        if system and not row.number("Attributes") & PERMANENT:
            yield f"{row}: goes into the system's folder and is not permanent"


def advertising_fits_the_parent(contents: Contents) -> Iterator[str]:
    """ICE10: a feature does not refuse the advertisement that its parent favours."""
    features = contents.by_key("Feature")
    for row in features.values():
        parent = features.get(row.text("Feature_Parent"))
        if (
            parent
            and parent.number("Attributes") & FAVOR_ADVERTISE
            and row.number("Attributes") & DISALLOW_ADVERTISE
        ):
            yield f"{row}: refuses to be advertised, but its parent {parent.keys[0]} favours it"


def features_are_trees(contents: Contents) -> Iterator[str]:
    """ICE14: a feature at the root follows no parent, and none is its own parent or ancestor."""
    features = contents.by_key("Feature")
    for name, row in features.items():
        if not row.text("Feature_Parent") and row.number("Attributes") & FOLLOW_PARENT:
            yield f"{row}: is to follow its parent, and has none"
        seen, above = {name}, row.text("Feature_Parent")
        while above in features and above not in seen:
            seen.add(above)
            above = features[above].text("Feature_Parent")
        if above == name:
            yield f"{row}: is its own parent"


def folders_as_key_paths_are_made(contents: Contents) -> Iterator[str]:
    """ICE18: a folder that is a key path and gets no file is made by CreateFolder.

    Otherwise it is gone when it is empty, and repaired on every start. The system's folder is
    always there, and so tells nothing.
    """
    made = contents.by_key("CreateFolder")
    for row in contents.rows("Component"):
        name, folder = row.keys[0], row.text("Directory_")
        if row.text("KeyPath"):
            continue
        if folder in ("SystemFolder", "System64Folder"):
            yield f"{row}: its key path is the system's folder"
        elif name not in contents.grouped("File", "Component_") and f"{folder}/{name}" not in made:
            yield f"{row}: its key path, the folder {folder}, is not in CreateFolder"


def components_belong_to_features(contents: Contents) -> Iterator[str]:
    """ICE21: every component is part of a feature."""
    for row in contents.rows("Component"):
        if row.keys[0] not in contents.features:
            yield f"{row}: is part of no feature"


def components_in_profiles_are_keyed_by_user(contents: Contents) -> Iterator[str]:
    """ICE38: a component in a user's profile has a value of HKEY_CURRENT_USER as its key path."""
    for row in contents.rows("Component"):
        folder = contents.folder(row.text("Directory_"))
        if folder.root in PROFILE and not _keyed_by_user(contents, row):
            yield f"{row}: is below {folder.root}, and has no value of HKCU as its key path"


def shortcuts_are_keyed_by_user(contents: Contents) -> Iterator[str]:
    """ICE43: a component with shortcuts that open a file has a value of HKCU as its key path."""
    for name, shortcuts in contents.grouped("Shortcut", "Component_").items():
        component = contents.by_key("Component").get(name)
        if (
            component
            and any("[" in shortcut.text("Target") for shortcut in shortcuts)
            # ICE38 has it already.
            and contents.folder(component.text("Directory_")).root not in PROFILE
            and not _keyed_by_user(contents, component)
        ):
            yield f"{component}: has shortcuts, and no value of HKCU as its key path"


def _keyed_by_user(contents: Contents, component: Row) -> bool:
    """Return whether the key path is of the user; whether it is the component's own, ICE02 tells.

    By the SDK's page of ICE38 a Root of -1 will do as well.
    """
    key = contents.by_key("Registry").get(component.text("KeyPath"))
    return bool(
        component.number("Attributes") & REGISTRY_KEY and key and key.number("Root") in (-1, HKCU)
    )


def features_are_not_too_large(contents: Contents) -> Iterator[str]:
    """ICE47: a feature has fewer than 1600 components."""
    for name, rows in contents.grouped("FeatureComponents", "Feature_").items():
        if len(rows) >= MAX_COMPONENTS:
            yield f"Feature {name}: has {len(rows)} components"


def key_paths_have_their_own_version(contents: Contents) -> Iterator[str]:
    """ICE54: a key path does not take its version from another file."""
    files = contents.by_key("File")
    for row in contents.rows("Component"):
        file = files.get(row.text("KeyPath"))
        if file and not row.number("Attributes") & REGISTRY_KEY and file.text("Version") in files:
            yield f"{row}: its key path takes the version of the file {file.text('Version')}"


def components_have_one_owner(contents: Contents) -> Iterator[str]:
    """ICE57: a component does not mix data of the user with data of the machine.

    Beyond it: files in the format of .ini, and environment variables, count like files.
    """
    for row in contents.rows("Component"):
        owners = set(_owners(contents, row))
        if len(owners) > 1:
            yield f"{row}: has data of {' and '.join(sorted(owners))}"


def _owners(contents: Contents, component: Row) -> Iterator[str]:
    name, folder = component.keys[0], component.text("Directory_")
    if not component.text("KeyPath") or name in contents.grouped("File", "Component_"):
        yield _owner(contents, folder)
    for row in contents.grouped("Registry", "Component_").get(name, ()):
        if row.number("Root"):
            yield OWNERS.get(row.number("Root"), "machine")
    for row in contents.grouped("Shortcut", "Component_").get(name, ()):
        if "[" in row.text("Target"):
            yield _owner(contents, row.text("Directory_"))
    for row in contents.grouped("IniFile", "Component_").get(name, ()):
        yield _owner(contents, row.text("DirProperty"))
    for row in contents.grouped("Environment", "Component_").get(name, ()):
        prefix = row.text("Name")[: len(row.text("Name")) - len(row.text("Name").lstrip("=+-!*"))]
        yield "machine" if "*" in prefix else "user"


def _owner(contents: Contents, directory: str) -> str:
    return "user" if contents.folder(directory).root in PROFILE else "machine"


def folders_in_profiles_are_removed(contents: Contents) -> Iterator[str]:
    """ICE64: a folder in a user's profile is removed with the product, by a row of RemoveFile."""
    removed = {
        row.text("DirProperty")
        for row in contents.rows("RemoveFile")
        if not row.text("FileName") and row.number("InstallMode") & ON_REMOVAL
    }
    for name, folder in contents.folders.items():
        if folder.root in PROFILE and folder.long and name not in removed:
            yield f"Directory {name}: is below {folder.root}, and RemoveFile does not remove it"


def references_stay_in_their_component(contents: Contents) -> Iterator[str]:
    """ICE69: a text refers to no component, and no file, of another component than its own.

    The path would be empty where the other one is not installed at the same time.
    """
    for table, columns in WITH_COMPONENT.items():
        for row in contents.rows(table):
            for column in columns:
                for kind, name in references(row.text(column)):
                    file = contents.by_key("File").get(name)
                    other = file.text("Component_") if file else ""
                    if kind == "$":
                        other = name if name in contents.by_key("Component") else ""
                    if kind in ("#", "!", "$") and other not in ("", row.text("Component_")):
                        yield f"{row}: {column} refers to [{kind}{name}] of component {other}"


def permanent_components_are_registered(contents: Contents) -> Iterator[str]:
    """ICE92: a permanent component has an identifier, and is not left to what supersedes it.

    Beyond it: every component has one, or nobody would ever remove it.
    """
    for row in contents.rows("Component"):
        if not row.text("ComponentId"):
            yield f"{row}: has no identifier"
        if row.number("Attributes") & PERMANENT and row.number("Attributes") & SUPERSEDED:
            yield f"{row}: is permanent, and to be removed when it is superseded"


RULES: Rules = (
    ("ICE02", key_paths_are_their_own),
    ("ICE08", identifiers_are_unique),
    ("ICE09", system_components_are_permanent),
    ("ICE10", advertising_fits_the_parent),
    ("ICE14", features_are_trees),
    ("ICE18", folders_as_key_paths_are_made),
    ("ICE21", components_belong_to_features),
    ("ICE38", components_in_profiles_are_keyed_by_user),
    ("ICE43", shortcuts_are_keyed_by_user),
    ("ICE47", features_are_not_too_large),
    ("ICE54", key_paths_have_their_own_version),
    ("ICE57", components_have_one_owner),
    ("ICE64", folders_in_profiles_are_removed),
    ("ICE69", references_stay_in_their_component),
    ("ICE92", permanent_components_are_registered),
)
