"""Every error of rtinstall: what went wrong, what to do next, and the exit code it ends in.

One tree in one file, so that exit codes are chosen together. An error carries its facts as
attributes; its text is one lower-case line without a full stop, and ``hint`` is the next step.
Exit code 1 is left to faults of our own (a traceback), 2 to a wrong command line (click),
130 to an interruption.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class RtError(Exception):
    """Something a user can cause or has to know; never a programming error."""

    exit_code = 1
    hint = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Say what went wrong in ``message`` and the next step in ``hint``."""
        super().__init__(message)
        if hint:
            self.hint = hint


class UnknownVersion(RtError):
    """The text is no version, alias or range, or no release matches it."""

    exit_code = 3
    hint = "rtbuild release accepts lts, latest, lts/krypton, 24, 24.19.0 and ranges such as '>=22 <25'"


class NotPublished(RtError):
    """The release exists, but not for this target, format or source."""

    exit_code = 4
    hint = "rtbuild targets shows which source serves which target"


class Unreachable(RtError):
    """No answer from a server: no network, no such host, refused, timed out."""

    exit_code = 5
    hint = "check the network, or name another source with --source pip, --source npm or a mirror's address"


class DownloadFailed(RtError):
    """A server answered, but not with the whole file."""

    exit_code = 6
    hint = "run the same command again: what has arrived is kept and continued"


class VerificationFailed(RtError):
    """A digest or a signature is wrong or missing; nothing was opened."""

    exit_code = 7
    hint = "do not use the file; fetch it again from a source you trust"


class UnsafeArchive(RtError):
    """An archive is malformed, or would write where it must not."""

    exit_code = 8
    hint = "nothing of it was kept; report it to whoever published the archive"


class WrongBinary(RtError):
    """The executable is not for the target it was published for."""

    exit_code = 9
    hint = "compare the target's name with the archive, or report it to whoever published it"


class NoSpace(RtError):
    """The disk is full or cannot be written."""

    exit_code = 10
    hint = "free some room, or name another directory with --out; nothing half-written was left"


class BadConfiguration(RtError):
    """A configuration file or an option's value cannot be used."""

    exit_code = 11
    hint = "the README lists every key of rtbuild.toml"


class NotReadable(RtError):
    """A file is missing, cannot be opened, or is of no format that is read here."""

    exit_code = 12
    hint = "rtbuild inspect --help lists the formats that are read"


class SmokeFailed(RtError):
    """A runtime did not do what people install it for."""

    exit_code = 13
    hint = "the report above says which check failed and on what evidence"


class MissingTool(RtError):
    """A program or a library that this command needs is not on the machine."""

    exit_code = 14
    hint = "install it, or choose a way that does without it"


class NotExpressible(RtError):
    """A format cannot hold what it is given: a version, a name, a path, that many files."""

    exit_code = 15
    hint = "choose another format with --format; rtbuild targets lists them"


class BrokenDependencies(RtError):
    """What a runtime depends on is missing from its repository, or depends on itself."""

    exit_code = 16
    hint = "report it to whoever publishes the repository, or use another one"


class InstallationFailed(RtError):
    """A machine's own tool did not install or remove a package, or must not be asked to."""

    exit_code = 17
    hint = "what the tool said stands above; nothing of ours was left on the machine"


class NotInstalled(RtError):
    """No installed version is what was asked for."""

    exit_code = 18
    hint = "rtinstall list shows what is installed, rtinstall install adds to it"


class PolicyRefused(RtError):
    """The administrator's policy, or what --fail-on names, does not allow it."""

    exit_code = 19
    hint = "rtinstall config shows the policy and where it is"


class NothingAsked(RtError):
    """No version was named, and nothing here asks for one."""

    exit_code = 20
    hint = "name a version, or write one into this folder's file: rtinstall pin 22"


class Busy(RtError):
    """Another run is changing the store, and did not end in time."""

    exit_code = 21
    hint = "wait for it to end; rtinstall doctor shows what holds the lock"


class Unwell(RtError):
    """rtinstall doctor found what is wrong, and it is not mended."""

    exit_code = 22
    hint = "each finding above says what to do; rtinstall doctor --fix does what it can"


class NotLocked(RtError):
    """What is asked for is not in the lock, or there is none."""

    exit_code = 23
    hint = "rtinstall lock brings it up to date"


class WorkerLost(RtError):
    """A process, or a machine of a cluster, ended while it carried out a unit of a release."""

    exit_code = 24
    hint = "it may lack memory: fewer --jobs, or larger workers; then run the same command again"


class CannotRun(RtError):
    """A program is there, but the system does not start it; the code is that of shells."""

    exit_code = 126
    hint = "it may be built for another machine, or lack permission: rtinstall doctor looks"


class NoProgram(RtError):
    """No program has that name; the code is that of shells."""

    exit_code = 127
    hint = "rtinstall which shows where the commands of the version are"


def error_of(error: Exception) -> RtError | None:
    """Return ``error`` as one of ours; None for a programming error."""
    if isinstance(error, RtError):
        return error
    if isinstance(error, OSError):
        kind = NoSpace if error.errno in NO_ROOM else NotReadable
        where = f"{error.filename}: " if error.filename else ""
        return kind(f"{where}{error.strerror or error}")
    return None


def every_error() -> Iterator[type[RtError]]:
    """Yield each class of the tree below :class:`RtError`, in the order of their exit codes."""
    found = {RtError}
    todo = [RtError]
    while todo:
        for child in todo.pop().__subclasses__():
            if child not in found:
                found.add(child)
                todo.append(child)
    yield from sorted(found - {RtError}, key=lambda error: error.exit_code)
