"""Whose signature a catalogue carries, checked as pkg(8) does (libpkg, pkg_repo.c and pkgsign_*.c).

An archive carries signatures as members beside the catalogue:

| member                   | signed with      | by RSA is signed              | by Ed25519             |
| ------------------------ | ---------------- | ----------------------------- | ---------------------- |
| ``signature``            | a key known whole | the hexadecimal SHA-256 of it | the BLAKE2b of it      |
| ``X.sig`` with ``X.pub`` | a key known by the SHA-256 of ``X.pub`` | the same | its hexadecimal SHA-256 |

RSA is PKCS#1 v1.5 with SHA-256 once more over the 64 digits; a ``signature`` made with an OpenSSL
before 3.0 has the digits themselves. Signatures other than RSA begin with ``$PKGSIGN:<kind>$``.
ECDSA is refused: no curve of it is calculated here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtinstall.runtime_bundle import der
from rtinstall.runtime_bundle.arithmetic import ed25519_verifies, rsa_verifies
from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.freebsd.keys import EdKey, PublicKey, RsaKey, TrustedKey, public_key

HEAD = b"$PKGSIGN:"
KINDS = {b"rsa": RsaKey, b"eddsa": EdKey, b"ecc": EdKey}
WHOLE = "signature"
SIG, PUB = ".sig", ".pub"
TRUST = "make sure that the key is the publisher's, then name it with --trust"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an archive says of its catalogue: the members that sign it by name, and its digests."""

    members: Mapping[str, bytes]
    sha256: bytes
    blake2b: bytes

    @property
    def digits(self) -> bytes:
        """Return the SHA-256 as most signatures have it."""
        return self.sha256.hex().encode()


def is_signature(name: str) -> bool:
    """Say whether an archive's member of that name belongs to a signature."""
    return name == WHOLE or name.endswith((SIG, PUB))


def check_signature(sealed: Sealed, trusted: Sequence[TrustedKey]) -> TrustedKey | None:
    """Return the trusted key that signed the catalogue; None where nothing in the archive signs it.

    Raises :class:`VerificationFailed` for a signature that is wrong, incomplete or nobody's whom the
    user trusts.
    """
    if not sealed.members:
        return None
    strangers = []
    for name in sorted(sealed.members):
        if name == WHOLE:
            continue
        stem = name.removesuffix(SIG).removesuffix(PUB)
        if stem + SIG not in sealed.members or stem + PUB not in sealed.members:
            raise VerificationFailed(f"the repository's signature {stem!r} is only half there")
        if name.endswith(PUB):
            _, carried = _kind(sealed.members[name])
            fingerprint = hashlib.sha256(carried).hexdigest()
            key = _carried(carried, fingerprint, trusted)
            if key is None:
                strangers.append(fingerprint)
            elif not _signs(key, sealed.members[stem + SIG], sealed.digits, sealed.digits):
                raise VerificationFailed(
                    f"the repository's signature {stem!r} is not that of {key.name} "
                    f"({key.fingerprint})"
                )
            else:
                return key
    if WHOLE in sealed.members:
        known = [key for key in trusted if key.key is not None]
        for key in known:
            if _signs(key, sealed.members[WHOLE], sealed.digits, sealed.blake2b, whole=True):
                return key
        if known:
            names = " or ".join(f"{key.name} ({key.fingerprint})" for key in known)
            raise VerificationFailed(
                f"the repository's signature is not that of {names}",
                hint="do not use it; or, if it is another publisher's, name that one's key with --trust",
            )
    raise VerificationFailed(
        f"the repository is signed with the key {' and '.join(strangers)}, which is not trusted here"
        if strangers
        else "the repository is signed with a key that it does not bring along",
        hint=TRUST if strangers else f"{TRUST}, as the file of the key",
    )


def _kind(data: bytes) -> tuple[bytes, bytes]:
    """Return the kind of a signature or key and the rest, as pkg takes them apart."""
    kind, dollar, rest = data.removeprefix(HEAD).partition(b"$")
    return (kind, rest) if data.startswith(HEAD) and dollar else (b"rsa", data)


def _carried(data: bytes, fingerprint: str, trusted: Sequence[TrustedKey]) -> TrustedKey | None:
    """Return the trusted key that ``data`` is, with the key itself."""
    for key in trusted:
        if key.fingerprint == fingerprint:
            try:
                return TrustedKey(key.name, fingerprint, public_key(data))
            except ValueError as error:
                raise VerificationFailed(
                    f"the key of {key.name} in the repository cannot be used: {error}"
                ) from None
    try:
        found = public_key(data)
    except ValueError:
        return None
    return next((key for key in trusted if key.key == found), None)


def _signs(
    key: TrustedKey, signature: bytes, digits: bytes, message: bytes, *, whole: bool = False
) -> bool:
    """Say whether ``signature`` is that of ``key``; RSA signs ``digits``, Ed25519 the ``message``."""
    kind, value = _kind(signature)
    if kind not in KINDS:
        shown = kind[:20].decode("latin-1")
        raise VerificationFailed(
            f"the repository is signed with {shown!r}, which is not supported",
            hint="RSA and Ed25519 are; use a mirror that is signed so",
        )
    if key.key is None or not isinstance(key.key, KINDS[kind]):
        return False
    return _verifies(key.key, value, digits, message, whole=whole)


def _verifies(key: PublicKey, value: bytes, digits: bytes, message: bytes, *, whole: bool) -> bool:
    if isinstance(key, EdKey):
        try:
            halves = der.sequence(value, der.INTEGER, der.INTEGER)
            raw = b"".join(der.unsigned(half).to_bytes(32, "big") for half in halves)
        except (ValueError, OverflowError):
            return False
        return ed25519_verifies(key.point, raw, message)
    size = (key.n.bit_length() + 7) // 8
    if whole and len(value) == size + 1 and value.endswith(b"\0"):
        value = value[:-1]  # pkg writes the end of a C string, too
    if len(value) != size:
        return False
    number = int.from_bytes(value, "big")
    return rsa_verifies(key.n, key.e, number, "sha256", hashlib.sha256(digits).digest()) or (
        whole and rsa_verifies(key.n, key.e, number, "sha256-hex", digits)
    )
