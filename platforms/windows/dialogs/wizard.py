"""The pages of an installation, from the welcome to the last word; also of an unpacking (``/a``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rtinstall.platforms.package import Scope
from rtinstall.platforms.windows.dialogs.layout import (
    CANCEL,
    ENABLED,
    FIXED,
    INDIRECT,
    INNER,
    LEFT,
    MINIMIZE,
    MODAL,
    NEXT,
    NO_PREFIX,
    PROGRESS_95,
    REMOTE,
    REMOVABLE,
    SHOWN,
    SUNKEN,
    TRACK_DISK_SPACE,
    VISIBLE,
    Box,
    Control,
    Dialog,
    Event,
    ask,
    assign,
    back,
    button,
    elevated,
    end,
    forward,
    go,
    label,
    page,
    stop,
    text,
)
from rtinstall.platforms.windows.draft import FOR_MACHINE

BROWSE = "BrowseProperty"  # holds the name of the property that the folder chooser changes
BODY = Box(LEFT, 62, INNER, 160)
LIVE = VISIBLE | MODAL | TRACK_DISK_SPACE

#: What a last button does: wait until the sizes are known, refuse a full disk, carry on.
APPLY = (
    Event("SpawnWaitDialog", "WaitForCostingDlg", "CostingComplete = 1"),
    ask("OutOfDiskDlg", "OutOfDiskSpace = 1"),
    end("Return", "OutOfDiskSpace <> 1"),
)


def wizard(scope: Scope, licence: str) -> Iterator[Dialog]:
    """Yield the pages in their order; ``licence`` is RTF."""
    if scope == "dual":
        yield _audience()
    yield _prepare()
    yield _welcome()
    yield _licence(licence)
    yield _folder()
    yield _features()
    yield _ready(scope)
    yield _unpack()
    yield _progress()
    yield from _last_words()


def _audience() -> Dialog:
    """Ask for whom, before anything is searched or measured.

    Related products, registry values and folders are looked up in the scope that holds at that
    moment, and once only. So this is not a page between two others but a window before all of them,
    and needs no way back.
    """
    return page(
        "AudienceDlg",
        "Who is [ProductName] for?",
        "You can install it for yourself or for everyone on this computer.",
        Control(
            "Audience",
            "RadioButtonGroup",
            Box(LEFT, 70, INNER, 40),
            property="Audience",
            choices=(
                ("Me", "Only &me (needs no administrator)"),
                ("Everyone", "&Everyone on this computer (asks for an administrator)"),
            ),
            choice="Me",  # as MSIINSTALLPERUSER is in the package
        ),
        # MSIINSTALLPERUSER counts only together with ALLUSERS=2 (SDK, "MSIINSTALLPERUSER property").
        forward(
            "&Next",
            assign("MSIINSTALLPERUSER", "1", 'Audience = "Me"'),
            assign("ALLUSERS", "2", 'Audience = "Me"'),
            assign("MSIINSTALLPERUSER", "{}", 'Audience = "Everyone"'),
            assign("ALLUSERS", "1", 'Audience = "Everyone"'),
            end(),
        ),
        stop(),
        first="Audience",
    )


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


def _welcome() -> Dialog:
    return page(
        "WelcomeDlg",
        "Welcome to [ProductName]",
        "Version [ProductVersion]",
        text(
            "Text",
            BODY,
            "Setup will install [ProductName] on this computer.\r\n\r\n"
            "It takes a minute or two. You choose the folder and the parts you want; nothing is "
            "changed before the last step.\r\n\r\n"
            "To begin, click Next.",
        ),
        forward("&Next", go("LicenseDlg")),
        stop(),
    )


def _licence(licence: str) -> Dialog:
    accepted = (("Disable", "NOT LicenseAccepted"), ("Enable", "LicenseAccepted"))
    return page(
        "LicenseDlg",
        "License",
        "Please read it. You need to accept it to go on.",
        Control(
            "License",
            "ScrollableText",
            Box(LEFT, 60, INNER, 148),
            licence,
            attributes=SHOWN | ENABLED | SUNKEN,
        ),
        # No CheckBox row: a property without a value becomes 1 when ticked, and empty again.
        Control(
            "Accept",
            "CheckBox",
            Box(LEFT, 213, INNER, 15),
            "I &accept the terms of this license",
            property="LicenseAccepted",
        ),
        back(go("WelcomeDlg")),
        replace(forward("&Next", go("FolderDlg")), conditions=accepted),
        stop(),
        first="Accept",
    )


def _folder() -> Dialog:
    return page(
        "FolderDlg",
        "Choose a folder",
        "The suggested one is right for most people.",
        *_path("INSTALLDIR", "&Install [ProductName] in:"),
        back(go("LicenseDlg")),
        forward("&Next", Event("SetTargetPath", "INSTALLDIR"), go("FeaturesDlg")),
        stop(),
    )


def _path(name: str, words: str) -> tuple[Control, Control, Control]:
    """Return a folder to type, and the button to look for it."""
    return (
        label("FolderLabel", Box(LEFT, 70, INNER, 13), words),
        Control("Folder", "PathEdit", Box(LEFT, 86, INNER, 18), property=name),
        button("Browse", LEFT, "B&rowse...", assign(BROWSE, name), ask("BrowseDlg"), y=110),
    )


def _features() -> Dialog:
    return page(
        "FeaturesDlg",
        "Choose what to install",
        "Click an icon to change how that part is installed.",
        Control(
            "Tree",
            "SelectionTree",
            Box(LEFT, 60, 180, 166),
            property=BROWSE,
            attributes=SHOWN | ENABLED | SUNKEN,
        ),
        Control(
            "Description",
            "Text",
            Box(210, 62, 140, 80),
            attributes=SHOWN | ENABLED | NO_PREFIX,
            tab=False,
            follows=(("SelectionDescription", "Text"),),
        ),
        Control(
            "Size",
            "Text",
            Box(210, 150, 140, 74),
            tab=False,
            follows=(("SelectionSize", "Text"),),
        ),
        button("Reset", LEFT, "Re&set", Event("Reset", "0"), y=243),
        button("DiskUsage", LEFT + 60, "&Disk usage", ask("DiskUsageDlg"), width=62),
        back(go("FolderDlg", "NOT Installed"), go("MaintenanceDlg", "Installed")),
        forward("&Next", go("ReadyDlg", "NOT Installed"), go("ReadyToChangeDlg", "Installed")),
        stop(),
        first="Tree",
        attributes=LIVE,
    )


def _ready(scope: Scope) -> Dialog:
    return page(
        "ReadyDlg",
        "Ready to install",
        "Click Install to begin, or Back to change something.",
        text(
            "Where", Box(LEFT, 66, INNER, 13), "[ProductName] [ProductVersion] goes to this folder:"
        ),
        text("Folder", Box(LEFT, 84, INNER, 40), "{\\Strong}[INSTALLDIR]"),
        *_permission(scope),
        back(go("FeaturesDlg")),
        *elevated(forward("&Install", *APPLY), scope),
        stop(),
        attributes=LIVE,
    )


def _permission(scope: Scope) -> Iterator[Control]:
    if scope != "user":
        yield text(
            "Permission",
            Box(LEFT, 206, INNER, 13),
            "Windows may ask for an administrator's permission.",
            when=FOR_MACHINE if scope == "dual" else None,
        )


def _unpack() -> Dialog:
    """Ask where an administrative installation (``msiexec /a``) unpacks the files."""
    return page(
        "UnpackDlg",
        "Unpack [ProductName]",
        "The files go into a folder, to be installed from there later.",
        *_path("TARGETDIR", "&Unpack into:"),
        forward("Un&pack", Event("SetTargetPath", "TARGETDIR"), *APPLY),
        stop(),
        attributes=LIVE,
    )


def browse() -> Dialog:
    """Return the folder chooser, for the property that BROWSE names."""
    chosen = SHOWN | ENABLED | SUNKEN | INDIRECT
    return page(
        "BrowseDlg",
        "Choose a folder",
        "Open folders by double-clicking them, or type a path below.",
        label("DriveLabel", Box(LEFT, 58, 60, 13), "&Look in:"),
        Control(
            "Drive",
            "DirectoryCombo",
            Box(LEFT, 72, 200, 90),
            property=BROWSE,
            attributes=chosen | REMOVABLE | FIXED | REMOTE,
            follows=(("IgnoreChange", "IgnoreChange"),),
        ),
        button("Up", 226, "&Up", Event("DirectoryListUp", "0"), y=71),
        button("NewFolder", 288, "New &folder", Event("DirectoryListNew", "0"), y=71, width=62),
        Control(
            "Folders",
            "DirectoryList",
            Box(LEFT, 94, INNER, 94),
            property=BROWSE,
            attributes=chosen,
        ),
        label("PathLabel", Box(LEFT, 194, 60, 13), "F&older:"),
        Control("Path", "PathEdit", Box(LEFT, 209, INNER, 18), property=BROWSE, attributes=chosen),
        button("Next", NEXT, "OK", Event("SetTargetPath", f"[{BROWSE}]"), end()),
        button("Cancel", CANCEL, "Cancel", Event("Reset", "0"), end()),
        first="Folders",
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
