"""Real shells with the hook in them, a home whose versions are stand-ins, and a program that notes its calls.

Records are written here by hand, from what is documented of them, so that the shells are held to
that and not to the code that writes them.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oracles import tool
from rtinstall.installer.shells import SHELLS, quoting, snippet
from rtinstall.installer.shells.values import Hook

NAMES = (".nvmrc", ".node-version", ".tool-versions", "package.json")
TELLS = '#!/bin/sh\nprintf "%s\\n" "$*" >>"${0%/*}/calls"\nact="${0%/*}/act"\n[ ! -f "$act" ] || . "$act"\n'


@dataclass(frozen=True)
class Language:
    """How a shell is started, and how to say in it what the tests need said."""

    shell: str
    command: tuple[str, ...]
    quote: Callable[[str], str] = quoting.posix
    source: str = ". {}"
    cd: str = "cd {}"
    show: str = 'printf "%s\\n" "$PATH"'
    variable: str = "{}={}; export {}"
    ending: str = "\n"

    @property
    def file(self) -> str:
        return f"env.{SHELLS[self.shell][1]}"


LANGUAGES = {
    "bash": Language("bash", ("bash", "--norc", "-c")),
    "zsh": Language("zsh", ("zsh", "-f", "-c")),
    "dash": Language("sh", ("dash", "-c")),
    "mksh": Language("sh", ("mksh", "-c")),
    "ksh": Language("sh", ("ksh", "-c")),
    "ash": Language("sh", ("busybox", "ash", "-c")),
    "fish": Language(
        "fish",
        ("fish", "--no-config", "-c"),
        quoting.fish,
        "source {}",
        show="string join : $PATH",
        variable="set -gx {} {}",
    ),
    "nu": Language(
        "nushell",
        ("nu", "--no-config-file", "-c"),
        quoting.nushell,
        "source {}",
        # What is run with -c has no hooks for a change of folder.
        cd="cd {}\n_rt_hook",
        show="print ($env.PATH | str join ':')",
        variable="$env.{} = {}",
    ),
    "pwsh": Language(
        "powershell",
        ("pwsh", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command"),
        quoting.powershell,
        cd="Set-Location -LiteralPath {}",
        # It puts its own folder first on PATH, whoever starts it.
        show="[Console]::WriteLine($env:PATH.Replace($PSHOME + ':', ''))",
        variable="$env:{} = {}",
    ),
}
POSIX = ("bash", "zsh", "dash", "mksh", "ksh", "ash")
EVERY = (*POSIX, "fish", "nu", "pwsh")


@dataclass(frozen=True)
class Ground:
    """A home of rtinstall and a folder for projects, below ``folder``."""

    folder: Path
    name: str = "home"
    path: str = "/usr/bin:/bin"
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / self.name

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def hook(self) -> Hook:
        return Hook(str(self.home), str(self.folder / "shared"), str(self.home / "rtinstall"))

    def lay(self, *versions: str, program: bool = True) -> Ground:
        """Put versions, the program that notes its calls, and every hook there; the first is default."""
        self.work.mkdir(parents=True, exist_ok=True)
        for version in versions:
            self.executable(
                self.home / "versions" / version / "bin/node", f"#!/bin/sh\necho {version} $*\n"
            )
        (self.home / "aliases").mkdir(parents=True, exist_ok=True)
        if versions:
            (self.home / "aliases/default").symlink_to(f"../versions/{versions[0]}")
        if program:
            self.executable(self.home / "rtinstall", TELLS)
        for shell, (_, ending) in SHELLS.items():
            (self.home / f"env.{ending}").write_text(snippet(shell, self.hook))
        return self

    def executable(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def bin(self, version: str) -> str:
        """Return the folder on PATH of a version, of ``default``, or none for the system's."""
        if version == "system":
            return ""
        kind = "aliases" if version == "default" else "versions"
        return str(self.home / kind / version / "bin")

    def ask(self, folder: str, file: str, text: str = "x") -> Path:
        """Write a version file, some seconds old."""
        path = self.work / folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        past = time.time() - 60
        os.utime(path, (past, past))
        return path

    def answer(
        self, folder: str, version: str, *, bin: str | None = None, note: str = "", file: str = ""
    ) -> Path:
        """Write the record of a folder, for the files that are there now."""
        there = "".join(
            f" {name}" for name in NAMES if (self.work / folder / name).is_file()
            and not (name == "package.json" and "node_modules" in folder.split("/"))
        )  # fmt: skip
        record = Path(f"{self.home}/projects{self.work / folder}/.version")
        record.parent.mkdir(parents=True, exist_ok=True)
        named = version.lstrip("?")
        place = bin if bin is not None else "" if named in ("-", "!") else self.bin(named)
        record.write_text(f"{place}\n{version}\nexpression\n{file}\n{there}\n{note}\n")
        past = time.time() - 30
        os.utime(record, (past, past))
        return record

    @property
    def calls(self) -> list[str]:
        """Return the calls of the program, and forget them."""
        path = self.home / "calls"
        if not path.exists():
            return []
        lines = path.read_text().splitlines()
        path.unlink()
        return [line.rstrip("/") or line for line in lines]

    def command(self, name: str, script: str) -> list[str]:
        language = LANGUAGES[name]
        program = tool(language.command[0])
        return [program, *language.command[1:], script]

    def script(self, name: str, steps: Sequence[str | Path], *, first: str = "") -> str:
        """Write a script: a step is a path to go to, or words of that shell; PATH is shown after each."""
        language = LANGUAGES[name]
        lines = [first] if first else []
        lines.append(language.source.format(language.quote(str(self.home / language.file))))
        lines.append(language.show)
        for step in steps:
            words = step if isinstance(step, str) else language.cd.format(language.quote(str(step)))
            lines += [words, language.show]
        return language.ending.join(lines)

    def run(
        self, command: Sequence[str], *, typed: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=typed,
            capture_output=True,
            check=False,
            text=True,
            errors="surrogateescape",
            cwd=self.folder,
            env={
                "PATH": self.path,
                "HOME": str(self.folder),
                "LC_ALL": "C.UTF-8",
                "POWERSHELL_TELEMETRY_OPTOUT": "1",
                **self.environment,
                **more,
            },
            timeout=60,
        )

    def walk(self, name: str, *steps: str | Path, first: str = "", **more: str) -> list[str]:
        """Take ``steps`` in a shell; return what is on PATH of ours after its start and each of them.

        All else on PATH must have stayed as it was, and nothing may have been said.
        """
        ended = self.run(self.command(name, self.script(name, steps, first=first)), **more)
        assert ended.returncode == 0, ended
        assert not ended.stderr, ended
        path = more.get("PATH", self.path)
        return [self.ours(line, path) for line in ended.stdout.splitlines()]

    def ours(self, line: str, path: str) -> str:
        """Return the version of the one entry that a shown PATH has before ``path``."""
        if line == path:
            return "system"
        assert line.endswith(f":{path}"), (line, path)
        front = line.removesuffix(f":{path}")
        assert ":" not in front, line
        if front == f"{self.home}/shims":
            return "shims"
        kind, _, version = front.removeprefix(f"{self.home}/").removesuffix("/bin").partition("/")
        assert kind == ("aliases" if version == "default" else "versions"), line
        return version
