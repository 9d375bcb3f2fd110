from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.runtime_bundle.archives.xml import children, document
from rtinstall.runtime_bundle.errors import UnsafeArchive

NAMED = b'<r xmlns="urn:r" xmlns:x="urn:x"><a x:k="1">one<x:b/></a> <a/>text<c/></r>'


def each(data: bytes, step: int, root: str = "{urn:r}r", most: int = 1 << 20) -> list[str]:
    chunks = (data[at : at + step] for at in range(0, len(data), step))
    return [
        f"{element.tag} {element.attrib} {element.text} {[child.tag for child in element]}"
        for element in children(chunks, "it", root, most)
    ]


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_children_come_one_at_a_time_whatever_the_chunks(step: int) -> None:
    assert each(NAMED, step) == [
        "{urn:r}a {'{urn:x}k': '1'} one ['{urn:x}b']",
        "{urn:r}a {} None []",
        "{urn:r}c {} None []",
    ]


def test_a_document_may_be_read_with_its_namespaces() -> None:
    assert document(NAMED, "it", namespaces=True)[0].attrib == {"{urn:x}k": "1"}
    assert document(b'<a:r xmlns:a="u"/>', "it").tag == "a:r"


BAD = {
    b"": "no XML",
    b"<r>": "not {urn:r}r",
    b'<r xmlns="urn:r"><a></r>': "no XML",
    b'<r xmlns="urn:r"><a/>': "no XML",
    b'<r xmlns="urn:r"/><r/>': "no XML",
    b'<!DOCTYPE r><r xmlns="urn:r"/>': "document type",
    b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r xmlns="urn:r"/>': "document type",
    b'<r xmlns="urn:r">&a;</r>': "no XML",
    b'<r xmlns="urn:r"><x:a/></r>': "no XML",
    b"\xff\xfe<\0r\0/\0>\0": "not {urn:r}r",
    b'<r xmlns="urn:r">' + b"<a>" * 64 + b"</a>" * 64 + b"</r>": "too deeply",
    b'<r xmlns="urn:r"><a k="' + b"x" * 200_000 + b'"/></r>': "larger than 100000",
    b'<r xmlns="urn:r"><a>' + b"x" * 200_000 + b"</a></r>": "larger than 100000",
    b'<r xmlns="urn:r"><a>' + b"<b/>" * 50_000 + b"</a></r>": "larger than 100000",
    b'<r xmlns="urn:r"><!--' + b"x" * 300_000 + b"--></r>": "larger than 100000",
}


@pytest.mark.parametrize("step", [1 << 10, 1 << 16])
@pytest.mark.parametrize(("data", "text"), BAD.items(), ids=[repr(data[:30]) for data in BAD])
def test_hostile_xml_is_refused(data: bytes, text: str, step: int) -> None:
    with pytest.raises(UnsafeArchive, match=text):
        each(data, step, most=100_000)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_nothing_else_is_ever_raised(data: bytes, step: int) -> None:
    for start in (b"", b'<r xmlns="urn:r">'):
        with pytest.raises(UnsafeArchive):
            each(start + data + b"<", step)


def test_memory_does_not_grow_with_the_number_of_children() -> None:
    def chunks() -> Iterator[bytes]:
        yield b'<r xmlns="urn:r">'
        for number in range(2000):
            yield b"<a>%d%s</a>" % (number, b"<b>text</b>" * 100)
        yield b"</r>"

    tracemalloc.start()
    count = sum(1 for _ in children(chunks(), "it", "{urn:r}r"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2000
    assert peak < 1 << 20
