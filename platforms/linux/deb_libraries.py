"""Which Debian package, of which version on, brings what an executable asks the dynamic linker for."""

from __future__ import annotations

import re

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables import Executable

LIBRARIES = {
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libatomic.so.1": "libatomic1",
    **dict.fromkeys(
        (
            "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1",
            "libresolv.so.2", "libutil.so.1",
            "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld-linux-armhf.so.3", "ld64.so.2",
            "ld64.so.1", "ld-linux-riscv64-lp64d.so.1", "ld-linux-loongarch-lp64d.so.1",
        ),
        "libc6",
    ),
}  # fmt: skip
# libstdc++ manual, "ABI Policy and Guidelines": which GCC brought which version of the symbols. What is
# older than a table is in every libstdc++6 and libgcc-s1 there is.
CXX: dict[str, dict[tuple[int, ...], str]] = {
    "GLIBCXX": {
        (3, 4, 20): "", (3, 4, 21): "5.2", (3, 4, 22): "6", (3, 4, 23): "7", (3, 4, 24): "7.2",
        (3, 4, 25): "8", (3, 4, 26): "9", (3, 4, 27): "9.2", (3, 4, 28): "9.3", (3, 4, 29): "11",
        (3, 4, 30): "12", (3, 4, 31): "13.1", (3, 4, 32): "13.2", (3, 4, 33): "14", (3, 4, 34): "15",
    },
    "CXXABI": {
        (1, 3, 8): "", (1, 3, 9): "5", (1, 3, 10): "6", (1, 3, 11): "7", (1, 3, 12): "9",
        (1, 3, 13): "11", (1, 3, 14): "13.1", (1, 3, 15): "14",
    },
}  # fmt: skip
HINT = "name the other formats with --format, and report it: the table of libraries is too old"


def depends(executable: Executable, glibc: tuple[int, int] | None) -> tuple[str, ...]:
    """Return the packages that bring what ``executable`` needs, or raise :class:`WrongBinary`."""
    for library in executable.needed:
        if library not in LIBRARIES:
            raise WrongBinary(f"bin/node needs {library}, of no known package of Debian", hint=HINT)
    names = sorted({LIBRARIES[library] for library in executable.needed})
    floors = {"libc6": "{}.{}".format(*glibc) if glibc else ""}
    for library, symbol in executable.symbols:
        name = LIBRARIES.get(library, "")
        floors[name] = max(floors.get(name, ""), _floor(symbol), key=_numbers)
    return tuple(f"{name} (>= {floors[name]})" if floors.get(name) else name for name in names)


def _floor(symbol: str) -> str:
    """Return the version of GCC that brought a symbol version such as ``GLIBCXX_3.4.25``."""
    family, _, number = symbol.rpartition("_")
    if family == "GCC":
        return number
    if family not in CXX or not _numbers(number):
        return ""
    for known, gcc in CXX[family].items():
        if known >= _numbers(number):
            return gcc
    raise WrongBinary(f"bin/node needs {symbol}, of a GCC that is not known yet", hint=HINT)


def _numbers(version: str) -> tuple[int, ...]:
    return (
        tuple(map(int, version.split("."))) if re.fullmatch(r"[0-9]+(\.[0-9]+)*", version) else ()
    )
