"""Rules about the package as a whole: its summary, its platform, for whom it installs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtinstall.platforms.windows.ice.contents import (
    COMPRESSED,
    INSTALLER,
    PACKAGE_CODE,
    TEMPLATE,
    UNELEVATED,
    WORD_COUNT,
    Contents,
    Rules,
)
from rtinstall.platforms.windows.ice.names import FOLDERS_32, FOLDERS_64, MACHINES_OWN
from rtinstall.platforms.windows.ice.texts import GUID

CODEPAGE, SUBJECT, AUTHOR, SECURITY = 1, 3, 4, 19
READ_ONLY_RECOMMENDED, UTF_8 = 2, 65001
# The oldest Windows Installer, times 100, that knows a platform; and the one with the rest.
PLATFORMS = {"Intel": 0, "Intel64": 150, "x64": 200, "Arm64": 500}
INSTALLER_5 = 500
WIDE_COMPONENT, WIDE_LOCATOR = 256, 16
FILE_COMPRESSED = 8192 | 16384


def summary_is_well_formed(contents: Contents) -> Iterator[str]:
    """ICE39: the summary properties that are required are there, in their form."""
    template, code = contents.summary(TEMPLATE), contents.summary(PACKAGE_CODE)
    if not re.fullmatch(r"(Intel|Intel64|x64|Arm64)?;[0-9]+(,[0-9]+)*", template):
        yield f"summary {TEMPLATE}: {template!r} is no platform and language"
    if not GUID.fullmatch(code):
        yield f"summary {PACKAGE_CODE}: the package code {code!r} is no GUID in capitals"
    for number, what in ((INSTALLER, "installer version"), (WORD_COUNT, "word count")):
        if not isinstance(contents.database.summary.get(number), int):
            yield f"summary {number}: there is no {what}"
    if contents.summary_number(WORD_COUNT) & COMPRESSED:
        for row in contents.rows("File"):
            if row.number("Attributes") & FILE_COMPRESSED:
                yield f"{row}: says whether it is compressed, as the package does"


def platform_fits(contents: Contents) -> Iterator[str]:
    """ICE80: 64-bit components, folders and searches are in 64-bit packages, and 32-bit ones not.

    Beyond it: a 32-bit component of a 64-bit package writes nothing below HKEY_LOCAL_MACHINE, where
    it would be put aside.
    """
    oldest = PLATFORMS.get(contents.platform, 0)
    if contents.summary_number(INSTALLER) < oldest:
        yield f"summary {INSTALLER}: {contents.platform} needs {oldest} at least"
    languages = contents.summary(TEMPLATE).partition(";")[2].split(",")
    if contents.property("ProductLanguage") not in languages:
        yield f"summary {TEMPLATE}: lacks the language {contents.property('ProductLanguage')}"
    for row in contents.rows("Component"):
        wide = bool(row.number("Attributes") & WIDE_COMPONENT)
        folder = contents.folder(row.text("Directory_")).root
        if wide and not contents.wide:
            yield f"{row}: is a 64-bit component of a 32-bit package"
        elif folder in (FOLDERS_32 if wide else FOLDERS_64):
            yield f"{row}: is a {'64' if wide else '32'}-bit component below {folder}"
        elif contents.wide and not wide:
            values = contents.grouped("Registry", "Component_").get(row.keys[0], ())
            if any(value.number("Root") in (-1, 2) for value in values):
                yield f"{row}: is a 32-bit component that writes to the registry of the machine"
    if not contents.wide:
        for row in contents.rows("Directory"):
            if row.keys[0] in FOLDERS_64:
                yield f"{row}: is for 64-bit packages"
        for row in contents.rows("RegLocator"):
            if row.number("Type") & WIDE_LOCATOR:
                yield f"{row}: is for 64-bit packages"


def users_can_install(contents: Contents) -> Iterator[str]:
    """ICE105: a package that is for one user, or may be, keeps to what is the user's.

    Beyond it: nor does it change an environment variable of the machine, unless on a condition.
    """
    if contents.scope == "machine":
        return
    for row in contents.rows("Directory"):
        if row.keys[0] in MACHINES_OWN:
            yield f"{row}: is for packages for the machine"
    for row in contents.rows("Registry"):
        if row.number("Root") == 2:
            yield f"{row}: writes to the registry of the machine"
    for row in contents.rows("Environment"):
        component = contents.by_key("Component").get(row.text("Component_"))
        conditional = contents.scope == "dual" and component and component.text("Condition")
        if re.match(r"[-=+!]*\*", row.text("Name")) and not conditional:
            yield f"{row}: changes a variable of the machine"


def summary_fits(contents: Contents) -> Iterator[str]:
    """SUMMARY, ours: the summary says of the package what its tables say.

    From the SDK's "Summary Property Descriptions", "Word Count", "ALLUSERS", "MSIINSTALLPERUSER".
    """
    for number, name in ((SUBJECT, "ProductName"), (AUTHOR, "Manufacturer")):
        # The summary has an ANSI code page, whatever the tables have.
        said = contents.property(name).encode("cp1252", "replace").decode("cp1252")
        if contents.summary(number) != said:
            yield f"summary {number}: {contents.summary(number)!r} is not the {name}"
    if contents.summary(PACKAGE_CODE) == contents.property("ProductCode"):
        yield f"summary {PACKAGE_CODE}: the package code is the product code"
    if contents.summary_number(CODEPAGE) in (0, UTF_8):
        yield f"summary {CODEPAGE}: {contents.summary_number(CODEPAGE)} is no ANSI code page"
    if contents.summary_number(SECURITY) != READ_ONLY_RECOMMENDED:
        yield f"summary {SECURITY}: the package is not recommended to be read only"
    words = contents.summary_number(WORD_COUNT)
    if not words & COMPRESSED or words & ~(COMPRESSED | UNELEVATED):
        yield f"summary {WORD_COUNT}: {words} is not that of files in a cabinet, with long names"
    if bool(words & UNELEVATED) != (contents.scope == "user"):
        yield f"summary {WORD_COUNT}: {words} does not fit a package for the {contents.scope}"
    if contents.property("ALLUSERS") not in ("", "1", "2"):
        yield f"Property ALLUSERS: {contents.property('ALLUSERS')!r} is neither 1 nor 2"
    if contents.property("MSIINSTALLPERUSER") and contents.scope != "dual":
        yield "Property MSIINSTALLPERUSER: has no effect without ALLUSERS=2"
    five = contents.rows("MsiLockPermissionsEx") or contents.scope == "dual"
    if five and contents.summary_number(INSTALLER) < INSTALLER_5:
        yield f"summary {INSTALLER}: permissions and a choice of scope need {INSTALLER_5} at least"


RULES: Rules = (
    ("ICE39", summary_is_well_formed),
    ("ICE80", platform_fits),
    ("ICE105", users_can_install),
    ("SUMMARY", summary_fits),
)
