"""What a dialog is made of, and its rows: Dialog, Control, ControlCondition, ControlEvent and the like.

Lengths are installer units, a twelfth of the system font's height: 4/3 of a pixel at 96 dpi. Column
order and attribute bits: Windows Installer SDK, "User Interface Tables" and "Controls".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from rtinstall.platforms.package import Scope
from rtinstall.platforms.windows.draft import FOR_MACHINE, FOR_USER, Rows

WIDTH, HEIGHT = 370, 270
LEFT = 20
INNER = WIDTH - 2 * LEFT
BUTTON_WIDTH, BUTTON_HEIGHT = 56, 17  # 75 x 23 pixels, the size of a button in Windows
BUTTON_ROW = 243
MESSAGE_WIDTH, MESSAGE_ROW = 260, 62  # a small window, and where its buttons are
BACK, NEXT, CANCEL = 180, 240, 304  # the three buttons of a page, from the left

# Bits of Dialog.Attributes.
VISIBLE, MODAL, MINIMIZE, TRACK_DISK_SPACE, ERROR = 1, 2, 4, 32, 65536
LIVE = VISIBLE | MODAL | TRACK_DISK_SPACE  # a page that knows when a disk is full
# Bits of Control.Attributes; the low ones are every control's, the high ones its type's.
SHOWN, ENABLED, SUNKEN, INDIRECT = 1, 2, 4, 8
NO_PREFIX = 0x20000  # of Text: an ampersand in a product's name or a path is no accelerator
PROGRESS_95 = 0x10000  # of ProgressBar
SHIELD = 0x800000  # of PushButton: what follows asks for an administrator
REMOVABLE, FIXED, REMOTE = 0x10000, 0x20000, 0x40000  # of the controls that list drives


class Box(NamedTuple):
    """Where a control is: left and top edge, width and height."""

    x: int
    y: int
    width: int
    height: int


BODY = Box(LEFT, 62, INNER, 160)


class Event(NamedTuple):
    """What using a control causes, when ``condition`` holds; several happen in their order."""

    name: str
    argument: str
    condition: str = "1"


def go(dialog: str, when: str = "1") -> Event:
    """Replace this page by another one."""
    return Event("NewDialog", dialog, when)


def ask(dialog: str, when: str = "1") -> Event:
    """Open ``dialog`` on top of this one."""
    return Event("SpawnDialog", dialog, when)


def end(how: str = "Return", when: str = "1") -> Event:
    """Close the dialog: ``Return`` carries on, ``Exit`` stops the installation."""
    return Event("EndDialog", how, when)


def assign(name: str, value: str, when: str = "1") -> Event:
    """Set a property; ``{}`` empties it."""
    return Event(f"[{name}]", value, when)


# What a last button does: wait until the sizes are known, refuse a full disk, carry on.
APPLY = (
    Event("SpawnWaitDialog", "WaitForCostingDlg", "CostingComplete = 1"),
    ask("OutOfDiskDlg", "OutOfDiskSpace = 1"),
    end("Return", "OutOfDiskSpace <> 1"),
)


@dataclass(frozen=True, slots=True)
class Control:
    """One control; ``tab`` tells whether the Tab key stops there, in the order of the dialog.

    ``conditions`` are pairs of an action (Show, Hide, Enable, Disable) and its condition;
    ``follows`` pairs of a published event and the attribute that it sets; ``choices`` the values
    and texts of a group of radio buttons, ``choice`` the one that is set at first.
    """

    name: str
    type: str
    box: Box
    text: str | None = None
    property: str | None = None
    attributes: int = SHOWN | ENABLED
    tab: bool = True
    events: tuple[Event, ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    follows: tuple[tuple[str, str], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Dialog:
    """One window. ``first`` has the focus, ``default`` answers Enter and ``cancel`` answers Esc."""

    name: str
    controls: tuple[Control, ...]
    first: str
    default: str
    cancel: str
    width: int = WIDTH
    height: int = HEIGHT
    attributes: int = VISIBLE | MODAL
    title: str = "[ProductName] Setup"


def text(name: str, box: Box, words: str, *, when: str | None = None) -> Control:
    """Return words to read, shown only while ``when`` holds."""
    shown = () if when is None else (("Show", when), ("Hide", f"NOT ({when})"))
    return Control(
        name,
        "Text",
        box,
        words,
        attributes=SHOWN | ENABLED | NO_PREFIX,
        tab=False,
        conditions=shown,
    )


def label(name: str, box: Box, words: str) -> Control:
    """Return the name of the control after it, which its accelerator leads to."""
    return Control(name, "Text", box, words)


def line(name: str, y: int) -> Control:
    """Return a line across the whole page."""
    return Control(name, "Line", Box(0, y, WIDTH, 0), attributes=SHOWN, tab=False)


def button(
    name: str,
    x: int,
    words: str,
    *events: Event,
    y: int = BUTTON_ROW,
    width: int = BUTTON_WIDTH,
) -> Control:
    """Return a push button."""
    return Control(name, "PushButton", Box(x, y, width, BUTTON_HEIGHT), words, events=events)


def back(*events: Event) -> Control:
    """Return the button to the page before."""
    return button("Back", BACK, "&Back", *events)


def forward(words: str, *events: Event) -> Control:
    """Return the button that a page leads on with."""
    return button("Next", NEXT, words, *events)


def elevated(control: Control, scope: Scope) -> list[Control]:
    """Return ``control`` with the shield where Windows will ask for an administrator.

    Attributes are fixed, so with a choice of scope there are two buttons, one of them hidden.
    """
    shielded = replace(control, attributes=control.attributes | SHIELD)
    if scope != "dual":
        return [shielded if scope == "machine" else control]
    return [
        replace(shielded, conditions=(("Show", FOR_MACHINE), ("Hide", FOR_USER))),
        replace(
            control,
            name=f"{control.name}ForMe",
            conditions=(("Show", FOR_USER), ("Hide", FOR_MACHINE)),
        ),
    ]


def stop() -> Control:
    """Return the button that gives up, after asking."""
    return button("Cancel", CANCEL, "Cancel", ask("CancelDlg"))


def page(
    name: str,
    heading: str,
    explanation: str,
    *controls: Control,
    first: str = "Next",
    default: str = "Next",
    cancel: str = "Cancel",
    attributes: int = VISIBLE | MODAL,
) -> Dialog:
    """Return a page of the wizard: its heading, a line, its controls, a line, its buttons."""
    frame = (
        text("Heading", Box(LEFT, 10, INNER, 19), f"{{\\Heading}}{heading}"),
        text("Explanation", Box(LEFT, 31, INNER, 13), explanation),
        line("TopLine", 50),
        line("BottomLine", 234),
    )
    return Dialog(name, (*frame, *controls), first, default, cancel, attributes=attributes)


def message(name: str, words: str, *buttons: Control, default: str, cancel: str) -> Dialog:
    """Return a small window with a sentence or two and a row of buttons (at :data:`MESSAGE_ROW`)."""
    content = text("Text", Box(LEFT, 15, MESSAGE_WIDTH - 2 * LEFT, 40), words)
    return Dialog(
        name,
        (content, *buttons),
        default,
        default,
        cancel,
        width=MESSAGE_WIDTH,
        height=MESSAGE_ROW + 27,
    )


TABLES = (
    "Dialog",
    "Control",
    "ControlCondition",
    "ControlEvent",
    "EventMapping",
    "RadioButton",
    "Property",
)


def rows(dialogs: Iterable[Dialog]) -> Rows:
    """Return the rows that ``dialogs`` consist of."""
    tables: Rows = {name: [] for name in TABLES}
    for dialog in dialogs:
        tables["Dialog"].append(
            (
                dialog.name,
                50,  # in the middle of the screen
                50,
                dialog.width,
                dialog.height,
                dialog.attributes,
                dialog.title,
                dialog.first,
                dialog.default,
                dialog.cancel,
            )
        )
        ring = [control.name for control in dialog.controls if control.tab]
        after = dict(zip(ring, (*ring[1:], *ring[:1]), strict=True))
        for control in dialog.controls:
            tables["Control"].append(
                (
                    dialog.name,
                    control.name,
                    control.type,
                    *control.box,
                    control.attributes,
                    control.property,
                    control.text,
                    after.get(control.name),
                    None,
                )
            )
            _add_behaviour(tables, dialog.name, control)
    return tables


def _add_behaviour(tables: Rows, dialog: str, control: Control) -> None:
    key = (dialog, control.name)
    tables["ControlCondition"] += [(*key, *condition) for condition in control.conditions]
    tables["EventMapping"] += [(*key, *pair) for pair in control.follows]
    tables["ControlEvent"] += [
        (*key, *event, number) for number, event in enumerate(control.events, 1)
    ]
    height = control.box.height // max(len(control.choices), 1)
    for number, (value, words) in enumerate(control.choices, 1):
        place = (0, (number - 1) * height, control.box.width, height)
        tables["RadioButton"].append((control.property, number, value, *place, words, None))
    if control.choice is not None:
        tables["Property"].append((control.property, control.choice))
