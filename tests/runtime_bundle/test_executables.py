"""Headers made by hand for every target, and the executables of this machine against readelf."""

import re
import shutil
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pe
from elf import executable
from rtinstall.runtime_bundle.errors import NotReadable, WrongBinary
from rtinstall.runtime_bundle.executables import Executable, check_executable, read_executable
from rtinstall.runtime_bundle.executables.pe import VersionResource, version_resource
from rtinstall.runtime_bundle.model import Blob, Slice
from rtinstall.runtime_bundle.targets import TARGETS, target_named

# e_machine, bits, byte order, dynamic loader.
X64 = (62, 64, "<", "/lib64/ld-linux-x86-64.so.2")
MUSL = (62, 64, "<", "/lib/ld-musl-x86_64.so.1")
ARM = (40, 32, "<", "/lib/ld-linux-armhf.so.3")
ELVES = {
    "linux-x64": X64,
    "linux-arm64": (183, 64, "<", "/lib/ld-linux-aarch64.so.1"),
    "linux-ppc64le": (21, 64, "<", "/lib64/ld64.so.2"),
    "linux-s390x": (22, 64, ">", "/lib/ld64.so.1"),
    "linux-riscv64": (243, 64, "<", "/lib/ld-linux-riscv64-lp64d.so.1"),
    "linux-loong64": (258, 64, "<", "/lib64/ld-linux-loongarch-lp64d.so.1"),
    "linux-x64-musl": MUSL,
    "linux-arm64-musl": (183, 64, "<", "/lib/ld-musl-aarch64.so.1"),
    "freebsd-x64": (62, 64, "<", "/libexec/ld-elf.so.1"),
    "freebsd-arm64": (183, 64, "<", "/libexec/ld-elf.so.1"),
}
LINUX_NOTE = (b"GNU\0", struct.pack("<4I", 0, 3, 2, 0))


def elf(
    machine: int,
    bits: int,
    order: str,
    loader: str = "",
    *,
    abi: int = 0,
    kind: int = 3,
    needed: tuple[str, ...] = (),
    versions: tuple[str, ...] = (),
    note: tuple[bytes, bytes] | None = None,
    cpu: int | None = None,
) -> bytes:
    """Make the headers a loader reads; file offsets and addresses differ by ``base``."""
    wide = bits == 64
    word = "Q" if wide else "I"
    start, base = 0x400, 0x10000
    body = bytearray()

    def put(data: bytes) -> int:
        body.extend(bytes(-len(body) % 8))
        offset = start + len(body)
        body.extend(data)
        return offset

    segments = []
    if loader:
        segments.append((3, put(loader.encode() + b"\0"), len(loader) + 1))
    if note:
        name, data = note
        data = struct.pack(f"{order}III", len(name), len(data), 1) + name + data
        segments.append((4, put(data), len(data)))
    if needed or versions:
        table = b"\0"
        places = {}
        for text in (*needed, *versions):
            places[text] = len(table)
            table += text.encode() + b"\0"
        strings = put(table)
        entries = [(1, places[text]) for text in needed]
        entries += [(5, strings + base), (10, len(table))]
        if versions:
            library = places[needed[0]] if needed else 0
            verneed = struct.pack(f"{order}HHIII", 1, len(versions), library, 16, 0)
            for number, text in enumerate(versions, 1):
                onward = 16 if number < len(versions) else 0
                verneed += struct.pack(f"{order}IHHII", 0, 0, 2, places[text], onward)
            entries += [(0x6FFFFFFE, put(verneed) + base), (0x6FFFFFFF, 1)]
        dynamic = b"".join(struct.pack(f"{order}{word}{word}", *row) for row in (*entries, (0, 0)))
        segments.append((2, put(dynamic), len(dynamic)))
    sections = 0
    if cpu is not None:
        # Tag_CPU_name is a string and stands before Tag_CPU_arch.
        attributes = b"\x05name\0\x06" + bytes([cpu]) + b"\x08\x01"
        scope = b"\x01" + struct.pack("<I", len(attributes) + 5) + attributes
        data = b"A" + struct.pack("<I", len(scope) + 10) + b"aeabi\0" + scope
        place = put(data)
        sections = put(
            bytes(40) + struct.pack("<10I", 0, 0x70000003, 0, 0, place, len(data), 0, 0, 1, 0)
        )
    segments.append((1, start, len(body)))
    rows = b""
    for type_, offset, size in segments:
        if wide:
            row = struct.pack(f"{order}IIQQQQQQ", type_, 4, offset, offset + base, 0, size, size, 8)
        else:
            row = struct.pack(f"{order}8I", type_, offset, offset + base, 0, size, size, 4, 4)
        rows += row
    header = 64 if wide else 52
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1, abi]) + bytes(8)
    head = ident + struct.pack(
        f"{order}HHI{word}{word}{word}I6H", kind, machine, 1, 0, header, sections, 0, header,
        56 if wide else 32, len(segments), 40, 2 if sections else 0, 0,
    )  # fmt: skip
    assert len(head) == header
    return (head + rows).ljust(start, b"\0") + bytes(body)


def macho(cpu: int = 0x0100000C, *, platform: int = 1, old: bool = False, kind: int = 2) -> bytes:
    if old:
        version = struct.pack("<4I", 0x24, 16, 0x000D0500, 0)
    else:
        version = struct.pack("<6I", 0x32, 24, platform, 0x000D0500, 0, 0)
    library = struct.pack("<6I", 0xC, 56, 24, 0, 0, 0) + b"/usr/lib/libSystem.B.dylib".ljust(
        32, b"\0"
    )
    size = len(version) + len(library)
    return (
        struct.pack("<4s7I", b"\xcf\xfa\xed\xfe", cpu, 0, kind, 2, size, 0, 0) + version + library
    )


def universal(*slices: tuple[int, bytes], wide: bool = False) -> bytes:
    layout = struct.Struct(">2I2Q2I" if wide else ">5I")
    out = b"\xca\xfe\xba\xbf" if wide else b"\xca\xfe\xba\xbe"
    out += struct.pack(">I", len(slices))
    place = 8 + layout.size * len(slices)
    body = b""
    for cpu, data in slices:
        row = [cpu, 0, place + len(body), len(data), 14]
        out += layout.pack(*row, *([0] if wide else []))
        body += data
    return out + body


PE = pe.executable("x64")
MADE = {name: elf(*row) for name, row in ELVES.items()} | {
    "linux-armv7l": elf(*ARM, cpu=10),
    "linux-armv6l": elf(*ARM, cpu=7),
    "linux-x64-glibc-217": elf(*X64, needed=("libc.so.6",), versions=("GLIBC_2.17",)),
    "darwin-x64": macho(0x01000007, old=True),
    "darwin-arm64": macho(),
    "darwin-universal": universal((0x01000007, macho(0x01000007)), (0x0100000C, macho())),
    "win-x64": pe.executable("x64"),
    "win-x86": pe.executable("x86"),
    "win-arm64": pe.executable("arm64"),
    "aix-ppc64": b"\x01\xf7" + bytes(200),
    "ibmi-ppc64": b"\x01\xf7" + bytes(200),
}
# What else runs there: the same files, an older C library's promise kept, ARMv6 on ARMv7.
ALSO = {
    "aix-ppc64": {"ibmi-ppc64"},
    "ibmi-ppc64": {"aix-ppc64"},
    "linux-x64": {"linux-x64-glibc-217"},
    "linux-x64-glibc-217": {"linux-x64"},
    "linux-armv7l": {"linux-armv6l"},
    "darwin-x64": {"darwin-universal"},
    "darwin-arm64": {"darwin-universal"},
}


def test_there_is_an_executable_for_every_target() -> None:
    assert set(MADE) == {target.name for target in TARGETS}


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_target_takes_its_own_executables_and_no_others(target: object) -> None:
    name = str(target)
    takes = {name} | ALSO.get(name, set())
    for other, data in MADE.items():
        if other in takes:
            check_executable(Blob(data), target_named(name))
        else:
            with pytest.raises(WrongBinary, match=name):
                check_executable(Blob(data), target_named(name))


def test_the_highest_needed_versions_are_found_by_number() -> None:
    versions = ("GLIBC_2.2.5", "GLIBC_2.28", "GLIBC_2.9", "GLIBC_PRIVATE", "GLIBCXX_3.4.21",
                "GLIBCXX_3.4.9", "GLIBCXX_LDBL_3.4", "CXXABI_1.3")  # fmt: skip
    for machine in (X64, ELVES["linux-s390x"], ARM):
        found = read_executable(Blob(elf(*machine, needed=("libc.so.6",), versions=versions)))
        assert (found.glibc, found.glibcxx) == ((2, 28), (3, 4, 21))
        assert found.needed == ("libc.so.6",)
        assert found.symbols == tuple(("libc.so.6", version) for version in versions)


def test_relative_relocations_need_glibc_2_36() -> None:
    data = elf(*X64, needed=("libc.so.6",), versions=("GLIBC_2.4", "GLIBC_ABI_DT_RELR"))
    assert read_executable(Blob(data)).glibc == (2, 36)


def test_a_build_for_glibc_2_17_may_need_no_more() -> None:
    target = target_named("linux-x64-glibc-217")
    with pytest.raises(WrongBinary, match=r"glibc 2\.28"):
        check_executable(Blob(elf(*X64, needed=("a",), versions=("GLIBC_2.28",))), target)


@pytest.mark.parametrize(
    ("data", "os", "libc"),
    [
        (elf(62, 64, "<"), "linux", None),
        (elf(62, 64, "<", abi=3), "linux", None),
        (elf(62, 64, "<", abi=9), "freebsd", None),
        (elf(62, 64, "<", abi=12), None, None),
        (elf(62, 64, "<", note=LINUX_NOTE), "linux", None),
        (elf(62, 64, "<", note=(b"FreeBSD\0", bytes(4))), "freebsd", None),
        (elf(62, 64, "<", note=(b"NetBSD\0\0", bytes(4))), None, None),
        (elf(62, 64, "<", needed=("libc.so.6",)), "linux", "glibc"),
        (elf(62, 64, "<", needed=("libc.musl-x86_64.so.1",)), "linux", "musl"),
        (elf(62, 64, "<", "/system/bin/linker64"), "linux", None),
        (macho(platform=2), None, None),
    ],
)
def test_system_and_c_library_are_told_apart(data: bytes, os: str | None, libc: str | None) -> None:
    found = read_executable(Blob(data))
    assert (found.os, found.libc) == (os, libc)


def test_a_static_executable_runs_on_either_c_library_an_android_one_on_none() -> None:
    for name in ("linux-x64", "linux-x64-musl"):
        assert check_executable(Blob(elf(62, 64, "<")), target_named(name)).libc is None
        with pytest.raises(WrongBinary, match="linker64"):
            check_executable(Blob(elf(62, 64, "<", "/system/bin/linker64")), target_named(name))


@pytest.mark.parametrize(
    ("cpu", "arch"),
    [(6, "armv6l"), (9, "armv6l"), (10, "armv7l"), (14, "armv7l"), (None, "armv7l")],
)
def test_arm_versions_come_from_the_attributes(cpu: int | None, arch: str) -> None:
    assert read_executable(Blob(elf(*ARM, cpu=cpu))).arch == arch


@pytest.mark.parametrize("wide", [False, True])
def test_a_universal_binary_serves_both_architectures(wide: bool) -> None:
    data = universal((0x01000007, macho(0x01000007)), (0x0100000C, macho()), wide=wide)
    found = read_executable(Blob(data))
    assert found.archs == ("x64", "arm64")
    assert found.minimum == (13, 5)
    assert found.needed == ("/usr/lib/libSystem.B.dylib",)
    for name in ("darwin-x64", "darwin-arm64"):
        check_executable(Blob(data), target_named(name))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF" + bytes(60), b"MZ", b"MZ" + b"\xff" * 100,
        elf(*X64)[:100], elf(*X64, kind=1), elf(8, 32, ">"), elf(62, 32, "<"), elf(62, 64, ">"),
        PE[:0x84] + b"\xc0\x01" + PE[0x86:], pe.executable("x64", flags=0), macho(7), macho(kind=1), macho()[:40],
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100), b"\x01\xdf" + bytes(100),
        universal((0x01000007, macho())), universal((7, macho())), universal((0x0100000C, macho()))[:60],
    ],
)  # fmt: skip
def test_what_is_no_executable_of_ours_is_the_wrong_binary(data: bytes) -> None:
    with pytest.raises(WrongBinary):
        read_executable(Blob(data))


@pytest.mark.parametrize(("count", "versions"), [(1 << 40, 0), (1 << 15, 0xFFFF)])
def test_a_loop_in_the_version_table_ends(count: int, versions: int) -> None:
    data = bytearray(elf(*X64, needed=("a",), versions=("GLIBC_2.4",)))
    at = data.index(struct.pack("<HHIII", 1, 1, 1, 16, 0))
    data[at : at + 16] = struct.pack("<HHIII", 1, versions, 1, 16, 0)
    at = data.index(struct.pack("<QQ", 0x6FFFFFFF, 1))
    data[at + 8 : at + 16] = struct.pack("<Q", count)
    with pytest.raises(WrongBinary, match="version table"):
        read_executable(Blob(bytes(data)))


SEEDS = [*MADE.values(), universal((0x01000007, macho(0x01000007)), (0x0100000C, macho())),
         elf(*X64, needed=("libc.so.6",), versions=("GLIBC_2.4",), note=LINUX_NOTE)]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(
        st.tuples(st.integers(0, 0x500), st.binary(min_size=1, max_size=8)), max_size=4
    ),
    length=st.integers(0, 0x700),
)
def test_damaged_headers_raise_nothing_but_wrong_binary(
    seed: bytes, changes: list[tuple[int, bytes]], length: int
) -> None:
    data = bytearray(seed)
    for place, value in changes:
        data[place : place + len(value)] = value
    with suppress(WrongBinary):
        assert isinstance(read_executable(Blob(bytes(data[:length]))), Executable)


def system_executables() -> list[Path]:
    found = [Path(sys.executable).resolve(), Path("/bin/true"), Path("/bin/sh")]
    found += sorted(Path("/usr/lib").glob("*-linux-*/libstdc++.so.6"))
    return [path.resolve() for path in found if path.exists()]


@pytest.mark.skipif(
    not shutil.which("readelf") or sys.platform != "linux", reason="needs Linux and readelf"
)
@pytest.mark.parametrize("path", system_executables(), ids=lambda path: path.name)
def test_readelf_says_the_same(path: Path) -> None:
    found = read_executable(Slice(path, 0, path.stat().st_size))
    text = subprocess.run(
        ["readelf", "-W", "-d", "-V", "-l", path], check=True, capture_output=True, text=True
    ).stdout
    assert list(found.needed) == re.findall(r"\(NEEDED\).*\[(.+)\]", text)
    assert [found.interpreter] == (re.findall(r"interpreter: (.+)\]", text) or [""])
    needs = text[text.index("Version needs section") :]
    highest = max(
        tuple(map(int, x.split("."))) for x in re.findall(r"Name: GLIBC_([0-9.]+)", needs)
    )
    relr = "GLIBC_ABI_DT_RELR" in needs
    assert found.glibc == max(highest[:2], (2, 36) if relr else (0, 0))


def test_a_slice_is_read_from_its_own_beginning(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b"before" + MADE["linux-arm64"] + b"after")
    content = Slice(path, 6, len(MADE["linux-arm64"]))
    assert read_executable(content).arch == "arm64"
    path.unlink()
    with pytest.raises(NotReadable):
        read_executable(content)


@pytest.mark.parametrize("arch", ["x64", "x86", "arm64"])
def test_version_resource_is_found(arch: str) -> None:
    made = pe.executable(arch, "24.19.0-rc.1")
    assert version_resource(Blob(made)) == VersionResource((24, 19, 0, 0), 1033, "24.19.0-rc.1")


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n" * 20, PE], ids=["empty", "script", "without"])
def test_what_has_no_version_resource_has_none(data: bytes) -> None:
    assert version_resource(Blob(data)) is None


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_version_resource_never_breaks_the_reader(data: st.DataObject) -> None:
    made = bytearray(pe.executable("x64", "24.19.0"))
    for _ in range(data.draw(st.integers(1, 4))):
        made[data.draw(st.integers(0x3C, len(made) - 1))] = data.draw(st.integers(0, 255))
    with suppress(WrongBinary):
        version_resource(Blob(bytes(made[: data.draw(st.integers(64, len(made)))])))


@pytest.mark.parametrize("name", ["freebsd-x64", "freebsd-arm64"])
@pytest.mark.parametrize(("number", "release"), [(1_304_000, (13, 4)), (1_500_068, (15, 0))])
def test_an_executable_says_for_which_freebsd_it_was_built(
    name: str, number: int, release: tuple[int, int]
) -> None:
    target = target_named(name)
    data = executable(target.arch, {"libc.so.7": ()}, "/libexec/ld-elf.so.1", number)
    found = check_executable(Blob(data), target)
    assert (found.os, found.minimum, found.needed) == ("freebsd", release, ("libc.so.7",))
    with pytest.raises(WrongBinary):
        check_executable(Blob(data), target_named(name.replace("freebsd", "linux")))


def test_executables_of_linux_name_no_freebsd() -> None:
    assert read_executable(Blob(executable("x64", {}))).minimum is None
