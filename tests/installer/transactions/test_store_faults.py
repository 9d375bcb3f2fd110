"""Killed, out of room or denied at any step whatever: the store is the old one or the new one, whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from world import walker
from world.rtbuild import IMPORTS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
STEPS = {
    "add": 45, "add again": 60, "replace": 60, "replace in two steps": 60, "remove": 25,
    "remove all": 25, "alias": 5, "alias again": 5, "unalias": 4, "adopt": 40,
}  # fmt: skip


@pytest.mark.parametrize("fault", walker.FAULTS)
@pytest.mark.parametrize("operation", STEPS)
def test_a_fault_at_any_step_leaves_the_old_store_or_the_new_one(
    tmp_path: Path, operation: str, fault: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "world.walker", tmp_path, operation, fault],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    assert int(ended.stdout) >= STEPS[operation]
