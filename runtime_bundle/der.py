"""DER (ITU-T X.690, clause 10): what public keys and signatures are wrapped in, read strictly.

Every length has its one shortest form, and nothing follows the last element. ValueError for
anything else; who calls says what that means.
"""

from __future__ import annotations

BOOLEAN, INTEGER, BIT_STRING, NULL, OID, UTF8, SEQUENCE = 1, 2, 3, 5, 6, 12, 0x30


def sequence(data: bytes, *tags: int) -> tuple[bytes, ...]:
    """Return the bodies in ``data``, one SEQUENCE of elements with exactly these ``tags``."""
    (body,) = elements(data, SEQUENCE)
    return elements(body, *tags)


def elements(data: bytes, *tags: int) -> tuple[bytes, ...]:
    """Return the bodies of the elements that ``data`` consists of, one of each of ``tags``."""
    found = []
    at = 0
    for tag in tags:
        if data[at : at + 1] != bytes([tag]):
            raise ValueError(f"no element {tag} at byte {at}")
        length, at = _length(data, at + 1)
        if at + length > len(data):
            raise ValueError("an element is cut short")
        found.append(data[at : at + length])
        at += length
    if at != len(data):
        raise ValueError("something follows the last element")
    return tuple(found)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return the length that stands at ``at``, and where it ends (clause 10.1)."""
    first = int.from_bytes(data[at : at + 1], "big")
    if first < 0x80:
        return first, at + 1
    digits = data[at + 1 : at + 1 + (first & 0x7F)]
    length = int.from_bytes(digits, "big")
    if len(digits) != first & 0x7F or len(digits) > 3 or length < 0x80 or not digits[0]:
        raise ValueError("a length is not in its shortest form")
    return length, at + 1 + len(digits)


def unsigned(body: bytes) -> int:
    """Return the INTEGER of ``body``, which must not be negative (clause 8.3)."""
    if not body or body[0] & 0x80 or (len(body) > 1 and not body[0] and not body[1] & 0x80):
        raise ValueError("a number is negative or not in its shortest form")
    return int.from_bytes(body, "big")


def bits(body: bytes) -> bytes:
    """Return the bytes of the BIT STRING of ``body``, which must be whole ones (clause 8.6)."""
    if body[:1] != b"\0":
        raise ValueError("a string of bits is no string of bytes")
    return body[1:]
