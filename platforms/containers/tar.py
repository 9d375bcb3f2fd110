"""tar members (POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format"), without times of this machine.

Three dialects, because no two package managers agree: dpkg refuses every pax header and takes GNU
``L``/``K`` records; apk wants pax records for its checksums; the rest read either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rtinstall.platforms.compression.stream import Stream
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink

BLOCK = 512
END = bytes(2 * BLOCK)
MAX_OCTAL = 0o77777777777
Dialect = Literal["gnu", "pax"]
Kind = Literal["file", "directory", "symlink"]
KIND: dict[type[Entry], Kind] = {File: "file", Symlink: "symlink", Directory: "directory"}
TYPEFLAG: dict[Kind, bytes] = {"file": b"0", "symlink": b"2", "directory": b"5"}


def header(
    name: str,
    *,
    kind: Kind,
    mode: int,
    size: int = 0,
    time: int,
    link: str = "",
    owner: str = "root",
    group: str = "root",
    dialect: Dialect,
    records: Mapping[str, str] | None = None,
) -> bytes:
    """Return the header blocks of one member: long-name records first where they are needed.

    ``size`` in bytes, ``time`` in seconds since 1970. ``records`` are further pax records. The
    numbers of owner and group are 0 for every name. Raises ValueError for a size or time that ustar cannot hold.
    """
    if not 0 <= size <= MAX_OCTAL or not 0 <= time <= MAX_OCTAL:
        raise ValueError(f"tar cannot hold size {size} or time {time}")
    path = name.encode()
    target = link.encode()
    if kind == "directory":
        path += b"/"
    before = b""
    prefix = b""
    if dialect == "gnu":
        if len(target) > 100:
            before += _gnu_long(b"K", target)
        if len(path) > 100:
            before += _gnu_long(b"L", path)
    else:
        extra = dict(records or {})
        prefix, short = _split(path)
        if len(short) > 100:
            extra["path"] = name + ("/" if kind == "directory" else "")
        if len(target) > 100:
            extra["linkpath"] = link
        if extra:
            before = _pax(extra, time)
        path = short
    magic = b"ustar  \0" if dialect == "gnu" else b"ustar\x0000"
    return before + _block(
        path, mode=mode, size=size, time=time, typeflag=TYPEFLAG[kind], link=target,
        magic=magic, owner=owner, group=group, prefix=prefix,
    )  # fmt: skip


def append(
    stream: Stream,
    entry: Entry,
    name: str,
    *,
    time: int,
    group: str = "root",
    dialect: Dialect,
    records: Mapping[str, str] | None = None,
) -> None:
    """Write ``entry`` into ``stream`` under ``name``: header, content, padding."""
    stream.write(
        header(
            name,
            kind=KIND[type(entry)],
            mode=entry.mode,
            size=entry.size if isinstance(entry, File) else 0,
            time=time,
            link=entry.target if isinstance(entry, Symlink) else "",
            group=group,
            dialect=dialect,
            records=records,
        )
    )
    if isinstance(entry, File):
        stream.add(entry.content)
        stream.write(padding(entry.size))


def append_data(
    stream: Stream, name: str, data: bytes, *, time: int, group: str = "root", dialect: Dialect
) -> None:
    """Write a file that is no payload, and so does not count as progress."""
    stream.write(
        header(
            name, kind="file", mode=0o644, size=len(data), time=time, group=group, dialect=dialect
        )
    )
    stream.write(data + padding(len(data)))


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block of ``size`` bytes."""
    return bytes(-size % BLOCK)


def _block(
    path: bytes,
    *,
    mode: int,
    size: int,
    time: int,
    typeflag: bytes,
    link: bytes = b"",
    magic: bytes,
    owner: str = "root",
    group: str = "root",
    prefix: bytes = b"",
) -> bytes:
    fields = b"".join(
        (
            path[:100].ljust(100, b"\0"),
            b"%07o\0" % mode,
            b"%07o\0" % 0,
            b"%07o\0" % 0,
            b"%011o\0" % size,
            b"%011o\0" % time,
            b" " * 8,
            typeflag,
            link[:100].ljust(100, b"\0"),
            magic,
            owner.encode().ljust(32, b"\0"),
            group.encode().ljust(32, b"\0"),
            bytes(16),
            prefix.ljust(155, b"\0"),
            bytes(12),
        )
    )
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def _gnu_long(typeflag: bytes, value: bytes) -> bytes:
    data = value + b"\0"
    block = _block(
        b"././@LongLink", mode=0, size=len(data), time=0, typeflag=typeflag, magic=b"ustar  \0"
    )
    return block + data + padding(len(data))


def _split(path: bytes) -> tuple[bytes, bytes]:
    """Divide a path at a slash into ustar's prefix (155) and name (100), if it must and can be."""
    if len(path) <= 100:
        return b"", path
    cut = path.rfind(b"/", 0, 156)
    while cut > 0:
        if len(path) - cut - 1 > 100:
            break
        if len(path) - cut - 1 > 0:
            return path[:cut], path[cut + 1 :]
        cut = path.rfind(b"/", 0, cut)
    return b"", path


def _pax(records: Mapping[str, str], time: int) -> bytes:
    """Return one extended header (pax, "pax Extended Header"): lines of ``length key=value``."""
    data = b""
    for key in sorted(records):
        line = f" {key}={records[key]}\n".encode()
        length = len(line)
        while length != len(str(length)) + len(line):
            length = len(str(length)) + len(line)
        data += str(length).encode() + line
    block = _block(
        b"./PaxHeaders/entry", mode=0o644, size=len(data), time=time, typeflag=b"x",
        magic=b"ustar\x0000",
    )  # fmt: skip
    return block + data + padding(len(data))
