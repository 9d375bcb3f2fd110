from __future__ import annotations

import platform
import shutil
import struct
import sys
from pathlib import Path

import pytest

import archive_makers as make
from bundles import small_bundle
from rtinstall.platforms.smoke import host
from rtinstall.platforms.smoke.host import TOP, inside
from rtinstall.platforms.smoke.label import Label, label_of_bundle, label_of_tree
from rtinstall.platforms.smoke.locate import locate
from rtinstall.platforms.smoke.unpacked import unpack_package
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="trees of Linux")

VERSION_H = """
#define NODE_MAJOR_VERSION 24
#define NODE_MINOR_VERSION 19
#define NODE_PATCH_VERSION 0
#define NODE_VERSION_IS_RELEASE {release}
#define NODE_MODULE_VERSION 137
"""


def plant(prefix: Path, *, node: bytes = b"#!/bin/sh\n", npm: bool = True) -> Path:
    """Lay out a small tree below ``prefix``."""
    files = {"bin/node": node, "include/node/node_version.h": VERSION_H.format(release=1).encode()}
    if npm:
        top = "lib/node_modules/npm"
        files[f"{top}/bin/npm-cli.js"] = files[f"{top}/bin/npx-cli.js"] = b""
        files[f"{top}/package.json"] = b'{"version": "11.6.2"}'
    for name, data in files.items():
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755)
    return prefix / "bin" / "node"


def elf(machine: int, *, interpreter: str, order: str = "<", abi: int = 0) -> bytes:
    """Make the headers of a 64-bit executable with one program header, its interpreter."""
    ident = b"\x7fELF" + bytes((2, 1 if order == "<" else 2, 1, abi)) + bytes(8)
    name = interpreter.encode() + b"\0"
    header = ident + struct.pack(
        f"{order}HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0
    )
    program = struct.pack(f"{order}IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1)
    return header + program + name


@pytest.mark.parametrize("prefix", [".", "usr", "usr/local", "opt/nodejs", "opt/company/nodejs",
                                    "node-v24.19.0-linux-x64", "QOpenSys/pkgs",
                                    "QOpenSys/pkgs/lib/nodejs24"])  # fmt: skip
def test_a_runtime_is_found_wherever_packages_put_it(tmp_path: Path, prefix: str) -> None:
    node = plant(tmp_path / prefix)
    runtime = locate(tmp_path)
    assert (runtime.node, runtime.root) == (node, tmp_path)
    assert runtime.prefix == tmp_path / prefix
    assert runtime.npm == tmp_path / prefix / "lib/node_modules/npm/bin/npm-cli.js"
    assert runtime.headers == tmp_path / prefix / "include/node"
    assert runtime.globalconfig == tmp_path / prefix / "etc/npmrc"
    assert runtime.commands == node.parent


def test_an_executable_names_its_own_tree(tmp_path: Path) -> None:
    node = plant(tmp_path / "usr")
    (tmp_path / "node").symlink_to(node)
    runtime = locate(tmp_path / "node")
    assert (runtime.node, runtime.root) == (node, TOP)


def test_links_are_followed_inside_the_root(tmp_path: Path) -> None:
    node = plant(tmp_path / "opt/nodejs")
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/node").symlink_to("/opt/nodejs/bin/node")
    assert locate(tmp_path).node == node


def test_a_prefix_in_a_root_has_the_machine_files_of_the_root(tmp_path: Path) -> None:
    plant(tmp_path / "usr")
    (tmp_path / "usr/lib/node_modules/npm/npmrc").write_text("globalconfig=/etc/npmrc\n")
    runtime = locate(tmp_path / "usr", root=tmp_path)
    assert (runtime.root, runtime.globalconfig) == (tmp_path, tmp_path / "etc/npmrc")


def test_parts_that_are_not_there_are_none(tmp_path: Path) -> None:
    plant(tmp_path, npm=False)
    runtime = locate(tmp_path)
    assert (runtime.npm, runtime.npx, runtime.builtin, runtime.manual) == (None,) * 4


@pytest.mark.parametrize("value", ["/etc/npmrc", '"/etc/npmrc"'])
def test_the_npmrc_of_the_machine_is_the_one_in_the_root(tmp_path: Path, value: str) -> None:
    plant(tmp_path / "usr")
    builtin = tmp_path / "usr/lib/node_modules/npm/npmrc"
    builtin.write_text(f"prefix=/usr/local\nglobalconfig = {value}\n")
    runtime = locate(tmp_path)
    assert runtime.builtin == builtin
    assert runtime.globalconfig == tmp_path / "etc/npmrc"


def test_no_runtime_and_two_runtimes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="there is no Node"):
        locate(tmp_path)
    with pytest.raises(NotReadable, match="there is no "):
        locate(tmp_path / "missing")
    with pytest.raises(NotReadable, match="does not lie in"):
        locate(tmp_path, root=tmp_path / "other")
    plant(tmp_path / "opt/a")
    plant(tmp_path / "opt/b")
    with pytest.raises(NotReadable, match="more than one"):
        locate(tmp_path)


@pytest.mark.parametrize(
    ("links", "path", "end"),
    [
        ({}, "usr/bin/node", "usr/bin/node"),
        ({}, "../../etc", "etc"),
        ({"bin": "usr/bin"}, "bin/node", "usr/bin/node"),
        ({"bin": "/usr/bin"}, "/bin/node", "usr/bin/node"),
        ({"usr/n": "../../../../etc/passwd"}, "usr/n", "etc/passwd"),
    ],
)
def test_a_path_in_a_root_stays_in_it(
    tmp_path: Path, links: dict[str, str], path: str, end: str
) -> None:
    for name, target in links.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(target)
    assert inside(tmp_path, Path(path)) == tmp_path / end


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert not inside(tmp_path, Path("a/node")).is_file()


S390X = (22, "/lib/ld64.so.1", ">")


def test_a_foreign_runtime_runs_in_an_emulator_with_the_libraries_of_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, loader, order = S390X
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(
        shutil, "which", lambda name: f"/bin/{name}" if "qemu-s390x" in name else None
    )
    plant(tmp_path / "usr", node=elf(machine, interpreter=loader, order=order))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/ld64.so.1").touch()
    way = locate(tmp_path).way
    assert way.wrapper == ("/bin/qemu-s390x-static", "-L", str(tmp_path))
    assert way.pace == host.EMULATED_PACE
    assert (way.compiler, way.obstacle) == (None, "")


@pytest.mark.parametrize(
    ("node", "obstacle"),
    [
        (elf(22, interpreter="/lib/ld64.so.1", order=">"), "this machine is x86_64 without qemu-s390x"),
        (elf(62, interpreter="/lib/ld-none.so.1"), "its loader /lib/ld-none.so.1 is not on this machine"),
        (elf(62, interpreter="/lib/ld-none.so.1", abi=9), "this machine runs linux"),
        (struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, 0, 0, 0, 0), "this machine runs linux"),
    ],
    ids=["no emulator", "no loader", "FreeBSD", "macOS"],
)  # fmt: skip
def test_the_reason_why_nothing_can_run_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: bytes, obstacle: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    plant(tmp_path, node=node)
    way = locate(tmp_path).way
    assert obstacle in way.obstacle
    assert way.wrapper == ()


def test_an_emulator_without_the_libraries_of_the_target_is_no_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    plant(tmp_path, node=elf(22, interpreter="/lib/ld-none.so.1", order=">"))
    assert (
        locate(tmp_path).way.obstacle == "there is no /lib/ld-none.so.1 for s390x on this machine"
    )


@pytest.mark.parametrize(
    ("complaint", "obstacle"),
    [
        ("echo 'Error loading shared library libstdc++.so.6' >&2; exit 127", "libstdc++.so.6"),
        ("kill -SEGV $$", "was killed by signal 11"),
        ("exit 1", "cannot load it"),
        ("exit 0", ""),
    ],
)
def test_the_loader_in_the_root_is_asked_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaint: str, obstacle: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    plant(tmp_path / "usr", node=elf(62, interpreter="/lib/ld-musl-other.so.1"))
    loader = tmp_path / "lib/ld-musl-other.so.1"
    loader.parent.mkdir()
    loader.write_text(f"#!/bin/sh\n{complaint}\n")
    loader.chmod(0o755)
    way = locate(tmp_path).way
    assert (obstacle in way.obstacle) if obstacle else not way.obstacle
    libraries = f"{tmp_path}/lib:{tmp_path}/usr/lib"
    assert way.wrapper == (() if obstacle else (str(loader), "--library-path", libraries))


def test_a_tree_carries_its_own_label(tmp_path: Path) -> None:
    plant(tmp_path, node=elf(22, interpreter="/lib/ld64.so.1", order=">"))
    label = label_of_tree(locate(tmp_path))
    assert (label.version, label.npm) == ("24.19.0", "11.6.2")
    assert label.components["modules"] == "137"
    assert (label.platform, label.arch, label.endianness) == ("linux", "s390x", "BE")
    assert label.libc == "glibc"


def test_what_headers_and_manifest_do_not_know_is_left_open(tmp_path: Path) -> None:
    plant(tmp_path)
    nightly = tmp_path / "include/node/node_version.h"
    nightly.write_text(VERSION_H.format(release=0))
    (tmp_path / "lib/node_modules/npm/package.json").write_text("[")
    label = label_of_tree(locate(tmp_path))
    assert (label.version, label.npm, label.arch, label.libc) == (None,) * 4


def test_a_label_is_filled_and_never_overruled() -> None:
    known = Label(version="1.0.0", components={"v8": "1"})
    other = Label(version="2.0.0", npm="3.0.0", components={"v8": "2", "uv": "2"})
    filled = known.filled(other)
    assert (filled.version, filled.npm) == ("1.0.0", "3.0.0")
    assert filled.components == {"v8": "1", "uv": "2"}


def test_the_label_of_a_bundle_is_in_the_words_of_node() -> None:
    bundle = small_bundle()
    label = label_of_bundle(bundle)
    assert label.version == str(bundle.version)
    assert (label.platform, label.arch, label.endianness, label.libc) == (
        "linux",
        "x64",
        "LE",
        "glibc",
    )


def test_a_package_is_laid_out_as_a_root(tmp_path: Path) -> None:
    plant(tmp_path / "source" / "usr")
    archive = shutil.make_archive(str(tmp_path / "package"), "gztar", tmp_path / "source")
    root = unpack_package(Path(archive), tmp_path / "root")
    assert locate(root).node == tmp_path / "root/usr/bin/node"
    assert (root / "usr/bin/node").stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package.tar.gz", "root", "source"]


def test_names_that_are_absolute_in_a_package_lie_below_the_root(tmp_path: Path) -> None:
    package = tmp_path / "demo.pkg"
    package.write_bytes(make.freebsd({"/usr/local/bin/node": b"node"}))
    root = unpack_package(package, tmp_path / "root")
    assert (root / "usr/local/bin/node").read_bytes() == b"node"


def test_a_broken_package_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "package.tar.gz"
    broken.write_bytes(b"\x1f\x8b\x08 and no more")
    with pytest.raises((UnsafeArchive, NotReadable)):
        unpack_package(broken, tmp_path / "root")
    assert [path.name for path in tmp_path.iterdir()] == ["package.tar.gz"]
