"""Whether a shell finds ours: PATH, start files, hooks and shims."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from rtinstall.installer.health import Finding
from rtinstall.installer.places import WINDOWS
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import RtError

LONGEST = 8191 if WINDOWS else 131_072  # what cmd, and the kernel for one string, take
LONGEST_SET = 2047  # what a dialog of Windows keeps of PATH
# What is in the path of the folders that other managers put on PATH.
MARKS: Mapping[str, str] = {
    "nvm": ".nvm/versions", "fnm": "fnm_multishells", "volta": ".volta/bin", "nodenv": ".nodenv/",
    "asdf": ".asdf/", "mise": "mise/", "n": "/n/bin", "nvm-windows": "nvm4w", "nodist": "nodist",
}  # fmt: skip


def path(session: Session) -> Iterator[Finding]:
    """Find whose node is first on PATH, and whether PATH can hold what it has to."""
    from rtinstall.installer.resolution import first_program, system_program

    value = session.environment.get("PATH", "")
    if len(value) > LONGEST:
        text = (
            f"PATH has {len(value)} characters, of which no more than {LONGEST} are sure to count"
        )
        yield Finding("path", "error", text, "remove folders that are not needed any more")
    elif WINDOWS and len(value) > LONGEST_SET:
        text = f"PATH has {len(value)} characters; programs that set it may cut it at {LONGEST_SET}"
        yield Finding("path", "warning", text, "remove folders that are not needed any more")
    entries = value.split(os.pathsep)
    relative = [e for e in entries if e and not os.path.isabs(e)]  # noqa: PTH117
    if "" in entries or relative:
        shown = relative[0] if relative else "an empty one"
        text = f"PATH has a folder that is not absolute ({shown}): what is found there depends on where you are"
        yield Finding("path", "warning", text, "take it out of PATH")
    if _system_is_wanted(session):
        return
    first = first_program(session.environment)
    foreign = system_program(session.environment, session.places)
    if not any(_ours(session, entry) for entry in entries if entry):
        yield Finding(
            "path", "warning", "nothing of rtinstall is on PATH in this shell", "rtinstall setup"
        )
    elif first is not None and first == foreign:
        whose = _whose(first)
        yield Finding(
            "path", "error", f"{first} is found before what rtinstall has{whose}",
            "take that folder out of PATH, or let it come after; rtinstall setup sets ours first",
        )  # fmt: skip


def _system_is_wanted(session: Session) -> bool:
    """Say whether something asks for the node that is not ours, so that it may be the first."""
    from rtinstall.installer.active import active

    try:
        found = active(session)
    except RtError:  # what is asked for is not installed: the checks of aliases and projects say so
        return False
    return found.request is not None and found.system is not None


def _ours(session: Session, entry: str) -> bool:
    real = os.path.realpath(entry)
    return any(
        real.startswith(os.path.realpath(home) + os.sep)
        for home in (session.places.home, session.places.shared)
    )


def _whose(program: Path) -> str:
    path = program.as_posix()
    name = next((name for name, mark in MARKS.items() if mark in path), "")
    return f": it is of {name}" if name else ""


def start_files(session: Session) -> Iterator[Finding]:
    """Find out whether the start files of this user's shell have our lines, and whole ones."""
    from rtinstall.installer import start_files as of_shells
    from rtinstall.installer.set_up import every_file
    from rtinstall.installer.shells import OTHERS, SHELLS
    from rtinstall.runtime_bundle.errors import BadConfiguration

    word = session.environment.get("SHELL", "").rpartition("/")[2]
    shell = OTHERS.get(word, word)
    found = {}
    for file in every_file(session):
        content = of_shells.read(file.path) or b""
        try:
            of_shells.changed(file, content)
        except BadConfiguration as error:
            yield Finding("start-files", "error", str(error), error.hint)
            continue
        if of_shells.BEGIN in content:
            found[file.shell] = of_shells.changed(file, content) == content
    old = sorted(name for name, current in found.items() if not current)
    if old:
        text = f"the start files of {', '.join(old)} have lines of ours that are not today's"
        yield Finding("start-files", "warning", text, "rtinstall setup writes them anew")
    if shell in SHELLS and shell not in found:
        text = f"the start files of {shell} do not have the lines of rtinstall"
        yield Finding("start-files", "warning", text, f"rtinstall setup --shell {shell}")


def hooks(session: Session) -> Iterator[Finding]:
    """Find files that shells read at their start and that are not what this version writes."""
    from rtinstall.installer.hook import hook_file, hook_of, write_hooks
    from rtinstall.installer.shells import SHELLS, snippet

    hook = hook_of(session.places)
    files = {shell: hook_file(session.places, shell) for shell in SHELLS}
    if not any(file.is_file() for file in files.values()):
        return  # never set up
    old = [
        shell
        for shell, file in files.items()
        if not file.is_file() or file.read_bytes() != snippet(shell, hook).encode()
    ]
    if old:
        yield Finding(
            "hooks", "warning", f"the hooks of {', '.join(old)} are not those of this rtinstall",
            "writes them anew", lambda session: write_hooks(session.places, hook_of(session.places)),
        )  # fmt: skip


def shims(session: Session) -> Iterator[Finding]:
    """Find commands of installed versions without a shim, and shims that are old or of nothing."""
    from rtinstall.installer import shims as of_commands
    from rtinstall.installer.hook import hook_of

    folder = session.places.shims
    if not folder.is_dir():
        return  # never set up
    names = of_commands.commands(one.bin for one in session.store.installed())
    write = of_commands.batch if WINDOWS else of_commands.shim
    text = write(hook_of(session.places)).encode()
    wanted = {f"{name}.cmd" if WINDOWS else name for name in names}
    there = {entry.name for entry in folder.iterdir() if entry.is_file()}
    wrong = sorted(
        (wanted ^ there) | {n for n in wanted & there if (folder / n).read_bytes() != text}
    )
    if wrong:
        yield Finding(
            "shims", "warning", f"the shims are not up to date: {', '.join(wrong[:5])}",
            "writes them anew",
            lambda session: of_commands.refresh(session.places, session.store),
        )  # fmt: skip
