"""Other version managers, each with our dist/ as its mirror, or a bundle of that, unpacked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles import attempt, run
from real_release import Release, check_runs
from world.folder import served
from world.rtbuild import IMPORTS
from world.rtinstall import PROGRAM

pytestmark = pytest.mark.real
AS_WE_ARE = {"PYTHONPATH": os.pathsep.join(IMPORTS)}
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "E403", "E404")


@pytest.fixture(scope="module")
def packed(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack a bundle of dist/, which nobody has signed."""
    path = tmp_path_factory.mktemp("packed") / "node.tar"
    words = ("--source", release.dist, "--allow-unsigned", "--target", release.target)
    run(sys.executable, *PROGRAM[1:], "bundle", release.version, *words, "-o", path, env=AS_WE_ARE)
    return path


@pytest.fixture(scope="module", params=["dist", "bundle"])
def mirror(
    request: pytest.FixtureRequest, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve dist/ on loopback, or what a bundle of it is unpacked."""
    root = release.dist
    if request.param == "bundle":
        root = tmp_path_factory.mktemp("unpacked")
        run("tar", "-xf", request.getfixturevalue("packed"), "-C", root)
    with served(root) as address:
        yield address


def from_npm(release: Release, folder: Path, package: str) -> Path:
    """Install a package of the npm registry, with the npm of the release."""
    run("tar", "-xf", release.path("tar.gz"), "-C", folder, "--strip-components=1")
    words = ("install", "--prefix", folder / "tools", "--no-audit", "--no-fund", package)
    path = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    ended = attempt(str(folder / "bin/npm"), *words, env=path)
    if ended.returncode and any(word in ended.stderr for word in NO_NETWORK):
        pytest.skip(f"needs {package} of the npm registry: {ended.stderr.splitlines()[-1]}")
    assert ended.returncode == 0, ended.stderr
    return folder / "tools/node_modules" / package


def test_n_installs_from_our_mirror(release: Release, mirror: str, tmp_path: Path) -> None:
    program = from_npm(release, tmp_path, "n") / "bin/n"
    settings = {
        "N_NODE_MIRROR": mirror,
        "N_PREFIX": str(tmp_path / "n"),
        "N_USE_XZ": "0",
        "HOME": str(tmp_path),
        "no_proxy": "127.0.0.1",
    }
    run("bash", program, "install", "lts", env=settings)
    check_runs(tmp_path / "n", release, tmp_path)


def test_mise_installs_from_our_mirror(release: Release, mirror: str, tmp_path: Path) -> None:
    program = from_npm(release, tmp_path, "@jdxcode/mise") / "bin/mise"
    settings = {
        "MISE_NODE_MIRROR_URL": f"{mirror}/",
        "MISE_USE_VERSIONS_HOST": "0",
        "MISE_DATA_DIR": str(tmp_path / "data"),
        "MISE_CACHE_DIR": str(tmp_path / "cache"),
        "MISE_STATE_DIR": str(tmp_path / "state"),
        "MISE_CONFIG_DIR": str(tmp_path / "config"),
        "MISE_YES": "1",
        "HOME": str(tmp_path),
        "no_proxy": "127.0.0.1",
    }
    major = release.version.partition(".")[0]
    run(str(program), "install", f"node@{major}", env=settings)
    check_runs(tmp_path / f"data/installs/node/{release.version}", release, tmp_path)


def test_rtinstall_installs_from_the_bundle_without_a_network(
    release: Release, packed: Path, tmp_path: Path
) -> None:
    settings = {
        **AS_WE_ARE,
        "RTINSTALL_HOME": str(tmp_path / "home"),
        "RTINSTALL_CACHE": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    words = ("install", "lts", "--from", packed, "--allow-unsigned")
    run(sys.executable, *PROGRAM[1:], *words, env=settings)
    check_runs(tmp_path / f"home/versions/v{release.version}", release, tmp_path)
