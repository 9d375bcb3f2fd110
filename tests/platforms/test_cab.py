from __future__ import annotations

import io
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import run
from readers import cab as reader
from rtinstall.platforms.containers import cab
from rtinstall.platforms.containers.cab import BLOCK, Member
from rtinstall.platforms.package import LEVELS, Effort, Level
from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.model import Blob, Slice

NOISE = random.Random(3).randbytes(2 * BLOCK + 1)
WORDS = b"".join(b"%d nodes\n" % number for number in range(200_000))  # more than two pieces
MEMBERS = [
    Member("text", Blob(WORDS)),
    Member("empty", Blob(b"")),
    Member("noise", Blob(NOISE)),
    Member("größe-日本", Blob(b"small")),
    Member("repeats the block before it", Blob(NOISE[-BLOCK:])),
    Member("n" * 255, Blob(b"!")),
    Member("last and empty", Blob(b"")),
]


def written(members: list[Member], level: Level = "fast", jobs: int = 2) -> bytes:
    out = io.BytesIO()
    cab.write(out, members, Effort(level, jobs))
    return out.getvalue()


def contents(cabinet: bytes) -> list[tuple[str, bytes]]:
    return [(member.name, member.data) for member in reader.read(cabinet)]


def plain(members: list[Member]) -> list[tuple[str, bytes]]:
    return [(member.name, b"".join(member.content.chunks())) for member in members]


@pytest.mark.parametrize("level", LEVELS)
def test_the_reader_finds_every_byte(level: Level) -> None:
    assert contents(written(MEMBERS, level)) == plain(MEMBERS)


@pytest.mark.parametrize("level", LEVELS)
def test_bytes_do_not_depend_on_the_number_of_threads(level: Level) -> None:
    assert len({written(MEMBERS, level, jobs) for jobs in (0, 1, 2, 5)}) == 1


def test_a_date_is_never_zero_and_says_nothing_of_today() -> None:
    for member in reader.read(written(MEMBERS)):
        assert (member.date, member.time) == (0x0021, 0)
        assert member.attributes == (0x20 if member.name.isascii() else 0xA0)


@pytest.mark.parametrize("judge", ["bsdtar", "7z", "cabextract"])
@pytest.mark.parametrize("level", LEVELS)
def test_real_tools_unpack_every_file(judge: str, level: Level, tmp_path: Path) -> None:
    path = tmp_path / "a.cab"
    path.write_bytes(written(MEMBERS, level))
    out = tmp_path / "out"
    out.mkdir()
    command: dict[str, list[str | Path]] = {
        "bsdtar": ["-xf", path, "-C", out],
        "7z": ["x", f"-o{out}", path],
        "cabextract": ["-q", "-d", out, path],
    }
    run(judge, *command[judge])
    assert {file.name: file.read_bytes() for file in out.iterdir()} == dict(plain(MEMBERS))


def test_a_block_looks_back_into_the_one_before_it_across_pieces() -> None:
    noise = random.Random(5).randbytes(20_000)  # every repetition lies within the window
    once = len(written([Member("a", Blob(noise))]))
    often = len(written([Member("a", Blob(noise * 120))]))  # more than two pieces
    assert often - once < 74 * 500  # a block that does not costs 20,000


def test_a_block_that_cannot_be_compressed_grows_by_no_more_than_allowed() -> None:
    for level in LEVELS:
        cabinet = written([Member("noise", Blob(NOISE))], level)
        folder_data = struct.unpack_from("<I", cabinet, 36)[0]
        assert struct.unpack_from("<HH", cabinet, folder_data + 4) == (BLOCK + 7, BLOCK)


@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 4, 5, 7, 8, 9, BLOCK - 1, BLOCK, BLOCK + 1, 32 * BLOCK, 32 * BLOCK + 1]
)
def test_files_end_anywhere_in_a_block(size: int) -> None:
    members = [Member("a", Blob(WORDS[:size])), Member("b", Blob(WORDS[:3]))]
    assert contents(written(members)) == plain(members)


@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0, 0),
        (b"\x01", 0, 0x01),
        (b"\x01\x02", 0, 0x0102),
        (b"\x01\x02\x03", 0, 0x010203),
        (b"\x01\x02\x03\x04", 0, 0x04030201),
        (b"\x01\x02\x03\x04\x05\x06", 0, 0x04030201 ^ 0x0506),
        (b"\x01\x00\x00\x80", 0xFFFFFFFF, 0x7FFFFFFE),
    ],
)
def test_a_checksum_is_that_of_the_specification(data: bytes, seed: int, expected: int) -> None:
    assert cab.checksum(data, seed) == expected


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_folding_is_the_same_as_word_by_word(data: bytes, seed: int) -> None:
    assert cab.checksum(data, seed) == reader.checksum(data, seed)


@given(st.lists(st.binary(max_size=3 * BLOCK), max_size=5))
@settings(max_examples=20, deadline=None)
def test_round_trip(contents_of: list[bytes]) -> None:
    members = [Member(f"f{index}", Blob(data)) for index, data in enumerate(contents_of)]
    assert contents(written(members)) == plain(members)


def test_files_beyond_a_folders_blocks_get_another_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cab, "MOST_BLOCKS", 3)
    sizes = [BLOCK, 2 * BLOCK, 0, 1, 3 * BLOCK, 0, 5, BLOCK]
    members = [Member(f"f{index}", Blob(WORDS[:size])) for index, size in enumerate(sizes)]
    cabinet = written(members)
    assert contents(cabinet) == plain(members)
    assert [member.folder for member in reader.read(cabinet)] == [0, 0, 0, 1, 2, 2, 3, 3]
    path = tmp_path / "a.cab"
    path.write_bytes(cabinet)
    run("cabextract", "-t", path)
    run("7z", "t", path)


def test_it_is_written_where_the_file_stands() -> None:
    out = io.BytesIO(b"before" + b"\xff" * 100)
    out.seek(6)
    cab.write(out, MEMBERS, Effort("fast"))
    assert out.getvalue() == b"before" + written(MEMBERS)
    assert out.tell() == len(out.getvalue())


def test_progress_counts_the_payload() -> None:
    counted: list[int] = []
    cab.write(io.BytesIO(), MEMBERS, Effort("fast", 2, counted.append))
    assert sum(counted) == sum(member.content.size for member in MEMBERS)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([Member("a", Blob(b""))] * 65536, "65535 files, not 65536"),
        (
            [Member("a", Slice(Path("a"), 0, 65535 * BLOCK + 1))],
            "has at most 2147450880 bytes, not 2147450881",
        ),
        ([Member("ü" * 128, Blob(b""))], "no name"),
        ([Member("", Blob(b""))], "no name"),
        ([Member("a\0b", Blob(b""))], "no name"),
    ],
    ids=["files", "size", "long-name", "no-name", "zero"],
)
def test_what_a_cabinet_cannot_hold_is_refused_before_a_byte(
    members: list[Member], message: str
) -> None:
    out = io.BytesIO()
    with pytest.raises(NotExpressible, match=message):
        cab.write(out, members, Effort())
    assert out.getvalue() == b""


def test_65535_files_are_no_more_than_it_holds() -> None:
    members = [Member(f"f{index}", Blob(b"x")) for index in range(65535)]
    assert len(reader.read(written(members))) == 65535


def test_a_cabinet_of_2_gib_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(written(MEMBERS))
    monkeypatch.setattr(cab, "MOST_BYTES", size)
    assert len(written(MEMBERS)) == size
    monkeypatch.setattr(cab, "MOST_BYTES", size - 1)
    with pytest.raises(NotExpressible, match="these are more"):
        written(MEMBERS)


def test_a_fault_while_reading_reaches_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"x")
    with pytest.raises(Exception, match="cut short"):
        written([Member("a", Slice(path, 0, 2))])


def test_a_full_disk_reaches_the_caller() -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            if self.tell() > 1000:
                raise OSError(28, "No space left on device")
            return super().write(bytes(1001))

    with pytest.raises(OSError, match="No space"):
        cab.write(Full(), MEMBERS, Effort("fast", 2))


def test_the_reader_notices_every_changed_byte() -> None:
    cabinet = written([Member("ab", Blob(b"some words, some words")), Member("c", Blob(b"!"))])
    found = reader.read(cabinet)
    # The set's number means nothing here; size, date, time and attributes of a file only say something.
    unnoticed = []
    for place in range(len(cabinet)):
        broken = bytearray(cabinet)
        broken[place] ^= 0x40
        try:
            if reader.read(bytes(broken)) == found:
                unnoticed.append(place)
        except (ValueError, struct.error, IndexError):
            pass
    assert unnoticed == [32, 33]
