"""The windows that interrupt: cancel, errors, a full disk, files in use, a moment's wait."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.windows.dialogs.folders import browse
from rtinstall.platforms.windows.dialogs.layout import (
    BACK,
    BODY,
    BUTTON_WIDTH,
    CANCEL,
    ENABLED,
    ERROR,
    FIXED,
    INNER,
    LEFT,
    MESSAGE_ROW,
    MESSAGE_WIDTH,
    MODAL,
    NEXT,
    NO_PREFIX,
    REMOTE,
    SHOWN,
    SUNKEN,
    VISIBLE,
    Box,
    Control,
    Dialog,
    Event,
    ask,
    button,
    end,
    forward,
    label,
    message,
    page,
)

RIGHT = MESSAGE_WIDTH - 10 - BUTTON_WIDTH
BESIDE = RIGHT - 64


def messages() -> Iterator[Dialog]:
    """Yield the windows."""
    yield browse()
    yield message(
        "CancelDlg",
        "[ProductName] Setup has not finished. Do you want to stop it?",
        button("Yes", BESIDE, "&Yes", end("Exit"), y=MESSAGE_ROW),
        button("No", RIGHT, "&No", end(), y=MESSAGE_ROW),
        default="No",
        cancel="No",
    )
    yield message(
        "WaitForCostingDlg",
        "Setup is still working out how much disk space it needs. It goes on by itself.",
        button("Cancel", RIGHT, "Cancel", ask("CancelDlg"), y=MESSAGE_ROW),
        default="Cancel",
        cancel="Cancel",
    )
    yield _disks(
        "OutOfDiskDlg",
        "Not enough disk space",
        "Make some room, or choose fewer parts or another drive.",
    )
    yield _disks(
        "DiskUsageDlg",
        "Disk usage",
        "What is needed for the parts you chose, and what there is.",
    )
    yield _error()
    yield _files_in_use()
    yield _restart_manager()


def _disks(name: str, heading: str, explanation: str) -> Dialog:
    return page(
        name,
        heading,
        explanation,
        Control(
            "Drives",
            "VolumeCostList",
            BODY,
            "{100}{80}{80}{80}{90}",  # the widths of its columns, in pixels
            attributes=SHOWN | ENABLED | SUNKEN | FIXED | REMOTE,
        ),
        button("OK", CANCEL, "OK", end()),
        first="OK",
        default="OK",
        cancel="OK",
    )


def _error() -> Dialog:
    """Return the window for the installer's own messages, which bring their text and buttons.

    The names, and ErrorText as the first control, are the SDK's ("Error Dialog", ICE20). Windows
    hides the buttons that a message does not offer and spreads the others.
    """
    width = 300
    words = (
        ("A", "&Abort", "ErrorAbort"),
        ("C", "&Cancel", "ErrorCancel"),
        ("I", "&Ignore", "ErrorIgnore"),
        ("N", "&No", "ErrorNo"),
        ("O", "OK", "ErrorOk"),
        ("R", "&Retry", "ErrorRetry"),
        ("Y", "&Yes", "ErrorYes"),
    )
    content = Control(
        "ErrorText",
        "Text",
        Box(LEFT, 15, width - 2 * LEFT, 66),
        "Setup has something to tell you.",
        attributes=SHOWN | ENABLED | NO_PREFIX,
    )
    buttons = (button(name, width - 66, text, end(how), y=90) for name, text, how in words)
    return Dialog(
        "ErrorDlg",
        (content, *buttons),
        first="ErrorText",
        default="O",
        cancel="C",
        width=width,
        height=117,
        attributes=VISIBLE | MODAL | ERROR,
    )


def _programs(y: int, height: int) -> tuple[Control, Control]:
    """Return the list that Windows fills with the programs that hold files open."""
    return (
        label("ProgramsLabel", Box(LEFT, y, INNER, 13), "&Programs:"),
        Control(
            "Programs",
            "ListBox",
            Box(LEFT, y + 15, INNER, height - 15),
            property="FileInUseProcess",
            attributes=SHOWN | ENABLED | SUNKEN,
        ),
    )


def _files_in_use() -> Dialog:
    return page(
        "FilesInUse",  # this name and the next are reserved (SDK, "Dialog Boxes")
        "Some files are in use",
        "Close these programs, then click Retry. Ignore means a restart later.",
        *_programs(60, 164),
        button("Retry", BACK, "&Retry", end("Retry")),
        button("Ignore", NEXT, "&Ignore", end("Ignore")),
        button("Exit", CANCEL, "E&xit", end("Exit")),
        first="Retry",
        default="Retry",
        cancel="Exit",
    )


def _restart_manager() -> Dialog:
    return page(
        "MsiRMFilesInUse",
        "Some files are in use",
        "Setup needs to change files that these programs have open.",
        *_programs(58, 120),
        Control(
            "Way",
            "RadioButtonGroup",
            Box(LEFT, 186, INNER, 36),
            property="RunningPrograms",
            choices=(
                ("Close", "&Close them now, and try to open them again afterwards"),
                ("Leave", "&Leave them open (Windows must be restarted)"),
            ),
            choice="Close",
        ),
        # The last one has the last word; in this order WiX has it, and so nearly everybody's packages.
        forward(
            "OK",
            end(),
            Event("RMShutdownAndRestart", "0", 'RunningPrograms = "Close"'),
        ),
        button("Cancel", CANCEL, "Cancel", end("Exit")),
        first="Way",
    )
