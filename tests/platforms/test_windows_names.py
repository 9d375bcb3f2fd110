from __future__ import annotations

import pytest

from rtinstall.platforms.windows.names import MOST_PATH, check_names, units
from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink


@pytest.mark.parametrize(
    "path",
    [
        "node.exe",
        "node_modules/npm/node_modules/@npmcli/arborist/lib/index.js",
        "größe-日本-✓-🚀.md",
        ".npmrc",
        "a b/c.d.e",
        "console", "auxiliary.js", "com", "com10", "lpt.txt", "nullable", "_con", "conin",
        "a" * 251 + ".txt",
    ],
)  # fmt: skip
def test_names_that_windows_takes_are_taken(path: str) -> None:
    check_names([Directory("top"), File.of(path, b"")], room=MOST_PATH)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("a/con", "'con' is the name of a device"),
        ("NUL.tar.gz", "device"),
        ("aux.js", "device"),
        ("prn .c", "device"),
        ("Com1", "device"),
        ("lpt9.txt", "device"),
        ("com\N{SUPERSCRIPT TWO}", "device"),
        ("CONIN$", "device"),
        ("conout$.x", "device"),
        ("a<b", "character '<'"),
        ("a>b", "character '>'"),
        ("a:b", "character ':'"),
        ('a"b', "character"),
        ("a\\b", "character"),
        ("a|b", "character"),
        ("a?b", "character"),
        ("a*b/c", "character"),
        ("a\tb", "character"),
        ("a\x1fb", "character"),
        ("a\udcffb", "character"),
        ("dir./a", "'dir.' ends in '.'"),
        ("a ", "ends in ' '"),
        ("a" * 256, "256 units"),
        ("🚀" * 128, "256 units"),
    ],
)
def test_names_that_windows_forbids_are_refused(path: str, why: str) -> None:
    with pytest.raises(NotExpressible) as caught:
        check_names([File.of(path, b"")], room=1000)
    assert repr(path) in str(caught.value)
    assert why in str(caught.value)


def test_a_directory_is_named_like_a_file() -> None:
    with pytest.raises(NotExpressible, match="device"):
        check_names([Directory("aux")], room=MOST_PATH)


def test_a_link_is_refused() -> None:
    with pytest.raises(NotExpressible, match="symbolic link"):
        check_names([Symlink("npm", "node_modules/npm/bin/npm-cli.js")], room=MOST_PATH)


@pytest.mark.parametrize(("part", "length"), [("abc", 3), ("ü日", 2), ("🚀", 2), ("", 0)])
def test_lengths_are_those_of_utf_16(part: str, length: int) -> None:
    assert units(part) == length


@pytest.mark.parametrize("name", ["n", "ü", "日"])
def test_a_path_fills_its_room_and_no_more(name: str) -> None:
    path = "/".join([name * 9] * 10)
    check_names([File.of(path, b"")], room=99)
    with pytest.raises(NotExpressible, match="99 units of UTF-16, and there is room for 98"):
        check_names([File.of(path, b"")], room=98)


def test_all_faults_are_counted() -> None:
    entries: list[Entry] = [File.of(path, b"") for path in ("a", "con", "b?", "c.")]
    with pytest.raises(NotExpressible, match=r"'con'.*, and 2 more like it"):
        check_names(entries, room=MOST_PATH)
