"""Compound files: both versions as they should be, and everything a hostile one can lie about."""

import io
import os
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msi_makers import DIFAT, END, FAT, FREE, PACKAGE, compound
from rtinstall.runtime_bundle.archives.compound import Compound
from rtinstall.runtime_bundle.archives.limits import Limits
from rtinstall.runtime_bundle.archives.source import up_to
from rtinstall.runtime_bundle.errors import UnsafeArchive

SIZES = (0, 1, 63, 64, 65, 4095, 4096, 4097, 300_000)
STREAMS = {f"stream {size}": os.urandom(size) for size in SIZES}
# One large stream in the sectors 0 to 2 of version 4, two small ones; then come the mini stream
# (3), the mini FAT (4), the directory (5) and the FAT (6).
SMALL = {"big": b"b" * 12_000, "s1": b"1" * 100, "s2": b"2" * 64}


def streams(data: bytes) -> dict[str, bytes]:
    opened = Compound(io.BytesIO(data))
    return {name: opened.read(name, 1 << 24) for name in opened.sizes}


@pytest.mark.parametrize("version", [3, 4])
def test_streams_of_every_size_are_read(version: int) -> None:
    data = compound(STREAMS, version=version)
    assert streams(data) == STREAMS
    opened = Compound(io.BytesIO(data))
    assert (opened.clsid, opened.ordered, opened.loose) == (PACKAGE, True, 0)
    assert opened.sizes == {name: len(content) for name, content in STREAMS.items()}


def test_a_stream_is_a_source_and_chunks() -> None:
    opened = Compound(io.BytesIO(compound(STREAMS, version=3)))
    for name, content in STREAMS.items():
        assert b"".join(opened.open(name)) == content
        source = opened.open(name)
        assert up_to(source, 70) + up_to(source, 1 << 20) + source.read(9) == content


def test_a_fat_of_more_than_109_sectors_is_found_by_the_difat() -> None:
    content = os.urandom(1 << 16) * 256
    assert streams(compound({"big": content}, version=3)) == {"big": content}


def test_streams_in_storages_are_named_by_path() -> None:
    # "folder" holds what was its right neighbour.
    data = compound(
        {"in": b"inner", "big": b"x" * 5000, "folder": b""}, kinds={"folder": 1},
        entries={"in": {"right": FREE}, "big": {"right": 3}, "folder": {"child": 1}, "": {"child": 2}},
    )  # fmt: skip
    assert streams(data) == {"big": b"x" * 5000, "folder/in": b"inner"}


def test_sectors_of_nothing_are_counted_and_disorder_is_noted() -> None:
    opened = Compound(io.BytesIO(compound(SMALL) + bytes(2 * 4096)))
    assert (opened.ordered, opened.loose) == (True, 2)
    data = compound(SMALL, entries={"": {"child": 3}, "big": {"right": 1}, "s1": {"right": 2},
                                    "s2": {"right": FREE}})  # fmt: skip
    assert not Compound(io.BytesIO(data)).ordered


def test_a_stream_is_read_up_to_a_limit() -> None:
    opened = Compound(io.BytesIO(compound(SMALL)))
    assert len(opened.read("big", 12_000)) == 12_000
    with pytest.raises(UnsafeArchive, match="larger than 11999"):
        opened.read("big", 11_999)
    with pytest.raises(UnsafeArchive, match="no stream 'other'"):
        opened.read("other", 1)


BROKEN = {
    "another magic": (compound(SMALL, header={0: 0}), "no compound file"),
    "version 5": (compound(SMALL, header={24: 5 << 16 | 0x3E}), "version 3 or 4"),
    "version 3 with large sectors": (compound(SMALL, header={24: 3 << 16 | 0x3E}), "version 3 or 4"),
    "mini sectors of 128 bytes": (compound(SMALL, header={32: 7}), "no compound file"),
    "another cutoff": (compound(SMALL, header={56: 64}), "no compound file"),
    "no header": (compound(SMALL)[:500], "cut short"),
    "half a sector": (compound(SMALL)[:-2048], "whole sectors"),
    "text behind it": (compound(SMALL) + b"text", "whole sectors"),
    "a sector behind it": (compound(SMALL) + b"text" * 1024, "more after the end"),
    "another number of directory sectors": (compound(SMALL, header={40: 2}), "directory is longer"),
    "fewer FAT sectors": (compound(SMALL, header={44: 0}), "FAT is longer or shorter"),
    "more FAT sectors": (compound(SMALL, header={44: 2}), "lies outside"),
    "a FAT of gigabytes": (compound(SMALL, header={44: 1 << 30}), "too large"),
    "a FAT sector twice": (compound(SMALL, header={44: 2, 80: 6}), "used twice"),
    "a FAT sector that is another": (compound(SMALL, header={76: 0}), "does not know"),
    "a FAT sector marked free": (compound(SMALL, fat={6: FREE}), "does not know"),
    "an unannounced DIFAT": (compound(SMALL, header={68: 3}), "FAT is longer"),
    "an announced DIFAT": (compound(SMALL, header={72: 1}), "FAT is longer"),
    "a DIFAT outside": (compound(SMALL, header={68: 99, 72: 1}), "outside"),
    "a directory outside": (compound(SMALL, header={48: 99}), "outside"),
    "a directory of none": (compound(SMALL, header={48: END}), "directory is longer or shorter"),
    "a directory that loops": (compound(SMALL, fat={5: 5}), "used twice"),
    "a directory that runs into a stream": (compound(SMALL, fat={5: 0}), "directory is longer"),
    "a mini FAT that is shorter": (compound(SMALL, header={64: 2}), "longer or shorter"),
    "a mini FAT that is longer": (compound(SMALL, header={64: 0}), "longer or shorter"),
    "a stream that loops": (compound(SMALL, fat={1: 0}), "used twice"),
    "a stream that loops to itself": (compound(SMALL, fat={0: 0}), "used twice"),
    "a stream that is too short": (compound(SMALL, fat={1: END}), "longer or shorter"),
    "a stream that is too long": (compound(SMALL, fat={2: 3, 3: END}), "longer or shorter"),
    "a stream that goes outside": (compound(SMALL, fat={0: 77}), "outside"),
    "a stream that meets a free sector": (compound(SMALL, fat={0: FREE}), "outside"),
    "a stream that meets the FAT": (compound(SMALL, fat={0: 6}), "used twice"),
    "a stream that meets a mark": (compound(SMALL, fat={0: FAT}), "outside"),
    "a stream that meets a DIFAT mark": (compound(SMALL, fat={0: DIFAT}), "outside"),
    "a stream beyond the file": (compound(SMALL, entries={"big": {"size": 1 << 40}}), "larger than"),
    "a stream in another one": (compound(SMALL | {"c": b"c" * 12_000}, entries={"c": {"start": 0}}),
                                "used twice"),
    "a small stream that loops": (compound(SMALL, mini_fat={0: 0}), "where another one lies"),
    "a small stream in another one": (compound(SMALL, entries={"s2": {"start": 0}}), "where another"),
    "a small stream outside": (compound(SMALL, entries={"s2": {"start": 64}}), "lies outside"),
    "a small stream too long": (compound(SMALL, entries={"s1": {"size": 60}}), "longer than its 60"),
    "a small stream too short": (compound(SMALL, entries={"s2": {"size": 100}}), "lies outside"),
    "a mini stream beyond the file": (compound(SMALL, entries={"": {"size": 1 << 50}}), "larger than"),
    "a tree that loops": (compound(SMALL, entries={"s2": {"right": 1}}), "must not"),
    "a tree that loops to the left": (compound(SMALL, entries={"s2": {"left": 3}}), "must not"),
    "a tree that leads to the root": (compound(SMALL, entries={"s2": {"right": 0}}), "must not"),
    "a tree that leads outside": (compound(SMALL, entries={"s2": {"right": 99}}), "must not"),
    "a tree that leads to nothing": (compound(SMALL, entries={"s2": {"right": 10}}), "must not"),
    "an entry outside of the tree": (compound(SMALL, entries={"s1": {"right": 1}, "": {"child": 2}}),
                                     "no storage holds"),
    "names that differ in case": (compound(SMALL | {"S1": b""}), "twice"),
    "a second root": (compound(SMALL, kinds={"s1": 5}), "no known kind"),
    "an entry of no kind": (compound(SMALL, kinds={"s1": 3}), "no known kind"),
    "a name of no length": (compound(SMALL, entries={"s1": {"length": 2}}), "malformed"),
    "a name of odd length": (compound(SMALL, entries={"s1": {"length": 5}}), "malformed"),
    "a name of 66 bytes": (compound(SMALL, entries={"s1": {"length": 66}}), "malformed"),
    "a name without end": (compound(SMALL, entries={"s1": {"length": 4}}), "malformed"),
    "a name that is no UTF-16": (compound(SMALL | {"\ud800": b""}), "UTF-16"),
    "a name with a slash": (compound(SMALL | {"a/b": b""}), "forbidden"),
    "a name with a NUL": (compound(SMALL | {"a\0b": b""}), "forbidden"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_malformed_file_is_refused(case: str) -> None:
    data, message = BROKEN[case]
    with pytest.raises(UnsafeArchive, match=message):
        streams(data)


def test_too_many_entries_are_refused() -> None:
    data = compound({f"{number}": b"" for number in range(60)})
    with pytest.raises(UnsafeArchive, match="more than 51 entries"):
        Compound(io.BytesIO(data), Limits(members=50))


@pytest.mark.parametrize("version", [3, 4])
def test_every_truncation_is_refused(version: int) -> None:
    data = compound(SMALL, version=version)
    for end in {*range(0, 600, 7), *range(0, len(data), 256), len(data) - 1}:
        with pytest.raises(UnsafeArchive):
            streams(data[:end])


@given(
    st.lists(st.tuples(st.integers(0, 1 << 16), st.sampled_from([0, 1, 2, 5, 127, 254, 255]))),
    st.sampled_from([3, 4]),
)
@settings(max_examples=300, deadline=None)
def test_changed_bytes_end_in_streams_or_in_an_error(
    changes: list[tuple[int, int]], version: int
) -> None:
    data = bytearray(compound(SMALL, version=version))
    structures = [*range(80), *range(len(data) - 3 * (512 if version == 3 else 4096), len(data))]
    for at, value in changes:
        data[structures[at % len(structures)]] = value
    with suppress(UnsafeArchive):
        assert sum(map(len, streams(bytes(data)).values())) <= len(data)


def test_memory_does_not_grow_with_the_streams() -> None:
    file = io.BytesIO(compound({"big": bytes(24 << 20)}))
    tracemalloc.start()
    try:
        assert sum(map(len, Compound(file).open("big"))) == 24 << 20
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
