"""The pages that ask: those of an installation in their order, and that of an unpacking (``/a``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rtinstall.platforms.package import Scope
from rtinstall.platforms.windows.dialogs.folders import BROWSE, path
from rtinstall.platforms.windows.dialogs.layout import (
    APPLY,
    BODY,
    ENABLED,
    INNER,
    LEFT,
    LIVE,
    NO_PREFIX,
    SHOWN,
    SUNKEN,
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
    page,
    stop,
    text,
)
from rtinstall.platforms.windows.draft import FOR_MACHINE


def wizard(scope: Scope, licence: str, for_everyone: Mapping[str, str]) -> Iterator[Dialog]:
    """Yield the pages in their order; ``licence`` is RTF."""
    if scope == "dual":
        yield _audience(for_everyone)
    yield _welcome()
    yield _licence(licence)
    yield _folder()
    yield _features()
    yield _ready(scope)
    yield _unpack()


def _audience(for_everyone: Mapping[str, str]) -> Dialog:
    """Ask for whom, before anything is searched or measured.

    Related products, registry values and folders are looked up in the scope that holds at that
    moment, and once only. So this is not a page between two others but a window before all of them,
    and needs no way back.

    ProgramFiles64Folder is known even before, and stays one user's folder while pages are shown; it
    is only the service that knows better. But it is told the folder that the pages came to, and
    everybody would run what one user may write. So the folder for everybody is said outright.
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
            *(
                assign("PREVIOUSDIR", folder, f'Audience = "Everyone" AND {condition}')
                for condition, folder in for_everyone.items()
            ),
            end(),
        ),
        stop(),
        first="Audience",
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
        *path("INSTALLDIR", "&Install [ProductName] in:"),
        back(go("LicenseDlg")),
        forward("&Next", Event("SetTargetPath", "INSTALLDIR"), go("FeaturesDlg")),
        stop(),
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
        *path("TARGETDIR", "&Unpack into:"),
        forward("Un&pack", Event("SetTargetPath", "TARGETDIR"), *APPLY),
        stop(),
        attributes=LIVE,
    )
