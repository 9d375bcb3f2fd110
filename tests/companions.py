"""An ``rtinstall`` small enough for every test: frozen for a target, or as a zipapp."""

from __future__ import annotations

from rtinstall.platforms.companion import Companion
from rtinstall.runtime_bundle.model import Entry, File, Symlink

COMPLETIONS = {
    "bash": b"complete rtinstall\n",
    "zsh": b"#compdef rtinstall\n",
    "fish": b"complete\n",
}
LICENCES = b"rtinstall (Apache-2.0)\n\nClick (BSD-3-Clause)\n"
ARCHIVE = b"PK\x05\x06" + bytes(18)
NEEDS = ("libc.so.6(GLIBC_2.17)", "libc.so.6(GLIBC_2.36)", "libm.so.6(GLIBC_2.29)", "libz.so.1()")


def frozen(target: str = "linux-x64", needs: tuple[str, ...] = NEEDS) -> Companion:
    """Return one with a Python of its own: a program, its parts, and, but for Windows, a link."""
    windows = target.startswith("win")
    entries: list[Entry] = [
        File.of(
            "rtinstall.exe" if windows else "rtinstall", b"MZ" if windows else b"\x7fELF", 0o755
        ),
        File.of("rtinstall-internal/base_library.zip", ARCHIVE),
        File.of("rtinstall-internal/libpython3.so", b"\x7fELF python"),
    ]
    if not windows:
        entries.append(Symlink("rtinstall-internal/libpython.so", "libpython3.so"))
    needed = needs if target.startswith("linux") else ()
    return Companion("0.1.0", target, "onedir", tuple(entries), COMPLETIONS, LICENCES, needed)


def zipapp() -> Companion:
    program = File.of("rtinstall", b"#!/usr/bin/env python3\n" + ARCHIVE, 0o755)
    return Companion("0.1.0", "any", "zipapp", (program,), COMPLETIONS, LICENCES)
