"""The release signature check: what it believes, what it refuses, and that gpgv agrees on the crypto."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.runtime_bundle.arithmetic import ed25519_verifies
from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.openpgp import (
    PinnedKey,
    Verified,
    verify_clearsigned,
    verify_detached,
)
from rtinstall.runtime_bundle.openpgp.packets import RsaKey, read_public_key
from world import signing
from world.signing import SigningKey, clearsign, detach, frame, keyring, pinned, signature_packet

DAY = 86400
CREATED = 1_500_000_000  # 2017-07-14
MADE = 1_600_000_000  # 2020-09-13
NOW = 1_700_000_000
TEXT = b"one line\nand -another\n"


@cache
def made_key(kind: signing.Kind, name: str) -> SigningKey:
    return signing.make_key(kind, name, CREATED)


def key(kind: signing.Kind = "ed25519", name: str = "Ada Signer <ada@example.org>") -> SigningKey:
    return made_key(kind, name)


SUBKEY = signing.make_key("ed25519", "Ada Signer", CREATED, primary="A" * 40)


def clear(message: bytes, *keys: SigningKey, now: float = NOW) -> Verified:
    return verify_clearsigned(message, keys=keyring(*(keys or (key(),))), now=now)


def detached(data: bytes, signature: bytes, *keys: SigningKey) -> Verified:
    return verify_detached(data, signature, keys=keyring(*(keys or (key(),))), now=NOW)


# --- what is believed -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "ed25519", "ed25519-rfc9580"])
@pytest.mark.parametrize("hash_id", [8, 9, 10])
def test_a_good_message_gives_its_text_and_signer(kind: signing.Kind, hash_id: int) -> None:
    signer = key(kind)
    verified = clear(clearsign(signer, TEXT, MADE, hash_id=hash_id), signer, key("ed25519", "else"))
    assert verified.data == TEXT
    assert verified.signer.key == verified.signer.primary == signer.fingerprint
    assert (verified.signer.holder, verified.signer.created) == (signer.name, MADE)
    assert verified.warnings == ()


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519", "ed25519-rfc9580"])
@pytest.mark.parametrize("armored", [False, True])
def test_a_good_detached_signature_is_accepted(kind: signing.Kind, armored: bool) -> None:
    signature = detach(key(kind), TEXT, MADE)
    verified = detached(TEXT, signing.armor(signature) if armored else signature, key(kind))
    assert (verified.data, verified.signer.key) == (TEXT, key(kind).fingerprint)


def test_a_signing_subkey_counts_and_names_its_primary() -> None:
    verified = clear(clearsign(SUBKEY, TEXT, MADE), SUBKEY)
    assert (verified.signer.primary, verified.signer.key) == ("A" * 40, SUBKEY.fingerprint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b"\n"),
        (b"a", b"a\n"),
        (b"a\n\n", b"a\n\n"),
        (b"\n\na\n", b"\n\na\n"),
        (b"a  \t\nb\t\n", b"a\nb\n"),
        (b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"-----BEGIN PGP SIGNED MESSAGE-----\n"),
        (b"-----BEGIN PGP SIGNATURE-----\n\nx", b"-----BEGIN PGP SIGNATURE-----\n\nx\n"),
        (b"- dash\n--\n-\n", b"- dash\n--\n-\n"),
        (b"\xff\x00\n", b"\xff\x00\n"),
        (b"vertical\x0btab\x0cfeed\x85\n", b"vertical\x0btab\x0cfeed\x85\n"),
    ],
)
def test_text_comes_back_as_it_was_signed(text: bytes, expected: bytes) -> None:
    assert clear(clearsign(key(), text, MADE)).data == expected


GOOD_MESSAGE = clearsign(key(), TEXT, MADE)
GOOD_ARMOR = GOOD_MESSAGE[GOOD_MESSAGE.index(b"-----BEGIN PGP SIGNATURE") :]
GOOD_PACKET = signature_packet(key(), signing.cleartext(TEXT), MADE, kind=1)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(GOOD_MESSAGE.replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(GOOD_MESSAGE + b" \t\r\n\n", id="blanks after the end"),
        pytest.param(GOOD_MESSAGE.rstrip(b"\n"), id="no last line end"),
        pytest.param(
            GOOD_MESSAGE.replace(b"one line\n", b"one line \t\n"), id="blanks at line end"
        ),
        pytest.param(GOOD_MESSAGE.replace(b"one line", b"- one line"), id="needless dash escape"),
        pytest.param(frame(TEXT, signing.armor(GOOD_PACKET, checksum=False)), id="no checksum"),
        pytest.param(
            GOOD_MESSAGE.replace(
                b"SIGNATURE-----\n\n", b"SIGNATURE-----\nVersion: GnuPG v2\n\n", 1
            ),
            id="version header",
        ),
        pytest.param(
            frame(TEXT, GOOD_ARMOR, announced="SHA1, SHA256"), id="several hashes announced"
        ),
    ],
)
def test_harmless_differences_do_not_matter(message: bytes) -> None:
    assert clear(message).data == TEXT


@pytest.mark.parametrize("data", [b"a\r\nb\r\n", b"a\nb\n"])
def test_a_text_signature_is_of_lines_whatever_ends_them(data: bytes) -> None:
    signature = signature_packet(key(), b"a\r\nb\r\n", MADE, kind=1)
    assert detached(data, signature).data == data


def test_a_binary_signature_is_of_every_byte() -> None:
    with pytest.raises(VerificationFailed, match="changed"):
        detached(b"a\r\n", detach(key(), b"a\n", MADE))


# 170 releases up to v14.10.1 name their key by its short id only, outside the signed part.
@pytest.mark.parametrize("unhashed", [True, False])
def test_a_key_may_be_found_by_its_short_id(unhashed: bool) -> None:
    where = (signing.issuer_id(key()),)
    packet = signature_packet(
        key(),
        TEXT,
        MADE,
        hashed=(signing.created_at(MADE), *(() if unhashed else where)),
        unhashed=where if unhashed else (),
    )
    other = key("ed25519", "other")
    assert detached(TEXT, packet, other, key()).signer.key == key().fingerprint
    with pytest.raises(VerificationFailed, match="unknown key"):
        detached(TEXT, packet, other)


def test_the_signed_fingerprint_beats_an_unsigned_hint() -> None:
    other = key("ed25519", "other")
    packet = signature_packet(key(), TEXT, MADE, unhashed=(signing.issuer_id(other),))
    assert detached(TEXT, packet, key(), other).signer.key == key().fingerprint


def test_a_notation_that_may_be_ignored_is_ignored() -> None:
    note = signing.subpacket(20, b"\x80\0\0\0\0\x01\0\x01xy")
    hashed = (signing.created_at(MADE), signing.issuer(key()), note, signing.subpacket(100, b"?"))
    packet = signature_packet(key(), TEXT, MADE, hashed=hashed)
    assert detached(TEXT, packet).data == TEXT


# --- the policy -----------------------------------------------------------------------------------

SIGNED = datetime.fromtimestamp(MADE, UTC).date()
RETIRED_THEN = pinned(key(), status="retired", window=(date(2018, 1, 1), SIGNED))


@pytest.mark.parametrize(
    ("pin", "made", "now", "message"),
    [
        pytest.param(pinned(key(), status="revoked"), MADE, NOW, "revoked key: Ada", id="revoked"),
        pytest.param(
            pinned(key(), status="revoked", window=(date(2000, 1, 1), date(2030, 1, 1))),
            MADE, NOW, "revoked", id="revoked in spite of a window",
        ),
        pytest.param(pinned(key("ed25519", "other")), MADE, NOW, "unknown key: ", id="unknown"),
        pytest.param(
            pinned(key(), status="retired"), MADE, NOW, "signed no release", id="retired unused"
        ),
        pytest.param(
            RETIRED_THEN, MADE + 33 * DAY, NOW, "in use from 2018-01-01 to 2020-09-13",
            id="retired before",
        ),
        pytest.param(
            RETIRED_THEN, CREATED + DAY, NOW, "in use from 2018-01-01", id="retired, not yet used"
        ),
        pytest.param(pinned(key()), CREATED - 1, NOW, "older than its key", id="before its key"),
        pytest.param(pinned(key()), NOW + DAY, NOW, "in the future", id="future"),
        pytest.param(pinned(key()), 2**32 - 1, NOW, "in the future", id="far future"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("strict", [False, True])
def test_policy_refuses(pin: PinnedKey, made: int, now: int, message: str, strict: bool) -> None:
    with pytest.raises(VerificationFailed, match=message) as caught:
        verify_clearsigned(clearsign(key(), TEXT, made), keys=keyring(pin), now=now, strict=strict)
    assert caught.value.exit_code == 7
    assert caught.value.hint


@pytest.mark.parametrize(
    ("pin", "made"),
    [
        pytest.param(RETIRED_THEN, MADE, id="retired, last day"),
        pytest.param(RETIRED_THEN, MADE + 30 * DAY, id="retired, signed again soon after"),
        pytest.param(pinned(key(), expires=MADE + 1), MADE, id="expired since"),
        pytest.param(pinned(key()), NOW + 600, id="clock a little behind"),
        pytest.param(pinned(key()), CREATED, id="as old as its key"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_policy_accepts(pin: PinnedKey, made: int, strict: bool) -> None:
    message = clearsign(key(), TEXT, made)
    verified = verify_clearsigned(message, keys=keyring(pin), now=NOW, strict=strict)
    assert (verified.data, verified.warnings) == (TEXT, ())


def test_an_active_key_that_had_expired_warns_and_strict_refuses() -> None:
    pins = keyring(pinned(key(), expires=MADE - 3 * DAY))
    (warning,) = verify_clearsigned(GOOD_MESSAGE, keys=pins, now=NOW).warnings
    assert warning.startswith("signed on 2020-09-13 with a key that expired on 2020-09-10: Ada")
    with pytest.raises(VerificationFailed, match="expired on 2020-09-10"):
        verify_clearsigned(GOOD_MESSAGE, keys=pins, now=NOW, strict=True)


def test_an_unknown_key_tells_how_to_learn_of_it() -> None:
    with pytest.raises(VerificationFailed, match=key().fingerprint) as caught:
        verify_clearsigned(GOOD_MESSAGE, keys={}, now=NOW)
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize(
    ("hash_id", "message"), [(1, "MD5"), (2, "SHA-1"), (3, "RIPEMD-160"), (77, "hash 77")]
)
def test_weak_hashes_are_refused(hash_id: int, message: str) -> None:
    known = hash_id if hash_id != 77 else 2
    packet = signature_packet(key("rsa2048"), signing.cleartext(TEXT), MADE, kind=1, hash_id=known)
    if known != hash_id:
        packet = packet.replace(b"\x04\x01\x01\x02", b"\x04\x01\x01" + bytes([hash_id]), 1)
    signed = frame(TEXT, signing.armor(packet), announced=signing.HASH_NAMES[known])
    with pytest.raises(VerificationFailed, match=f"uses {message}"):
        clear(signed, key("rsa2048"))


def test_short_rsa_keys_are_refused() -> None:
    with pytest.raises(VerificationFailed, match="only 1024 bits"):
        clear(clearsign(key("rsa1024"), TEXT, MADE), key("rsa1024"))


def test_a_signature_that_has_run_out_is_refused() -> None:
    def made(lifetime: int) -> bytes:
        parts = (signing.created_at(MADE), signing.issuer(key()))
        end = signing.subpacket(3, lifetime.to_bytes(4, "big"))
        return signature_packet(key(), TEXT, MADE, hashed=(*parts, end))

    assert detached(TEXT, made(0)).data == detached(TEXT, made(NOW - MADE + 1)).data == TEXT
    with pytest.raises(VerificationFailed, match="has run out"):
        detached(TEXT, made(NOW - MADE))


# --- hostile messages -----------------------------------------------------------------------------


def edited(old: bytes, new: bytes) -> bytes:
    assert old in GOOD_MESSAGE
    return GOOD_MESSAGE.replace(old, new, 1)


SECOND = clearsign(key(), b"second\n", MADE)

HOSTILE_MESSAGES = {
    "empty": (b"", "no signed message"),
    "a page of the server": (b"<!DOCTYPE html><title>404</title>", "no signed message"),
    "text in front": (b"x\n" + GOOD_MESSAGE, "no signed message"),
    "line end in front": (b"\n" + GOOD_MESSAGE, "no signed message"),
    "byte order mark in front": (b"\xef\xbb\xbf" + GOOD_MESSAGE, "no signed message"),
    "text after": (GOOD_MESSAGE + b"x\n", "one whole armored block"),
    "two messages": (GOOD_MESSAGE + SECOND, "unexpected header|not one whole|base64"),
    "two signatures": (GOOD_MESSAGE + GOOD_ARMOR, "not base64|unexpected"),
    "signature only": (GOOD_ARMOR, "no signed message"),
    "no signature": (GOOD_MESSAGE[: -len(GOOD_ARMOR)], "cut short"),
    "cut in the signature": (GOOD_MESSAGE[:-60], "one whole armored block"),
    "changed text": (edited(b"one", b"two"), "changed"),
    "added line": (edited(b"one line\n", b"one line\nmore\n"), "changed"),
    "added empty line": (edited(b"one line\n", b"one line\n\n"), "changed"),
    "removed line": (edited(b"one line\n", b""), "changed"),
    "blank in front of a line": (edited(b"one", b" one"), "changed"),
    "form feed at line end": (edited(b"one line", b"one line\x0c"), "changed"),
    "carriage return in a line": (edited(b"one ", b"one\r"), "carriage return"),
    "two carriage returns": (edited(b"line\n", b"line\r\r\n"), "carriage return"),
    "line not escaped": (edited(b"one", b"-one"), "not escaped"),
    "armor inside the text": (edited(b"one line", b"-----BEGIN PGP MESSAGE-----"), "not escaped"),
    "signature begins early": (edited(b"one line", b"-----BEGIN PGP SIGNATURE-----"), "base64|header"),
    "other hash announced": (edited(b"SHA256", b"SHA512"), "does not announce"),
    "no hash announced": (edited(b"Hash: SHA256\n", b""), "does not announce"),
    "text among the headers": (edited(b"SHA256\n", b"SHA256\nevil\n"), "unexpected header"),
    "other header": (edited(b"SHA256\n", b"SHA256\nComment: x\n"), "unexpected header"),
    "hash header with a text": (edited(b"SHA256\n", b"SHA256\n\tevil\n"), "unexpected header"),
    "no empty line": (edited(b"SHA256\n\n", b"SHA256\n"), "cut short"),
    "blanks for the empty line": (edited(b"SHA256\n\n", b"SHA256\n \n"), "cut short"),
    "blank after the first line": (edited(b"MESSAGE-----", b"MESSAGE----- "), "no signed message"),
    "wrong checksum": (re.sub(rb"\n=....\n", b"\n=AAAA\n", GOOD_MESSAGE), "own checksum"),
    "two checksums": (edited(b"\n=", b"\n=AAAA\n="), "base64"),
    "control in an armor header": (
        edited(b"SIGNATURE-----\n\n", b"SIGNATURE-----\nVersion: \x1b[31m\n\n"), "unexpected header",
    ),
    "huge": (GOOD_MESSAGE + b" " * (1 << 20), "longer than"),
    "huge signature": (edited(b"\n=", b"\n" + b"A" * (16 << 10) + b"\n="), "longer than"),
    "empty signature": (frame(TEXT, signing.armor(b"")), "cut short"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_MESSAGES)
def test_hostile_messages_are_refused(name: str) -> None:
    message, reason = HOSTILE_MESSAGES[name]
    with pytest.raises(VerificationFailed, match=reason):
        clear(message)


def sign(**changes: object) -> bytes:
    return signature_packet(key(), TEXT, MADE, **changes)  # type: ignore[arg-type]


TIME, ISSUER = signing.created_at(MADE), signing.issuer(key())
BODY = sign()[2:]


def numbers(*values: bytes) -> bytes:
    """Sign TEXT with these bytes for R and S."""
    return sign(sign=lambda *_: b"".join(values))


def rsa_block(block: Callable[[bytes], bytes]) -> bytes:
    """Sign TEXT with RSA over the block that ``block`` makes of the digest."""
    return signature_packet(
        key("rsa2048"),
        TEXT,
        MADE,
        sign=lambda signer, _, digest: signing.raw_rsa(signer, block(digest)),
    )


SHA256_NAME = bytes.fromhex("3031300d060960864801650304020105000420")


def padded(tail: bytes, *, head: bytes = b"\0\1", junk: bytes = b"") -> bytes:
    return (head + junk).ljust(255 - len(tail), b"\xff") + b"\0" + tail


def longer_s(signer: SigningKey, hash_id: int, digest: bytes) -> bytes:
    """Add the group's order to S: the same equation holds, RFC 8032 5.1.7 forbids it."""
    both = signing.sign_digest(signer, hash_id, digest)
    order = 2**252 + 27742317777372353535851937790883648493
    return both[:32] + (int.from_bytes(both[32:], "little") + order).to_bytes(32, "little")


def longer_rsa(signer: SigningKey, hash_id: int, digest: bytes) -> bytes:
    """Add the modulus to the signature: the same power, RFC 8017 5.2.2 forbids it."""
    number = int.from_bytes(signing.sign_digest(signer, hash_id, digest)[2:], "big")
    public = read_public_key(signer.body)
    assert isinstance(public, RsaKey)
    return signing.mpi(number + public.n)


def test_the_block_of_the_forgeries_is_otherwise_right() -> None:
    detached(TEXT, rsa_block(lambda digest: padded(SHA256_NAME + digest)), key("rsa2048"))


HOSTILE_SIGNATURES = {
    "empty": (b"", "armored block"),
    "a page of the server": (b"<html>502</html>", "armored block"),
    "cut": (sign()[:-1], "cut short"),
    "one byte more": (sign() + b"\0", "something after"),
    "two packets": (sign() + sign(), "something after"),
    "one byte more inside": (signing.packet(2, BODY + b"\0"), "something after"),
    "public key packet": (signing.packet(6, key().body), "packet of type 6"),
    "partial length": (b"\xc2\xe6" + BODY, "in parts"),
    "indeterminate length": (b"\x8b" + BODY, "how long"),
    "length of gigabytes": (b"\xc2\xff\xff\xff\xff\xff" + BODY, "cut short"),
    "no packet": (signing.armor(b"\x02" + BODY), "no OpenPGP packet"),
    "version 3": (sign(version=3), "version 3"),
    "version 6": (sign(version=6), "version 6"),
    **{
        f"type {kind:#04x}": (sign(kind=kind), f"type {kind:#04x}")
        for kind in (0x02, 0x10, 0x13, 0x18, 0x1F, 0x20, 0x40, 0x50)
    },
    "text signature of other bytes": (sign(kind=1), "changed"),
    "no time": (sign(hashed=(ISSUER,)), "when it was made"),
    "time only unsigned": (sign(hashed=(ISSUER,), unhashed=(TIME,)), "when it was made"),
    "two times": (sign(hashed=(TIME, TIME, ISSUER)), "twice"),
    "short time": (sign(hashed=(signing.subpacket(2, b"\0"), ISSUER)), "wrong length"),
    "two issuers": (sign(hashed=(TIME, ISSUER, ISSUER)), "twice"),
    "issuer of version 6": (sign(hashed=(TIME, b"\x22\x21\x06" + b"\0" * 32)), "no version 4 key"),
    "no issuer": (sign(hashed=(TIME,), unhashed=()), "unknown key: that is not named"),
    "fingerprint only unsigned": (sign(hashed=(TIME,), unhashed=(ISSUER,)), "unknown key"),
    "short id of nobody": (
        sign(hashed=(TIME,), unhashed=(signing.subpacket(16, b"\0" * 8),)), "unknown key: 0000",
    ),
    "critical notation": (
        sign(hashed=(TIME, ISSUER, signing.subpacket(20, b"\0" * 8, critical=True))), "demands .*20",
    ),
    "critical unknown part": (
        sign(hashed=(TIME, ISSUER, signing.subpacket(99, b"", critical=True))), "demands .*99",
    ),
    "part longer than all": (sign(hashed=(TIME, ISSUER, b"\xff\xff\xff\xff\xff\x14")), "cut short"),
    "empty part": (sign(hashed=(TIME, ISSUER, b"\0")), "empty part"),
    "other issuer named": (
        sign(hashed=(TIME, signing.issuer(key("ed25519", "other")))), "changed",
    ),
    "algorithm of RSA": (sign(algorithm=1), "of RSA cannot be by"),
    "algorithm of DSA": (sign(algorithm=17), "of DSA cannot be by"),
    "algorithm unheard of": (sign(algorithm=99), "algorithm 99"),
    "huge number": (numbers(b"\xff\xff" + b"\1" * 8192), "65535 bits"),
    "number longer than its bits": (numbers(b"\0\x01\xff", b"\0\x01\x01"), "wrong length"),
    "number too large": (numbers(signing.mpi(2**300), signing.mpi(1)), "too large"),
    "one number only": (numbers(signing.mpi(2**255)), "cut short"),
    "zeros": (numbers(b"\0\0", b"\0\0"), "changed"),
    "s not reduced": (
        signature_packet(key("ed25519-rfc9580"), TEXT, MADE, sign=longer_s), "changed",
    ),
    "rsa, junk after the digest": (
        rsa_block(lambda d: (b"\0\1" + b"\xff" * 8 + b"\0" + SHA256_NAME + d).ljust(256, b"x")),
        "changed",
    ),
    "rsa, junk in the padding": (
        rsa_block(lambda d: padded(SHA256_NAME + d, junk=b"\xff\xfe")), "changed",
    ),
    "rsa, block of type 2": (
        rsa_block(lambda d: padded(SHA256_NAME + d, head=b"\0\2")), "changed",
    ),
    "rsa, digest without its name": (rsa_block(padded), "changed"),
    "rsa, modulus added": (
        signature_packet(key("rsa2048"), TEXT, MADE, sign=longer_rsa), "changed",
    ),
    "rsa, one": (rsa_block(lambda _: b"\1"), "changed"),
    "rsa, nothing": (rsa_block(lambda _: b""), "changed"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_SIGNATURES)
def test_hostile_signatures_are_refused(name: str) -> None:
    signature, reason = HOSTILE_SIGNATURES[name]
    with pytest.raises(VerificationFailed, match=reason):
        detached(
            TEXT, signature, key(), key("ed25519", "other"), key("rsa2048"), key("ed25519-rfc9580")
        )


def test_a_binary_signature_does_not_sign_a_message() -> None:
    signature = signing.armor(signature_packet(key(), signing.cleartext(TEXT), MADE))
    with pytest.raises(VerificationFailed, match="one of binary data"):
        clear(frame(TEXT, signature))


def test_data_beyond_the_limit_is_refused() -> None:
    with pytest.raises(VerificationFailed, match="signed data is longer"):
        detached(b"x" * ((1 << 20) + 1), detach(key(), TEXT, MADE))
    with pytest.raises(VerificationFailed, match="signature is longer"):
        detached(TEXT, b"\xc2" * ((16 << 10) + 1))


# --- every byte counts ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "rsa2048"])
def test_no_changed_byte_of_a_signature_changes_what_is_believed(kind: signing.Kind) -> None:
    good = signature_packet(key(kind), TEXT, MADE)
    hint = signing.issuer_id(key(kind))  # all that is not signed
    unsigned = range(good.index(hint), good.index(hint) + len(hint))
    step = 1 if kind == "ed25519" else 7
    for at in range(0, len(good), step):
        bad = good[:at] + bytes([good[at] ^ 0x01]) + good[at + 1 :]
        try:
            verified = detached(TEXT, bad, key(kind))
        except VerificationFailed:
            continue
        assert at in unsigned
        assert verified == detached(TEXT, good, key(kind))


def believed_or_refused(message: bytes) -> None:
    try:
        verified = clear(message)
    except VerificationFailed:
        return
    assert verified.data == TEXT


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_message_is_refused_or_reads_the_same(data: st.DataObject) -> None:
    size = len(GOOD_MESSAGE)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, min(size, start + 80)))
    middle = data.draw(
        st.one_of(
            st.binary(max_size=12),
            st.integers(0, size).map(lambda at: GOOD_MESSAGE[at : at + 80]),
            st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"\t", b"- ", b"-----", b"\0", b"="]),
        )
    )
    believed_or_refused(GOOD_MESSAGE[:start] + middle + GOOD_MESSAGE[end:])


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=200).map(lambda body: signing.packet(2, b"\x04\0\x16\x08" + body)),
        st.binary(max_size=200).map(lambda body: signing.armor(signing.packet(2, b"\x04" + body))),
        st.tuples(st.integers(0, len(GOOD_PACKET)), st.binary(max_size=6)).map(
            lambda cut: GOOD_PACKET[: cut[0]] + cut[1] + GOOD_PACKET[cut[0] + len(cut[1]) :]
        ),
    )
)
def test_random_signatures_only_ever_fail_to_verify(signature: bytes) -> None:
    with pytest.raises(VerificationFailed):
        detached(b"another text", signature)
    believed_or_refused(frame(TEXT, signing.armor(signature)))


# --- other implementations ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gpgv(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bool]:
    """Return what gpgv says of a signature: does it hold?"""
    program = shutil.which("gpgv")
    if program is None:
        pytest.skip("needs gpgv (Debian package gpgv)")
    home = tmp_path_factory.mktemp("gpgv")
    certificates = (key(kind) for kind in ("ed25519", "rsa2048", "rsa3072"))
    (home / "keys.gpg").write_bytes(b"".join(map(signing.certificate, certificates)))

    def holds(*parts: bytes) -> bool:
        paths = [home / f"part{number}" for number in range(len(parts))]
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(part)
        options = f"--homedir {home} --keyring {home}/keys.gpg --status-fd 1".split()
        command = [program, *options, *map(str, paths)]
        result = subprocess.run(command, capture_output=True, check=False)
        return b"[GNUPG:] VALIDSIG" in result.stdout

    return holds


def verifies(*parts: bytes) -> bool:
    keys = (key(), key("rsa2048"), key("rsa3072"))
    try:
        clear(*parts, *keys) if len(parts) == 1 else detached(parts[1], parts[0], *keys)
    except VerificationFailed:
        return False
    return True


@pytest.mark.parametrize("kind", ["ed25519", "rsa2048", "rsa3072"])
def test_gpgv_agrees_on_good_and_bad(gpgv: Callable[..., bool], kind: signing.Kind) -> None:
    chance = random.Random(kind)
    text = b"first  \n-dash\n- dash \nFrom me\n\ttab\t\n\nlast\n"
    for hash_id in (8, 9, 10):
        message = clearsign(key(kind), text, MADE, hash_id=hash_id)
        assert gpgv(message)
        assert verifies(message)
        for _ in range(4):
            at = chance.randrange(message.index(b"first"), message.index(b"\n-----BEGIN PGP SIG"))
            bad = message[:at] + bytes([message[at] ^ 0x02]) + message[at + 1 :]
            assert gpgv(bad) == verifies(bad)
    for signed, given_data in ((text, text), (text, text[:-1]), (b"", b""), (b"", b"\n")):
        signature = detach(key(kind), signed, MADE)
        assert (
            gpgv(signature, given_data) == verifies(signature, given_data) == (signed == given_data)
        )
        bad = signature[:-1] + bytes([signature[-1] ^ 1])
        assert not gpgv(bad, given_data)
        assert not verifies(bad, given_data)


# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    ],
)
def test_ed25519_gives_the_results_of_its_rfc(public: str, message: str, signature: str) -> None:
    key_bytes, data, value = (bytes.fromhex(text) for text in (public, message, signature))
    assert ed25519_verifies(key_bytes, value, data)
    assert not ed25519_verifies(key_bytes, value, data + b"\0")
    assert not ed25519_verifies(key_bytes, value[:-1], data)


def test_ed25519_agrees_with_cryptography() -> None:
    for number in range(8):
        secret = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public, message = secret.public_key().public_bytes_raw(), bytes([number]) * number
        signature = secret.sign(message)
        assert ed25519_verifies(public, signature, message)
        assert not ed25519_verifies(public, signature[32:] + signature[:32], message)


@pytest.mark.parametrize(
    "public",
    [(2**255 - 18).to_bytes(32, "little"), b"\x02" + bytes(31), b"\x01" + bytes(30) + b"\x80"],
)
def test_bytes_that_are_no_point_verify_nothing(public: bytes) -> None:
    neutral = b"\x01" + bytes(63)  # holds for every message, were they read as the neutral point
    assert not ed25519_verifies(public, neutral, b"")
