"""The real Node.js over a real SSH connection: dpkg installs it in a Debian of its own, and it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles import attempt, tool
from real_release import Release, rtbuild
from rtinstall.platforms.smoke.table import CHECKS
from world.ssh import Machine, machine, needs_namespaces

pytestmark = pytest.mark.real
# What Node.js needs, and nothing to compile with.
LIBRARIES = "libstdc++6"
# What dpkg writes for itself, whatever it installs.
KEPT = {"var/log/dpkg.log"} | {
    f"var/lib/dpkg/{name}"
    for name in ("status-old", "diversions-old", "statoverride-old", "lock", "triggers/Lock")
}


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Give a machine with a minimal Debian: not even ps is there."""
    needs_namespaces()
    folder = tmp_path_factory.mktemp("debian")
    made = attempt(
        "mmdebstrap", "--quiet", "--variant=essential", f"--include={LIBRARIES}", "bookworm",
        folder / "root",
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"needs a mirror of Debian: {made.stderr.strip().splitlines()[-1:]}")
    with machine(folder, folder / "root") as found:
        yield found


@pytest.mark.parametrize("format", ["deb", "tar.gz"])
def test_everything_is_checked_on_another_machine_and_nothing_stays(
    release: Release, debian: Machine, format: str
) -> None:
    tool("dpkg")
    before = debian.files()
    ended = rtbuild(
        "smoke", *debian.words, release.path(format), "--version", release.version, "--json",
        folder=release.dist.parent,
    ).good()  # fmt: skip
    report = ended.json
    said = {check["name"]: (check["status"], check["reason"]) for check in report["checks"]}
    expected = {check.name: ("passed", "") for check in CHECKS}
    expected["native-addon"] = ("not run", "this machine has no C compiler for this runtime")
    if format == "deb":
        expected |= {"installation": ("passed", ""), "removal": ("passed", "")}
    assert said == expected
    evidence = {check["name"]: check["evidence"] for check in report["checks"]}
    assert evidence["components"]["not compared"] == []
    if format == "deb":
        assert report["command"][-1] == "/usr/bin/node"
        assert evidence["headers"]["headers"] == "/usr/include/node"
        assert evidence["removal"]["paths gone"] > 5_000
    assert debian.files() - before <= KEPT
    assert debian.visits == []
    assert debian.processes() == []


def test_a_package_that_dpkg_refuses_is_removed_again(
    release: Release, debian: Machine, tmp_path: Path
) -> None:
    before = debian.files()
    needed = debian.root / "var/lib/dpkg/status"
    text = needed.read_text()
    try:
        needed.write_text(text.replace("Package: libstdc++6\n", "Package: other\n"))
        ended = rtbuild("smoke", *debian.words, release.path("deb"), folder=tmp_path)
        ended.failed(17, "dpkg did not install", "libstdc++6", "removed again")
        assert "nodejs" not in needed.read_text()
    finally:
        needed.write_text(text)
    assert debian.files() - before <= KEPT
    assert debian.visits == []
