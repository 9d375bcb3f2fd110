"""How this machine runs an executable made for another: its loader, an emulator, a root's libraries.

Nothing is installed or registered. Where there is no way, :class:`Way` says why, and every check is
reported as not run.
"""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.runtime_bundle.targets import Arch, Libc, Os

# Emulated code is about this many times slower: limits and rhythms are stretched by it.
EMULATED_PACE = 10

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
# e_machine of the System V ABI, and the order of bytes in e_ident[EI_DATA].
ELF_MACHINES: Mapping[tuple[int, str], Arch] = {
    (62, "<"): "x64", (3, "<"): "x86", (183, "<"): "arm64", (40, "<"): "armv7l", (21, "<"): "ppc64le",
    (21, ">"): "ppc64", (22, ">"): "s390x", (243, "<"): "riscv64", (258, "<"): "loong64",
}  # fmt: skip
FREEBSD = 9  # e_ident[EI_OSABI]
PT_INTERP = 3


@dataclass(frozen=True, slots=True)
class Binary:
    """What the header of an executable says; None where it says nothing, as a script does."""

    os: Os | None = None
    arch: Arch | None = None
    interpreter: str | None = None

    @property
    def libc(self) -> Libc | None:
        """Return the C library its loader belongs to."""
        if self.os != "linux" or not self.interpreter:
            return None
        return "musl" if "/ld-musl-" in self.interpreter else "glibc"


@dataclass(frozen=True, slots=True)
class Way:
    """How to run one executable here.

    ``wrapper`` stands before it on the command line, ``pace`` is how much slower it runs.
    ``obstacle`` says why there is no way; ``compiler`` builds addons for it.
    """

    wrapper: tuple[str, ...] = ()
    pace: int = 1
    compiler: str | None = None
    obstacle: str = ""


def read_binary(path: Path) -> Binary:
    """Read the header of ELF, Mach-O and PE executables; anything else is a :class:`Binary` of Nones."""
    with path.open("rb") as file:
        head = file.read(64)
        if head[:2] == b"MZ":
            return Binary(os="win")
        if head[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
            return Binary(os="darwin")
        if (
            head[:4] != b"\x7fELF"
            or len(head) < 52
            or head[4] not in (1, 2)
            or head[5] not in (1, 2)
        ):
            return Binary()
        wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
        arch = ELF_MACHINES.get((struct.unpack_from(f"{order}H", head, 18)[0], order))
        # e_phoff, e_phentsize, e_phnum; then p_offset and p_filesz of each program header
        start = struct.unpack_from(f"{order}Q" if wide else f"{order}I", head, 32 if wide else 28)[
            0
        ]
        size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
        interpreter = None
        for index in range(count):
            file.seek(start + index * size)
            row = file.read(size)
            if len(row) == size and struct.unpack_from(f"{order}I", row)[0] == PT_INTERP:
                offset = struct.unpack_from(
                    f"{order}Q" if wide else f"{order}I", row, 8 if wide else 4
                )[0]
                file.seek(offset)
                interpreter = file.read(4096).split(b"\0")[0].decode("ascii", "replace")
                break
    return Binary("freebsd" if head[7] == FREEBSD else "linux", arch, interpreter)


def this_os() -> Os | None:
    """Return the operating system of this machine."""
    for prefix, name in OPERATING_SYSTEMS.items():
        if sys.platform.startswith(prefix):
            return name
    return None


OPERATING_SYSTEMS: Mapping[str, Os] = {
    "linux": "linux", "darwin": "darwin", "win32": "win", "freebsd": "freebsd", "aix": "aix",
    "os400": "ibmi",
}  # fmt: skip


def find_way(node: Path, binary: Binary, root: Path) -> Way:
    """Return how this machine runs ``node``, which may use the loader and libraries in ``root``."""
    machine = platform.machine().lower()
    here = MACHINES.get(machine)
    if binary.os is not None and binary.os != this_os():
        return Way(obstacle=f"it is made for {binary.os}, this machine runs {sys.platform}")
    if binary.os != "linux" or binary.arch is None:
        return Way(compiler=_program("cc", "gcc", "clang"))
    if binary.arch == here or {binary.arch, here} == {"armv6l", "armv7l"}:
        return _with_loader(node, binary, root)
    return _with_emulator(binary, binary.arch, root, machine)


def _with_loader(node: Path, binary: Binary, root: Path) -> Way:
    """Run it directly, or by the loader that lies in ``root`` with the libraries there."""
    if binary.libc == "musl" and platform.libc_ver()[0] == "glibc":
        compiler = _program("musl-gcc")
    else:
        compiler = _program("cc", "gcc", "clang")
    if not binary.interpreter:
        return Way(compiler=compiler)
    reasons = []
    for base in dict.fromkeys((Path("/"), root)):
        loader = inside(base, Path(binary.interpreter))
        if not loader.exists():
            continue
        command: tuple[str, ...] = (str(loader),)
        if base != Path("/"):
            command += ("--library-path", ":".join(map(str, _libraries(base, binary))))
        missing = _unresolved(command, node)
        if not missing:
            return Way(wrapper=() if base == Path("/") else command, compiler=compiler)
        reasons.append(missing)
    return Way(
        obstacle="; ".join(reasons) or f"its loader {binary.interpreter} is not on this machine"
    )


def _libraries(base: Path, binary: Binary) -> list[Path]:
    names = ["lib", "usr/lib", "lib64", "usr/lib64"]
    if binary.arch:
        names += [f"{name}/{TRIPLETS[binary.arch]}" for name in ("lib", "usr/lib")]
    return [base / name for name in names if (base / name).is_dir()]


def _unresolved(command: tuple[str, ...], node: Path) -> str:
    """Ask the loader for the libraries of ``node``; return its first complaint, or nothing."""
    loader, *options = command
    # Both loaders list without running anything: ld.so(8), and musl's as ldd.
    ended = subprocess.run(
        [loader, "--list", *options, str(node)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60,
        env={"LC_ALL": "C"}, check=False,
    )  # fmt: skip
    lines = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
    return "" if ended.returncode == 0 else (lines[0] if lines else f"{loader} cannot load it")


def _with_emulator(binary: Binary, arch: Arch, root: Path, machine: str) -> Way:
    emulator = _program(f"qemu-{QEMU[arch]}-static", f"qemu-{QEMU[arch]}")
    if emulator is None:
        return Way(
            obstacle=f"it is made for {arch}, this machine is {machine} without qemu-{QEMU[arch]}"
        )
    compiler = _program(f"{TRIPLETS[arch]}-gcc") if binary.libc == "glibc" else None
    wrapper: tuple[str, ...] = (emulator,)
    if binary.interpreter:
        roots = (
            root,
            Path("/usr") / TRIPLETS[arch],
            Path("/etc/qemu-binfmt") / QEMU[arch],
            Path("/"),
        )
        for base in roots:
            if inside(base, Path(binary.interpreter)).exists():
                wrapper += () if base == Path("/") else ("-L", str(base))
                break
        else:
            return Way(obstacle=f"there is no {binary.interpreter} for {arch} on this machine")
    return Way(wrapper=wrapper, pace=EMULATED_PACE, compiler=compiler)


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
