"""Lay a package file out as a root directory, without the tool that would install it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rtinstall.runtime_bundle.unpack import unpack_native, write_tree


def unpack_package(path: Path, directory: Path) -> Path:
    """Write what the package or archive at ``path`` would install into the new ``directory``.

    ``directory`` then stands for the root of the machine. Raises what
    :func:`~rtinstall.runtime_bundle.unpack.unpack` raises, for hostile files too.
    """
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=directory.parent) as scratch:
        write_tree(unpack_native(path, Path(scratch, "spool")), directory)
    return directory
