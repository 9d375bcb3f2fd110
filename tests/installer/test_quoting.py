"""What is quoted for a shell is read back by that shell, letter for letter."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import tool
from rtinstall.installer.shells import quoting

READERS: dict[str, tuple[Callable[[str], str], list[str], str, str]] = {
    "bash": (quoting.posix, ["--norc", "-c"], "printf '%s\\0' {}", "\0"),
    "zsh": (quoting.posix, ["-f", "-c"], "setopt rcquotes; printf '%s\\0' {}", "\0"),
    "dash": (quoting.posix, ["-c"], "printf '%s\\0' {}", "\0"),
    "mksh": (quoting.posix, ["-c"], "/usr/bin/printf '%s\\0' {}", "\0"),
    "ksh": (quoting.posix, ["-c"], "printf '%s\\0' {}", "\0"),
    "fish": (quoting.fish, ["--no-config", "-c"], "printf '%s\\0' {}", "\0"),
    "nu": (quoting.nushell, ["-n", "-c"], 'print -n ([{}] | each {{|w| $w + "\\u{{0}}" }} | str join)', "\0"),
    "pwsh": (quoting.powershell, ["-NoProfile", "-NonInteractive", "-Command"], "foreach ($word in @({})) {{ [Console]::Write($word + [char]0) }}", "\0"),
}  # fmt: skip
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
WORDS = st.lists(st.text(LETTERS | st.sampled_from("'\"\\$`!\n\r\t *?[]{}~#&|;<>()=%^"), max_size=20), min_size=1, max_size=40)  # fmt: skip


@pytest.mark.parametrize("shell", READERS)
@given(words=WORDS)
@settings(max_examples=15, deadline=None)
def test_any_word_is_read_back(shell: str, words: list[str]) -> None:
    quote, options, script, end = READERS[shell]
    text = script.format((", " if shell == "pwsh" else " ").join(map(quote, words)))
    ended = subprocess.run(
        [tool(shell), *options, text],
        capture_output=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": "/nonexistent",
            "POWERSHELL_TELEMETRY_OPTOUT": "1",
        },
    )
    assert ended.returncode == 0, ended
    assert ended.stdout.decode().split(end)[:-1] == words


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a b", "'a b'"),
        ("it's", "'it''s'"),
        ("\u2018x\u2019", "('' + [char]8216 + 'x' + [char]8217 + '')"),
        (
            "J\u00fcrgen's \U0001f422",
            "('J' + [char]252 + 'rgen''s ' + [char]55357 + [char]56354 + '')",
        ),
        ("$x`n", "'$x`n'"),
    ],
)
def test_powershell_is_given_ascii(text: str, quoted: str) -> None:
    assert quoting.powershell(text) == quoted


def test_cmd_doubles_percent_signs() -> None:
    assert quoting.cmd("C:\\100% & more") == "C:\\100%% & more"
