"""A component's files, twice: the payload (gzip of cpio odc) and what the Bom says of each.

Checksums are taken while the payload streams. Files stand in both under the same path, mode and time.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.compression.stream import Writable
from rtinstall.platforms.containers import bom, cpio
from rtinstall.platforms.package import Effort
from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables import macho
from rtinstall.runtime_bundle.model import Content, Directory, Entry, File, Symlink

# Modes of Apple's own packages: a link is 0755.
LINK_MODE = stat.S_IFLNK | 0o755


def write_payload(
    entries: Sequence[Entry], out: Writable, *, time: int, effort: Effort
) -> list[bom.Path]:
    """Write ``entries``, the root before them, into ``out``; return their lines of the Bom."""
    stream = open_stream("gzip", out, effort)
    paths: list[bom.Path] = []
    length = 0
    for inode, entry in enumerate((Directory("."), *entries), 1):
        name = entry.path if entry.path == "." else f"./{entry.path}"
        checksum = bom.Cksum()
        slices: tuple[bom.Slice, ...] = ()
        size, link = 0, ""
        match entry:
            case Directory():
                mode = stat.S_IFDIR | entry.mode
            case Symlink():
                mode, link = LINK_MODE, entry.target
                size = len(link.encode())
            case File():
                mode, size = stat.S_IFREG | entry.mode, entry.size
        header = cpio.odc_header(name, mode=mode, size=size, time=time, inode=inode)
        stream.write(header)
        length += len(header) + size
        if isinstance(entry, File):
            stream.add(entry.content, observe=checksum.update)
            slices = _slices(entry.content)
        elif link:
            stream.write(link.encode())
            checksum.update(link.encode())
        value = 0 if isinstance(entry, Directory) else checksum.value
        paths.append(bom.Path(name, mode, time, size, value, link, slices))
    stream.write(cpio.odc_trailer(length))
    stream.close()
    return paths


def _slices(content: Content) -> tuple[bom.Slice, ...]:
    """Return the architectures of a universal binary; nothing for any other file."""
    if next(content.chunks(), b"")[:4] not in macho.FAT:
        return ()
    try:
        parts = macho.thin(content)
    except WrongBinary:
        return ()  # a Java class begins as a universal binary does
    return tuple(
        bom.Slice(part.cpu, part.subtype, part.content.size, _checksum(part.content))
        for part in parts
    )


def _checksum(content: Content) -> int:
    state = bom.Cksum()
    for chunk in content.chunks():
        state.update(chunk)
    return state.value
