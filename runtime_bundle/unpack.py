"""From an archive to entries: the only way files from outside become part of a Bundle.

The bytes of all files go one after another into a single spool file, so nothing an archive says
becomes a path on this machine, and there is nothing to race or to climb out of. What would be
unsafe wherever the entries are written later is refused here: everything but files, directories
and symbolic links that stay inside; names that some system reads differently; set-uid and set-gid
files. Permissions become 0o755 or 0o644, owners and times are dropped; set-gid and sticky bits of
directories, which archivers copy from the builder's disk, are dropped with them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import Archive, open_archive
from rtinstall.runtime_bundle.archives.entry import ArchiveEntry
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits
from rtinstall.runtime_bundle.directory import read_tree, write_tree
from rtinstall.runtime_bundle.errors import NoSpace, UnsafeArchive
from rtinstall.runtime_bundle.model import Content, Directory, Entry, File, Slice, Symlink
from rtinstall.runtime_bundle.names import check_name, check_tree

__all__ = ["LIMITS", "Limits", "read_tree", "unpack", "write_tree"]


def unpack(
    path: Path,
    spool: Path,
    *,
    root: str | None,
    ignore: Callable[[str], bool] = lambda name: False,
    limits: Limits = LIMITS,
) -> tuple[Entry, ...]:
    """Read the archive at ``path`` into the new file ``spool``; return its entries, sorted and checked.

    ``root`` is the folder that everything must lie in and that is stripped (``package``,
    ``node-v24.19.0-linux-x64``; ``/usr/local`` or ``/`` where names are absolute), None strips nothing.
    Members whose name ``ignore`` accepts are checked, but left out, and may lie beside ``root``.
    Raises :class:`UnsafeArchive` for anything malformed or unsafe, :class:`NoSpace` where the spool
    cannot be written, :class:`NotReadable` for what is no archive. No spool is left behind then.
    """
    archive = open_archive(path, limits)
    out = _create(spool)
    try:
        with out:
            members = accepted(archive, root=root, ignore=ignore, limits=limits)
            entries = tuple(_entries(members, out, spool))
        if not entries:
            raise UnsafeArchive(f"{path.name} holds nothing" + (f" below {root!r}" if root else ""))
        return check_tree(entries, limits)
    except BaseException:
        spool.unlink(missing_ok=True)
        raise


def unpack_native(path: Path, spool: Path) -> tuple[Entry, ...]:
    """Return what a native package puts on a machine, as paths below its root; as :func:`unpack`.

    Names in packages of FreeBSD are absolute, in no others.
    """
    return unpack(path, spool, root="/" if open_archive(path).format == "freebsd" else None)


def _create(spool: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.fdopen(os.open(spool, flags, 0o600), "wb")
    except OSError as error:
        raise NoSpace(f"{spool} cannot be written: {error.strerror}") from None


def accepted(
    archive: Archive,
    *,
    root: str | None,
    ignore: Callable[[str], bool] = lambda name: False,
    limits: Limits = LIMITS,
) -> Iterator[tuple[str, ArchiveEntry, Iterator[bytes]]]:
    """Yield the members of ``archive`` that are taken over, each with its name below ``root``.

    What is wrong with a single member is refused here; what the members are together, a tree or not,
    is for :func:`~rtinstall.runtime_bundle.names.check_tree` to say.
    """
    for entry, chunks in archive.entries():
        name = _name(entry, root)
        if name is not None:
            check_name(name, limits)
        _check_kind(entry)
        if name is None or ignore(name):
            continue
        place = _below(name, root)
        if place is not None:
            yield place, entry, chunks
        elif entry.kind != "directory":
            raise UnsafeArchive(f"{entry.name!r} stands where only {root!r} may be")
    if archive.problems:
        raise UnsafeArchive(f"{archive.path.name}: {archive.problems[0]}")


def mode_of(entry: ArchiveEntry) -> int:
    """Return the permissions that a file is kept with."""
    return 0o755 if entry.mode & 0o111 else 0o644


def _entries(
    members: Iterable[tuple[str, ArchiveEntry, Iterator[bytes]]], out: BinaryIO, spool: Path
) -> Iterator[Entry]:
    offset = 0
    for place, entry, chunks in members:
        if entry.kind == "directory":
            yield Directory(place)
        elif entry.kind == "symlink":
            yield Symlink(place, entry.link)
        else:
            content, sha256 = _spool(chunks, out, spool, offset)
            offset += content.size
            yield File(place, mode_of(entry), content, sha256)


def _name(entry: ArchiveEntry, root: str | None) -> str | None:
    """Return a member's name without what archivers put around it; None for the top itself."""
    name = entry.name.removesuffix("/") if entry.kind == "directory" else entry.name
    if root is not None and root.startswith("/"):
        if not name.startswith("/"):
            raise UnsafeArchive(f"{entry.name!r} does not lie below {root!r}")
        return name[1:] or None
    if name == "." and entry.kind == "directory":
        return None
    return name.removeprefix("./")


def _below(name: str, root: str | None) -> str | None:
    """Return ``name`` below ``root``; None for ``root`` itself and the folders it lies in."""
    root = (root or "").strip("/")
    if not root:
        return name
    if f"{root}/".startswith(f"{name}/"):
        return None
    if not name.startswith(f"{root}/"):
        raise UnsafeArchive(f"{name!r} does not lie below {root!r}")
    return name[len(root) + 1 :]


def _check_kind(entry: ArchiveEntry) -> None:
    if entry.kind not in ("file", "directory", "symlink"):
        raise UnsafeArchive(
            f"{entry.name!r} is no file, directory or symbolic link, but of kind {entry.kind!r}"
        )
    if entry.kind == "file" and entry.mode & 0o7000:
        raise UnsafeArchive(f"{entry.name!r} has the special mode {entry.mode:04o}")


def _spool(chunks: Iterator[bytes], out: BinaryIO, spool: Path, offset: int) -> tuple[Content, str]:
    state = hashlib.sha256()
    size = 0
    for chunk in chunks:
        state.update(chunk)
        size += len(chunk)
        try:
            out.write(chunk)
        except OSError as error:
            raise NoSpace(f"{spool} cannot be written: {error.strerror}") from None
    return Slice(spool, offset, size), state.hexdigest()
