"""Read a xar archive, from mackyle/xar's ``xar.h`` and manual, and from archives that Apple's tool made."""

from __future__ import annotations

import hashlib
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    path: str
    kind: str
    mode: int
    owner: tuple[str, str, str, str]
    time: str
    id: str
    encoding: str
    offset: int
    stored: bytes
    data: bytes


@dataclass(frozen=True)
class Xar:
    created: str
    toc: bytes
    members: tuple[Member, ...]

    def file(self, path: str) -> bytes:
        return next(m.data for m in self.members if m.path == path and m.kind == "file")


def read(data: bytes) -> Xar:
    """Return the archive; anything but a whole one with right digests is a ValueError."""
    if len(data) < 28 or data[:4] != b"xar!":
        raise ValueError("no xar header")
    size, version, packed, plain, algorithm = struct.unpack(">HHQQI", data[4:28])
    if (size, version, algorithm) != (28, 1, 1):
        raise ValueError(f"header {size}, version {version}, checksum {algorithm}")
    toc = _inflate(data[28 : 28 + packed])
    if len(toc) != plain:
        raise ValueError("the table of contents has another length")
    heap = data[28 + packed :]
    root = ET.fromstring(toc)
    table = _one(root, "toc")
    checksum = _one(table, "checksum")
    if checksum.get("style") != "sha1" or (
        _number(checksum, "offset"),
        _number(checksum, "size"),
    ) != (0, 20):
        raise ValueError("the checksum of the table is not at the start of the heap")
    if hashlib.sha1(data[28 : 28 + packed]).digest() != heap[:20]:
        raise ValueError("the table of contents was altered")
    members = tuple(member for file in table.findall("file") for member in _members(file, "", heap))
    if len({m.id for m in members}) != len(members) or len({m.path for m in members}) != len(
        members
    ):
        raise ValueError("an id or a path is there twice")
    end = 20
    for member in sorted((m for m in members if m.kind == "file"), key=lambda m: m.offset):
        if member.offset != end:
            raise ValueError(f"a gap or an overlap in the heap before {member.path}")
        end += len(member.stored)
    if end != len(heap):
        raise ValueError("something follows the heap")
    return Xar(_text(table, "creation-time"), toc, members)


def _members(file: ET.Element, above: str, heap: bytes) -> list[Member]:
    name = _text(file, "name")
    if not name or "/" in name or name in (".", ".."):
        raise ValueError(f"bad name {name!r}")
    path = f"{above}{name}"
    kind = _text(file, "type")
    offset, stored, content, encoding = 0, b"", b"", ""
    if kind == "file":
        data = _one(file, "data")
        offset, length = _number(data, "offset"), _number(data, "length")
        stored = heap[offset : offset + length]
        if len(stored) != length:
            raise ValueError(f"{path} is cut short")
        encoding = _one(data, "encoding").get("style", "")
        if encoding not in ("application/octet-stream", "application/x-gzip"):
            raise ValueError(f"{path} is encoded as {encoding}")
        content = _inflate(stored) if encoding == "application/x-gzip" else stored
        if len(content) != _number(data, "size"):
            raise ValueError(f"{path} has another size")
        for tag, bytes_ in (("archived-checksum", stored), ("extracted-checksum", content)):
            element = _one(data, tag)
            if (element.get("style"), element.text) != ("sha1", hashlib.sha1(bytes_).hexdigest()):
                raise ValueError(f"{path} was altered")
    elif kind != "directory":
        raise ValueError(f"{path} is a {kind}")
    if not re.fullmatch("0[0-7]{3}", _text(file, "mode")):
        raise ValueError(f"mode of {path}")
    owner = tuple(_text(file, tag) for tag in ("uid", "user", "gid", "group"))
    found = [
        Member(
            path, kind, int(_text(file, "mode"), 8), (owner[0], owner[1], owner[2], owner[3]),
            _text(file, "mtime"), file.get("id", ""), encoding, offset, stored, content,
        )
    ]  # fmt: skip
    inside = file.findall("file")
    if inside and kind != "directory":
        raise ValueError(f"{path} is no directory")
    for child in inside:
        found += _members(child, f"{path}/", heap)
    return found


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data) + stream.flush()
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not stream.eof or stream.unused_data:
        raise ValueError("no single zlib stream")
    return plain


def _one(parent: ET.Element, tag: str) -> ET.Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise ValueError(f"{len(found)} elements {tag}")
    return found[0]


def _text(parent: ET.Element, tag: str) -> str:
    return _one(parent, tag).text or ""


def _number(parent: ET.Element, tag: str) -> int:
    return int(_text(parent, tag))
