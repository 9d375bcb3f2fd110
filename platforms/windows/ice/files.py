"""Rules about files, cabinets and shortcuts: what lies where, under which name, from which disk."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.windows.ice.components import SOURCE_ONLY
from rtinstall.platforms.windows.ice.contents import Contents, Row, Rules, names
from rtinstall.platforms.windows.ice.names import PROFILE, ROOTS, USERS_OWN
from rtinstall.platforms.windows.ice.texts import references, version

OPTIONAL = 2
FONTS = (".ttc", ".ttf", ".otf", ".fon")


def files_are_on_a_disk(contents: Contents) -> Iterator[str]:
    """ICE04: no file comes after the last of the last disk."""
    last = max((row.number("LastSequence") for row in contents.rows("Media")), default=0)
    for row in contents.rows("File"):
        if row.number("Sequence") > last:
            yield f"{row}: is number {row.number('Sequence')}, and the last disk ends with {last}"


def names_are_unique(contents: Contents) -> Iterator[str]:
    """ICE30: no two files, or a file and a folder, have the same name in a folder.

    Long names and short ones count, in any case of letters. Files of two components whose
    conditions differ may exclude each other, which cannot be told here.
    """
    taken: dict[tuple[object, str], Row] = {}
    components = contents.by_key("Component")
    folders: dict[tuple[object, str], str] = {}
    for directory in contents.rows("Directory"):
        folder = contents.folder(directory.keys[0])
        if folder.long and directory.text("DefaultDir").partition(":")[0] != ".":
            parent = (folder.root, folder.long[:-1])
            for name in {folder.long[-1], folder.short[-1]}:
                if folders.setdefault((parent, name), folder.long[-1]) != folder.long[-1]:
                    yield f"{directory}: shares the name {name} with another folder"
    for file in contents.rows("File"):
        component = components.get(file.text("Component_"))
        if component is None:
            continue
        folder = contents.folder(component.text("Directory_"))
        place = (folder.root, folder.long)
        for name in {part.lower() for part in names(file.text("FileName"))}:
            if (place, name) in folders:
                yield f"{file}: shares the name {name} with a folder"
            other = taken.setdefault((place, name), file)
            if other is not file and not _may_exclude(contents, other, component):
                yield f"{file}: shares the name {name} with {other}"


def _may_exclude(contents: Contents, other: Row, component: Row) -> bool:
    mine = component.text("Condition")
    theirs = contents.by_key("Component")[other.text("Component_")].text("Condition")
    return bool(mine and theirs and mine != theirs)


def compressed_files_are_installed(contents: Contents) -> Iterator[str]:
    """ICE35: what is in a cabinet cannot be run from there."""
    components = contents.by_key("Component")
    for row in contents.rows("File"):
        component = components.get(row.text("Component_"))
        if component and component.number("Attributes") & SOURCE_ONLY:
            yield f"{component}: is to run from source, but {row} is in a cabinet"


def icons_are_used(contents: Contents) -> Iterator[str]:
    """ICE36: every icon is of a shortcut, or of the product."""
    used = {row.text("Icon_") for row in contents.rows("Shortcut")}
    for row in contents.rows("Icon"):
        if row.keys[0] not in used and row.keys[0] != contents.property("ARPPRODUCTICON"):
            yield f"{row}: nothing uses it"


def icons_have_the_ending_of_what_they_open(contents: Contents) -> Iterator[str]:
    """ICE50: a shortcut's icon is an .exe or .ico, with the ending of an advertised file."""
    for row in contents.rows("Shortcut"):
        icon = row.text("Icon_").lower()
        if not icon:
            continue
        if not icon.endswith((".exe", ".ico")):
            yield f"{row}: its icon {row.text('Icon_')} is no .exe or .ico"
        component = contents.by_key("Component").get(row.text("Component_"))
        file = contents.by_key("File").get(component.text("KeyPath")) if component else None
        if file and "[" not in row.text("Target"):
            ending = names(file.text("FileName"))[1].lower().rpartition(".")[2]
            if not icon.endswith(f".{ending}"):
                yield f"{row}: its icon does not end in .{ending}, as the file it opens does"


def advertised_shortcuts_open_a_key_path(contents: Contents) -> Iterator[str]:
    """ICE19: an advertised shortcut opens the key file of a component with an identifier."""
    for row in contents.rows("Shortcut"):
        component = contents.by_key("Component").get(row.text("Component_"))
        if "[" in row.text("Target") or component is None:
            continue
        if not component.text("ComponentId"):
            yield f"{row}: is advertised, but its component has no identifier"
        if component.text("KeyPath") not in contents.by_key("File"):
            yield f"{row}: is advertised, but the key path of its component is no file"


def advertised_features_install_the_shortcut(contents: Contents) -> Iterator[str]:
    """ICE59: the feature that a shortcut advertises has the shortcut's component."""
    for row in contents.rows("Shortcut"):
        feature = row.text("Target")
        if "[" not in feature and feature not in contents.features.get(row.text("Component_"), ()):
            yield f"{row}: advertises {feature}, which does not install its component"


def versions_have_languages(contents: Contents) -> Iterator[str]:
    """ICE60: a file with a version has a language, and no hash."""
    for row in contents.rows("File"):
        own = version(row.text("Version")) is not None
        font = names(row.text("FileName"))[1].lower().endswith(FONTS)
        if own and not row.text("Language") and not font:
            yield f"{row}: has a version and no language"
        if row.text("Version") and row.keys[0] in contents.by_key("MsiFileHash"):
            yield f"{row}: has a version, and a hash as well"


def shortcut_targets_stay(contents: Contents) -> Iterator[str]:
    """ICE67: a shortcut does not open a file of another component that may move."""
    for row in contents.rows("Shortcut"):
        for kind, name in references(row.text("Target")):
            file = contents.by_key("File").get(name)
            if kind != "#" or file is None or file.text("Component_") == row.text("Component_"):
                continue
            component = contents.by_key("Component").get(file.text("Component_"))
            if component and component.number("Attributes") & OPTIONAL:
                yield f"{row}: opens {file}, which may run from source"


def there_is_a_first_disk(contents: Contents) -> Iterator[str]:
    """ICE71: the package is on disk 1."""
    if "1" not in contents.by_key("Media"):
        yield "Media: has no disk 1"


def ini_files_have_a_folder(contents: Contents) -> Iterator[str]:
    """ICE88: the folder of a file in the format of .ini is one of the package."""
    known = contents.by_key("Directory").keys() | contents.by_key("Property").keys()
    searched = {row.text("Property") for row in contents.rows("AppSearch")}
    for row in contents.rows("IniFile"):
        if row.text("DirProperty") not in known | searched:
            yield f"{row}: its folder {row.text('DirProperty')!r} is none of the package"


def shortcut_folders_are_private(contents: Contents) -> Iterator[str]:
    """ICE90: the folder of a shortcut in the profile is no public property."""
    for row in contents.rows("Shortcut"):
        name = row.text("Directory_")
        if name == name.upper() and contents.folder(name).root in PROFILE:
            yield f"{row}: the command line could change its folder {name}"


def machines_files_are_for_everyone(contents: Contents) -> Iterator[str]:
    """ICE91: where a package may be for the machine, nothing goes into a user's own folder."""
    if contents.scope == "user":
        return
    components = contents.by_key("Component")
    places = [
        (row, components[row.text("Component_")].text("Directory_"))
        for row in contents.rows("File")
        if row.text("Component_") in components
    ]
    places += [(row, row.text("DirProperty")) for row in contents.rows("IniFile")]
    places += [(row, row.text("Directory_")) for row in contents.rows("Shortcut")]
    for row, directory in places:
        if contents.folder(directory).root in USERS_OWN:
            yield f"{row}: goes into the folder of one user, {directory}"


def directories_have_one_root(contents: Contents) -> Iterator[str]:
    """ICE56: the only root is TARGETDIR, and its source is SourceDir."""
    for row in contents.rows("Directory"):
        name = row.keys[0]
        if row.text("Directory_Parent") in ("", name):
            if name not in ROOTS:
                yield f"{row}: is a root beside TARGETDIR"
            elif row.text("DefaultDir").upper() != "SOURCEDIR":
                yield f"{row}: its source is {row.text('DefaultDir')!r}, not SourceDir"
    if "TARGETDIR" not in contents.by_key("Directory"):
        yield "Directory: has no TARGETDIR"
    for name, folder in contents.folders.items():
        parent = contents.by_key("Directory")[name].text("Directory_Parent")
        if folder.root == name and parent not in ("", name, "TARGETDIR"):
            yield f"Directory {name}: its parents lead to no root"


def media_hold_every_file(contents: Contents) -> Iterator[str]:
    """MEDIA, ours: files are numbered from 1 without a gap, disks end in order, in a cabinet.

    From the SDK's "File Table", "Media Table" and "Cabinet".
    """
    numbers: dict[int, Row] = {}
    for row in contents.rows("File"):
        other = numbers.setdefault(row.number("Sequence"), row)
        if other is not row:
            yield f"{row}: is number {row.number('Sequence')}, as {other} is"
    gap = next((at for at in range(1, len(numbers) + 1) if at not in numbers), None)
    if gap is not None:
        yield f"File: has {len(numbers)} rows, but no number {gap}"
    disks = sorted(contents.rows("Media"), key=lambda row: row.number("DiskId"))
    last = 0
    for row in disks:
        if row.number("LastSequence") <= last and len(numbers):
            yield f"{row}: ends with number {row.number('LastSequence')}, after {last}"
        last = row.number("LastSequence")
        cabinet = row.text("Cabinet")
        if not cabinet:
            yield f"{row}: has no cabinet"
        elif cabinet.startswith("#") and cabinet[1:] not in contents.database.streams:
            yield f"{row}: there is no stream {cabinet[1:]!r}"
    if disks and last > max(numbers, default=0):
        yield f"{disks[-1]}: ends with number {last}, but there are {len(numbers)} files"


RULES: Rules = (
    ("ICE04", files_are_on_a_disk),
    ("ICE19", advertised_shortcuts_open_a_key_path),
    ("ICE30", names_are_unique),
    ("ICE35", compressed_files_are_installed),
    ("ICE36", icons_are_used),
    ("ICE50", icons_have_the_ending_of_what_they_open),
    ("ICE56", directories_have_one_root),
    ("ICE59", advertised_features_install_the_shortcut),
    ("ICE60", versions_have_languages),
    ("ICE67", shortcut_targets_stay),
    ("ICE71", there_is_a_first_disk),
    ("ICE88", ini_files_have_a_folder),
    ("ICE90", shortcut_folders_are_private),
    ("ICE91", machines_files_are_for_everyone),
    ("MEDIA", media_hold_every_file),
)
