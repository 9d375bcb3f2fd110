"""What a machine is, whatever its interpreter was built for, and what runs on it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rtinstall.installer import machine
from rtinstall.installer.machine import Machine, floor, freebsd_release, musl_version, this_machine
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.targets import BY_NAME, TARGETS
from rtinstall.runtime_bundle.versions import Version

MUSL = b"\x7fELF" + bytes(100) + b"musl libc (x86_64)\nVersion %s\nDynamic\0" + b"\x001.2.4\x00"


def pretend(
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    uname: tuple[str, str, str, str, str],
    *,
    glibc: str | None = "glibc 2.31",
    narrow: bool = False,
) -> None:
    def confstr(name: str) -> str | None:
        if glibc is None:
            raise ValueError("unrecognized configuration name")
        return glibc

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(machine, "_uname", lambda: os.uname_result(uname))
    monkeypatch.setattr(os, "confstr", confstr)
    if narrow:
        monkeypatch.setattr(sys, "maxsize", (1 << 31) - 1)


def linux(arch: str) -> tuple[str, str, str, str, str]:
    return ("Linux", "host", "6.1.0", "#1 SMP", arch)


@pytest.mark.parametrize(
    ("platform", "uname", "glibc", "narrow", "expected"),
    [
        ("linux", linux("x86_64"), "glibc 2.31", False, Machine("linux", "x64", "glibc", (2, 31))),
        ("linux", linux("aarch64"), "glibc 2.17", False, Machine("linux", "arm64", "glibc", (2, 17))),
        ("linux", linux("aarch64"), "glibc 2.36", True, Machine("linux", "armv7l", "glibc", (2, 36))),
        ("linux", linux("armv8l"), "glibc 2.36", True, Machine("linux", "armv7l", "glibc", (2, 36))),
        ("linux", linux("armv6l"), "glibc 2.36", True, Machine("linux", "armv6l", "glibc", (2, 36))),
        ("linux", linux("riscv64"), "glibc 2.39.9000", False,
         Machine("linux", "riscv64", "glibc", (2, 39))),
        ("linux", linux("x86_64"), None, False, Machine("linux", "x64", "musl", (1, 2, 4))),
        ("linux", linux("x86_64"), "", False, Machine("linux", "x64", "musl", (1, 2, 4))),
        ("darwin", ("Darwin", "h", "23.5.0", "root:xnu-10063/RELEASE_ARM64_T6000", "arm64"), None,
         False, Machine("darwin", "arm64")),
        ("darwin", ("Darwin", "h", "23.5.0", "root:xnu-10063/RELEASE_ARM64_T6000", "x86_64"), None,
         False, Machine("darwin", "arm64")),
        ("darwin", ("Darwin", "h", "23.5.0", "root:xnu-10063/RELEASE_X86_64", "x86_64"), None,
         False, Machine("darwin", "x64")),
        ("freebsd14", ("FreeBSD", "h", "14.2-RELEASE-p1", "FreeBSD 14.2", "amd64"), None, False,
         Machine("freebsd", "x64", os_release="14")),
        ("freebsd13", ("FreeBSD", "h", "13.4-RELEASE", "FreeBSD 13.4", "arm64"), None, False,
         Machine("freebsd", "arm64", os_release="13")),
        ("aix", ("OS400", "h", "5", "7", "00782D8B4C00"), None, False,
         Machine("ibmi", "ppc64", os_release="7.5")),
        ("os400", ("OS400", "h", "3", "7", "00782D8B4C00"), None, False,
         Machine("ibmi", "ppc64", os_release="7.3")),
        ("aix", ("AIX", "h", "2", "7", "00F6C4"), None, False, Machine("aix", "ppc64")),
    ],
)  # fmt: skip
def test_a_machine_is_known_by_what_its_system_says(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    platform: str,
    uname: tuple[str, str, str, str, str],
    glibc: str | None,
    narrow: bool,
    expected: Machine,
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "ld-musl-x86_64.so.1").write_bytes(MUSL)
    pretend(monkeypatch, platform, uname, glibc=glibc, narrow=narrow)
    assert this_machine(tmp_path, {}) == expected


@pytest.mark.parametrize(
    ("environment", "uname", "arch"),
    [
        ({}, "AMD64", "x64"),
        ({"PROCESSOR_ARCHITECTURE": "x86", "PROCESSOR_ARCHITEW6432": "AMD64"}, "x86", "x64"),
        ({"PROCESSOR_ARCHITEW6432": "ARM64"}, "x86", "arm64"),
        ({"PROCESSOR_IDENTIFIER": "ARMv8 (64-bit) Family 8 Model 1"}, "AMD64", "arm64"),
        ({}, "x86", "x86"),
        ({}, "ARM64", "arm64"),
    ],
)
def test_windows_says_what_it_is_to_programs_of_other_machines(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    environment: dict[str, str],
    uname: str,
    arch: str,
) -> None:
    pretend(monkeypatch, "win32", ("Windows", "h", "11", "10.0.22631", uname))
    assert this_machine(tmp_path, environment).arch == arch


@pytest.mark.parametrize(
    ("platform", "arch"), [("sunos5", "i86pc"), ("linux", "mips64"), ("linux", "sparc64")]
)
def test_what_there_is_no_runtime_for_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, arch: str
) -> None:
    pretend(monkeypatch, platform, ("X", "h", "1", "1", arch))
    with pytest.raises(NotPublished, match="there is no"):
        this_machine(tmp_path, {})


def test_a_machine_whose_own_target_is_in_no_table_is_refused() -> None:
    with pytest.raises(NotPublished, match="linux on x86"):
        _ = Machine("linux", "x86", "glibc", (2, 36)).target
    with pytest.raises(NotPublished, match="with musl"):
        _ = Machine("linux", "s390x", "musl", (1, 2, 5)).target


@pytest.mark.parametrize(
    ("here", "names", "emulators"),
    [
        (Machine("linux", "x64", "glibc"), ("linux-x64",), ("",)),
        (Machine("linux", "x64", "glibc", (2, 28)), ("linux-x64",), ("",)),
        (Machine("linux", "x64", "glibc", (2, 17)), ("linux-x64", "linux-x64-glibc-217"), ("", "")),
        (Machine("linux", "x64", "musl"), ("linux-x64-musl",), ("",)),
        (Machine("linux", "armv7l", "glibc"), ("linux-armv7l", "linux-armv6l"), ("", "")),
        (Machine("darwin", "arm64"), ("darwin-arm64", "darwin-x64"), ("", "Rosetta 2")),
        (Machine("darwin", "x64"), ("darwin-x64",), ("",)),
        (Machine("win", "arm64"), ("win-arm64", "win-x64", "win-x86"),
         ("", "the emulation of Windows on Arm", "the emulation of Windows on Arm")),
        (Machine("freebsd", "x64", os_release="14"), ("freebsd-x64",), ("",)),
        (Machine("ibmi", "ppc64"), ("ibmi-ppc64",), ("",)),
    ],
)  # fmt: skip
def test_the_targets_of_a_machine_begin_with_its_own(
    here: Machine, names: tuple[str, ...], emulators: tuple[str, ...]
) -> None:
    assert tuple(target.name for target in here.targets) == names
    assert tuple(map(here.emulator, here.targets)) == emulators


@pytest.mark.parametrize(
    ("here", "target", "version", "obstacle"),
    [
        (Machine("linux", "x64", "glibc", (2, 17)), "linux-x64", "24.19.0",
         "needs glibc 2.28, and this machine has 2.17"),
        (Machine("linux", "x64", "glibc", (2, 28)), "linux-x64", "24.19.0", ""),
        (Machine("linux", "x64", "glibc", (2, 27)), "linux-x64", "18.0.0",
         "needs glibc 2.28, and this machine has 2.27"),
        (Machine("linux", "x64", "glibc", (2, 17)), "linux-x64", "16.20.2", ""),
        (Machine("linux", "x64", "glibc", (2, 12)), "linux-x64", "16.20.2",
         "needs glibc 2.17, and this machine has 2.12"),
        (Machine("linux", "x64", "glibc", (2, 17)), "linux-x64-glibc-217", "22.1.0", ""),
        (Machine("linux", "x64", "musl", (1, 2, 3)), "linux-x64-musl", "24.0.0",
         "needs musl 1.2.4, and this machine has 1.2.3"),
        (Machine("linux", "x64", "musl", (1, 2, 3)), "linux-x64-musl", "20.0.0", ""),
        (Machine("linux", "x64", "glibc"), "linux-x64", "24.0.0", ""),
        (Machine("darwin", "x64"), "darwin-x64", "24.0.0", ""),
    ],
)  # fmt: skip
def test_a_c_library_that_is_too_old_is_known_before(
    here: Machine, target: str, version: str, obstacle: str
) -> None:
    assert here.obstacle(Version.parse(version), BY_NAME[target]) == obstacle


def test_the_floors_are_at_the_newest_line_what_the_table_of_targets_says() -> None:
    for target in TARGETS:
        if target.os == "linux":
            needed = floor(99, target)
            assert f"{target.libc} {'.'.join(map(str, needed))}" in target.minimum


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (MUSL, (1, 2, 4)),
        (b"\x001.1.24\x00", (1, 1, 24)),
        (b"\x001.2.5-git-12-gabc\x00", (1, 2, 5)),
        (b"nothing", ()),
        (b"", ()),
    ],
)
def test_the_version_of_musl_stands_in_its_loader(
    tmp_path: Path, data: bytes, version: tuple[int, ...]
) -> None:
    loader = tmp_path / "ld-musl-x86_64.so.1"
    loader.write_bytes(data)
    assert musl_version(loader) == version
    assert musl_version(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("script", "kernel", "release"),
    [
        ('#!/bin/sh\nUSERLAND_VERSION="13.2-RELEASE-p4"\n', "14.0-RELEASE", "13"),
        ("#!/bin/sh\n", "14.0-RELEASE", "14"),
        (None, "15.0-CURRENT", "15"),
        (None, "16.0-CURRENT", "15"),
    ],
)
def test_the_release_of_freebsd_is_the_one_of_its_programs(
    tmp_path: Path, script: str | None, kernel: str, release: str
) -> None:
    if script is not None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "freebsd-version").write_text(script)
    assert freebsd_release(tmp_path, kernel) == release


def test_this_machine_is_one() -> None:
    here = this_machine()
    assert here.target in here.targets
