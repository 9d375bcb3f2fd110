"""``rtbuild smoke`` from the outside; what the checks find is tested beside them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bundles import small_bundle
from rtinstall.platforms.smoke.table import CHECKS
from rtinstall.runtime_bundle.unpack import write_tree
from world.rtbuild import Desk

NODE = """\
#!/bin/sh
echo "this is no node" >&2
exit 3
"""


@pytest.fixture
def runtime(desk: Desk) -> Path:
    """Give a folder that looks like a runtime and runs, but is none."""
    desk.work.mkdir()
    path = desk.work / "runtime"
    write_tree(small_bundle().entries, path)
    (path / "bin/node").write_text(NODE)
    return path


def test_a_program_that_is_no_node_passes_nothing(desk: Desk, runtime: Path) -> None:
    ended = desk.program("smoke", "runtime", "--only", "version", "--only", "crypto", "--json")
    assert ended.failed(ended.code).code in (13, 14)
    found = {check["name"]: check["status"] for check in ended.json["checks"]}
    assert set(found) == {"version", "crypto"}
    assert "passed" not in found.values()


def test_a_report_for_a_build_server_is_written(desk: Desk, runtime: Path) -> None:
    desk.program("smoke", "runtime", "--junit", "report.xml")
    suite = ElementTree.parse(desk.work / "report.xml").getroot()
    cases = list(suite.iter("testcase"))
    assert len(cases) == len(CHECKS)
    assert all(len(case) for case in cases), "something passed"
    assert [p.name for p in desk.work.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("missing",), 2, "missing"),
        (("empty",), 12, "no Node.js"),
        (("text.deb",), 12, "text.deb"),
        (("runtime", "--only", "luck"), 2, "'luck'"),
        (("runtime", "--version", "newest"), 3, "'newest'"),
        (("runtime", "--root", "missing"), 2, "missing"),
    ],
)
def test_what_cannot_be_checked_is_said(
    desk: Desk, runtime: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (desk.work / "empty").mkdir()
    (desk.work / "text.deb").write_text("text")
    desk.run("smoke", *words).failed(code, said)
