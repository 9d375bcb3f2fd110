from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from rtinstall.platforms.smoke.report import Report, Result, Status, as_json, as_junit, as_text
from rtinstall.platforms.smoke.table import CHECKS
from rtinstall.runtime_bundle.errors import MissingTool, SmokeFailed

HOSTILE = 'it said <"]]>&\x00\x1b[31m\ud800 ✓\nand more'
REPORT = Report(
    ("qemu-s390x-static", "/root/usr/bin/node"),
    (
        Result(CHECKS[0], "passed", 0.25, evidence={"version": "24.19.0", "odd": "\x07 ✓"}),
        Result(CHECKS[1], "failed", 1.5, HOSTILE, {"v8": "13"}),
        Result(CHECKS[2], "not run", 0.0, "no compiler"),
    ),
)


def of(*statuses: Status) -> Report:
    return Report(("node",), tuple(Result(CHECKS[0], status, 0, "why") for status in statuses))


def test_junit_is_xml_that_says_the_same() -> None:
    top = ElementTree.fromstring(as_junit(REPORT).encode("utf-8"))
    (suite,) = top
    assert top.tag == "testsuites"
    for element in (top, suite):
        counted = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert counted == {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
        assert element.get("time") == "1.750"
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [check.name for check in CHECKS[:3]]
    children = [[child.tag for child in case] for case in cases]
    assert children == [["system-out"], ["failure", "system-out"], ["skipped"]]
    failure, skipped = cases[1].find("failure"), cases[2].find("skipped")
    assert failure is not None
    assert failure.get("message", "").startswith('it said <"]]>&')
    assert (failure.text or "").endswith("✓\nand more")
    assert skipped is not None
    assert skipped.get("message") == "no compiler"


def test_json_holds_everything() -> None:
    found = json.loads(as_json(REPORT))
    assert (found["passed"], found["failed"], found["not run"]) == (1, 1, 1)
    assert found["command"] == list(REPORT.command)
    assert found["checks"][1]["reason"] == HOSTILE
    assert found["checks"][0]["evidence"]["version"] == "24.19.0"


def test_reports_can_be_written_as_utf_8() -> None:
    for text in (as_text(REPORT), as_json(REPORT), as_junit(REPORT)):
        text.encode("utf-8")


def test_text_is_a_row_a_check_and_nothing_a_terminal_obeys() -> None:
    lines = as_text(REPORT).split("\n")
    assert [line[:17] for line in lines] == [
        "qemu-s390x-static",
        "passed   version ",
        "FAILED   componen",
        "    and more",
        "not run  architec",
        "3 checks: 1 passe",
    ]
    assert lines[-1] == "3 checks: 1 passed, 1 failed, 1 not run"
    assert not [letter for line in lines for letter in line if ord(letter) < 32]


def test_a_failure_is_an_error() -> None:
    with pytest.raises(SmokeFailed, match="1 of 3 checks failed: version"):
        of("passed", "failed", "not run").raise_unless_passed()


@pytest.mark.parametrize("statuses", [(), ("not run",), ("not run", "not run")])
def test_nothing_run_is_an_error(statuses: tuple[Status, ...]) -> None:
    with pytest.raises(MissingTool, match="no check could run"):
        of(*statuses).raise_unless_passed()


def test_a_check_not_run_beside_one_that_passed_is_none() -> None:
    of("passed", "not run").raise_unless_passed()
