"""The installer's windows, judged as rows: what the SDK asks of them, and what people need.

Whether they look right has to be seen. That none leads into the void, and that the words fit into
their boxes, can be computed.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from itertools import combinations, compress

import pytest

from rtinstall.platforms.containers.database import Column, Value
from rtinstall.platforms.package import SCOPES, Scope
from rtinstall.platforms.windows import schema
from rtinstall.platforms.windows.dialogs import interface

LICENSE = r"{\rtf1 Do what you like.\par}"
RESERVED = {"FilesInUse", "MsiRMFilesInUse"}  # opened by Windows itself
OPENS = {"NewDialog", "SpawnDialog", "SpawnWaitDialog"}
LEAVES = {"NewDialog", "EndDialog"}
ENDS = {"Return", "Exit", "Retry", "Ignore"}
FOR_EVERYONE = {"VersionNT64": "[%ProgramW6432]\\nodejs"}
ARGUMENTS = {
    "SetTargetPath": {"INSTALLDIR", "TARGETDIR", "[BrowseProperty]"},
    "Reset": {"0"},
    "DirectoryListUp": {"0"},
    "DirectoryListNew": {"0"},
    "RMShutdownAndRestart": {"0"},
    "ReinstallMode": {"amus"},
    "Reinstall": {"ALL"},
    "Remove": {"ALL"},
    "[Audience]": {"Me", "Everyone"},
    "[ALLUSERS]": {"1", "2"},
    "[REMOVE]": {"ALL"},
    "[MSIINSTALLPERUSER]": {"1", "{}"},
    "[BrowseProperty]": {"INSTALLDIR", "TARGETDIR"},
    "[PREVIOUSDIR]": set(FOR_EVERYONE.values()),
}
READ_ONLY = {"Text", "Line", "ProgressBar"}
SHIELD = 0x800000

Named = dict[str, Value]


class Interface:
    """The rows of one scope, by the names of their columns."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.rows = interface(scope=scope, licence=LICENSE, for_everyone=FOR_EVERYONE)
        self.properties = dict(self.table_pairs("Property"))
        self.dialogs = {str(row["Dialog"]): row for row in self.table("Dialog")}
        self.controls: dict[str, dict[str, Named]] = defaultdict(dict)
        for row in self.table("Control"):
            self.controls[str(row["Dialog_"])][str(row["Control"])] = row
        self.events: dict[tuple[str, str], list[Named]] = defaultdict(list)
        for row in sorted(self.table("ControlEvent"), key=lambda row: int(row["Ordering"] or 0)):
            self.events[str(row["Dialog_"]), str(row["Control_"])].append(row)

    def table(self, name: str) -> list[Named]:
        names = [column.name for column in schema.SCHEMA[name]]
        return [dict(zip(names, row, strict=True)) for row in self.rows[name]]

    def table_pairs(self, name: str) -> list[tuple[str, str]]:
        return [(str(row[0]), str(row[1] or "")) for row in self.rows[name]]

    def conditions(self, dialog: str, control: str) -> dict[str, str]:
        return {
            str(row["Action"]): str(row["Condition"])
            for row in self.table("ControlCondition")
            if (row["Dialog_"], row["Control_"]) == (dialog, control)
        }

    def pressed(self, dialog: str, control: str) -> list[tuple[str, str]]:
        return [(str(row["Event"]), str(row["Argument"])) for row in self.events[dialog, control]]


@pytest.fixture(params=SCOPES)
def ui(request: pytest.FixtureRequest) -> Interface:
    return Interface(request.param)


# As rows.


def complaints(column: Column, value: Value) -> str:
    """Say what is wrong with a value, if anything."""
    if value is None:
        return "" if column.nullable else "empty"
    if isinstance(value, int):
        low, high = column.minimum or 0, column.maximum or 0
        return "" if column.type[0] in "iI" and low <= value <= high else "number"
    width = int(column.type[1:])
    if column.type[0] not in "sSlL" or (width and len(value) > width) or not value:
        return "width"
    if column.category == "Identifier" and not re.fullmatch(r"[A-Za-z_][\w.]*", value):
        return "identifier"
    return "" if not column.choices or value in column.choices.split(";") else "choice"


def test_every_value_is_what_its_column_allows(ui: Interface) -> None:
    for table in schema.tables(ui.rows):
        for row in table.rows:
            for column, value in zip(table.columns, row, strict=True):
                if (table.name, column.name) != ("InstallUISequence", "Sequence"):
                    fault = complaints(column, value)
                    assert not fault, f"{fault} in {table.name}.{column.name} of {row}"


def test_every_key_is_there_once(ui: Interface) -> None:
    for table in schema.tables(ui.rows):
        keys = [column.key for column in table.columns]
        counted = Counter(tuple(compress(row, keys)) for row in table.rows)
        assert [key for key, count in counted.items() if count > 1] == []


def test_no_code_and_no_picture_is_brought_along(ui: Interface) -> None:
    assert not ui.rows.keys() & {"Binary", "CustomAction", "Icon"}
    assert not {"Bitmap", "Icon"} & {row["Type"] for row in ui.table("Control")}
    assert "DoAction" not in {row["Event"] for row in ui.table("ControlEvent")}


def test_tables_that_dialogs_need_exist(ui: Interface) -> None:
    """Without ListBox Windows cannot fill the list of running programs (ICE20)."""
    assert {"ListBox", "Error"} <= ui.rows.keys()


def test_each_behaviour_belongs_to_a_control(ui: Interface) -> None:
    for table in ("ControlCondition", "ControlEvent", "EventMapping"):
        for row in ui.table(table):
            assert row["Control_"] in ui.controls[str(row["Dialog_"])]


def test_the_same_rows_every_time() -> None:
    first, second = (
        interface(scope="dual", licence=LICENSE, for_everyone=FOR_EVERYONE) for _ in range(2)
    )
    assert first == second


def test_the_license_stands_in_one_place(ui: Interface) -> None:
    shown = [row for row in ui.table("Control") if row["Text"] == LICENSE]
    assert [row["Type"] for row in shown] == ["ScrollableText"]


# Where it leads.


def test_every_dialog_can_be_reached_and_left(ui: Interface) -> None:
    started = {
        str(row["Action"])
        for sequence in ("InstallUISequence", "AdminUISequence")
        for row in ui.table(sequence)
    }
    assert started <= ui.dialogs.keys()
    seen: set[str] = set()
    todo = started | RESERVED | {str(ui.properties["ErrorDialog"])}
    while todo:
        dialog = todo.pop()
        seen.add(dialog)
        pressed = [event for name in ui.controls[dialog] for event in ui.pressed(dialog, name)]
        assert pressed, f"{dialog} cannot be left"
        todo |= {argument for name, argument in pressed if name in OPENS} - seen
    assert seen == ui.dialogs.keys()


def test_every_event_is_known_and_has_what_it_needs(ui: Interface) -> None:
    for row in ui.table("ControlEvent"):
        event, argument = str(row["Event"]), str(row["Argument"])
        if event in OPENS:
            assert argument in ui.dialogs
        elif event == "EndDialog":
            assert argument in ENDS or (
                row["Dialog_"] == "ErrorDlg" and argument.startswith("Error")
            )
        else:
            assert argument in ARGUMENTS[event]


def test_nothing_happens_after_a_dialog_was_left(ui: Interface) -> None:
    """ICE44; several ways out are several conditions."""
    for (dialog, control), events in ui.events.items():
        if dialog == "MsiRMFilesInUse":
            continue
        leaving = [row["Event"] in LEAVES for row in events]
        assert leaving == sorted(leaving), f"{dialog}.{control}"
        ways = [row["Condition"] for row in events if row["Event"] in LEAVES]
        assert len(set(ways)) == len(ways)


def test_every_button_does_something(ui: Interface) -> None:
    """ICE17."""
    for dialog, controls in ui.controls.items():
        for name, row in controls.items():
            assert (row["Type"] == "PushButton") == bool(ui.pressed(dialog, name))


def test_a_page_can_be_given_up_only_after_a_question(ui: Interface) -> None:
    for dialog, row in ui.dialogs.items():
        if row["Control_Cancel"] == "Cancel" and dialog not in (*RESERVED, "BrowseDlg"):
            assert ui.pressed(dialog, "Cancel") == [("SpawnDialog", "CancelDlg")]
    assert ui.pressed("CancelDlg", "Yes") == [("EndDialog", "Exit")]
    assert ui.dialogs["CancelDlg"]["Control_Default"] == "No"


@pytest.mark.parametrize(
    "dialog", ["ReadyDlg", "ReadyToChangeDlg", "ReadyToRepairDlg", "UnpackDlg"]
)
def test_a_full_disk_stops_before_anything_is_written(ui: Interface, dialog: str) -> None:
    events = ui.events[dialog, "Next"]
    assert [(row["Event"], row["Condition"]) for row in events[-3:]] == [
        ("SpawnWaitDialog", "CostingComplete = 1"),
        ("SpawnDialog", "OutOfDiskSpace = 1"),
        ("EndDialog", "OutOfDiskSpace <> 1"),
    ]


def test_the_license_has_to_be_accepted(ui: Interface) -> None:
    accept = ui.controls["LicenseDlg"]["Accept"]
    assert (accept["Type"], accept["Property"]) == ("CheckBox", "LicenseAccepted")
    assert "LicenseAccepted" not in ui.properties
    assert ui.conditions("LicenseDlg", "Next") == {
        "Disable": "NOT LicenseAccepted",
        "Enable": "LicenseAccepted",
    }


def test_the_sequences_have_every_ending(ui: Interface) -> None:
    """ICE20."""
    for sequence in ("InstallUISequence", "AdminUISequence"):
        numbers = {row["Sequence"]: row["Action"] for row in ui.table(sequence)}
        assert {number: numbers[number] for number in (-1, -2, -3)} == {
            -1: "ExitDialog",
            -2: "UserExit",
            -3: "FatalError",
        }
        assert numbers[1299] == "ProgressDlg"
        assert len(numbers) == len(ui.rows[sequence])


def test_the_last_page_says_one_thing(ui: Interface) -> None:
    """Each text has its own case: they lie at the same place."""
    words = [name for name, row in ui.controls["ExitDialog"].items() if row["Y"] == 62]
    shown = [ui.conditions("ExitDialog", name)["Show"] for name in words]
    assert len(set(shown)) == len(shown) == 4


# Scope.


def test_who_it_is_for_is_asked_only_where_there_is_a_choice(ui: Interface) -> None:
    """And before related products (25), registry values and folders are looked up."""
    numbers = {row["Action"]: row["Sequence"] for row in ui.table("InstallUISequence")}
    assert ("AudienceDlg" in numbers) == ("Audience" in ui.properties) == (ui.scope == "dual")
    assert int(numbers.get("AudienceDlg") or 0) < 25


def test_the_choice_of_scope_sets_both_properties_and_the_folder_for_everybody() -> None:
    chosen = [tuple(row.values())[2:5] for row in Interface("dual").events["AudienceDlg", "Next"]]
    assert chosen == [
        ("[MSIINSTALLPERUSER]", "1", 'Audience = "Me"'),
        ("[ALLUSERS]", "2", 'Audience = "Me"'),
        ("[MSIINSTALLPERUSER]", "{}", 'Audience = "Everyone"'),
        ("[ALLUSERS]", "1", 'Audience = "Everyone"'),
        (
            "[PREVIOUSDIR]",
            "[%ProgramW6432]\\nodejs",
            'Audience = "Everyone" AND VersionNT64',
        ),
        ("EndDialog", "Return", "1"),
    ]


@pytest.mark.parametrize(
    "dialog",
    ["ReadyDlg", "ReadyToChangeDlg", "ReadyToRepairDlg", "ReadyToRemoveDlg", "ResumeDlg"],
)
def test_the_shield_shows_where_an_administrator_is_needed(ui: Interface, dialog: str) -> None:
    last = {
        name: bool(int(row["Attributes"] or 0) & SHIELD)
        for name, row in ui.controls[dialog].items()
        if name.startswith("Next")
    }
    assert (
        last
        == {
            "machine": {"Next": True},
            "user": {"Next": False},
            "dual": {"Next": True, "NextForMe": False},
        }[ui.scope]
    )
    if ui.scope == "dual":
        with_shield, without = (ui.conditions(dialog, name) for name in last)
        assert with_shield["Show"] == without["Hide"]
        assert with_shield["Hide"] == without["Show"] == f"NOT ({with_shield['Show']})"
        assert ui.pressed(dialog, "Next") == ui.pressed(dialog, "NextForMe")


# Windows' own dialogs.


def test_the_error_dialog_has_what_windows_looks_for(ui: Interface) -> None:
    """SDK, "Error Dialog" and ICE20."""
    name = str(ui.properties["ErrorDialog"])
    assert int(ui.dialogs[name]["Attributes"] or 0) & 65536
    assert ui.dialogs[name]["Control_First"] == "ErrorText"
    buttons = {key: row for key, row in ui.controls[name].items() if row["Type"] == "PushButton"}
    assert {key: ui.pressed(name, key) for key in buttons} == {
        word[0]: [("EndDialog", f"Error{word}")]
        for word in ("Abort", "Cancel", "Ignore", "No", "Ok", "Retry", "Yes")
    }
    assert len({(row["Y"], row["Width"], row["Height"]) for row in buttons.values()}) == 1


@pytest.mark.parametrize("dialog", sorted(RESERVED))
def test_running_programs_are_listed(ui: Interface, dialog: str) -> None:
    lists = [row for row in ui.controls[dialog].values() if row["Type"] == "ListBox"]
    assert [row["Property"] for row in lists] == ["FileInUseProcess"]


def test_running_programs_can_be_closed_by_windows(ui: Interface) -> None:
    events = ui.events["MsiRMFilesInUse", "Next"]
    assert [(row["Event"], row["Condition"]) for row in events] == [
        ("EndDialog", "1"),
        ("RMShutdownAndRestart", 'RunningPrograms = "Close"'),
    ]
    assert {argument for _, argument in ui.pressed("FilesInUse", "Ignore")} == {"Ignore"}


# For people.


def test_the_tab_key_goes_round_every_control_that_can_have_it(ui: Interface) -> None:
    """ICE23."""
    for name, dialog in ui.dialogs.items():
        controls = ui.controls[name]
        ring = [str(dialog["Control_First"])]
        while (following := str(controls[ring[-1]]["Control_Next"])) != ring[0]:
            assert following not in ring, f"{name} has a dead end at {following}"
            ring.append(following)
        usable = {key for key, row in controls.items() if row["Type"] not in READ_ONLY}
        assert usable <= set(ring)
        for key in set(ring) - usable:
            leads_to = controls[str(controls[key]["Control_Next"])]
            assert controls[key]["Type"] == "Text", f"{name}.{key} cannot have the focus"
            assert leads_to["Type"] != "Text"
        assert {dialog["Control_Default"], dialog["Control_Cancel"]} <= controls.keys()
        for button in ("Control_Default", "Control_Cancel"):
            assert controls[str(dialog[button])]["Type"] == "PushButton"


def test_an_accelerator_belongs_to_one_control(ui: Interface) -> None:
    for name, controls in ui.controls.items():
        words = [
            (str(row["X"]), str(row["Text"]))
            for row in controls.values()
            if row["Text"] and not int(row["Attributes"] or 0) & 0x20000
        ]
        words += [
            ("", str(row["Text"]))
            for row in ui.table("RadioButton")
            if row["Property"] in {control["Property"] for control in controls.values()}
        ]
        keys = [key.lower() for _, text in set(words) for key in re.findall(r"&(\w)", text)]
        assert len(set(keys)) == len(keys), f"{name}: {sorted(keys)}"


def test_every_style_is_there_and_of_windows(ui: Interface) -> None:
    """ICE31."""
    styles = {str(row["TextStyle"]): row for row in ui.table("TextStyle")}
    used = {
        style
        for row in ui.table("Control")
        if row["Type"] != "ScrollableText"
        for style in re.findall(r"\{\\(\w+)\}", str(row["Text"]))
    }
    assert used | {ui.properties["DefaultUIFont"]} == styles.keys()
    assert {str(row["FaceName"])[:8] for row in styles.values()} == {"Segoe UI"}


def test_every_choice_starts_with_one_of_its_values(ui: Interface) -> None:
    """ICE34."""
    groups = [row for row in ui.table("Control") if row["Type"] == "RadioButtonGroup"]
    assert groups
    for group in groups:
        buttons = [row for row in ui.table("RadioButton") if row["Property"] == group["Property"]]
        assert ui.properties[str(group["Property"])] in {row["Value"] for row in buttons}
        assert sum(int(row["Height"] or 0) for row in buttons) <= int(group["Height"] or 0)


def box(row: Named) -> tuple[int, int, int, int]:
    x, y, width, height = (int(row[name] or 0) for name in ("X", "Y", "Width", "Height"))
    return x, y, x + width, y + height


def test_controls_lie_within_their_dialog_and_beside_one_another(ui: Interface) -> None:
    for name, controls in ui.controls.items():
        width, height = (int(ui.dialogs[name][side] or 0) for side in ("Width", "Height"))
        for key, row in controls.items():
            left, top, right, bottom = box(row)
            assert 0 <= left < right <= width, f"{name}.{key}"
            assert 0 <= top <= bottom <= height, f"{name}.{key}"
        fixed = [
            key
            for key in controls
            if not ui.conditions(name, key).keys() & {"Show", "Hide"} and name != "ErrorDlg"
        ]
        for one, other in combinations(fixed, 2):
            a, b = (list(box(controls[key])) for key in (one, other))
            for row, edges in ((controls[one], a), (controls[other], b)):
                if row["Type"] == "DirectoryCombo":  # its height is that of the opened list
                    edges[3] = edges[1] + 18
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, f"{one} and {other} of {name} overlap"


def test_words_fit_into_their_boxes(ui: Interface) -> None:
    """By a generous mean: 4.6 units for a character of nine points, 6.4 for one of twelve."""
    known = {
        "ProductName": "Node.js",
        "ProductVersion": "24.19.0",
        "INSTALLDIR": r"C:\Users\somebody\AppData\Local\Programs\nodejs",
        "TARGETDIR": r"C:\Users\somebody\Downloads\nodejs",
        "OriginalDatabase": r"C:\Users\somebody\Downloads\node-v24.19.0-x64.msi",
    }
    for name, controls in ui.controls.items():
        for key, row in controls.items():
            if row["Type"] not in ("Text", "PushButton", "CheckBox") or not row["Text"]:
                continue
            words = re.sub(r"\[(\w+)\]", lambda found: known[found[1]], str(row["Text"]))
            heading = words.startswith("{\\Heading}")
            words = re.sub(r"^\{\\\w+\}|&", "", words)
            left, top, right, bottom = box(row)
            margin = {"Text": 0, "PushButton": 6, "CheckBox": 14}[str(row["Type"])]
            per_line = (right - left - margin) / (6.4 if heading else 4.6)
            lines = sum(max(1, math.ceil(len(line) / per_line)) for line in words.split("\r\n"))
            assert lines * (17 if heading else 12) <= bottom - top, f"{name}.{key}: {words}"


def test_what_windows_says_of_actions_is_in_our_words(ui: Interface) -> None:
    said = dict(ui.table_pairs("ActionText"))
    assert {"InstallFiles", "RemoveFiles", "Rollback", "RollbackCleanup", "GenerateScript"} <= (
        said.keys()
    )
    assert all(said.values())
