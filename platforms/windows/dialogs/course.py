"""What runs by itself: a moment at the start, the progress, and the last word."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.windows.dialogs.layout import (
    BODY,
    CANCEL,
    INNER,
    LEFT,
    MINIMIZE,
    PROGRESS_95,
    SHOWN,
    VISIBLE,
    Box,
    Control,
    Dialog,
    button,
    end,
    page,
    stop,
    text,
)


def course() -> Iterator[Dialog]:
    """Yield the windows of the beginning, of the work, and of the three ways it can end."""
    yield _prepare()
    yield _progress()
    yield from _last_words()


def _prepare() -> Dialog:
    return page(
        "PrepareDlg",
        "One moment, please",
        "Setup is looking at your computer.",
        Control(
            "ActionText",
            "Text",
            Box(LEFT, 75, INNER, 26),
            tab=False,
            follows=(("ActionText", "Text"),),
        ),
        stop(),
        first="Cancel",
        default="Cancel",
        attributes=VISIBLE | MINIMIZE,  # modeless: the sequence goes on behind it
    )


def _progress() -> Dialog:
    """Show what is being done; words that fit installing, changing, repairing and removing."""
    return page(
        "ProgressDlg",
        "Working on it",
        "This takes a minute or two.",
        Control(
            "ActionText",
            "Text",
            Box(LEFT, 75, INNER, 13),
            tab=False,
            follows=(("ActionText", "Text"),),
        ),
        Control(
            "Progress",
            "ProgressBar",
            Box(LEFT, 91, INNER, 12),
            attributes=SHOWN | PROGRESS_95,
            tab=False,
            follows=(("SetProgress", "Progress"),),
        ),
        stop(),
        first="Cancel",
        default="Cancel",
        attributes=VISIBLE | MINIMIZE,  # modeless: the sequence goes on behind it
    )


def _last_words() -> Iterator[Dialog]:
    removed = 'REMOVE = "ALL"'
    yield _last(
        "ExitDialog",
        "Done",
        "Setup has finished.",
        text(
            "Installed",
            BODY,
            "[ProductName] [ProductVersion] is installed.\r\n\r\n"
            "Open a new terminal window, so that it finds the new programs, and try:\r\n\r\n"
            "    node --version",
            when='NOT Installed AND ACTION = "INSTALL"',
        ),
        text(
            "Unpacked",
            BODY,
            "The files of [ProductName] [ProductVersion] are in this folder:\r\n\r\n[TARGETDIR]",
            when='ACTION = "ADMIN"',
        ),
        text(
            "Changed",
            BODY,
            "Your changes to [ProductName] are in place.",
            when=f"Installed AND NOT ({removed})",
        ),
        text(
            "Removed",
            BODY,
            "[ProductName] was removed from this computer. What you installed with npm yourself is "
            "still there.",
            when=f"Installed AND {removed}",
        ),
        how="Return",
    )
    yield _last(
        "UserExit",
        "Stopped",
        "You stopped Setup before it had finished.",
        text(
            "Text",
            BODY,
            "What had been done so far was undone. To try again, start Setup once more.",
        ),
        how="Exit",
    )
    yield _last(
        "FatalError",
        "That did not work",
        "Setup ran into a problem and had to stop.",
        text(
            "Text",
            BODY,
            "What had been done so far was undone.\r\n\r\n"
            "To find out more, let Windows write a log:\r\n\r\n"
            '    msiexec /i "[OriginalDatabase]" /l*v "%TEMP%\\setup.log"',
        ),
        how="Exit",
    )


def _last(name: str, heading: str, explanation: str, *words: Control, how: str) -> Dialog:
    finish = button("Finish", CANCEL, "&Finish", end(how))
    return page(
        name,
        heading,
        explanation,
        *words,
        finish,
        first="Finish",
        default="Finish",
        cancel="Finish",
    )
