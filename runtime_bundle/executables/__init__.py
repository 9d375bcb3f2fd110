"""Is this executable for that target? Reads the headers of ELF, Mach-O, PE and XCOFF, and little else.

Only what tells targets apart is read, from where the headers say it is; nothing is loaded whole.
Left out: symbols, the imports of PE and XCOFF.
"""

from __future__ import annotations

import re

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables import elf, macho, pe
from rtinstall.runtime_bundle.executables.executable import Executable, random_access
from rtinstall.runtime_bundle.model import Content
from rtinstall.runtime_bundle.targets import Target

__all__ = ["Executable", "check_executable", "read_executable"]

XCOFF64 = b"\x01\xf7"


def read_executable(content: Content) -> Executable:
    """Return what the headers of ``content`` say.

    Raises :class:`WrongBinary` for anything that is no executable or library for one of our
    architectures, malformed ones included.
    """
    if content.size < 4:
        raise WrongBinary(f"{content.size} bytes are no executable")
    with random_access(content) as at:
        magic = at(0, 4)
        if magic == elf.MAGIC:
            return elf.read_elf(at)
        if magic == macho.MAGIC or magic in macho.FAT:
            return macho.read_macho(at)
        if magic[:2] == pe.MAGIC:
            return pe.read_pe(at)
        if magic[:2] == XCOFF64:
            return Executable("xcoff", "aix", ("ppc64",))
    raise WrongBinary(f"a file that begins with {magic!r} is no executable of a known kind")


def check_executable(content: Content, target: Target) -> Executable:
    """Return what the headers say, or raise :class:`WrongBinary` if that is not ``target``."""
    found = read_executable(content)
    if found.os != ("aix" if target.os == "ibmi" else target.os):
        raise _wrong(found, target, f"it is for {found}")
    # What is built for ARMv6 runs on ARMv7.
    armv6 = target.arch == "armv7l" and "armv6l" in found.archs
    if not set(target.archs) <= set(found.archs) and not armv6:
        raise _wrong(found, target, f"it is for {found}")
    if target.libc and found.libc != target.libc and (found.libc or found.interpreter):
        raise _wrong(found, target, f"it is for {found}, and loaded by {found.interpreter}")
    # The one target whose name promises an older C library than its neighbour's.
    promised = re.search(r"-glibc-([0-9])([0-9]+)$", target.name)
    if promised and found.glibc and found.glibc > (int(promised[1]), int(promised[2])):
        raise _wrong(found, target, f"it needs glibc {found.glibc[0]}.{found.glibc[1]}")
    return found


def _wrong(found: Executable, target: Target, why: str) -> WrongBinary:
    return WrongBinary(f"the {found.kind} executable is not for {target.name}: {why}")
