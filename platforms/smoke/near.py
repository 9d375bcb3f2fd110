"""Channels to systems that are near: this machine, a root directory on it, a container.

They carry the same commands as an SSH connection does, so whatever a machine far away can be asked,
these can: nothing of ours is installed in them, a shell is enough.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.smoke.ssh.connection import Answer, started
from rtinstall.runtime_bundle.errors import InstallationFailed, MissingTool

ENGINES = ("docker", "podman")
PATIENCE = 60  # seconds for an engine to say whether it is there
PULLING = 1800  # seconds for an image to arrive
LASTING = "86400"  # seconds that a container waits for us
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# In a mount namespace of its own: the root sees /proc, and this machine does not see that.
ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'


# Debian's smallest system that has apt.
MMDEBSTRAP = ("mmdebstrap", "--quiet", "--variant=apt")


@dataclass(frozen=True, slots=True)
class Near:
    """A :class:`~rtinstall.platforms.smoke.ssh.connection.Channel`: ``words`` go before ``sh -c``.

    ``folder`` is where commands start on this machine, for a Windows, which has no ``sh``.
    """

    address: str
    words: tuple[str, ...] = ()
    folder: Path | None = None

    def ask(
        self, command: str, *, send: bytes | Path = b"", hold: bool = False, limit: float
    ) -> Answer:
        """Run ``command`` for at most ``limit`` seconds, ``send`` being its standard input."""
        # What is asked of a Windows is plain words, a program of its own before them.
        words = ("sh", "-c", command) if self.folder is None else tuple(command.split())
        try:
            return started(
                (*self.words, *words), send=send, hold=hold, limit=limit, folder=self.folder
            )
        except FileNotFoundError as error:
            return Answer(127, b"", str(error))

    def copy(self, path: Path | None, name: str) -> Answer:
        """Copy a file or a folder below :attr:`folder`, or make a folder there."""
        there = Path(self.folder or ".", name)
        try:
            if path is None:
                there.mkdir()
            elif path.is_dir():
                shutil.copytree(path, there, dirs_exist_ok=True)
            else:
                shutil.copyfile(path, there)
        except OSError as error:
            return Answer(1, b"", str(error))
        return Answer(0, b"", "")


@contextmanager
def this_machine() -> Iterator[Near]:
    """Give this very machine, which is going to be changed and changed back."""
    if os.name != "nt":
        yield Near("this machine")
        return
    with tempfile.TemporaryDirectory(prefix="rtsmoke-", ignore_cleanup_errors=True) as name:
        yield Near("this machine", folder=Path(name))


@contextmanager
def debian_root(suite: str) -> Iterator[Path]:
    """Give a new root directory of Debian's ``suite``, made by mmdebstrap, which is gone afterwards.

    Raises :class:`MissingTool` without mmdebstrap, :class:`InstallationFailed` where it fails.
    """
    program, *options = MMDEBSTRAP
    if shutil.which(program) is None:
        raise MissingTool(f"there is no {program}", hint="--in container, or --root, or --in bare")
    with tempfile.TemporaryDirectory(prefix="rtroot-", ignore_cleanup_errors=True) as name:
        root = Path(name, "root")
        answer = started((program, *options, suite, str(root)), limit=PULLING)
        if answer.code != 0:
            said = (answer.complaint.strip().splitlines() or [f"exit code {answer.code}"])[-1]
            raise InstallationFailed(f"{program}: {said}", hint="it needs Debian's servers")
        yield root


def in_root(root: Path) -> Near:
    """Return the system below ``root``, which has programs of its own.

    Raises :class:`MissingTool` where it cannot be entered.
    """
    unshare = shutil.which("unshare")
    if unshare is None or os.name != "posix" or os.geteuid() != 0:
        raise MissingTool(
            f"{root} cannot be entered: that needs root, and unshare of util-linux",
            hint="--in container needs neither",
        )
    environment = (f"PATH={PATH}", "HOME=/root", "USER=root", "LANG=C.UTF-8")
    enter = (unshare, "-m", "sh", "-c", ENTER, str(root.resolve()), "/usr/bin/env", "-i")
    return Near(str(root), (*enter, *environment))


def engine() -> str | None:
    """Return the first program for containers that answers here."""
    for name in ENGINES:
        path = shutil.which(name)
        if path and started((path, "info"), limit=PATIENCE).code == 0:
            return path
    return None


@contextmanager
def container(program: str, image: str, platform: str = "") -> Iterator[Near]:
    """Give a new container of ``image``, which is gone afterwards.

    Raises :class:`InstallationFailed` where there is no such image.
    """
    named = ("--platform", platform) if platform else ()
    words = (program, "run", "--detach", "--rm", *named, image, "sleep", LASTING)
    answer = started(words, limit=PULLING)
    name = (answer.said.split() or [""])[-1]
    if answer.code != 0 or not name:
        said = (answer.complaint.strip().splitlines() or [f"exit code {answer.code}"])[-1]
        raise InstallationFailed(
            f"no container of {image}: {said}", hint="see what the engine says"
        )
    try:
        yield Near(image, (program, "exec", "--interactive", name))
    finally:
        started((program, "rm", "--force", name), limit=PATIENCE)
