"""Rules about properties: those that have to be there, those that must not, and who uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtinstall.platforms.windows.ice.contents import Contents, Row, Rules
from rtinstall.platforms.windows.ice.names import (
    COMMAND_LINE_PROPERTIES,
    FOLDERS,
    PROPERTIES,
    REQUIRED_PROPERTIES,
    ROOTS,
)
from rtinstall.platforms.windows.ice.texts import (
    GUID,
    IDENTIFIER,
    language,
    product_version,
    references,
    symbols,
)
from rtinstall.platforms.windows.schema import SCHEMA

MAX_NAME = 63
ONLY_DETECT, MAX_INCLUSIVE = 2, 512
UPGRADE_BITS = 1 | ONLY_DETECT | 4 | 256 | MAX_INCLUSIVE | 1024
NO_GUID = "{00000000-0000-0000-0000-000000000000}"
# Columns with the name of a property, as it is.
PROPERTY_COLUMNS = (
    ("IniFile", "DirProperty"), ("RemoveFile", "DirProperty"), ("Shortcut", "WkDir"),
)  # fmt: skip


def required_properties_are_there(contents: Contents) -> Iterator[str]:
    """ICE05: the product has a name, a code, a version, a language, and somebody who made it."""
    for name in REQUIRED_PROPERTIES:
        if not contents.property(name):
            yield f"Property {name}: is not there"


def name_is_short(contents: Contents) -> Iterator[str]:
    """ICE16: ProductName has at most 63 characters."""
    if len(contents.property("ProductName")) > MAX_NAME:
        yield f"Property ProductName: is longer than {MAX_NAME} characters"


def product_is_well_formed(contents: Contents) -> Iterator[str]:
    """ICE24: the forms of ProductCode, UpgradeCode, ProductVersion and ProductLanguage.

    Beyond it: a version of three fields at least, as three are compared in an upgrade.
    """
    for name in ("ProductCode", "UpgradeCode"):
        value = contents.property(name)
        if value and not GUID.fullmatch(value):
            yield f"Property {name}: {value!r} is no GUID in capitals"
    value = contents.property("ProductVersion")
    if value and product_version(value) is None:
        yield f"Property ProductVersion: {value!r} is no version up to 255.255.65535"
    value = contents.property("ProductLanguage")
    if value and ("," in value or not language(value)):
        yield f"Property ProductLanguage: {value!r} is no number of a language"


def repair_is_not_overridden(contents: Contents) -> Iterator[str]:
    """ICE40: REINSTALLMODE is left to whoever repairs the product."""
    if contents.property("REINSTALLMODE"):
        yield "Property REINSTALLMODE: must not be set by a package"


def names_differ_by_more_than_case(contents: Contents) -> Iterator[str]:
    """ICE46: no property differs from a known one only in the case of its letters."""
    known = defined(contents)
    lower = {name.lower(): name for name in (*sorted(known), *PROPERTIES, *FOLDERS, *ROOTS)}
    for row in contents.rows("Property"):
        other = lower.get(row.keys[0].lower(), row.keys[0])
        if other != row.keys[0]:
            yield f"{row}: is not the property {other}"
    for row, column, name in mentioned(contents):
        if name not in known and name.lower() in lower:
            yield f"{row}: {column} has {name}, which is not the property {lower[name.lower()]}"


def folders_are_not_fixed(contents: Contents) -> Iterator[str]:
    """ICE48: no folder is set to a path on a drive."""
    for name in contents.by_key("Directory"):
        if re.match(r"[A-Za-z]:", contents.property(name)):
            yield f"Property {name}: puts a folder at {contents.property(name)}"


def searched_properties_are_public(contents: Contents) -> Iterator[str]:
    """ICE52: what a search finds goes into a public property."""
    for row in contents.rows("AppSearch"):
        if row.keys[0] != row.keys[0].upper():
            yield f"{row}: the property is not public"


def upgrades_are_safe(contents: Contents) -> Iterator[str]:
    """ICE61: what an upgrade looks for, and what it removes.

    It warns of the removal of an equal version, too. That one is meant here: another packaging of
    the same runtime, with a product code of its own, takes the place of the first.
    """
    secure = contents.property("SecureCustomProperties").split(";")
    seen: set[str] = set()
    for row in contents.rows("Upgrade"):
        name = row.text("ActionProperty")
        if name in contents.by_key("Property"):
            yield f"{row}: {name} is set in the table Property"
        if name != name.upper():
            yield f"{row}: {name} is not public"
        if name not in secure:
            yield f"{row}: {name} is not in SecureCustomProperties"
        if name in seen:
            yield f"{row}: {name} is of another row as well"
        seen.add(name)
        yield from _range_is_right(contents, row)


def _range_is_right(contents: Contents, row: Row) -> Iterator[str]:
    low, high = row.text("VersionMin"), row.text("VersionMax")
    for value in filter(None, (low, high)):
        if product_version(value) is None:
            yield f"{row}: {value!r} is no version of a product"
    if not low and not high:
        yield f"{row}: has neither a lowest nor a highest version"
    first, last = product_version(low), product_version(high)
    if first and last and first > last:
        yield f"{row}: {low} is higher than {high}"
    if row.number("Attributes") & ~UPGRADE_BITS:
        yield f"{row}: has reserved bits set in Attributes"
    own = product_version(contents.property("ProductVersion"))
    ours = row.text("UpgradeCode") == contents.property("UpgradeCode")
    if ours and own and not row.number("Attributes") & ONLY_DETECT and not (last and last <= own):
        yield f"{row}: removes versions newer than this one"


def package_can_be_upgraded(contents: Contents) -> Iterator[str]:
    """ICE74: FASTOEM is not set, and there is an UpgradeCode."""
    if contents.property("FASTOEM"):
        yield "Property FASTOEM: must not be set by a package"
    if contents.property("UpgradeCode") in ("", NO_GUID):
        yield "Property UpgradeCode: is not there"


def conditions_refer_to_rows(contents: Contents) -> Iterator[str]:
    """ICE79: the components and features that conditions name are there."""
    tables = {"$": "Component", "?": "Component", "&": "Feature", "!": "Feature"}
    for row, column, symbol in _symbols(contents):
        table = tables.get(symbol[0])
        if table and symbol[1:] not in contents.by_key(table):
            yield f"{row}: {column} names {symbol}, which is not in {table}"


def conditions_ask_for_privileges(contents: Contents) -> Iterator[str]:
    """ICE86: a condition asks for Privileged, not for AdminUser."""
    for row, column, symbol in _symbols(contents):
        if symbol == "AdminUser":
            yield f"{row}: {column} asks for AdminUser"


def command_line_is_free(contents: Contents) -> Iterator[str]:
    """ICE87: what the command line chooses is not set in the package."""
    for name in sorted(COMMAND_LINE_PROPERTIES & contents.by_key("Property").keys()):
        yield f"Property {name}: is for the command line"


def directories_are_no_properties(contents: Contents) -> Iterator[str]:
    """ICE99: no directory has the name of a property of the installer's own."""
    for row in contents.rows("Directory"):
        if row.keys[0] in PROPERTIES:
            yield f"{row}: is a property of Windows Installer"


def properties_are_known(contents: Contents) -> Iterator[str]:
    """PROPERTY, ours: what a condition or a text names is set somewhere, or is known to Windows.

    A property that is only for the command line is listed in SecureCustomProperties.
    """
    known = {name.lower() for name in defined(contents)}  # by case, ICE46 tells them apart
    for row, column, name in mentioned(contents):
        if name.lower() not in known:
            yield f"{row}: {column} has {name!r}, which nothing sets"


def defined(contents: Contents) -> frozenset[str]:
    """Return every property that Windows or something in the package sets."""
    return frozenset((
        *PROPERTIES, *FOLDERS, *ROOTS,
        *contents.by_key("Property"),
        *contents.by_key("Directory"),
        *contents.property("SecureCustomProperties").split(";"),
        *(row.text("Property") for row in contents.rows("AppSearch")),
        *(row.text("ActionProperty") for row in contents.rows("Upgrade")),
        *(row.text("Property") for row in contents.rows("Control")),
        *(row.text("Event").strip("[]") for row in contents.rows("ControlEvent")),
    )) - {""}  # fmt: skip


def mentioned(contents: Contents) -> Iterator[tuple[Row, str, str]]:
    """Yield row, column and name for each property that a condition or a text is made with."""
    for row, column, symbol in _symbols(contents):
        if IDENTIFIER.fullmatch(symbol):
            yield row, column, symbol
    for row, column, text in _cells(contents, "Formatted", "Template", "RegPath", "Shortcut"):
        for kind, name in references(text):
            if not kind:
                yield row, column, name
    for table, column in PROPERTY_COLUMNS:
        for row in contents.rows(table):
            if row.text(column):
                yield row, column, row.text(column)


def _symbols(contents: Contents) -> Iterator[tuple[Row, str, str]]:
    for row, column, text in _cells(contents, "Condition"):
        try:
            yield from ((row, column, symbol) for symbol in symbols(text))
        except ValueError:
            continue  # which ICE03 reports


def _cells(contents: Contents, *categories: str) -> Iterator[tuple[Row, str, str]]:
    """Yield row, column and text of every cell of ``categories`` that is not empty."""
    for table, columns in SCHEMA.items():
        wanted = [column.name for column in columns if column.category in categories]
        if wanted:
            for row in contents.rows(table):
                for column in wanted:
                    if text := row.text(column):
                        yield row, column, text


RULES: Rules = (
    ("ICE05", required_properties_are_there),
    ("ICE16", name_is_short),
    ("ICE24", product_is_well_formed),
    ("ICE40", repair_is_not_overridden),
    ("ICE46", names_differ_by_more_than_case),
    ("ICE48", folders_are_not_fixed),
    ("ICE52", searched_properties_are_public),
    ("ICE61", upgrades_are_safe),
    ("ICE74", package_can_be_upgraded),
    ("ICE79", conditions_refer_to_rows),
    ("ICE86", conditions_ask_for_privileges),
    ("ICE87", command_line_is_free),
    ("ICE99", directories_are_no_properties),
    ("PROPERTY", properties_are_known),
)
