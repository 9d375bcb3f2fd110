"""Running a program: the one place of the version manager that starts any.

Decisions:

* Where the system has exec, the program takes our place: no process of ours is left between the
  terminal and it, signals and exit code are its own.
* Windows has none. There we wait, leave Ctrl+C to the program, which gets it too, and end as it did.
* A batch file of Windows is run by cmd, which reads its arguments once more, as commands. What it
  would not take as plain text within quotes is refused (CVE-2024-24576 and its like).
* A program is never looked for in the current folder.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from rtinstall.runtime_bundle.errors import CannotRun

WINDOWS = sys.platform == "win32"
BATCH = (".cmd", ".bat")
# Python ignores these; what it starts would go on doing so.
IGNORED = ("SIGPIPE", "SIGXFSZ")
# What cmd obeys even within quotes.
UNQUOTABLE = '"%\r\n\0'


# Elsewhere than on Linux: what lists every process with its number first and its program's path last.
LISTS = {
    "darwin": ("/bin/ps", "-axww", "-o", "pid=,comm="),
    "freebsd": ("/usr/bin/procstat", "-ab"),
}


def become(program: Path, words: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Let ``program`` take the place of this process; ``words`` are its name and its arguments.

    Raises :class:`CannotRun` if the system does not start it.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    try:
        if WINDOWS:
            _stand_in(program, words, environment)
        for name in IGNORED:
            if number := getattr(signal, name, None):
                signal.signal(number, signal.SIG_DFL)
        os.execve(program, list(words), dict(environment))
    except OSError as error:
        raise CannotRun(f"{program} cannot be run: {error.strerror}") from None


def _stand_in(program: Path, words: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Wait for ``program``, and end as it did."""
    import subprocess

    line: str | Sequence[str] = [str(program), *words[1:]]
    if program.suffix.lower() in BATCH:
        line = batch_line(program, words[1:], environment.get("COMSPEC", "cmd.exe"))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = subprocess.Popen(line, env=dict(environment)).wait()
    finally:
        signal.signal(signal.SIGINT, before)
    sys.exit(code)


def batch_line(program: Path, words: Sequence[str], shell: str) -> str:
    """Return the command line that runs a batch file with ``words``, each of them plain text.

    Raises :class:`CannotRun` for a word that cmd would read more into.
    """
    for word in (str(program), *words):
        if any(letter in word for letter in UNQUOTABLE):
            raise CannotRun(
                f"{program.name} is a batch file, which cannot be given the word {word[:60]!r}",
                hint="run the JavaScript that it starts: rtinstall run FILE",
            )
    quoted = [f'"{word}"' for word in (str(program), *map(_closed, words))]
    return f'"{shell}" /d /v:off /s /c "{" ".join(quoted)}"'


def _closed(word: str) -> str:
    """Double the backslashes at the end of ``word``, which would take the quote after them away."""
    return word + "\\" * (len(word) - len(word.rstrip("\\")))


def output(
    program: Path,
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    say: Callable[[str], None],
) -> int:
    """Run ``program`` with ``words`` in ``folder``; ``say`` each line it prints; return its exit code.

    Raises :class:`CannotRun` if the system does not start it.
    """
    import subprocess  # late: where the system has exec, only npm is started this way

    try:
        running = subprocess.Popen(
            [str(program), *words],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise CannotRun(f"{program} cannot be run: {error.strerror}") from None
    with running:
        for line in running.stdout or ():
            say(line.rstrip())
    return running.returncode


def programs_running(proc: Path = Path("/proc"), system: str = sys.platform) -> dict[str, str]:
    """Return the path of the program of each process by its number, as far as ``system`` shows that.

    Linux shows in ``proc`` what belongs to this user; macOS and FreeBSD are asked by a program of theirs.
    """
    if system.startswith("linux"):
        return dict(_in_proc(proc))
    command = next((words for name, words in LISTS.items() if system.startswith(name)), None)
    lines: list[str] = []
    if command is not None:
        with suppress(CannotRun):
            output(Path(command[0]), command[1:], os.environ, Path("/"), lines.append)
    return dict(_listed(lines))


def _in_proc(proc: Path) -> Iterator[tuple[str, str]]:
    try:
        numbers = [name for name in os.listdir(proc) if name.isdigit()]  # noqa: PTH208
    except OSError:
        return
    for number in numbers:
        with suppress(OSError):  # ended meanwhile, or another user's
            yield number, os.readlink(proc / number / "exe")  # noqa: PTH115


def _listed(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the number that a line begins with and the absolute path that it ends in, if it has both."""
    for line in lines:
        before, slash, path = line.partition(" /")
        number = before.split()[:1]
        if slash and number and number[0].isdigit():
            yield number[0], f"/{path.strip()}"
