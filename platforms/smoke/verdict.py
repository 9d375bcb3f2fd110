"""What a check has shown: its output becomes a result, and is held to the label.

A check passes only by printing its evidence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from rtinstall.platforms.smoke.label import Label
from rtinstall.platforms.smoke.report import Evidence, Result
from rtinstall.platforms.smoke.table import Check

NOT_RUN = 77  # the exit code of a check that cannot run here, in evidence.mjs
OUTPUT_LIMIT = 1 << 20  # bytes that are read of each stream


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process of a check ended, on whichever machine, and what it printed.

    ``code`` is its exit code, a signal's number below zero, or None where the limit ended it.
    """

    code: int | None
    seconds: float
    output: str
    said: str


def verdict(check: Check, ended: Ended, limit: float) -> Result:
    """Turn an exit code and a line of JSON into a result."""
    said, seconds, code = ended.said.strip(), ended.seconds, ended.code
    if code is None:
        return Result(check, "failed", seconds, f"took longer than {limit:g} s\n{said}".strip())
    lines = ended.output.splitlines()
    try:
        evidence = json.loads(lines[0]) if len(lines) == 1 else None
    except ValueError:
        evidence = None
    if not isinstance(evidence, dict):
        evidence = {}
    if code == 0 and evidence.pop("check", None) == check.name:
        return Result(check, "passed", seconds, evidence=evidence)
    if code == NOT_RUN and "not run" in evidence:
        return Result(check, "not run", seconds, str(evidence["not run"]))
    if code == 1 and "error" in evidence:
        return Result(check, "failed", seconds, str(evidence.pop("error")), evidence)
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return Result(check, "failed", seconds, f"no evidence, {how}\n{said or ended.output}".strip())


def compare(result: Result, label: Label) -> Result:
    """Hold evidence to the label; what the label does not know is listed as not compared."""
    names = result.check.compares
    if not names:
        return result
    known = {name: value for name in names if (value := label.expected(name)) is not None}
    unknown = [name for name in names if name not in known]
    evidence: Evidence = {**result.evidence, "compared": known, "not compared": unknown}
    wrong = [
        f"{name} is {result.evidence.get(name)}, the label says {value}"
        for name, value in known.items()
        if not _alike(str(result.evidence.get(name)), value)
    ]
    if wrong:
        return Result(result.check, "failed", result.seconds, "; ".join(wrong), evidence)
    if not known:
        reason = f"the label says nothing of {', '.join(names)}"
        return Result(result.check, "not run", result.seconds, reason, evidence)
    return Result(result.check, "passed", result.seconds, evidence=evidence)


def _alike(one: str, other: str) -> bool:
    """Compare versions; Node.js's own suffix on V8 and OpenSSL counts only where both have it."""
    bare = [re.sub(r"(-node\.\d+|\+quic)$", "", text) for text in (one, other)]
    return one == other or (bare[0] == bare[1] and bare != [one, other] and bare[0] in (one, other))
