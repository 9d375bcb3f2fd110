"""What a release was tried on: one JSON file a trial, and all of them joined as ``tested.json``.

A trial is one package on one system. What was not tried is listed as well, with the reason: what the
table of systems leaves out, and every system of the table that there is no report of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.smoke.report import Report, facts
from rtinstall.platforms.systems import NOT_RUN, SYSTEMS
from rtinstall.runtime_bundle.errors import NotReadable

SCHEMA = 1
KIND = "rtbuild ci"
MOST = 8 << 20  # bytes of one report


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one package on one system; ``older`` is the version it was upgraded from."""

    system: str
    target: str
    format: str
    version: str
    older: str
    file: str
    sha256: str
    report: Report


def trial_facts(trial: Trial) -> dict[str, object]:
    """Return everything about a trial, ready for JSON."""
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "system": trial.system,
        "target": trial.target,
        "format": trial.format,
        "version": trial.version,
        "older": trial.older,
        "file": trial.file,
        "sha256": trial.sha256,
        **facts(trial.report),
    }


def read_trial(data: bytes, name: str) -> Mapping[str, object]:
    """Parse the report of a trial; raises :class:`NotReadable` for anything else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"{name} is no JSON: {error}") from error
    if not isinstance(value, dict) or (value.get("kind"), value.get("schema")) != (KIND, SCHEMA):
        raise NotReadable(f"{name} is no report of rtbuild ci", hint="it writes them with --report")
    texts = ("system", "target", "format", "version", "older", "file", "sha256")
    numbers = ("passed", "failed", "not run")
    if not all(isinstance(value.get(key), str) for key in texts) or not all(
        isinstance(value.get(key), int) for key in numbers
    ):
        raise NotReadable(f"{name} is no whole report", hint="it was not written by rtbuild ci")
    return value


def reports_below(folder: Path) -> Iterator[Mapping[str, object]]:
    """Yield the reports in ``folder`` and all folders below it; other JSON is passed over.

    Raises :class:`NotReadable` for a report that is too large, or damaged.
    """
    for path in sorted(folder.rglob("*.json")):
        if path.stat().st_size > MOST:
            raise NotReadable(f"{path.name} is larger than a report can be")
        data = path.read_bytes()
        if f'"{KIND}"'.encode() in data:
            yield read_trial(data, path.name)


def joined(reports: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Return what ``tested.json`` says: each trial, and what was not tried and why."""
    found = sorted(reports, key=lambda each: (str(each["version"]), str(each["system"])))
    tried = [each for each in found if each["passed"] or each["failed"]]
    return {
        "schema": SCHEMA,
        "tested": tried,
        "not run": list(_not_run(found, {str(each["system"]) for each in tried})),
    }


def _not_run(found: list[Mapping[str, object]], tried: set[str]) -> Iterator[dict[str, object]]:
    reasons = {str(each["system"]): _reason(each) for each in found}
    for system in SYSTEMS:
        if system.name not in tried:
            yield {
                "system": system.name,
                "target": system.target,
                "format": system.format,
                "reason": reasons.get(system.name, "there is no report of it"),
            }
    for (target, format), reason in NOT_RUN.items():
        yield {"system": "", "target": target, "format": format, "reason": reason}


def _reason(report: Mapping[str, object]) -> str:
    checks = report.get("checks")
    for check in checks if isinstance(checks, list) else []:
        if isinstance(check, dict) and check.get("reason"):
            return str(check["reason"])
    return "no check could run"
