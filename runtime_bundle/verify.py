"""Decide whether what arrived is what was published: SHASUMS files, digests, Subresource Integrity.

Everything fails closed: absent, empty, cut short or odd is a :class:`VerificationFailed`. Pure: no
file, no network and no clock; who calls brings the bytes and the time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from threading import Thread
from typing import Literal

from rtinstall.runtime_bundle import openpgp
from rtinstall.runtime_bundle.errors import NotPublished, VerificationFailed
from rtinstall.runtime_bundle.openpgp import Keyring, Signer
from rtinstall.runtime_bundle.release_keys import RELEASE_KEYS

MAX_SHASUMS = 1 << 20
WAITING = 64  # chunks that may wait to be hashed

_LINE = re.compile(r"([0-9a-f]{64})  ([\x21-\x7e]+)")

Algorithm = Literal["sha512", "sha384", "sha256", "blake2b", "blake2s"]
_STRONGEST_FIRST: tuple[Algorithm, ...] = ("sha512", "sha384", "sha256")


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest a file has to have; one of ``accepted`` is enough.

    ``text`` is the form it was published in: ``sha256:<hex>`` (or another algorithm's name before the
    colon) or ``sha512-<base64>``.
    """

    algorithm: Algorithm
    accepted: frozenset[bytes]
    text: str

    @classmethod
    def sha256(cls, hexadecimal: str) -> Digest:
        """Make the digest of 64 hexadecimal digits."""
        return cls.of("sha256", hexadecimal)

    @classmethod
    def of(cls, algorithm: Algorithm, hexadecimal: str) -> Digest:
        """Make the digest of as many hexadecimal digits as ``algorithm`` has."""
        digits = 2 * hashlib.new(algorithm).digest_size
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", hexadecimal):
            name = algorithm.upper().replace("SHA", "SHA-")
            raise VerificationFailed(f"{hexadecimal[:80]!r} is no {name}")
        lower = hexadecimal.lower()
        return cls(algorithm, frozenset({bytes.fromhex(lower)}), f"{algorithm}:{lower}")

    def check(self, chunks: Iterable[bytes], what: str) -> None:
        """Read ``chunks`` to their end and compare, as :meth:`Checker.finish`."""
        checker = Checker(self)
        for chunk in chunks:
            checker.update(chunk)
        checker.finish(what)


class Checker:
    """Hashes bytes as they pass by; only after :meth:`finish` may anything open them."""

    def __init__(self, expected: Digest) -> None:
        """Start with no bytes."""
        self.expected = expected
        self.size = 0
        self._state = hashlib.new(expected.algorithm)

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self._state.update(data)

    def finish(self, what: str) -> None:
        """Raise :class:`VerificationFailed` naming ``what`` unless the bytes were the expected ones."""
        if self._state.digest() not in self.expected.accepted:
            expected = " or ".join(sorted(digest.hex() for digest in self.expected.accepted))
            raise VerificationFailed(
                f"{what} is not the file that was published: {self.expected.algorithm} of its "
                f"{self.size} bytes is {self._state.hexdigest()}, expected {expected}"
            )


@contextmanager
def beside(checker: Checker) -> Iterator[Callable[[bytes], None]]:
    """Give what lets a thread of its own update ``checker``, which has all at the end of the block."""
    chunks = Queue[bytes](WAITING)

    def work() -> None:
        while chunk := chunks.get():
            checker.update(chunk)

    thread = Thread(
        target=work, name="hash", daemon=True
    )  # a run that is ended does not wait for it
    thread.start()
    try:
        yield chunks.put
    finally:
        chunks.put(b"")
        thread.join()


@dataclass(frozen=True, slots=True)
class Shasums:
    """The verified content of a SHASUMS256 file: SHA-256 by name, and who vouches for it."""

    files: Mapping[str, str]
    signer: Signer
    warnings: tuple[str, ...]

    def digest(self, name: str) -> Digest:
        """Return the digest of the file that is called exactly ``name``, or :class:`NotPublished`."""
        if name not in self.files:
            raise NotPublished(f"{name} is not among the {len(self.files)} files of this release")
        return Digest.sha256(self.files[name])


def check_shasums(
    signed: bytes, *, keys: Keyring = RELEASE_KEYS, now: float, strict: bool = False
) -> Shasums:
    """Check and read a clear-signed ``SHASUMS256.txt.asc``; ``now`` in seconds since 1970.

    Only verified text is read. ``strict`` turns warnings into refusals (:mod:`.openpgp`).
    """
    verified = openpgp.verify_clearsigned(signed, keys=keys, now=now, strict=strict)
    return Shasums(parse_shasums(verified.data), verified.signer, verified.warnings)


def check_shasums_detached(
    text: bytes,
    signature: bytes,
    *,
    keys: Keyring = RELEASE_KEYS,
    now: float,
    strict: bool = False,
) -> Shasums:
    """Check and read ``SHASUMS256.txt`` with its ``SHASUMS256.txt.sig``, as :func:`check_shasums`."""
    verified = openpgp.verify_detached(text, signature, keys=keys, now=now, strict=strict)
    return Shasums(parse_shasums(verified.data), verified.signer, verified.warnings)


def parse_shasums(text: bytes) -> dict[str, str]:
    """Return SHA-256 by name of a SHASUMS256 file; one odd line spoils the whole file, and no line too.

    Call it for text that nothing signs; signed text goes through :func:`check_shasums`.
    """
    if len(text) > MAX_SHASUMS:
        raise VerificationFailed(f"the list of checksums is longer than {MAX_SHASUMS} bytes")
    if not text.endswith(b"\n"):
        raise VerificationFailed("the list of checksums is empty or cut short")
    files: dict[str, str] = {}
    # What Antoine du Hamel signs, v24.19.0 for one, has an empty line at the end.
    for number, line in enumerate(text.decode("latin-1").rstrip("\n").split("\n"), start=1):
        found = _LINE.fullmatch(line)
        if not found or not _is_plain(found[2]):
            raise VerificationFailed(f"line {number} is no checksum and file name: {line[:80]!r}")
        digest, name = found.groups()
        if files.setdefault(name, digest) != digest:
            raise VerificationFailed(f"the list of checksums has two different ones for {name}")
    return files


def _is_plain(name: str) -> bool:
    """Say whether ``name`` is a relative path that means the same everywhere."""
    return "\\" not in name and not any(part in ("", ".", "..") for part in name.split("/"))


def parse_integrity(text: str) -> Digest:
    """Read Subresource Integrity, such as ``sha512-<base64>``: of several, the strongest counts.

    As in W3C SRI 3.3.4 and npm: options after ``?`` and unknown algorithms are ignored, any digest of
    the strongest algorithm may match. SHA-1 and nothing stronger is refused.
    """
    found: dict[str, set[bytes]] = {}
    for item in text.split():
        algorithm, _, value = item.partition("?")[0].partition("-")
        if algorithm in _STRONGEST_FIRST:
            found.setdefault(algorithm, set()).add(_decoded(algorithm, value))
    for algorithm in _STRONGEST_FIRST:
        if algorithm in found:
            accepted = frozenset(found[algorithm])
            forms = (f"{algorithm}-{base64.b64encode(each).decode()}" for each in sorted(accepted))
            return Digest(algorithm, accepted, " ".join(forms))
    raise VerificationFailed(f"no sha512, sha384 or sha256 in the integrity {text[:80]!r}")


def _decoded(algorithm: str, value: str) -> bytes:
    try:
        digest = binascii.a2b_base64(value.encode(), strict_mode=True)
    except binascii.Error as error:
        raise VerificationFailed(f"integrity {value[:100]!r} is not base64: {error}") from error
    size = hashlib.new(algorithm).digest_size
    if len(digest) != size:
        raise VerificationFailed(f"integrity {value[:100]!r} has {len(digest)} bytes, not {size}")
    return digest
