"""How this machine runs an executable made for another: its loader, an emulator, a root's libraries.

Nothing is installed or registered. Where there is no way, :class:`Way` says why, and every check is
reported as not run.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables import Executable, read_executable
from rtinstall.runtime_bundle.model import Slice
from rtinstall.runtime_bundle.targets import Arch, Os

# Emulated code is about this many times slower: limits and rhythms are stretched by it.
EMULATED_PACE = 10
WINE_PACE = 4
PATIENCE = 60  # seconds for a question to a loader
TOP = Path("/")
COMPILERS = ("cc", "gcc", "clang")

QEMU: Mapping[Arch, str] = {
    "x64": "x86_64", "x86": "i386", "arm64": "aarch64", "armv7l": "arm", "armv6l": "arm",
    "ppc64le": "ppc64le", "ppc64": "ppc64", "s390x": "s390x", "riscv64": "riscv64",
    "loong64": "loongarch64",
}  # fmt: skip
# Debian's cross toolchains and their libraries: /usr/<triplet>, <triplet>-gcc.
TRIPLETS: Mapping[Arch, str] = {
    "x64": "x86_64-linux-gnu", "x86": "i686-linux-gnu", "arm64": "aarch64-linux-gnu",
    "armv7l": "arm-linux-gnueabihf", "armv6l": "arm-linux-gnueabihf",
    "ppc64le": "powerpc64le-linux-gnu", "ppc64": "powerpc64-linux-gnu", "s390x": "s390x-linux-gnu",
    "riscv64": "riscv64-linux-gnu", "loong64": "loongarch64-linux-gnu",
}  # fmt: skip
MACHINES: Mapping[str, Arch] = {
    "x86_64": "x64", "amd64": "x64", "i686": "x86", "aarch64": "arm64", "arm64": "arm64",
    "armv7l": "armv7l", "armv6l": "armv6l", "ppc64le": "ppc64le", "ppc64": "ppc64", "s390x": "s390x",
    "riscv64": "riscv64", "loongarch64": "loong64",
}  # fmt: skip

# The beginnings of sys.platform; IBM i runs executables of AIX.
SYSTEMS: Mapping[str, Os] = {
    "linux": "linux", "darwin": "darwin", "win32": "win", "freebsd": "freebsd", "aix": "aix",
    "os400": "aix",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """How to run one executable here.

    ``wrapper`` stands before it on the command line, ``pace`` is how much slower it runs.
    ``obstacle`` says why there is no way; ``compiler`` builds addons for it. A ``wine`` way has to
    be prepared by :mod:`~rtinstall.platforms.smoke.wine`, which gives it its ``environment``.
    """

    wrapper: tuple[str, ...] = ()
    pace: float = 1
    compiler: str | None = None
    obstacle: str = ""
    wine: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


def read_binary(path: Path) -> Executable | None:
    """Return what the headers of ``path`` say; None where it has none we know, as a script."""
    try:
        return read_executable(Slice(path, 0, path.stat().st_size))
    except WrongBinary:
        return None


def find_way(node: Path, binary: Executable | None, root: Path) -> Way:
    """Return how this machine runs ``node``, which may use the loader and libraries in ``root``.

    Loaders are asked, by running them, whether they find every library.
    """
    machine = platform.machine().lower()
    here = MACHINES.get(machine)
    if binary is None:
        return Way(compiler=_program(*COMPILERS))
    running = next((os for start, os in SYSTEMS.items() if sys.platform.startswith(start)), None)
    if (
        binary.os == "win"
        and running == "linux"
        and here == "x64"
        and binary.arch in ("x64", "x86")
    ):
        wine = _program("wine")
        if wine:
            return Way((wine,), WINE_PACE, wine=True)
        return Way(obstacle=f"it is made for {binary}, and this machine has no wine")
    if binary.os != running:
        return Way(obstacle=f"it is made for {binary}, this machine runs {sys.platform}")
    if binary.os != "linux":
        return Way(compiler=_program(*COMPILERS))
    if here in binary.archs or {here, binary.arch} == {"armv6l", "armv7l"}:
        return _with_loader(node, binary, root)
    return _with_emulator(binary, root, machine)


def _with_loader(node: Path, binary: Executable, root: Path) -> Way:
    """Run it directly, or by the loader that lies in ``root`` with the libraries there."""
    guest = binary.libc == "musl" and platform.libc_ver()[0] == "glibc"
    compiler = _program("musl-gcc") if guest else _program(*COMPILERS)
    if not binary.interpreter:
        return Way(compiler=compiler)
    reasons = []
    for base in dict.fromkeys((TOP, root)):
        loader = inside(base, Path(binary.interpreter))
        if not loader.exists():
            continue
        libraries = ("--library-path", ":".join(map(str, _libraries(base, binary))))
        wrapper = () if base == TOP else (str(loader), *libraries)
        # Both loaders list what they find without running it: ld.so(8), and musl's as ldd.
        problem = _complaint(str(loader), "--list", *wrapper[1:], str(node))
        if not problem and guest:
            # A loader too old for relocations that its libraries use says nothing, and crashes.
            problem = _complaint(*wrapper, str(node), "--version")
        if not problem:
            return Way(wrapper, compiler=compiler)
        reasons.append(problem)
    reason = "; ".join(reasons) or f"its loader {binary.interpreter} is not on this machine"
    return Way(obstacle=reason)


def _libraries(base: Path, binary: Executable) -> list[Path]:
    names = ["lib", "usr/lib", "lib64", "usr/lib64"]
    names += [f"{name}/{TRIPLETS[binary.arch]}" for name in ("lib", "usr/lib")]
    return [base / name for name in names if (base / name).is_dir()]


def _complaint(*command: str) -> str:
    """Run a command that only asks; return its first complaint, or nothing."""
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=PATIENCE, env={"LC_ALL": "C"}, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if ended.returncode == 0:
        return ""
    lines = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
    how = f"{command[0]} was killed by signal {-ended.returncode}"
    return lines[0] if lines else how if ended.returncode < 0 else f"{command[0]} cannot load it"


def _with_emulator(binary: Executable, root: Path, machine: str) -> Way:
    arch = binary.arch
    emulator = _program(f"qemu-{QEMU[arch]}-static", f"qemu-{QEMU[arch]}")
    if emulator is None:
        return Way(
            obstacle=f"it is made for {arch}, this machine is {machine} without qemu-{QEMU[arch]}"
        )
    compiler = _program(f"{TRIPLETS[arch]}-gcc") if binary.libc == "glibc" else None
    way = Way((emulator,), EMULATED_PACE, compiler)
    if not binary.interpreter:
        return way
    for base in (root, Path("/usr", TRIPLETS[arch]), Path("/etc/qemu-binfmt", QEMU[arch]), TOP):
        if inside(base, Path(binary.interpreter)).exists():
            return way if base == TOP else replace(way, wrapper=(emulator, "-L", str(base)))
    return Way(obstacle=f"there is no {binary.interpreter} for {arch} on this machine")


def inside(root: Path, path: Path) -> Path:
    """Follow ``path`` with ``root`` as the top of the file system, symbolic links included.

    As chroot(2) would: an absolute link starts at ``root``, and ``..`` does not leave it.
    """
    todo = [part for part in path.parts if part != path.anchor]
    found = root
    for _ in range(1000):  # more steps than any sane tree has; a loop of links ends here
        if not todo:
            break
        part = todo.pop(0)
        if part == "..":
            found = found if found == root else found.parent
            continue
        found = found / part
        if found.is_symlink():
            target = found.readlink()
            found = root if target.is_absolute() else found.parent
            todo = [piece for piece in target.parts if piece != target.anchor] + todo
    return found


def _program(*names: str) -> str | None:
    """Return the path of the first of ``names`` that this machine has."""
    return next((path for name in names if (path := shutil.which(name))), None)
