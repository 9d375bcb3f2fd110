"""The text around a signature: ASCII armor (RFC 9580, 6.2) and the cleartext framework (7).

Stricter than the standard where leniency has been abused: exactly one message from the first byte
to the last, no line that two programs could read differently.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import VerificationFailed

MAX_TEXT = 1 << 20
MAX_SIGNATURE = 16 << 10

_MESSAGE = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"
_END = b"-----END PGP SIGNATURE-----"
_HASH = re.compile(rb"Hash: ([A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*)")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*: [\x20-\x7e]*")
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")


@dataclass(frozen=True, slots=True)
class ClearSigned:
    """A clear-signed message: its ``lines`` without line ends, dash escapes and trailing blanks.

    ``hashes`` are the names its head announces, ``signature`` the packets of its signature.
    """

    lines: tuple[bytes, ...]
    hashes: frozenset[str]
    signature: bytes


def _lines(data: bytes) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in data.split(b"\n")]


def read_clearsigned(message: bytes) -> ClearSigned:
    """Take a clear-signed message apart; anything but exactly one is a :class:`VerificationFailed`."""
    if len(message) > MAX_TEXT:
        raise VerificationFailed(f"the signed message is longer than {MAX_TEXT} bytes")
    lines = _lines(message)
    if lines[0] != _MESSAGE:
        raise VerificationFailed(
            "this is no signed message: it does not begin with -----BEGIN PGP SIGNED MESSAGE-----",
            hint="a server that has no signature often answers with a page of its own",
        )
    try:
        blank = lines.index(b"", 1)
        start = lines.index(_SIGNATURE, blank)
    except ValueError:
        raise VerificationFailed("the signed message is cut short: it has no signature") from None

    hashes: set[str] = set()
    for header in lines[1:blank]:
        # RFC 9580, 7.1: a header other than Hash could pass for signed text.
        found = _HASH.fullmatch(header)
        if not found:
            raise VerificationFailed(f"unexpected header in the signed message: {header[:40]!r}")
        hashes.update(name.strip().decode() for name in found[1].split(b","))

    text = tuple(_unescape(line) for line in lines[blank + 1 : start])
    return ClearSigned(text, frozenset(hashes), dearmor(b"\n".join(lines[start:])))


def _unescape(line: bytes) -> bytes:
    if b"\r" in line:
        raise VerificationFailed("a carriage return stands inside a line of the signed message")
    if line.startswith(b"-"):
        if not line.startswith(b"- "):
            raise VerificationFailed(f"a line of the signed message is not escaped: {line[:40]!r}")
        line = line[2:]
    return line.rstrip(b" \t")


def dearmor(data: bytes) -> bytes:
    """Return the packets of one armored signature, its checksum checked where it has one."""
    if len(data) > MAX_SIGNATURE:
        raise VerificationFailed(f"the signature is longer than {MAX_SIGNATURE} bytes")
    lines = _lines(data.rstrip(b" \t\r\n"))
    if lines[0] != _SIGNATURE or lines[-1] != _END or b"" not in lines:
        raise VerificationFailed("the signature is not one whole armored block")
    blank = lines.index(b"")
    for header in lines[1:blank]:
        if not _HEADER.fullmatch(header):
            raise VerificationFailed(f"unexpected header in the signature: {header[:40]!r}")
    body = lines[blank + 1 : -1]
    checksum = body.pop() if body and _CHECKSUM.fullmatch(body[-1]) else None
    try:
        packets = binascii.a2b_base64(b"".join(body), strict_mode=True)
        if checksum and _crc24(packets) != binascii.a2b_base64(checksum[1:], strict_mode=True):
            raise VerificationFailed("the signature's own checksum is wrong: it was damaged")
    except binascii.Error as error:
        raise VerificationFailed(f"the signature is not base64: {error}") from error
    return packets


def _crc24(data: bytes) -> bytes:
    """Return the armor checksum (RFC 9580, 6.1.1)."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc.to_bytes(3, "big")
