"""Several runs at once: one changes the store, the others wait; who looks sees whole versions only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from rtinstall.installer.store import Store, check
from rtinstall.runtime_bundle.errors import Busy
from world.rtbuild import IMPORTS
from world.store import add, part, store_at, whole


def start(home: Path, folder: Path, versions: Sequence[str]) -> list[subprocess.Popen[str]]:
    """Start a process for each version, and let all of them begin at the same time."""
    for version in set(versions):
        part(folder, version, weight=320_000)
    found = [
        subprocess.Popen(
            [sys.executable, "-m", "world.adder", home, folder, version],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for version in versions
    ]  # fmt: skip
    for process in found:
        assert process.stdout
        assert process.stdout.readline() == "ready\n", process.communicate()
    for process in found:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    return found


def test_of_eight_that_install_the_same_one_does_the_work(home: Path, tmp_path: Path) -> None:
    answers = [
        process.communicate(timeout=120) for process in start(home, tmp_path, ["24.19.0"] * 8)
    ]
    assert [err for _, err in answers] == [""] * 8
    written = sorted(int(out) for out, _ in answers)
    assert written[:7] == [0] * 7
    assert written[7] > 320_000
    assert whole(store_at(home)) == ["v24.19.0"]


def test_who_looks_sees_whole_versions_only(home: Path, tmp_path: Path) -> None:
    store = store_at(home)
    wanted = ["22.9.0", "22.20.0", "24.18.0", "24.19.0"]
    running = start(home, tmp_path, wanted)
    seen: set[str] = set()
    looked = 0
    while any(process.poll() is None for process in running):
        for one in store.installed():
            assert list(check(one)) == []
            seen.add(one.name)
        looked += 1
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, err) == (0, ""), (out, err)
    assert looked > 1
    assert whole(store) == sorted(f"v{version}" for version in wanted)
    assert seen <= {one.name for one in store.installed()}


def test_a_run_that_was_killed_holds_no_lock(home: Path, tmp_path: Path) -> None:
    (one,) = start(home, tmp_path, ["24.19.0"])
    one.send_signal(signal.SIGKILL)
    one.communicate()
    store = store_at(home)
    with store.changing(wait=0) as changes:
        add(changes, part(tmp_path))
    assert whole(store) == ["v24.19.0"]


def test_who_waits_too_long_is_told_who_holds_the_store(store: Store) -> None:
    with store.changing():
        with pytest.raises(Busy) as caught, store.changing(wait=0.05):
            pass
        assert f"process {os.getpid()} on " in str(caught.value)
    with store.changing(wait=0):
        pass


def test_threads_of_one_run_may_add_at_the_same_time(store: Store, tmp_path: Path) -> None:
    versions = ["22.9.0", "22.20.0", "24.18.0", "24.19.0", "24.19.0"]
    failed: list[BaseException] = []
    with store.changing() as changes:

        def run(version: str) -> None:
            try:
                add(changes, part(tmp_path, version), version)
            except BaseException as error:  # noqa: BLE001
                failed.append(error)

        for version in versions:
            part(tmp_path, version)
        threads = [threading.Thread(target=run, args=(version,)) for version in versions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert whole(store) == sorted({f"v{version}" for version in versions})
