from __future__ import annotations

import hashlib
import io
import random
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import run
from rtinstall.platforms.check import lint
from rtinstall.platforms.compression.deflate import PIECE
from rtinstall.platforms.containers import zip
from rtinstall.platforms.package import LEVELS, Effort, Level
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.model import Directory, File, Slice

TIME = 1_767_225_599  # 2025-12-31T23:59:59Z, an odd second
WORDS = b"".join(b"%d nodes\n" % number for number in range(200_000))  # more than two pieces
NOISE = random.Random(3).randbytes(PIECE + 1)
LONG = "/".join(["directory-of-thirty-characters"] * 8)
ENTRIES: list[File | Directory] = [
    Directory("top"),
    File.of("top/node.exe", WORDS, 0o755),
    File.of("top/noise", NOISE),
    File.of("top/empty", b""),
    File.of("top/short", b"ab"),
    File.of("top/größe-日本-✓-🚀", b"green" * 9),
    Directory("top/größe"),
    File.of(f"top/{LONG}/file", b"deep" * 9),
]


def written(
    entries: list[File | Directory], level: Level = "fast", jobs: int = 2, time: int = TIME
) -> bytes:
    out = io.BytesIO()
    zip.write(out, entries, time=time, effort=Effort(level, jobs))
    return out.getvalue()


def names(entries: list[File | Directory]) -> list[str]:
    return [entry.path + ("/" if isinstance(entry, Directory) else "") for entry in entries]


def data(entry: File) -> bytes:
    return b"".join(entry.content.chunks())


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(written(ENTRIES)))


def test_python_finds_every_byte(archive: zipfile.ZipFile) -> None:
    assert archive.namelist() == names(ENTRIES)
    for entry in ENTRIES:
        if isinstance(entry, File):
            assert archive.read(entry.path) == data(entry)


def test_modes_are_those_of_unix_and_of_dos(archive: zipfile.ZipFile) -> None:
    for info, entry in zip_of(archive):
        folder = isinstance(entry, Directory)
        assert info.create_system == 3
        assert info.external_attr >> 16 == (stat.S_IFDIR if folder else stat.S_IFREG) | entry.mode
        assert info.external_attr & 0xFFFF == (0x10 if folder else 0x20)


def test_only_what_deflate_makes_smaller_is_deflated(archive: zipfile.ZipFile) -> None:
    methods = {info.filename: info.compress_type for info in archive.infolist()}
    assert {name for name, method in methods.items() if method == zipfile.ZIP_STORED} == {
        "top/", "top/noise", "top/empty", "top/short", "top/größe/",
    }  # fmt: skip
    assert archive.getinfo("top/noise").compress_size == len(NOISE)


def test_only_names_that_need_it_say_that_they_are_utf_8(archive: zipfile.ZipFile) -> None:
    for info in archive.infolist():
        assert info.flag_bits == (0 if info.filename.isascii() else 0x800)


def test_there_is_nothing_that_readers_disagree_on(archive: zipfile.ZipFile) -> None:
    for info in archive.infolist():
        assert (info.extract_version, info.extra, info.comment, info.volume) == (20, b"", b"", 0)


def test_local_headers_say_what_the_directory_says(archive: zipfile.ZipFile) -> None:
    raw = written(ENTRIES)
    place = 0
    for info in archive.infolist():
        fields = struct.unpack_from("<4s5H3I2H", raw, place)
        name = info.filename.encode()
        sizes = (info.CRC, info.compress_size, info.file_size, len(name), 0)
        assert fields[0] == b"PK\x03\x04"
        assert fields[2:4] == (info.flag_bits, info.compress_type)
        assert fields[6:] == sizes
        assert raw[place + 30 :].startswith(name)
        assert info.header_offset == place
        place += 30 + len(name) + info.compress_size
    assert place == archive.start_dir


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0, (1980, 1, 1, 0, 0, 0)),
        (-1, (1980, 1, 1, 0, 0, 0)),
        (315_532_799, (1980, 1, 1, 0, 0, 0)),
        (315_532_802, (1980, 1, 1, 0, 0, 2)),
        (TIME, (2025, 12, 31, 23, 59, 58)),
        (1 << 40, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_times_are_utc_and_within_what_dos_can_say(
    time: int, expected: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    raw = written([File.of("a", b"")], time=time)
    assert zipfile.ZipFile(io.BytesIO(raw)).getinfo("a").date_time == expected


@pytest.mark.parametrize("level", LEVELS)
def test_bytes_do_not_depend_on_the_number_of_threads(level: Level) -> None:
    assert len({written(ENTRIES, level, jobs) for jobs in (0, 1, 2, 5)}) == 1


@pytest.mark.parametrize("judge", ["unzip", "7z", "bsdtar"])
def test_real_tools_unpack_every_file(judge: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(written(ENTRIES))
    out = tmp_path / "out"
    out.mkdir()
    command: dict[str, list[str | Path]] = {
        "unzip": ["-q", path, "-d", out],
        "7z": ["x", f"-o{out}", path],
        "bsdtar": ["-xpf", path, "-C", out],
    }
    run(judge, *command[judge])
    for entry in ENTRIES:
        if isinstance(entry, File):
            assert (out / entry.path).read_bytes() == data(entry)
        else:
            assert (out / entry.path).is_dir()
    assert (out / "top/node.exe").stat().st_mode & 0o777 == 0o755
    assert (out / "top/noise").stat().st_mode & 0o777 == 0o644
    run("unzip" if judge == "unzip" else "7z", "-tq" if judge == "unzip" else "t", path)


@pytest.mark.parametrize("level", LEVELS)
def test_our_own_strict_reader_finds_it_whole(level: Level, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(written(ENTRIES, level))
    expected = {
        entry.path: ("file", entry.mode, entry.size, hashlib.sha256(data(entry)).hexdigest())
        if isinstance(entry, File)
        else ("directory", 0o755, 0, "")
        for entry in ENTRIES
    }
    assert list(lint(open_archive(path), expected)) == []


def test_a_piece_looks_back_into_the_one_before_it() -> None:
    noise = random.Random(5).randbytes(PIECE - 100)
    once = len(written([File.of("a", noise)]))
    assert len(written([File.of("a", noise + noise[-20_000:])])) < once + 1000


def test_progress_counts_the_payload() -> None:
    counted: list[int] = []
    zip.write(io.BytesIO(), ENTRIES, time=TIME, effort=Effort("fast", 2, counted.append))
    assert sum(counted) == sum(entry.size for entry in ENTRIES if isinstance(entry, File))


def test_an_archive_of_nothing_is_one() -> None:
    assert zipfile.ZipFile(io.BytesIO(written([]))).namelist() == []


@given(st.lists(st.binary(max_size=3000), max_size=5))
@settings(max_examples=30, deadline=None)
def test_round_trip(contents: list[bytes]) -> None:
    entries: list[File | Directory] = [
        File.of(f"f{index}", content) for index, content in enumerate(contents)
    ]
    found = zipfile.ZipFile(io.BytesIO(written(entries)))
    assert [found.read(name) for name in found.namelist()] == contents


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([File.of("a", b"")] * 65535, "65534 entries, not 65535"),
        ([File("a", 0o644, Slice(Path("a"), 0, 1 << 32), "")], "4294967294 bytes"),
        ([File("a", 0o644, Slice(Path("a"), 0, (1 << 32) - 100), "")], "4294967294 bytes"),
        ([File.of("ü" * 32768, b"")], "too long for a zip"),
    ],
    ids=["entries", "4-gib", "4-gib-with-headers", "name"],
)
def test_what_would_need_zip64_is_refused_before_a_byte(
    entries: list[File | Directory], message: str
) -> None:
    out = io.BytesIO()
    with pytest.raises(NotExpressible, match=message):
        zip.write(out, entries, time=TIME, effort=Effort())
    assert out.getvalue() == b""


def test_65534_entries_are_no_more_than_it_holds() -> None:
    entries: list[File | Directory] = [File.of(f"f{index}", b"") for index in range(65534)]
    assert len(zipfile.ZipFile(io.BytesIO(written(entries))).namelist()) == 65534


def zip_of(archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, File | Directory]]:
    return [(info, ENTRIES[number]) for number, info in enumerate(archive.infolist())]
