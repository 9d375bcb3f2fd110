"""Rules about dialogs: every one can be reached and left, every control does what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtinstall.platforms.windows.ice.contents import Contents, Row, Rules
from rtinstall.platforms.windows.ice.names import (
    CHOOSING,
    COMMON_BITS,
    CONTROLS,
    ENDINGS,
    ERROR_BUTTONS,
    EVENTS,
    OPENING,
    PUBLISHED,
)
from rtinstall.platforms.windows.ice.properties import defined

MODAL, ERROR = 2, 65536
USABLE = 1 | 2  # visible and enabled
INDIRECT, BITMAP, ICON = 8, 0x40000, 0x80000
FOR_FILES_IN_USE = ("FilesInUse", "MsiRMFilesInUse")
AT_THE_END = {-1: "after success", -2: "after a cancellation", -3: "after a failure"}
LISTS = {"ComboBox": "ComboBox", "ListBox": "ListBox", "RadioButtonGroup": "RadioButton"}
STYLE = re.compile(r"\{[\\&]([^{}]*)\}")
MAX_STYLE = 72
PATH_EVENTS = frozenset(("CheckExistingTargetPath", "CheckTargetPath", "SetTargetPath"))
# What may be set in columns of bits besides Control.Attributes, which depends on the control.
BITS = {
    ("Dialog", "Attributes"): 0x103FF,
    ("Feature", "Attributes"): 0x3F,
    ("File", "Attributes"): 0x7607,
    ("TextStyle", "StyleBits"): 0xF,
}


def controls_have_what_they_show(contents: Contents) -> Iterator[str]:
    """ICE17: a button that can be pushed does something, a picture is there, a list has entries."""
    events = {(row.text("Dialog_"), row.text("Control_")) for row in contents.rows("ControlEvent")}
    changing = {
        (row.text("Dialog_"), row.text("Control_"))
        for row in contents.rows("ControlCondition")
        if row.text("Action") in ("Enable", "Show")
    }
    for row in contents.rows("Control"):
        kind, bits, name = row.text("Type"), row.number("Attributes"), row.text("Property")
        usable = bits & USABLE == USABLE or row.keys in changing
        if kind == "PushButton" and usable and row.keys not in events:
            yield f"{row}: is a button without an event"
        picture = kind in ("Bitmap", "Icon") and row.keys[1] != "ErrorIcon"
        button = kind in ("CheckBox", "PushButton", "RadioButtonGroup")
        if button and bits & BITMAP and bits & ICON:
            yield f"{row}: is to show a bitmap and an icon"
        elif picture or (button and bits & (BITMAP | ICON)):
            yield f"{row}: its picture would be in the table Binary, which no package has"
        made_here = name and not bits & INDIRECT and name != "FileInUseProcess"
        if kind in LISTS and made_here and name not in contents.grouped(LISTS[kind], "Property"):
            yield f"{row}: {LISTS[kind]} has no entries for {name}"


def standard_dialogs_are_there(contents: Contents) -> Iterator[str]:
    """ICE20: dialogs for the end in each way, for errors, and for files in use."""
    if not contents.rows("Dialog") or contents.property("LIMITUI"):
        return
    for table in ("AdminUISequence", "InstallUISequence"):
        numbers = {row.number("Sequence") for row in contents.rows(table)}
        for number, when in AT_THE_END.items():
            if number not in numbers:
                yield f"{table}: has no dialog {when} ({number})"
    error = contents.by_key("Dialog").get(contents.property("ErrorDialog"))
    if error is None or not error.number("Attributes") & ERROR:
        yield "Property ErrorDialog: names no dialog for errors"
    else:
        yield from _error_dialog_is_complete(contents, error)
    name = "FilesInUse"
    if name not in contents.by_key("Dialog"):
        yield f"Dialog {name}: is not there"
        return
    controls = contents.grouped("Control", "Dialog_").get(name, [])
    lists = [row.text("Property") for row in controls if row.text("Type") == "ListBox"]
    if "FileInUseProcess" not in lists:
        yield f"Dialog {name}: has no list of FileInUseProcess"
    endings = _endings(contents, name)
    for argument in ("Exit", "Ignore", "Retry"):
        if argument not in endings.values():
            yield f"Dialog {name}: has no button to {argument}"


def _error_dialog_is_complete(contents: Contents, dialog: Row) -> Iterator[str]:
    name = dialog.keys[0]
    if dialog.text("Control_First") != "ErrorText":
        yield f"{dialog}: its first control is not ErrorText"
    text = contents.by_key("Control").get(f"{name}/ErrorText")
    if text is None or text.text("Type") != "Text":
        yield f"{dialog}: has no text ErrorText"
    icon = contents.by_key("Control").get(f"{name}/ErrorIcon")
    if icon is not None and icon.text("Type") != "Icon":
        yield f"{dialog}: its ErrorIcon is no icon"
    endings = _endings(contents, name)
    for button, argument in ERROR_BUTTONS.items():
        if endings.get(button) != argument:
            yield f"{dialog}: has no button {button} that ends with {argument}"


def _endings(contents: Contents, dialog: str) -> dict[str, str]:
    """Return how each button of a dialog ends it."""
    return {
        row.text("Control_"): row.text("Argument")
        for row in contents.grouped("ControlEvent", "Dialog_").get(dialog, ())
        if row.text("Event") == "EndDialog"
    }


def tab_order_is_a_ring(contents: Contents) -> Iterator[str]:
    """ICE23: the Tab key leads from the first control through all others back to it."""
    for dialog in contents.rows("Dialog"):
        controls = contents.grouped("Control", "Dialog_").get(dialog.keys[0], [])
        there = {row.keys[1] for row in controls}
        ring = {row.keys[1]: row.text("Control_Next") for row in controls}
        ring = {control: following for control, following in ring.items() if following}
        first = dialog.text("Control_First")
        if first not in there:
            yield f"{dialog}: its first control {first!r} is not there"
            continue
        if not ring or dialog.number("Attributes") & ERROR:
            continue
        walked, control = set[str](), first
        while control in ring and control not in walked:
            walked.add(control)
            control = ring[control]
        if control not in there:
            yield f"{dialog}: the Tab key leads to {control}, which is not there"
        elif control != first or not walked:
            yield f"{dialog}: the Tab key does not lead from {control} back to {first}"
        elif left := sorted(ring.keys() - walked):
            yield f"{dialog}: the Tab key never leads to {', '.join(left)}"


def text_styles_are_there(contents: Contents) -> Iterator[str]:
    """ICE31: a style that a text begins with, and the one for all others, is in TextStyle."""
    styles = contents.by_key("TextStyle")
    default = contents.property("DefaultUIFont")
    if contents.rows("Dialog") and default not in styles:
        yield f"Property DefaultUIFont: {default!r} is no style"
    texts = [(row, row.text("Text")) for row in contents.rows("Control")
             if row.text("Type") != "ScrollableText"]  # fmt: skip
    texts += [(row, row.text("Text")) for row in contents.rows("RadioButton")]
    texts += [(row, row.text("Title")) for row in contents.rows("Dialog")]
    for row, text in texts:
        tag = STYLE.match(text)
        if tag and (tag[1] not in styles or len(tag[1]) > MAX_STYLE):
            yield f"{row}: {tag[1]!r} is no style"
        if tag is None and text.startswith(("{\\", "{&")):
            yield f"{row}: its style has no closing brace"
        if STYLE.search(text, tag.end() if tag else 0):
            yield f"{row}: has a style that is not at the beginning"


def radio_buttons_have_a_choice(contents: Contents) -> Iterator[str]:
    """ICE34: a group of radio buttons has a property, whose value is that of one of them."""
    for row in contents.rows("Control"):
        if row.text("Type") != "RadioButtonGroup":
            continue
        name = row.text("Property")
        if row.number("Attributes") & INDIRECT:
            name = contents.property(name)
        values = {
            button.text("Value")
            for button in contents.grouped("RadioButton", "Property").get(name, ())
        }
        if not name:
            yield f"{row}: has no property"
        elif values and contents.property(name) not in values:
            yield f"{row}: {name} is {contents.property(name)!r}, of no button"


def events_open_dialogs(contents: Contents) -> Iterator[str]:
    """ICE44: what an event opens is a dialog."""
    for row in contents.rows("ControlEvent"):
        if row.text("Event") in OPENING and row.text("Argument") not in contents.by_key("Dialog"):
            yield f"{row}: there is no dialog {row.text('Argument')!r}"


def reserved_bits_are_clear(contents: Contents) -> Iterator[str]:
    """ICE45: no bit is set that has no meaning, for this kind of control."""
    for (table, column), bits in BITS.items():
        for row in contents.rows(table):
            if row.number(column) & ~bits:
                yield f"{row}: has reserved bits set in {column}"
    for row in contents.rows("Control"):
        kind = CONTROLS.get(row.text("Type"))
        if kind and row.number("Attributes") & ~(COMMON_BITS | kind.bits):
            yield f"{row}: has bits set in Attributes that a {row.text('Type')} has not"


def what_is_printed_is_there(contents: Contents) -> Iterator[str]:
    """ICE103: MsiPrint is an event of a dialog with a text to print."""
    for row in contents.rows("ControlEvent"):
        controls = contents.grouped("Control", "Dialog_").get(row.text("Dialog_"), ())
        if row.text("Event") == "MsiPrint" and not any(
            control.text("Type") == "ScrollableText" for control in controls
        ):
            yield f"{row}: there is no text to print"


def dialogs_can_be_reached_and_left(contents: Contents) -> Iterator[str]:
    """DIALOG, ours: a dialog is in a sequence, opened by another, or by Windows; a modal one ends."""
    dialogs = contents.by_key("Dialog")
    reached = {
        row.keys[0] for table in ("AdminUISequence", "InstallUISequence")
        for row in contents.rows(table) if row.number("Sequence")
    }  # fmt: skip
    reached |= {name for name, row in dialogs.items() if row.number("Attributes") & ERROR}
    reached.update(FOR_FILES_IN_USE)
    # These are taken away by Windows, as soon as their condition is true.
    waiting = {
        row.text("Argument") for row in contents.rows("ControlEvent")
        if row.text("Event") == "SpawnWaitDialog"
    }  # fmt: skip
    todo = list(reached)
    while todo:
        for row in contents.grouped("ControlEvent", "Dialog_").get(todo.pop(), ()):
            opened = row.text("Event") in OPENING | {"SelectionBrowse"}
            if opened and row.text("Argument") not in reached:
                reached.add(row.text("Argument"))
                todo.append(row.text("Argument"))
    for name, dialog in dialogs.items():
        if name not in reached:
            yield f"{dialog}: nothing opens it"
        events = contents.grouped("ControlEvent", "Dialog_").get(name, ())
        left = any(row.text("Event") in ("EndDialog", "NewDialog") for row in events)
        if dialog.number("Attributes") & MODAL and not left and name not in waiting:
            yield f"{dialog}: no button leaves it"


def controls_are_where_they_say(contents: Contents) -> Iterator[str]:
    """DIALOG, ours: controls are of a known kind, inside their dialog, and of it where it names them."""
    controls = contents.by_key("Control")
    for dialog in contents.rows("Dialog"):
        for column in ("Control_Default", "Control_Cancel"):
            name = dialog.text(column)
            button = controls.get(f"{dialog.keys[0]}/{name}")
            if name and (button is None or button.text("Type") != "PushButton"):
                yield f"{dialog}: its {column} {name} is no button of it"
    for row in controls.values():
        home = contents.by_key("Dialog").get(row.text("Dialog_"))
        kind = CONTROLS.get(row.text("Type"))
        if kind is None:
            yield f"{row}: there is no control of the type {row.text('Type')}"
        elif kind.property and not row.text("Property") and row.text("Type") != "RadioButtonGroup":
            yield f"{row}: has no property"
        if home and (
            row.number("X") + row.number("Width") > home.number("Width")
            or row.number("Y") + row.number("Height") > home.number("Height")
        ):
            yield f"{row}: reaches beyond its dialog"
    for table in ("ControlCondition", "ControlEvent", "EventMapping"):
        for row in contents.rows(table):
            if f"{row.text('Dialog_')}/{row.text('Control_')}" not in controls:
                yield f"{row}: there is no such control"


def events_are_understood(contents: Contents) -> Iterator[str]:
    """DIALOG, ours: events are Windows' own or set a property; their arguments name what is there."""
    dialogs, features = contents.by_key("Dialog"), contents.by_key("Feature")
    known = defined(contents)
    for row in contents.rows("ControlEvent"):
        event, argument = row.text("Event"), row.text("Argument")
        dialog = dialogs.get(row.text("Dialog_"))
        if event not in EVENTS and not re.fullmatch(r"\[[A-Za-z_][A-Za-z0-9_.]*\]", event):
            yield f"{row}: there is no event {event!r} for us"
        elif event == "EndDialog":
            errors = bool(dialog and dialog.number("Attributes") & ERROR)
            if argument not in (ERROR_BUTTONS.values() if errors else ENDINGS):
                yield f"{row}: nothing ends with {argument!r}"
        elif event in CHOOSING and argument.upper() != "ALL" and argument not in features:
            yield f"{row}: there is no feature {argument!r}"
        elif event == "SelectionBrowse" and argument not in dialogs:
            yield f"{row}: there is no dialog {argument!r}"
        elif event in PATH_EVENTS and argument.strip("[]") not in known:
            yield f"{row}: there is no property {argument!r}"
    for row in contents.rows("EventMapping"):
        if row.text("Event") not in PUBLISHED:
            yield f"{row}: there is no event {row.text('Event')!r}"


RULES: Rules = (
    ("ICE17", controls_have_what_they_show),
    ("ICE20", standard_dialogs_are_there),
    ("ICE23", tab_order_is_a_ring),
    ("ICE31", text_styles_are_there),
    ("ICE34", radio_buttons_have_a_choice),
    ("ICE44", events_open_dialogs),
    ("ICE45", reserved_bits_are_clear),
    ("ICE103", what_is_printed_is_there),
    ("DIALOG", dialogs_can_be_reached_and_left),
    ("DIALOG", controls_are_where_they_say),
    ("DIALOG", events_are_understood),
)
