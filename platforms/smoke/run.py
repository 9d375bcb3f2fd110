"""Run the table of checks with an installed runtime, on this machine or on another one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from rtinstall.platforms.smoke.here import run_here
from rtinstall.platforms.smoke.label import Label
from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.report import Report, Result
from rtinstall.platforms.smoke.table import Check, Need, selected
from rtinstall.platforms.smoke.verdict import Ended, compare, verdict
from rtinstall.platforms.smoke.wine import under_wine

Progress = Callable[[Check, Result | None], None]
# Run a check with a runtime, and end it after so many seconds; OSError where it cannot be started.
Run = Callable[[Runtime, Check, float], Ended]


def smoke(
    runtime: Runtime,
    label: Label,
    *,
    only: tuple[str, ...] = (),
    progress: Progress = lambda check, result: None,
    run: Run = run_here,
) -> Report:
    """Run the checks called ``only``, or all, one after the other, and hold them to ``label``.

    ``progress`` is called with None when a check starts and with its result when it has ended.
    """
    results = []
    with ExitStack() as stack:
        if runtime.way.wine:
            way = stack.enter_context(under_wine(runtime.way, runtime.node))
            runtime = replace(runtime, way=way)
        for check in selected(only):
            progress(check, None)
            obstacle = runtime.way.obstacle or _lacking(runtime, check.needs)
            result = (
                Result(check, "not run", reason=obstacle)
                if obstacle
                else _result(runtime, check, run)
            )
            if result.status == "passed":
                result = compare(result, label)
            progress(check, result)
            results.append(result)
    return Report((*runtime.way.wrapper, str(runtime.node)), tuple(results))


def _lacking(runtime: Runtime, needs: tuple[Need, ...]) -> str:
    """Return what a check needs and the machine or the tree does not have."""
    for need in needs:
        match need:
            case "npm" if runtime.npm is None or runtime.npx is None:
                return "npm is not in the tree"
            case "headers" if runtime.headers is None:
                return "the headers are not in the tree"
            case "compiler" if runtime.way.compiler is None:
                return "this machine has no C compiler for this runtime"
            case "npm" | "headers" | "compiler":
                continue
    return ""


def _result(runtime: Runtime, check: Check, run: Run) -> Result:
    limit = check.limit * runtime.way.pace
    try:
        ended = run(runtime, check, limit)
    except OSError as error:
        return Result(check, "failed", reason=f"cannot be started: {error}")
    return verdict(check, ended, limit)
