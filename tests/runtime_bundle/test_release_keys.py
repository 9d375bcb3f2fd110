"""The pinned keys are what they say, and decide real releases as the Node.js project meant them."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.errors import VerificationFailed
from rtinstall.runtime_bundle.openpgp import PinnedKey, verify_clearsigned
from rtinstall.runtime_bundle.openpgp.packets import RsaKey, fingerprint, read_public_key
from rtinstall.runtime_bundle.release_keys import RELEASE_KEYS

DATA = Path(__file__).parent.parent / "data" / "shasums"


@pytest.mark.parametrize("pin", RELEASE_KEYS.values(), ids=lambda pin: pin.fingerprint)
def test_a_pinned_release_key_is_the_one_of_its_fingerprint(pin: PinnedKey) -> None:
    body = base64.b64decode(pin.material, validate=True)
    assert fingerprint(body) == pin.fingerprint
    assert RELEASE_KEYS[pin.fingerprint] is pin
    numbers = read_public_key(body)
    if isinstance(numbers, RsaKey):
        assert numbers.n.bit_length() >= 2048
        assert numbers.e == 65537
    if pin.window:
        first, last = pin.window
        assert pin.status == "retired"
        assert numbers is None or datetime.fromtimestamp(numbers.created, UTC).date() <= first
        assert first <= last


def test_short_ids_of_pinned_keys_are_unique() -> None:
    assert len({fingerprint[-16:] for fingerprint in RELEASE_KEYS}) == len(RELEASE_KEYS)


def test_the_nine_active_releasers_are_pinned() -> None:
    active = {pin.primary for pin in RELEASE_KEYS.values() if pin.status == "active"}
    assert active == {
        "108F52B48DB57BB0CC439B2997B01419BD92F80A",
        "5BE8A3F6C8A5C01D106C0AD820B1A390B168D356",
        "655F3B5C1FB3FA8D1A0CA6BDE4A7D232B936D2FD",
        "890C08DB8579162FEE0DF9DB8BEAB4DFCF555EF4",
        "8FCCA13FEF1D0C2E91008E09770F7A9A5AE15600",
        "A363A499291CBBC940DD62E41F10027AF002F8B0",
        "C82FA3AE1CBEDC6BE46B9360C43CEC45C17AB93C",
        "CC68F5A3106FF448322E48ED27F5E38D5B0A215F",
        "DD792F5973C6DE52C432CBDAC77ABFA00DDBF2B7",
    }
    assert len({pin.primary for pin in RELEASE_KEYS.values()}) == 29


@pytest.mark.parametrize(
    ("subkey", "primary"),
    [
        # The one that signed v24.12.0, and stopped every tool that knew the primary only.
        ("86C8D74642E67846F8E120284DAA80D1E737BC9F", "8FCCA13FEF1D0C2E91008E09770F7A9A5AE15600"),
        ("C2B25D9B4272DB29565BA87F3C7824F39A895758", "A363A499291CBBC940DD62E41F10027AF002F8B0"),
    ],
)
def test_active_signing_subkeys_are_pinned(subkey: str, primary: str) -> None:
    assert (RELEASE_KEYS[subkey].primary, RELEASE_KEYS[subkey].status) == (primary, "active")


@pytest.mark.parametrize(
    ("version", "holder"), [("v14.2.0", "Michaël Zasso"), ("v22.13.1", "Rafael Gonzaga")]
)
def test_real_releases_verify(version: str, holder: str) -> None:
    message = (DATA / f"SHASUMS256-{version}.txt.asc").read_bytes()
    verified = verify_clearsigned(message, keys=RELEASE_KEYS, now=1_800_000_000, strict=True)
    assert verified.signer.holder == holder
    assert f"node-{version}-linux-x64.tar.xz\n".encode() in verified.data
    revoked = {fpr: replace(pin, status="revoked") for fpr, pin in RELEASE_KEYS.items()}
    with pytest.raises(VerificationFailed, match="revoked"):
        verify_clearsigned(message, keys=revoked, now=1_800_000_000)


def test_a_real_release_signed_with_sha1_is_refused() -> None:
    message = (DATA / "SHASUMS256-v0.10.0.txt.asc").read_bytes()
    with pytest.raises(VerificationFailed, match="SHA-1"):
        verify_clearsigned(message, keys=RELEASE_KEYS, now=1_800_000_000)
