r"""Machines with Windows and its OpenSSH server: batch files, which are sent by sftp and run by cmd.exe.

The user's shell there may be cmd.exe or PowerShell: a command is ``cmd.exe /d /c FOLDER\NAME.cmd``,
which both read alike, and everything else stands in the batch file. The private folder lies in the
user's own, which Windows closes to others. A batch file ends with a line of our own that has the exit
code: that of ssh has only eight bits of it.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath

from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.smoke.host import MACHINES, Way
from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.ssh.connection import Answer, Channel, unreachable
from rtinstall.platforms.smoke.ssh.host import GRACE, INSTALLING, PATIENCE, System
from rtinstall.platforms.smoke.table import Check
from rtinstall.platforms.smoke.verdict import OUTPUT_LIMIT, Ended
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import InstallationFailed, VerificationFailed

VERSION = "Microsoft Windows"  # how the answer of ver begins, in every language
GREETING = (
    "ver", "echo machine %PROCESSOR_ARCHITECTURE%", "echo folder %~dp0.",
    "echo top %SystemDrive%\\",
)  # fmt: skip
# Windows programs do not start without these; everything else of the user's is taken away.
KEPT = (
    "SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "windir", "ProgramFiles", "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
)  # fmt: skip
# What cmd.exe takes for its own wherever it stands, unless JSON spells it otherwise.
SPECIAL = re.compile(r"[&|<>^%!()]")


@dataclass(frozen=True, slots=True)
class WindowsHost:
    """A :class:`~rtinstall.platforms.smoke.ssh.host.Host` with cmd.exe."""

    connection: Channel
    token: str
    system: System

    def send(self, path: Path, name: str) -> None:
        """Copy a file; what arrived has the same SHA-256, or the size where Windows cannot tell."""
        copied(self.connection, path, f"{self.token}/{name}")
        answer = self._ask(
            f"certutil -hashfile {name} SHA256", f"for %%f in ({name}) do @echo size %%~zf"
        )
        expected = sha256_of(path)
        lines = [line.replace(" ", "").lower() for line in answer.said.splitlines()]
        digests = [line for line in lines if re.fullmatch("[0-9a-f]{64}", line)]
        found = (digests or lines[-1:] or [""])[0]
        if found not in (expected, f"size{path.stat().st_size}"):
            raise VerificationFailed(
                f"{path.name} did not arrive whole: {found!r} instead of {expected}",
                hint="run it again; the copy was removed",
            )

    def bring(self, folder: Path, name: str) -> None:
        """Copy a folder file by file: not every Windows has a tar."""
        copied(self.connection, folder, f"{self.token}/{name}")

    def present(self, paths: Iterable[PurePath]) -> set[str]:
        """Return which of the paths are there."""
        asked = [str(path) for path in paths]
        lines = (f"if exist {_quoted(path)} echo {i}" for i, path in enumerate(asked))
        answer = self._ask(*lines)
        return {asked[int(line)] for line in answer.said.split() if line.isdigit()}

    def run(self, words: Iterable[str], *, rights: bool = False) -> Answer:
        """Run a program of the system, and wait for its window if it has one."""
        line = " ".join(map(_quoted, words))
        return self._ask(f'start "" /wait /b {line} <nul 2>&1', limit=INSTALLING)

    def way(self, runtime: Runtime) -> Way:
        """Return how it is run: as it is."""
        return Way(compiler=self.system.compiler)

    def check(
        self, runtime: Runtime, check: Check, limit: float, called: Callable[[Path], str]
    ) -> Ended:
        """Run a check; what it has started is ended with it."""
        told = json.loads(runtime.described(node=runtime.node, called=called))
        place = PureWindowsPath(self.system.folder, check.name)
        home, scratch = str(place / "home"), str(place / "tmp")
        settings = {
            "SMOKE": _plain_json(told),
            "PATH": f"{called(runtime.commands)};%SystemRoot%\\System32;%SystemRoot%",
            "USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home, "HOME": home,
            "TEMP": scratch, "TMP": scratch,
        }  # fmt: skip
        others = " ".join(f'if /i not "%%v"=="{name}"' for name in KEPT)
        script = PureWindowsPath(self.system.folder, "checks", check.script.name)
        lines = [
            *(f"mkdir {check.name}\\{name}" for name in ("work", "home", "tmp")),
            f"cd {check.name}\\work",
            f"""for /f "delims==" %%v in ('set') do {others} set "%%v=\"""",
            *(f'set "{name}={_percent(value, name)}"' for name, value in settings.items()),
            f"{_quoted(called(runtime.node))} {_quoted(str(script))} <nul",
        ]
        start = time.monotonic()
        answer = self._ask(*lines, limit=limit)
        seconds = time.monotonic() - start
        if answer.code is None:
            self._kill()
        self._ask(f"rd /s /q {check.name}")
        output = answer.output[:OUTPUT_LIMIT].decode("utf-8", "replace")
        return Ended(answer.code, seconds, output.strip("\r\n"), answer.complaint[:OUTPUT_LIMIT])

    def leave(self) -> None:
        """End what still runs from the folder, and remove it."""
        self._kill()
        self.connection.ask(f"cmd.exe /d /c rd /s /q {self.token}", limit=PATIENCE)
        answer = self.connection.ask(f"cmd.exe /d /c if exist {self.token} exit 1", limit=PATIENCE)
        if answer.code != 0:
            raise InstallationFailed(f"{self.system.folder} cannot be removed")

    def _kill(self) -> None:
        """End every process whose command line names the folder, with its children."""
        script = (
            f"Get-CimInstance Win32_Process | Where-Object {{ $_.CommandLine -like '*{self.token}*' }} "
            "| ForEach-Object { taskkill /f /t /pid $_.ProcessId }"
        )
        # Encoded, its own command line does not name the folder, and no shell has to be quoted for.
        encoded = base64.b64encode(script.encode("utf-16-le")).decode()
        self.connection.ask(
            f"powershell.exe -NoProfile -NonInteractive -EncodedCommand {encoded}", limit=PATIENCE
        )

    def _ask(self, *lines: str, limit: float = PATIENCE) -> Answer:
        return asked(self.connection, self.token, lines, limit)


def visit_windows(connection: Channel, token: str) -> WindowsHost | Answer:
    """Make a private folder of that name, and learn who the machine is; or what it said instead."""
    answer = connection.ask("cmd.exe /d /c ver", limit=PATIENCE)
    if VERSION not in answer.said:
        return answer
    copied(connection, None, token)
    answer = asked(connection, token, GREETING, PATIENCE)
    facts = dict(line.partition(" ")[::2] for line in answer.said.splitlines())
    version = re.search(r"[0-9]+(\.[0-9]+)+", answer.said)
    machine, folder = facts.get("machine", ""), facts.get("folder", "")
    system = System(
        os="win",
        arch=MACHINES.get(machine.lower()),
        name=printable(f"Windows {version[0] if version else ''} {machine}"),
        top=PureWindowsPath(facts.get("top", "C:\\")),
        folder=PureWindowsPath(folder.removesuffix(".")),
        rights="own",  # an administrator's session has them all
    )
    return WindowsHost(connection, token, system)


def asked(connection: Channel, token: str, lines: Iterable[str], limit: float) -> Answer:
    """Run the lines as a batch file in the private folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ask.cmd")
        text = ["@echo off", "setlocal DisableDelayedExpansion", "chcp 65001 >nul 2>nul",
                'cd /d "%~dp0"', *lines, f"@echo {token} %errorlevel%"]  # fmt: skip
        path.write_bytes("".join(f"{line}\r\n" for line in text).encode())
        copied(connection, path, f"{token}/ask.cmd")
    answer = connection.ask(f"cmd.exe /d /c {token}\\ask.cmd", limit=limit + GRACE)
    if answer.code is None:
        return answer
    output, found, code = answer.output.rpartition(f"{token} ".encode())
    if not found:
        raise unreachable(connection.address, answer.complaint)
    return Answer(int(code), output.replace(b"\r\n", b"\n"), answer.complaint)


def copied(connection: Channel, path: Path | None, name: str) -> None:
    """Send a file or a folder, or make the folder ``name`` where there is nothing to send."""
    answer = connection.copy(path, name)
    if answer.code != 0:
        last = (answer.complaint.strip().splitlines() or [f"exit code {answer.code}"])[-1]
        raise InstallationFailed(
            f"{connection.address}: {name.rpartition('/')[2]} cannot be copied: {last}"
        )


def _quoted(word: str) -> str:
    """Return one word of a batch file; a name on Windows has no quotation mark."""
    plain = re.fullmatch(r"[A-Za-z0-9./\\:_-]+", word)
    return word if plain else subprocess.list2cmdline([word]).replace("%", "%%")


def _percent(value: str, name: str) -> str:
    return value if name == "PATH" else value.replace("%", "%%")


def _plain_json(value: object) -> str:
    """Return JSON of letters that mean nothing to cmd.exe, in quotes or out of them."""
    text = json.dumps(value, separators=(",", ":"))
    return SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
