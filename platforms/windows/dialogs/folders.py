"""Folders: a path to type, and the window to look for one."""

from __future__ import annotations

from rtinstall.platforms.windows.dialogs.layout import (
    CANCEL,
    ENABLED,
    FIXED,
    INDIRECT,
    INNER,
    LEFT,
    NEXT,
    REMOTE,
    REMOVABLE,
    SHOWN,
    SUNKEN,
    Box,
    Control,
    Dialog,
    Event,
    ask,
    assign,
    button,
    end,
    label,
    page,
)

BROWSE = "BrowseProperty"  # holds the name of the property that the folder chooser changes


def path(name: str, words: str) -> tuple[Control, Control, Control]:
    """Return a folder to type, and the button to look for it."""
    return (
        label("FolderLabel", Box(LEFT, 70, INNER, 13), words),
        Control("Folder", "PathEdit", Box(LEFT, 86, INNER, 18), property=name),
        button("Browse", LEFT, "B&rowse...", assign(BROWSE, name), ask("BrowseDlg"), y=110),
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
