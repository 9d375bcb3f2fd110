"""Read an rpm, from the rpm project's manual: "RPM v4 Package format", "Lead format", "Header format".

The checks are those of the manual and of rpm's own header reader: tags in order, data aligned, in
order, without overlap, one region over all of it. Every digest is recomputed.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
from dataclasses import dataclass
from typing import Any

import zstandard

from readers import cpio

CHAR, INT8, INT16, INT32, INT64, STRING, BIN, STRING_ARRAY, I18N = range(1, 10)
WIDTH = {CHAR: 1, INT8: 1, INT16: 2, INT32: 4, INT64: 8}
CODE = {CHAR: "B", INT8: "B", INT16: "H", INT32: "I", INT64: "Q"}


@dataclass(frozen=True)
class Header:
    """One header; ``values`` by tag: a str, bytes, or a list."""

    values: dict[int, Any]
    raw: bytes


@dataclass(frozen=True)
class Item:
    """One file, from the header and the payload together."""

    path: str
    mode: int
    size: int
    time: int
    digest: str
    target: str
    flags: int
    user: str
    group: str
    data: bytes


@dataclass(frozen=True)
class Relation:
    name: str
    flags: int
    version: str


@dataclass(frozen=True)
class Rpm:
    name: str
    signature: Header
    header: Header
    items: list[Item]
    provides: list[Relation]
    requires: list[Relation]
    conflicts: list[Relation]
    obsoletes: list[Relation]
    payload_offset: int
    codec: str

    def tag(self, number: int) -> Any:
        return self.header.values.get(number)


def read(data: bytes) -> Rpm:
    """Return the whole package, or raise ValueError for whatever is not as it should be."""
    magic, major, minor, kind, _, name, _, signed = struct.unpack(">4sBBHH66sHH16x", data[:96])
    if (magic, major, minor, kind, signed) != (b"\xed\xab\xee\xdb", 3, 0, 0, 5):
        raise ValueError("no lead of a binary package")
    if name[-1]:
        raise ValueError("the lead's name does not end")
    signature = _header(data, 96, 62)
    start = 96 + len(signature.raw)
    if data[start : start + -start % 8].strip(b"\0"):
        raise ValueError("padding after the signature is not zero")
    start += -start % 8
    header = _header(data, start, 63)
    offset = start + len(header.raw)
    payload = data[offset:]
    codec = header.values.get(1125, "none")
    plain = _decompress(codec, payload)
    _check_digests(signature, header, payload, plain)
    return Rpm(
        name.rstrip(b"\0").decode(),
        signature,
        header,
        _items(header.values, cpio.read(plain)),
        _relations(header.values, 1047, 1112, 1113),
        _relations(header.values, 1049, 1048, 1050),
        _relations(header.values, 1054, 1053, 1055),
        _relations(header.values, 1090, 1114, 1115),
        offset,
        codec,
    )


def _header(data: bytes, start: int, region: int) -> Header:
    if data[start : start + 8] != bytes.fromhex("8eade80100000000"):
        raise ValueError(f"no header at {start}")
    count, length = struct.unpack_from(">II", data, start + 8)
    index_end = start + 16 + 16 * count
    store = data[index_end : index_end + length]
    if len(store) != length:
        raise ValueError("the header is cut short")
    entries = [struct.unpack_from(">IIII", data, start + 16 + 16 * i) for i in range(count)]
    _check_region(entries[0], region, count, store)
    values: dict[int, Any] = {}
    end = 0
    for tag, kind, offset, items in entries[1:]:
        if values and tag <= max(values):
            raise ValueError(f"tag {tag} is out of order")
        if (
            not items
            or offset < end
            or offset % WIDTH.get(kind, 1)
            or store[end:offset].strip(b"\0")
        ):
            raise ValueError(f"tag {tag} is misplaced")
        values[tag], end = _value(store, kind, offset, items)
    if end != length - 16:
        raise ValueError("there is data outside of the tags")
    return Header(values, data[start : index_end + length])


def _check_region(entry: tuple[int, ...], region: int, count: int, store: bytes) -> None:
    if entry != (region, BIN, len(store) - 16, 16):
        raise ValueError("the first tag is no region over the whole header")
    if struct.unpack(">IIiI", store[-16:]) != (region, BIN, -16 * count, 16):
        raise ValueError("the region's trailer is wrong")


def _value(store: bytes, kind: int, offset: int, count: int) -> tuple[Any, int]:
    """Return a value and where its data ends."""
    if kind == BIN:
        return store[offset : offset + count], offset + count
    if kind in (STRING, STRING_ARRAY, I18N):
        texts = []
        for _ in range(count):
            end = store.index(b"\0", offset)
            texts.append(store[offset:end].decode())
            offset = end + 1
        if kind == STRING and count != 1:
            raise ValueError("a plain string is one")
        return (texts[0] if kind == STRING else texts), offset
    numbers = struct.unpack_from(f">{count}{CODE[kind]}", store, offset)
    return list(numbers), offset + WIDTH[kind] * count


def _decompress(codec: str, payload: bytes) -> bytes:
    if codec == "zstd":
        state = zstandard.ZstdDecompressor().decompressobj()
        plain = state.decompress(payload)
        if state.unused_data or not state.eof:
            raise ValueError("the payload is not one Zstandard frame")
        return plain
    if codec == "xz":
        reader = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        plain = reader.decompress(payload)
        if reader.unused_data or not reader.eof:
            raise ValueError("the payload is not one xz stream")
        return plain
    return gzip.decompress(payload) if codec == "gzip" else payload


def _check_digests(signature: Header, header: Header, payload: bytes, plain: bytes) -> None:
    both = header.raw + payload
    signed: tuple[tuple[int, Any], ...] = (
        (269, hashlib.sha1(header.raw).hexdigest()),
        (273, hashlib.sha256(header.raw).hexdigest()),
        (1000, [len(both)]),
        (1004, hashlib.md5(both).digest()),
        (1007, [len(plain)]),
    )
    for tag, expected in signed:
        if signature.values[tag] != expected:
            raise ValueError(f"signature tag {tag} is wrong")
    said: tuple[tuple[int, Any], ...] = (
        (5092, [hashlib.sha256(payload).hexdigest()]),
        (5093, [8]),
        (5097, [hashlib.sha256(plain).hexdigest()]),
    )
    for tag, expected in said:
        if header.values[tag] != expected:
            raise ValueError(f"tag {tag} is wrong")


def _items(values: dict[int, Any], members: list[cpio.Member]) -> list[Item]:
    """Join the file list with the payload; they must agree on everything both say."""
    folders = values[1118]
    paths = [folders[i] + name for i, name in zip(values[1116], values[1117], strict=True)]
    found = []
    for path, member, inode, mode, size, time, digest, target, flags, user, group in zip(
        paths, members, values[1096], values[1030], values[1028], values[1034], values[1035],
        values[1036], values[1037], values[1039], values[1040], strict=True,
    ):  # fmt: skip
        if (f".{path}", inode, mode, size, time) != (
            member.name, member.inode, member.mode, len(member.data), member.time
        ):  # fmt: skip
            raise ValueError(f"{path} differs between header and payload")
        regular = mode & 0o170000 == 0o100000
        if digest != (hashlib.sha256(member.data).hexdigest() if regular else ""):
            raise ValueError(f"the digest of {path} is wrong")
        if mode & 0o170000 == 0o120000 and member.data.decode() != target:
            raise ValueError(f"the target of {path} differs between header and payload")
        found.append(Item(path, mode, size, time, digest, target, flags, user, group, member.data))
    if values[1009] != [sum(item.size for item in found)] or values[5011] != [8]:
        raise ValueError("the size of all files or the digest algorithm is wrong")
    return found


def _relations(values: dict[int, Any], names: int, flags: int, versions: int) -> list[Relation]:
    return [
        Relation(name, flag, version)
        for name, flag, version in zip(
            values.get(names, []), values.get(flags, []), values.get(versions, []), strict=True
        )
    ]
