"""Two runtimes of one version, for two processors, become one for both: a universal bin/node.

The executables go unchanged, each whole, into one fat Mach-O (Apple, ``mach-o/fat.h``), as ``lipo``
does it: so a signature that is embedded in either stays valid. Everything else has to be the same
in both; what is generated for one processor, and used only where addons are compiled, is taken from
the last part, as upstream's own installer does.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rtinstall.runtime_bundle.errors import NoSpace, NotExpressible, UnsafeArchive, WrongBinary
from rtinstall.runtime_bundle.executables import check_executable
from rtinstall.runtime_bundle.executables.macho import Thin, thin
from rtinstall.runtime_bundle.model import Bundle, Entry, File, Provenance, Slice, Symlink
from rtinstall.runtime_bundle.targets import Target

PROGRAM = "bin/node"
# node-gyp compiles for the processor it is told, or else the running node's, whatever this file says.
PER_PROCESSOR = ("include/node/config.gypi",)
MAGIC = 0xCAFEBABE
HEADER, ROW = struct.Struct(">2I"), struct.Struct(">5I")
# A slice begins on a page of its processor, as a power of two.
ALIGNMENT = {"x64": 12, "arm64": 14}


def join(x64: Bundle, arm64: Bundle, target: Target, spool: Path) -> Bundle:
    """Return the runtime that is both; the bytes of its executable go into the new file ``spool``.

    Raises :class:`UnsafeArchive` where the two are not the same runtime, :class:`WrongBinary` for an
    executable without its processor, :class:`NoSpace` where the spool cannot be written.
    """
    for what, ours, theirs in (
        ("node", x64.version, arm64.version),
        ("npm", x64.npm, arm64.npm),
        ("components", dict(x64.components), dict(arm64.components)),
    ):
        if ours != theirs:
            raise UnsafeArchive(
                f"{x64.target} has {what} {ours}, {arm64.target} {theirs}: they cannot be one runtime"
            )
    own = list(_own(x64, arm64))
    program = _fat([_slice(x64), _slice(arm64)], spool)
    check_executable(program.content, target)
    note = f"; {', '.join(own)} is the one for {arm64.target}" if own else ""
    origin = (*x64.provenance, *(_noted(part, note) for part in arm64.provenance))
    return replace(
        arm64,
        target=target,
        released=max(x64.released, arm64.released),
        entries=(program, *(entry for entry in arm64.entries if entry.path != PROGRAM)),
        provenance=tuple(dict.fromkeys(origin)),  # npm is of one package for both
    )


def _own(x64: Bundle, arm64: Bundle) -> Iterator[str]:
    """Yield the paths at which the parts may differ, and do; refuse every other difference."""
    ours, theirs = ({entry.path: entry for entry in part.entries} for part in (x64, arm64))
    for path in sorted(ours.keys() | theirs.keys()):
        if path not in ours or path not in theirs:
            there, lacking = (x64, arm64) if path in ours else (arm64, x64)
            raise UnsafeArchive(f"{path!r} is in {there.target}, but not in {lacking.target}")
        if path != PROGRAM and _facts(ours[path]) != _facts(theirs[path]):
            if path not in PER_PROCESSOR:
                raise UnsafeArchive(f"{path!r} is not the same in {x64.target} and {arm64.target}")
            yield path


def _facts(entry: Entry) -> tuple[type[Entry], int, str]:
    content = entry.sha256 if isinstance(entry, File) else ""
    return type(entry), entry.mode, entry.target if isinstance(entry, Symlink) else content


def _noted(part: Provenance, note: str) -> Provenance:
    return replace(part, checked=part.checked + note) if part.what == "runtime" else part


def _slice(part: Bundle) -> Thin:
    """Return the executable of ``part``, out of a universal one if that is what it has."""
    for found in thin(part.file(PROGRAM).content):
        if found.arch == part.target.arch:
            return found
    raise WrongBinary(f"the executable of {part.target} is not for {part.target.arch}")


def _fat(slices: list[Thin], spool: Path) -> File:
    """Write the slices behind a header that says where they are."""
    header = HEADER.pack(MAGIC, len(slices))
    end = HEADER.size + ROW.size * len(slices)
    starts = []
    for part in slices:
        alignment = ALIGNMENT[part.arch]
        starts.append(-(-end // (1 << alignment)) << alignment)
        end = starts[-1] + part.content.size
        if end >= 1 << 32:
            raise NotExpressible(f"a universal executable of {end} bytes: 4 GiB is the most")
        header += ROW.pack(part.cpu, part.subtype, starts[-1], part.content.size, alignment)
    state = hashlib.sha256()
    try:
        with spool.open("xb") as out:
            for chunk in _chunks(header, slices, starts):
                state.update(chunk)
                out.write(chunk)
    except OSError as error:
        raise NoSpace(f"{spool} cannot be written: {error.strerror}") from None
    return File(PROGRAM, 0o755, Slice(spool, 0, end), state.hexdigest())


def _chunks(header: bytes, slices: list[Thin], starts: list[int]) -> Iterator[bytes]:
    yield header
    end = len(header)
    for part, start in zip(slices, starts, strict=True):
        yield bytes(start - end)
        yield from part.content.chunks()
        end = start + part.content.size
