"""A package for another architecture than this machine's: as a file, and run by qemu."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles import run, tool
from real_release import Release, check_smoke

pytestmark = pytest.mark.real


def test_the_package_is_for_arm64(for_arm64: Release, tmp_path: Path) -> None:
    path = for_arm64.path("deb")
    assert run("dpkg-deb", "-f", path, "Architecture") == "arm64\n"
    assert "libc6 (>= 2.28)" in run("dpkg-deb", "-f", path, "Depends")
    run("dpkg-deb", "-x", path, tmp_path)
    assert "AArch64" in run("readelf", "-h", tmp_path / "usr/bin/node")


def test_the_runtime_runs_under_qemu(for_arm64: Release) -> None:
    tool("qemu-aarch64-static")
    if not Path("/usr/aarch64-linux-gnu/lib/libstdc++.so.6").exists():
        pytest.skip("needs libraries for arm64 (Debian package libstdc++6-arm64-cross)")
    names = ("version", "architecture", "crypto", "npm")
    evidence = check_smoke(for_arm64.path("deb"), for_arm64, *names)
    assert evidence["architecture"]["arch"] == "arm64"
