from __future__ import annotations

import re
from pathlib import Path

import pytest

from rtinstall.platforms.notes import notes, released, sections
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.errors import BadConfiguration, NotReadable
from world.rtbuild import Desk

ROOT = Path(__file__).parents[2]
LOG = """# Changelog

## Unreleased

* New.

## 1.1.0 (2026-10-01)

* Second.

### More

* Third.

## 1.0.0

* First.
"""


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.1.0", "* Second.\n\n### More\n\n* Third.\n"),
        ("v1.0.0", "* First.\n"),
        ("1.2.0", "* New.\n"),
        ("2.0.0rc1", "* New.\n"),
    ],
)
def test_notes_are_what_stands_below_the_heading(version: str, text: str) -> None:
    assert notes(LOG, version) == text


def test_a_release_takes_the_place_of_unreleased() -> None:
    after = released(LOG, "1.2.0", "2026-11-26")
    assert after == LOG.replace("## Unreleased\n", "## Unreleased\n\n## 1.2.0 (2026-11-26)\n")
    names = [section.name for section in sections(after)]
    assert names == ["Unreleased", "1.2.0", "1.1.0", "1.0.0"]
    assert notes(after, "1.2.0") == "* New.\n"


@pytest.mark.parametrize(
    ("log", "version", "text"),
    [
        (LOG, "latest", "is no version"),
        (LOG, "../1.2.3", "is no version"),
        ("# Changelog\n", "1.0.0", "no release"),
        (f"{LOG}\n## 1.0.0\n", "1.0.0", "1.0.0 twice"),
        (f"{LOG}\n## what is this\n", "1.0.0", "is no heading"),
        ("## Unreleased\n\n## 1.0.0\n\n* First.\n", "1.1.0", "says nothing of 1.1.0"),
        ("## 1.0.0\n\n* First.\n", "1.1.0", "says nothing of 1.1.0"),
    ],
)
def test_a_change_log_that_says_nothing_is_an_error(log: str, version: str, text: str) -> None:
    with pytest.raises(BadConfiguration, match=re.escape(text)):
        notes(log, version)


@pytest.mark.parametrize(
    ("log", "version"), [(LOG, "1.1.0"), ("## Unreleased\n\n## 1.0.0\n\n* First.\n", "1.1.0")]
)
def test_nothing_is_released_twice_or_out_of_nothing(log: str, version: str) -> None:
    with pytest.raises(BadConfiguration):
        released(log, version, "2026-11-26")


def test_our_own_change_log_has_notes_of_this_version() -> None:
    assert notes((ROOT / "CHANGELOG.md").read_text("utf-8"), __version__)


def test_the_command_prints_notes_and_makes_a_release(desk: Desk, tmp_path: Path) -> None:
    log = tmp_path / "CHANGELOG.md"
    log.write_text(LOG)
    words = ("notes", "1.2.0", "--changelog", log)
    assert desk.run(*words).good().out == "* New.\n"
    assert log.read_text() == LOG
    assert desk.run(*words, "--release", SOURCE_DATE_EPOCH="1577836800").good().out == "* New.\n"
    assert "## 1.2.0 (2020-01-01)\n" in log.read_text()
    desk.run(*words, "--release").failed(BadConfiguration.exit_code, "has 1.2.0 already")
    log.write_bytes(b"\xff")
    desk.run(*words).failed(NotReadable.exit_code, "cannot be read")
