from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.runtime_bundle import der
from rtinstall.runtime_bundle.arithmetic import ed25519_verifies
from rtinstall.runtime_bundle.errors import BadConfiguration, NotReadable
from rtinstall.runtime_bundle.freebsd.abi import abi_of, fits, legacy
from rtinstall.runtime_bundle.freebsd.keys import (
    FREEBSD_KEYS,
    EdKey,
    RsaKey,
    TrustedKey,
    public_key,
)
from rtinstall.runtime_bundle.freebsd.ucl import parse
from rtinstall.runtime_bundle.targets import target_named
from world.freebsd import make_key

# What pkg 2.8.99 printed for "pkg key --create -t eddsa", and signed the BLAKE2b of a catalogue with.
PKG_KEY = bytes.fromhex(
    "305e0c03706b670201010c036563630c0857454932353531390101ff0342000476e7ce9e7eb18be1"
    "abc7d413cc39d3bc27ae80a711a64026c81d0d7a94e314290bcff222ed2635aad2da215b60a03e62"
    "39c14dc21d17082176363759c30084eb"
)
PKG_SIGNATURE = bytes.fromhex(
    "3045022100dcd7a419dd8305a744fd6810af60dc47f19642e1e1ee987bbf845b81748d0ecb022036"
    "84bda8bc0560245f329f452b8143215e24dbe394a40b41a218ca39bbea780f"
)
PKG_SIGNED = bytes.fromhex(
    "44a197be6e92326be7b5c77fa5ace02a8f5b69e002e44c305af4159fc11c42971cd07c9d34136bb9"
    "0f6668efdfcbc069ffe94f9566de92bed36745c0c306a8b3"
)


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_an_rsa_key_is_what_another_library_reads() -> None:
    numbers = make_key().secret.public_key().public_numbers()
    assert public_key(make_key().public) == RsaKey(numbers.n, numbers.e)
    spaced = b"a comment\n" + make_key().public.replace(b"\n", b"\r\n")
    assert public_key(spaced) == RsaKey(numbers.n, numbers.e)


def test_the_ed25519_key_of_pkg_verifies_what_pkg_has_signed() -> None:
    key = public_key(PKG_KEY)
    assert isinstance(key, EdKey)
    halves = der.sequence(PKG_SIGNATURE, der.INTEGER, der.INTEGER)
    raw = b"".join(der.unsigned(half).to_bytes(32, "big") for half in halves)
    assert ed25519_verifies(key.point, raw, PKG_SIGNED)
    assert not ed25519_verifies(key.point, raw, PKG_SIGNED[:-1] + b"x")


def small() -> bytes:
    return pem(rsa.generate_private_key(65537, 1024).public_key())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no public key in PEM"),
        (b"ssh-rsa AAAA", "no public key in PEM"),
        (make_key().private, "no public key in PEM"),
        (make_key().public * 2, "or several"),
        (make_key().public.replace(b"MII", b"MI="), "malformed"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no element"),
        (small(), "1024 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1()).public_key()), "no RSA key"),
        (pem(ed25519.Ed25519PrivateKey.generate().public_key()), "no RSA key"),
        (
            ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            "ECDSA is not supported",
        ),
        (PKG_KEY[:-1], "not Ed25519"),
        (PKG_KEY[:-1] + bytes([PKG_KEY[-1] ^ 1]), "not on the curve"),
        (PKG_KEY.replace(b"ecc", b"xxx"), "not Ed25519, or not public"),
        (b"x" * 70_000, "more than"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_such_key_is_refused_with_its_reason(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        public_key(data)
    with pytest.raises(BadConfiguration, match="a file is no key of a FreeBSD repository"):
        TrustedKey.of("a file", data)


@given(st.integers(0, 293), st.integers(1, 255))
def test_a_changed_key_is_another_key_or_none(at: int, change: int) -> None:
    body = base64.b64decode(b"".join(make_key().public.splitlines()[1:-1]))
    changed = body[:at] + bytes([body[at] ^ change]) + body[at + 1 :]
    text = base64.encodebytes(changed)
    try:
        found = public_key(b"-----BEGIN PUBLIC KEY-----\n" + text + b"-----END PUBLIC KEY-----\n")
    except ValueError:
        return
    assert found != public_key(make_key().public)


@given(st.binary(max_size=60))
def test_der_gives_bodies_or_a_value_error(data: bytes) -> None:
    for tags in ((der.INTEGER,), (der.SEQUENCE, der.OID), ()):
        try:
            bodies = der.elements(data, *tags)
        except ValueError:
            continue
        assert len(bodies) == len(tags)


@given(st.binary(max_size=70_000))
def test_der_has_one_form_for_a_length(body: bytes) -> None:
    size = len(body)
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 0x80 else bytes([0x80 | len(digits)]) + digits
    assert der.elements(b"\x02" + length + body, der.INTEGER) == (body,)
    longer = bytes([0x80 | (len(digits) + 1)]) + b"\0" + digits
    with pytest.raises(ValueError, match="shortest"):
        der.elements(b"\x02" + longer + body, der.INTEGER)


@pytest.mark.parametrize("body", [b"", b"\x80", b"\xff\x01", b"\x00\x01"])
def test_numbers_are_positive_and_short(body: bytes) -> None:
    with pytest.raises(ValueError, match="negative"):
        der.unsigned(body)


def test_a_key_is_trusted_by_its_file_by_a_fingerprint_or_by_the_file_of_one() -> None:
    fingerprint = hashlib.sha256(make_key().public).hexdigest()
    assert TrustedKey.of("own.pub", make_key().public).fingerprint == fingerprint
    assert TrustedKey.known_by(fingerprint.upper()).fingerprint == fingerprint
    for text in (
        f'# a comment\n\nfunction: "sha256"\nfingerprint: "{fingerprint}"\n',
        f"function = sha256;\nfingerprint = {fingerprint};\n",
    ):
        found = TrustedKey.of("pkg.example.org", text.encode())
        assert (found.name, found.fingerprint, found.key) == ("pkg.example.org", fingerprint, None)


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration, match="is no fingerprint of a key"):
        TrustedKey.known_by(text)


def test_the_projects_own_key_is_pinned() -> None:
    (key,) = FREEBSD_KEYS
    assert key.name == "pkg.freebsd.org.2013102301"
    assert key.fingerprint == "b0170035af3acc5f3f3ae1859dc717101b4e6c1d0a794ad554928ca0cbb2f438"


@pytest.mark.parametrize(
    ("stated", "wanted", "fit"),
    [
        ("FreeBSD:14:amd64", "FreeBSD:14:amd64", True),
        ("freebsd:14:x86:64", "FreeBSD:14:amd64", True),
        ("FreeBSD:14:*", "FreeBSD:14:amd64", True),
        ("freebsd:14:*", "FreeBSD:14:aarch64", True),
        ("FreeBSD:*:amd64", "FreeBSD:15:amd64", True),
        ("*", "FreeBSD:14:amd64", True),
        ("FreeBSD:14:aarch64", "FreeBSD:14:amd64", False),
        ("FreeBSD:13:*", "FreeBSD:14:amd64", False),
        ("FreeBSD:1:*", "FreeBSD:14:amd64", False),
        ("FreeBSD:14", "FreeBSD:14:amd64", False),
        ("DragonFly:14:*", "FreeBSD:14:amd64", False),
        ("freebsd:14:aarch64:64", "FreeBSD:14:amd64", False),
        ("", "FreeBSD:14:amd64", False),
    ],
)
def test_a_package_fits_where_pkg_would_install_it(stated: str, wanted: str, *, fit: bool) -> None:
    assert fits(stated, wanted) == fit


def test_targets_are_called_as_pkg_calls_them() -> None:
    assert abi_of(target_named("freebsd-x64"), "14") == "FreeBSD:14:amd64"
    assert abi_of(target_named("freebsd-arm64"), "15") == "FreeBSD:15:aarch64"
    assert legacy("FreeBSD:14:amd64") == "freebsd:14:x86:64"
    assert legacy("FreeBSD:14:*") == "freebsd:14:*"
    assert legacy("*") == "*"


@given(st.text(alphabet='ab12 \n{}[];:=,"#/*\\', max_size=60))
def test_a_configuration_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text.encode(), "meta.conf")
    except NotReadable:
        return
    assert all(key == key.lower() for key in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = 1;\nb: two\nC \"th\\u0072ee\"", {"a": "1", "b": "two", "c": "three"}),
        ('{"a": [1, "2", {"b": []}], "c": {"d": true}}',
         {"a": ["1", "2", {"b": []}], "c": {"d": "true"}}),
        ("# only a comment", {}),
        ("a { b = 1; } /* c = 2 */ d = 3", {"a": {"b": "1"}, "d": "3"}),
    ],
)  # fmt: skip
def test_the_forms_that_pkg_writes_are_read(text: str, found: object) -> None:
    assert parse(text.encode(), "x") == found
