"""Run the table of checks with an installed runtime.

Each check is a process of its own, in a directory of its own that is gone afterwards, with a home
and an npm cache of its own and nothing of the caller's environment, so that nobody's configuration
decides. What it leaves running ends with it. A check passes only by printing its evidence.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rtinstall.platforms.smoke.label import Label
from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.report import Evidence, Report, Result
from rtinstall.platforms.smoke.table import Check, Need, selected
from rtinstall.platforms.smoke.wine import under_wine, windows_path

NOT_RUN = 77  # the exit code of a check that cannot run here, in evidence.mjs
OUTPUT_LIMIT = 1 << 20
# Windows programs do not start without these.
WINDOWS = ("SYSTEMROOT", "COMSPEC", "PATHEXT", "WINDIR", "PROGRAMFILES", "NUMBER_OF_PROCESSORS")

Progress = Callable[[Check, Result | None], None]


def smoke(
    runtime: Runtime,
    label: Label,
    *,
    only: tuple[str, ...] = (),
    progress: Progress = lambda check, result: None,
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
            result = Result(check, "not run", reason=obstacle) if obstacle else _run(runtime, check)
            if result.status == "passed":
                result = _compare(result, label)
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


def _run(runtime: Runtime, check: Check) -> Result:
    """Run one check and read its evidence."""
    limit = check.limit * runtime.way.pace
    # What a watched or killed child leaves open must not turn a verdict into an error.
    with tempfile.TemporaryDirectory(prefix="smoke-", ignore_cleanup_errors=True) as name:
        place = Path(name).resolve()
        work = place / "work"
        for directory in (work, place / "home", place / "tmp", place / "bin"):
            directory.mkdir()
        node = _command(runtime, place / "bin")
        command = [*runtime.way.wrapper, str(runtime.node), str(check.script)]
        start = time.monotonic()
        with (place / "stdout").open("wb") as stdout, (place / "stderr").open("wb") as stderr:
            try:
                process = subprocess.Popen(
                    command, cwd=work, env=_environment(runtime, node, place),
                    stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                return Result(check, "failed", reason=f"cannot be started: {error}")
            try:
                code: int | None = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
        seconds = time.monotonic() - start
        said = _read(place / "stderr").strip()
        if code is None:
            return Result(check, "failed", seconds, f"took longer than {limit:g} s\n{said}".strip())
        return _verdict(check, code, seconds, _read(place / "stdout"), said)


def _verdict(check: Check, code: int, seconds: float, output: str, said: str) -> Result:
    """Turn an exit code and a line of JSON into a result."""
    lines = output.splitlines()
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
    return Result(check, "failed", seconds, f"no evidence, {how}\n{said or output}".strip())


def _compare(result: Result, label: Label) -> Result:
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


def _command(runtime: Runtime, directory: Path) -> Path:
    """Return what a child process starts as node: a script where a wrapper is needed."""
    if not runtime.way.wrapper or runtime.way.wine:
        return runtime.node
    script = directory / "node"
    words = shlex.join([*runtime.way.wrapper, str(runtime.node)])
    script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    script.chmod(0o755)
    return script


def _environment(runtime: Runtime, node: Path, place: Path) -> dict[str, str]:
    """Return all that a check finds in its environment."""
    parts: Mapping[str, Path | str | float | None] = {
        "node": node,
        "npm": runtime.npm,
        "npx": runtime.npx,
        "commands": runtime.commands,
        "prefix": runtime.prefix,
        "headers": runtime.headers,
        "globalconfig": runtime.globalconfig,
        "compiler": runtime.way.compiler,
        "pace": runtime.way.pace,
    }
    said = json.dumps(parts, default=windows_path if runtime.way.wine else str)
    if runtime.way.wine:
        return {"SMOKE": said, **runtime.way.environment}
    home, scratch = str(place / "home"), str(place / "tmp")
    environment = {
        "SMOKE": said,
        "PATH": os.pathsep.join([str(node.parent), str(runtime.commands), os.defpath]),
        "HOME": home,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
    }
    if sys.platform == "win32":
        environment |= {name: os.environ[name] for name in WINDOWS if name in os.environ}
        environment |= {"USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home}
        environment |= {"TEMP": scratch, "TMP": scratch}
    return environment


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a check and whatever it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended and left nothing behind
        except PermissionError:
            process.kill()  # macOS, where the group holds only what is already dead
    process.wait()


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(OUTPUT_LIMIT).decode("utf-8", "replace")
