from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from real_release import Release, check_smoke, environment, rtbuild
from world.rtbuild import PROGRAM

pytestmark = pytest.mark.real


def test_everything_of_the_release_is_found_right(release: Release) -> None:
    findings = rtbuild("verify", release.dist, "--json", folder=release.dist.parent).good().json
    assert {finding["fault"] for finding in findings} == {""}
    checked = {finding["name"] for finding in findings}
    assert checked >= {f"v{release.version}/{path.name}" for path in release.folder.glob("node*")}


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_a_package_built_again_has_the_same_bytes(
    release: Release, tmp_path: Path, jobs: str
) -> None:
    """From the published archive, in another folder, on another number of threads."""
    words = ("--format", "deb", "--level", "fast", "--jobs", jobs, "--out", tmp_path)
    rtbuild("build", release.path("tar.gz"), *words, folder=tmp_path).good()
    (built,) = tmp_path.glob("*.deb")
    assert hashlib.sha256(built.read_bytes()).hexdigest() == release.facts("deb")["sha256"]


def test_what_a_company_ships_is_what_npm_and_node_heed(release: Release, tmp_path: Path) -> None:
    (tmp_path / "npmrc").write_text("registry=https://npm.example/\nfund=false\n")
    (tmp_path / "rtbuild.toml").write_text('npmrc = "npmrc"\nprefix = "/opt/acme/node"\n')
    rtbuild("build", release.path("tar.gz"), "-f", "arch", "-l", "fast", folder=tmp_path).good()
    (built,) = (tmp_path / "packages").glob("*.zst")
    evidence = check_smoke(built, release, "version", "npmrc", "headers")
    assert evidence["npmrc"]["machine"] == ["registry", "fund"]


# Only a process that is small itself gets a true peak of its child: exec keeps the peak before it.
PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count in other units")
def test_memory_does_not_grow_with_the_payload(release: Release, tmp_path: Path) -> None:
    words = ("build", release.path("tar.gz"), "--format", "deb", "--jobs", "2", "--out", tmp_path)
    command = [sys.executable, "-S", "-c", PEAK, *PROGRAM, *map(str, words)]
    measured = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=True
    )
    code, peak = map(int, measured.stdout.split())
    assert code == 0, measured.stderr
    assert release.facts("tar.gz")["size"] > 50_000_000
    assert peak / 1024 < 150, "MiB"
