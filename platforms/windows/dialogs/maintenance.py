"""The pages for a product that is installed: change, repair, remove, or carry on after a restart."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.package import Scope
from rtinstall.platforms.windows.dialogs.layout import (
    APPLY,
    INNER,
    LEFT,
    LIVE,
    Box,
    Control,
    Dialog,
    Event,
    assign,
    back,
    button,
    elevated,
    end,
    forward,
    go,
    page,
    stop,
    text,
)

# Files are written again whatever their version or date, with registry values and shortcuts (SDK,
# "REINSTALLMODE property"): someone who repairs wants the package's own files.
REPAIR = (Event("ReinstallMode", "amus"), Event("Reinstall", "ALL"))

# The event chooses every feature; the property, which Windows fills only on its way, tells the last
# page what was done.
REMOVAL = (assign("REMOVE", "ALL"), Event("Remove", "ALL"), end())


def maintenance(scope: Scope) -> Iterator[Dialog]:
    """Yield the pages."""
    yield _choice()
    yield _confirm(
        "ReadyToChangeDlg",
        "Ready to change",
        "Click Change to install and remove parts as you chose.",
        "The parts that stay are left as they are.",
        *_buttons("FeaturesDlg", "&Change", APPLY, scope),
    )
    yield _confirm(
        "ReadyToRepairDlg",
        "Ready to repair",
        "Click Repair to put every file and setting back.",
        "Files of [ProductName] that were changed or deleted are installed again. Your own projects "
        "and packages are not touched.",
        *_buttons("MaintenanceDlg", "&Repair", (*REPAIR, *APPLY), scope),
    )
    yield _confirm(
        "ReadyToRemoveDlg",
        "Ready to remove",
        "Click Remove to take [ProductName] off this computer.",
        "Your own projects and packages are not touched.",
        *_buttons("MaintenanceDlg", "&Remove", REMOVAL, scope),
    )
    yield _confirm(
        "ResumeDlg",
        "Ready to go on",
        "Click Continue to carry out what was begun.",
        "[ProductName] will be set up as it was asked for before.",
        *elevated(forward("&Continue", *APPLY), scope),
    )


def _choice() -> Dialog:
    ways = (
        ("Change", "&Change...", "Install or remove parts of it.", "FeaturesDlg"),
        (
            "Repair",
            "Re&pair...",
            "Put back files and settings that are damaged.",
            "ReadyToRepairDlg",
        ),
        ("Remove", "&Remove...", "Take it off this computer.", "ReadyToRemoveDlg"),
    )
    controls: list[Control] = []
    for number, (name, words, meaning, target) in enumerate(ways):
        y = 70 + 34 * number
        controls += [
            button(name, LEFT, words, go(target), y=y, width=70),
            text(f"{name}Text", Box(LEFT + 84, y + 3, INNER - 84, 13), meaning),
        ]
    return page(
        "MaintenanceDlg",
        "[ProductName] is installed",
        "Version [ProductVersion]. What would you like to do?",
        *controls,
        stop(),
        first="Change",
        default="Change",
    )


def _confirm(name: str, heading: str, explanation: str, words: str, *buttons: Control) -> Dialog:
    body = text("Text", Box(LEFT, 66, INNER, 60), words)
    return page(name, heading, explanation, body, *buttons, stop(), attributes=LIVE)


def _buttons(
    before: str, words: str, events: tuple[Event, ...], scope: Scope
) -> tuple[Control, ...]:
    return (back(go(before)), *elevated(forward(words, *events), scope))
