"""Digests as pkg(8) writes them (libpkg, ``pkg_checksum``): a number for the kind, ``$``, the digest.

Base32 is z-base-32's alphabet over the digest as one little-endian number, the lowest bits first.
"""

from __future__ import annotations

import re

from rtinstall.runtime_bundle.archives.digests import Expected
from rtinstall.runtime_bundle.errors import UnsafeArchive

ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"
# By kind: the algorithm of hashlib, and its length in bytes.
BASE32 = {"0": ("sha256", 32), "2": ("blake2b", 64), "5": ("blake2s", 32)}
HEXADECIMAL = re.compile(r"[0-9a-fA-F]{64}")
NONE = ("", "-")
KIND = re.compile(r"([0-9]{1,2})\$(.*)")


def read_sum(text: str) -> Expected | None:
    """Return the algorithm and the digest in hexadecimal; None where there is none, or of a new kind.

    Raises :class:`UnsafeArchive` for what is malformed.
    """
    if text in NONE:
        return None
    match = KIND.fullmatch(text)
    kind, digest = (match[1], match[2]) if match else ("1", text)
    if kind in BASE32:
        return _base32(*BASE32[kind], digest)
    if kind != "1":
        return None
    if not HEXADECIMAL.fullmatch(digest):
        raise UnsafeArchive(f"{text[:80]!r} is no digest of a FreeBSD package")
    return "sha256", digest.lower()


def _base32(algorithm: str, size: int, digest: str) -> Expected:
    value = 0
    for place, letter in enumerate(digest[: 2 * size]):
        value |= max(ALPHABET.find(letter), 0) << 5 * place
    if len(digest) != -(-8 * size // 5) or set(digest) - {*ALPHABET} or value >> 8 * size:
        raise UnsafeArchive(f"{digest[:80]!r} is no {algorithm} in base32")
    return algorithm, value.to_bytes(size, "little").hex()
