"""A small sound package, and for every rule what breaks it: exactly that rule's fault comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.platforms.windows.ice import RULES, faults
from rtinstall.platforms.windows.ice.texts import file_name, references, symbols
from rtinstall.platforms.windows.schema import SCHEMA
from rtinstall.runtime_bundle.archives.msi_database import Database, DatabaseColumn

Value = str | int | None
Strategy = st.SearchStrategy[Value]
NAMES = {name for name, _ in RULES}
LOCK = "D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)"


def guid(number: int) -> str:
    return f"{{{number:08X}-0000-4000-8000-00000000ABCD}}"


ROWS: dict[str, list[tuple[Value, ...]]] = {
    "Property": [
        ("ALLUSERS", "1"),
        ("ARPPRODUCTICON", "product.ico"),
        ("DefaultUIFont", "Normal"),
        ("ErrorDialog", "ErrorDlg"),
        ("Manufacturer", "Example"),
        ("Mode", "Typical"),
        ("ProductCode", guid(1)),
        ("ProductLanguage", "1033"),
        ("ProductName", "Example Runtime"),
        ("ProductVersion", "24.19.0"),
        ("SecureCustomProperties", "INSTALLDIR;NEWERFOUND;NOPATH;OLDERFOUND"),
        ("UpgradeCode", guid(2)),
    ],
    "Directory": [
        ("TARGETDIR", None, "SourceDir"),
        ("ProgramFiles64Folder", "TARGETDIR", "."),
        ("INSTALLDIR", "ProgramFiles64Folder", "runtime"),
        ("Modules", "INSTALLDIR", "NODE_M~1|node_modules"),
        ("ProgramMenuFolder", "TARGETDIR", "."),
        ("Menu", "ProgramMenuFolder", "EXAMPL~1|Example Runtime"),
    ],
    "Component": [
        ("Exe", guid(3), "INSTALLDIR", 256, None, "node.exe"),
        ("Library", guid(4), "Modules", 256, None, "index.js"),
        ("Empty", guid(5), "Modules", 256, None, None),
        ("Keys", guid(6), "INSTALLDIR", 260, None, "InstallPath"),
        ("Links", guid(7), "Menu", 260, None, "LinksHere"),
        ("Path", guid(8), "INSTALLDIR", 260, "NOT NOPATH", "PathHere"),
    ],
    "Feature": [
        ("Runtime", None, "Runtime", "The runtime", 1, 1, "INSTALLDIR", 24),
        ("Shortcuts", "Runtime", "Shortcuts", "In the menu", 2, 1, None, 8),
    ],
    "FeatureComponents": [
        ("Runtime", "Exe"),
        ("Runtime", "Library"),
        ("Runtime", "Empty"),
        ("Runtime", "Keys"),
        ("Runtime", "Path"),
        ("Shortcuts", "Links"),
    ],
    "File": [
        ("node.exe", "Exe", "node.exe", 900, "24.19.0.0", "1033", 512, 1),
        ("vars.bat", "Exe", "NODEVA~1.BAT|nodevarsall.bat", 90, None, None, 512, 2),
        ("index.js", "Library", "index.js", 9, None, None, 512, 3),
    ],
    "Media": [(1, 3, None, "#node.cab", None, None)],
    "MsiFileHash": [("vars.bat", 0, 1, 2, 3, 4), ("index.js", 0, 1, -2, 3, -4)],
    "Registry": [
        ("InstallPath", 2, "SOFTWARE\\Example", "InstallPath", "[INSTALLDIR]", "Keys"),
        ("Open", 2, "SOFTWARE\\Classes\\x\\command", None, '"[INSTALLDIR]node.exe" "%1"', "Keys"),
        ("LinksHere", 1, "SOFTWARE\\Example", "Links", "#1", "Links"),
        ("PathHere", 2, "SOFTWARE\\Example", "Path", "#1", "Path"),
    ],
    "Environment": [("Path", "=-*PATH", "[~];[INSTALLDIR]", "Path")],
    "Upgrade": [
        (guid(2), None, "24.19.0", None, 513, None, "OLDERFOUND"),
        (guid(2), "24.19.0", None, None, 2, None, "NEWERFOUND"),
    ],
    "LaunchCondition": [
        ("Installed OR NOT NEWERFOUND", "A newer [ProductName] is there"),
        ('Installed OR (VersionNT >= 603 AND ProductName >< "e")', "Windows is too old"),
    ],
    "Shortcut": [
        (
            "Prompt", "Menu", "PROMPT|Command prompt", "Links", "[SystemFolder]cmd.exe",
            '/k "[INSTALLDIR]nodevarsall.bat"', None, None, "product.ico", None, 1, "INSTALLDIR",
            None, None, None, None,
        ),
    ],
    "CreateFolder": [("INSTALLDIR", "Exe"), ("Modules", "Empty")],
    "RemoveFile": [("Menu", "Links", None, "Menu", 2)],
    "IniFile": [
        ("Docs", "DOCS.URL|Documentation.url", "Menu", "InternetShortcut", "URL", "x", 0, "Links"),
    ],
    "AppSearch": [("INSTALLDIR", "WhereItWas")],
    "RegLocator": [("WhereItWas", 2, "SOFTWARE\\Example", "InstallPath", 18)],
    "Icon": [("product.ico", "Icon.product.ico")],
    "MsiLockPermissionsEx": [("Lock", "INSTALLDIR", "CreateFolder", LOCK, None)],
    "InstallExecuteSequence": [
        (action, None, number)
        for action, number in (
            ("FindRelatedProducts", 25), ("AppSearch", 50), ("LaunchConditions", 100),
            ("ValidateProductID", 700), ("CostInitialize", 800), ("FileCost", 900),
            ("CostFinalize", 1000), ("MigrateFeatureStates", 1200), ("InstallValidate", 1400),
            ("RemoveExistingProducts", 1401), ("InstallInitialize", 1500),
            ("ProcessComponents", 1600), ("UnpublishFeatures", 1800),
            ("RemoveRegistryValues", 2600), ("RemoveIniValues", 2700), ("RemoveShortcuts", 3200),
            ("RemoveEnvironmentStrings", 3300), ("RemoveFiles", 3500), ("RemoveFolders", 3600),
            ("CreateFolders", 3700), ("InstallFiles", 4000), ("CreateShortcuts", 4500),
            ("WriteRegistryValues", 5000), ("WriteIniValues", 5100),
            ("WriteEnvironmentStrings", 5200), ("RegisterUser", 6000), ("RegisterProduct", 6100),
            ("PublishFeatures", 6300), ("PublishProduct", 6400), ("InstallFinalize", 6600),
        )
    ],
    "InstallUISequence": [
        ("FindRelatedProducts", None, 25), ("AppSearch", None, 50), ("LaunchConditions", None, 100),
        ("CostInitialize", None, 800), ("FileCost", None, 900), ("CostFinalize", None, 1000),
        ("MigrateFeatureStates", None, 1200), ("WelcomeDlg", "NOT Installed", 1230),
        ("ExecuteAction", None, 1300),
        ("ExitDlg", None, -1), ("CancelDlg", None, -2), ("FatalDlg", None, -3),
    ],
    "AdminExecuteSequence": [
        ("CostInitialize", None, 800), ("FileCost", None, 900), ("CostFinalize", None, 1000),
        ("InstallValidate", None, 1400), ("InstallInitialize", None, 1500),
        ("InstallAdminPackage", None, 3900), ("InstallFiles", None, 4000),
        ("InstallFinalize", None, 6600),
    ],
    "AdminUISequence": [
        ("CostInitialize", None, 800), ("FileCost", None, 900), ("CostFinalize", None, 1000),
        ("ExecuteAction", None, 1300),
        ("ExitDlg", None, -1), ("CancelDlg", None, -2), ("FatalDlg", None, -3),
    ],
    "AdvtExecuteSequence": [
        ("CostInitialize", None, 800), ("CostFinalize", None, 1000),
        ("InstallValidate", None, 1400), ("InstallInitialize", None, 1500),
        ("CreateShortcuts", None, 4500), ("PublishFeatures", None, 6300),
        ("PublishProduct", None, 6400), ("InstallFinalize", None, 6600),
    ],
    "ActionText": [("InstallFiles", "Copying files", "File: [1], size: [6]")],
    "TextStyle": [("Normal", "Tahoma", 8, None, None), ("Big", "Tahoma", 12, None, 1)],
    "Dialog": [
        ("WelcomeDlg", 50, 50, 370, 270, 3, "[ProductName]", "Next", "Next", "Cancel"),
        ("FolderDlg", 50, 50, 370, 270, 3, "[ProductName]", "Edit", "Ok", None),
        ("ExitDlg", 50, 50, 370, 270, 3, "[ProductName]", "Finish", "Finish", "Finish"),
        ("CancelDlg", 50, 50, 370, 270, 3, "[ProductName]", "Finish", "Finish", "Finish"),
        ("FatalDlg", 50, 50, 370, 270, 3, "[ProductName]", "Finish", "Finish", "Finish"),
        ("ErrorDlg", 50, 10, 270, 105, 65539, "[ProductName]", "ErrorText", None, None),
        ("FilesInUse", 50, 50, 370, 270, 19, "[ProductName]", "Retry", "Retry", "Exit"),
    ],
    "Control": [
        ("WelcomeDlg", "Title", "Text", 10, 10, 200, 20, 196611, None, "{\\Big}Hello", None, None),
        ("WelcomeDlg", "Next", "PushButton", 200, 240, 50, 17, 3, None, "Next", "Choice", None),
        ("WelcomeDlg", "Choice", "RadioButtonGroup", 10, 90, 99, 50, 3, "Mode", None, "Cancel", None),
        ("WelcomeDlg", "Cancel", "PushButton", 300, 240, 50, 17, 3, None, "Cancel", "Next", None),
        ("FolderDlg", "Edit", "PathEdit", 10, 90, 99, 17, 3, "INSTALLDIR", None, "Ok", None),
        ("FolderDlg", "Ok", "PushButton", 200, 240, 50, 17, 3, None, "OK", "Edit", None),
        ("FolderDlg", "Bar", "ProgressBar", 10, 40, 99, 9, 65537, None, None, None, None),
        *(
            (dialog, "Finish", "PushButton", 200, 240, 50, 17, 3, None, "Finish", "Finish", None)
            for dialog in ("ExitDlg", "CancelDlg", "FatalDlg")
        ),
        ("ErrorDlg", "ErrorText", "Text", 10, 10, 200, 60, 196611, None, "?", None, None),
        *(
            ("ErrorDlg", name, "PushButton", 10, 80, 50, 17, 3, None, name, None, None)
            for name in "ACINORY"
        ),
        ("FilesInUse", "List", "ListBox", 10, 60, 99, 50, 7, "FileInUseProcess", None, None, None),
        ("FilesInUse", "Retry", "PushButton", 10, 240, 50, 17, 3, None, "Retry", "Ignore", None),
        ("FilesInUse", "Ignore", "PushButton", 70, 240, 50, 17, 3, None, "Go on", "Exit", None),
        ("FilesInUse", "Exit", "PushButton", 150, 240, 50, 17, 3, None, "Exit", "Retry", None),
    ],
    "ControlCondition": [("WelcomeDlg", "Next", "Disable", 'Mode = ""')],
    "ControlEvent": [
        ("WelcomeDlg", "Next", "SpawnDialog", "FolderDlg", 'Mode = "Custom"', 1),
        ("WelcomeDlg", "Next", "AddLocal", "ALL", 'Mode = "Complete"', 2),
        ("WelcomeDlg", "Next", "EndDialog", "Return", None, 3),
        ("WelcomeDlg", "Cancel", "EndDialog", "Exit", None, None),
        ("FolderDlg", "Ok", "SetTargetPath", "INSTALLDIR", None, 1),
        ("FolderDlg", "Ok", "EndDialog", "Return", None, 2),
        *(
            (dialog, "Finish", "EndDialog", "Return", None, None)
            for dialog in ("ExitDlg", "CancelDlg", "FatalDlg")
        ),
        *(
            ("ErrorDlg", argument[0], "EndDialog", f"Error{argument}", None, None)
            for argument in ("Abort", "Cancel", "Ignore", "No", "Ok", "Retry", "Yes")
        ),
        *(
            ("FilesInUse", argument, "EndDialog", argument, None, None)
            for argument in ("Retry", "Ignore", "Exit")
        ),
    ],
    "EventMapping": [("FolderDlg", "Bar", "SetProgress", "Progress")],
    "RadioButton": [
        ("Mode", 1, "Typical", 0, 0, 90, 15, "Typical", None),
        ("Mode", 2, "Custom", 0, 16, 90, 15, "Custom", None),
    ],
}  # fmt: skip
SUMMARY: dict[int, int | str] = {
    1: 1252, 2: "Installation Database", 3: "Example Runtime", 4: "Example", 7: "x64;1033",
    9: guid(9), 12: 0, 13: 0, 14: 500, 15: 2, 18: "rtbuild", 19: 2,
}  # fmt: skip


class Package:
    """A package that can be changed; ``_Validation`` is made of the schema, as the writer does."""

    def __init__(self) -> None:
        self.columns = {
            name: tuple(DatabaseColumn(c.name, c.type, c.key) for c in columns)
            for name, columns in SCHEMA.items()
            if name in ROWS or name == "_Validation"
        }
        self.rows = {name: list(rows) for name, rows in ROWS.items()}
        self.rows["_Validation"] = [
            (
                table, c.name, "Y" if c.nullable else "N", c.minimum, c.maximum, c.key_table,
                c.key_column, c.category, c.choices, c.description,
            )
            for table in self.columns
            for c in SCHEMA[table]
        ]  # fmt: skip
        self.summary = dict(SUMMARY)
        self.streams = {"node.cab": 1000, "Icon.product.ico": 100}
        self.faults: tuple[str, ...] = ()

    def add(self, table: str, *row: Value) -> None:
        if table not in self.columns:
            known = SCHEMA.get(table, ())
            self.columns[table] = tuple(DatabaseColumn(c.name, c.type, c.key) for c in known)
            self.rows[table] = []
            self.rows["_Validation"] += [
                (table, c.name, "Y" if c.nullable else "N", c.minimum, c.maximum, c.key_table,
                 c.key_column, c.category, c.choices, c.description)
                for c in known
            ]  # fmt: skip
        assert len(row) == len(self.columns[table])
        self.rows[table].append(row)

    def make(self, table: str, columns: str, *rows: tuple[Value, ...]) -> None:
        """Add a table that the schema does not have; ``columns`` all of s72, the first the key."""
        names = columns.split()
        self.columns[table] = tuple(
            DatabaseColumn(name, "s72" if name == names[0] else "S72", name == names[0])
            for name in names
        )
        self.rows[table] = list(rows)
        self.rows["_Validation"] += [
            (table, name, "N" if name == names[0] else "Y", *(None,) * 7) for name in names
        ]

    def find(self, table: str, key: str) -> int:
        count = sum(column.key for column in self.columns[table])
        for at, row in enumerate(self.rows[table]):
            if "/".join(str(cell) for cell in row[:count]).startswith(key):
                return at
        raise LookupError(f"{table} has no row {key}")

    def set(self, table: str, key: str, column: str, value: Value) -> None:
        at = self.find(table, key)
        number = [c.name for c in self.columns[table]].index(column)
        row = self.rows[table][at]
        self.rows[table][at] = (*row[:number], value, *row[number + 1 :])

    def drop(self, table: str, key: str) -> None:
        del self.rows[table][self.find(table, key)]

    def faulty(self) -> list[str]:
        return list(
            faults(
                Database(
                    Path("example.msi"),
                    65001,
                    self.summary,
                    self.columns,
                    {name: tuple(rows) for name, rows in self.rows.items()},
                    self.streams,
                    self.faults,
                )
            )
        )


Change = Callable[[Package], object]
INSTALL = "InstallExecuteSequence"


def put(table: str, key: str, column: str, value: Value) -> Change:
    return lambda package: package.set(table, key, column, value)


def add(table: str, *row: Value) -> Change:
    return lambda package: package.add(table, *row)


def drop(table: str, key: str) -> Change:
    return lambda package: package.drop(table, key)


def make(table: str, columns: str, *rows: tuple[Value, ...]) -> Change:
    return lambda package: package.make(table, columns, *rows)


def total(number: int, value: int | str) -> Change:
    return lambda package: package.summary.update({number: value})


def both(*changes: Change) -> Change:
    def change(package: Package) -> None:
        for one in changes:
            one(package)

    return change


def raw_column(table: str, column: str, type: str) -> Change:
    def change(package: Package) -> None:
        package.columns[table] = tuple(
            DatabaseColumn(c.name, type if c.name == column else c.type, c.key)
            for c in package.columns[table]
        )

    return change


def shortcut(target: str, arguments: str | None = None, icon: str | None = None) -> Change:
    return add(
        "Shortcut", "More", "Menu", "MORE", "Links", target, arguments, None, None, icon,
        *(None,) * 7,
    )  # fmt: skip


def user(package: Package) -> None:
    """Make it a package for one user."""
    package.drop("Property", "ALLUSERS")
    package.summary[15] = 10
    for key in ("Open", "InstallPath", "PathHere"):
        package.set("Registry", key, "Root", 1)
    package.set("Environment", "Path", "Name", "=-PATH")


def grow(package: Package, components: int, files: int) -> None:
    """Add components with a folder each, and files all over them."""
    for number in range(components):
        package.add("Directory", f"D{number}", "Modules", f"D{number}|directory {number}")
        package.add("Component", f"C{number}", guid(1000 + number), f"D{number}", 256, None, None)
        package.add("FeatureComponents", "Runtime", f"C{number}")
        package.add("CreateFolder", f"D{number}", f"C{number}")
    for number in range(files):
        name = f"F{number}.JS|file {number}.js"
        component = f"C{number % components}"
        package.add("File", f"f{number}", component, name, 1, None, None, 512, 4 + number)
        package.add("MsiFileHash", f"f{number}", 0, 1, 2, 3, 4)
    package.set("Media", "1", "LastSequence", 3 + files)


# The rule that must find it, with those that cannot but find it as well; what it is; how it is made.
BROKEN: list[tuple[str, str, Change]] = [
    ("SEQ", "unsorted", lambda p: setattr(p, "faults", ("File is not sorted",))),
    ("TABLES", "unknown-table", make("Font", "File_ FontTitle", ("index.js", None))),
    ("TABLES", "renamed-column", lambda p: p.columns.update(Media=p.columns["Media"][::-1])),
    ("ICE02", "key-path-of-another", put("Component", "Library", "KeyPath", "node.exe")),
    ("ICE02", "key-path-in-another-table", put("Component", "Library", "KeyPath", "PathHere")),
    ("ICE02", "key-value-of-another", put("Component", "Path", "KeyPath", "InstallPath")),
    ("ICE03", "too-high", put("Feature", "Runtime", "Level", 40000)),
    ("ICE03", "too-low", put("Registry", "Open", "Root", -2)),
    ("ICE03", "not-in-the-set", put("Feature", "Shortcuts", "Attributes", 12)),
    ("ICE03", "text-not-in-the-set", put("ControlCondition", "Wel", "Action", "Blink")),
    ("ICE03", "empty", put("Feature", "Runtime", "Level", None)),
    ("ICE03", "too-long", put("Feature", "Runtime", "Title", "\U0001f600" * 33)),
    ("ICE03", "identifier", put("ActionText", "InstallFiles", "Action", "Install Files")),
    ("ICE03", "lower-case-guid", put("Component", "Exe", "ComponentId", guid(0xAB).lower())),
    ("ICE03", "version", put("File", "node.exe", "Version", "1.2.3.65536")),
    ("ICE03", "version-of-nothing", put("File", "node.exe", "Version", "nothing.exe")),
    ("ICE03", "language", put("File", "node.exe", "Language", "en")),
    ("ICE03", "short-name", put("File", "vars.bat", "FileName", "NODEVARSALL.BAT")),
    (
        "ICE03",
        "blank-in-short-name",
        put("File", "vars.bat", "FileName", "NO VARS.BAT|nodevars.bat"),
    ),
    ("ICE03", "forbidden-in-long-name", put("File", "vars.bat", "FileName", "A.BAT|a?.bat")),
    ("ICE03", "dot-at-the-end", put("File", "vars.bat", "FileName", "A.BAT|node.")),
    ("ICE03", "folder-name", put("Directory", "Modules", "DefaultDir", "node_modules")),
    ("ICE03 ICE56", "root", put("Directory", "TARGETDIR", "DefaultDir", "Source Dir")),
    ("ICE03", "condition", put("Component", "Path", "Condition", "NOT (NOPATH")),
    ("ICE03", "registry-path", put("Registry", "Open", "Key", "SOFTWARE\\")),
    ("ICE03", "cabinet", put("Media", "1", "Cabinet", "node cabinet.cab")),
    ("ICE03", "descriptor", put("MsiLockPermissionsEx", "Lock", "SDDLText", "Everyone: full")),
    ("ICE03", "capitals", put("Feature", "Runtime", "Directory_", "Modules")),
    ("ICE03", "foreign-key", put("Feature", "Shortcuts", "Feature_Parent", "Nowhere")),
    ("ICE03", "no-such-feature", add("FeatureComponents", "Nothing", "Exe")),
    ("ICE03", "key-twice", add("ActionText", "InstallFiles", None, None)),
    ("ICE03", "file-of-a-text", put("Registry", "InstallPath", "Value", "[#nothing.exe]")),
    ("ICE03", "component-of-a-text", put("Registry", "InstallPath", "Value", "[$Nothing]")),
    ("ICE03", "column-unknown", drop("_Validation", "Media/DiskPrompt")),
    ("ICE03", "category-unknown", put("_Validation", "Media/DiskPrompt", "Category", "Prompt")),
    ("ICE03", "no-validation", lambda p: (p.columns.pop("_Validation"), p.rows.pop("_Validation"))),
    ("ICE04", "after-the-last-disk", put("Media", "1", "LastSequence", 2)),
    ("ICE05", "no-manufacturer", both(drop("Property", "Manufacturer"), total(4, ""))),
    ("ICE06", "column-not-there", add("_Validation", "File", "Colour", "Y", *(None,) * 7)),
    ("ICE08", "identifier-twice", put("Component", "Exe", "ComponentId", guid(4))),
    (
        "ICE09",
        "not-permanent",
        both(
            add("Directory", "System64Folder", "TARGETDIR", "."),
            add("Component", "System", guid(20), "System64Folder", 260, None, "SystemHere"),
            add("Registry", "SystemHere", 2, "SOFTWARE\\Example", "System", "#1", "System"),
            add("FeatureComponents", "Runtime", "System"),
        ),
    ),
    ("ICE10", "refuses-what-the-parent-favours", put("Feature", "Runtime", "Attributes", 20)),
    ("ICE13", "dialog-without-people", add("AdminExecuteSequence", "WelcomeDlg", None, 1100)),
    ("ICE14", "follows-nobody", put("Feature", "Runtime", "Attributes", 26)),
    ("ICE14", "its-own-parent", put("Feature", "Shortcuts", "Feature_Parent", "Shortcuts")),
    ("ICE14", "circle", put("Feature", "Runtime", "Feature_Parent", "Shortcuts")),
    (
        "ICE16",
        "long-name",
        both(put("Property", "ProductName", "Value", "x" * 64), total(3, "x" * 64)),
    ),
    (
        "ICE17",
        "button-without-event",
        add("Control", "ExitDlg", "Dead", "PushButton", 1, 1, 9, 9, 3, *(None,) * 4),
    ),
    (
        "ICE17",
        "picture",
        add("Control", "ExitDlg", "Art", "Bitmap", 1, 1, 9, 9, 1, None, "Art", None, None),
    ),
    ("ICE17", "bitmap-and-icon", put("Control", "ExitDlg/Finish", "Attributes", 0xC0003)),
    (
        "ICE17",
        "empty-list",
        add("Control", "ExitDlg", "List", "ListBox", 1, 1, 9, 9, 3, "LIST", *(None,) * 3),
    ),
    ("ICE18", "folder-not-made", drop("CreateFolder", "Modules")),
    ("ICE19", "advertised-without-file", shortcut("Shortcuts")),
    ("ICE20", "no-dialog-for-failure", drop("AdminUISequence", "FatalDlg")),
    ("ICE20", "no-dialog-for-errors", put("Property", "ErrorDialog", "Value", "FilesInUse")),
    ("ICE20", "error-without-text", put("Dialog", "ErrorDlg", "Control_First", "A")),
    ("ICE20", "error-without-yes", put("ControlEvent", "ErrorDlg/Y", "Argument", "ErrorNo")),
    ("ICE20", "list-of-files-in-use", put("Control", "FilesInUse/List", "Type", "Edit")),
    ("ICE20", "no-way-to-ignore", put("ControlEvent", "FilesInUse/Ignore", "Argument", "Retry")),
    ("ICE21", "of-no-feature", drop("FeatureComponents", "Runtime/Keys")),
    ("ICE23", "first-control", put("Dialog", "FolderDlg", "Control_First", "Next")),
    ("ICE23", "dead-end", put("Control", "WelcomeDlg/Cancel", "Control_Next", None)),
    ("ICE23", "not-back", put("Control", "WelcomeDlg/Cancel", "Control_Next", "Choice")),
    ("ICE23", "left-out", put("Control", "WelcomeDlg/Next", "Control_Next", "Cancel")),
    ("ICE23", "on-another-dialog", put("Control", "WelcomeDlg/Cancel", "Control_Next", "Ok")),
    ("ICE24", "product-code", put("Property", "ProductCode", "Value", guid(0xAB).lower())),
    ("ICE24", "version", both(put("Property", "ProductVersion", "Value", "24.19.0-rc.1"))),
    ("ICE24", "version-too-high", put("Property", "ProductVersion", "Value", "24.256.0")),
    ("ICE24", "version-of-two-fields", put("Property", "ProductVersion", "Value", "24.19")),
    (
        "ICE24",
        "language",
        both(put("Property", "ProductLanguage", "Value", "70000"), total(7, "x64;70000")),
    ),
    ("ICE26", "lacks-an-action", drop(INSTALL, "UnpublishFeatures")),
    ("ICE26", "lacks-one-of-the-interface", drop("AdminUISequence", "FileCost")),
    ("ICE26", "of-another-sequence", add(INSTALL, "ExecuteAction", None, 1300)),
    ("ICE26", "not-for-advertising", add("AdvtExecuteSequence", "LaunchConditions", None, 100)),
    ("ICE27", "unknown", add(INSTALL, "ForceReboot", None, 6700)),
    ("ICE27", "order", put(INSTALL, "RemoveFolders", "Sequence", 3400)),
    ("ICE27", "costing", put("InstallUISequence", "CostFinalize", "Sequence", 850)),
    ("ICE27", "after-the-end", put(INSTALL, "PublishProduct", "Sequence", 6700)),
    (
        "ICE29",
        "names-cut-off",
        both(
            add("Icon", f"{'x' * 60}.ico", "Icon.x"),
            add("Icon", f"{'x' * 60}.icon", "Icon.y"),
            shortcut("[SystemFolder]a", None, f"{'x' * 60}.ico"),
            put("Property", "ARPPRODUCTICON", "Value", f"{'x' * 60}.icon"),
        ),
    ),
    ("ICE30", "long-name", put("File", "vars.bat", "FileName", "A.BAT|Node.EXE")),
    ("ICE30", "short-name", put("File", "vars.bat", "FileName", "node.exe|nodevarsall.bat")),
    ("ICE30", "short-name-of-a-folder", put("File", "vars.bat", "FileName", "NODE_M~1|nodevars")),
    ("ICE30", "short-name-of-two-folders", add("Directory", "More", "INSTALLDIR", "node_m~1|more")),
    ("ICE31", "style", put("Control", "WelcomeDlg/Title", "Text", "{\\Huge}Hello")),
    ("ICE31", "brace", put("Control", "WelcomeDlg/Title", "Text", "{\\Big Hello")),
    ("ICE31", "late-style", put("Control", "WelcomeDlg/Title", "Text", "Hello {\\Big}you")),
    ("ICE31", "default", put("Property", "DefaultUIFont", "Value", "Huge")),
    ("ICE32", "width", raw_column("FeatureComponents", "Feature_", "s72")),
    ("ICE34", "no-such-choice", put("Property", "Mode", "Value", "Maybe")),
    ("ICE34", "no-property", put("Control", "WelcomeDlg/Choice", "Property", None)),
    ("ICE35", "runs-from-source", put("Component", "Library", "Attributes", 257)),
    ("ICE36", "icon", add("Icon", "more.ico", "Icon.more.ico")),
    (
        "ICE38",
        "folder-in-profile",
        both(
            put("Component", "Links", "Attributes", 256),
            put("Component", "Links", "KeyPath", None),
            add("CreateFolder", "Menu", "Links"),
        ),
    ),
    ("ICE38 ICE57", "key-of-the-machine", put("Registry", "LinksHere", "Root", 2)),
    ("ICE39", "template", total(7, "x64;1033,en")),
    ("ICE39", "package-code", total(9, guid(0xAB).lower())),
    ("ICE39 SUMMARY", "word-count", lambda p: p.summary.pop(15)),
    ("ICE39", "compressed-file", put("File", "index.js", "Attributes", 512 + 16384)),
    ("ICE40", "reinstall-mode", add("Property", "REINSTALLMODE", "amus")),
    (
        "ICE43",
        "key-of-the-machine",
        both(
            add("Component", "Here", guid(30), "INSTALLDIR", 260, None, "HereIt"),
            add("Registry", "HereIt", 2, "SOFTWARE\\Example", "Here", "#1", "Here"),
            add("FeatureComponents", "Runtime", "Here"),
            add(
                "Shortcut", "Here", "INSTALLDIR", "HERE.LNK", "Here", "[INSTALLDIR]a", *(None,) * 11
            ),
        ),
    ),
    (
        "ICE44",
        "dialog",
        add("ControlEvent", "WelcomeDlg", "Next", "SpawnDialog", "FolderDialog", None, 9),
    ),
    ("ICE45", "dialog", put("Dialog", "ExitDlg", "Attributes", 1027)),
    ("ICE45", "control", put("Control", "ExitDlg/Finish", "Attributes", 3 | 0x1000000)),
    ("ICE45", "file", put("File", "index.js", "Attributes", 512 | 128)),
    ("ICE46", "property", add("Property", "AllUsers", "1")),
    ("ICE46", "condition", put("Component", "Path", "Condition", "NOT nopath")),
    ("ICE47", "too-many", lambda p: grow(p, 1595, 0)),
    ("ICE48", "fixed-folder", add("Property", "INSTALLDIR", "C:\\runtime")),
    ("ICE49", "default-number", put("Registry", "PathHere", "Name", None)),
    (
        "ICE50",
        "icon-of-no-kind",
        both(
            add("Icon", "more.dat", "Icon.more.dat"), shortcut("[SystemFolder]a", None, "more.dat")
        ),
    ),
    ("ICE52", "private", add("AppSearch", "Found", "WhereItWas")),
    (
        "ICE53",
        "policy",
        put("Registry", "Open", "Key", "SOFTWARE\\Policies\\Microsoft\\Windows\\Installer"),
    ),
    (
        "ICE54",
        "companion",
        both(put("File", "index.js", "Version", "node.exe"), drop("MsiFileHash", "index.js")),
    ),
    ("ICE56", "second-root", add("Directory", "Second", None, "SourceDir")),
    ("ICE56", "source", put("Directory", "TARGETDIR", "DefaultDir", "Temp")),
    (
        "ICE56",
        "circle",
        both(add("Directory", "One", "Two", "one"), add("Directory", "Two", "One", "two")),
    ),
    ("ICE57", "machine-with-value-of-user", put("Registry", "Open", "Root", 1)),
    (
        "ICE57",
        "machine-with-value-of-either",
        add("Registry", "More", -1, "SOFTWARE\\Example", "B", "1", "Exe"),
    ),
    ("ICE57", "variable-of-user", put("Environment", "Path", "Name", "=-PATH")),
    ("ICE59 ICE19", "of-another-feature", shortcut("Runtime")),
    ("ICE60", "no-language", put("File", "node.exe", "Language", None)),
    ("ICE60", "hash", add("MsiFileHash", "node.exe", 0, 1, 2, 3, 4)),
    (
        "ICE03 ICE61",
        "private",
        both(
            put("Upgrade", f"{guid(2)}/None", "ActionProperty", "OlderFound"),
            put(
                "Property",
                "SecureCustomProperties",
                "Value",
                "INSTALLDIR;NEWERFOUND;NOPATH;OlderFound",
            ),
        ),
    ),
    (
        "ICE61",
        "not-secure",
        put("Property", "SecureCustomProperties", "Value", "INSTALLDIR;NEWERFOUND;NOPATH"),
    ),
    ("ICE61", "set-before", add("Property", "OLDERFOUND", "1")),
    ("ICE61", "property-twice", put("Upgrade", f"{guid(2)}/24", "ActionProperty", "OLDERFOUND")),
    (
        "ICE61",
        "versions-turned-round",
        add("Upgrade", guid(40), "2.0.0", "1.0.0", None, 2, None, "NOPATH"),
    ),
    ("ICE61", "bad-version", add("Upgrade", guid(40), "2.0", None, None, 2, None, "NOPATH")),
    ("ICE61", "removes-newer", put("Upgrade", f"{guid(2)}/24", "Attributes", 0)),
    ("ICE61", "reserved-bits", put("Upgrade", f"{guid(2)}/24", "Attributes", 2 | 8)),
    ("ICE63", "too-late", put(INSTALL, "RemoveExistingProducts", "Sequence", 1700)),
    ("ICE63", "too-early", put(INSTALL, "RemoveExistingProducts", "Sequence", 1300)),
    ("ICE64", "folder-left", drop("RemoveFile", "Menu")),
    ("ICE65", "prefixes", put("Environment", "Path", "Name", "=+*PATH")),
    ("ICE65", "separator-at-both-ends", put("Environment", "Path", "Value", "[~];[INSTALLDIR];")),
    ("ICE65", "letter-parts", put("Environment", "Path", "Value", "[~]e[INSTALLDIR]")),
    (
        "ICE67 ICE69",
        "may-move",
        both(
            put("Component", "Exe", "Attributes", 258),
            put("Shortcut", "Prompt", "Target", "[#node.exe]"),
        ),
    ),
    ("ICE69", "of-another", put("Registry", "InstallPath", "Value", "[$Library]")),
    ("ICE69", "file-of-another", put("Registry", "InstallPath", "Value", "[#index.js]")),
    ("ICE70", "number", put("Registry", "PathHere", "Value", "#12xz34")),
    ("ICE70", "bytes", put("Registry", "PathHere", "Value", "#xz34")),
    ("ICE71", "no-first-disk", put("Media", "1", "DiskId", 2)),
    ("ICE74", "fast-oem", add("Property", "FASTOEM", "1")),
    ("ICE74", "no-family", drop("Property", "UpgradeCode")),
    (
        "ICE78",
        "interface",
        make("AdvtUISequence", "Action Condition Sequence", ("AppSearch", None, "50")),
    ),
    ("ICE79", "feature", put("Component", "Path", "Condition", "&Nothing = 3")),
    ("ICE79", "component", put("Component", "Path", "Condition", "?Nothing = 3")),
    ("ICE80", "narrow-package", total(7, "Intel;1033")),
    ("ICE80", "narrow-component", put("Component", "Exe", "Attributes", 0)),
    ("ICE80 SUMMARY", "old-installer", total(14, 100)),
    ("ICE80", "language", total(7, "x64;1031")),
    ("ICE82", "number-twice", put(INSTALL, "ValidateProductID", "Sequence", 800)),
    ("ICE82", "user-not-registered", drop(INSTALL, "RegisterUser")),
    ("ICE84", "condition", put(INSTALL, "InstallFinalize", "Condition", "NOT Installed")),
    ("ICE86", "admin-user", put("Component", "Path", "Condition", "AdminUser")),
    ("ICE87", "command-line", add("Property", "ADDLOCAL", "ALL")),
    ("ICE88 ICE57 LOCK", "folder", put("IniFile", "Docs", "DirProperty", "USERNAME")),
    (
        "ICE90",
        "public-folder",
        both(
            add("Directory", "MENU", "ProgramMenuFolder", "menu"),
            add("RemoveFile", "M", "Links", None, "MENU", 2),
            put("Shortcut", "Prompt", "Directory_", "MENU"),
        ),
    ),
    (
        "ICE91",
        "one-users-folder",
        both(
            add("Directory", "AppDataFolder", "TARGETDIR", "."),
            put("Shortcut", "Prompt", "Directory_", "AppDataFolder"),
        ),
    ),
    ("ICE92", "no-identifier", put("Component", "Library", "ComponentId", None)),
    (
        "ICE92",
        "permanent-and-superseded",
        put("Component", "Library", "Attributes", 256 | 16 | 1024),
    ),
    ("ICE96", "not-published", drop("AdvtExecuteSequence", "PublishProduct")),
    ("ICE99", "name-of-windows", add("Directory", "USERNAME", "INSTALLDIR", "user")),
    (
        "ICE103",
        "nothing-to-print",
        add("ControlEvent", "WelcomeDlg", "Next", "MsiPrint", "1", None, 9),
    ),
    (
        "ICE104",
        "nothing-to-lock",
        add("MsiLockPermissionsEx", "More", "Modules2", "CreateFolder", LOCK, None),
    ),
    ("ICE104 ICE03", "property", put("MsiLockPermissionsEx", "Lock", "SDDLText", f"{LOCK}[X]")),
    (
        "ICE105",
        "registry-of-the-machine",
        both(user, put("Registry", "Open", "Root", 2), put("Registry", "InstallPath", "Root", 2)),
    ),
    (
        "ICE105",
        "folder-of-the-machine",
        both(user, add("Directory", "CommonAppDataFolder", "TARGETDIR", ".")),
    ),
    (
        "ICE105",
        "variable-of-the-machine",
        both(
            user,
            put("Registry", "PathHere", "Root", 2),
            put("Environment", "Path", "Name", "=-*PATH"),
        ),
    ),
    (
        "NOACTION",
        "custom-action",
        make("CustomAction", "Action Source Target", ("Run", "node.exe", None)),
    ),
    ("NOACTION", "binary", make("Binary", "Name", ("helper.dll",))),
    ("NOACTION", "service", make("ServiceInstall", "ServiceInstall Name", ("Service", "node"))),
    ("WILDCARD", "all-files", add("RemoveFile", "All", "Library", "*.*", "Modules", 2)),
    ("WILDCARD", "one-character", add("RemoveFile", "All", "Library", "inde?.js", "Modules", 2)),
    (
        "WILDCARD",
        "in-another-table",
        make("RemoveIniFile", "RemoveIniFile FileName", ("A", "*.ini")),
    ),
    ("QUOTE", "folder", put("Shortcut", "Prompt", "Arguments", "/k [INSTALLDIR]nodevarsall.bat")),
    ("QUOTE", "half", put("Shortcut", "Prompt", "Arguments", '"/k" [INSTALLDIR]a.bat "b"')),
    ("QUOTE", "literal", put("Shortcut", "Prompt", "Arguments", "/k C:\\Program Files\\a.bat")),
    ("QUOTE", "variable", put("Shortcut", "Prompt", "Arguments", "/k [%ProgramFiles]\\a.bat")),
    ("QUOTE", "escaped", put("Shortcut", "Prompt", "Arguments", '/k "[INSTALLDIR]"')),
    ("QUOTE", "command", put("Registry", "Open", "Value", '[INSTALLDIR]node.exe "%1"')),
    ("QUOTE", "uninstall", put("Registry", "InstallPath", "Name", "UninstallString")),
    ("LOCK", "not-locked", drop("MsiLockPermissionsEx", "Lock")),
    (
        "LOCK",
        "inherited",
        put("MsiLockPermissionsEx", "Lock", "SDDLText", LOCK.replace("D:P", "D:")),
    ),
    (
        "LOCK",
        "users-write",
        put("MsiLockPermissionsEx", "Lock", "SDDLText", LOCK.replace("0x1200a9", "0x1301bf")),
    ),
    (
        "LOCK",
        "everyone-writes",
        put("MsiLockPermissionsEx", "Lock", "SDDLText", f"{LOCK}(A;;GRGW;;;WD)"),
    ),
    (
        "LOCK",
        "by-name",
        put("MsiLockPermissionsEx", "Lock", "SDDLText", LOCK.replace("BU", "<Users>")),
    ),
    (
        "LOCK",
        "another-folder",
        both(
            add("Directory", "CommonAppDataFolder", "TARGETDIR", "."),
            add("Directory", "Data", "CommonAppDataFolder", "runtime"),
            add("CreateFolder", "Data", "Exe"),
        ),
    ),
    ("DIALOG", "not-reached", drop("ControlEvent", "WelcomeDlg/Next/Spawn")),
    (
        "DIALOG",
        "no-way-out",
        both(
            put("ControlEvent", "ExitDlg/Finish", "Event", "Reset"),
            put("ControlEvent", "ExitDlg/Finish", "Argument", "0"),
        ),
    ),
    ("DIALOG", "default", put("Dialog", "FolderDlg", "Control_Default", "Edit")),
    ("DIALOG", "cancel", put("Dialog", "FolderDlg", "Control_Cancel", "Next")),
    ("DIALOG", "event-of-no-control", put("EventMapping", "FolderDlg", "Control_", "Title")),
    ("DIALOG", "outside", put("Control", "ExitDlg/Finish", "X", 330)),
    ("DIALOG", "type", put("Control", "FolderDlg/Bar", "Type", "Spinner")),
    ("DIALOG", "no-property", put("Control", "FolderDlg/Edit", "Property", None)),
    ("DIALOG", "event", put("ControlEvent", "FolderDlg/Ok/Set", "Event", "SetTarget")),
    ("DIALOG", "ending", put("ControlEvent", "ExitDlg/Finish", "Argument", "ErrorOk")),
    ("DIALOG", "feature", put("ControlEvent", "WelcomeDlg/Next/Add", "Argument", "Everything")),
    ("DIALOG", "path", put("ControlEvent", "FolderDlg/Ok/Set", "Argument", "FOLDER")),
    ("DIALOG", "published", put("EventMapping", "FolderDlg", "Event", "Weather")),
    (
        "MEDIA",
        "gap",
        both(put("File", "index.js", "Sequence", 5), put("Media", "1", "LastSequence", 5)),
    ),
    (
        "MEDIA",
        "number-twice",
        both(put("File", "index.js", "Sequence", 2), put("Media", "1", "LastSequence", 2)),
    ),
    ("MEDIA", "more-than-there-are", put("Media", "1", "LastSequence", 4)),
    ("MEDIA", "no-stream", lambda p: p.streams.pop("node.cab")),
    ("MEDIA", "no-cabinet", put("Media", "1", "Cabinet", None)),
    ("MEDIA", "empty-disk", add("Media", 2, 3, None, "#node.cab", None, None)),
    ("SUMMARY", "subject", total(3, "Something else")),
    ("SUMMARY", "author", total(4, "Somebody else")),
    ("SUMMARY", "product-code", total(9, guid(1))),
    ("SUMMARY", "not-compressed", total(15, 0)),
    ("SUMMARY", "short-names", total(15, 3)),
    ("SUMMARY", "not-elevated", total(15, 10)),
    ("SUMMARY", "old-installer", total(14, 405)),
    ("SUMMARY", "code-page", total(1, 65001)),
    ("SUMMARY", "may-be-written", total(19, 0)),
    ("SUMMARY", "no-such-scope", put("Property", "ALLUSERS", "Value", "3")),
    ("SUMMARY ICE105", "for-a-user-but-elevated", drop("Property", "ALLUSERS")),
    ("SUMMARY", "scope-without-choice", add("Property", "MSIINSTALLPERUSER", "1")),
    ("PROPERTY", "condition", put("Component", "Path", "Condition", "NOT NOPTAH")),
    (
        "PROPERTY",
        "text",
        put("LaunchCondition", "Installed OR NOT", "Description", "[ProductTitle]"),
    ),
    ("PROPERTY", "folder", put("Shortcut", "Prompt", "WkDir", "Nowhere")),
    ("EFFECT", "nothing-written", drop(INSTALL, "WriteIniValues")),
    ("EFFECT", "nothing-removed", drop(INSTALL, "RemoveEnvironmentStrings")),
    ("EFFECT", "asked-too-early", drop("InstallUISequence", "FindRelatedProducts")),
]


def test_a_sound_package_has_no_faults() -> None:
    assert Package().faulty() == []


def test_a_sound_package_for_one_user_has_no_faults() -> None:
    package = Package()
    user(package)
    package.drop("MsiLockPermissionsEx", "Lock")
    assert [fault for fault in package.faulty() if not fault.startswith("ICE57")] == []


@pytest.mark.parametrize(
    ("rule", "change"), [pytest.param(r, c, id=f"{r.split()[0]}-{name}") for r, name, c in BROKEN]
)
def test_what_is_broken_is_the_fault_of_its_rule_alone(rule: str, change: Change) -> None:
    package = Package()
    change(package)
    found = package.faulty()
    assert {fault.split()[0] for fault in found} == set(rule.split()), found
    assert all("\n" not in fault and len(fault) < 400 for fault in found)


def test_every_rule_is_broken_once() -> None:
    assert {name for name, _ in RULES} == {rule.split()[0] for rule, _, _ in BROKEN}


def test_every_rule_says_its_name_and_has_no_other() -> None:
    for name, rule in RULES:
        assert (rule.__doc__ or "").startswith((f"{name}:", f"{name}, ours:"))


def test_a_fault_names_the_row_and_what_is_wrong() -> None:
    package = Package()
    package.set("Component", "Library", "KeyPath", "node.exe")
    package.set("Feature", "Runtime", "Level", 40000)
    assert package.faulty() == [
        "ICE03 Feature Runtime: Level 40000 is above 32767",
        "ICE02 Component Library: its key path File node.exe belongs to the component Exe",
    ]


def test_a_large_package_is_judged_in_well_under_a_second() -> None:
    package = Package()
    grow(package, 500, 2200)
    begin = time.process_time()
    assert package.faulty() == []
    assert time.process_time() - begin < 1


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_a_cell_holds_is_judged(data: st.DataObject) -> None:
    """Brackets, braces, prefixes, circles: rules follow what is in the cells, wherever it leads."""
    package = Package()
    for _ in range(data.draw(st.integers(1, 4))):
        table = data.draw(st.sampled_from(sorted(package.rows)))
        at = data.draw(st.integers(0, len(package.rows[table]) - 1))
        number = data.draw(st.integers(0, len(package.columns[table]) - 1))
        row = package.rows[table][at]
        others: Strategy = st.sampled_from([cell for row in package.rows[table] for cell in row])
        integer = package.columns[table][number].type[0] in "iI"
        fitting: Strategy = (
            st.integers(-(2**31), 2**31) if integer else st.text('[]{}\\"<=()~#|:*;A1 ')
        )
        value = data.draw(st.none() | fitting | others)
        if value is None or isinstance(value, int) == integer:
            package.rows[table][at] = (*row[:number], value, *row[number + 1 :])
    assert all(fault.split()[0] in NAMES for fault in package.faulty())


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("A", ["A"]),
        ("not A and B OR c", ["A", "B", "c"]),
        ('A ~= "x y" AND (B >= 5 OR "q" << C)', ["A", "B", "C"]),
        ("&Feature=3 AND ?Component<>2 AND %PATH", ["&Feature", "?Component", "%PATH"]),
        ("NOT NOT (A) IMP -1", ["A"]),
        ("(" * 5000 + "A" + ")" * 5000, ["A"]),
    ],
)
def test_the_symbols_of_a_condition_are_found(condition: str, expected: list[str]) -> None:
    assert list(symbols(condition)) == expected


@pytest.mark.parametrize(
    "condition",
    ["", "A B", "A =", "= A", "A = B = C", "(A", "A)", "A AND", "AND A", "NOT", "A = NOT B",
     "A = (B)", '"x', "A ! B", "A == B", "(A) = 1", "A = AND"],
)  # fmt: skip
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(ValueError, match=r"it ends|there is no|stands where"):
        list(symbols(condition))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", []),
        ("[A] and [#f.js], [!f], [$C], [%PATH]",
         [("", "A"), ("#", "f.js"), ("!", "f"), ("$", "C"), ("%", "PATH")]),
        ("[~];[A]", [("", "A")]),
        (r"[\[]no[\]] [A]", [("", "A")]),
        ("[[A]]", [("", "A")]),
        ("[1] of [2]", []),
        ("{\\rtf1 [yyyy] [name of owner]}", []),
        ("[open", []),
        ("[open [A]", [("", "A")]),
        ("[[A][B]]", [("", "A"), ("", "B")]),
    ],
)  # fmt: skip
def test_the_references_of_a_text_are_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(references(text)) == expected


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("a.b", True), ("README~1.MD|README.md", True), ("LICENSE", True), ("nodejs.exe", True),
        ("package.json", False), (".npmrc", False), ("a.b.c", False), ("A B", False),
        ("A|", False), ("|a", False), ("A|a b+[c];d", True), ("A|a.", False), ("A|a ", False),
        ("A|a:b", False), ("A|a\tb", False), ("A|" + "a" * 255, True), ("A|" + "a" * 256, False),
        ("A+B|ab", False), ("A|b|c", False),
    ],
)  # fmt: skip
def test_names_are_judged_by_windows_rules(name: str, right: bool) -> None:
    assert file_name(name) is right
