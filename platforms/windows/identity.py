"""The GUIDs of a package: which family it is of, which product it is, which of its parts are the same.

Nothing is drawn by lot. What has to stay over versions (UpgradeCode, ComponentId) is derived from
names, what has to change with every change (ProductCode, package code) from the content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid5

from rtinstall.platforms.containers.database import Row
from rtinstall.platforms.package import Metadata

# Ours alone and for ever: another one would make strangers of all products shipped so far.
NAMESPACE = UUID("04930292-5258-4705-b8fd-ffe6abf25f98")


def guid(value: UUID) -> str:
    """Return ``value`` as Windows Installer spells it: braces, capitals (SDK, "GUID")."""
    return f"{{{value}}}".upper()


def upgrade_code(metadata: Metadata) -> UUID:
    """Return the UpgradeCode: the configured one, or one of vendor and name."""
    if metadata.windows.upgrade_code:
        return UUID(metadata.windows.upgrade_code)
    return uuid5(NAMESPACE, f"{metadata.vendor}\n{metadata.name}")


def component_id(family: UUID, *parts: str) -> str:
    """Return the ComponentId of what ``parts`` name: architecture, scope, folder and feature ...

    No version is among them: the same part of another version is the same component.
    """
    return guid(uuid5(family, "\n".join(parts)))


def content_codes(
    family: UUID, rows: Mapping[str, Sequence[Row]], facts: Iterable[str]
) -> tuple[str, str]:
    """Return the ProductCode and the package code of a database of ``rows``.

    ``facts`` are all else that the file depends on, digests of the payload among them. Two files
    that differ have two package codes (SDK, "Package Codes"); and since a ProductCode under another
    package code is refused as already installed (error 1638), they have two ProductCodes as well.
    """
    tables = [[name, sorted(map(repr, rows[name]))] for name in sorted(rows)]
    digest = hashlib.sha256(json.dumps([tables, list(facts)]).encode()).hexdigest()
    return guid(uuid5(family, f"product\n{digest}")), guid(uuid5(family, f"package\n{digest}"))
