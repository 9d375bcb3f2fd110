"""``.nvmrc`` against its project's own cases and against nvm itself, and the two files like it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import attempt, tool
from rtinstall.installer import tool_versions
from rtinstall.installer.nvmrc import RANGE, parse_node_version, parse_nvmrc
from rtinstall.runtime_bundle.errors import BadConfiguration

CASES = Path(__file__).parents[1] / "data" / "nvmrc"


def name(path: Path) -> str:
    return path.name


def test_every_case_of_the_format_is_here() -> None:
    assert len(list((CASES / "valid").iterdir())) == 4
    assert len(list((CASES / "invalid").iterdir())) == 13


@pytest.mark.parametrize("case", sorted((CASES / "valid").iterdir()), ids=name)
def test_a_valid_file_means_what_its_project_says(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    assert parse_nvmrc((case / ".nvmrc").read_text())[0] == expected["node"]


@pytest.mark.parametrize("case", sorted((CASES / "invalid").iterdir()), ids=name)
def test_an_invalid_file_is_refused(case: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        parse_nvmrc((case / ".nvmrc").read_text())
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("22\n", ("22", 1)),
        ("v22.11.0", ("v22.11.0", 1)),
        ("lts/*\r\n", ("lts/*", 1)),
        ("lts/-1", ("lts/-1", 1)),
        ("# why\r\n\r\n\t lts/jod # that one\r\nnpm = 10\r\n", ("lts/jod", 3)),
        ("stable\n", ("latest", 1)),
        ("system", ("system", 1)),
        ("18.x", ("18.x", 1)),
        ("a=1\nb=1\n8", ("8", 3)),
    ],
)
def test_the_one_line_that_is_left_is_the_version(text: str, found: tuple[str, int]) -> None:
    assert parse_nvmrc(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "#",
        "18\n19",
        "node=18",
        " node = 18\n18",
        "18=",
        "=18",
        ">=18",
        "nodejs 18",
        "a=1\na=2\n8",
    ],
)
def test_what_nvm_or_its_format_refuses_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        parse_nvmrc(text)


LINES = st.sampled_from(
    ["", "#", "# a=b", "22", "v18.1.0 # c", "lts/*", "a=1", "b=2", " a = 3", "node=4", "=5", "c=", "\tx\t", "system\r"]
)  # fmt: skip


@given(st.lists(LINES, max_size=5))
@settings(max_examples=60, deadline=None)
def test_nvm_itself_reads_the_same(lines: list[str]) -> None:
    nvm = os.environ.get("RTINSTALL_NVM")
    if not nvm:
        pytest.skip("RTINSTALL_NVM names no nvm.sh")
    text = "\n".join(lines)
    script = f'. "{nvm}" --no-use; nvm_process_nvmrc_content "$1" 2>/dev/null'
    judged = attempt(
        tool("bash"), "-c", script, "bash", text, env={"NVM_DIR": str(Path(nvm).parent)}
    )
    try:
        ours = parse_nvmrc(text)[0]
    except BadConfiguration:
        # nvm lets ranges through here and then does not find them
        assert judged.returncode != 0 or RANGE.search(judged.stdout.strip())
    else:
        assert judged.returncode == 0, text
        assert judged.stdout.strip() == ours


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("22.11.0\n", ("22.11.0", 1)),
        ("v22.11.0", ("v22.11.0", 1)),
        ("\r\n# of the team\r\n>=20 <23\r\n", (">=20 <23", 3)),
    ],
)
def test_a_node_version_is_one_line(text: str, found: tuple[str, int]) -> None:
    assert parse_node_version(text) == found


@pytest.mark.parametrize("text", ["", "18\n20\n", "# only\n"])
def test_a_node_version_of_no_or_two_lines_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        parse_node_version(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("python 3.12.0\nnodejs 20.11.0\n", (("20.11.0",), 2)),
        ("node 20 18 system # first, second\n", (("20", "18", "system"), 1)),
        ("\tnodejs\t22.1.0\r\n", (("22.1.0",), 1)),
        ("ruby 3\n#nodejs 20\n", None),
        ("nodejs-lts 20\n", None),
        ("", None),
    ],
)
def test_tool_versions_of_node_are_read_with_their_fallbacks(
    text: str, found: tuple[tuple[str, ...], int] | None
) -> None:
    assert tool_versions.parse(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nodejs ref:main", "built"),
        ("nodejs 20 path:/opt/node", "path:/opt/node"),
        ("nodejs", "names 0 versions"),
        ("nodejs" + " 1" * 17, "names 17 versions"),
        ("nodejs 20\nnode 22", "twice, in lines 1 and 2"),
    ],
)
def test_tool_versions_that_cannot_be_had_are_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(BadConfiguration, match=words):
        tool_versions.parse(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "nodejs 22.1.0\n"),
        ("ruby 3", "ruby 3\nnodejs 22.1.0\n"),
        ("ruby 3\r\n", "ruby 3\r\nnodejs 22.1.0\r\n"),
        ("nodejs   20 18   # why\nruby 3\n", "nodejs   22.1.0   # why\nruby 3\n"),
        ("# x\r\n\tnode 20\r\nruby 3\r\n", "# x\r\n\tnode 22.1.0\r\nruby 3\r\n"),
    ],
)
def test_pinning_keeps_all_else_of_tool_versions(before: str, after: str) -> None:
    assert tool_versions.pinned(before, "22.1.0") == after
    assert tool_versions.parse(after) is not None
