"""What prompts ask all day is answered as by the verbs themselves, and with next to nothing imported."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import chdir

import pytest

from rtinstall.installer.start import answer
from world.installed import Home, executable

# Each too large for what is asked at every prompt.
LARGE = {"click", "requests", "urllib3", "rich", "platformdirs", "hashlib", "tempfile", "subprocess",
         "tomllib", "rtinstall.installer.cli", "rtinstall.installer.store", "rtinstall.installer.receipt",
         "rtinstall.runtime_bundle.targets", "rtinstall.runtime_bundle.model"}  # fmt: skip
SCRIPT = (
    "import sys, json; from rtinstall.installer.start import main; main();"
    "print(json.dumps(sorted(sys.modules)))"
)
FILES = {
    "a line": {".nvmrc": "22"},
    "a version": {".node-version": "20.1.0"},
    "an LTS line": {".nvmrc": "lts/*"},
    "an LTS line of old": {".nvmrc": "lts/-2"},
    "a range": {"package.json": '{"engines": {"node": ">=18 <22"}}'},
    "devEngines": {
        "package.json": '{"devEngines": {"runtime": {"name": "node", "version": "^18"}}}'
    },
    "a fallback": {".tool-versions": "nodejs 21 18.1.0"},
    "an alias": {".nvmrc": "work"},
    "of another machine": {".nvmrc": "16"},
    "for both machines": {".nvmrc": "18"},
    "nothing": {},
}
OTHERS = {
    "not installed": {".nvmrc": "19"},
    "not LTS": {".nvmrc": "lts/-1"},
    "the system's": {".nvmrc": "system"},
    "broken": {".nvmrc": "1\n2"},
    "no version": {".nvmrc": "nobody"},
    "hostile": {".nvmrc": "\x1b[2J"},
}


@pytest.fixture
def full(home: Home) -> Home:
    home.put("24.1.0", "22.12.0", "22.11.0", "20.1.0", "18.1.0")
    home.put("16.1.0", "18.1.0", target="darwin-x64")
    home.run("alias", "work", "22.11").good()
    home.run("default", "20").good()
    return home


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_the_quick_answer_is_that_of_the_verb(full: Home, files: dict[str, str]) -> None:
    for name, content in files.items():
        full.write(name, content)
    with chdir(full.work):
        assert answer(["current"], full.environment()) + "\n" == full.run("current").good().out
        assert answer(["which"], full.environment()) + "\n" == full.run("which").good().out


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
def test_what_is_not_as_usual_is_left_to_the_verb(home: Home, files: dict[str, str]) -> None:
    home.put("24.1.0", "20.1.0")
    for name, content in files.items():
        home.write(name, content)
    with chdir(home.work):
        assert answer(["current"], home.environment()) == ""


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"name": "v1.0.0", "lts": ""}'])
def test_a_damaged_receipt_is_left_to_the_verb(home: Home, damage: str) -> None:
    home.put("22.12.0")
    home.write(".nvmrc", "22")
    (home.store / "receipts/v22.12.0.json").write_text(damage)
    with chdir(home.work):
        assert answer(["current"], home.environment()) == ""


def test_the_machine_s_own_store_counts_too(home: Home) -> None:
    home.put("22.12.0", "20.1.0")
    home.store.rename(home.folder / "shared")
    home.put("20.1.0")
    for text in ("22", "20"):
        with chdir(home.work):
            answered = answer(["which"], home.environment(RTINSTALL_VERSION=text))
        assert answered + "\n" == home.run("which", RTINSTALL_VERSION=text).good().out


@pytest.mark.parametrize("words", [["current"], ["which"], ["which", "node"]])
@pytest.mark.parametrize("text", ["22", "lts/jod", ">=20 <23"])
def test_next_to_nothing_is_imported(full: Home, words: list[str], text: str) -> None:
    full.write(".node-version", text)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        env=full.environment(), cwd=full.work, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answered, modules = ended.stdout.splitlines()
    assert "v22.12.0" in answered
    loaded = set(json.loads(modules))
    assert not LARGE & loaded


def test_an_error_is_said_by_the_whole_program(home: Home) -> None:
    executable(home.system / "node")
    home.write(".nvmrc", "22")
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, "current"],
        env=home.environment(), cwd=home.work, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 18
    assert ended.stderr.startswith("error: ")
    assert ended.stdout == ""
