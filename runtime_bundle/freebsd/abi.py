"""For whom a package is: ``FreeBSD:14:amd64``, and pkg's older spelling ``freebsd:14:x86:64``."""

from __future__ import annotations

from collections.abc import Mapping

from rtinstall.runtime_bundle.targets import Arch, Target

# Of the architectures of the table, those FreeBSD has packages for.
ARCHITECTURES: Mapping[Arch, str] = {
    "x64": "amd64", "arm64": "aarch64", "x86": "i386", "armv7l": "armv7", "ppc64": "powerpc64",
    "ppc64le": "powerpc64le", "riscv64": "riscv64",
}  # fmt: skip
LEGACY: Mapping[str, str] = {
    "amd64": "x86:64",
    "aarch64": "aarch64:64",
    "i386": "x86:32",
    "armv7": "armv7:32:el:eabi:hardfp",
    "powerpc64": "powerpc:64:eb",
    "powerpc64le": "powerpc:64:el",
    "riscv64": "riscv:64:hf",
}


def abi_of(target: Target, release: str) -> str:
    """Return what pkg calls ``target`` with FreeBSD ``release``, such as ``14``."""
    return f"FreeBSD:{release}:{ARCHITECTURES[target.arch]}"


def legacy(abi: str) -> str:
    """Return the older spelling of ``abi``, which a catalogue names ``arch``."""
    system, _, rest = abi.lower().partition(":")
    release, _, arch = rest.partition(":")
    return ":".join(filter(None, (system, release, LEGACY.get(arch, arch))))


def fits(stated: str, wanted: str) -> bool:
    """Say whether a package of the ABI ``stated`` installs on ``wanted``; a ``*`` stands for anything.

    ``stated`` may be in either spelling.
    """
    return any(
        _fits(stated.lower().split(":"), form.lower().split(":"))
        for form in (wanted, legacy(wanted))
    )


def _fits(stated: list[str], wanted: list[str]) -> bool:
    if stated[-1] == "*":
        stated, wanted = stated[:-1], wanted[: len(stated) - 1]
    return len(stated) == len(wanted) and all(
        s in ("*", w) for s, w in zip(stated, wanted, strict=True)
    )
