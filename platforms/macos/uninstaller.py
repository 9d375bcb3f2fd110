"""The program that removes the package again: macOS has none, so it is part of the payload.

It is a shell script that people can read: ``resources/uninstall.sh``, with this package's words put
in. It removes what the receipts list and nothing else, as root, with absolute paths of every tool.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from rtinstall.platforms.macos.pages import resource


def script(
    *, prefix: str, name: str, identifier: str, elsewhere: Iterable[str], shared: Iterable[str]
) -> bytes:
    """Return the script of one package; paths are without a leading slash.

    ``elsewhere`` are its files that are not below ``prefix``; ``shared`` directories are never removed.
    """
    words = {
        "RECEIPTS": shlex.quote(f"{identifier}.npm {identifier}.node"),
        "ITSELF": shlex.quote(f"{prefix}/bin/uninstall-{name}"),
        "NAME": shlex.quote(name),
        # Patterns of "case", each quoted and so without a wildcard of its own.
        "OWN": " | ".join([f"{shlex.quote(prefix)}/*", *_patterns({prefix, *elsewhere})]),
        "SHARED": " | ".join(_patterns(shared)),
    }
    return resource("uninstall.sh", words).encode()


def _patterns(paths: Iterable[str]) -> list[str]:
    """Quote every path and its parents: a directory of the receipt must be known as well."""
    known = {
        "/".join(parts[:count])
        for parts in (path.split("/") for path in paths)
        for count in range(1, len(parts) + 1)
    }
    return [shlex.quote(path) for path in sorted(known)]
