"""What came of the checks: as text for people, JSON for scripts, JUnit XML for build servers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from xml.etree import ElementTree

from rtinstall.platforms.smoke.table import Check
from rtinstall.runtime_bundle.errors import InstallationFailed, MissingTool, SmokeFailed

Status = Literal["passed", "failed", "not run"]
Evidence = Mapping[str, object]

WIDTH, DEPTH = 160, 12  # of what a check says, in letters and further lines
# What is reported of another machine's own tool, beside the checks.
INSTALLATION = Check("installation", "the system's own tool installs it")
REMOVAL = Check("removal", "the system's own tool removes it, and nothing is left")
UPGRADE = Check("upgrade", "it takes the place of an older release, of which nothing is left")
RETIREMENT = Check("removal-upgraded", "the upgraded one is removed, and nothing is left")
FAILURES: Mapping[Check, str] = {
    INSTALLATION: "it was not installed",
    REMOVAL: "it was not removed as it should",
    UPGRADE: "it was not upgraded as it should",
    RETIREMENT: "it was not removed as it should after an upgrade",
}
# What XML 1.0, section 2.2, has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check; ``reason`` is empty for one that passed."""

    check: Check
    status: Status
    seconds: float = 0.0
    reason: str = ""
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all checks with one runtime; ``command`` is how it was started."""

    command: tuple[str, ...]
    results: tuple[Result, ...]

    def count(self, status: Status) -> int:
        """Return how many checks ended in ``status``."""
        return sum(result.status == status for result in self.results)

    @property
    def summary(self) -> str:
        """Return the counts in words."""
        return (
            f"{len(self.results)} checks: {self.count('passed')} passed, "
            f"{self.count('failed')} failed, {self.count('not run')} not run"
        )

    def raise_unless_passed(self) -> None:
        """Raise :class:`SmokeFailed` for a failed check, :class:`MissingTool` where none could run.

        Raises :class:`InstallationFailed` where all was well but what the system's own tool did.
        """
        wrong = [result for result in self.results if result.status == "failed"]
        failed = [result.check.name for result in wrong]
        if wrong and all(result.check in FAILURES for result in wrong):
            first, *_ = wrong
            raise InstallationFailed(
                f"{FAILURES[first.check]}: {first.reason.splitlines()[0]}",
                hint="the report above says what is left on the machine",
            )
        if failed:
            raise SmokeFailed(
                f"{len(failed)} of {len(self.results)} checks failed: {', '.join(failed)}"
            )
        if not self.count("passed"):
            reasons = dict.fromkeys(result.reason for result in self.results)
            raise MissingTool(
                f"no check could run: {'; '.join(reasons)}",
                hint="run it on a machine of its kind, or install what is missing",
            )


def as_text(report: Report) -> str:
    """Return a table: status, name, seconds, and the reason or the evidence; then the counts."""
    lines = [" ".join(report.command)]
    for result in report.results:
        evidence = (f"{key} {_brief(value)}" for key, value in result.evidence.items())
        first, *more = (result.reason or ", ".join(evidence)).splitlines() or [""]
        status = "FAILED" if result.status == "failed" else result.status
        row = f"{status:<7}  {result.check.name:<18}  {result.seconds:5.1f} s  {first[:WIDTH]}"
        lines += [row.rstrip(), *(f"    {line[:WIDTH]}" for line in more[:DEPTH])]
    return "\n".join([*map(_printable, lines), report.summary])


def _brief(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _printable(text: str) -> str:
    """Leave nothing that a terminal would obey: a runtime has a say in this text."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def as_json(report: Report) -> str:
    """Return everything, for scripts."""
    return json.dumps(facts(report), indent=2)


def facts(report: Report) -> dict[str, object]:
    """Return everything, ready for JSON."""
    return {
        "command": list(report.command),
        "passed": report.count("passed"),
        "failed": report.count("failed"),
        "not run": report.count("not run"),
        "checks": [
            {
                "name": result.check.name,
                "title": result.check.title,
                "status": result.status,
                "seconds": round(result.seconds, 3),
                "reason": result.reason,
                "evidence": dict(result.evidence),
            }
            for result in report.results
        ],
    }


def as_junit(report: Report, name: str = "rtbuild smoke") -> str:
    """Return JUnit XML; a check that was not run is ``skipped``, its evidence is ``system-out``."""
    counts = {
        "tests": str(len(report.results)),
        "failures": str(report.count("failed")),
        "errors": "0",
        "skipped": str(report.count("not run")),
        "time": f"{sum(result.seconds for result in report.results):.3f}",
    }
    top = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(top, "testsuite", {"name": name, **counts})
    properties = ElementTree.SubElement(suite, "properties")
    command = {"name": "command", "value": _writable(" ".join(report.command))}
    ElementTree.SubElement(properties, "property", command)
    for result in report.results:
        case = ElementTree.SubElement(
            suite, "testcase",
            {"classname": "smoke", "name": result.check.name, "time": f"{result.seconds:.3f}"},
        )  # fmt: skip
        reason = _writable(result.reason)
        match result.status:
            case "failed":
                message = (reason.splitlines() or [""])[0]
                ElementTree.SubElement(
                    case, "failure", {"message": message, "type": "failed"}
                ).text = reason
            case "not run":
                ElementTree.SubElement(case, "skipped", {"message": reason})
            case "passed":
                pass
        if result.evidence:
            evidence = json.dumps(dict(result.evidence), ensure_ascii=False)
            ElementTree.SubElement(case, "system-out").text = _writable(evidence)
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _writable(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
