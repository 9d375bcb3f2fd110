"""Roots that a program is shut into: with a ``/proc`` and a ``/dev``, and nothing else of this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oracles import run, tool

ENTER = """\
set -e
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""


@dataclass(frozen=True)
class Room:
    """A root directory; what runs there sees this machine's network, and no other file of it."""

    root: Path

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root; return how it ended."""
        return subprocess.run(
            [tool("unshare"), "-m", "sh", "-c", ENTER, "sh", str(self.root), *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def __call__(self, *words: str) -> str:
        """Run a command as root; return what it prints."""
        ended = self.attempt(*words)
        assert ended.returncode == 0, f"{words}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def add_user(self, name: str) -> None:
        """Give the machine a user, whose shell is bash and who may log in."""
        home = self.root / "home" / name
        home.mkdir(parents=True)
        for file, line in (
            ("passwd", f"{name}:x:1000:1000::/home/{name}:/bin/bash\n"),
            ("group", f"{name}:x:1000:\n"),
            ("shadow", f"{name}:*:19000:0:99999:7:::\n"),
        ):
            with (self.root / "etc" / file).open("a") as stream:
                stream.write(line)
        run("chroot", self.root, "chown", "1000:1000", f"/home/{name}")

    def logged_in(self, name: str, script: str) -> str:
        """Return what a login shell of the user prints that runs ``script``."""
        return self("su", "-", name, "-c", script)


def bare(folder: Path, *programs: Path) -> Room:
    """Make a root of busybox and of the C and C++ libraries that ``programs`` ask for."""
    for name in ("bin", "usr/bin", "proc", "dev", "tmp", "root", "etc"):
        (folder / name).mkdir(parents=True)
    busybox = Path(tool("busybox"))
    shutil.copy(busybox, folder / "bin/busybox")
    for applet in ("sh", "ls", "cat", "mkdir", "env", "head"):
        (folder / "bin" / applet).symlink_to("busybox")
    (folder / "usr/bin/env").symlink_to("/bin/busybox")
    for library in {each for program in (busybox, *programs) for each in _libraries(program)}:
        place = folder / library.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)
    return Room(folder)


def _libraries(program: Path) -> Iterable[Path]:
    """Return what the dynamic linker of this machine finds for ``program``."""
    for line in run("ldd", program).splitlines():
        for word in line.split():
            if word.startswith("/") and not word.startswith(str(program.parent)):
                yield Path(word)
