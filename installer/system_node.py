"""Which version the system's own node is, as far as that is written beside it; it is never run."""

from __future__ import annotations

import re
from pathlib import Path

from rtinstall.runtime_bundle.errors import RtError
from rtinstall.runtime_bundle.versions import Version

HEADER = "include/node/node_version.h"
NUMBERS = re.compile(rb"^#define NODE_(MAJOR|MINOR|PATCH)_VERSION ([0-9]{1,6})\s", re.MULTILINE)
MOST = 1 << 16


def version_beside(node: Path) -> Version | None:
    """Return the version that the headers beside ``node`` have, or on Windows its own resources."""
    try:
        real = node.resolve()
        if real.suffix.lower() == ".exe":
            return _of_resources(real)
        with (real.parent.parent / HEADER).open("rb") as stream:
            found = {key: int(value) for key, value in NUMBERS.findall(stream.read(MOST))}
        return Version(found[b"MAJOR"], found[b"MINOR"], found[b"PATCH"])
    except (OSError, RtError, LookupError, RuntimeError):
        return None


def _of_resources(program: Path) -> Version | None:
    from rtinstall.runtime_bundle.executables.pe import version_resource
    from rtinstall.runtime_bundle.model import Slice

    resource = version_resource(Slice(program, 0, program.stat().st_size))
    return Version(*resource.file[:3]) if resource else None
