"""Signatures of a repository, as pkg(8) checks them (libpkg/pkgsign_ossl.c): RSA, with a key in PEM.

Signed is the SHA-256 of a catalogue as 64 hexadecimal digits, PKCS#1 v1.5 with SHA-256 once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rtinstall.runtime_bundle.errors import BadConfiguration, MissingTool
from rtinstall.runtime_bundle.freebsd.keys import RSA_BITS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MAKE_ONE = "openssl genrsa -out private.pem 4096 makes one"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and the file of its public half, which repositories carry."""

    secret: RSAPrivateKey
    public: bytes

    @property
    def fingerprint(self) -> str:
        """Return what clients know the key by: the SHA-256 of the public file."""
        return hashlib.sha256(self.public).hexdigest()

    def sign(self, name: str, content: bytes) -> Mapping[str, bytes]:
        """Return the members that sign the catalogue ``name``, in both of pkg's forms."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        digits = hashlib.sha256(content).hexdigest().encode()
        signature = self.secret.sign(digits, PKCS1v15(), SHA256())
        return {
            "signature": signature
            + b"\0",  # pkg takes one NUL away again, whether it is its own or not
            f"{name}.sig": signature,
            f"{name}.pub": self.public,
        }


def read_signer(data: bytes, name: str) -> Signer:
    """Read a private key in PEM, or raise :class:`BadConfiguration`, :class:`MissingTool`."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            PublicFormat,
            load_pem_private_key,
        )
    except ImportError:
        raise MissingTool(
            "signing needs the Python package cryptography", hint="pip install 'rtinstall[build]'"
        ) from None
    try:
        secret = load_pem_private_key(data, None)
    except TypeError:
        raise BadConfiguration(
            f"{name} is encrypted", hint="give the key itself, from a place only you can read"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadConfiguration(f"{name} is no private key in PEM", hint=MAKE_ONE) from None
    if not isinstance(secret, RSAPrivateKey) or secret.key_size not in range(*RSA_BITS):
        raise BadConfiguration(f"{name} is no RSA key of 2048 bits or more", hint=MAKE_ONE)
    public = secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Signer(secret, public)
