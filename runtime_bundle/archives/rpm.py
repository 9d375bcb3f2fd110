"""rpm, version 3 and 4 (rpm.org, "RPM V4 package format"): lead, signature header, header, payload.

Both headers are read whole and held to what rpm itself checks (lib/header.cc); tags are numbers
here, the few that are used have names below. Signatures are not verified, digests are.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import cpio
from rtinstall.runtime_bundle.archives.archive import Archive, opened
from rtinstall.runtime_bundle.archives.compressed import codec_of, decompress
from rtinstall.runtime_bundle.archives.digests import Expected, checked, plain
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, MIB, Limits, Meter
from rtinstall.runtime_bundle.archives.source import Stream, exactly
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import Dependency
from rtinstall.runtime_bundle.targets import Os

MAGIC = b"\xed\xab\xee\xdb"
HEADER_MAGIC = b"\x8e\xad\xe8\x01\0\0\0\0"
Value = list[int] | list[str] | str | bytes

SIG_SIZE, SIG_MD5, SIG_SHA1, SIG_SHA256 = 1000, 1004, 269, 273
FILE_FLAGS, FILE_DIGESTS, FILE_MODES, FILE_OWNERS, FILE_GROUPS = 1037, 1035, 1030, 1039, 1040
DIRECTORY_INDEXES, BASE_NAMES, DIRECTORY_NAMES, OLD_NAMES = 1116, 1117, 1118, 1027
FILE_DIGEST_ALGORITHM, PAYLOAD_DIGEST, PAYLOAD_DIGEST_ALGORITHM = 5011, 5092, 5093
GHOST = 64
FIELDS = {
    1000: "name", 1001: "version_only", 1002: "release", 1003: "epoch", 1004: "summary",
    1005: "description", 1006: "buildtime", 1007: "buildhost", 1009: "size", 1011: "vendor",
    1014: "license", 1015: "packager", 1016: "group", 1020: "url", 1021: "os", 1022: "architecture",
    1044: "sourcerpm", 1064: "rpmversion", 1124: "payloadformat", 1125: "payloadcompressor",
    1126: "payloadflags", 1132: "platform",
}  # fmt: skip
# A script, and the program that runs it; the program alone is run as well.
SCRIPTS = {
    "prein": (1023, 1085), "postin": (1024, 1086), "preun": (1025, 1087), "postun": (1026, 1088),
    "trigger": (1065, 1092), "verify": (1079, 1091), "pretrans": (1151, 1153),
    "posttrans": (1152, 1154), "filetrigger": (5066, 5067), "transfiletrigger": (5076, 5077),
    "preuntrans": (5103, 5105), "postuntrans": (5104, 5106),
}  # fmt: skip
DEPENDENCIES = {
    "requires": (1049, 1048, 1050), "provides": (1047, 1112, 1113),
    "conflicts": (1054, 1053, 1055), "obsoletes": (1090, 1114, 1115),
    "recommends": (5046, 5048, 5047),
}  # fmt: skip
# Of a dependency (rpm manual, "Dependencies"): of scriptlets or their interpreters alone.
FOR_SCRIPTS = 256 | 512 | 1024 | 2048 | 4096
SYSTEM = re.compile(r"(linux|aix|ibmi)([0-9]*(?:\.[0-9]+)*)")
SYSTEMS: dict[str, Os] = {"linux": "linux", "aix": "aix", "ibmi": "ibmi"}
# RFC 9580, 9.5: hash algorithm numbers; the ones rpm can have used.
ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
INTEGERS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q"}


@dataclass(frozen=True, slots=True)
class Rpm:
    """The two headers as mappings from tag, the bytes of the second, and where the payload begins."""

    signature: dict[int, Value]
    header: dict[int, Value]
    raw: bytes
    payload: int

    def text(self, tag: int) -> str:
        """Return a string of the header, of a translated one that in the locale C; empty if there is none."""
        value = self.header.get(tag, "")
        return value if isinstance(value, str) else next(iter(self.texts(tag)), "")

    def texts(self, tag: int) -> list[str]:
        """Return an array of strings of the header; empty if there is none."""
        return _strings(self.header, tag)

    def numbers(self, tag: int) -> list[int]:
        """Return the numbers at a tag of the header; empty if there is none."""
        return _numbers(self.header, tag)

    def names(self) -> list[str]:
        """Return the names of all files, as they are listed."""
        return _names(self.header)


def open_rpm(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read what an rpm says of itself, and prepare to read its files.

    Its metadata has the text of each script under the script's name, and what runs it under that name
    and ``prog``; where there are several, as with triggers, a list.
    """
    with opened(path) as file:
        rpm = read_rpm(file, limits)

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        meter = Meter(limits, path.stat().st_size)
        problems += _digest_problems(file, rpm)
        file.seek(rpm.payload)
        codec = codec_of(exactly(file, 6))
        file.seek(rpm.payload)
        source = (
            decompress(file, codec, meter)
            if codec
            else Stream(iter(lambda: file.read(MIB), b""), meter)
        )
        listed = _files(rpm.header)
        said = _owners(rpm.header)
        for entry, chunks in checked(cpio.members(source, meter), listed, problems):
            # What rpm installs is what the header says, whatever the payload has.
            mode, owner, group = said.get(plain(entry.name), (entry.mode, "", ""))
            yield replace(entry, mode=mode, owner=owner, group=group), chunks

    scripts = tuple(name for name, tags in SCRIPTS.items() if rpm.header.keys() & set(tags))
    metadata = _metadata(rpm.header)
    system = SYSTEM.fullmatch(str(metadata.get("os", "")))
    return Archive(
        path, "rpm", metadata, scripts, [], members,
        os=SYSTEMS[system[1]] if system else None,
        os_release=system[2] if system else "",
        dependencies=_needed(rpm.header),
    )  # fmt: skip


def read_rpm(file: BinaryIO, limits: Limits = LIMITS) -> Rpm:
    """Read lead and headers of an rpm."""
    lead = exactly(file, 96)
    if lead[:4] != MAGIC or lead[4] not in (3, 4) or lead[78:80] != b"\0\5":
        raise UnsafeArchive("this is no rpm of version 3 or 4")
    signature, raw = _header(file, region=62, most=32, limit=min(limits.metadata, 64 * MIB))
    exactly(file, -len(raw) % 8)
    header, raw = _header(file, region=63, most=0xFFFF, limit=limits.metadata)
    return Rpm(signature, header, raw, file.tell())


def _header(
    file: BinaryIO, *, region: int, most: int, limit: int
) -> tuple[dict[int, Value], bytes]:
    intro = exactly(file, 16)
    count, length = struct.unpack(">II", intro[8:])
    if intro[:8] != HEADER_MAGIC or not 1 <= count <= most or length > limit:
        raise UnsafeArchive("an rpm header is malformed or too large")
    index, data = exactly(file, 16 * count), exactly(file, length)
    entries = list(struct.iter_unpack(">4I", index))
    tag, kind, offset, size = entries[0]
    # The region says that index and data are the ones that were signed: here, all of them.
    trailer = struct.pack(">IIiI", region, 7, -16 * count, 16)
    if (tag, kind, offset, size) != (region, 7, length - 16, 16) or data[offset:] != trailer:
        raise UnsafeArchive("an rpm header has no region over all of it")
    values: dict[int, Value] = {}
    end, last = 0, region
    for tag, kind, offset, size in entries[1:]:
        if tag <= last or offset < end or not size:
            raise UnsafeArchive(f"the rpm tag {tag} is out of order")
        values[tag], end = _value(data[: length - 16], kind, offset, size)
        last = tag
    return values, intro + index + data


def _value(data: bytes, kind: int, offset: int, count: int) -> tuple[Value, int]:
    """Return one value and where its bytes end."""
    if kind in INTEGERS:
        width = struct.calcsize(INTEGERS[kind])
        end = offset + width * count
        if offset % width == 0 and end <= len(data):
            return list(struct.unpack_from(f">{count}{INTEGERS[kind]}", data, offset)), end
    elif kind == 7:
        if offset + count <= len(data):
            return data[offset : offset + count], offset + count
    elif kind in (6, 8, 9) and count <= len(data) and (kind != 6 or count == 1):
        strings = []
        at = offset
        for _ in range(count):
            end = data.find(b"\0", at)
            if end < 0:
                break
            strings.append(data[at:end].decode(errors="backslashreplace"))
            at = end + 1
        else:
            return (strings[0] if kind == 6 else strings), at
    raise UnsafeArchive(f"an rpm value of type {kind} is malformed")


def _strings(header: dict[int, Value], tag: int) -> list[str]:
    value = header.get(tag, [])
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _numbers(header: dict[int, Value], tag: int) -> list[int]:
    value = header.get(tag, [])
    return [item for item in value if isinstance(item, int)] if isinstance(value, list) else []


def _metadata(header: dict[int, Value]) -> dict[str, str | list[str]]:
    fields: dict[str, str | list[str]] = {}
    for tag, name in FIELDS.items():
        value = header.get(tag, b"")
        if not isinstance(value, bytes):
            fields[name] = value if isinstance(value, str) else str(value[0])
    version = f"{fields.pop('version_only', '')}-{fields.get('release', '')}"
    fields["version"] = f"{fields['epoch']}:{version}" if "epoch" in fields else version
    for kind, (names, flags, versions) in DEPENDENCIES.items():
        rows = zip(
            _strings(header, names), _numbers(header, flags), _strings(header, versions),
            strict=False,
        )  # fmt: skip
        if words := [_dependency(*row) for row in rows]:
            fields[kind] = words
    for name, (script, program) in SCRIPTS.items():
        for key, tag in ((name, script), (f"{name}prog", program)):
            if tag in header:
                fields[key] = _texts(header[tag])
    return fields


def _texts(value: Value) -> str | list[str]:
    """Return a script or the words of its interpreter, whichever of the types it has."""
    if isinstance(value, str | bytes):
        return value if isinstance(value, str) else repr(value)
    words = list(map(str, value))
    return words[0] if len(words) == 1 else words


def _needed(header: dict[int, Value]) -> tuple[Dependency, ...]:
    """Return what the files need: nothing of rpm itself, of scriptlets, or that the package has."""
    rows = zip(
        *(read(header, tag) for read, tag in zip(
            (_strings, _numbers, _strings), DEPENDENCIES["requires"], strict=True
        )),
        strict=False,
    )  # fmt: skip
    own = set(_strings(header, DEPENDENCIES["provides"][0]))
    found = set()
    for name, flags, version in rows:
        if not name.isprintable() or not version.isprintable():
            raise UnsafeArchive(f"the package depends on {name!r}, which is no name")
        if not name.startswith("rpmlib(") and name not in own and not flags & FOR_SCRIPTS:
            condition = _dependency("", flags, version).strip()
            found.add(Dependency("capability", name, condition))
    return tuple(sorted(found, key=lambda item: (item.name, item.version)))


def _dependency(name: str, flags: int, version: str) -> str:
    sign = "<" * bool(flags & 2) + ">" * bool(flags & 4) + "=" * bool(flags & 8)
    return f"{name} {sign} {version}" if sign and version else name


def _names(header: dict[int, Value]) -> list[str]:
    """Return the names of the files as they are listed."""
    names = _strings(header, OLD_NAMES)
    if not names:
        folders = _strings(header, DIRECTORY_NAMES)
        indexes = _numbers(header, DIRECTORY_INDEXES)
        bases = _strings(header, BASE_NAMES)
        if len(indexes) != len(bases) or any(index >= len(folders) for index in indexes):
            raise UnsafeArchive("the rpm's list of files is malformed")
        names = [folders[index] + base for index, base in zip(indexes, bases, strict=True)]
    return names


def _owners(header: dict[int, Value]) -> dict[str, tuple[int, str, str]]:
    """Return permissions, owner and group of every file by its plain name; nothing in old rpms."""
    modes, owners, groups = (
        _numbers(header, FILE_MODES),
        _strings(header, FILE_OWNERS),
        _strings(header, FILE_GROUPS),
    )
    names = _names(header)
    if not modes and not owners and not groups:
        return {}
    if not len(names) == len(modes) == len(owners) == len(groups):
        raise UnsafeArchive("the rpm's list of files is malformed")
    return {
        plain(name): (mode & 0o7777, owner, group)
        for name, mode, owner, group in zip(names, modes, owners, groups, strict=True)
    }


def _files(header: dict[int, Value]) -> dict[str, Expected | None]:
    """Return the digest of every file that the payload must hold, by its plain name."""
    names = _names(header)
    digests = _strings(header, FILE_DIGESTS) or [""] * len(names)
    flags = _numbers(header, FILE_FLAGS) or [0] * len(names)
    number = (_numbers(header, FILE_DIGEST_ALGORITHM) or [1])[0]
    if not len(names) == len(digests) == len(flags) or number not in ALGORITHMS:
        raise UnsafeArchive("the rpm's list of files is malformed")
    return {
        plain(name): (ALGORITHMS[number], digest) if digest else None
        for name, digest, flag in zip(names, digests, flags, strict=True)
        if not flag & GHOST
    }


def _digest_problems(file: BinaryIO, rpm: Rpm) -> list[str]:
    """Compare the digests of header and payload with the ones inside; read the payload once."""
    found = []
    stated = 0
    for tag, algorithm in ((SIG_SHA1, "sha1"), (SIG_SHA256, "sha256")):
        if tag in rpm.signature:
            stated += 1
            if (
                rpm.signature[tag]
                != hashlib.new(algorithm, rpm.raw, usedforsecurity=False).hexdigest()
            ):
                found.append(f"the header's {algorithm} is not the one in the package")
    number = (_numbers(rpm.header, PAYLOAD_DIGEST_ALGORITHM) or [8])[0]
    payload = hashlib.new(ALGORITHMS.get(number, "sha256"), usedforsecurity=False)
    both = hashlib.md5(rpm.raw, usedforsecurity=False)
    file.seek(rpm.payload)
    size = len(rpm.raw)
    while data := file.read(MIB):
        size += len(data)
        payload.update(data)
        if SIG_MD5 in rpm.signature:
            both.update(data)
    if digests := _strings(rpm.header, PAYLOAD_DIGEST):
        stated += 1
        if digests[0] != payload.hexdigest():
            found.append(f"the payload's {payload.name} is not the one in the package")
    if SIG_MD5 in rpm.signature:
        stated += 1
        if rpm.signature[SIG_MD5] != both.digest():
            found.append("the md5 over header and payload is not the one in the package")
    if SIG_SIZE in rpm.signature and rpm.signature[SIG_SIZE] != [size]:
        found.append(f"the package says {rpm.signature[SIG_SIZE]!r} bytes, and has {size}")
    if not stated:
        found.append("the package carries no digest at all")
    return found
