"""The files of a catalogue as streams: all packages pass by once, and none of them is kept.

Compressed with gzip for every client: yum 3.4 (IBM i, RHEL 7) reads nothing newer, and dnf of
RHEL 8 was not at hand to be tried with Zstandard, which createrepo_c 0.17 does not offer either. It
would save 6 of 17 kB for sixty versions of Node.js.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.compression.stream import Writable
from rtinstall.platforms.package import Effort
from rtinstall.platforms.repodata.elements import (
    ELEMENT,
    NAMESPACE,
    Compat,
    Document,
    encoded,
    head,
    tail,
)
from rtinstall.platforms.repodata.facts import Listed

FILES: tuple[Document, ...] = ("primary", "filelists", "other")
SUFFIX = ".xml.gz"


@dataclass(frozen=True, slots=True)
class Written:
    """Digest and size in bytes of one file, as it is and as it expands."""

    sha256: str
    size: int
    open_sha256: str
    open_size: int


class _Measured:
    """Passes bytes on, and knows their digest and number."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self._state = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes, /) -> None:
        self._state.update(data)
        self.size += len(data)
        self._out.write(data)

    @property
    def sha256(self) -> str:
        return self._state.hexdigest()


def write_files(
    packages: Iterable[Listed], count: int, outs: Mapping[Document, BinaryIO], compat: Compat
) -> dict[Document, Written]:
    """Write each file into its own of ``outs``; there have to be ``count`` packages, in lasting order."""
    effort = Effort("max", 1)
    packed = {file: _Measured(out) for file, out in outs.items()}
    streams = {file: open_stream("gzip", out, effort) for file, out in packed.items()}
    plain = {file: _Measured(stream) for file, stream in streams.items()}
    for file, stream in plain.items():
        stream.write(head(file, count))
    for package in packages:
        for file, stream in plain.items():
            stream.write(encoded(ELEMENT[file](package, compat)))
    for file, stream in plain.items():
        stream.write(tail(file))
        streams[file].close()
    return {
        file: Written(packed[file].sha256, packed[file].size, plain[file].sha256, plain[file].size)
        for file in outs
    }


def filename(file: Document, written: Written) -> str:
    """Return a name that no other contents ever have: an old catalogue stays right while it is replaced."""
    return f"{written.sha256}-{file}{SUFFIX}"


def repomd(files: Mapping[Document, Written], time: int) -> bytes:
    """Return repomd.xml; ``time`` in seconds since 1970 is its revision and the age of every file."""
    root = Element("repomd", {"xmlns": f"{NAMESPACE}/repo", "xmlns:rpm": f"{NAMESPACE}/rpm"})
    SubElement(root, "revision").text = str(time)
    for file, written in files.items():
        data = SubElement(root, "data", type=file)
        SubElement(data, "checksum", type="sha256").text = written.sha256
        SubElement(data, "open-checksum", type="sha256").text = written.open_sha256
        SubElement(data, "location", href=f"repodata/{filename(file, written)}")
        SubElement(data, "timestamp").text = str(time)
        SubElement(data, "size").text = str(written.size)
        SubElement(data, "open-size").text = str(written.open_size)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + encoded(root)
