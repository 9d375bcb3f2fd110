"""The hook's files: what a snippet is told about this machine, and ``env.*`` below our home."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from rtinstall.installer.places import WINDOWS, Places
from rtinstall.installer.shells import SHELLS, snippet
from rtinstall.installer.shells.values import HOOK_FILE, Hook
from rtinstall.runtime_bundle.errors import BadConfiguration


def hook_of(places: Places, program: str | None = None) -> Hook:
    """Return what the shells are told; ``program`` is how ``rtinstall`` was started if not given.

    Raises :class:`BadConfiguration` for a home that PATH or a line of text cannot hold.
    """
    home = str(places.home)
    if os.pathsep in home or any(not letter.isprintable() for letter in home) or '"' in home:
        raise BadConfiguration(
            f"{home!r} cannot be a folder on PATH",
            hint="name another one with RTINSTALL_HOME, without ':' or line breaks",
        )
    return Hook(
        _slashes(home),
        _slashes(str(places.shared)),
        _slashes(program or this_program()),
        "" if WINDOWS else "/bin",
    )


def this_program() -> str:
    """Return the absolute path of ``rtinstall``; where it was started by another name, the one on PATH."""
    started = Path(sys.argv[0])
    if started.stem == "rtinstall" and (found := shutil.which(str(started))):
        return os.path.abspath(found)  # noqa: PTH100  # no link is followed: pipx renews what it leads to
    from rtinstall.installer.own_origin import own_archive

    if archive := own_archive():
        return os.path.abspath(archive)  # noqa: PTH100
    beside = Path(sys.executable).with_name("rtinstall.exe" if WINDOWS else "rtinstall")
    return str(beside) if beside.is_file() else shutil.which("rtinstall") or "rtinstall"


def _slashes(path: str) -> str:
    return path.replace("\\", "/") if WINDOWS else path


def hook_file(places: Places, shell: str) -> Path:
    """Return the file below our home that ``shell`` reads at its start."""
    return places.home / f"{HOOK_FILE}.{SHELLS[shell][1]}"


def write_hooks(places: Places, hook: Hook) -> None:
    """Write every shell's file, as far as it is not what it should be."""
    for shell in SHELLS:
        path, text = hook_file(places, shell), snippet(shell, hook).encode()
        if not path.is_file() or path.read_bytes() != text:
            replace(path, text)


def replace(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put a file of ours at ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}~")
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123  # a descriptor is no path
            stream.write(content)
        os.chmod(unfinished, mode)  # noqa: PTH101
        os.replace(unfinished, path)  # noqa: PTH105
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
