"""Check a release signature against pinned keys: OpenPGP for verifying, standard library only.

Owned here: which signature is believed, and on what terms. Trust comes from the pinned
fingerprint alone, so certificates, user ids and self-signatures are not read at all; copies of
genuine keys lose them, and have. ``armor`` and ``packets`` read; the equations are in
:mod:`~rtinstall.runtime_bundle.arithmetic`. Nothing here knows the time, a file or the network.

| case                                               | decision        |
| -------------------------------------------------- | --------------- |
| hash below SHA-256, RSA below 2048 bits, DSA       | refused         |
| key not pinned                                     | refused         |
| key revoked                                        | refused         |
| retired key, outside the days it signed releases   | refused         |
| made before its key, in the future, or run out     | refused         |
| active key, expired before the signature was made  | warning; strict: refused |
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from rtinstall.runtime_bundle.arithmetic import HashName, ed25519_verifies, rsa_verifies
from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.openpgp import armor, packets
from rtinstall.runtime_bundle.openpgp.packets import Ed25519Key, RsaKey, Signature

CLOCK_SKEW = 3600
"""Seconds a signature may be ahead of this machine's clock."""

WINDOW_MARGIN = timedelta(days=31)
"""A release is now and then signed again, when files are added to it."""

MIN_RSA_BITS = 2048

_HASHES: dict[int, HashName] = {8: "sha256", 9: "sha384", 10: "sha512"}
_WEAK_HASHES = {1: "MD5", 2: "SHA-1", 3: "RIPEMD-160", 11: "SHA-224"}
_UPGRADE = (
    "the release keys come with rtinstall: upgrade it, and compare the fingerprint with the release "
    "keys that the Node.js project publishes"
)


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A key, or signing subkey, whose signatures may count.

    ``material`` is the body of its public key packet in base64, ``expires`` seconds since 1970.
    ``window`` is the first and last day a retired key signed a release; without one it never did.
    """

    fingerprint: str
    primary: str
    holder: str
    status: Literal["active", "retired", "revoked"]
    material: str
    expires: int | None = None
    window: tuple[date, date] | None = None


Keyring = Mapping[str, PinnedKey]
"""Pinned keys by their own fingerprint, upper-case hexadecimal."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the person's ``primary`` fingerprint, the ``key`` used, ``created`` in seconds."""

    primary: str
    key: str
    holder: str
    created: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What was signed, by whom; ``warnings`` are for the user's eyes."""

    data: bytes
    signer: Signer
    warnings: tuple[str, ...]


def verify_clearsigned(
    message: bytes, *, keys: Keyring, now: float, strict: bool = False
) -> Verified:
    """Check a clear-signed ``message`` and return its text, each line ended by a line feed.

    ``now`` in seconds since 1970. With ``strict``, what would be a warning is refused as well.
    Raises :class:`VerificationFailed` for anything but one good signature over the whole message.
    """
    clear = armor.read_clearsigned(message)
    signature = packets.read_signature(clear.signature)
    if signature.kind != 1:
        raise VerificationFailed("the message is text, its signature is one of binary data")
    name = _hash_name(signature)
    if name.upper() not in clear.hashes:
        raise VerificationFailed(f"the signed message does not announce its hash, {name}")
    # RFC 9580, 7.2: the line end before the signature is not part of the text.
    signer, warnings = _verify(signature, b"\r\n".join(clear.lines), keys, now, strict)
    return Verified(b"".join(line + b"\n" for line in clear.lines), signer, warnings)


def verify_detached(
    data: bytes, signature: bytes, *, keys: Keyring, now: float, strict: bool = False
) -> Verified:
    """Check the detached ``signature``, armored or not, of ``data``; otherwise as for a message."""
    if len(data) > armor.MAX_TEXT:
        raise VerificationFailed(f"the signed data is longer than {armor.MAX_TEXT} bytes")
    if len(signature) > armor.MAX_SIGNATURE:
        raise VerificationFailed(f"the signature is longer than {armor.MAX_SIGNATURE} bytes")
    binary = signature[:1] >= b"\x80"
    parsed = packets.read_signature(signature if binary else armor.dearmor(signature))
    signed = data
    if parsed.kind == 1:  # text: line ends count as CR LF, whatever they are here (5.2.1.2)
        signed = b"\r\n".join(line.removesuffix(b"\r") for line in data.split(b"\n"))
    signer, warnings = _verify(parsed, signed, keys, now, strict)
    return Verified(data, signer, warnings)


def _verify(
    signature: Signature, data: bytes, keys: Keyring, now: float, strict: bool
) -> tuple[Signer, tuple[str, ...]]:
    name = _hash_name(signature)
    pin = _signing_key(signature, keys)
    who = f"{pin.holder}, key {pin.fingerprint}"
    if pin.status == "revoked":
        raise VerificationFailed(f"signed with a revoked key: {who}")
    key = _usable_key(pin, signature, who)

    # RFC 9580, 5.2.4
    trailer = b"\x04\xff" + len(signature.covered).to_bytes(4, "big")
    digest = hashlib.new(name, data + signature.covered + trailer).digest()
    if isinstance(key, RsaKey):
        good = rsa_verifies(key.n, key.e, packets.read_rsa(signature.value), name, digest)
    else:
        value = packets.read_ed25519(signature.value, key.algorithm)
        good = ed25519_verifies(key.point, value, digest)
    if not good or signature.check != digest[:2]:
        raise VerificationFailed(
            f"the text was changed after it was signed, or not signed by {who}"
        )

    warnings = _check_times(signature, pin, key.created, now, who)
    if strict and warnings:
        raise VerificationFailed(warnings[0])
    return Signer(pin.primary, pin.fingerprint, pin.holder, signature.created), warnings


def _hash_name(signature: Signature) -> HashName:
    name = _HASHES.get(signature.hash_id)
    if name is None:
        weak = _WEAK_HASHES.get(signature.hash_id, f"hash {signature.hash_id}")
        raise VerificationFailed(
            f"the signature uses {weak}, which is not accepted",
            hint="SHA-256, SHA-384 and SHA-512 are; some releases up to v6.2.1 are signed with SHA-1",
        )
    return name


def _signing_key(signature: Signature, keys: Keyring) -> PinnedKey:
    if signature.fingerprint:
        pin = keys.get(signature.fingerprint)
    else:
        # The short id only finds a candidate: it is that key's whole number that has to verify.
        pin = next(
            (pin for pin in keys.values() if pin.fingerprint[-16:] == signature.key_id), None
        )
    if pin is None:
        named = signature.fingerprint or signature.key_id or "that is not named"
        raise VerificationFailed(f"signed with an unknown key: {named}", hint=_UPGRADE)
    return pin


def _usable_key(pin: PinnedKey, signature: Signature, who: str) -> RsaKey | Ed25519Key:
    """Return the key in numbers, if it is strong enough and of the signature's algorithm."""
    key = packets.read_public_key(base64.b64decode(pin.material))
    used = packets.ALGORITHMS.get(signature.algorithm, f"algorithm {signature.algorithm}")
    if key is None:
        raise VerificationFailed(f"signed with {used}, which is not accepted: {who}")
    if isinstance(key, RsaKey) and key.n.bit_length() < MIN_RSA_BITS:
        raise VerificationFailed(f"signed with RSA of only {key.n.bit_length()} bits: {who}")
    if signature.algorithm != (packets.RSA if isinstance(key, RsaKey) else key.algorithm):
        raise VerificationFailed(f"a signature of {used} cannot be by {who}")
    return key


def _check_times(
    signature: Signature, pin: PinnedKey, key_created: int, now: float, who: str
) -> tuple[str, ...]:
    made = datetime.fromtimestamp(signature.created, UTC).date()
    if signature.created > now + CLOCK_SKEW:
        raise VerificationFailed(
            f"the signature was made in the future, on {made}: {who}",
            hint="check the date of this machine",
        )
    if signature.created < key_created:
        raise VerificationFailed(f"the signature, of {made}, is older than its key: {who}")
    if signature.lifetime and now >= signature.created + signature.lifetime:
        raise VerificationFailed(f"the signature of {made} has run out: {who}")
    if pin.status == "retired":
        if pin.window is None:
            raise VerificationFailed(f"signed with a retired key that signed no release: {who}")
        first, last = pin.window
        if not first - WINDOW_MARGIN <= made <= last + WINDOW_MARGIN:
            raise VerificationFailed(
                f"signed on {made} with a key that was in use from {first} to {last}: {who}"
            )
    if pin.expires is not None and signature.created >= pin.expires:
        expired = datetime.fromtimestamp(pin.expires, UTC).date()
        return (f"signed on {made} with a key that expired on {expired}: {who}",)
    return ()
