"""Sums of packages as pkg(8) writes them: ``<kind>$<digest>``, or 64 hexadecimal digits alone.

Kinds 0, 2 and 5 are in z-base-32 (P. O'Connell, "Human-oriented base-32 encoding") with the first
bits lowest, as only pkg has it.
"""

from __future__ import annotations

import hashlib

from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.verify import Algorithm, Digest

LETTERS = "ybndrfg8ejkmcpqxot1uwisza345h769"
KINDS: dict[str, Algorithm] = {"0": "sha256", "2": "blake2b", "5": "blake2s"}


def package_sum(text: str) -> Digest:
    """Return the digest that ``text`` is, or raise :class:`VerificationFailed`."""
    kind, dollar, value = text.partition("$")
    if not dollar or kind == "1":
        return Digest.sha256(value if dollar else text)
    if kind not in KINDS:
        raise VerificationFailed(f"{text[:80]!r} is no sum of a package that is known here")
    algorithm = KINDS[kind]
    size = hashlib.new(algorithm).digest_size
    try:
        number = sum(LETTERS.index(letter) << 5 * i for i, letter in enumerate(value[:200]))
        digest = number.to_bytes(size, "little")
    except (ValueError, OverflowError):
        digest = b""
    if not digest or len(value) != -(-size * 8 // 5):
        raise VerificationFailed(f"{text[:120]!r} is no {algorithm} in base 32")
    return Digest(algorithm, frozenset({digest}), f"{algorithm}:{digest.hex()}")
