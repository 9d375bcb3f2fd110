"""Two runtimes become one: its executable is what lipo makes, and nothing differs unsaid."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import macho
from bundles import small_bundle
from oracles import tool
from readers import macho as reader
from rtinstall.runtime_bundle.errors import NoSpace, NotExpressible, UnsafeArchive, WrongBinary
from rtinstall.runtime_bundle.executables import check_executable, read_executable
from rtinstall.runtime_bundle.executables.signature import check_signature
from rtinstall.runtime_bundle.model import Bundle, Entry, File, Provenance, Slice, Symlink
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.universal import join
from rtinstall.runtime_bundle.versions import Version

UNIVERSAL = target_named("darwin-universal")
CONFIG = "include/node/config.gypi"


def part(arch: str, program: bytes = b"", **fields: object) -> Bundle:
    """Return a runtime with headers of its own, from a source of its own."""
    made = small_bundle(f"darwin-{arch}")
    entries = with_file(made.entries, CONFIG, f"{{ 'host_arch': '{arch}' }}".encode())
    entries = with_file(entries, "bin/node", program or macho.executable(arch, weight=50_000))
    origin = Provenance("runtime", "test", f"node-{arch}.tgz", "sha256:0", "nothing")
    npm = Provenance("npm", "test", "npm.tgz", "sha256:1", "sha512")
    bundle = replace(made, entries=entries, provenance=(origin, npm))
    return replace(bundle, **fields)  # type: ignore[arg-type]


def with_file(entries: tuple[Entry, ...], path: str, data: bytes) -> tuple[Entry, ...]:
    mode = 0o755 if path.startswith("bin/") else 0o644
    return (*(e for e in entries if e.path != path), File.of(path, data, mode))


def data_of(bundle: Bundle, path: str = "bin/node") -> bytes:
    return b"".join(bundle.file(path).content.chunks())


def joined(folder: Path, x64: Bundle | None = None, arm64: Bundle | None = None) -> Bundle:
    return join(x64 or part("x64"), arm64 or part("arm64"), UNIVERSAL, folder / "spool")


def test_each_slice_is_the_executable_it_was_and_its_signature_still_fits(tmp_path: Path) -> None:
    x64 = part("x64", macho.executable("x64", signed=True, weight=9_999))
    arm64 = part("arm64")
    made = joined(tmp_path, x64, arm64)
    first, second = reader.read(data_of(made))
    assert (first.arch, second.arch) == ("x86_64", "arm64")
    assert (first.data, second.data) == (data_of(x64), data_of(arm64))
    assert first.offset == 4096
    for each in (first, second):
        assert each.signature() == {"adhoc": True, "hardened": False, "cms": False}
    assert check_signature(made.file("bin/node").content).keys() == {"x64", "arm64"}
    found = check_executable(made.file("bin/node").content, UNIVERSAL)
    assert (found.archs, found.minimum) == (("x64", "arm64"), (13, 5))


def test_the_executable_is_one_file_of_known_content(tmp_path: Path) -> None:
    program = joined(tmp_path).file("bin/node")
    assert program.content == Slice(tmp_path / "spool", 0, program.size)
    assert program.size == (tmp_path / "spool").stat().st_size
    assert program.sha256 == hashlib.sha256((tmp_path / "spool").read_bytes()).hexdigest()
    assert program.mode == 0o755


def test_what_is_shared_is_there_once_and_both_origins_are_told(tmp_path: Path) -> None:
    arm64 = part("arm64", released=9)
    made = joined(tmp_path, part("x64"), arm64)
    assert (made.target, made.version, made.npm) == (UNIVERSAL, arm64.version, arm64.npm)
    assert made.released == small_bundle().released
    assert [entry.path for entry in made.entries] == [entry.path for entry in arm64.entries]
    assert data_of(made, CONFIG) == b"{ 'host_arch': 'arm64' }"
    said = [(p.what, p.location, p.checked) for p in made.provenance]
    assert said == [
        ("runtime", "node-x64.tgz", "nothing"),
        ("npm", "npm.tgz", "sha512"),
        ("runtime", "node-arm64.tgz", f"nothing; {CONFIG} is the one for darwin-arm64"),
    ]


def test_the_same_parts_make_the_same_bytes(tmp_path: Path) -> None:
    one = joined(tmp_path).file("bin/node").sha256
    (tmp_path / "spool").unlink()
    assert joined(tmp_path).file("bin/node").sha256 == one


def test_one_processor_is_taken_out_of_an_executable_for_both(tmp_path: Path) -> None:
    both = part("x64", macho.executable("x64", "arm64", weight=2_000))
    first, _ = reader.read(data_of(joined(tmp_path, both)))
    assert first.data == macho.executable("x64", weight=2_000)


def changed(path: str, entry: Entry | None) -> Callable[[Bundle], Bundle]:
    def change(bundle: Bundle) -> Bundle:
        others = [e for e in bundle.entries if e.path != path]
        return replace(bundle, entries=(*others, entry) if entry else tuple(others))

    return change


NPM_LINK = Symlink("bin/npm", "../lib/node_modules/npm/bin/npx-cli.js")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: replace(b, version=Version.parse("24.18.0")), "node 24.19.0, darwin-arm64 24.18"),
        (lambda b: replace(b, npm="11.7.0"), "npm 11.6.2, darwin-arm64 11.7.0"),
        (lambda b: replace(b, components={"v8": "9"}), "components"),
        (changed("README.md", File.of("README.md", b"other")), "'README.md' is not the same"),
        (changed("README.md", File.of("README.md", b"# Node.js\n", 0o755)), "not the same"),
        (changed("README.md", None), "'README.md' is in darwin-x64, but not in darwin-arm64"),
        (changed("more", File.of("more", b"")), "'more' is in darwin-arm64, but not in darwin-x64"),
        (changed("bin/npm", NPM_LINK), "'bin/npm' is not the same"),
        (changed("bin/npm", File.of("bin/npm", b"", 0o777)), "'bin/npm' is not the same"),
        (changed(CONFIG, None), f"'{CONFIG}' is in darwin-x64"),
    ],
)  # fmt: skip
def test_what_is_not_one_runtime_is_not_joined(
    tmp_path: Path, change: Callable[[Bundle], Bundle], said: str
) -> None:
    with pytest.raises(UnsafeArchive, match=said):
        joined(tmp_path, arm64=change(part("arm64")))
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("program", [macho.executable("x64"), b"#!/bin/sh\n" * 9, b"", b"\xcf\xfa"])
def test_an_executable_without_its_processor_is_the_wrong_one(
    tmp_path: Path, program: bytes
) -> None:
    entries = with_file(part("arm64").entries, "bin/node", program)
    with pytest.raises(WrongBinary):
        joined(tmp_path, arm64=replace(part("arm64"), entries=entries))


def test_both_have_to_be_for_macos(tmp_path: Path) -> None:
    other = macho.thin("arm64", signed=True, platform=2)
    with pytest.raises(WrongBinary, match="darwin-universal"):
        joined(tmp_path, arm64=part("arm64", other))


def test_offsets_of_32_bits_hold_less_than_4_gib(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    head = macho.executable("x64")
    with huge.open("wb") as out:
        out.write(head)
        out.truncate((1 << 32) - 8192)
    program = File("bin/node", 0o755, Slice(huge, 0, huge.stat().st_size), "")
    x64 = changed("bin/node", program)(part("x64"))
    with pytest.raises(NotExpressible, match="4 GiB"):
        joined(tmp_path, x64)


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match="spool"):
        joined(tmp_path / "missing")
    (tmp_path / "spool").write_bytes(b"there")
    with pytest.raises(NoSpace):
        joined(tmp_path)


@pytest.mark.parametrize("archs", [("x64",), ("arm64",)])
def test_a_thin_executable_is_not_universal(archs: tuple[str, ...]) -> None:
    content = File.of("node", macho.executable(*archs)).content
    assert read_executable(content).archs == archs
    with pytest.raises(WrongBinary, match="darwin-universal"):
        check_executable(content, UNIVERSAL)


def test_lipo_makes_the_same_file(tmp_path: Path) -> None:
    lipo = tool("llvm-lipo-14")
    x64, arm64 = part("x64"), part("arm64")
    for name, bundle in (("x64", x64), ("arm64", arm64)):
        (tmp_path / name).write_bytes(data_of(bundle))
    made = data_of(joined(tmp_path, x64, arm64))
    words = [lipo, "-create", "x64", "arm64", "-output", "lipo"]
    subprocess.run(words, cwd=tmp_path, check=True)
    assert (tmp_path / "lipo").read_bytes() == made
    subprocess.run([lipo, "spool", "-verify_arch", "x86_64", "arm64"], cwd=tmp_path, check=True)
