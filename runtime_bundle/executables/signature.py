"""The signature embedded in a Mach-O executable (Apple, xnu ``osfmk/kern/cs_blobs.h``), big-endian.

macOS compares every page with the hashes in it when the page is first used, and kills the process
where one is wrong; on Apple silicon it starts nothing that has no signature, be it one without a
certificate ("ad hoc"). So what is damaged, or changed after signing, can be told here, on any
machine. Left out: whose certificate it is and whether to trust it, which only macOS can answer.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.executable import At, random_access
from rtinstall.runtime_bundle.executables.macho import load_commands, thin
from rtinstall.runtime_bundle.model import Content
from rtinstall.runtime_bundle.targets import Arch

LC_CODE_SIGNATURE = 0x1D
SUPER_BLOB, CODE_DIRECTORY, CMS = 0xFADE0CC0, 0xFADE0C02, 0xFADE0B01
# Slots of the super blob: the code directory, others of it with another hash, the CMS signature.
DIRECTORIES = (0, *range(0x1000, 0x1005))
CMS_SLOT = 0x10000
# Parts of the signature whose hashes stand before those of the pages: requirements, entitlements
# in both forms. The others (Info.plist, resources) lie elsewhere.
INSIDE = (2, 5, 7)
ADHOC, HARDENED = 0x2, 0x10000
# By hashType: hashlib's name, and bytes kept of a digest.
HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}
HEADER = struct.Struct(">9I4BI")
WITH_TEAM, WITH_LIMIT_64 = 0x20200, 0x20300
BLOBS_MOST = 64
STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature says; ``team`` is empty and ``certificate`` false for one that is ad hoc.

    ``hashes`` names the algorithm of each list of page hashes, ``hardened`` is the hardened runtime
    that notarization asks for.
    """

    identifier: str
    team: str
    adhoc: bool
    hardened: bool
    certificate: bool
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in words."""
        who = f"by team {self.team}" if self.team else "with a certificate"
        return (who if self.certificate else "ad hoc") + (", hardened" if self.hardened else "")


@dataclass(frozen=True, slots=True)
class _Directory:
    """A code directory, as far as it is read; ``special`` are the hashes of slots 1, 2, ..."""

    flags: int
    identifier: str
    team: str
    algorithm: str
    page: int
    limit: int
    special: tuple[bytes, ...]
    pages: bytes
    width: int


def check_signature(content: Content) -> Mapping[Arch, Signature | None]:
    """Hash every page; return what signs each architecture of a Mach-O.

    Raises :class:`WrongBinary` for a signature that does not fit, and for an arm64 executable
    without one: neither can be started.
    """
    found: dict[Arch, Signature | None] = {}
    for part in thin(content):
        with random_access(part.content) as at:
            start, blobs = _blobs(at)
            directories = _directories(blobs)
            if not blobs and part.arch == "arm64":
                raise WrongBinary(
                    "the arm64 executable is not signed, and macOS does not start it",
                    hint="codesign --sign - adds a signature without a certificate",
                )
            for directory in directories:
                _check(directory, start, blobs, at, part.arch)
        found[part.arch] = _signature(blobs, directories) if blobs else None
    return found


def _blobs(at: At) -> tuple[int, dict[int, bytes]]:
    """Return where the signature begins, and its parts by slot; no parts if it is unsigned."""
    found = [data for command, data in load_commands(at) if command == LC_CODE_SIGNATURE]
    if not found:
        return 0, {}
    if len(found) > 1 or len(found[0]) < 16:
        raise _malformed()
    start, room = struct.unpack_from("<2I", found[0], 8)
    magic, size, count = struct.unpack(">3I", at(start, 12))
    if magic != SUPER_BLOB or not 12 <= size <= room or not 1 <= count <= BLOBS_MOST:
        raise _malformed()
    blobs: dict[int, bytes] = {}
    for slot, offset in struct.iter_unpack(">2I", at(start + 12, 8 * count)):
        if offset + 8 > size or slot in blobs:
            raise _malformed()
        (length,) = struct.unpack(">I", at(start + offset + 4, 4))
        if length < 8 or offset + length > size:
            raise _malformed()
        blobs[slot] = _long(at, start + offset, length)
    return start, blobs


def _long(at: At, offset: int, size: int) -> bytes:
    steps = range(0, size, STEP)
    return b"".join(at(offset + step, min(STEP, size - step)) for step in steps)


def _directories(blobs: Mapping[int, bytes]) -> list[_Directory]:
    found = [_directory(blobs[slot]) for slot in DIRECTORIES if slot in blobs]
    if blobs and 0 not in blobs:
        raise _malformed()
    return found


def _directory(blob: bytes) -> _Directory:
    if len(blob) < HEADER.size:
        raise _malformed()
    (magic, _, version, flags, hashes, identifier, special, count, limit, width, kind, _, page, _
     ) = HEADER.unpack_from(blob)  # fmt: skip
    team = _number(blob, 48, ">I") if version >= WITH_TEAM else 0
    if version >= WITH_LIMIT_64:
        limit = _number(blob, 56, ">Q") or limit
    algorithm, expected = HASHES.get(kind, ("", 0))
    if magic != CODE_DIRECTORY or not expected or width != expected or not 9 <= page <= 20:
        raise _malformed()
    if (
        count != -(-limit // (1 << page))
        or special * width > hashes
        or hashes + count * width > len(blob)
    ):
        raise _malformed()
    return _Directory(
        flags,
        _text(blob, identifier),
        _text(blob, team) if team else "",
        algorithm,
        1 << page,
        limit,
        tuple(
            blob[hashes - slot * width : hashes - slot * width + width]
            for slot in range(1, special + 1)
        ),
        blob[hashes : hashes + count * width],
        width,
    )


def _number(blob: bytes, place: int, layout: str) -> int:
    if place + struct.calcsize(layout) > len(blob):
        raise _malformed()
    return int(struct.unpack_from(layout, blob, place)[0])


def _text(blob: bytes, place: int) -> str:
    text, end, _ = blob[place : place + 1024].partition(b"\0")
    if not end:
        raise _malformed()
    return text.decode(errors="backslashreplace")


def _signature(blobs: Mapping[int, bytes], directories: list[_Directory]) -> Signature:
    first = directories[0]
    cms = blobs.get(CMS_SLOT, b"")
    return Signature(
        first.identifier,
        first.team,
        bool(first.flags & ADHOC),
        bool(first.flags & HARDENED),
        # codesign leaves an empty one in an ad-hoc signature.
        len(cms) > 8 and cms[:4] == struct.pack(">I", CMS),
        tuple(directory.algorithm for directory in directories),
    )


def _check(
    directory: _Directory, start: int, blobs: Mapping[int, bytes], at: At, arch: Arch
) -> None:
    """Raise :class:`WrongBinary` unless every hash in ``directory`` is right."""
    # The signature begins at the next multiple of 16 behind what it signs.
    if not 0 <= start - directory.limit < 16:
        raise WrongBinary(f"the signature of the {arch} executable covers only a part of it")
    for slot in INSIDE:
        said = directory.special[slot - 1] if slot <= len(directory.special) else b""
        if slot in blobs:
            if said != _digest(directory, blobs[slot]):
                raise WrongBinary(f"the signature of the {arch} executable was changed")
        elif said.strip(b"\0"):
            raise WrongBinary(f"a part of the {arch} executable's signature is missing")
    place = 0
    for offset in range(0, directory.limit, STEP):
        data = memoryview(at(offset, min(STEP, directory.limit - offset)))
        digests = [
            _digest(directory, data[page : page + directory.page])
            for page in range(0, len(data), directory.page)
        ]
        for digest in digests:
            if directory.pages[place : place + directory.width] != digest:
                page = place // directory.width
                raise WrongBinary(
                    f"page {page} of the {arch} executable is not the one that was signed",
                    hint="macOS would kill it; it was damaged, or changed after it was signed",
                )
            place += directory.width


def _digest(directory: _Directory, data: bytes | memoryview) -> bytes:
    state = hashlib.new(directory.algorithm, data, usedforsecurity=False)
    return state.digest()[: directory.width]


def _malformed() -> WrongBinary:
    return WrongBinary("the signature in the executable is malformed")
