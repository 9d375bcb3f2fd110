"""Read cpio: the new ASCII format from cpio(5), "New ASCII Format", and the portable one of POSIX."""

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


# POSIX.1-2001, "pax", cpio interchange format: octal digits, no padding.
ODC = (
    *(("device", 6), ("inode", 6), ("mode", 6), ("uid", 6), ("gid", 6), ("links", 6)),
    *(("rdevice", 6), ("time", 11), ("namesize", 6), ("size", 11)),
)


def read_odc(data: bytes) -> list[Member]:
    """Return the members of the portable format; as strict as :func:`read`."""
    found: list[Member] = []
    position = 0
    while True:
        if data[position : position + 6] != b"070707":
            raise ValueError(f"no cpio header at {position}")
        position += 6
        header = {}
        for field, width in ODC:
            digits = data[position : position + width]
            if len(digits) != width or digits.strip(b"01234567"):
                raise ValueError(f"{field} at {position} is not octal")
            header[field] = int(digits, 8)
            position += width
        raw = data[position : position + header["namesize"]]
        if len(raw) != header["namesize"] or raw.count(b"\0") != 1 or raw[-1:] != b"\0":
            raise ValueError(f"bad name at {position}")
        name = raw[:-1].decode()
        position += len(raw)
        if name == "TRAILER!!!":
            end = -(-position // 512) * 512
            if header["size"] or len(data) != end or any(data[position:]):
                raise ValueError("the trailer is not followed by zeros to a whole block")
            return found
        content = data[position : position + header["size"]]
        position += len(content)
        if len(content) != header["size"] or header["device"] or header["rdevice"]:
            raise ValueError(f"{name} is cut short, or is a device")
        found.append(
            Member(
                name, header["inode"], header["mode"], header["uid"], header["gid"],
                header["links"], header["time"], content,
            )
        )  # fmt: skip
