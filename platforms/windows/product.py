"""Who the product is, what it takes the place of, and when it refuses to be installed.

* Any other package of the same family is removed first, one of the same version too: another build
  has another ProductCode. An older package refuses to follow a newer one.
* Node.js's own product would put its files into the same folder, and each of the two would then
  remove and repair the other's. It is replaced if ``windows.replace_nodejs`` says so; otherwise it is
  found, and the installation refused. So is one beside another family of the same name, whose files
  would be in that folder, too: each family of a name says so in a value of the registry. In both
  scopes at once that is not looked for.
* VersionNT is frozen at 603 from Windows 8.1 on. Windows 10 and later say their major version in a
  value of the registry that no earlier one has.
* The folder of last time is remembered below a key of this family alone: another family's product
  must not land in it. A product that replaces Node.js's own and is new looks where that one says it
  is; later on, others may have said so. In both scopes at once nothing is remembered: a search
  cannot be told which of two hives to look in, and the folder of one user is no place for what
  everybody runs.
"""

from __future__ import annotations

from rtinstall.platforms.windows.draft import MACHINE, NODEJS_KEY, Draft
from rtinstall.platforms.windows.identity import guid

# What nodejs.org's installers have been, and were before version 1.
NODEJS = {
    "NODEJSFOUND": "{47C07A3A-42EF-4213-A85D-8F5A59077C28}",
    "NODEJS0FOUND": "{1D60944C-B9CE-4A71-A7C0-0384EB884BAA}",
}
MIGRATES_FEATURES, ONLY_DETECTS, FROM, UP_TO = 0x1, 0x2, 0x100, 0x200
RAW_VALUE, WIDE_REGISTRY = 2, 16
LANGUAGE = "1033"  # English, United States

NEWER = (
    "A newer version of [ProductName] is already installed. Remove it first to go back to this one."
)
ANOTHER = (
    "A Node.js made by somebody else is already installed in the folder of this one. Remove it in"
    " the list of installed apps of the Windows settings, then start this installation again."
)
TOO_OLD = "[ProductName] [ProductVersion] needs Windows 10, Windows Server 2016, or a later one."
NOT_FOR_ALL = (
    "This package of [ProductName] is for one user. ALLUSERS must not be set; to install for everyone"
    " on this computer, use the package for that."
)
OTHER = (
    "The Node.js installer of nodejs.org was used on this computer, and its files would be mixed up"
    " with those of this package. Remove Node.js in the list of installed apps of the Windows"
    " settings, then start this installation again."
)


def add_product(draft: Draft) -> None:
    """Add properties, and the tables Upgrade, AppSearch, RegLocator and LaunchCondition."""
    secure = {"INSTALLDIR", "PREVIOUSDIR"}
    secure |= _add_upgrades(draft) | _add_searches(draft)
    if draft.scope == "dual":
        secure.add("MSIINSTALLPERUSER")  # ALLUSERS is among those that always are
    metadata = draft.package.metadata
    properties = {
        "ProductName": draft.name,
        "ProductVersion": draft.package.version,
        "ProductLanguage": LANGUAGE,
        "Manufacturer": metadata.vendor,
        "UpgradeCode": guid(draft.family),
        "SecureCustomProperties": ";".join(sorted(secure)),
        "ARPURLINFOABOUT": metadata.homepage,
        "ARPHELPLINK": draft.url,
        "ARPCONTACT": metadata.maintainer,
        "ARPCOMMENTS": metadata.summary,
    }
    match draft.scope:
        case "machine":
            properties["ALLUSERS"] = "1"
        case "dual":
            properties |= {"ALLUSERS": "2", "MSIINSTALLPERUSER": "1"}
        case "user":
            # For everybody it would land in the profile of whoever installs it, SYSTEM for one.
            draft.add("LaunchCondition", "Installed OR NOT ALLUSERS", NOT_FOR_ALL)
    for name, value in properties.items():
        draft.add("Property", name, value)


def _add_upgrades(draft: Draft) -> set[str]:
    """Add what to look for among installed products, and what is refused; return the properties."""
    family, version = guid(draft.family), draft.package.version
    draft.add("Upgrade", family, None, version, None, UP_TO | MIGRATES_FEATURES, None, "OLDERFOUND")
    draft.add("Upgrade", family, version, None, None, ONLY_DETECTS, None, "NEWERFOUND")
    draft.add("LaunchCondition", "Installed OR NOT NEWERFOUND", NEWER)
    found = {"OLDERFOUND", "NEWERFOUND"}
    replaces = draft.package.metadata.windows.replace_nodejs
    what = FROM | (MIGRATES_FEATURES if replaces else ONLY_DETECTS)
    for name, code in NODEJS.items():
        if code == family:
            continue
        draft.add("Upgrade", code, "0.0.0", None, None, what, None, name)
        found.add(name)
        if not replaces:
            draft.add("LaunchCondition", f"Installed OR NOT {name}", OTHER)
    return found


def _add_searches(draft: Draft) -> set[str]:
    """Search for Windows 10 and for the folder of last time; return the properties."""
    key = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
    searches = {"WINDOWS10": (MACHINE, key, "CurrentMajorVersionNumber")}
    if draft.scope != "dual":
        searches["PREVIOUSDIR"] = (draft.hive, draft.family_key, "InstallPath")
        searches["FAMILY"] = (draft.hive, NODEJS_KEY, draft.family_value)
        same = f'Installed OR NOT FAMILY OR FAMILY="{guid(draft.family)}"'
        draft.add("LaunchCondition", same, ANOTHER)
    if draft.takes_over:
        searches["NODEJSDIR"] = (draft.hive, NODEJS_KEY, "InstallPath")
    kind = RAW_VALUE if draft.arch == "x86" else RAW_VALUE | WIDE_REGISTRY
    for name, place in searches.items():
        draft.add("AppSearch", name, f"Find.{name}")
        draft.add("RegLocator", f"Find.{name}", *place, kind)
    draft.add("LaunchCondition", "Installed OR WINDOWS10", TOO_OLD)
    return set(searches)
