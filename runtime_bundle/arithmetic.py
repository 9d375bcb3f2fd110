"""The two equations a signature has to satisfy: RSA PKCS#1 v1.5 and Ed25519.

Only public values are handled, so nothing here needs constant time. Left out: signing, key
generation, every other algorithm.
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

HashName = Literal["sha256", "sha384", "sha512", "sha256-hex"]

# The DER of DigestInfo before the digest itself: RFC 8017, section 9.2, note 1.
_DIGEST_INFO: dict[HashName, bytes] = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
    # What pkg(8) of FreeBSD made with OpenSSL before 3.0: the name of SHA-1, but the 64 hexadecimal
    # digits of a SHA-256 behind it.
    "sha256-hex": bytes.fromhex("3051300906052b0e03021a05000440"),
}


def rsa_verifies(n: int, e: int, signature: int, name: HashName, digest: bytes) -> bool:
    """Say whether ``signature`` is the RSASSA-PKCS1-v1_5 signature of ``digest`` (RFC 8017, 8.2.2).

    The whole encoded block is built and compared: one that is parsed instead lets forgeries in.
    """
    size = (n.bit_length() + 7) // 8
    tail = b"\0" + _DIGEST_INFO[name] + digest
    block = (b"\0\1").ljust(size - len(tail), b"\xff") + tail
    return signature < n and pow(signature, e, n).to_bytes(size, "big") == block


# Edwards25519, RFC 8032, section 5.1. A point is (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.
_Point: TypeAlias = tuple[int, int, int, int]
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_NEUTRAL: _Point = (0, 1, 1, 0)


def _add(left: _Point, right: _Point) -> _Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _P
    b = (left[1] + left[0]) * (right[1] + right[0]) % _P
    c = 2 * left[3] * right[3] * _D % _P
    d = 2 * left[2] * right[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _decode(encoded: bytes) -> _Point | None:
    """Return the point of 32 bytes, None where they are no canonical encoding (5.1.3)."""
    y = int.from_bytes(encoded, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if x * x % _P != square or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = _P - x
    return x, y, 1, x * y % _P


def _encode(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _NEUTRAL


def ed25519_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether ``signature`` (R and S, 64 bytes) of ``message`` is that of ``public`` (5.1.7)."""
    key = _decode(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or s >= _ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little")
    k %= _ORDER
    minus = (_P - key[0], key[1], 1, _P - key[3])
    # S*B - k*A bit by bit, both at once.
    steps = (_NEUTRAL, _BASE, minus, _add(_BASE, minus))
    total = _NEUTRAL
    for bit in range(252, -1, -1):
        total = _add(total, total)
        total = _add(total, steps[(s >> bit & 1) | (k >> bit & 1) << 1])
    return _encode(total) == signature[:32]
