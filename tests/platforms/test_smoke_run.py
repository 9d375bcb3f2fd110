"""Runtimes that lie, hang, crash or are half there are never reported as passed."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rtinstall.platforms.smoke.host import Way
from rtinstall.platforms.smoke.label import Label
from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.report import Result
from rtinstall.platforms.smoke.run import smoke
from rtinstall.platforms.smoke.table import CHECKS, Check
from rtinstall.runtime_bundle.errors import BadConfiguration

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are shell scripts")

VERSION = '{"check": "version", "version": "24.19.0"}'
LABEL = Label(version="24.19.0")


def stand_in(tmp_path: Path, script: str) -> Runtime:
    node = tmp_path / "tree" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.write_text(f"#!/bin/sh\n{script}\n")
    node.chmod(0o755)
    prefix = node.parents[1]
    return Runtime(node, prefix, prefix, None, Way(), prefix / "etc" / "npmrc")


def only(runtime: Runtime, name: str = "version", label: Label = LABEL) -> Result:
    (result,) = smoke(runtime, label, only=(name,)).results
    return result


def test_a_check_passes_by_its_evidence(tmp_path: Path) -> None:
    result = only(stand_in(tmp_path, f"echo '{VERSION}'"))
    assert (result.status, result.reason) == ("passed", "")
    assert result.evidence["compared"] == {"version": "24.19.0"}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", "no evidence, exit code 0"),
        ("echo v24.19.0", "no evidence, exit code 0\nv24.19.0"),
        ("echo '[1]'", "no evidence"),
        ("echo '{'", "no evidence"),
        ("""echo '{"version": "24.19.0"}'""", "no evidence"),
        ("""echo '{"check": "upload", "version": "24.19.0"}'""", "no evidence"),
        (f"echo '{VERSION}'; echo '{VERSION}'", "no evidence"),
        (f"echo '{VERSION}'; exit 3", "no evidence, exit code 3"),
        ("""echo '{"error": "it broke"}'; exit 1""", "it broke"),
        ("echo oh no >&2; exit 134", "no evidence, exit code 134\noh no"),
        ("kill -SEGV $$", "no evidence, killed by signal 11"),
        ("printf '\\377\\376'", "no evidence"),
    ],
)
def test_what_shows_no_evidence_has_failed(tmp_path: Path, script: str, reason: str) -> None:
    result = only(stand_in(tmp_path, script))
    assert result.status == "failed"
    assert reason in result.reason


def test_a_check_that_cannot_run_says_so(tmp_path: Path) -> None:
    result = only(stand_in(tmp_path, """echo '{"not run": "too few files"}'; exit 77"""))
    assert (result.status, result.reason) == ("not run", "too few files")


def test_a_runtime_that_cannot_be_started_has_failed(tmp_path: Path) -> None:
    runtime = stand_in(tmp_path, "")
    runtime.node.write_bytes(b"\x7fELF and nothing more")
    assert only(runtime).reason.startswith("cannot be started")


def test_a_runtime_that_hangs_ends_at_the_limit_with_all_it_started(tmp_path: Path) -> None:
    children = tmp_path / "children"
    runtime = stand_in(tmp_path, f"sleep 60 &\necho $$ $! > {children}\nwait")
    start = time.monotonic()
    result = only(replace(runtime, way=Way(pace=0.05)))
    assert result.status == "failed"
    assert "took longer than 1.5 s" in result.reason
    assert time.monotonic() - start < 20
    assert [pid for pid in children.read_text().split() if alive(int(pid))] == []


def test_what_a_check_leaves_running_ends_with_it(tmp_path: Path) -> None:
    child = tmp_path / "child"
    result = only(stand_in(tmp_path, f"sleep 60 &\necho $! > {child}\necho '{VERSION}'"))
    assert result.status == "passed"
    assert not alive(int(child.read_text()))


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be buried does not."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("evidence", "label", "status", "reason"),
    [
        ("24.19.0", "24.19.0", "passed", ""),
        ("24.18.0", "24.19.0", "failed", "version is 24.18.0, the label says 24.19.0"),
        ("24.19.0", None, "not run", "the label says nothing of version"),
    ],
)
def test_the_label_is_held_against_the_evidence(
    tmp_path: Path, evidence: str, label: str | None, status: str, reason: str
) -> None:
    script = f"""echo '{{"check": "version", "version": "{evidence}"}}'"""
    result = only(stand_in(tmp_path, script), label=Label(version=label))
    assert (result.status, result.reason) == (status, reason)


@pytest.mark.parametrize(
    ("actual", "label", "status"),
    [
        ("13.6.233.17-node.51", "13.6.233.17", "passed"),
        ("13.6.233.17-node.51", "13.6.233.17-node.51", "passed"),
        ("13.6.233.17-node.51", "13.6.233.17-node.50", "failed"),
        ("13.6.233.17-node.51", "13.6.233.1", "failed"),
        ("13.6.233.17", "13.6.233.17-node.51", "passed"),
    ],
)
def test_a_suffix_of_node_counts_where_both_have_it(
    tmp_path: Path, actual: str, label: str, status: str
) -> None:
    script = f"""echo '{{"check": "components", "v8": "{actual}"}}'"""
    result = only(stand_in(tmp_path, script), "components", Label(components={"v8": label}))
    assert result.status == status
    assert result.evidence["not compared"] == ["uv", "openssl", "modules", "npm"]


def test_a_component_that_is_missing_in_the_runtime_is_not_alike(tmp_path: Path) -> None:
    script = """echo '{"check": "components"}'"""
    result = only(stand_in(tmp_path, script), "components", Label(npm="11.0.0"))
    assert result.reason == "npm is None, the label says 11.0.0"


def test_nothing_of_the_caller_reaches_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "npm_config_registry"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("HOME", "/mine")
    seen = tmp_path / "seen"
    runtime = stand_in(tmp_path, f"env > {seen}; pwd >> {seen}; echo '{VERSION}'")
    assert only(runtime).status == "passed"
    text = seen.read_text()
    assert "mine" not in text.replace(str(tmp_path), "")
    assert f"PATH={runtime.node.parent}{os.pathsep}" in text
    assert not Path(text.splitlines()[-1]).exists()


@pytest.mark.parametrize("name", ["npm-install", "npmrc", "native-addon"])
def test_a_check_without_what_it_needs_is_not_run(tmp_path: Path, name: str) -> None:
    result = only(stand_in(tmp_path, "exit 9"), name)
    assert result.status == "not run"
    assert "not in the tree" in result.reason


def test_a_tree_without_a_compiler_is_told_so(tmp_path: Path) -> None:
    runtime = replace(stand_in(tmp_path, "exit 9"), headers=tmp_path)
    assert only(runtime, "native-addon").reason == "this machine has no C compiler for this runtime"


def test_nothing_is_run_where_the_machine_has_no_way(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    runtime = replace(stand_in(tmp_path, f"touch {ran}"), way=Way(obstacle="it is for s390x"))
    report = smoke(runtime, LABEL)
    assert {(result.status, result.reason) for result in report.results} == {
        ("not run", "it is for s390x")
    }
    assert len(report.results) == len(CHECKS)
    assert not ran.exists()


def test_a_wrapper_stands_before_node_and_before_its_children(tmp_path: Path) -> None:
    emulator = tmp_path / "an emulator"
    emulator.write_text('#!/bin/sh\necho "$1" >> "$0.log"\nshift\nexec "$@"\n')
    emulator.chmod(0o755)
    script = f"""[ "$1" = child ] && exit 0\nnode child && echo '{VERSION}'"""
    runtime = replace(stand_in(tmp_path, script), way=Way(wrapper=(str(emulator), "-L")))
    report = smoke(runtime, LABEL, only=("version",))
    assert [result.status for result in report.results] == ["passed"]
    assert Path(f"{emulator}.log").read_text() == "-L\n-L\n"
    assert report.command == (str(emulator), "-L", str(runtime.node))


def test_progress_tells_of_each_start_and_end(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def progress(check: Check, result: Result | None) -> None:
        told.append((check.name, result.status if result else "started"))

    runtime = stand_in(tmp_path, f"echo '{VERSION}'")
    smoke(runtime, LABEL, only=("zlib", "version"), progress=progress)
    assert told == [
        ("version", "started"), ("version", "passed"), ("zlib", "started"), ("zlib", "failed")
    ]  # fmt: skip


def test_an_unknown_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="no check called nonsense") as caught:
        smoke(stand_in(tmp_path, ""), LABEL, only=("nonsense",))
    assert "event-loop" in caught.value.hint
