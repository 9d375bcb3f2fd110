"""A package for another architecture than this machine's: as a file, and run by qemu."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles import run, tool
from real_release import Release, check_smoke, released

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return released(tmp_path_factory.mktemp("arm64"), "24.19.0", "linux-arm64", "deb")


def test_the_package_is_for_arm64(release: Release, tmp_path: Path) -> None:
    path = release.path("deb")
    assert run("dpkg-deb", "-f", path, "Architecture") == "arm64\n"
    assert "libc6 (>= 2.28)" in run("dpkg-deb", "-f", path, "Depends")
    run("dpkg-deb", "-x", path, tmp_path)
    assert "AArch64" in run("readelf", "-h", tmp_path / "usr/bin/node")


def test_the_runtime_runs_under_qemu(release: Release) -> None:
    tool("qemu-aarch64-static")
    if not Path("/usr/aarch64-linux-gnu/lib/libstdc++.so.6").exists():
        pytest.skip("needs libraries for arm64 (Debian package libstdc++6-arm64-cross)")
    names = ("version", "architecture", "crypto", "npm")
    evidence = check_smoke(release.path("deb"), release, *names)
    assert evidence["architecture"]["arch"] == "arm64"
