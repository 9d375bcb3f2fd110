"""Which file decides, in the documented order; and that a hostile one can only be read or refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.installer.project import Request, asked, requests
from rtinstall.runtime_bundle.errors import BadConfiguration

VOLTA = '{"volta": {"node": "20.1.0"}}'
DEV = '{"devEngines": {"runtime": {"name": "node", "version": "^21", "onFail": "error"}}}'
ENGINES = '{"engines": {"node": ">=16"}}'
ALL = '{"engines": {"node": ">=16"},\n "devEngines": {"runtime": [{"name": "bun"},\n {"name": "node", "version": "21"}]},\n "volta": {"node": "20.1.0"}}'  # fmt: skip

Tree = dict[str, str | bytes]


def lay(root: Path, tree: Tree) -> None:
    for path, content in tree.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def found(folder: Path) -> list[tuple[str, str, int]]:
    """Return what is asked for below the test's own folder, as kind, text and line."""
    return [(one.kind, one.text, one.line) for one in requests(folder)]


@pytest.mark.parametrize(
    ("tree", "kind", "text", "line"),
    [
        ({".nvmrc": "22", ".node-version": "20", "package.json": ALL}, ".nvmrc", "22", 1),
        ({".node-version": "20", ".tool-versions": "nodejs 18"}, ".node-version", "20", 1),
        ({".tool-versions": "ruby 3\nnodejs 18 16", "package.json": ALL}, ".tool-versions", "18", 2),
        ({"package.json": ALL}, "volta.node", "20.1.0", 4),
        ({"package.json": DEV}, "devEngines.runtime", "^21", 1),
        ({"package.json": ENGINES}, "engines.node", ">=16", 1),
        # the nearest folder that chooses
        ({"a/b/.node-version": "18", "a/.nvmrc": "22"}, ".node-version", "18", 1),
        ({"a/b/package.json": VOLTA, ".nvmrc": "22"}, "volta.node", "20.1.0", 1),
        ({"a/b/package.json": "{}", "a/.nvmrc": "22"}, ".nvmrc", "22", 1),
        ({"a/b/.tool-versions": "ruby 3", ".nvmrc": "22"}, ".nvmrc", "22", 1),
        # engines only where nothing chooses
        ({"a/b/package.json": ENGINES, ".nvmrc": "22"}, ".nvmrc", "22", 1),
        ({"a/b/package.json": ENGINES, "package.json": ALL}, "volta.node", "20.1.0", 4),
        ({"a/b/package.json": '{"engines": {"node": "*"}}', "a/package.json": ENGINES}, "engines.node", ">=16", 1),
        # other people's packages
        ({"a/node_modules/x/package.json": VOLTA, "a/.nvmrc": "22"}, ".nvmrc", "22", 1),
        # a broken package.json does not hide what is made for the purpose
        ({"a/b/package.json": '{"engines"', "a/.nvmrc": "22"}, ".nvmrc", "22", 1),
        ({"a/b/.nvmrc/file": "", "a/.nvmrc": "22"}, ".nvmrc", "22", 1),
    ],
)  # fmt: skip
def test_one_documented_order_decides(
    tmp_path: Path, tree: Tree, kind: str, text: str, line: int
) -> None:
    lay(tmp_path, tree)
    folder = next(
        (tmp_path / name for name in ("a/node_modules/x", "a/b") if (tmp_path / name).is_dir()),
        tmp_path,
    )
    decided = asked(folder)
    assert decided is not None
    assert (decided.kind, decided.text, decided.line) == (kind, text, line)
    assert requests(folder)[0] == decided


def test_the_others_follow_in_the_order_they_would_decide(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {"a/package.json": ALL, "a/.node-version": "20", ".nvmrc": "22", "package.json": ENGINES},
    )
    assert found(tmp_path / "a") == [
        (".node-version", "20", 1),
        ("volta.node", "20.1.0", 4),
        ("devEngines.runtime", "21", 3),
        (".nvmrc", "22", 1),
        ("engines.node", ">=16", 1),
        ("engines.node", ">=16", 1),
    ]


def test_a_line_of_tool_versions_has_fallbacks(tmp_path: Path) -> None:
    lay(tmp_path, {".tool-versions": "nodejs 22.1.0 20.1.0 system\n"})
    assert requests(tmp_path)[0].texts == ("22.1.0", "20.1.0", "system")


def test_volta_goes_on_in_the_file_it_extends(tmp_path: Path) -> None:
    lay(tmp_path, {
        "a/b/package.json": '{"volta": {"extends": "../package.json"}, "engines": {"node": "1"}}',
        "a/package.json": '{"volta": {"extends": "../deep/other.json"}}',
        "deep/other.json": '{\n"volta": {"node": "18.0.0"}}',
    })  # fmt: skip
    assert requests(tmp_path / "a/b")[0] == Request(
        "18.0.0", tmp_path / "deep/other.json", 2, "volta.node"
    )


@pytest.mark.parametrize(
    ("extends", "words"),
    [
        ("./package.json", "circle"),
        ("no.json", "not there"),
        ("/etc/passwd", "relative"),
        ("//server/share/package.json", "relative"),
        ("\\\\\\\\server\\\\share", "relative"),
        ("C:package.json", "relative"),
        (".", "not there"),
        ("pipe", "no regular file"),
    ],
)
def test_volta_extends_nothing_that_is_out_of_reach(
    tmp_path: Path, extends: str, words: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    lay(tmp_path, {"package.json": f'{{"volta": {{"extends": "{extends}"}}}}'})
    with pytest.raises(BadConfiguration, match=words):
        asked(tmp_path)


DEEP = b'{"volta":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
UNUSABLE = {
    "two lines": (".nvmrc", b"22\n20\n", "two versions"),
    "empty": (".nvmrc", b"", "no version"),
    "a range": (".nvmrc", b"^22", "line 1 is no version"),
    "a range that is a pair": (".nvmrc", b"# x\n>=20", "line 2 is no version: '>=20'"),
    "no version at all": (".nvmrc", b"$(reboot)", "line 1"),
    "a path": (".node-version", b"../../etc", "line 1"),
    "an option": (".node-version", b"--force", "line 1"),
    "io.js": (".nvmrc", b"iojs-v3", "io.js ended"),
    "unstable": (".nvmrc", b"unstable", "before Node.js 1.0"),
    "stable elsewhere": (".node-version", b"stable", "latest or lts|newest"),
    "zero bytes": (".nvmrc", b"22\0", "zero byte"),
    "escape sequences": (".node-version", b"22\x1b[2J", "line 1"),
    "latin-1": (".node-version", b"22 \xe9", "UTF-8"),
    "half of UTF-16": (".nvmrc", b"\xff\xfe2", "UTF-8"),
    "too long": (".nvmrc", b"22" + b"\n" * 4096, "more than 4096 bytes"),
    "one long word": (".nvmrc", b"2" * 4096, "line 1"),
    "too long a package": (
        "package.json",
        b'{"engines":1}' + b" " * (1 << 20),
        "more than 1048576",
    ),
    "not JSON": ("package.json", b'{\n"engines": {"node": "22",}}', "line 2 is not JSON"),
    "deep JSON": ("package.json", DEEP, "not JSON that anyone writes"),
    "a long number": (
        "package.json",
        b'{"engines":' + b"9" * 5000 + b"}",
        "not JSON that anyone writes",
    ),
    "no object": ("package.json", b'["engines"]', "no JSON object"),
    "no text": ("package.json", b'{"engines": {"node": 22}}', "no text"),
    "twice": (
        "package.json",
        b'{"engines": {"node": "22",\n"node": "20"}}',
        "twice, last in line 2",
    ),
    "twice outside": (
        "package.json",
        b'{"volta": {"node": "2.0.0"}, "volta": {}}',
        "volta stands in it twice",
    ),
    "a surrogate": ("package.json", b'{"engines": {"node": "\\ud800"}}', "line 1"),
    "a command": ("package.json", b'{"engines": {"node": "`id`"}}', "line 1"),
}


@pytest.mark.parametrize(("file", "content", "words"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_cannot_be_used_is_named_and_refused(
    tmp_path: Path, file: str, content: bytes, words: str
) -> None:
    lay(tmp_path, {file: content})
    with pytest.raises(BadConfiguration, match=words) as caught:
        asked(tmp_path)
    assert str(tmp_path / file) in str(caught.value)
    assert caught.value.hint
    assert str(caught.value).removeprefix(str(tmp_path)).isprintable()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf22\r\n",
        "22\r\n".encode("utf-16"),
        b"\xfe\xff" + "22\r\n".encode("utf-16-be"),
        b"22",
        b"  22  \n\n",
    ],
)
@pytest.mark.parametrize("file", [".nvmrc", ".node-version"])
def test_what_editors_and_shells_on_windows_write_is_read(
    tmp_path: Path, file: str, content: bytes
) -> None:
    lay(tmp_path, {file: content})
    assert found(tmp_path) == [(file, "22", 1)]


def test_a_link_to_another_version_file_is_followed_and_no_other(tmp_path: Path) -> None:
    lay(tmp_path, {"a/.nvmrc": "22", "secret": "hunter2"})
    (tmp_path / "a/.node-version").symlink_to(".nvmrc")
    (tmp_path / "a/b").mkdir()
    (tmp_path / "a/b/.nvmrc").symlink_to("../.nvmrc")
    assert found(tmp_path / "a/b")[0] == (".nvmrc", "22", 1)
    for target in ("../../secret", str(tmp_path / "a/.nvmrc"), "../../a/.nvmrc", ".node-version"):
        (tmp_path / "a/b/.nvmrc").unlink()
        (tmp_path / "a/b/.nvmrc").symlink_to(target)
        (tmp_path / "a/b/.node-version").unlink(missing_ok=True)
        (tmp_path / "a/b/.node-version").symlink_to("../../secret")
        with pytest.raises(BadConfiguration) as caught:
            asked(tmp_path / "a/b")
        assert "hunter2" not in str(caught.value)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".nvmrc")
    with pytest.raises(BadConfiguration, match="no regular file"):
        asked(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    lay(tmp_path, {".nvmrc": "22"})
    (tmp_path / ".nvmrc").chmod(0)
    with pytest.raises(BadConfiguration, match="cannot be read"):
        asked(tmp_path)


@settings(deadline=None)
@given(
    st.sampled_from([".nvmrc", ".node-version", ".tool-versions", "package.json"]),
    st.binary(max_size=200),
)
def test_whatever_a_file_holds_only_a_version_or_a_fault_comes_out(
    tmp_path_factory: pytest.TempPathFactory, file: str, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for data in (
        content,
        b"nodejs " + content,
        json.dumps({"engines": {"node": content.decode("latin-1")}}).encode(),
    ):
        lay(folder, {file: data})
        for request in requests(folder):
            assert bool(request.fault) != bool(request.text)
            assert request.text.isprintable()
            assert request.fault.isprintable()
