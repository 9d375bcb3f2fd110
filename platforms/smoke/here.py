"""Run a check on this machine.

Each check is a process of its own, in a directory of its own that is gone afterwards, with a home
and an npm cache of its own and nothing of the caller's environment, so that nobody's configuration
decides. What it leaves running ends with it.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.table import Check
from rtinstall.platforms.smoke.verdict import OUTPUT_LIMIT, Ended
from rtinstall.platforms.smoke.wine import windows_path

# Windows programs do not start without these.
WINDOWS = ("SYSTEMROOT", "COMSPEC", "PATHEXT", "WINDIR", "PROGRAMFILES", "NUMBER_OF_PROCESSORS")


def run_here(runtime: Runtime, check: Check, limit: float) -> Ended:
    """Run one check; it and all it has started are ended after ``limit`` seconds.

    Raises OSError where the runtime cannot be started.
    """
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
            process = subprocess.Popen(
                command, cwd=work, env=_environment(runtime, node, place),
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                start_new_session=True,
            )  # fmt: skip
            try:
                code: int | None = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
        seconds = time.monotonic() - start
        return Ended(code, seconds, _read(place / "stdout"), _read(place / "stderr"))


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
    wine = runtime.way.wine
    said = runtime.described(node=node, called=windows_path if wine else str)
    if wine:
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
