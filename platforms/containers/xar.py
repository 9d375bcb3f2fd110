"""xar: an XML table of contents in front of a heap of files (mackyle/xar, ``xar.h``, and what Apple writes).

The table holds sizes and digests, and stands first; so the heap is gathered in scratch room, and
:meth:`Heap.finish` writes header, table and heap. Files stand in the heap in the order of the table.

Decisions:

* SHA-1 everywhere: a table of contents with a SHA-256 checksum is refused by xar and libarchive.
* What is large is stored as it is, what is small as a zlib stream, which the format calls
  ``application/x-gzip``: the two forms in which Apple's own packages come.
"""

from __future__ import annotations

import hashlib
import struct
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, BinaryIO

from rtinstall.runtime_bundle.model import CHUNK

# Magic, length of this header, version, compressed and plain length of the table, SHA-1.
HEADER = struct.Struct(">4sHHQQI")
SHA1 = 1
STORED, ZLIB = "application/octet-stream", "application/x-gzip"


class Member:
    """A file being appended to the heap; its digest and length are those of what was written."""

    def __init__(self, heap: IO[bytes]) -> None:
        """Write into ``heap``."""
        self._heap = heap
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self.length = 0

    def write(self, data: bytes, /) -> None:
        """Append ``data``."""
        self._heap.write(data)
        self._sha1.update(data)
        self.length += len(data)

    @property
    def sha1(self) -> str:
        """Return the digest so far, hexadecimal."""
        return self._sha1.hexdigest()


class Heap:
    """An archive being gathered in ``scratch``; every file in it belongs to root and is 0644.

    ``time`` in seconds since 1970 is that of the archive and all that is in it.
    """

    def __init__(self, scratch: IO[bytes], time: int) -> None:
        """Begin an empty archive."""
        self._scratch = scratch
        self._offset = hashlib.sha1(usedforsecurity=False).digest_size  # the table's checksum
        self._time = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        self._toc = ET.Element("toc")
        checksum = _add(self._toc, "checksum", style="sha1")
        _add(checksum, "size", str(self._offset))
        _add(checksum, "offset", "0")
        _add(self._toc, "creation-time", self._time)
        self._directories: dict[str, ET.Element] = {"": self._toc}

    @contextmanager
    def stored(self, path: str) -> Iterator[Member]:
        """Add the file at ``path``, whose bytes are written into what this yields, as they are."""
        member = Member(self._scratch)
        yield member
        self._describe(path, member, STORED, member.length, member.sha1)

    def add(self, path: str, data: bytes) -> None:
        """Add a small file, compressed."""
        from zlib_ng import zlib_ng  # pinned: other builds of zlib write other bytes

        member = Member(self._scratch)
        member.write(zlib_ng.compress(data, zlib.Z_BEST_COMPRESSION))
        self._describe(path, member, ZLIB, len(data), _sha1(data).hexdigest())

    def finish(self, out: BinaryIO) -> None:
        """Write the archive into ``out``."""
        from zlib_ng import zlib_ng

        root = ET.Element("xar")
        root.append(self._toc)
        for number, file in enumerate(self._toc.iter("file"), 1):
            file.set("id", str(number))
        ET.indent(root, " ")
        toc = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        packed = zlib_ng.compress(toc, zlib.Z_BEST_COMPRESSION)
        out.write(HEADER.pack(b"xar!", HEADER.size, 1, len(packed), len(toc), SHA1))
        out.write(packed)
        out.write(_sha1(packed).digest())
        self._scratch.seek(0)
        while data := self._scratch.read(CHUNK):
            out.write(data)

    def _describe(self, path: str, member: Member, style: str, size: int, sha1: str) -> None:
        """Put a file whose bytes were just written to the heap into the table."""
        folder, _, name = path.rpartition("/")
        file = ET.SubElement(self._directory(folder), "file")
        data = _add(file, "data")
        _add(data, "length", str(member.length))
        _add(data, "offset", str(self._offset))
        _add(data, "size", str(size))
        _add(data, "encoding", style=style)
        _add(data, "extracted-checksum", sha1, style="sha1")
        _add(data, "archived-checksum", member.sha1, style="sha1")
        self._finish_entry(file, name, "file", "0644")
        self._offset += member.length

    def _directory(self, path: str) -> ET.Element:
        if path not in self._directories:
            above, _, name = path.rpartition("/")
            entry = ET.SubElement(self._directory(above), "file")
            self._finish_entry(entry, name, "directory", "0755")
            self._directories[path] = entry
        return self._directories[path]

    def _finish_entry(self, entry: ET.Element, name: str, kind: str, mode: str) -> None:
        _add(entry, "mtime", f"{self._time}Z")
        for tag, text in (("gid", "0"), ("group", "wheel"), ("uid", "0"), ("user", "root")):
            _add(entry, tag, text)
        _add(entry, "mode", mode)
        _add(entry, "type", kind)
        _add(entry, "name", name)


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _sha1(data: bytes) -> hashlib._Hash:
    return hashlib.sha1(data, usedforsecurity=False)
