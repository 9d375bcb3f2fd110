"""xar: a header, a compressed table of contents in XML, and a heap (xar(1), ``xar.h``), big-endian.

Every digest of the archive is checked: the table's, and each file's as it is read. Read as far as
macOS packages use it: files and directories, stored or as a zlib stream.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element

from rtinstall.runtime_bundle.archives.limits import Limits
from rtinstall.runtime_bundle.archives.source import CHUNK, exactly
from rtinstall.runtime_bundle.archives.xml import MOST, document
from rtinstall.runtime_bundle.errors import UnsafeArchive

MAGIC = b"xar!"
HEADER = struct.Struct(">4s2H2QI")
# By the number in the header; also the words for a file's checksum, which are written in any case.
TABLE_ALGORITHMS = {0: "", 1: "sha1", 2: "md5", 3: "sha256", 4: "sha512"}
STORED = "application/octet-stream"
ZLIB = "application/x-gzip"  # by that name, but RFC 1950 and not 1952
# What Apple's stapler appends: it ends in this mark, version 1, type 2 and a length.
TICKET = b"t8lr\x01\x00\x02\x00"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive; ``offset`` is in the file on disk, ``length`` what it takes there.

    ``archived`` and ``extracted`` are algorithm and digest, ``zlib`` says that it is compressed.
    """

    path: str
    offset: int
    length: int
    size: int
    zlib: bool
    archived: tuple[str, str]
    extracted: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Xar:
    """The files by path, the paths of directories, who signed, and what is behind the heap."""

    files: dict[str, Member]
    directories: frozenset[str]
    signed: tuple[str, ...]
    checksum: str
    ticket: bool


def read_xar(file: BinaryIO, limits: Limits) -> Xar:
    """Read and check the table of contents; ``file`` stands anywhere."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic, size, version, packed, expanded, number = HEADER.unpack(exactly(file, HEADER.size))
    if magic != MAGIC or size != HEADER.size or version != 1:
        raise UnsafeArchive("this is no xar of version 1")
    if number not in TABLE_ALGORITHMS or max(packed, expanded) > MOST:
        raise UnsafeArchive("the xar's table of contents has an unknown checksum, or is too large")
    data = exactly(file, packed)
    table = document(_inflated(data, expanded), "the xar's table of contents")
    heap = file.tell()
    toc = table.find("toc")
    if table.tag != "xar" or toc is None:
        raise UnsafeArchive("the xar has no table of contents")
    areas = list(_check_table(file, toc, data, heap, end, TABLE_ALGORITHMS[number]))
    signed = []
    for tag in ("signature", "x-signature"):
        for element in toc.findall(tag):
            signed.append(element.get("style", ""))
            areas.append((heap + _number(element, "offset"), _number(element, "size")))
    files: dict[str, Member] = {}
    directories: set[str] = set()
    for path, element in _files(toc, "", limits):
        if path in files or path in directories:
            raise UnsafeArchive(f"{path!r} is in the xar twice")
        kind = element.findtext("type", "")
        if kind == "directory":
            directories.add(path)
        elif kind == "file":
            files[path] = _member(path, element.find("data"), heap)
            areas.append((files[path].offset, files[path].length))
        else:
            raise UnsafeArchive(f"{path!r} is a {kind or 'thing'} in a xar, which is not read here")
    ticket = _check_areas(file, areas, heap, end)
    return Xar(files, frozenset(directories), tuple(signed), TABLE_ALGORITHMS[number], ticket)


def read_member(file: BinaryIO, member: Member, problems: list[str]) -> Iterator[bytes]:
    """Yield what ``member`` holds, and note its checksums where they are wrong at the end."""
    archived, extracted = _Sum(member.archived), _Sum(member.extracted)
    decoder = zlib.decompressobj() if member.zlib else None
    left, size = member.length, 0
    while left:
        file.seek(member.offset + member.length - left)
        data = exactly(file, min(CHUNK, left))
        left -= len(data)
        archived.update(data)
        for chunk in _expanded(decoder, data, member) if decoder else (data,):
            size += len(chunk)
            if size > member.size:
                raise UnsafeArchive(f"{member.path!r} is larger than the xar says")
            extracted.update(chunk)
            yield chunk
    if size != member.size or (decoder and not decoder.eof):
        raise UnsafeArchive(f"{member.path!r} is smaller than the xar says")
    for what, total in (("archived", archived), ("extracted", extracted)):
        if not total.right:
            problems.append(f"the {what} checksum of {member.path!r} is not the one in the xar")


class _Sum:
    """A digest in the making, and the one it has to be."""

    def __init__(self, expected: tuple[str, str]) -> None:
        algorithm, self._digest = expected
        self._state = hashlib.new(algorithm, usedforsecurity=False)

    def update(self, data: bytes) -> None:
        self._state.update(data)

    @property
    def right(self) -> bool:
        return self._state.hexdigest() == self._digest


def _inflated(data: bytes, size: int) -> bytes:
    decoder = zlib.decompressobj()
    try:
        text = decoder.decompress(data, size + 1)
    except zlib.error as error:
        raise UnsafeArchive(f"the xar's table of contents is damaged: {error}") from None
    if len(text) != size or not decoder.eof or decoder.unused_data:
        raise UnsafeArchive("the xar's table of contents has another size than its header says")
    return text


def _expanded(decoder: zlib._Decompress, data: bytes, member: Member) -> Iterator[bytes]:
    try:
        while data:
            yield decoder.decompress(data, CHUNK)
            data = decoder.unconsumed_tail
            if decoder.unused_data:
                raise UnsafeArchive(f"{member.path!r} goes on after the end of its zlib stream")
    except zlib.error as error:
        raise UnsafeArchive(f"{member.path!r} is damaged: {error}") from None


def _check_table(
    file: BinaryIO, toc: Element, data: bytes, heap: int, end: int, algorithm: str
) -> Iterator[tuple[int, int]]:
    """Compare the table's digest with the one in the heap; yield where that is."""
    element = toc.find("checksum")
    style = (element.get("style") or "").lower() if element is not None else ""
    if style in ("", "none") and not algorithm:
        return
    if element is None or style != algorithm:
        raise UnsafeArchive(
            f"the xar's header and table name different checksums: {style or 'none'}"
        )
    state = hashlib.new(algorithm, data, usedforsecurity=False)
    offset, size = heap + _number(element, "offset"), _number(element, "size")
    if size != state.digest_size or offset + size > end:
        raise UnsafeArchive("the checksum of the xar's table of contents is malformed")
    file.seek(offset)
    if exactly(file, size) != state.digest():
        raise UnsafeArchive(f"the {algorithm} of the xar's table of contents is not the one in it")
    yield offset, size


def _files(
    above: Element, folder: str, limits: Limits, depth: int = 1
) -> Iterator[tuple[str, Element]]:
    if depth > limits.depth:
        raise UnsafeArchive("the xar's folders are nested too deeply")
    for number, element in enumerate(above.findall("file")):
        found = element.find("name")
        name = (found.text or "") if found is not None else ""
        if (
            found is None
            or number >= limits.members
            or found.get("enctype")
            or name in ("", ".", "..")
            or re.search(r"[/\x00-\x1f]", name)
            or len(name.encode()) > limits.component
        ):
            raise UnsafeArchive(f"a name in the xar is unsafe: {name[:80]!r}")
        yield f"{folder}{name}", element
        yield from _files(element, f"{folder}{name}/", limits, depth + 1)


def _member(path: str, data: Element | None, heap: int) -> Member:
    if data is None:  # how an empty file is stored
        nothing = ("sha1", hashlib.sha1(usedforsecurity=False).hexdigest())
        return Member(path, heap, 0, 0, False, nothing, nothing)
    encoding = data.find("encoding")
    style = encoding.get("style") if encoding is not None else STORED
    if style not in (STORED, ZLIB):
        raise UnsafeArchive(f"{path!r} is stored as {style!r}, which is not read here")
    member = Member(
        path,
        heap + _number(data, "offset"),
        _number(data, "length"),
        _number(data, "size"),
        style == ZLIB,
        _digest(data, "archived-checksum", path),
        _digest(data, "extracted-checksum", path),
    )
    if not member.zlib and member.length != member.size:
        raise UnsafeArchive(f"{path!r} is stored, but its two sizes differ")
    return member


def _digest(data: Element, tag: str, path: str) -> tuple[str, str]:
    element = data.find(tag)
    algorithm = (element.get("style") or "").lower() if element is not None else ""
    if element is None or not algorithm or algorithm not in TABLE_ALGORITHMS.values():
        raise UnsafeArchive(f"{path!r} has no {tag}, or an unknown one")
    return algorithm, (element.text or "").strip().lower()


def _number(element: Element, tag: str) -> int:
    text = element.findtext(tag, "").strip()
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise UnsafeArchive(f"the xar says {text[:40]!r} where {tag} is a number")
    return int(text)


def _check_areas(file: BinaryIO, areas: list[tuple[int, int]], heap: int, end: int) -> bool:
    """Refuse areas that overlap, lie outside, or leave bytes behind them; say if a ticket follows."""
    last = heap
    for offset, size in sorted(area for area in areas if area[1]):
        if offset < last:
            raise UnsafeArchive("two things in the xar lie at the same place")
        last = offset + size
    if last > end:
        raise UnsafeArchive(f"the xar is cut short: {last - end} bytes are missing")
    if last == end:
        return False
    file.seek(max(last, end - 16))
    trailer = exactly(file, end - file.tell())
    if not trailer.startswith(TICKET) or len(trailer) != 16:
        raise UnsafeArchive(f"{end - last} bytes after the end of the xar belong to nothing in it")
    return True
