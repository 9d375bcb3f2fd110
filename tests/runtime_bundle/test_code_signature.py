"""A Mach-O's embedded signature: what it says, and that damage to it or to what it signs is found."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import macho
from readers import macho as reader
from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.macho import thin
from rtinstall.runtime_bundle.executables.signature import (
    Signature,
    check_signature,
)
from rtinstall.runtime_bundle.model import Blob, Slice

ARM64 = macho.executable("arm64", weight=20_000)
X64 = macho.executable("x64", signed=True, weight=20_000)
ADHOC = Signature("node", "", True, False, False, ("sha256",))
CODE = ARM64[: ARM64.rindex(struct.pack(">I", 0xFADE0CC0))]


def signed(new: bytes, code: bytes = CODE) -> bytes:
    """Return ``code``, whose load command is made to lead to the signature ``new``."""
    place = code.index(struct.pack("<2I", 0x1D, 16))
    return code[: place + 12] + struct.pack("<I", len(new)) + code[place + 16 :] + new


def resigned(**words: object) -> bytes:
    """Return an executable with a whole signature, of whatever kind."""
    # The length of the signature stands in what it signs, so it is made twice.
    size = len(macho.signature(CODE, **words))  # type: ignore[arg-type]
    code = signed(bytes(size))[: len(CODE)]
    return code + macho.signature(code, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize("arch", ["x64", "arm64"])
@pytest.mark.parametrize("weight", [0, 3_600, 3_840, 20_000, 1 << 21])
def test_an_ad_hoc_signature_is_right_at_every_size(arch: str, weight: int) -> None:
    data = macho.executable(arch, signed=True, weight=weight)
    (part,) = reader.read(data)
    assert part.signature() == {"adhoc": True, "hardened": False, "cms": False}
    assert check_signature(Blob(data)) == {arch: ADHOC}
    assert str(ADHOC) == "ad hoc"


@pytest.mark.parametrize(("kind", "algorithm"), [(1, "sha1"), (2, "sha256")])
def test_a_signature_with_a_certificate_names_its_team(kind: int, algorithm: str) -> None:
    data = resigned(
        kind=kind, flags=0x10000, team=b"ABCDE12345", cms=b"certificates", entitlements=b"<plist/>"
    )
    found = check_signature(Blob(data))["arm64"]
    assert found == Signature("node", "ABCDE12345", False, True, True, (algorithm,))
    assert str(found) == "by team ABCDE12345, hardened"
    (part,) = reader.read(data)
    said = {"adhoc": False, "hardened": True, "cms": True, "team": "ABCDE12345"}
    assert part.signature() == said


def test_an_empty_certificate_is_none() -> None:
    found = check_signature(Blob(resigned(cms=b"")))["arm64"]
    assert found is not None
    assert not found.certificate


def test_only_arm64_needs_a_signature() -> None:
    assert check_signature(Blob(macho.executable("x64"))) == {"x64": None}
    for data in (macho.executable("arm64", signed=False),
                 macho.executable("x64", "arm64", signed=False)):  # fmt: skip
        with pytest.raises(WrongBinary, match="not signed") as caught:
            check_signature(Blob(data))
        assert "codesign" in caught.value.hint


@pytest.mark.parametrize("place", [4, 40, 4_095, 4_096, 9_000, len(CODE) - 1])
def test_a_changed_byte_is_found_on_its_page(place: int) -> None:
    data = bytearray(ARM64)
    data[place] ^= 1
    if place == 4:
        with pytest.raises(WrongBinary):
            check_signature(Blob(bytes(data)))
        return
    with pytest.raises(WrongBinary, match=f"page {place // 4096} of the arm64"):
        check_signature(Blob(bytes(data)))
    with pytest.raises(ValueError, match=f"page {place // 4096}"):
        reader.read(bytes(data))[0].signature()


def test_every_part_of_a_universal_executable_is_checked() -> None:
    data = bytearray(macho.universal(X64, ARM64))
    assert check_signature(Blob(bytes(data))) == {"x64": ADHOC, "arm64": ADHOC}
    data[0x4000 + 5_000] ^= 1
    with pytest.raises(WrongBinary, match="page 1 of the x64"):
        check_signature(Blob(bytes(data)))


def test_a_slice_of_a_file_is_checked_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b"before" + ARM64 + b"after")
    assert check_signature(Slice(path, 6, len(ARM64))) == {"arm64": ADHOC}


def word(place: int, value: int, width: int = 4) -> bytes:
    """Return the good signature with a big-endian number somewhere else."""
    good = ARM64[len(CODE) :]
    return CODE + good[:place] + value.to_bytes(width, "big") + good[place + width :]


# Behind the super blob (12) and its one row (8): the code directory.
DIRECTORY = 20
# The second row of the super blob leads to the entitlements: slot 5.
ENTITLED = resigned(entitlements=b"<plist/>")
assert ENTITLED[len(CODE) + 20 : len(CODE) + 24] == b"\0\0\0\5"
BROKEN = {
    "other magic": word(0, 0xFADE0CC1),
    "longer than its room": word(4, 1 << 20),
    "no blobs": word(8, 0),
    "too many blobs": word(8, 1 << 20),
    "blob outside": word(16, 1 << 20),
    "no code directory": word(12, 2),
    "directory magic": word(DIRECTORY, 0xFADE0C03),
    "directory too long": word(DIRECTORY + 4, 1 << 20),
    "directory too short": word(DIRECTORY + 4, 40),
    "hashes outside": word(DIRECTORY + 16, 1 << 20),
    "identifier outside": word(DIRECTORY + 20, 1 << 20),
    "special hashes outside": word(DIRECTORY + 24, 1 << 20),
    "fewer pages": word(DIRECTORY + 28, 5),
    "limit": word(DIRECTORY + 32, 20_000),
    "hash size": word(DIRECTORY + 36, 20, 1),
    "hash type": word(DIRECTORY + 37, 9, 1),
    "page size": word(DIRECTORY + 39, 40, 1),
    "covers a part": resigned(limit=8_192),
    "covers itself": resigned(limit=len(CODE) + 1),
    "cut short": ARM64[:-40],
    "entitlements changed": ENTITLED.replace(b"<plist/>", b"<plisT/>"),
    "entitlements gone": ENTITLED[: len(CODE) + 23] + b"\x09" + ENTITLED[len(CODE) + 24 :],
    "two signatures": ARM64.replace(struct.pack("<2I", 0x32, 24), struct.pack("<2I", 0x1D, 24)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_malformed_signature_is_the_wrong_binary(name: str) -> None:
    assert BROKEN[name] != ARM64
    with pytest.raises(WrongBinary):
        check_signature(Blob(BROKEN[name]))


@settings(max_examples=300, deadline=None)
@given(
    place=st.integers(0, len(ARM64) - len(CODE) + 300),
    value=st.binary(min_size=1, max_size=6),
    length=st.integers(len(CODE) - 100, len(ARM64)),
)
def test_damage_raises_nothing_but_wrong_binary(place: int, value: bytes, length: int) -> None:
    at = place if place < 300 else len(CODE) + place - 300
    data = ARM64[:at] + value + ARM64[at + len(value) :]
    with suppress(WrongBinary):
        check_signature(Blob(data[:length]))


@pytest.mark.parametrize(
    "data",
    [
        macho.universal(ARM64, ARM64),
        macho.universal(X64, ARM64)[:-1],
        macho.universal(X64, ARM64).replace(
            struct.pack(">2I", 0x0100000C, 0), struct.pack(">2I", 0x01000007, 0)
        ),
        # the second slice begins within the first
        macho.universal(X64, ARM64).replace(struct.pack(">I", 0xC000), struct.pack(">I", 0x5000)),
        macho.universal(X64, ARM64).replace(struct.pack(">I", 0x4000), struct.pack(">I", 0x20)),
    ],
)
def test_parts_that_overlap_or_repeat_are_refused(data: bytes) -> None:
    with pytest.raises(WrongBinary):
        thin(Blob(data))
