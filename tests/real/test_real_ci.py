"""``rtbuild ci`` with the real Node.js: what a build server does, on this machine."""

from __future__ import annotations

import pytest

from oracles import tool
from real_release import Release, rtbuild

pytestmark = pytest.mark.real


def test_a_package_goes_through_every_step(release: Release, older: Release) -> None:
    for name in ("dpkg", "dpkg-query", "fakeroot"):
        tool(name)
    words = ("--target", "linux-x64", "--format", "deb", "--in", "bare", "--json")
    ended = rtbuild(
        "ci", release.path("deb"), "--older", older.path("deb"), *words, folder=release.dist.parent
    )
    report = ended.good().json
    found = {check["name"]: check["status"] for check in report["checks"]}
    assert set(found.values()) <= {"passed", "not run"}
    assert {name for name, status in found.items() if status == "not run"} <= {"native-addon"}
    for name in ("installation", "version", "npm-install", "removal", "upgrade"):
        assert found[name] == "passed"
    assert found["removal-upgraded"] == "passed"
    assert report["passed"] + report["not run"] == 27
