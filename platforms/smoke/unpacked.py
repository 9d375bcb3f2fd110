"""Lay a package file out as a root directory, without the tool that would install it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.unpack import unpack, write_tree


def unpack_package(path: Path, directory: Path) -> Path:
    """Write what the package or archive at ``path`` would install into the new ``directory``.

    ``directory`` then stands for the root of the machine. Raises what
    :func:`~rtinstall.runtime_bundle.unpack.unpack` raises, for hostile files too.
    """
    # FreeBSD's packages name absolute paths.
    top = "/" if open_archive(path).format == "freebsd" else None
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=directory.parent) as scratch:
        write_tree(unpack(path, Path(scratch, "spool"), root=top), directory)
    return directory
