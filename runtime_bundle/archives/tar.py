"""tar: v7, ustar (POSIX.1-1988), pax (POSIX.1-2001) and GNU's long names and base-256 numbers.

Whatever two readers could understand differently is refused rather than guessed: a record given
twice, a size that its header contradicts, data behind links and directories, names that are not
UTF-8, anything but zeros after the end (CVE-2025-62518 and its kin).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Kind, Member
from rtinstall.runtime_bundle.archives.limits import Meter
from rtinstall.runtime_bundle.archives.source import (
    Part,
    Source,
    exactly,
    only_zeros,
    text,
    up_to,
)  # fmt: skip
from rtinstall.runtime_bundle.errors import UnsafeArchive

BLOCK = 512
# POSIX.1-1988, "Extended tar Format": name, mode, uid, gid, size, mtime, (checksum), typeflag, linkname,
# magic, (version), uname, gname, (devmajor, devminor), prefix.
FIELDS = struct.Struct("100s8s8s8s12s12s8xc100s6s2x32s32s16x155s12x")
NUMBER = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
MAX_OCTAL = 0o77777777777
KINDS: dict[bytes, Kind] = {
    b"0": "file", b"\0": "file", b"1": "hardlink", b"2": "symlink", b"3": "device",
    b"4": "device", b"5": "directory", b"6": "fifo",
}  # fmt: skip
# pax, "pax Extended Header Keywords"; other lower-case keywords are reserved and could mean anything.
KEYWORDS = frozenset(
    ("atime", "charset", "comment", "ctime", "gid", "gname", "linkpath", "mtime", "path", "size",
     "uid", "uname")
)  # fmt: skip
# Names are read as UTF-8 whatever this says; libarchive says "BINARY" where its locale has no UTF-8.
CHARSETS = ("BINARY", "ISO-IR 10646 2000 UTF-8")
SPARSE = ("GNU.sparse.", "SCHILY.realsize", "SUN.holesdata")


class _Header(NamedTuple):
    """One header block, its numbers read, its names still bytes."""

    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    time: int
    flag: bytes
    link: bytes
    owner: bytes
    group: bytes


def looks_like_tar(block: bytes) -> bool:
    """Say whether a first block is a tar header, even one with a wrong checksum, or an empty tar."""
    if len(block) < BLOCK:
        return False
    return block[257:262] == b"ustar" or not any(block) or _sum(block) == _stored_sum(block)


def members(
    source: Source,
    meter: Meter,
    *,
    end: Literal["marked", "open"] = "marked",
    padding: Literal["any", "zeros"] = "any",
) -> Iterator[Member]:
    """Yield each member and its chunks, and read to the end of ``source``.

    With ``end="open"`` the two blocks of zeros at the end may be missing, as apk wants it. What
    fills a member's last block is nobody's, and some archivers leave in it what was in memory;
    ``padding="zeros"`` is for those that are known not to.
    """
    extra: dict[str, str] = {}
    seen: set[bytes] = set()
    while (block := _next_block(source, end)) is not None:
        header = _parse(block)
        if header.flag in (b"x", b"g", b"L", b"K"):
            if header.size > meter.limits.record:
                raise UnsafeArchive(f"a tar record of {header.size} bytes is too large")
            if header.flag in seen:
                raise UnsafeArchive("a tar member has two extended headers of one kind")
            if header.flag != b"g":
                seen.add(header.flag)
            _extend(extra, header.flag, exactly(source, header.size))
            _skip_padding(source, header.size, padding)
            continue
        entry = _entry(header, extra)
        extra, seen = {}, set()
        meter.member()
        part = Part(source, entry.size)
        yield entry, part
        part.skip()
        _skip_padding(source, entry.size, padding)
    if seen:
        raise UnsafeArchive("the tar ends with an extended header of no member")


def _skip_padding(source: Source, size: int, padding: Literal["any", "zeros"]) -> None:
    if exactly(source, -size % BLOCK).strip(b"\0") and padding == "zeros":
        raise UnsafeArchive("something is hidden behind the end of a tar member")


def _next_block(source: Source, end: Literal["marked", "open"]) -> bytes | None:
    block = up_to(source, BLOCK)
    if not block and end == "open":
        return None
    if len(block) < BLOCK:
        raise UnsafeArchive("the tar is cut short")
    if not any(block):
        only_zeros(source, "tar")
        return None
    return block


def _sum(block: bytes) -> int:
    return sum(block) - sum(block[148:156]) + 8 * 32


def _stored_sum(block: bytes) -> int | None:
    match = NUMBER.fullmatch(block, 148, 156)
    return int(match[1], 8) if match and match[1] else None


def _parse(block: bytes) -> _Header:
    if _sum(block) != _stored_sum(block):
        raise UnsafeArchive("a tar header's checksum is wrong")
    name, mode, uid, gid, size, time, flag, link, magic, owner, group, prefix = FIELDS.unpack(block)
    name = _string(name)
    if magic == b"ustar\0" and (above := _string(prefix)):
        name = above + b"/" + name
    if not magic.startswith(b"ustar"):
        owner = group = b""
    header = _Header(
        name, _number(mode) & 0o7777, _number(uid), _number(gid), _number(size), _number(time),
        flag, _string(link), _string(owner), _string(group),
    )  # fmt: skip
    if header.size < 0:
        raise UnsafeArchive("a tar member has a negative size")
    return header


def _string(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


@lru_cache(maxsize=256)  # modes, owners and times are the same in thousands of headers
def _number(field: bytes) -> int:
    """Read octal digits, or GNU's base-256: the top bit set, the rest in two's complement."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big")
        bits = 8 * len(field)
        return value - (1 << bits) if field[0] & 0x40 else value - (1 << (bits - 1))
    match = NUMBER.fullmatch(field)
    if not match:
        raise UnsafeArchive(f"a tar header has a number that is none: {field!r}")
    return int(match[1] or b"0", 8)


def _extend(extra: dict[str, str], flag: bytes, data: bytes) -> None:
    """Add an extended header to what is known of the next member."""
    if flag == b"g":
        # git writes its commit here. What changes members that do not say so themselves is refused.
        if unknown := {key for key, _ in _records(data)} - {"comment"}:
            raise UnsafeArchive(f"the tar changes all members at once: {sorted(unknown)}")
        return
    if flag == b"x":
        pairs = list(_records(data))
    else:
        value = data.removesuffix(b"\0")
        pairs = [("path" if flag == b"L" else "linkpath", text(value, "a tar name"))]
    for key, word in pairs:
        if key in extra:
            raise UnsafeArchive(f"a tar member has two records {key!r}")
        extra[key] = word


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the pax records ``length key=value`` (pax, "pax Extended Header")."""
    at = 0
    while at < len(data):
        match = re.compile(rb"([1-9][0-9]{0,6}) ([^=\0\n]+)=").match(data, at)
        end = at + int(match[1]) if match else 0
        if not match or end > len(data) or end <= match.end() or data[end - 1 : end] != b"\n":
            raise UnsafeArchive("a pax record is malformed")
        key, value = text(match[2], "a pax key"), data[match.end() : end - 1]
        if "." in key:  # a vendor's own: kept for whoever knows it, harmless to the rest
            yield key, value.decode(errors="backslashreplace")
        elif key in KEYWORDS or (key == "hdrcharset" and value.decode("latin-1") in CHARSETS):
            yield key, text(value, f"pax {key}")
        else:
            raise UnsafeArchive(f"a tar member has the unknown record {key!r}")
        at = end


def _entry(header: _Header, extra: dict[str, str]) -> ArchiveEntry:
    name = extra["path"] if "path" in extra else text(header.name, "a tar name")
    link = extra["linkpath"] if "linkpath" in extra else text(header.link, "a tar link")
    size = header.size
    if "size" in extra:
        size = _decimal(extra["size"], "size")
        # Only a size that octal cannot hold may differ from its header.
        if size != header.size and size <= MAX_OCTAL:
            raise UnsafeArchive(f"{name!r} has two sizes: {header.size} and {size}")
    if header.flag == b"S":
        raise UnsafeArchive(f"{name!r} is a sparse file of GNU tar")
    kind = KINDS.get(header.flag, "other")
    if kind == "file" and name.endswith("/"):  # v7 had no flag for directories
        kind = "directory"
    if kind != "file" and kind != "other" and size:
        raise UnsafeArchive(f"{name!r} is a {kind}, but has {size} bytes")
    if extra and any(key.startswith(SPARSE) for key in extra):
        kind = "other"
    if not name or "\0" in name or "\0" in link:
        raise UnsafeArchive(f"a tar member has no usable name: {name!r}")
    return ArchiveEntry(
        name,
        kind,
        header.mode,
        size=size,
        time=_seconds(extra["mtime"]) if "mtime" in extra else header.time,
        uid=_decimal(extra["uid"], "uid") if "uid" in extra else header.uid,
        gid=_decimal(extra["gid"], "gid") if "gid" in extra else header.gid,
        owner=extra.get("uname", header.owner.decode(errors="backslashreplace")),
        group=extra.get("gname", header.group.decode(errors="backslashreplace")),
        link=link if kind in ("symlink", "hardlink") else "",
        records={key: extra[key] for key in extra if key not in ("path", "linkpath", "size")},
    )


def _decimal(value: str, key: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", value):
        raise UnsafeArchive(f"pax {key} is no number: {value[:40]!r}")
    return int(value)


def _seconds(value: str) -> int:
    match = re.fullmatch(r"(-?[0-9]{1,19})(\.[0-9]*)?", value)
    if not match:
        raise UnsafeArchive(f"pax mtime is no time: {value[:40]!r}")
    return int(match[1])
