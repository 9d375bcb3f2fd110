"""A linter of finished Windows Installer packages: rules that Windows itself never checks in time.

The SDK's internal consistency evaluators ("ICE Reference") run on Windows alone; what they look for
is checked here from the tables, a rule a function, the rule's name in its docstring. Warnings of
theirs are faults: a package of ours has no reason for one. Rules without a number are ours.

Left out: ICE33, whose warnings are obsolete; ICE58, for Windows Installer before 2.0; ICE73, the
codes of the SDK's own samples; ICE101, which ICE03 covers by the width of the column; ICE55 and
those of other tables that no package of ours has, for which TABLES stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.windows.ice import (
    components,
    files,
    interface,
    product,
    properties,
    security,
    sequences,
    validation,
)
from rtinstall.platforms.windows.ice.contents import Contents
from rtinstall.runtime_bundle.archives.msi_database import Database

RULES = (
    *validation.RULES,
    *components.RULES,
    *files.RULES,
    *properties.RULES,
    *sequences.RULES,
    *interface.RULES,
    *product.RULES,
    *security.RULES,
)


def faults(database: Database) -> Iterator[str]:
    """Yield what is wrong with a package, a line a fault: the rule, the row, what is wrong there.

    Where the columns are not those of the SDK, nothing else is looked at.
    """
    contents = Contents(database)
    strange = [f"TABLES {fault}" for fault in validation.columns_are_known(contents)]
    if strange:
        yield from strange
        return
    for name, rule in RULES:
        yield from (f"{name} {fault}" for fault in rule(contents))
