"""Make OpenPGP keys and signatures for tests, good ones and, by the keyword arguments, bad ones.

Written from RFC 9580; shares nothing with the verifier but the type of a pinned key.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from rtinstall.runtime_bundle.openpgp import PinnedKey

Kind = Literal["rsa1024", "rsa2048", "rsa3072", "ed25519", "ed25519-rfc9580"]

HASH_NAMES = {1: "MD5", 2: "SHA1", 3: "RIPEMD160", 8: "SHA256", 9: "SHA384", 10: "SHA512"}
_STRONG = {8: hashes.SHA256(), 9: hashes.SHA384(), 10: hashes.SHA512()}
_WEAK_DER = {
    1: "3020300c06082a864886f70d020505000410",
    2: "3021300906052b0e03021a05000414",
    3: "3021300906052b2403020105000414",
}


@dataclass(frozen=True)
class SigningKey:
    kind: Kind
    name: str
    created: int
    secret: RSAPrivateKey | Ed25519PrivateKey
    primary: str = ""

    @property
    def algorithm(self) -> int:
        return {"ed25519": 22, "ed25519-rfc9580": 27}.get(self.kind, 1)

    @property
    def body(self) -> bytes:
        head = b"\x04" + self.created.to_bytes(4, "big") + bytes([self.algorithm])
        if isinstance(self.secret, RSAPrivateKey):
            numbers = self.secret.public_key().public_numbers()
            return head + mpi(numbers.n) + mpi(numbers.e)
        point = self.secret.public_key().public_bytes_raw()
        if self.algorithm == 27:
            return head + point
        oid = bytes.fromhex("2b06010401da470f01")
        return head + bytes([len(oid)]) + oid + mpi(int.from_bytes(b"\x40" + point, "big"))

    @property
    def fingerprint(self) -> str:
        framed = b"\x99" + len(self.body).to_bytes(2, "big") + self.body
        return hashlib.sha1(framed).hexdigest().upper()


def make_key(kind: Kind, name: str, created: int, *, primary: str = "") -> SigningKey:
    secret: RSAPrivateKey | Ed25519PrivateKey
    if kind.startswith("rsa"):
        secret = generate_private_key(public_exponent=65537, key_size=int(kind[3:]))
    else:  # the same name and time give the same key: what a test does is repeatable
        seed = hashlib.sha256(f"{kind} {name} {created}".encode()).digest()
        secret = Ed25519PrivateKey.from_private_bytes(seed)
    return SigningKey(kind, name, created, secret, primary)


def pinned(
    key: SigningKey,
    *,
    status: Literal["active", "retired", "revoked"] = "active",
    expires: int | None = None,
    window: tuple[date, date] | None = None,
) -> PinnedKey:
    material = base64.b64encode(key.body).decode()
    primary = key.primary or key.fingerprint
    return PinnedKey(key.fingerprint, primary, key.name, status, material, expires, window)


def keyring(*keys: SigningKey | PinnedKey) -> dict[str, PinnedKey]:
    pins = [pinned(key) if isinstance(key, SigningKey) else key for key in keys]
    return {pin.fingerprint: pin for pin in pins}


def mpi(value: int) -> bytes:
    bits = value.bit_length()
    return bits.to_bytes(2, "big") + value.to_bytes((bits + 7) // 8, "big")


def packet(tag: int, body: bytes) -> bytes:
    long = b"\xff" + len(body).to_bytes(4, "big")
    size = bytes([len(body)]) if len(body) < 192 else long
    return bytes([0xC0 | tag]) + size + body


def subpacket(kind: int, value: bytes, *, critical: bool = False) -> bytes:
    return bytes([len(value) + 1, kind | 0x80 * critical]) + value


def created_at(when: int) -> bytes:
    return subpacket(2, when.to_bytes(4, "big"))


def issuer(key: SigningKey) -> bytes:
    return subpacket(33, b"\x04" + bytes.fromhex(key.fingerprint))


def issuer_id(key: SigningKey) -> bytes:
    return subpacket(16, bytes.fromhex(key.fingerprint)[-8:])


def sign_digest(key: SigningKey, hash_id: int, digest: bytes) -> bytes:
    if isinstance(key.secret, Ed25519PrivateKey):
        both = key.secret.sign(digest)
        if key.algorithm == 27:
            return both
        return b"".join(mpi(int.from_bytes(half, "big")) for half in (both[:32], both[32:]))
    if hash_id in _STRONG:
        signed = key.secret.sign(digest, PKCS1v15(), Prehashed(_STRONG[hash_id]))
        return mpi(int.from_bytes(signed, "big"))
    tail = b"\0" + bytes.fromhex(_WEAK_DER[hash_id]) + digest
    return raw_rsa(key, b"\0\1".ljust(key.secret.key_size // 8 - len(tail), b"\xff") + tail)


def signature_packet(
    key: SigningKey,
    data: bytes,
    when: int,
    *,
    kind: int = 0,
    hash_id: int = 8,
    hashed: Sequence[bytes] | None = None,
    unhashed: Sequence[bytes] | None = None,
    version: int = 4,
    algorithm: int | None = None,
    sign: Callable[[SigningKey, int, bytes], bytes] = sign_digest,
) -> bytes:
    """Return a whole signature packet over ``data`` as it stands; any part of it can be replaced.

    ``sign`` makes the numbers from key, hash and digest.
    """
    covered_parts = b"".join((created_at(when), issuer(key)) if hashed is None else hashed)
    other_parts = b"".join((issuer_id(key),) if unhashed is None else unhashed)
    used = key.algorithm if algorithm is None else algorithm
    covered = bytes([version, kind, used, hash_id])
    covered += len(covered_parts).to_bytes(2, "big") + covered_parts
    trailer = b"\x04\xff" + len(covered).to_bytes(4, "big")
    name = "sha1" if hash_id == 3 else HASH_NAMES[hash_id].lower()  # often no ripemd160 is there
    digest = hashlib.new(name, data + covered + trailer).digest()
    other = len(other_parts).to_bytes(2, "big") + other_parts
    return packet(2, covered + other + digest[:2] + sign(key, hash_id, digest))


def raw_rsa(key: SigningKey, block: bytes) -> bytes:
    """Return the RSA number whose e-th power is ``block``, whatever that is."""
    assert isinstance(key.secret, RSAPrivateKey)
    numbers = key.secret.private_numbers()
    return mpi(pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n))


def armor(packets: bytes, *, title: str = "SIGNATURE", checksum: bool = True) -> bytes:
    text = base64.b64encode(packets)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    if checksum:
        lines.append(b"=" + base64.b64encode(_crc24(packets)))
    frame = f"-----{{}} PGP {title}-----"
    head, tail = frame.format("BEGIN").encode(), frame.format("END").encode()
    return b"\n".join((head, b"", *lines, tail, b""))


def _crc24(data: bytes) -> bytes:
    crc = 0xB704CE
    for bit in (byte >> shift & 1 for byte in data for shift in range(7, -1, -1)):
        crc = crc << 1 & 0xFFFFFF ^ (0x864CFB if crc >> 23 ^ bit else 0)
    return crc.to_bytes(3, "big")


def cleartext(text: bytes) -> bytes:
    """Return what a clear-signed message of ``text`` signs."""
    lines = text.removesuffix(b"\n").replace(b"\r\n", b"\n").split(b"\n")
    return b"\r\n".join(line.rstrip(b" \t") for line in lines)


def frame(text: bytes, signature: bytes, *, announced: str = "SHA256") -> bytes:
    """Put ``text`` and an armored ``signature`` together as a clear-signed message."""
    lines = text.removesuffix(b"\n").split(b"\n")
    escaped = [b"- " + line if line.startswith(b"-") else line for line in lines]
    head = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: " + announced.encode() + b"\n\n"
    return head + b"\n".join(escaped) + b"\n" + signature


def clearsign(key: SigningKey, text: bytes, when: int, *, hash_id: int = 8) -> bytes:
    """Return ``text`` as a clear-signed message, like ``gpg --clearsign``."""
    signature = signature_packet(key, cleartext(text), when, kind=1, hash_id=hash_id)
    return frame(text, armor(signature), announced=HASH_NAMES[hash_id])


def detach(key: SigningKey, data: bytes, when: int) -> bytes:
    """Return a binary detached signature of ``data``, like ``gpg --detach-sign``."""
    return signature_packet(key, data, when)


def certificate(key: SigningKey) -> bytes:
    """Return the public key with one self-signed user id, as gpg imports it."""
    name = key.name.encode()
    signed = b"\x99" + len(key.body).to_bytes(2, "big") + key.body
    signed += b"\xb4" + len(name).to_bytes(4, "big") + name
    hashed = (created_at(key.created), subpacket(27, b"\x03"), issuer(key))
    binding = signature_packet(key, signed, key.created, kind=0x13, hashed=hashed)
    return packet(6, key.body) + packet(13, name) + binding
