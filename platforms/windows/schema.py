"""The tables of a Windows Installer package: columns, and what ``_Validation`` says of each.

From the SDK's "Database Tables" and "Column Data Types". File.Sequence and Media.LastSequence are
of four bytes, as "Authoring a Large Package" asks for more than 32,767 files. A table that is not
here is none that a package of ours may have: see :mod:`rtinstall.platforms.windows.ice`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtinstall.platforms.containers import msi_validation
from rtinstall.platforms.containers.database import Column, Row, Table

SHORT = 32767
LONG = 2147483647
ROOTS = "the root: -1 by the scope, 0 HKCR, 1 HKCU, 2 HKLM, 3 HKU"
# The sums of the bits 1 to 32 that make sense: not local and from source as the parent is (1, 2),
# nor advertised (4, or 32 for where it can be) and never (8).
FEATURE_ATTRIBUTES = ";".join(
    str(bits) for bits in range(64) if bits & 3 != 3 and bits & 12 != 12 and bits & 40 != 40
)


def _key(name: str, description: str, width: int = 72) -> Column:
    """Return the column that names a row."""
    return Column(name, f"s{width}", key=True, category="Identifier", description=description)


def _name(name: str, description: str, type: str = "S72") -> Column:
    """Return a column with the name of something that no table has to hold."""
    return Column(name, type, category="Identifier", description=description)


def _of(
    table: str,
    description: str,
    *,
    name: str = "",
    type: str = "s72",
    key: bool = False,
    column: int = 1,
    category: str = "Identifier",
) -> Column:
    """Return a reference to a row of ``table``; to one of several, parted by ``;``."""
    return Column(
        name or f"{table}_", type, key=key, key_table=table, key_column=column, category=category,
        description=description,
    )  # fmt: skip


def _text(name: str, type: str, description: str, category: str = "Text") -> Column:
    return Column(name, type, category=category, description=description)


def _number(
    name: str, description: str, *, type: str = "i2", low: int = 0, high: int = SHORT,
    key: bool = False,
) -> Column:  # fmt: skip
    return Column(name, type, key=key, minimum=low, maximum=high, description=description)


def _one_of(name: str, type: str, choices: str, description: str, key: bool = False) -> Column:
    category = None if type[0] in "iI" else "Text"
    return Column(name, type, key, category=category, choices=choices, description=description)


def _condition(description: str, type: str = "S255", key: bool = False) -> Column:
    return Column("Condition", type, key, category="Condition", description=description)


COMPONENT = _of("Component", "the component this comes and goes with")
DIALOG = _of("Dialog", "the dialog", key=True)
CONTROL = _of("Control", "the control on that dialog", type="s50", key=True, column=2)
PLACE = (
    _number("X", "left edge, in installer units"),
    _number("Y", "upper edge, in installer units"),
    _number("Width", "width, in installer units"),
    _number("Height", "height, in installer units"),
)
SEQUENCE = (
    _key("Action", "a standard action, or a dialog in a sequence of the interface"),
    _condition("when it runs; always if empty"),
    _number("Sequence", "its turn; -1 to -4 on success, cancel, failure, suspension", type="I2",
            low=-4),
)  # fmt: skip
CHOICE = (
    _key("Property", "the property that the choice sets"),
    _number("Order", "its turn among the choices", low=1, key=True),
    _text("Value", "s64", "what the property becomes", "Formatted"),
)

SCHEMA: dict[str, tuple[Column, ...]] = {
    msi_validation.NAME: msi_validation.COLUMNS,
    "Property": (
        _key("Property", "a property; in capitals if the command line may set it"),
        _text("Value", "l0", "its first value"),
    ),
    "Directory": (
        _key("Directory", "a folder, and the property that holds its path"),
        _of("Directory", "the folder it is in", name="Directory_Parent", type="S72"),
        _text("DefaultDir", "l255", "its name there, short|long, or a dot", "DefaultDir"),
    ),
    "Component": (
        _key("Component", "what is installed and removed as one"),
        _text("ComponentId", "S38", "the same for the same content at the same place", "Guid"),
        _of("Directory", "the folder it is installed in"),
        _number("Attributes", "bits: 4 key path in the registry, 256 for 64-bit ...", high=4095),
        _condition("when it is installed; always if empty"),
        _of("File;Registry;ODBCDataSource", "what tells that it is there; its folder if empty",
            name="KeyPath", type="S72"),
    ),
    "Feature": (
        _key("Feature", "what people choose", 38),
        _of("Feature", "the feature it is a part of", name="Feature_Parent", type="S38"),
        _text("Title", "L64", "its name, for people"),
        _text("Description", "L255", "what it is good for"),
        _number("Display", "its turn in the tree; odd is shown open, 0 is hidden", type="I2"),
        _number("Level", "installed up to this INSTALLLEVEL; 0 never"),
        _of("Directory", "the folder that people may choose for it", type="S72",
            category="UpperCase"),
        _one_of("Attributes", "i2", FEATURE_ATTRIBUTES,
                "bits: 2 follows its parent, 8 is not advertised, 16 cannot be left out ..."),
    ),
    "FeatureComponents": (
        _of("Feature", "the feature", type="s38", key=True),
        _of("Component", "a component that it needs", key=True),
    ),
    "File": (
        _key("File", "the file, and its name in the cabinet"),
        COMPONENT,
        _text("FileName", "l255", "its name on disk, short|long", "Filename"),
        _number("FileSize", "its length in bytes", type="i4", high=LONG),
        _of("File", "the version in its resources, or the file that lends its own",
            name="Version", type="S72", category="Version"),
        _text("Language", "S20", "the languages in its resources", "Language"),
        _number("Attributes", "bits: 1 read-only, 2 hidden, 4 system, 512 vital", type="I2"),
        _number("Sequence", "its turn in the cabinets", type="i4", low=1, high=LONG),
    ),
    "Media": (
        _number("DiskId", "the disk", low=1, key=True),
        _number("LastSequence", "the last file on it", type="i4", high=LONG),
        _text("DiskPrompt", "L64", "what is printed on it"),
        _text("Cabinet", "S255", "its cabinet; with # a stream of this file", "Cabinet"),
        _text("VolumeLabel", "S32", "the label of its volume"),
        _text("Source", "S72", "the property with the place of its files", "Property"),
    ),
    "MsiFileHash": (
        _of("File", "a file without a version", key=True),
        _number("Options", "nothing yet", high=0),
        *(
            _number(f"HashPart{part}", f"bytes {4 * part - 4} to {4 * part - 1} of its MD5",
                    type="i4", low=-LONG, high=LONG)
            for part in range(1, 5)
        ),
    ),
    "Registry": (
        _key("Registry", "a value, or a key, of the registry"),
        _number("Root", ROOTS, low=-1, high=3),
        _text("Key", "l255", "the key", "RegPath"),
        _text("Name", "L255", "the value's name; its default value if empty", "Formatted"),
        _text("Value", "L0", "a text; with #, #% or #x a number, a template, bytes", "Formatted"),
        COMPONENT,
    ),
    "RemoveRegistry": (
        _key("RemoveRegistry", "what is removed from the registry on installation"),
        _number("Root", ROOTS, low=-1, high=3),
        _text("Key", "l255", "the key", "RegPath"),
        _text("Name", "L255", "the value's name; - for the whole key", "Formatted"),
        COMPONENT,
    ),
    "Environment": (
        _key("Environment", "a change to an environment variable"),
        _text("Name", "l255", "the variable; * is the machine's, = sets, - removes it again"),
        _text("Value", "L255", "its value; [~] stands for what is there", "Formatted"),
        COMPONENT,
    ),
    "Upgrade": (
        Column("UpgradeCode", "s38", key=True, category="Guid",
               description="the family of products to look for"),
        Column("VersionMin", "S20", key=True, category="Text", description="the oldest version"),
        Column("VersionMax", "S20", key=True, category="Text", description="the newest version"),
        Column("Language", "S255", key=True, category="Language",
               description="the languages; any if empty"),
        _number("Attributes", "bits: 1 carries the features over, 2 only looks, 256 and 512 "
                "include the oldest and the newest", type="i4", high=LONG, key=True),
        _text("Remove", "S255", "the features to remove; all if empty", "Formatted"),
        _text("ActionProperty", "s72", "the property that gets the products found", "UpperCase"),
    ),
    "LaunchCondition": (
        _condition("what must be true for the installation to begin", "s255", key=True),
        _text("Description", "l255", "what to say if it is not", "Formatted"),
    ),
    "Shortcut": (
        _key("Shortcut", "a shortcut"),
        _of("Directory", "the folder it is put in"),
        _text("Name", "l128", "its name, short|long", "Filename"),
        COMPONENT,
        _text("Target", "s72", "what it opens; a feature if it is advertised", "Shortcut"),
        _text("Arguments", "S255", "the arguments", "Formatted"),
        _text("Description", "L255", "what it is good for"),
        _number("Hotkey", "a key", type="I2"),
        _of("Icon", "its icon", type="S72"),
        _number("IconIndex", "which icon of the file", type="I2", low=-SHORT),
        _one_of("ShowCmd", "I2", "1;3;7", "the window: 1 normal, 3 maximized, 7 minimized"),
        _name("WkDir", "the property with the folder it begins in"),
        _text("DisplayResourceDLL", "S255", "where its name in other languages is", "Formatted"),
        _number("DisplayResourceId", "the number of that name", type="I2"),
        _text("DescriptionResourceDLL", "S255", "where the other descriptions are", "Formatted"),
        _number("DescriptionResourceId", "the number of that description", type="I2"),
    ),
    "CreateFolder": (
        _of("Directory", "a folder that is made even if it stays empty", key=True),
        _of("Component", "the component it comes with", key=True),
    ),
    "RemoveFile": (
        _key("FileKey", "what is removed besides what was installed"),
        COMPONENT,
        _text("FileName", "L255", "a file; the folder itself if empty", "WildCardFilename"),
        _name("DirProperty", "the folder it is in", "s72"),
        _one_of("InstallMode", "i2", "1;2;3", "1 on installation, 2 on removal, 3 on both"),
    ),
    "IniFile": (
        _key("IniFile", "an entry of a file in the format of .ini and .url"),
        _text("FileName", "l255", "the file, short|long", "Filename"),
        _name("DirProperty", "the folder it is in"),
        _text("Section", "l96", "the section", "Formatted"),
        _text("Key", "l128", "the key", "Formatted"),
        _text("Value", "l255", "the value", "Formatted"),
        _one_of("Action", "i2", "0;1;3", "0 writes it, 1 only if it is not there, 3 adds to it"),
        COMPONENT,
    ),
    "AppSearch": (
        _key("Property", "the property that gets what is found"),
        _of("Signature;RegLocator;IniLocator;DrLocator;CompLocator", "how to look for it",
            name="Signature_", key=True),
    ),
    "RegLocator": (
        _key("Signature_", "a search in the registry"),
        _number("Root", "0 HKCR, 1 HKCU, 2 HKLM, 3 HKU", high=3),
        _text("Key", "s255", "the key", "RegPath"),
        _text("Name", "S255", "the value's name; its default value if empty", "Formatted"),
        _number("Type", "what the value is: 0 a folder, 1 a file, 2 anything; 16 for 64-bit",
                type="I2", high=18),
    ),
    "Signature": (
        _key("Signature", "a file to look for"),
        _text("FileName", "s255", "its name"),
        _text("MinVersion", "S20", "the oldest version"),
        _text("MaxVersion", "S20", "the newest version"),
        *(
            _number(name, description, type="I4", high=LONG)
            for name, description in (
                ("MinSize", "the smallest length"), ("MaxSize", "the greatest length"),
                ("MinDate", "the earliest date"), ("MaxDate", "the latest date"),
            )
        ),
        _text("Languages", "S255", "its languages", "Language"),
    ),
    "Icon": (
        _key("Name", "an icon; its ending is that of the file it stands for"),
        _text("Data", "v0", "the .ico or .exe file", "Binary"),
    ),
    "MsiLockPermissionsEx": (
        _key("MsiLockPermissionsEx", "who may do what with something installed"),
        _name("LockObject", "its row in the table named beside it", "s72"),
        _one_of("Table", "s32", "CreateFolder;File;Registry;ServiceInstall", "that table"),
        _text("SDDLText", "s0", "the security descriptor", "FormattedSDDLText"),
        _condition("when it applies; always if empty"),
    ),
    "InstallExecuteSequence": SEQUENCE,
    "InstallUISequence": SEQUENCE,
    "AdminExecuteSequence": SEQUENCE,
    "AdminUISequence": SEQUENCE,
    "AdvtExecuteSequence": SEQUENCE,
    "Error": (
        _number("Error", "the number of a message", key=True),
        _text("Message", "L0", "the message", "Template"),
    ),
    "ActionText": (
        _key("Action", "an action that is shown while it runs"),
        _text("Description", "L0", "what it does"),
        _text("Template", "L0", "how its details are shown", "Template"),
    ),
    "UIText": (
        _key("Key", "a text that the installer shows by itself"),
        _text("Text", "L255", "the text"),
    ),
    "Dialog": (
        _key("Dialog", "a dialog"),
        _number("HCentering", "where on the screen, in percent from the left", high=100),
        _number("VCentering", "where on the screen, in percent from the top", high=100),
        *PLACE[2:],
        _number("Attributes", "bits: 1 visible, 2 modal, 4 can be minimized, 65536 for errors ...",
                type="I4", high=LONG),
        _text("Title", "L128", "its title", "Formatted"),
        _of("Control", "the control with the focus", name="Control_First", type="s50", column=2),
        _of("Control", "the button of the Return key", name="Control_Default", type="S50",
            column=2),
        _of("Control", "the button of the Escape key", name="Control_Cancel", type="S50",
            column=2),
    ),
    "Control": (
        DIALOG,
        _key("Control", "its name, once a dialog", 50),
        _name("Type", "what kind of control", "s20"),
        *PLACE,
        _number("Attributes", "bits: 1 visible, 2 enabled, 4 sunken ...", type="I4", high=LONG),
        _name("Property", "the property it shows or sets"),
        _text("Text", "L0", "its text", "Formatted"),
        _of("Control", "the next one for the Tab key", name="Control_Next", type="S50", column=2),
        _text("Help", "L50", "a hint, and a bar"),
    ),
    "ControlCondition": (
        DIALOG,
        CONTROL,
        _one_of("Action", "s50", "Default;Disable;Enable;Hide;Show", "what happens to it",
                key=True),
        _condition("when it happens", "s255", key=True),
    ),
    "ControlEvent": (
        DIALOG,
        CONTROL,
        Column("Event", "s50", key=True, category="Formatted",
               description="what it does; [PROPERTY] sets one"),
        Column("Argument", "s255", key=True, category="Formatted", description="with what"),
        _condition("when; always if empty", key=True),
        _number("Ordering", "its turn among the events of the control", type="I2"),
    ),
    "EventMapping": (
        DIALOG,
        CONTROL,
        _key("Event", "what it listens to", 50),
        _name("Attribute", "which of its attributes changes", "s50"),
    ),
    "TextStyle": (
        _key("TextStyle", "a style"),
        _text("FaceName", "s32", "its font"),
        _number("Size", "its size in points"),
        _number("Color", "its colour: red + 256 green + 65536 blue", type="I4", high=0xFFFFFF),
        _number("StyleBits", "bits: 1 bold, 2 italic, 4 underlined, 8 struck out", type="I2",
                high=15),
    ),
    "RadioButton": (
        *CHOICE,
        *PLACE,
        _text("Text", "L0", "its text", "Formatted"),
        _text("Help", "L50", "a hint, and a bar"),
    ),
    "CheckBox": (
        _key("Property", "the property of a check box"),
        _text("Value", "S64", "what the property is when it is checked", "Formatted"),
    ),
    "ListBox": (*CHOICE, _text("Text", "L64", "what is shown; the value if empty", "Formatted")),
    "ComboBox": (*CHOICE, _text("Text", "L64", "what is shown; the value if empty", "Formatted")),
}  # fmt: skip

# What a package has even where there is nothing in it; the writer makes _Validation of the rest.
ALWAYS = frozenset((
    "Property", "Directory", "Component", "Feature", "FeatureComponents", "File", "Media",
    "InstallExecuteSequence", "InstallUISequence", "AdminExecuteSequence", "AdminUISequence",
    "AdvtExecuteSequence", "Error", "ListBox",
))  # fmt: skip


def tables(rows: Mapping[str, Sequence[Row]]) -> list[Table]:
    """Return the tables of a package in the order of :data:`SCHEMA`, without ``_Validation``.

    Those without rows are left out, but for what every package has. An unknown table, or a row
    that is too long or too short, is a ValueError.
    """
    known = [name for name in SCHEMA if name != msi_validation.NAME]
    if unknown := sorted(rows.keys() - set(known)):
        raise ValueError(f"no such tables: {', '.join(unknown)}")
    for name in rows:
        for row in rows[name]:
            if len(row) != len(SCHEMA[name]):
                raise ValueError(f"{name} has {len(SCHEMA[name])} columns, not {len(row)}: {row}")
    return [
        Table(name, SCHEMA[name], rows.get(name, ()))
        for name in known
        if name in ALWAYS or rows.get(name)
    ]
