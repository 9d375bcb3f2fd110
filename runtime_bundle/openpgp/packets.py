"""The two packets a verifier reads: a version 4 signature and a version 4 public key (RFC 9580, 5).

Every length is checked against what is there before it is used. Left out: other versions, partial
and indeterminate lengths, keys other than RSA and Ed25519.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from rtinstall.runtime_bundle.errors import VerificationFailed

RSA: Final = 1
EDDSA: Final = 22  # RFC 4880bis: R and S as numbers
ED25519: Final = 27  # RFC 9580: R and S as 64 bytes
ALGORITHMS = {
    RSA: "RSA", 2: "RSA", 3: "RSA", 16: "ElGamal", 17: "DSA", 19: "ECDSA",
    EDDSA: "Ed25519", ED25519: "Ed25519", 28: "Ed448",
}  # fmt: skip

MAX_MPI_BITS = 8192
_ED25519_OID = bytes.fromhex("2b06010401da470f01")

# Subpackets, RFC 9580, 5.2.3.7. A critical one that is not listed here is refused.
_CREATED, _EXPIRES, _KEY_ID, _FINGERPRINT = 2, 3, 16, 33
_KNOWN = (_CREATED, _EXPIRES, _KEY_ID, _FINGERPRINT)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature packet as read, nothing believed yet.

    ``covered`` is the part of the packet the signature covers, ``value`` R and S or the RSA number
    as they stand. Times are seconds since 1970; ``lifetime`` 0 is for ever. ``fingerprint`` comes
    from the covered part only; ``key_id`` is a hint from anywhere, "" where there is none.
    """

    kind: Literal[0, 1]
    algorithm: int
    hash_id: int
    covered: bytes
    created: int
    lifetime: int
    fingerprint: str
    key_id: str
    check: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA public key."""

    created: int
    n: int
    e: int


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 public key: ``point`` in its 32 bytes, under the ``algorithm`` of either RFC."""

    created: int
    point: bytes
    algorithm: Literal[22, 27]


class _Cursor:
    """Bytes that are taken from the front, never more than there are."""

    def __init__(self, data: bytes, what: str) -> None:
        self.data, self.at, self.what = data, 0, what

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise VerificationFailed(f"{self.what} is cut short")
        taken, self.at = self.data[self.at : end], end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def mpi(self) -> int:
        """Take a multiprecision integer (3.2): its bits are counted first."""
        bits = self.number(2)
        if bits > MAX_MPI_BITS:
            raise VerificationFailed(f"{self.what} has a number of {bits} bits")
        value = self.number((bits + 7) // 8)
        if value.bit_length() != bits:
            raise VerificationFailed(f"{self.what} has a number of a wrong length")
        return value

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def end(self) -> None:
        if self.at != len(self.data):
            raise VerificationFailed(f"there is something after {self.what}")


def read_signature(data: bytes) -> Signature:
    """Read ``data``, which has to be exactly one version 4 signature of a document."""
    cursor = _Cursor(_only_packet(data), "the signature")
    version, kind, algorithm, hash_id = cursor.take(4)
    if version != 4:
        raise VerificationFailed(f"the signature has version {version}, not 4")
    if kind not in (0, 1):
        raise VerificationFailed(f"the signature is of type {kind:#04x}, not one of a document")
    hashed = cursor.take(cursor.number(2))
    covered = cursor.data[: cursor.at]
    unhashed = cursor.take(cursor.number(2))

    facts = _subpackets(hashed)
    if _CREATED not in facts:
        raise VerificationFailed("the signature does not say when it was made")
    fingerprint = facts.get(_FINGERPRINT, b"")
    if fingerprint and (len(fingerprint) != 21 or fingerprint[0] != 4):
        raise VerificationFailed("the signature's issuer is no version 4 key")
    # Not covered by the signature, so no more than a hint; 170 releases up to v14.10.1 have no other.
    key_id = facts.get(_KEY_ID) or _subpackets(unhashed).get(_KEY_ID, b"")

    return Signature(
        kind=0 if kind == 0 else 1,
        algorithm=algorithm,
        hash_id=hash_id,
        covered=covered,
        created=int.from_bytes(facts[_CREATED], "big"),
        lifetime=int.from_bytes(facts.get(_EXPIRES, b""), "big"),
        fingerprint=fingerprint[1:].hex().upper(),
        key_id=key_id.hex().upper(),
        check=cursor.take(2),
        value=cursor.rest(),
    )


def _only_packet(data: bytes) -> bytes:
    """Return the body of the one signature packet that ``data`` is (4.2)."""
    cursor = _Cursor(data, "the signature")
    head = cursor.number(1)
    if not head & 0x80:
        raise VerificationFailed("the signature is no OpenPGP packet")
    if head & 0x40:
        tag = head & 0x3F
        length = cursor.number(1)
        if 224 <= length < 255:
            raise VerificationFailed("the signature comes in parts, which is not allowed")
        if length == 255:
            length = cursor.number(4)
        elif length >= 192:
            length = (length - 192 << 8) + cursor.number(1) + 192
    else:
        tag = head >> 2 & 0x0F
        if head & 3 == 3:
            raise VerificationFailed("the signature does not say how long it is")
        length = cursor.number(1 << (head & 3))
    if tag != 2:
        raise VerificationFailed(f"there is a packet of type {tag} where the signature should be")
    body = cursor.take(length)
    cursor.end()
    return body


def _subpackets(data: bytes) -> dict[int, bytes]:
    """Return the subpackets that matter by type; each may stand once (5.2.3.7)."""
    cursor = _Cursor(data, "a part of the signature")
    found: dict[int, bytes] = {}
    while cursor.at < len(data):
        length = cursor.number(1)
        if length == 255:
            length = cursor.number(4)
        elif length >= 192:
            length = (length - 192 << 8) + cursor.number(1) + 192
        if length == 0:
            raise VerificationFailed("the signature has an empty part")
        kind, *_ = cursor.take(1)
        value = cursor.take(length - 1)
        critical, kind = kind >= 0x80, kind & 0x7F
        if kind not in _KNOWN:
            if critical:
                raise VerificationFailed(f"the signature demands what is not known here: {kind}")
            continue
        if kind in found:
            raise VerificationFailed(f"the signature has part {kind} twice")
        if kind != _FINGERPRINT and len(value) != (8 if kind == _KEY_ID else 4):
            raise VerificationFailed(f"part {kind} of the signature has a wrong length")
        found[kind] = value
    return found


def read_rsa(value: bytes) -> int:
    """Return the one number of an RSA signature."""
    cursor = _Cursor(value, "the signature")
    number = cursor.mpi()
    cursor.end()
    return number


def read_ed25519(value: bytes, algorithm: Literal[22, 27]) -> bytes:
    """Return R and S of an Ed25519 signature, 64 bytes."""
    cursor = _Cursor(value, "the signature")
    if algorithm == ED25519:
        both = cursor.take(64)
    else:
        r, s = cursor.mpi(), cursor.mpi()
        if max(r.bit_length(), s.bit_length()) > 256:
            raise VerificationFailed("the signature has a number too large for Ed25519")
        both = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    cursor.end()
    return both


def read_public_key(body: bytes) -> RsaKey | Ed25519Key | None:
    """Read the body of a version 4 public key packet; None for an algorithm that is not accepted."""
    cursor = _Cursor(body, "the public key")
    if cursor.number(1) != 4:
        raise VerificationFailed("the public key is not of version 4")
    created, algorithm = cursor.number(4), cursor.number(1)
    key: RsaKey | Ed25519Key
    if algorithm == RSA:
        key = RsaKey(created, cursor.mpi(), cursor.mpi())
    elif algorithm == EDDSA:
        if cursor.take(cursor.number(1)) != _ED25519_OID:
            raise VerificationFailed("the public key is on another curve than Ed25519")
        point = cursor.mpi().to_bytes(MAX_MPI_BITS // 8, "big")
        if point[:-32].lstrip(b"\0") != b"\x40":  # the mark of a point in its native form
            raise VerificationFailed("the public key is no point of Ed25519")
        key = Ed25519Key(created, point[-32:], EDDSA)
    elif algorithm == ED25519:
        key = Ed25519Key(created, cursor.take(32), ED25519)
    else:
        return None
    cursor.end()
    return key


def fingerprint(body: bytes) -> str:
    """Return the fingerprint of a version 4 key, upper-case hexadecimal (5.5.4.2)."""
    framed = b"\x99" + len(body).to_bytes(2, "big") + body
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest().upper()
