"""SHASUMS files, digests and integrity: nothing passes that was not published."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.runtime_bundle.errors import NotPublished, RtError, VerificationFailed
from rtinstall.runtime_bundle.verify import (
    Checker,
    Digest,
    Shasums,
    check_shasums,
    check_shasums_detached,
    parse_integrity,
    parse_shasums,
)
from world.signing import armor, clearsign, detach, keyring, make_key, pinned

DATA = Path(__file__).parent.parent / "data" / "shasums"
NOW = 1_800_000_000
MADE = NOW - 1000
KEY = make_key("ed25519", "Ada Signer", MADE - 1000)
KEYS = keyring(KEY)

A, B = "0a" * 32, "0b" * 32
TEXT = f"{A}  node-v24.19.0-linux-x64.tar.gz\n{B}  win-x64/node.exe\n".encode()
SIGNED = clearsign(KEY, TEXT, MADE)
SIGNATURE = detach(KEY, TEXT, MADE)

FILES = {"node-v24.19.0-linux-x64.tar.gz": A, "win-x64/node.exe": B}


def check(signed: bytes) -> Shasums:
    return check_shasums(signed, keys=KEYS, now=NOW)


def check_detached(text: bytes, signature: bytes) -> Shasums:
    return check_shasums_detached(text, signature, keys=KEYS, now=NOW)


@pytest.mark.parametrize(
    "shasums",
    [
        pytest.param(lambda: check(SIGNED), id="clear-signed"),
        pytest.param(lambda: check_detached(TEXT, SIGNATURE), id="binary signature"),
        pytest.param(lambda: check_detached(TEXT, armor(SIGNATURE)), id="armored signature"),
    ],
)
def test_signed_checksums_are_read_with_their_signer(shasums: Callable[[], Shasums]) -> None:
    found = shasums()
    assert found.files == FILES
    assert (found.signer.holder, found.signer.key) == ("Ada Signer", KEY.fingerprint)
    assert found.warnings == ()
    assert found.digest("win-x64/node.exe") == Digest.sha256(B)


@pytest.mark.parametrize("form", ["clear-signed", "detached"])
def test_warnings_are_passed_on_and_strict_refuses(form: str) -> None:
    keys = keyring(pinned(KEY, expires=MADE - 1))

    def found(*, strict: bool) -> Shasums:
        if form == "detached":
            return check_shasums_detached(TEXT, SIGNATURE, keys=keys, now=NOW, strict=strict)
        return check_shasums(SIGNED, keys=keys, now=NOW, strict=strict)

    assert "expired" in found(strict=False).warnings[0]
    with pytest.raises(VerificationFailed, match="expired"):
        found(strict=True)


@pytest.mark.parametrize(
    ("version", "files", "sha256"),
    [
        ("v14.2.0", 32, "468cbd92271da8c0cacaa3fa432a73a332e398bade8ad7359a94aa8ab3cc3cca"),
        ("v22.13.1", 41, "0d2a5af33c7deab5555c8309cd3f373446fe1526c1b95833935ab3f019733b3b"),
    ],
)
def test_real_releases_are_accepted(version: str, files: int, sha256: str) -> None:
    found = check_shasums((DATA / f"SHASUMS256-{version}.txt.asc").read_bytes(), now=NOW)
    assert len(found.files) == files
    assert found.files[f"node-{version}-linux-x64.tar.xz"] == sha256
    assert found.files["win-x64/node.exe"] != found.files["win-x86/node.exe"]


def test_a_real_release_signed_with_sha1_is_refused() -> None:
    with pytest.raises(VerificationFailed, match="SHA-1"):
        check_shasums((DATA / "SHASUMS256-v0.10.0.txt.asc").read_bytes(), now=NOW)


def test_one_changed_digit_in_a_real_release_is_found() -> None:
    signed = (DATA / "SHASUMS256-v22.13.1.txt.asc").read_bytes()
    with pytest.raises(VerificationFailed, match="changed"):
        check_shasums(signed.replace(b"ed52239294ad", b"ed52239294ae"), now=NOW)


# --- fail open nowhere: what a server or a disk gives instead of the file -------------------------

INSTEAD = {
    "empty": b"",
    "line end": b"\n",
    "not found page": b"<html><head><title>404 Not Found</title></head></html>\n",
    "server error": b'{"error":"internal server error","status":500}\n',
    "portal": b"<!DOCTYPE html>\n<script>location='/login'</script>\n",
    "zeros": bytes(4096),
    "the unsigned text": TEXT,
    "another file": b"\x1f\x8b\x08\0" + bytes(64),
}


@pytest.mark.parametrize("instead", INSTEAD)
def test_nothing_else_passes_for_signed_checksums(instead: str) -> None:
    with pytest.raises(VerificationFailed):
        check(INSTEAD[instead])


@pytest.mark.parametrize("instead", INSTEAD)
def test_nothing_else_passes_for_a_signature(instead: str) -> None:
    with pytest.raises(VerificationFailed):
        check_detached(TEXT, INSTEAD[instead])


@pytest.mark.parametrize("instead", [name for name in INSTEAD if name != "the unsigned text"])
def test_nothing_else_passes_for_the_checksums(instead: str) -> None:
    with pytest.raises(VerificationFailed):
        check_detached(INSTEAD[instead], SIGNATURE)
    with pytest.raises(VerificationFailed):  # not even when it is signed
        check(clearsign(KEY, INSTEAD[instead], MADE))


@pytest.mark.parametrize("part", range(1, 20))
def test_a_truncated_file_never_passes(part: int) -> None:
    with pytest.raises(VerificationFailed):
        check(SIGNED[: len(SIGNED) * part // 20])
    with pytest.raises(VerificationFailed):
        check_detached(TEXT[: len(TEXT) * part // 20], SIGNATURE)
    with pytest.raises(VerificationFailed):
        check_detached(TEXT, SIGNATURE[: len(SIGNATURE) * part // 20])


def test_an_empty_keyring_believes_nobody() -> None:
    with pytest.raises(VerificationFailed, match="unknown key"):
        check_shasums(SIGNED, keys={}, now=NOW)


def test_by_default_only_the_release_keys_count() -> None:
    with pytest.raises(VerificationFailed, match="unknown key"):
        check_shasums(SIGNED, now=NOW)


# --- the list of checksums ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "node-v24.19.0-linux-x64.tar.g",
        "node-v24.19.0-linux-x64.tar.gz.sig",
        "ode-v24.19.0-linux-x64.tar.gz",
        "node.exe",
        "x64/node.exe",
        "./win-x64/node.exe",
        "WIN-X64/node.exe",
        "",
        A,
    ],
)
def test_a_name_is_matched_whole(name: str) -> None:
    with pytest.raises(NotPublished, match="not among the 2 files"):
        check(SIGNED).digest(name)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (f"{A}  a\n{A}  b\n", {"a": A, "b": A}),
        (f"{A}  a\n{A}  a\n", {"a": A}),
        (f"{A}  a\n\n", {"a": A}),
        (f"{A}  docs/api/fs.html\n", {"docs/api/fs.html": A}),
        (f"{A}  ..a\n{A}  a..b/c...\n", {"..a": A, "a..b/c...": A}),
        (f"{A}  nodejs_24.0~rc1+b-1_amd64.deb\n", {"nodejs_24.0~rc1+b-1_amd64.deb": A}),
    ],
)
def test_checksums_are_read(text: str, files: dict[str, str]) -> None:
    assert parse_shasums(text.encode()) == files


GOOD_LINE = f"{A}  good\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{A} a\n", "line 2"),
        (f"{A}   a\n", "line 2"),
        (f"{A} *a\n", "line 2"),
        (f"{A}\ta\n", "line 2"),
        (f"{A}  \n", "line 2"),
        (f"{A}\n", "line 2"),
        (f" {A}  a\n", "line 2"),
        (f"{A[1:]}  a\n", "line 2"),
        (f"{A}0  a\n", "line 2"),
        (f"{A[:40]}  a\n", "line 2"),
        (f"{A.upper()}  a\n", "line 2"),
        (f"{'g' * 64}  a\n", "line 2"),
        (f"{A}  a b\n", "line 2"),
        (f"{A}  a \n", "line 2"),
        (f"{A}  a\r\n", "line 2"),
        (f"{A}  a\0\n", "line 2"),
        (f"{A}  a\x1b[0m\n", "line 2"),
        (f"{A}  a\x7f\n", "line 2"),
        (f"{A}  a\x85b\n", "line 2"),
        (f"{A}  \u0430\n", "line 2"),
        (f"{A}  /a\n", "line 2"),
        (f"{A}  ../a\n", "line 2"),
        (f"{A}  a/../b\n", "line 2"),
        (f"{A}  a/..\n", "line 2"),
        (f"{A}  ..\n", "line 2"),
        (f"{A}  ./a\n", "line 2"),
        (f"{A}  a//b\n", "line 2"),
        (f"{A}  a/\n", "line 2"),
        (f"{A}  a\\b\n", "line 2"),
        (f"\n{A}  a\n", "line 2"),
        ("# comment\n", "line 2"),
        (f"{B}  good\n", "two different ones for good"),
        (f"{A}  a", "cut short"),
    ],
)
def test_one_odd_line_spoils_the_list(line: str, reason: str) -> None:
    with pytest.raises(VerificationFailed, match=reason):
        parse_shasums((GOOD_LINE + line).encode())


@pytest.mark.parametrize("text", [b"", b"\n", b"\n\n", b"\xff\xfe\n"])
def test_what_lists_no_checksum_is_refused(text: bytes) -> None:
    with pytest.raises(VerificationFailed):
        parse_shasums(text)


def test_a_list_beyond_the_limit_is_refused() -> None:
    lines = GOOD_LINE.encode() * (1 + (1 << 20) // len(GOOD_LINE))
    with pytest.raises(VerificationFailed, match="longer than 1048576 bytes"):
        parse_shasums(lines)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(), st.text(alphabet="0a /.\n\\-").map(str.encode)))
def test_any_bytes_are_a_list_or_an_error_of_ours(text: bytes) -> None:
    try:
        files = parse_shasums(text)
    except RtError:
        return
    assert files
    assert all(len(digest) == 64 and name for name, digest in files.items())


# --- digests and integrity ------------------------------------------------------------------------


def integrity(algorithm: str, data: bytes) -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@pytest.mark.parametrize(
    "expected",
    [
        Digest.sha256(hashlib.sha256(b"abc").hexdigest()),
        Digest.sha256(hashlib.sha256(b"abc").hexdigest().upper()),
        *(parse_integrity(integrity(name, b"abc")) for name in ("sha256", "sha384", "sha512")),
    ],
    ids=str,
)
def test_a_checker_accepts_the_bytes_and_nothing_else(expected: Digest) -> None:
    expected.check([b"a", b"", b"bc"], "node.tar.gz")
    for chunks in ([b"abd"], [b"ab"], [b"abc", b"\0"], []):
        with pytest.raises(VerificationFailed, match=r"node\.tar\.gz is not the file"):
            expected.check(chunks, "node.tar.gz")


def test_a_wrong_digest_is_reported_with_both_and_the_size() -> None:
    checker = Checker(Digest.sha256(A))
    checker.update(b"ab")
    checker.update(b"c")
    with pytest.raises(VerificationFailed) as caught:
        checker.finish("x.tar.gz")
    assert str(caught.value) == (
        "x.tar.gz is not the file that was published: sha256 of its 3 bytes is "
        f"{hashlib.sha256(b'abc').hexdigest()}, expected {A}"
    )


@pytest.mark.parametrize("text", ["", A[1:], A + "0", A[:-1] + "g", A + "\n", f"sha256:{A}"])
def test_what_is_no_sha256_makes_no_digest(text: str) -> None:
    with pytest.raises(VerificationFailed, match="is no SHA-256"):
        Digest.sha256(text)


@pytest.mark.parametrize(
    ("text", "accepts", "refuses"),
    [
        (integrity("sha512", b"a"), [b"a"], [b"b"]),
        (f"  {integrity('sha512', b'a')}?opt=1\n", [b"a"], [b"b"]),
        (f"{integrity('sha256', b'b')} {integrity('sha512', b'a')}", [b"a"], [b"b"]),
        (f"{integrity('sha512', b'a')} {integrity('sha384', b'b')}", [b"a"], [b"b"]),
        (f"{integrity('sha384', b'a')} {integrity('sha256', b'b')}", [b"a"], [b"b"]),
        (f"{integrity('sha512', b'a')} {integrity('sha512', b'b')}", [b"a", b"b"], [b"c"]),
        (f"{integrity('sha1', b'b')} {integrity('sha256', b'a')} md5-x what", [b"a"], [b"b"]),
    ],
)
def test_the_strongest_integrity_counts(
    text: str, accepts: list[bytes], refuses: list[bytes]
) -> None:
    digest = parse_integrity(text)
    for data in accepts:
        digest.check([data], "x")
    for data in refuses:
        with pytest.raises(VerificationFailed):
            digest.check([data], "x")


def test_a_digest_keeps_the_form_it_was_published_in() -> None:
    text = integrity("sha512", b"a")
    assert parse_integrity(f"{integrity('sha256', b'a')} {text}?x").text == text
    assert Digest.sha256(A.upper()).text == f"sha256:{A}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "sha512",
        "sha512-",
        "sha512-AAAA",
        "sha512-!!!!",
        "sha512-\u00e4",
        integrity("sha512", b"a")[:-1],
        integrity("sha512", b"a") + "=",
        integrity("sha512", b"a").replace("-", ":"),
        integrity("sha512", b"a").upper(),
        integrity("sha1", b"a"),
        integrity("md5", b"a"),
        f"{integrity('sha256', b'a')} sha512-AAAA",
        integrity("sha256", b"a").replace("sha256", "sha512"),
        hashlib.sha512(b"a").hexdigest(),
    ],
)
def test_odd_or_weak_integrity_is_refused(text: str) -> None:
    with pytest.raises(VerificationFailed):
        parse_integrity(text)
