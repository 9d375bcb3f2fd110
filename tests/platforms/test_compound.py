from __future__ import annotations

import io
import mmap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import run
from readers import compound as reader
from rtinstall.platforms.containers import compound
from rtinstall.platforms.containers.compound import CompoundFile
from rtinstall.runtime_bundle.errors import NotExpressible

CLSID = bytes(range(16))
SIZES = (0, 1, 63, 64, 65, 4032, 4095, 4096, 4097, 8191, 8192, 8193, 100_000)


def content(size: int, seed: int = 0) -> bytes:
    return bytes((seed + 7 * n + n // 251) % 256 for n in range(size))


def written(streams: dict[str, bytes], in_place: bool = False) -> bytes:
    out = io.BytesIO()
    file = CompoundFile(out, CLSID)
    for name, data in streams.items():
        if in_place:
            with file.stream(name) as stream:
                for start in range(0, len(data), 3000):
                    stream.write(data[start : start + 3000])
        else:
            file.add(name, data)
    file.close()
    assert out.tell() == len(out.getvalue())
    return out.getvalue()


def contents(data: bytes) -> dict[str, bytes]:
    file = reader.read(data)
    assert (file.version, file.sector_size, file.clsid) == (4, 4096, CLSID)
    assert file.balanced
    assert all(not any(entry.times) and not entry.state for entry in file.entries)
    return {name: file.read(name) for name in file.names}


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_of_every_size_is_read_back_and_bytes_do_not_depend_on_how_it_came(
    size: int,
) -> None:
    streams = {"a": b"before", "stream": content(size), "z": content(5000), "zz": b"after"}
    data = written(streams)
    assert contents(data) == streams
    assert written(streams, in_place=True) == data


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="/\\:!"), min_size=1, max_size=15),
        st.sampled_from(SIZES[:-1]),
        max_size=40,
    )
)
def test_any_set_of_streams_is_read_back(sizes: dict[str, int]) -> None:
    distinct = {name.upper(): name for name in sizes}.values()
    streams = {name: content(sizes[name], seed) for seed, name in enumerate(distinct)}
    assert contents(written(streams)) == streams


@pytest.mark.parametrize("count", [*range(20), 30, 31, 32, 63, 64, 127, 128, 700])
def test_the_tree_of_any_number_of_streams_is_balanced_and_red_black(count: int) -> None:
    names = {f"{n:x}": b"x" for n in range(count)}
    assert contents(written(names)) == names


def test_siblings_are_ordered_by_length_then_by_upper_case() -> None:
    names = ["b", "Z", "aa", "A", "AB", "z_", "\x05S", "ß", "é", "É_"]
    found = list(reader.read(written(dict.fromkeys(names, b""))).names)
    assert found == ["A", "b", "Z", "é", "ß", "\x05S", "aa", "AB", "z_", "É_"]


@pytest.mark.parametrize("name", ["", "n" * 32, "🎁" * 16, "a/b", "a\\b", "a:b", "a!b"])
def test_a_name_that_a_compound_file_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a stream"):
        CompoundFile(io.BytesIO(), CLSID).add(name, b"")


@pytest.mark.parametrize("name", ["n" * 31, "🎁" * 15])
def test_the_longest_name_is_kept(name: str) -> None:
    assert contents(written({name: b"x"})) == {name: b"x"}


@pytest.mark.parametrize("second", ["name", "NAME"])
def test_two_streams_may_not_differ_in_case_alone(second: str) -> None:
    file = CompoundFile(io.BytesIO(), CLSID)
    file.add("name", b"")
    with pytest.raises(ValueError, match="there already"):
        file.add(second, b"")


@pytest.mark.parametrize("size", [100, 4095, 4096, 9000])
def test_who_writes_a_stream_may_go_back_in_it(size: int) -> None:
    out = io.BytesIO()
    file = CompoundFile(out, CLSID)
    file.add("first", content(5000))
    with file.stream("patched") as stream:
        start = stream.tell()
        stream.write(b"????" + content(size - 4))
        end = stream.tell()
        stream.seek(start)
        stream.write(b"size")
        stream.seek(end)
    file.close()
    assert contents(out.getvalue()) == {
        "first": content(5000),
        "patched": b"size" + content(size - 4),
    }


def test_a_short_stream_is_in_the_mini_stream_alone() -> None:
    data = written({"short": b"only once" * 400, "shorter": b"x"}, in_place=True)
    assert data.count(b"only once" * 400) == 1
    # Header, mini stream, mini FAT, directory, FAT.
    assert len(data) == 5 * 4096


@pytest.mark.parametrize(
    ("used", "fats", "difats"),
    [
        (0, 0, 0),
        (1, 1, 0),
        (1023, 1, 0),
        (1024, 2, 0),
        (109 * 1024 - 109, 109, 0),
        (109 * 1024 - 108, 110, 1),
        (110 * 1024 - 111, 110, 1),
        (110 * 1024 - 110, 111, 1),
        ((109 + 1023) * 1024 - 1133, 1132, 1),
        ((109 + 1023) * 1024 - 1132, 1133, 2),
    ],
)
def test_the_tables_are_just_large_enough_for_the_file_and_themselves(
    used: int, fats: int, difats: int
) -> None:
    assert compound.table_sectors(used) == (fats, difats)


def test_a_file_whose_fat_the_header_cannot_list_is_read_back(tmp_path: Path) -> None:
    """450 MiB of which next to nothing is on disk: the file is sparse."""
    path = tmp_path / "large"
    size = 112 * 1024 * 4096
    with path.open("wb+") as out:
        file = CompoundFile(out, CLSID)
        with file.stream("large") as stream:
            stream.write(b"first")
            stream.seek(size - 9, io.SEEK_CUR)
            stream.write(b"last")
        file.add("small", b"small")
        file.close()
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = reader.read(data)
        assert found.difat_sectors == 1
        assert found.names["large"].size == size
        chain = found.chain("large")
        start, end = (chain[0] + 1) * 4096, (chain[-1] + 2) * 4096
        assert data[start : start + 5] == b"first"
        assert data[end - 4 : end] == b"last"
        assert found.read("small") == b"small"
    assert str(size) in run("7z", "l", "-tcompound", path)


def test_a_file_beyond_two_gibibytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb+") as out:
        file = CompoundFile(out, CLSID)
        with file.stream("too large") as stream:
            stream.seek(2**31 - 4096, io.SEEK_CUR)
        with pytest.raises(NotExpressible, match="no larger than 2 GiB"):
            file.close()


def test_seven_zip_extracts_every_stream(tmp_path: Path) -> None:
    streams = {f"stream{size}": content(size) for size in SIZES}
    streams |= {f"{n:03}": content(n) for n in range(200)}
    (tmp_path / "file").write_bytes(written(streams))
    run("7z", "x", "-tcompound", tmp_path / "file", f"-o{tmp_path / 'out'}")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == streams


SAMPLE = written({"a": b"x" * 100, "b": b"y" * 5000, "c": b""})
# Its sectors: 0 and 1 the stream "b", 2 the mini stream, 3 the mini FAT, 4 the directory, 5 the FAT.
DIRECTORY, FAT = 5 * 4096, 6 * 4096


@pytest.mark.parametrize(
    ("offset", "new"),
    [
        (0, b"\0"),
        (26, b"\3"),
        (40, b"\2"),
        (44, b"\2"),
        (60, b"\4"),
        (68, b"\0\0\0\0"),
        (FAT, b"\0"),
        (FAT, b"\2"),
        (FAT + 4, b"\2\0\0\0"),
        (FAT + 20, b"\xfe"),
        (FAT + 24, b"\xfe"),
        (DIRECTORY, b"S"),
        (DIRECTORY + 67, b"\0"),
        (DIRECTORY + 76, b"\1"),
        (DIRECTORY + 128, b"z"),
        (DIRECTORY + 128 + 68, b"\2"),
        (DIRECTORY + 128 + 116, b"\1"),
        (DIRECTORY + 256 + 67, b"\0"),
        (DIRECTORY + 256 + 121, b"\0"),
        (4 * 4096, b"\0"),
    ],
)
def test_the_reader_that_judges_here_sees_damage(offset: int, new: bytes) -> None:
    reader.read(SAMPLE)
    with pytest.raises(ValueError, match=r"\w"):
        reader.read(SAMPLE[:offset] + new + SAMPLE[offset + len(new) :])
