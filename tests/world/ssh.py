"""Other machines: a real OpenSSH server on loopback, whose sessions see a root directory of their own.

The server runs in a mount namespace. A session is put into the root by chroot(8), so whatever is
installed or removed there, this machine is not touched. A root is either a small Debian, or made of
this machine's own programs with stand-ins for another system's in front of them.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from oracles import attempt, run, tool

STAND_INS = "/stand-ins"
PATH = f"{STAND_INS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a root borrows of this machine, read-only.
BORROWED = ("usr/bin", "usr/lib", "usr/lib64", "usr/libexec", "usr/share", "usr/include", "etc")
MERGED = ("bin", "lib", "lib64")
SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
Subsystem sftp /usr/lib/openssh/sftp-server
ForceCommand {folder}/enter
"""
CLIENT = """\
Host *
  IdentityFile "{folder}/{key}"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{folder}/known_hosts"
  GlobalKnownHostsFile /dev/null
"""
ENTER = """\
#!/bin/sh
exec chroot {root} /usr/bin/env -i HOME=/root USER=root LANG=C.UTF-8 PATH={path} {shell} -c "$SSH_ORIGINAL_COMMAND"
"""


# How a stand-in begins: it writes down what it is asked.
NOTE = """\
#!/bin/sh
printf '%s' "${0##*/}" >>/db/log
[ $# = 0 ] || printf ' %s' "$@" >>/db/log
echo >>/db/log
"""


@dataclass(frozen=True)
class Machine:
    """A machine that answers on ``port``; ``pid`` is the server that listens."""

    folder: Path
    root: Path
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"ssh://root@127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        """Return an ssh_config with a key that the machine knows."""
        return self.write_config("config", "key")

    def write_config(self, name: str, key: str) -> Path:
        path = self.folder / name
        path.write_text(CLIENT.format(folder=self.folder, key=key))
        return path

    @property
    def words(self) -> tuple[str, ...]:
        """Return the options that lead rtbuild to it."""
        return ("--host", self.url, "--ssh-config", str(self.config))

    def seen(self, path: str) -> Path:
        """Return where on this machine a path of that one is; not what is mounted there."""
        return self.root / path.lstrip("/")

    @property
    def log(self) -> list[str]:
        """Return what the stand-ins were asked to do, a line each."""
        path = self.seen("db/log")
        return path.read_text().splitlines() if path.exists() else []

    @property
    def visits(self) -> list[str]:
        """Return the private folders that are there."""
        return sorted(path.name for path in self.seen("tmp").iterdir())

    def files(self) -> set[str]:
        """Return everything on its disk but what is borrowed and written down."""
        borrowed = (*BORROWED, "proc", "dev", "db", "tmp", "stand-ins", "seen")
        return {
            name
            for path in self.root.rglob("*")
            if not (name := str(path.relative_to(self.root))).startswith(borrowed)
        }

    def clients(self) -> list[str]:
        """Return the command lines of each ssh that was started with its configuration."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it may just have ended
                words = (process / "cmdline").read_bytes().split(b"\0")
                if words[0].endswith(b"ssh") and str(self.config).encode() in words:
                    found.append(b" ".join(words).decode(errors="replace"))
        return found

    def processes(self) -> list[str]:
        """Return the command lines of all that runs in its root."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "root").readlink() == self.root:
                    words = (process / "cmdline").read_bytes().split(b"\0")
                    found.append(b" ".join(words).decode(errors="replace").strip())
            except OSError:
                continue  # it has just ended
        return [words for words in found if words]


def needs_namespaces() -> None:
    for name in ("ssh", "sshd", "ssh-keygen", "unshare"):
        tool(name)
    if os.geteuid() != 0 or attempt("unshare", "-m", "true").returncode:
        pytest.skip("another machine's root needs root and mount namespaces")


@contextmanager
def machine(
    folder: Path, root: Path, *, shell: str = "/bin/sh", mounts: Sequence[str] = ()
) -> Iterator[Machine]:
    """Start the server of a machine whose disk is ``root``; ``mounts`` are commands of sh."""
    words = {"root": shlex.quote(str(root)), "path": PATH, "shell": shell}
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(exist_ok=True)
    commands = (
        f"cd {words['root']}", "mount --bind /dev dev", "mount -t proc none proc", *mounts
    )  # fmt: skip
    with serving(folder, ENTER.format(**words), commands) as (port, pid):
        yield Machine(folder, root, port, pid)


@contextmanager
def serving(folder: Path, enter: str, commands: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Start a server whose sessions all run the script ``enter``; give its port and its number.

    ``commands`` are run before, in a mount namespace of its own.
    """
    needs_namespaces()
    for name in ("host_key", "key", "other_key"):
        if not (folder / name).exists():
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name)
    (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
    script = folder / "enter"
    script.write_text(enter)
    script.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host_key = (folder / "host_key.pub").read_text().rsplit(" ", 1)[0]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (folder / "sshd_config").write_text(SERVER.format(port=port, folder=folder))
    before = "\n".join((
        "set -e", "mount -t tmpfs none /run", "mkdir /run/sshd", *commands,
        f"exec {tool('sshd')} -D -e -f {shlex.quote(str(folder / 'sshd_config'))}",
    ))  # fmt: skip
    with (
        (folder / "sshd.log").open("wb") as log,
        subprocess.Popen(
            [tool("unshare"), "-m", "sh", "-c", before], stdin=subprocess.DEVNULL, stderr=log,
            stdout=log, start_new_session=True,
        ) as server,
    ):  # fmt: skip
        try:
            _wait(folder / "sshd.log", server)
            yield port, server.pid
        finally:
            server.kill()


def _wait(log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while "Server listening" not in log.read_text(errors="replace"):
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)


@contextmanager
def played(
    folder: Path, stand_ins: Mapping[str, str], *, node: str = "", shell: str = "/bin/sh",
    mounts: Sequence[str] = (),
) -> Iterator[Machine]:  # fmt: skip
    """Play a machine with this one's programs, and ``stand_ins``: scripts by their path there.

    ``node`` is the script that they put into the place of a runtime.
    """
    folder.mkdir(exist_ok=True)
    root = folder / "a root"
    for name in ("stand-ins", "db", "tmp", "root", "seen", "usr/sbin", *BORROWED):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in MERGED:
        if Path("/", name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    for path, script in stand_ins.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(NOTE + script)
        place.chmod(0o755)
    (root / "db/node").write_text(node)
    borrowed = [
        f"mount --bind /{name} {name}; mount -o remount,bind,ro {name}"
        for name in BORROWED
        if Path("/", name).is_dir()
    ]
    with machine(folder, root, shell=shell, mounts=(*borrowed, *mounts)) as found:
        yield found
