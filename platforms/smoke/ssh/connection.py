"""One connection to a machine, by the user's own OpenSSH client.

ssh is started with a list of words, without a shell of ours, and without a terminal, so that it can
ask nothing (BatchMode). Whom to trust and which key to use is the user's ssh_config; the check of
the host's key is never switched off. Where the system has it, one connection serves every command
(ControlMaster): its socket lies in a private folder, whose path has to be short.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Protocol

from rtinstall.platforms.smoke.ssh.address import Address
from rtinstall.runtime_bundle.errors import MissingTool, Unreachable

SSH_FAILED = 255  # ssh(1), "EXIT STATUS"
CONNECT = 20  # seconds until a connection must stand
MOST = 4 << 20  # bytes that are kept of what a machine says
DEEPEST = 50  # letters of a folder for a socket, whose path, with ssh's own addition, has about 100
CLOSING = 10  # seconds
COPYING = 3600  # seconds for a file to arrive
SHARED = sys.platform != "win32"  # Windows's OpenSSH has no ControlMaster

HINTS = {
    "Permission denied": "nothing is asked here: load the key into an ssh-agent, or name it in ssh_config",
    "Host key verification failed": "connect once with ssh, and compare the key of the host with its owner",
    "REMOTE HOST IDENTIFICATION HAS CHANGED": "ask its owner whether the key was changed before you go on",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command on the machine ended: ``code`` is None where the limit ended it."""

    code: int | None
    output: bytes
    complaint: str

    @property
    def said(self) -> str:
        """Return what it printed as text."""
        return self.output.decode("utf-8", "replace")


class Channel(Protocol):
    """A way to run commands on a machine: over SSH, or nearer."""

    @property
    def address(self) -> Address | str:
        """Return how people call the machine."""

    def ask(
        self, command: str, *, send: bytes | Path = b"", hold: bool = False, limit: float
    ) -> Answer:
        """Run ``command`` there, as :meth:`Connection.ask` says."""

    def copy(self, path: Path | None, name: str) -> Answer:
        """Copy a file or folder to ``name``, below where commands start; None makes a folder."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to a machine; ``options`` are words for ssh, scp and sftp alike."""

    address: Address
    ssh: str
    options: tuple[str, ...]

    def ask(
        self, command: str, *, send: bytes | Path = b"", hold: bool = False, limit: float
    ) -> Answer:
        """Run ``command`` there with ``send`` as its standard input, for at most ``limit`` seconds.

        ``command`` is read by whatever shell the user has there. With ``hold`` the input stays open
        until the command ends: it can see that we are gone. Raises :class:`Unreachable`.
        """
        port = ("-p", str(self.address.port)) if self.address.port else ()
        user = ("-l", self.address.user) if self.address.user else ()
        words = (self.ssh, "-T", *self.options, *port, *user, "--", self.address.host, command)
        answer = started(words, send=send, hold=hold, limit=limit)
        if answer.code == SSH_FAILED and not answer.output:
            raise unreachable(self.address, answer.complaint)
        return answer

    def copy(self, path: Path | None, name: str) -> Answer:
        """Copy by sftp. Raises :class:`Unreachable`, and :class:`MissingTool` without it."""
        sftp = shutil.which("sftp")
        if sftp is None:
            raise MissingTool("there is no sftp on this machine", hint="install the OpenSSH client")
        address = self.address
        host = f"[{address.host}]" if ":" in address.host else address.host
        options = [f"Port={address.port}"] if address.port else []
        options += [f"User={address.user}"] if address.user else []
        more = [word for option in options for word in ("-o", option)]
        # sftp's own quotes: a path here has every letter there is.
        local = re.sub(r'(["\\])', r"\\\1", str(path))
        put = "put -r" if path and path.is_dir() else "put"
        batch = f'{put} "{local}" {name}\n' if path else f"mkdir {name}\n"
        words = (sftp, "-q", *self.options, *more, "-b", "-", "--", host)
        answer = started(words, send=batch.encode(), limit=COPYING)
        if answer.code == SSH_FAILED:
            raise unreachable(address, answer.complaint)
        return answer


def unreachable(address: Address | str, complaint: str) -> Unreachable:
    """Return the error for what ssh has complained of, in its own words."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    hint = next((hint for words, hint in HINTS.items() if words in complaint), "")
    return Unreachable(
        f"{address}: {lines[-1].rstrip('.') if lines else 'the connection was lost'}",
        hint=hint or _by_hand(address),
    )


def _by_hand(address: Address | str) -> str:
    if isinstance(address, str):
        return "it needs a shell, and to be left running"
    return f"ssh {address.host} must work without a question, as from a script"


@contextmanager
def connected(address: Address, config: Path | None = None) -> Iterator[Connection]:
    """Give a connection, which is made by the first command and closed at the end.

    ``config`` is read in place of the user's ssh_config. Raises :class:`MissingTool` without ssh.
    """
    ssh = shutil.which("ssh")
    if ssh is None:
        raise MissingTool(
            "there is no ssh on this machine", hint="install the OpenSSH client (openssh-client)"
        )
    options = ["BatchMode=yes", f"ConnectTimeout={CONNECT}", "ServerAliveInterval=15"]
    options += ["ServerAliveCountMax=4", "ClearAllForwardings=yes", "RemoteCommand=none"]
    options += ["PermitLocalCommand=no", "EscapeChar=none"]
    # The usual folder for this may lie too deep.
    short = "/tmp" if SHARED and len(tempfile.gettempdir()) > DEEPEST else None
    with tempfile.TemporaryDirectory(
        prefix="rtssh-", dir=short, ignore_cleanup_errors=True
    ) as folder:
        socket = Path(folder, "s")
        if SHARED:
            options += ["ControlMaster=auto", f"ControlPath={socket}", "ControlPersist=60"]
        named = ["-F", str(config)] if config else []
        words = [*named, *(word for option in options for word in ("-o", option))]
        try:
            yield Connection(address, ssh, tuple(words))
        finally:
            if socket.exists():
                with suppress(Unreachable):
                    started((ssh, *words, "-O", "exit", "--", address.host), limit=CLOSING)


def started(
    words: tuple[str, ...],
    *,
    send: bytes | Path = b"",
    hold: bool = False,
    limit: float,
    folder: Path | None = None,
) -> Answer:
    """Run a program in ``folder``, and return what came of it; ``send`` and ``hold`` as above."""
    output, complaint = bytearray(), bytearray()
    with _readable(send) as source:
        # In a session of its own: an interruption at the keyboard is ours to pass on.
        process = subprocess.Popen(
            words, bufsize=0, stdin=subprocess.PIPE if hold else source, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, cwd=folder,
        )  # fmt: skip
        readers = [_keep(process.stdout, output), _keep(process.stderr, complaint)]
        try:
            if process.stdin:
                with suppress(BrokenPipeError):
                    process.stdin.write(source.read())
            code: int | None = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            process.kill()
            process.wait()
            for reader in readers:
                reader.join(CLOSING)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
    return Answer(code, bytes(output), complaint.decode("utf-8", "replace"))


@contextmanager
def _readable(send: bytes | Path) -> Iterator[IO[bytes]]:
    """Open what is sent as a file, which ssh reads at its own pace."""
    with send.open("rb") if isinstance(send, Path) else tempfile.TemporaryFile() as file:
        if not isinstance(send, Path):
            file.write(send)
            file.seek(0)
        yield file


def _keep(stream: IO[bytes] | None, kept: bytearray) -> Thread:
    """Read ``stream`` to its end, and keep the beginning."""

    def read() -> None:
        with suppress(
            OSError, ValueError
        ):  # closed under it, where a daemon of ssh's holds it open
            while stream and (data := stream.read(1 << 16)):
                if len(kept) < MOST:
                    kept.extend(data)

    thread = Thread(target=read, daemon=True)
    thread.start()
    return thread
