from __future__ import annotations

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.freebsd.archive import content, seal
from rtinstall.runtime_bundle.freebsd.catalogue import on, read
from rtinstall.runtime_bundle.freebsd.versions import compare, newest_last
from world.freebsd import ABI, ports

Layout = Literal["lines", "object"]
LAYOUTS: tuple[Layout, ...] = ("lines", "object")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.parametrize("step", [1, 2, 7, 511, 1 << 20])
def test_it_does_not_matter_in_which_pieces_a_catalogue_comes(step: int) -> None:
    depot = ports()
    depot.entry("libuv")["comment"] = "Größe 日本 ✓"
    for layout, data in (("lines", depot.lines()), ("object", depot.data())):
        data = (
            json.dumps(json.loads(data), ensure_ascii=False).encode()
            if layout == "object"
            else data
        )
        pieces = (data[at : at + step] for at in range(0, len(data), step))
        found = read(pieces, "lines" if layout == "lines" else "object")
        assert repr(found) == repr(read([data], "lines" if layout == "lines" else "object"))
        assert [package.name for package in found] == ["libuv", "node24", "npm-node24"]


@given(st.binary(max_size=200))
def test_a_catalogue_is_read_or_refused(data: bytes) -> None:
    for layout in LAYOUTS:
        try:
            read([data], layout)
        except UnsafeArchive:
            continue
        assert layout == "lines"
        assert not data.strip()


@given(st.sampled_from(sorted(ports().entries[1])), values)
def test_an_entry_with_anything_in_the_place_of_anything_is_read_or_refused(
    key: str, value: object
) -> None:
    line = json.dumps({**ports().entries[1], key: value}).encode()
    try:
        (package,) = read([line], "lines")
    except UnsafeArchive:
        return
    assert package.name
    assert not package.path.startswith("/")
    on(ABI, [package])


@given(st.binary(max_size=300))
def test_an_archive_is_read_or_refused(data: bytes) -> None:
    with pytest.raises(UnsafeArchive):
        seal(data, "data")


def test_what_was_sealed_is_what_is_read() -> None:
    depot = ports()
    packed = depot.archive("data", depot.data())
    assert set(seal(packed, "data").members) == {"signature", "data.sig", "data.pub"}
    assert b"".join(content(packed, "data")) == depot.data()


@given(st.lists(st.text(alphabet="019abrcpl._,+*", max_size=8), min_size=3, max_size=3))
def test_versions_have_one_order(texts: list[str]) -> None:
    for left in texts:
        assert compare(left, left) == 0
        for right in texts:
            assert (compare(left, right) > 0) == (compare(right, left) < 0)
    low, middle, high = sorted(texts, key=newest_last)
    assert compare(low, middle) <= 0
    assert compare(middle, high) <= 0
    assert compare(low, high) <= 0
