"""Keys whose signature on a FreeBSD repository counts, and reading them out of files.

A key is trusted whole, or by the SHA-256 of its file as repositories carry it (pkg.conf(5),
FINGERPRINTS). Read are RSA keys as PEM (RFC 7468, section 13; RFC 3279, section 2.3.1), and the
Ed25519 keys of ``pkg key -t eddsa``, which pkg writes as a point of the Weierstrass form of that
curve.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from rtinstall.runtime_bundle import der
from rtinstall.runtime_bundle.errors import BadConfiguration, RtError
from rtinstall.runtime_bundle.freebsd.ucl import parse

KEY_LIMIT = 64 << 10  # bytes of a key's file
RSA_BITS = (2048, 16384)
RSA_OID = bytes.fromhex("2a864886f70d010101")
EXPONENT_BITS = 64
PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----\s*([A-Za-z0-9+/=\s]+?)-----END PUBLIC KEY-----")
FINGERPRINT = re.compile(r"[0-9a-fA-F]{64}")

# Wei25519 (draft-ietf-lwig-curve-representations, appendix E) is curve25519 moved along by A/3; and
# RFC 7748, section 4.1 leads from there to edwards25519. The factor is taken from the two generators.
P = 2**255 - 19
A = 486662
SHIFT = A * pow(3, -1, P) % P
GENERATOR = (9, 14781619447589544791020593568409986887264606134616475288964881837755586237401)
EDWARDS_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
FACTOR = EDWARDS_X * GENERATOR[1] * pow(GENERATOR[0], -1, P) % P


@dataclass(frozen=True, slots=True)
class RsaKey:
    """Modulus and exponent."""

    n: int
    e: int


@dataclass(frozen=True, slots=True)
class EdKey:
    """The point of an Ed25519 key, encoded as in RFC 8032, section 5.1.2."""

    point: bytes


PublicKey = RsaKey | EdKey


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key whose signature counts; ``name`` is for people.

    ``fingerprint`` is the SHA-256 of its file, in lower-case hexadecimal. Without the ``key`` itself
    only signatures that bring it along can be checked.
    """

    name: str
    fingerprint: str
    key: PublicKey | None = None

    @classmethod
    def of(cls, name: str, data: bytes) -> TrustedKey:
        """Trust the key whose file is ``data``, whole or, in pkg's own form, by its fingerprint.

        Raises :class:`BadConfiguration` for anything else.
        """
        fingerprint = hashlib.sha256(data).hexdigest()
        try:
            return cls(name, fingerprint, public_key(data))
        except ValueError as error:
            try:
                stated = parse(data, name)
            except RtError:
                stated = {}
            function, value = stated.get("function"), stated.get("fingerprint")
            if function == "sha256" and isinstance(value, str):
                return cls.known_by(value, name)
            raise BadConfiguration(
                f"{name} is no key of a FreeBSD repository: {error}",
                hint="name a public key (RSA, PEM), a file as in /usr/share/keys/pkg/trusted, "
                "or the SHA-256 of the key's file",
            ) from None

    @classmethod
    def known_by(cls, fingerprint: str, name: str = "") -> TrustedKey:
        """Trust the key whose file has the SHA-256 ``fingerprint``."""
        if not FINGERPRINT.fullmatch(fingerprint):
            raise BadConfiguration(
                f"{fingerprint[:80]!r} is no fingerprint of a key",
                hint="it is the SHA-256 of the key's file, 64 hexadecimal digits",
            )
        return cls(name or "a key given by the user", fingerprint.lower())


FREEBSD_KEYS = (
    # /usr/share/keys/pkg/trusted of FreeBSD itself: its project's builds of all ports, since 2013.
    TrustedKey(
        "pkg.freebsd.org.2013102301",
        "b0170035af3acc5f3f3ae1859dc717101b4e6c1d0a794ad554928ca0cbb2f438",
    ),
)


def public_key(data: bytes) -> PublicKey:
    """Return the key in the file ``data``; ValueError, with the reason, if it is none that is read."""
    if len(data) > KEY_LIMIT:
        raise ValueError(f"it has more than {KEY_LIMIT} bytes")
    if data[:1] == bytes([der.SEQUENCE]):
        return _pkg_key(data)
    found = PEM.findall(data)
    if len(found) != 1:
        raise ValueError("it holds no public key in PEM, or several")
    try:
        return _rsa(base64.b64decode(b"".join(found[0].split()), validate=True))
    except binascii.Error:
        raise ValueError("its base64 is malformed") from None


def _rsa(info: bytes) -> RsaKey:
    """Read a SubjectPublicKeyInfo."""
    algorithm, key = der.sequence(info, der.SEQUENCE, der.BIT_STRING)
    try:
        oid, _ = der.elements(algorithm, der.OID, der.NULL)
    except ValueError:
        oid = b""
    if oid != RSA_OID:
        raise ValueError("it is no RSA key")
    n, e = map(der.unsigned, der.sequence(der.bits(key), der.INTEGER, der.INTEGER))
    least, most = RSA_BITS
    if not least <= n.bit_length() <= most:
        raise ValueError(f"an RSA key of {n.bit_length()} bits; {least} to {most} are accepted")
    if not e & 1 or e < 3 or e.bit_length() > EXPONENT_BITS or not n & 1:
        raise ValueError("its numbers are no RSA key")
    return RsaKey(n, e)


def _pkg_key(data: bytes) -> EdKey:
    """Read what ``pkg key -t eddsa`` prints; an ECDSA key is a SubjectPublicKeyInfo here."""
    try:
        application, version, signer, curve, public, key = der.sequence(
            data, der.UTF8, der.INTEGER, der.UTF8, der.UTF8, der.BOOLEAN, der.BIT_STRING
        )
    except ValueError:
        raise ValueError("a key in DER that is not Ed25519; ECDSA is not supported") from None
    form = (application, version, signer, curve)
    if form != (b"pkg", b"\x01", b"ecc", b"WEI25519") or not any(public):
        raise ValueError("a key of pkg that is not Ed25519, or not public")
    point = der.bits(key)
    if len(point) != 65 or point[0] != 4:
        raise ValueError("its point is malformed")
    u = (int.from_bytes(point[1:33], "big") - SHIFT) % P
    v = int.from_bytes(point[33:], "big") % P
    if (v * v - u * (u * (u + A) + 1)) % P or not v or u == P - 1:
        raise ValueError("its point is not on the curve")
    x = FACTOR * u * pow(v, -1, P) % P
    y = (u - 1) * pow(u + 1, -1, P) % P
    return EdKey((y | (x & 1) << 255).to_bytes(32, "little"))
