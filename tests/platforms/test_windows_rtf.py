"""RTF that a license is shown as: what a reader of our own gets back out of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.platforms.windows.rtf import LIMIT, REST, rtf

TOKEN = re.compile(
    r"\\u(?P<unit>-?\d+)\?|\\'(?P<byte>[0-9a-f]{2})|\\(?P<word>[a-z]+)(?P<number>-?\d+)? ?"
    r"|\\(?P<literal>[\\{}])|(?P<group>[{}])|(?P<skip>[\r\n])|(?P<char>[ -~])"
)


def paragraphs(document: str) -> list[tuple[int, str]]:
    """Read RTF: left indent and text of every paragraph outside of nested groups."""
    found: list[tuple[int, str]] = []
    units = bytearray()
    depth = indent = at = 0
    while at < len(document):
        token = TOKEN.match(document, at)
        assert token, document[at : at + 40]
        at = token.end()
        if token["group"]:
            depth += 1 if token["group"] == "{" else -1
            assert depth or at == len(document)
        elif depth > 1 or token["skip"]:
            continue
        elif token["word"] == "par":
            found.append((indent, units.decode("utf-16-le", "replace")))
            units.clear()
        elif token["word"] == "li":
            indent = int(token["number"])
        elif token["unit"]:
            units += int(token["unit"]).to_bytes(2, "little", signed=True)
        elif not token["word"]:
            byte = chr(int(token["byte"], 16)) if token["byte"] else None
            units += (byte or token["literal"] or token["char"]).encode("utf-16-le")
    assert depth == 0
    assert not units
    return found


def words(document: str) -> list[str]:
    return [text for _, text in paragraphs(document)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("One\nTwo\n", ["One", "Two"], id="short lines stay"),
        pytest.param("x" * 60 + "\nand on", ["x" * 60 + " and on"], id="a full line goes on"),
        pytest.param("One\n\n\n\nTwo", ["One", "", "Two"], id="one gap is enough"),
        pytest.param("One\r\n\r\nTwo\rThree", ["One", "", "Two", "Three"], id="every line end"),
        pytest.param("One\fTwo", ["One", "Two"], id="form feed"),
        pytest.param(
            "1. " + "x" * 60 + "\n   and on\n2. more",
            ["1. " + "x" * 60 + " and on", "2. more"],
            id="items of a list",
        ),
        pytest.param("x" * 60 + '\n"""\nx', ["x" * 60, '"""', "x"], id="a rule"),
        pytest.param(
            "x" * 60 + "\n  " + "y" * 60, ["x" * 60, "y" * 60], id="another indent begins anew"
        ),
        pytest.param(r"a\b {c} [d] \par", [r"a\b {c} [d] \par"], id="what RTF means by itself"),
        pytest.param("© Ünal “x” 水 😀", ["© Ünal “x” 水 😀"], id="beyond ASCII"),
        pytest.param("\ufeffOne\tTwo\x07\x1b", ["One     Two"], id="control characters"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_reads_back_as_the_same_words(text: str, shown: list[str]) -> None:
    document = rtf(text)
    assert document.isascii()
    assert words(document) == shown


def test_keeps_what_is_indented_indented() -> None:
    (flush, _), (indented, _) = paragraphs(rtf("Terms:\n    one"))
    assert indented > flush


def test_hides_brackets_from_the_installer() -> None:
    """The installer would put the property of that name, most often nothing, in their place."""
    assert "[" not in rtf("Copyright [yyyy] [name of copyright owner]")


def test_a_long_license_ends_with_whole_paragraphs_and_the_place_of_the_rest() -> None:
    written = [f"{number} " + " ".join(["word"] * 40) for number in range(750)]
    assert sum(map(len, written)) > 150_000
    document = rtf("\n\n".join(written))
    assert LIMIT - 1000 < len(document.encode()) <= LIMIT
    *kept, last = filter(None, words(document))
    assert last == REST
    assert kept == written[: len(kept)]


def test_a_license_that_just_fits_is_whole() -> None:
    text = "\n".join(["word"] * 50)
    whole = rtf(text)
    assert rtf(text, len(whole)) == whole
    assert REST in words(rtf(text, len(whole) - 1))


def test_a_license_of_one_line_is_cut_too() -> None:
    document = rtf("word " * 30_000)
    assert LIMIT - 6000 < len(document) <= LIMIT
    assert words(document)[-1] == REST


@given(st.text(max_size=300), st.integers(400, 3000))
def test_any_text_stays_within_its_limit_and_well_formed(text: str, limit: int) -> None:
    document = rtf(text, limit)
    assert len(document) <= limit
    assert document.isascii()
    paragraphs(document)
