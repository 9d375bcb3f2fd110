"""A strict reader of tar: ustar, pax (POSIX.1-2017) and GNU's long names. Everything odd is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

KINDS = {"0": "file", "2": "symlink", "5": "directory"}
MAGICS = {b"ustar\x0000": "ustar", b"ustar  \x00": "gnu"}


@dataclass(frozen=True)
class Member:
    """``name`` as stored, a directory's slash included; ``dialect`` as the magic says."""

    name: str
    kind: str
    mode: int
    uid: int
    gid: int
    owner: str
    group: str
    size: int
    time: int
    link: str
    data: bytes
    dialect: str
    records: dict[str, str] = field(default_factory=dict)


def read(archive: bytes, *, end: Literal["zeros", "none"] = "zeros") -> list[Member]:
    """Return the members; ``end="none"`` is for an archive that another one follows."""
    found: list[Member] = []
    long: dict[str, str] = {}
    records: dict[str, str] = {}
    offset = 0
    while offset < len(archive) and archive[offset : offset + 512] != bytes(512):
        block = archive[offset : offset + 512]
        assert len(block) == 512, "the archive ends within a header"
        dialect = MAGICS[block[257:265]]
        check(block)
        size = octal(block[124:136])
        start = offset + 512
        offset = start + -(-size // 512) * 512
        data = archive[start : start + size]
        assert len(data) == size, "the archive ends within a member"
        assert not any(archive[start + size : offset]), "the padding is not zero"
        flag = chr(block[156])
        if flag in "LK":
            assert dialect == "gnu"
            assert data.endswith(b"\0")
            assert flag not in long
            long[flag] = data[:-1].decode()
        elif flag == "x":
            assert dialect == "ustar"
            assert not records
            records = dict(pax(data))
        else:
            found.append(member(block, flag, size, data, dialect, long, records))
            long, records = {}, {}
    assert not long, "a long name belongs to no member"
    assert not records, "a pax header belongs to no member"
    tail = archive[offset:]
    if end == "zeros":
        assert len(tail) >= 1024, "the archive has no end"
        assert not any(tail), "something follows the end of the archive"
    else:
        assert not tail, "an archive without an end has one"
    return found


def member(
    block: bytes,
    flag: str,
    size: int,
    data: bytes,
    dialect: str,
    long: dict[str, str],
    records: dict[str, str],
) -> Member:
    name = text(block[0:100])
    prefix = text(block[345:500]) if dialect == "ustar" else ""
    if dialect == "gnu":
        assert not any(block[345:512])
    kind = KINDS[flag]
    assert kind == "file" or not size
    path = records.get("path") or long.get("L") or (f"{prefix}/{name}" if prefix else name)
    link = records.get("linkpath") or long.get("K") or text(block[157:257])
    assert path.endswith("/") == (kind == "directory")
    assert bool(link) == (kind == "symlink")
    return Member(
        name=path,
        kind=kind,
        mode=octal(block[100:108]),
        uid=octal(block[108:116]),
        gid=octal(block[116:124]),
        owner=text(block[265:297]),
        group=text(block[297:329]),
        size=size,
        time=octal(block[136:148]),
        link=link,
        data=data,
        dialect=dialect,
        records=records,
    )


def check(block: bytes) -> None:
    """Compare the checksum: the sum of the bytes with the field itself as spaces."""
    stored = int(block[148:156].strip(b" \0"), 8)
    assert block[148:156] == b"%06o\0 " % stored
    assert stored == sum(block[:148]) + 8 * 32 + sum(block[156:]), "wrong checksum"


def octal(value: bytes) -> int:
    assert value[-1:] == b"\0", f"{value!r} is not terminated"
    assert all(byte in b"01234567" for byte in value[:-1]), f"{value!r} is not octal"
    return int(value[:-1], 8)


def text(value: bytes) -> str:
    content, _, rest = value.partition(b"\0")
    assert not any(rest), "something follows the end of a text"
    return content.decode(errors="surrogateescape")


def pax(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the records: a decimal length of the whole line, a space, ``key=value``, a newline."""
    while data:
        length, _, _ = data.partition(b" ")
        line, data = data[: int(length)], data[int(length) :]
        assert line[-1:] == b"\n"
        key, equals, value = line[len(length) + 1 : -1].decode().partition("=")
        assert equals
        yield key, value
