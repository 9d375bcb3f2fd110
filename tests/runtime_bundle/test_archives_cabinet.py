"""Cabinets, stored and MSZIP: content and names as they were put in, and no lie accepted."""

import io
import os
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from msi_makers import cabinet, cabinet_block
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.archives.cabinet import Cabinet
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits, Meter
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive

TEXT = [("a", b"text\n" * 20_000), ("empty", b""), ("b.txt", b"behind\n" * 5000)]
NOISE = [("noise", os.urandom(70_001)), ("last", b"z")]


def meter(**limits: int) -> Meter:
    return Meter(Limits(**limits) if limits else LIMITS, 1 << 20)


class Dribble:
    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, 11))


def read(data: bytes) -> dict[str, bytes]:
    def members() -> dict[str, bytes]:
        cab = Cabinet(io.BytesIO(data), meter())
        return {entry.name: b"".join(chunks) for entry, chunks in cab.members()}

    found = members()
    slow = Cabinet(Dribble(data), meter()).members()
    assert {entry.name: b"".join(chunks) for entry, chunks in slow} == found
    assert [entry.name for entry, _ in Cabinet(io.BytesIO(data), meter()).members()] == list(found)
    return found


@pytest.mark.parametrize("kind", [0, 1], ids=["stored", "mszip"])
@pytest.mark.parametrize("folders", [(TEXT,), (NOISE,), (TEXT, NOISE), ([],), ()])
def test_both_methods_are_read(kind: int, folders: tuple[list[tuple[str, bytes]], ...]) -> None:
    expected = {name: data for files in folders for name, data in files}
    assert read(cabinet(*folders, kind=kind)) == expected


def test_reserved_fields_are_skipped() -> None:
    assert read(cabinet(TEXT, flags=4, reserve=b"spare")) == dict(TEXT)


@pytest.mark.parametrize(
    ("attributes", "mode"), [(0x20, 0o644), (0x40, 0o755), (0x41, 0o555), (0x81, 0o444)]
)
def test_entries_say_what_dos_knows(attributes: int, mode: int) -> None:
    data = cabinet([("folder\\a", b"x")], date=0x5A21, attributes=attributes)
    ((entry, _),) = Cabinet(io.BytesIO(data), meter()).members()
    assert (entry.name, entry.kind, entry.size) == ("folder\\a", "file", 1)
    assert (entry.mode, entry.time) == (mode, 1_735_689_600)


def test_a_name_in_utf8_says_so() -> None:
    assert read(cabinet([("ä", b"")], attributes=0xA0)) == {"ä": b""}
    with pytest.raises(UnsafeArchive, match="encoding"):
        read(cabinet([("ä", b"")]))


@pytest.mark.parametrize(("kind", "word"), [(2, "Quantum"), (0x1503, "LZX")])
def test_other_compressions_are_not_read(kind: int, word: str) -> None:
    with pytest.raises(NotReadable, match=word):
        read(cabinet(TEXT, kind=kind))


def mszip(plain: bytes) -> bytes:
    encoder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"CK" + encoder.compress(plain) + encoder.flush()


ONE = [("one", b"x" * 100)]
X = b"x" * 100
FULL = cabinet_block(bytes(32768), 1)
BROKEN = {
    "another magic": (b"MSCX" + cabinet(ONE)[4:], "no cabinet"),
    "another version": (cabinet(ONE).replace(b"\3\1", b"\4\1", 1), "no cabinet"),
    "a reserved field": (cabinet(ONE)[:4] + b"\1" + cabinet(ONE)[5:], "no cabinet"),
    "a cabinet before it": (cabinet(ONE, flags=1), "another one"),
    "a cabinet after it": (cabinet(ONE, flags=2), "another one"),
    "an unknown flag": (cabinet(ONE, flags=8), "flags 0x8"),
    "an unknown method": (cabinet(ONE, kind=4), "unknown method"),
    "a gap before the data": (cabinet(ONE, gap=b"gap"), "between its files"),
    "a wrong length": (cabinet(ONE, size=500), "behind the end"),
    "a length inside": (cabinet(ONE, size=20), "does not lie"),
    "text behind it": (cabinet(ONE, end=b"text"), "behind the end"),
    "text behind it that it counts": (cabinet(ONE, end=b"1234", size=len(cabinet(ONE)) + 4), "behind"),
    "a name twice": (cabinet([("one", b"1"), ("one", b"2")]), "twice"),
    "a file without a name": (cabinet([("", b"1")]), "no usable name"),
    "a file with a long name": (cabinet([("n" * 256, b"1")]), "no usable name"),
    "files that overlap": (cabinet(TEXT, shift=-1), "behind the file before"),
    "files with a hole between": (cabinet(TEXT, shift=1), "behind the file before"),
    "a file of no folder": (cabinet(ONE).replace(b"\0\0\0\0\0\0\x21\0", b"\0\0\0\0\1\0\x21\0"),
                            "behind the file before"),
    "a file that continues": (cabinet(ONE).replace(b"\0\0\0\0\0\0\x21\0", b"\0\0\0\0\xfd\xff\x21\0"),
                              "behind the file before"),
    "a wrong checksum": (cabinet(ONE, blocks=[cabinet_block(X, 1, checksum=7)]), "checksum"),
    "no MSZIP": (cabinet(ONE, blocks=[cabinet_block(X, 1, packed=mszip(X)[1:])]), "no MSZIP"),
    "bad deflate": (cabinet(ONE, blocks=[cabinet_block(X, 1, packed=b"CK\xff\xff")]), "damaged"),
    "deflate without its end": (cabinet(ONE, blocks=[cabinet_block(X, 1, packed=mszip(X)[:-1])]),
                                "does not expand"),
    "text behind the deflate": (cabinet(ONE, blocks=[cabinet_block(X, 1, packed=mszip(X) + b"t")]),
                                "does not expand"),
    "a block larger than stated": (cabinet(ONE, blocks=[cabinet_block(X, 1, size=99)]), "not expand"),
    "a block smaller than stated": (cabinet(ONE, blocks=[cabinet_block(X, 1, size=101)]), "not expand"),
    "a bomb of a block": (cabinet(ONE, blocks=[cabinet_block(X, 1, packed=mszip(bytes(10 << 20)))]),
                          "not expand"),
    "an empty block": (cabinet(ONE, blocks=[cabinet_block(b"", 1)]), "sizes 4 and 0"),
    "a block of 32769 bytes": (cabinet(ONE, blocks=[cabinet_block(X, 1, size=32769)]), "sizes"),
    "a packed block of 40000 bytes": (cabinet(ONE, blocks=[cabinet_block(X, 1, packed=bytes(40_000))]),
                                      "sizes 40000"),
    "a short block before the last": (cabinet(ONE, blocks=[cabinet_block(X[:50], 1)] * 2), "sizes"),
    "a block too few": (cabinet(ONE, blocks=[]), "cut short"),
    "a block too many": (cabinet(ONE, blocks=[FULL, cabinet_block(X, 1)]), "more than its files"),
    "data that is too short": (cabinet(ONE, blocks=[cabinet_block(X[:99], 1)]), "cut short"),
    "data that is too long": (cabinet(ONE, blocks=[cabinet_block(X + b"x", 1)]), "more than its files"),
    "a stored block of two sizes": (cabinet(ONE, kind=0, blocks=[cabinet_block(X, 0, size=99)]),
                                    "sizes 100 and 99"),
    "a history that is not there": (
        cabinet(ONE, blocks=[cabinet_block(X, 1, history=b"x" * 32768)]), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_malformed_cabinet_is_refused(case: str) -> None:
    data, message = BROKEN[case]
    with pytest.raises(UnsafeArchive, match=message):
        read(data)


def test_a_checksum_of_zero_was_not_computed() -> None:
    assert read(cabinet(ONE, blocks=[cabinet_block(X, 1, checksum=0)])) == dict(ONE)


def test_members_and_bytes_are_metered() -> None:
    with pytest.raises(UnsafeArchive, match="more than 2 members"):
        Cabinet(io.BytesIO(cabinet(TEXT)), meter(members=2))
    with pytest.raises(UnsafeArchive, match="expands to more"):
        for _ in Cabinet(io.BytesIO(cabinet(TEXT)), meter(expanded=40_000)).members():
            pass


@pytest.mark.parametrize("kind", [0, 1], ids=["stored", "mszip"])
def test_every_truncation_is_refused(kind: int) -> None:
    data = cabinet(TEXT[1:], NOISE[1:], kind=kind)
    for end in {*range(200), *range(0, len(data), 997), len(data) - 1}:
        with pytest.raises(UnsafeArchive):
            read(data[:end])


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_change_is_found_or_does_no_harm(changes: list[tuple[int, int]]) -> None:
    files = [("a", b"abc" * 99), ("b", b"d" * 70)]
    data = bytearray(cabinet(files, [("c", b"")]))
    for at, value in changes:
        data[at % len(data)] = value
    try:
        found = Cabinet(io.BytesIO(data), meter()).members()
        assert sum(len(chunk) for _, chunks in found for chunk in chunks) <= 1 << 17
    except (UnsafeArchive, NotReadable):
        pass


def test_a_cabinet_on_disk_is_an_archive(tmp_path: Path) -> None:
    (tmp_path / "x.cab").write_bytes(cabinet(TEXT))
    archive = open_archive(tmp_path / "x.cab")
    assert (archive.format, dict(archive.metadata), archive.scripts) == ("cab", {}, ())
    assert {entry.name: b"".join(chunks) for entry, chunks in archive.entries()} == dict(TEXT)


def test_the_maker_is_understood_by_cabextract(tmp_path: Path) -> None:
    (tmp_path / "x.cab").write_bytes(cabinet(TEXT, NOISE))
    subprocess.run(
        [oracles.tool("cabextract"), "-q", "-d", tmp_path, tmp_path / "x.cab"], check=True
    )
    for name, data in TEXT + NOISE:
        assert (tmp_path / name).read_bytes() == data
