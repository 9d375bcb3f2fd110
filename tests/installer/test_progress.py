"""What is shown while something takes its time: bars, lines, or nothing; always on standard error."""

from __future__ import annotations

import sys

import pytest

from rtinstall.installer import progress
from rtinstall.installer.progress import board
from world.rtinstall import Desk
from world.runtime import Upstream


def work(*, shown: bool = True, always: bool = False) -> None:
    with board(shown=shown, always=always) as watch:
        step = watch.step("node 24.19.0")
        step.start(100)
        for _ in range(4):
            step.advance(25)
        watch.say("by the way [bold]")
        step.start(None)  # it begins again, and nobody says how much there is
        step.advance(7)
        step.done()
        step.done()


def test_lines_tell_of_each_quarter_and_how_long_it_took(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(clock)))
    work()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[:5] == [
        "node 24.19.0: 25 B of 100 B",
        "node 24.19.0: 50 B of 100 B",
        "node 24.19.0: 75 B of 100 B",
        "node 24.19.0: 100 B of 100 B",
        "by the way [bold]",
    ]
    assert err.splitlines()[5].startswith("node 24.19.0: 7 B in ")


def test_what_is_quick_is_not_spoken_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "monotonic", lambda: 1.0)
    work()
    assert capsys.readouterr().err == "by the way [bold]\n"


def test_quiet_is_quiet_but_for_what_has_to_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    work(shown=False)
    assert capsys.readouterr() == ("", "by the way [bold]\n")


def test_bars_are_drawn_on_standard_error_and_taken_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("rich")
    work(always=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "by the way [bold]" in err
    assert "\x1b" in err
    assert err.endswith("\x1b[2K") or "\x1b[?25h" in err  # the line is cleared, the cursor is back


def test_without_rich_there_are_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    work(always=True)
    out, err = capsys.readouterr()
    assert (out, "\x1b" in err) == ("", False)
    assert "by the way [bold]" in err


def test_an_installation_with_bars_has_its_result_on_standard_output(
    desk: Desk, upstream: Upstream
) -> None:
    pytest.importorskip("rich")
    upstream.release()
    ended = desk.run("install", "24", "--progress", "always", "--mirror", upstream.url)
    assert ended.code == 0
    assert ended.out.startswith("node v24.19.0 (Krypton)")
    assert "\x1b" not in ended.out
    assert "node 24.19.0 for linux-x64" in ended.err
