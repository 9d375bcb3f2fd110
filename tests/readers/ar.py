"""A strict reader of ar archives as deb(5) describes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    name: str
    time: int
    uid: int
    gid: int
    mode: int
    data: bytes


def read(archive: bytes) -> list[Member]:
    """Return the members, in order."""
    assert archive[:8] == b"!<arch>\n"
    found: list[Member] = []
    offset = 8
    while offset < len(archive):
        header = archive[offset : offset + 60]
        assert len(header) == 60, "the archive ends within a header"
        assert header[58:] == b"`\n"
        size = number(header[48:58])
        data = archive[offset + 60 : offset + 60 + size]
        assert len(data) == size, "the archive ends within a member"
        found.append(
            Member(
                name=header[:16].decode("ascii").rstrip(" "),
                time=number(header[16:28]),
                uid=number(header[28:34]),
                gid=number(header[34:40]),
                mode=number(header[40:48], 8),
                data=data,
            )
        )
        offset += 60 + size
        if size % 2:
            assert archive[offset : offset + 1] == b"\n", "an odd member is not padded"
            offset += 1
    return found


def number(field: bytes, base: int = 10) -> int:
    digits = field.rstrip(b" ")
    assert digits.isdigit(), f"{field!r} is no number"
    return int(digits, base)
