"""Rules about what a package does with the rights it is installed with, and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtinstall.platforms.windows.ice.contents import Contents, Row, Rules
from rtinstall.platforms.windows.ice.names import PROFILE, PROGRAM_FILES, RUNNING, WITHOUT_BLANKS
from rtinstall.platforms.windows.ice.texts import ESCAPE, INNERMOST, SDDL, SID

PREFIX = re.compile(r"[-=+!*]*")
NULL = "[~]"
INSTALLER_KEYS = (
    "software\\policies\\microsoft\\windows\\installer",
    "software\\microsoft\\windows\\currentversion\\installer",
)
WILDCARDS = (
    ("DuplicateFile", "DestName"), ("MoveFile", "SourceName"), ("RemoveFile", "FileName"),
    ("RemoveIniFile", "FileName"),
)  # fmt: skip
# Where Windows runs what a value says.
COMMAND_KEYS = ("\\command", "\\run", "\\runonce", "\\shell\\open")
COMMAND_NAMES = frozenset((
    "imagepath", "modifypath", "quietuninstallstring", "uninstallstring",
))  # fmt: skip
PIECE = re.compile(r'"|\[([^\[\]]*)\]|[A-Za-z]:\\[^"\[\]]*|[^"\[A-Za-z]+|.', re.DOTALL)
QUIET_VARIABLES = frozenset(("comspec", "systemdrive", "systemroot", "windir"))
# Whom a package may let write: administrators, the system, owners, Windows' own installer.
TRUSTED = frozenset((
    "BA", "CO", "OW", "SY",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
))  # fmt: skip
# "ACE Strings" and "File Access Rights Constants": what changes a file, a folder, a key.
WRITING = frozenset((
    "CR", "DC", "DT", "FA", "FW", "GA", "GW", "KA", "KW", "LC", "RP", "SD", "WD", "WO",
))  # fmt: skip
WRITING_BITS = 0x500D0156
ENTRY = re.compile(rf"\(([A-Z]+);[A-Z]*;([A-Z]*|0x[0-9A-Fa-f]+);[^;]*;[^;]*;({SID})\)")
LOCKED_TABLES = ("CreateFolder", "File", "Registry")


def default_values_are_texts(contents: Contents) -> Iterator[str]:
    """ICE49: the default value of a key is a text."""
    for row in contents.rows("Registry"):
        if not row.text("Name") and re.match(r"#[^#]", row.text("Value")):
            yield f"{row}: is a default value, and no text"


def installers_own_keys_are_left_alone(contents: Contents) -> Iterator[str]:
    """ICE53: nothing is written to the keys and policies of Windows Installer."""
    for row in contents.rows("Registry"):
        if row.text("Key").lower().startswith(INSTALLER_KEYS):
            yield f"{row}: writes to the keys of Windows Installer"


def environment_is_well_formed(contents: Contents) -> Iterator[str]:
    """ICE65: the prefixes of a variable fit each other, a list has one separator at its end."""
    for row in contents.rows("Environment"):
        name, value = row.text("Name"), row.text("Value")
        prefix = PREFIX.match(name)
        signs = prefix[0] if prefix else ""
        if len(set(signs) & set("=+!")) > 1 or len(set(signs)) < len(signs) or signs == name:
            yield f"{row}: {name!r} is no variable with prefixes that fit each other"
        if NULL not in value:
            continue
        if value.startswith(NULL):
            separator, end = value[len(NULL) :][:1], value[-1]
        else:
            separator, end = value[: -len(NULL)][-1:], value[0]
        if value.count(NULL) > 1 or not (value.startswith(NULL) or value.endswith(NULL)):
            yield f"{row}: {value!r} has {NULL} in its middle"
        elif separator.isalnum() or not separator or separator == end:
            yield f"{row}: {value!r} is not parted by one separator"


def numbers_are_numbers(contents: Contents) -> Iterator[str]:
    """ICE70: a value of the registry after # is a number, or bytes after #x."""
    for row in contents.rows("Registry"):
        value = INNERMOST.sub("0", row.text("Value"))
        if value.startswith("#") and not re.fullmatch(
            r"#(#.*|%.*|[xX][0-9A-Fa-f]*|[-+]?[0-9]+)", value, re.DOTALL
        ):
            yield f"{row}: {row.text('Value')!r} is no number"


def permissions_are_well_formed(contents: Contents) -> Iterator[str]:
    """ICE104: what is locked is there; a descriptor names no property, and there is no other table."""
    if "LockPermissions" in contents.database.columns:
        yield "LockPermissions: cannot be in a package with MsiLockPermissionsEx"
    for row in contents.rows("MsiLockPermissionsEx"):
        table, name = row.text("Table"), row.text("LockObject")
        if table in LOCKED_TABLES and name not in {r.keys[0] for r in contents.rows(table)}:
            yield f"{row}: {name!r} is no row of {table}"
        if "[" in row.text("SDDLText"):
            yield f"{row}: a descriptor cannot name a property"


def nothing_is_run(contents: Contents) -> Iterator[str]:
    """NOACTION, ours: there is no custom action, no service, no program in the package.

    What a package runs, it runs as SYSTEM, on each repair that any user may start: CVE-2023-30585.
    """
    for table in sorted(RUNNING):
        yield from (f"{row}: no package of ours runs anything" for row in contents.rows(table))


def nothing_is_removed_by_pattern(contents: Contents) -> Iterator[str]:
    """WILDCARD, ours: what is removed, copied or moved is named, without * or ?."""
    for table, column in WILDCARDS:
        for row in contents.rows(table):
            if re.search(r"[*?]", row.text(column)):
                yield f"{row}: {row.text(column)!r} is a pattern"


def commands_are_quoted(contents: Contents) -> Iterator[str]:
    """QUOTE, ours: a path that may have a blank in it is quoted in a command.

    A folder's path ends in a backslash, which would escape a quotation mark right after it. Paths
    of Windows' own folders, and short ones, have no blanks.
    """
    commands = [(row, row.text("Arguments")) for row in contents.rows("Shortcut")]
    for row in contents.rows("Registry"):
        key, name = row.text("Key").lower(), row.text("Name").lower()
        if key.endswith(COMMAND_KEYS) or name in COMMAND_NAMES:
            commands.append((row, row.text("Value").removeprefix("#%")))
    for row, command in commands:
        quoted = folder = False
        for piece in PIECE.finditer(ESCAPE.sub("_", command)):
            if piece[0] == '"':
                if quoted and folder:
                    yield f"{row}: the backslash of a folder escapes a quotation mark: {command}"
                quoted = not quoted
            elif not quoted and _may_have_a_blank(contents, piece):
                yield f"{row}: {piece[0]} is not quoted: {command}"
            folder = piece[1] in contents.by_key("Directory") or (piece[1] or "")[:1] == "$"


def _may_have_a_blank(contents: Contents, piece: re.Match[str]) -> bool:
    if (name := piece[1]) is not None:
        kind = name[:1]
        if kind == "%":
            return name[1:].lower() not in QUIET_VARIABLES
        folder = contents.folder(name)
        plain = folder.root in WITHOUT_BLANKS and not any(" " in part for part in folder.long)
        return kind in ("#", "$") or (name in contents.by_key("Directory") and not plain)
    return ":\\" in piece[0] and " " in piece[0]


def folders_are_locked(contents: Contents) -> Iterator[str]:
    """LOCK, ours: where everybody could write, a package for the machine locks its folders.

    People may choose INSTALLDIR, and others may write to what is not below Program Files: they
    would put their own program in the place of ours, CVE-2021-22921. Descriptors name accounts by
    SID, since names are translated; they inherit nothing and let only administrators write.
    """
    for row in contents.rows("MsiLockPermissionsEx"):
        yield from _descriptor_is_tight(row)
    if contents.scope == "user":
        return
    components = contents.by_key("Component")
    locked = {
        row.text("LockObject")
        for row in contents.rows("MsiLockPermissionsEx")
        if row.text("Table") == "CreateFolder"
    }
    if "INSTALLDIR" in contents.by_key("Directory") and "INSTALLDIR" not in locked:
        yield "Directory INSTALLDIR: is not locked by MsiLockPermissionsEx"
    used = {row.text("Directory_") for row in contents.rows("CreateFolder")}
    used |= {row.text("DirProperty") for row in contents.rows("IniFile")}
    used |= {
        components[row.text("Component_")].text("Directory_")
        for row in contents.rows("File")
        if row.text("Component_") in components
    }
    for name in sorted(used - {"INSTALLDIR"}):
        above = set(_ancestors(contents, name))
        safe = contents.folder(name).root in PROFILE | PROGRAM_FILES
        if not safe and not above & (locked | {"INSTALLDIR"}):
            yield f"Directory {name}: is not locked by MsiLockPermissionsEx"


def _ancestors(contents: Contents, name: str) -> Iterator[str]:
    """Yield a directory and those above it; every circle of parents ends at its first repetition."""
    seen: set[str] = set()
    while name and name not in seen:
        seen.add(name)
        yield name
        row = contents.by_key("Directory").get(name)
        name = row.text("Directory_Parent") if row else ""


def _descriptor_is_tight(row: Row) -> Iterator[str]:
    text = row.text("SDDLText")
    descriptor = SDDL.fullmatch(text)
    if descriptor is None:
        return  # which ICE03 reports
    if "<" in text:
        yield f"{row}: names an account by name, not by SID"
    if "P" not in (descriptor["flags"] or ""):
        yield f"{row}: lets permissions be inherited"
    for kind, rights, sid in ENTRY.findall(descriptor["aces"] or ""):
        if kind == "A" and sid not in TRUSTED and _writes(rights):
            yield f"{row}: lets {sid} write"


def _writes(rights: str) -> bool:
    if rights.startswith("0x"):
        return bool(int(rights, 16) & WRITING_BITS)
    return not WRITING.isdisjoint(rights[at : at + 2] for at in range(0, len(rights), 2))


RULES: Rules = (
    ("ICE49", default_values_are_texts),
    ("ICE53", installers_own_keys_are_left_alone),
    ("ICE65", environment_is_well_formed),
    ("ICE70", numbers_are_numbers),
    ("ICE104", permissions_are_well_formed),
    ("NOACTION", nothing_is_run),
    ("WILDCARD", nothing_is_removed_by_pattern),
    ("QUOTE", commands_are_quoted),
    ("LOCK", folders_are_locked),
)
