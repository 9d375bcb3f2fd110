"""What a person sees: help, bars on a terminal and nowhere else, quiet pipes, any locale."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
import time
from pathlib import Path

import click
import pytest

from rtinstall.platforms.cli import cli
from rtinstall.runtime_bundle.targets import TARGETS
from world.rtbuild import FAST, PROGRAM, Desk
from world.runtime import VERSION, Upstream, archive
from world.server import Reply

ARCHIVE = f"v{VERSION}/node-v{VERSION}-linux-x64.tar.xz"
# Make standard input the controlling terminal, so that Ctrl-C reaches the program.
CONTROL = "import fcntl,os,sys,termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize("verb", ["", *cli.commands])
def test_every_verb_explains_itself_on_eighty_columns(desk: Desk, verb: str) -> None:
    shown = desk.run(*([verb] if verb else []), "--help", COLUMNS="80").good()
    assert shown.err == ""
    usage, empty, first, *_ = shown.out.splitlines()
    assert usage.startswith(f"Usage: rtbuild {verb}".rstrip())
    assert not empty
    assert len(first.split()) >= 4
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    assert "\\b" not in shown.out
    several = ("[ARGS]...", "VERSION...")
    assert "..." not in re.sub("|".join(map(re.escape, several)), "", shown.out), (
        "a text is cut off"
    )
    assert desk.run(*([verb] if verb else []), "-h", COLUMNS="80").out == shown.out


def test_every_option_says_what_it_does() -> None:
    for name, command in cli.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"


def test_without_a_word_the_help_is_shown(desk: Desk) -> None:
    ended = desk.program()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == desk.run("--help").out
    assert "release" in ended.err


def test_version_and_targets(desk: Desk) -> None:
    assert re.fullmatch(r"rtbuild \d+\.\d+\.\d+\S*\n", desk.program("--version").good().out)
    table = desk.run("targets").good().out.splitlines()
    assert [line.split()[0] for line in table] == ["TARGET", *(t.name for t in TARGETS)]
    rows = desk.run("targets", "--json").good().json
    assert [(row["name"], tuple(row["formats"])) for row in rows] == [
        (t.name, t.formats) for t in TARGETS
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("relase",), "'relase'"),
        (("--verbose",), "--verbose"),
        (("release",), "VERSION"),
        (("inspect",), "FILE"),
        (("build", "a", "b"), "b"),
    ],
)
def test_a_wrong_command_line_is_one_error_and_one_hint(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    desk.program(*words).failed(2, said, "--help")


# Pipes.


@pytest.fixture
def many(desk: Desk) -> str:
    """Give a folder with more entries than a pipe holds."""
    import archive_makers as make

    members = (make.tar_member(f"folder/{'x' * 80}{n}", b"") for n in range(2000))
    desk.work.mkdir()
    (desk.work / "many.tar").write_bytes(make.tar(*members))
    return "many.tar"


def test_a_reader_that_has_seen_enough_is_no_error(desk: Desk, many: str) -> None:
    for words in (("inspect", "-e", many), ("inspect", "--json", many), ("--help",)):
        process = desk.start(*words)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        with process:
            assert process.stderr is not None
            assert process.stderr.read() == ""
        assert process.returncode in ((0,) if words == ("--help",) else (141,))


def test_work_goes_on_when_nobody_reads_what_it_says(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    process = desk.start("release", "24", "-f", "deb", *FAST, *upstream.words)
    assert process.stderr is not None
    process.stderr.close()
    with process:
        assert process.stdout is not None
        assert "nodejs_24.19.0-1_amd64.deb" in process.stdout.read()
    assert process.returncode == 0
    desk.run("verify", "dist").good()


def test_a_result_that_cannot_be_written_is_an_error(desk: Desk) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    desk.work.mkdir()
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [*PROGRAM, "targets"], cwd=desk.work, env=desk.environment(), check=False,
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert process.returncode == 10
    assert process.stderr.startswith("error: No space left on device\nhint: ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_locale_will_do(desk: Desk, encoding: str) -> None:
    import archive_makers as make

    desk.work.mkdir()
    (desk.work / "ü.tar").write_bytes(make.tar(make.tar_member("日本", b"")))
    shown = desk.program("inspect", "-e", "ü.tar", PYTHONIOENCODING=f"{encoding}:strict").good()
    # To click, ASCII is no locale but a missing one; it writes UTF-8 then.
    assert (r"\u65e5\u672c" if encoding == "latin-1" else "日本") in shown.out


def test_names_of_files_need_not_be_text(desk: Desk) -> None:
    desk.work.mkdir()
    name = os.fsdecode(b"\xff\xfe.tar")
    try:
        (desk.work / name).write_bytes(b"")
    except (OSError, UnicodeError):
        pytest.skip("this file system has only names that are text")
    desk.program("inspect", name).failed(12, r"\udcff")


# A terminal.


class Screen:
    """A terminal of 100 columns, and the program that runs in it."""

    def __init__(self, desk: Desk, *words: str) -> None:
        desk.work.mkdir(exist_ok=True)
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 100))
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONTROL, *PROGRAM, *words],
            cwd=desk.work, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=desk.environment(TERM="xterm-256color"),
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, words: str) -> None:
        """Read until ``words`` are there."""
        deadline = time.monotonic() + 20
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        os.close(self.ours)
        return self.process.wait(20)

    def _read(self) -> bool:
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += data.decode()
        return bool(data)

    @property
    def cursor(self) -> bool:
        """Say whether the cursor can be seen."""
        return self.shown.rfind("\x1b[?25h") >= self.shown.rfind("\x1b[?25l")


def test_a_terminal_shows_bars_and_is_left_as_it_was(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, weight=8_000)
    data = archive("linux-x64", VERSION, 8_000)
    upstream.put(ARCHIVE, Reply(data, etag='"a"', pace=0.00001))
    screen = Screen(desk, "release", "24", *FAST, *upstream.words)
    assert screen.end() == 0
    assert "━" in screen.shown
    assert "\x1b[?25l" in screen.shown
    assert screen.cursor
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.shown).replace("\r", "\n")
    assert "linux-x64 from dist" in plain
    # A table is not folded, however wide.
    assert re.search(r"^linux-x64 +dist +\S+ kB +deb rpm arch tar.xz tar.gz$", plain, re.MULTILINE)
    assert re.search(r"^not published there: .*ibmi-ppc64$", plain, re.MULTILINE)
    assert "nodejs_24.19.0-1_amd64.deb" in plain.rpartition("FILE ")[2]


def test_control_c_leaves_the_terminal_as_it_was(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, weight=50_000)
    data = archive("linux-x64", VERSION, 50_000)
    upstream.put(ARCHIVE, Reply(data, etag='"a"', pace=0.001))
    screen = Screen(desk, "release", "24", *FAST, *upstream.words)
    screen.until("linux-x64 from dist")
    screen.press("\x03")
    assert screen.end() == 130
    assert screen.cursor
    assert "\x1b[31m\x1b[1merror:\x1b[0m interrupted" in screen.shown
    assert "Traceback" not in screen.shown
    assert [p.name for p in desk.dist.iterdir()] == [".lock"]


def test_without_a_terminal_there_is_no_colour(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    words = ("release", "24", "-f", "deb", *FAST, *upstream.words)
    env = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    desk.program(*words, **env).good()
    desk.program("release", "77", *upstream.words, **env).failed(3)
