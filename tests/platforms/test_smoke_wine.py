"""Executables of Windows under a stand-in for Wine; the real one runs the real runtime in tests/real."""

from __future__ import annotations

from pathlib import Path

import pytest

import pe
from rtinstall.platforms.smoke.label import Label, label_of_tree
from rtinstall.platforms.smoke.locate import locate
from rtinstall.platforms.smoke.report import Report
from rtinstall.platforms.smoke.run import smoke

# Notes every call, and answers the question whether JavaScript runs as the test wants it.
STAND_IN = """\
#!/bin/sh
{ printf '%s|' "$@"; printf '%s|%s|%s\\n' "$WINEPREFIX" "$TMPDIR" "$WINEPATH"; } >>"$0.log"
case "$1" in
  reg|wineboot) exit 0 ;;
esac
case "$2" in
  --print) cat "$0.answer"; exit "$(cat "$0.code")" ;;
esac
printf '{"check":"crypto","said":%s}\\n' "$SMOKE"
"""


@pytest.fixture
def wine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in on PATH, answering well."""
    program = tmp_path / "bin" / "wine"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    answer(program, "v24.19.0\n", 0)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return program


def answer(program: Path, text: str, code: int) -> None:
    program.with_name("wine.answer").write_text(text)
    program.with_name("wine.code").write_text(str(code))


def tree(tmp_path: Path, arch: str = "x64") -> Path:
    folder = tmp_path / "Program Files" / "nodejs"
    folder.mkdir(parents=True)
    (folder / "node.exe").write_bytes(pe.executable(arch, "24.19.0"))
    return folder


def report(folder: Path) -> Report:
    return smoke(locate(folder), Label(), only=("crypto",))


def test_checks_run_in_a_prefix_that_is_gone_afterwards(tmp_path: Path, wine: Path) -> None:
    folder = tree(tmp_path)
    (result,) = report(folder).results
    assert result.status == "passed"
    said = result.evidence["said"]
    assert isinstance(said, dict)
    assert said["node"] == "Z:" + str(folder / "node.exe").replace("/", "\\")
    calls = [line.split("|") for line in wine.with_name("wine.log").read_text().splitlines()]
    assert [call[0] for call in calls] == ["reg", str(folder / "node.exe"), calls[2][0], "wineboot"]
    prefixes = {call[-3] for call in calls}
    assert len(prefixes) == 1
    assert not Path(prefixes.pop()).parent.exists()
    assert {call[-2] for call in calls} == {""}  # with a TMPDIR Wine 10 crashes
    assert {call[-1] for call in calls} == {"Z:" + str(folder).replace("/", "\\")}


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [("", 1, "ends with exit code 1"), ("Fatal error in V8\n", 0, "Fatal error in V8")],
    ids=["dies", "complains"],
)
def test_what_wine_cannot_run_is_reported_as_not_run(
    tmp_path: Path, wine: Path, text: str, code: int, reason: str
) -> None:
    answer(wine, text, code)
    (result,) = report(tree(tmp_path)).results
    assert (result.status, reason in result.reason) == ("not run", True)


def test_other_architectures_and_machines_without_wine_say_so(
    tmp_path: Path, wine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm = tree(tmp_path / "arm", "arm64")
    assert "it is made for win arm64" in report(arm).results[0].reason
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no wine" in report(tree(tmp_path)).results[0].reason


def test_the_label_of_a_tree_for_windows_is_in_its_executable(tmp_path: Path) -> None:
    label = label_of_tree(locate(tree(tmp_path)))
    assert (label.version, label.platform, label.arch) == ("24.19.0", "win32", "x64")
