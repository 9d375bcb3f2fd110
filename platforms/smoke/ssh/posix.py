"""Machines with a POSIX shell. What they are asked to do is in ``host.sh``, which is sent there first.

The user's shell there may be csh or fish as well as sh, and reads each command: so commands are made
of letters that mean the same to all of them, and everything else goes through standard input.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import IO

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.containers import tar
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.package import Effort
from rtinstall.platforms.smoke.host import MACHINES, Way
from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.platforms.smoke.ssh.connection import COPYING, Answer, Channel, unreachable
from rtinstall.platforms.smoke.ssh.host import GRACE, INSTALLING, PATIENCE, Rights, System
from rtinstall.platforms.smoke.table import Check
from rtinstall.platforms.smoke.verdict import Ended
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.directory import read_tree
from rtinstall.runtime_bundle.errors import InstallationFailed, VerificationFailed
from rtinstall.runtime_bundle.model import Directory
from rtinstall.runtime_bundle.targets import Os

SCRIPT = Path(__file__).with_name("host.sh")
SYSTEMS: dict[str, Os] = {
    "Linux": "linux", "FreeBSD": "freebsd", "Darwin": "darwin", "AIX": "aix", "OS400": "ibmi",
}  # fmt: skip
RIGHTS: dict[str, Rights] = {"yes": "own", "sudo": "sudo", "doas": "doas"}
ARCHIVE = "archive.tar"
TIME = 946_684_800  # 2000-01-01: some tars warn of files from 1970
PROGRAMS = "/usr/bin:/bin"
IBMI_PROGRAMS = "/QOpenSys/pkgs/bin:/QOpenSys/usr/bin:/usr/bin"
SAFE = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True, slots=True)
class PosixHost:
    """A :class:`~rtinstall.platforms.smoke.ssh.host.Host` with ``sh``."""

    connection: Channel
    folder: str
    system: System

    def send(self, path: Path, name: str) -> None:
        """Copy a file; what arrived has the same SHA-256, or the size where there is no tool for it."""
        said = self._ask("receive", name, send=path, limit=COPYING)
        kind, _, value = said.partition(" ")
        expected = sha256_of(path)
        if kind == "size":
            expected = str(path.stat().st_size)
        if value.strip().lower() != expected:
            raise VerificationFailed(
                f"{path.name} did not arrive whole: {kind} {value.strip()!r} instead of {expected}",
                hint="run it again; the copy was removed",
            )

    def bring(self, folder: Path, name: str) -> None:
        """Copy a folder as a tar archive."""
        with tempfile.TemporaryDirectory() as place:
            archive = Path(place, ARCHIVE)
            with archive.open("wb") as out:
                _pack(folder, name, out)
            self.send(archive, ARCHIVE)
        self._ask("unpack", ARCHIVE, limit=COPYING)

    def present(self, paths: Iterable[PurePath]) -> set[str]:
        """Return which of the paths are there; links that lead nowhere are."""
        lines = "".join(f"{path}\n" for path in paths).encode()
        return set(self._ask("present", send=lines).splitlines())

    def run(self, words: Iterable[str], *, rights: bool = False) -> Answer:
        """Run a program of the system."""
        before = [self.system.rights, "-n"] if rights and self.system.rights != "own" else []
        lines = "".join(f"{word}\n" for word in (*before, *words)).encode()
        return asked(self.connection, self.folder, "run", send=lines, limit=INSTALLING)

    def way(self, runtime: Runtime) -> Way:
        """Return how it is run: as it is."""
        return Way(compiler=self.system.compiler)

    def check(
        self, runtime: Runtime, check: Check, limit: float, called: Callable[[Path], str]
    ) -> Ended:
        """Run a check; the machine ends it at its limit, or when nobody is connected any more."""
        programs = IBMI_PROGRAMS if self.system.os == "ibmi" else PROGRAMS
        lines = (
            called(runtime.node),
            f"{called(runtime.commands)}:{programs}",
            runtime.described(node=runtime.node, called=called),
        )
        start = time.monotonic()
        answer = self.connection.ask(
            f"sh {self.folder}/host.sh check {check.name} {limit:.0f}",
            send="".join(f"{line}\n" for line in lines).encode(), hold=True, limit=limit + GRACE,
        )  # fmt: skip
        seconds = time.monotonic() - start
        if answer.code is None:
            return Ended(None, seconds, "", "the machine did not end it either")
        code, output, said = _parts(self.connection, self.folder, answer)
        return Ended(_signal(code), seconds, output, said)

    def leave(self) -> None:
        """End what still runs from the folder, and remove it."""
        self._ask("leave")

    def _ask(self, *words: str, send: bytes | Path = b"", limit: float = PATIENCE) -> str:
        answer = asked(self.connection, self.folder, *words, send=send, limit=limit)
        if answer.code != 0:
            last = (answer.said.strip().splitlines() or [f"exit code {answer.code}"])[-1]
            raise InstallationFailed(f"{self.connection.address}: {words[0]}: {last}")
        return answer.said


def visit_posix(connection: Channel, token: str) -> PosixHost | Answer:
    """Make a private folder of that name, and learn who the machine is; or what it said instead."""
    folder = f"/tmp/{token}"  # made anew and closed to others, or not at all
    answer = connection.ask(
        f"sh -c 'umask 077; mkdir {folder} && cat >{folder}/host.sh && sh {folder}/host.sh greet'",
        send=SCRIPT, limit=PATIENCE,
    )  # fmt: skip
    if answer.code != 0 or token.encode() not in answer.output:
        return answer
    _, said, _ = _parts(connection, folder, answer)
    facts = dict(line.partition(" ")[::2] for line in said.splitlines())
    real, os = facts.get("folder", ""), SYSTEMS.get(facts.get("system", ""))
    if os is None or not SAFE.fullmatch(real):
        name = facts.get("system", "an unknown system")
        raise InstallationFailed(
            f"{connection.address} runs {name}, for which there is nothing to check",
            hint="rtbuild targets lists the systems that there are packages for",
        )
    return PosixHost(connection, folder, _system(os, facts))


def _system(os: Os, facts: dict[str, str]) -> System:
    machine, release = facts.get("machine", ""), facts.get("release", "")
    if os in ("ibmi", "aix"):  # the machine is a serial number, the release follows the version
        machine, release = "ppc64", f"{facts.get('version', '')}.{release}"
    title = {"darwin": f"macOS (Darwin {release})", "ibmi": f"IBM i {release}"}.get(
        os, f"{facts['system']} {release}"
    )
    rights = RIGHTS.get(facts.get("root", ""), "")
    if os == "ibmi":
        rights = "own"  # rights are special authorities there, which no user number shows
    return System(
        os=os,
        arch=MACHINES.get(machine.lower()),
        name=printable(f"{title} {machine}"),
        top=PurePosixPath("/"),
        folder=PurePosixPath(facts["folder"]),
        rights=rights,
        compiler=facts.get("compiler"),
    )


def asked(
    connection: Channel, folder: str, *words: str, send: bytes | Path, limit: float
) -> Answer:
    """Let ``host.sh`` obey a verb; return how that ended and what it said."""
    answer = connection.ask(
        " ".join(("sh", f"{folder}/host.sh", *words)), send=send, limit=limit
    )  # fmt: skip
    if answer.code is None:
        return Answer(None, b"", f"no answer within {limit:g} s")
    code, said, _ = _parts(connection, folder, answer)
    return Answer(int(code), said.encode(), "")


def _pack(folder: Path, name: str, out: IO[bytes]) -> None:
    """Write a tar archive that every system's tar reads."""
    stream = open_stream("none", out, Effort("fast"))
    # ustar's own two fields as long as they do: the old tar of AIX knows no more.
    tar.append(stream, Directory(name), name, time=TIME, dialect="pax")
    for entry in read_tree(folder):
        tar.append(stream, entry, f"{name}/{entry.path}", time=TIME, dialect="pax")
    stream.write(tar.END)
    stream.close()


def _parts(connection: Channel, folder: str, answer: Answer) -> tuple[str, str, str]:
    """Take an answer apart: code, output, errors; what a login script prints comes before it."""
    token = folder.rpartition("/")[2].encode()
    head = re.search(
        rb"^%s (\w+) ([0-9]+) ([0-9]+)\n" % re.escape(token), answer.output, re.MULTILINE
    )
    if head is None:
        raise unreachable(connection.address, answer.complaint)
    output = answer.output[head.end() :]
    size, more = int(head[2]), int(head[3])
    if len(output) < size + more:
        raise unreachable(connection.address, answer.complaint)
    texts = (output[:size], output[size : size + more])
    said, complaint = (text.decode("utf-8", "replace") for text in texts)
    return head[1].decode(), said, complaint


def _signal(code: str) -> int | None:
    """Return an exit code as Python has it; sh adds 128 to a signal's number, ksh 256."""
    if not code.isdigit():
        return None
    number = int(code)
    return -(number % 128) if number > 128 else number
