"""The quick answer from the records is the whole program's, or none."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from rtinstall.installer.known import known
from world.installed import Home


def quick(home: Home, monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> str:
    for name, value in home.environment(**more).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return known(os.environ)


def aged(path: Path) -> None:
    past = time.time() - 60
    os.utime(path, (past, past))


def settled(home: Home, name: str, text: str, folder: str = "") -> Path:
    """Write a version file, some time ago, and the records that a hook asks for."""
    path = home.write(f"{folder}/{name}".lstrip("/"), text)
    aged(path)
    home.run("hook", str(path.parent))
    return path


FOLDERS: dict[str, dict[str, str]] = {
    "a version": {".nvmrc": "20"},
    "a version above": {"../.nvmrc": "20"},
    "engines": {"package.json": '{"engines": {"node": ">=20"}}'},
    "a choice above goes before engines": {
        "package.json": '{"engines": {"node": ">=22"}}', "../.nvmrc": "20",
    },
    "a package.json that asks for nothing": {"package.json": "{}", "../.nvmrc": "20"},
    "system": {".nvmrc": "system"},
    "what is not installed": {".nvmrc": "18"},
    "what is no version": {".nvmrc": "nonsense!"},
    "nothing": {},
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="there the whole program answers")
@pytest.mark.parametrize("case", FOLDERS)
def test_the_quick_answer_is_the_whole_program_s(
    home: Home, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    home.put("22.1.0", "20.1.0")
    home.run("default", "22").good()
    folder = home.work / "a/b"
    folder.mkdir(parents=True)
    for name, text in sorted(FOLDERS[case].items()):
        path = folder / name
        path.write_text(text)
        aged(path)
    home.run("hook", str(folder))
    answer = quick(home, monkeypatch, folder)
    whole = home.run("current", folder="a/b")
    if answer:
        assert whole.good().out == f"{answer}\n"
    else:
        assert whole.code or not whole.out.startswith("v")


@pytest.mark.skipif(sys.platform == "win32", reason="there the whole program answers")
def test_a_record_older_than_its_file_is_not_believed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.put("22.1.0", "20.1.0")
    file = settled(home, ".nvmrc", "20")
    assert quick(home, monkeypatch, home.work) == "v20.1.0"
    file.write_text("22")
    later = time.time() + 1
    os.utime(file, (later, later))
    assert quick(home, monkeypatch, home.work) == ""
    aged(file)
    other = home.write("package.json", "{}")
    aged(other)
    assert quick(home, monkeypatch, home.work) == "", "a file that was not there"


@pytest.mark.skipif(sys.platform == "win32", reason="there the whole program answers")
def test_a_version_that_is_gone_is_not_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.put("22.1.0")
    settled(home, ".nvmrc", "22")
    assert quick(home, monkeypatch, home.work) == "v22.1.0"
    (home.store / "receipts/v22.1.0.json").unlink()
    assert quick(home, monkeypatch, home.work) == ""


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\0\n" * 9, b"x\n../../..\n\n\n\n\n"])
def test_a_record_of_anything_else_is_left_to_the_program(
    home: Home, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    home.put("22.1.0")
    settled(home, ".nvmrc", "22")
    (record,) = (home.store / "projects").rglob(".version")
    record.write_bytes(content)
    assert quick(home, monkeypatch, home.work) == ""


def test_what_this_shell_was_told_is_left_to_the_program(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.put("22.1.0", "20.1.0")
    settled(home, ".nvmrc", "22")
    assert quick(home, monkeypatch, home.work, RTINSTALL_VERSION="20") == ""
