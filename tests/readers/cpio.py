"""Read cpio in the new ASCII format, from its description in cpio(5): "New ASCII Format"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    name: str
    inode: int
    mode: int
    uid: int
    gid: int
    links: int
    time: int
    data: bytes


FIELDS = (
    *("inode", "mode", "uid", "gid", "links", "time", "size"),
    *("devmajor", "devminor", "rdevmajor", "rdevminor", "namesize", "check"),
)


def read(data: bytes) -> list[Member]:
    """Return the members; anything but members, one trailer and the end is a ValueError."""
    found: list[Member] = []
    position = 0
    while True:
        start = position
        if data[start : start + 6] != b"070701":
            raise ValueError(f"no cpio header at {start}")
        position += 6
        header = {}
        for field in FIELDS:
            header[field] = int(data[position : position + 8], 16)
            position += 8
        raw = data[position : position + header["namesize"]]
        if len(raw) != header["namesize"] or raw.count(b"\0") != 1 or raw[-1:] != b"\0":
            raise ValueError(f"bad name at {position}")
        name = raw[:-1].decode()
        position = _skip(data, position + len(raw))
        if name == "TRAILER!!!":
            if header["size"] or position != len(data):
                raise ValueError("something follows the trailer")
            return found
        content = data[position : position + header["size"]]
        if len(content) != header["size"]:
            raise ValueError(f"{name} is cut short")
        position = _skip(data, position + len(content))
        if any(header[f] for f in ("devmajor", "devminor", "rdevmajor", "rdevminor", "check")):
            raise ValueError(f"{name} has a device or a checksum")
        found.append(
            Member(
                name, header["inode"], header["mode"], header["uid"], header["gid"],
                header["links"], header["time"], content,
            )
        )  # fmt: skip


def _skip(data: bytes, position: int) -> int:
    """Return the next multiple of four, having seen nothing but zeros on the way."""
    end = -(-position // 4) * 4
    if data[position:end].strip(b"\0"):
        raise ValueError(f"padding at {position} is not zero")
    return end
