"""The archive a catalogue comes in: a tar with any of pkg's codecs, read once to check, once to use.

The digests of a signature are those of the unpacked catalogue. It is not kept: after it was found to
be right it is unpacked again, the same bytes, and read as it comes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from rtinstall.runtime_bundle.archives import tar
from rtinstall.runtime_bundle.archives.compressed import expanded
from rtinstall.runtime_bundle.archives.entry import Member
from rtinstall.runtime_bundle.archives.limits import MIB, Limits, Meter
from rtinstall.runtime_bundle.archives.source import joined
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.freebsd.signature import Sealed, is_signature

PACKED_LIMIT = 64 * MIB  # bytes of an archive; that of all ports has about 10 MiB
SIGNATURE_LIMIT = MIB  # bytes of one of its members, and how many: as pkg has it
SIGNATURES = 8
LIMITS = Limits(members=16, expanded=512 * MIB, ratio=100, unmetered=32 * MIB)


def seal(packed: bytes, name: str) -> Sealed:
    """Return the signatures in an archive, and the digests of its member ``name``.

    Raises :class:`UnsafeArchive` for an archive that is malformed, has not got that member or has
    anything twice.
    """
    members: dict[str, bytes] = {}
    digests = None
    for entry, chunks in _members(packed):
        if entry.name == name and entry.kind == "file":
            if digests is not None:
                raise UnsafeArchive(f"the catalogue has {name!r} twice")
            digests = hashlib.sha256(), hashlib.blake2b()
            for chunk in chunks:
                for state in digests:
                    state.update(chunk)
        elif is_signature(entry.name):
            if entry.kind != "file" or entry.name in members or len(members) == SIGNATURES:
                raise UnsafeArchive("the signatures of the catalogue are no files, or too many")
            members[entry.name] = joined(chunks, SIGNATURE_LIMIT, entry.name)
    if digests is None:
        raise UnsafeArchive(f"the catalogue has no {name!r}")
    return Sealed(members, digests[0].digest(), digests[1].digest())


def content(packed: bytes, name: str) -> Iterator[bytes]:
    """Yield the member ``name`` of an archive that :func:`seal` has read before."""
    for entry, chunks in _members(packed):
        if entry.name == name:
            yield from chunks


def _members(packed: bytes) -> Iterator[Member]:
    meter = Meter(LIMITS, len(packed))
    return tar.members(expanded(io.BytesIO(packed), meter), meter, padding="zeros")
