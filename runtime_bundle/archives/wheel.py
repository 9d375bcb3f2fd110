"""Python wheels (PyPA, "Binary distribution format"): a zip with METADATA, WHEEL and RECORD."""

from __future__ import annotations

import base64
import binascii
import csv
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.archives import zip
from rtinstall.runtime_bundle.archives.archive import Archive, Metadata, opened
from rtinstall.runtime_bundle.archives.digests import Expected, checked
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.archives.source import joined, text
from rtinstall.runtime_bundle.errors import UnsafeArchive

FILES = ("METADATA", "WHEEL", "RECORD")
ALGORITHMS = ("sha256", "sha384", "sha512")


def open_zip(path: Path, limits: Limits = LIMITS) -> Archive:
    """Read a zip, as a wheel where it is one."""
    packed = path.stat().st_size
    found: dict[str, str] = {}
    with opened(path) as file:
        for entry, chunks in zip.members(file, Meter(limits, packed), only=_describes):
            name = entry.name.rpartition("/")[2]
            if name in found:
                raise UnsafeArchive(f"the wheel has two {name}")
            found[name] = text(joined(chunks, limits.metadata, name), name)
    wheel = len(found) == len(FILES)
    listed = _record(found["RECORD"]) if wheel else {}

    def members(file: BinaryIO, problems: list[str]) -> Iterator[Member]:
        yield from checked(zip.members(file, Meter(limits, packed)), listed, problems)

    metadata = _metadata(found["METADATA"], found["WHEEL"]) if wheel else {}
    return Archive(path, "wheel" if wheel else "zip", metadata, (), [], members)


def _describes(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder.endswith(".dist-info") and file in FILES


def _metadata(core: str, wheel: str) -> Metadata:
    fields: Metadata = {}
    for content in (core, wheel):
        message = HeaderParser().parsestr(content)
        for key in message:
            values = [str(value) for value in message.get_all(key, [])]
            fields[key] = values[0] if len(values) == 1 else values
    for field in ("Name", "Version"):
        if not isinstance(fields.get(field), str):
            raise UnsafeArchive(f"the wheel's METADATA has not exactly one {field}")
        fields[field.lower()] = fields[field]
    tags = fields.get("Tag", "")
    first = tags if isinstance(tags, str) else tags[0]
    fields["architecture"] = first.rpartition("-")[2]
    return fields


def _record(content: str) -> dict[str, Expected | None]:
    listed: dict[str, Expected | None] = {}
    try:
        for name, digest, _ in csv.reader(content.splitlines()):
            algorithm, _, value = digest.partition("=")
            if digest and algorithm not in ALGORITHMS:
                raise UnsafeArchive(f"the wheel's RECORD uses {algorithm[:20]!r}")
            hexadecimal = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
            listed[name] = (algorithm, hexadecimal) if digest else None
    except (ValueError, csv.Error, binascii.Error):
        raise UnsafeArchive("the wheel's RECORD is malformed") from None
    return listed
