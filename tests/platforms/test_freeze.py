"""``rtbuild freeze --form zipapp``, what ``--rtinstall`` takes and refuses, and releases with it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from oracles import run, tool
from readers import deb
from rtinstall.platforms.companion import COMPLETIONS, LICENCES
from rtinstall.platforms.freeze.ingredients import DISTRIBUTIONS
from rtinstall.platforms.freeze.libraries import UNKNOWN, of_library
from rtinstall.platforms.freeze.record import companions
from rtinstall.platforms.freeze.search_paths import forget
from rtinstall.platforms.freeze.this_target import this_target
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.errors import NotPublished, NotReadable, VerificationFailed
from world.rtbuild import FAST, Desk, ended
from world.runtime import VERSION, Upstream

NAME = f"rtinstall-{__version__}"
FREEZE = ("freeze", "--form", "zipapp")


@pytest.fixture(scope="module")
def zipapp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one, once; return its folder."""
    desk = Desk(tmp_path_factory.mktemp("zipapp"))
    desk.program(*FREEZE).good()
    return desk.work / "frozen"


def manifest(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("*.manifest.json")
    found = json.loads(path.read_bytes())
    assert isinstance(found, dict)
    return found


def folder_form(folder: Path, **changes: object) -> Path:
    """Write what freezing a folder writes, in small, with ``changes`` to the manifest."""
    name = f"{NAME}-linux-x64"
    there = folder / name
    (there / "rtinstall-internal").mkdir(parents=True)
    (there / "completions").mkdir()
    files = {"rtinstall": b"\x7fELF", "rtinstall-internal/a.so": b"a", LICENCES: b"terms"}
    files |= {f"completions/{shell}": shell.encode() for shell in COMPLETIONS}
    listed: list[dict[str, str]] = []
    for path, data in files.items():
        (there / path).write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        mode = "0755" if path == "rtinstall" else "0644"
        listed.append({"path": path, "type": "file", "mode": mode, "sha256": sha256})
    (there / "rtinstall-internal/b.so").symlink_to("a.so")
    listed.append({"path": "rtinstall-internal/b.so", "type": "symlink", "link": "a.so"})
    said = {"schema": 1, "program": "rtinstall", "version": __version__, "target": "linux-x64",
            "form": "onedir", "needs": ["libz.so.1()"], "files": listed, **changes}  # fmt: skip
    (folder / f"{name}.manifest.json").write_text(json.dumps(said))
    return there


# The zipapp.


def test_it_is_the_same_bytes_whatever_the_machine(zipapp: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "größer")
    surroundings = {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "2", "LC_ALL": "C"}
    umask = ("sh", "-c", 'umask 077 && exec "$@"', "sh")
    ended(desk.start(*FREEZE, before=umask, env=surroundings)).good()
    for path in zipapp.glob("rtinstall-*"):
        assert (desk.work / "frozen" / path.name).read_bytes() == path.read_bytes()


def test_it_holds_the_version_manager_and_no_builder(zipapp: Path) -> None:
    said = manifest(zipapp)
    assert (said["target"], said["form"], said["version"]) == ("any", "zipapp", __version__)
    with zipfile.ZipFile(zipapp / f"{NAME}.pyz") as archive:
        names = archive.namelist()
        terms = archive.read(LICENCES).decode()
        tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {
        "__main__.py", "LICENSES.txt", "completions", "rtinstall",
        "certifi", "charset_normalizer", "click", "idna", "platformdirs", "requests", "urllib3",
    }  # fmt: skip
    assert {name.split("/")[1] for name in names if name.startswith("rtinstall/")} - {""} == {
        "installer", "runtime_bundle",
    }  # fmt: skip
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc", ".pth"))]
    modules = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in names
        if name.endswith(".py") and name != "__main__.py"
    }
    assert set(said["modules"]) == modules
    for name in ("rtinstall", *DISTRIBUTIONS):
        assert re.search(rf"^{name} .*\(", terms, re.MULTILINE), f"no terms of {name}"
    assert said["distributions"] == {name: metadata.version(name) for name in DISTRIBUTIONS}


def test_what_it_takes_along_is_what_its_distributions_ask_for() -> None:
    asked: set[str] = set()
    waiting = ["rtinstall"]
    while waiting:
        for line in metadata.requires(waiting.pop()) or ():
            name = re.split(r"[^A-Za-z0-9_.-]", line)[0].replace("_", "-").lower()
            if ";" not in line and name not in asked:
                asked.add(name)
                waiting.append(name)
    assert asked == set(DISTRIBUTIONS)


def test_it_starts_with_nothing_but_a_python_and_lists_versions(
    zipapp: Path, tmp_path: Path
) -> None:
    program = zipapp / f"{NAME}.pyz"
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    words = [sys.executable, "-ISXutf8", "-W", "error", str(program)]  # no site-packages at all
    env = {"HOME": str(tmp_path), "PATH": os.defpath}

    def says(*more: str) -> str:
        ended = subprocess.run([*words, *more], env=env, capture_output=True, text=True, check=True)
        assert ended.stderr == ""
        return ended.stdout

    assert says("--version") == f"rtinstall {__version__}\n"
    own = json.loads(says("self", "--json"))
    assert (own["form"], own["program"]) == ("zipapp", str(program))
    assert "put the newer one in the place of" in own["update"]
    code = f"import sys; sys.path.insert(0, {str(program)!r}); import requests, certifi"
    subprocess.run([sys.executable, "-ISc", code], check=True)


def test_an_older_python_looks_for_a_newer_one_or_says_so(zipapp: Path) -> None:
    with zipfile.ZipFile(zipapp / f"{NAME}.pyz") as archive:
        text = archive.read("__main__.py").decode()
    old = "import sys; sys.version_info = (3, 9, 18); sys.executable = '/nowhere/python3'\n"
    for newer in ([], ["/nowhere/python3.12"]):
        script = f"""{old}
import os
os.access = lambda path, mode: path in {newer!r}
os.execv = lambda path, words: (print(path, words[1]), sys.exit(0))
exec({text!r})
"""
        ended = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        if newer:
            assert ended.stdout == "/nowhere/python3.12 -IXutf8\n"
        else:
            assert ended.returncode == 14
            assert "error: rtinstall needs Python 3.11 or newer, and this is 3.9" in ended.stderr


def test_without_pyinstaller_a_folder_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    desk.run("freeze").failed(14, "freezing needs PyInstaller", "--form zipapp")
    assert [p.name for p in (desk.work / "frozen").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("system", "machine", "said", "glibc", "target"),
    [
        ("linux", "x86_64", "linux-x86_64", "glibc 2.36", "linux-x64"),
        ("linux", "aarch64", "linux-aarch64", "", "linux-arm64-musl"),
        ("linux", "riscv64", "linux-riscv64", "glibc 2.39", "linux-riscv64"),
        ("darwin", "arm64", "macosx-11.0-arm64", "", "darwin-arm64"),
        ("darwin", "arm64", "macosx-11.0-universal2", "", "darwin-universal"),
        ("win32", "AMD64", "win-amd64", "", "win-x64"),
        ("win32", "ARM64", "win-amd64", "", "win-x64"),  # a Python for Intel on an Arm
        ("win32", "AMD64", "win32", "", "win-x86"),
        ("freebsd14", "amd64", "freebsd-14", "", None),
        ("linux", "m68k", "linux-m68k", "glibc 2.36", None),
    ],
)
def test_a_python_freezes_for_its_own_target(
    monkeypatch: pytest.MonkeyPatch,
    system: str, machine: str, said: str, glibc: str, target: str | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("sysconfig.get_platform", lambda: said)
    monkeypatch.setattr(os, "confstr", lambda name: glibc)
    if target is None:
        with pytest.raises(NotPublished, match="rtinstall is not frozen for"):
            this_target()
    else:
        assert this_target() == target


def test_a_library_has_the_terms_of_the_package_it_is_in(tmp_path: Path) -> None:
    tool("dpkg")
    (library,) = Path("/usr/lib").glob("*/libc.so.6")
    assert "GNU C Library" in of_library(library)
    (tmp_path / "libmine.so").touch()
    assert of_library(tmp_path / "libmine.so") == UNKNOWN


# What --rtinstall takes.


def test_both_forms_are_read_back_with_modes_and_links_of_the_manifest(
    zipapp: Path, tmp_path: Path
) -> None:
    folder = folder_form(tmp_path)
    for path in folder.rglob("*"):
        path.chmod(0o700)  # as a way that keeps no modes
    link = folder / "rtinstall-internal/b.so"
    for copied in (False, True):
        if copied:
            link.unlink()
            link.write_bytes(b"a")
        (companion,) = companions(tmp_path)
        found = {entry.path: entry.mode for entry in companion.entries}
        assert found == {
            "rtinstall": 0o755, "rtinstall-internal/a.so": 0o644, "rtinstall-internal/b.so": 0o777,
        }  # fmt: skip
        assert companion.completions == {shell: shell.encode() for shell in COMPLETIONS}
        assert (companion.licences, companion.zlib, companion.glibc) == (b"terms", True, None)
    for path in zipapp.glob("rtinstall-*"):
        shutil.copy(path, tmp_path)
    assert {(c.target, c.form) for c in companions(tmp_path)} == {
        ("any", "zipapp"),
        ("linux-x64", "onedir"),
    }


def another_for_a_link(folder: Path) -> None:
    link = folder / "rtinstall-internal/b.so"
    link.unlink()
    link.write_bytes(b"x")


DAMAGES: dict[str, tuple[Callable[[Path], object], type[Exception], str]] = {
    "another byte": (lambda f: (f / "rtinstall").write_bytes(b"\x7fELG"),
                     VerificationFailed, "rtinstall is another file"),
    "a file too many": (lambda f: (f / "rtinstall-internal/x").write_bytes(b""),
                        VerificationFailed, "rtinstall-internal/x is not listed"),
    "a file too few": (lambda f: (f / "rtinstall-internal/a.so").unlink(),
                       VerificationFailed, "rtinstall-internal/a.so is missing"),
    "no folder": (lambda f: f.rename(f.with_name("elsewhere")), VerificationFailed, "is missing"),
    "another file for a link": (another_for_a_link, VerificationFailed, "is no link to a.so"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "error", "words"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_not_as_the_manifest_says_is_refused(
    tmp_path: Path, damage: Callable[[Path], object], error: type[Exception], words: str
) -> None:
    damage(folder_form(tmp_path))
    with pytest.raises(error, match=re.escape(words)):
        companions(tmp_path)


def entry(**changes: object) -> list[dict[str, object]]:
    return [{"path": "a", "type": "file", "mode": "0644", "sha256": "0" * 64, **changes}]


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2}, {"program": "other"}, {"form": "onefile"}, {"form": "zipapp"}, {"target": "any"},
        {"target": "linux-z80"}, {"target": "linux-arm64"}, {"version": "../../x"}, {"version": 1},
        {"needs": "libc"}, {"needs": [1]}, {"files": []}, {"files": "all"}, {"files": [1]},
        {"files": [{}]}, {"files": entry(path="../a")}, {"files": entry(path="/etc/passwd")},
        {"files": entry(mode="x")}, {"files": entry(mode=None)},
        {"files": entry(type="symlink", link="../../etc/shadow")},
        {"files": entry(type="symlink", link="/etc/shadow")},
    ],
    ids=str,
)  # fmt: skip
def test_a_manifest_that_says_nothing_sensible_is_refused(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    folder_form(tmp_path, **changes)
    with pytest.raises((NotReadable, VerificationFailed)):
        companions(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"schema": 1}', b"[" * 100_000])
def test_what_is_no_manifest_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / f"{NAME}.manifest.json").write_bytes(data)
    with pytest.raises(NotReadable):
        companions(tmp_path)


def test_a_folder_without_any_is_refused(desk: Desk) -> None:
    (desk.work / "empty").mkdir(parents=True)
    desk.run("release", "lts", "--rtinstall", "empty").failed(12, "rtbuild freeze --form zipapp")


# Releases with it.


def test_a_release_says_who_gets_it_and_verifies(
    desk: Desk, upstream: Upstream, zipapp: Path
) -> None:
    upstream.release(VERSION, ("linux-x64", "darwin-arm64"))
    words = ("release", "24", *upstream.words, *FAST, "--rtinstall", str(zipapp))
    ended = desk.run(*words, "-f", "deb", "-f", "pkg", "-f", "tar.gz").good()
    assert f"linux-x64: rtinstall {__version__}, needs Python" in ended.err
    assert "darwin-arm64: without rtinstall, none was frozen for it" in ended.err
    said = json.loads(
        (desk.dist / f"v{VERSION}/node-v{VERSION}-linux-x64.manifest.json").read_bytes()
    )
    assert {a["format"]: a["rtinstall"] for a in said["artifacts"]} == {
        "deb": f"rtinstall {__version__}, needs Python",
        "tar.gz": "",
    }
    desk.run("verify", "dist").good()
    package = desk.dist / f"v{VERSION}/nodejs_{VERSION}-1_amd64.deb"
    assert "python3:any (>= 3.11)" in desk.run("inspect", package).good().out
    names = {member.name for member in deb.read(package.read_bytes()).members}
    assert "./usr/lib/rtinstall/rtinstall" in names
    # The same again is kept; without rtinstall it is another package.
    assert desk.run(*words, "-f", "deb").good().out.count("kept") == 1
    assert desk.run(*words[:-2], "-t", "linux-x64", "-f", "deb").good().out.count("kept") == 0


def test_a_target_that_is_named_gets_it_or_nothing(
    desk: Desk, upstream: Upstream, zipapp: Path
) -> None:
    upstream.release(VERSION, ("darwin-arm64", "win-x64"))
    words = ("release", "24", *upstream.words, *FAST, "--rtinstall", str(zipapp))
    for target, format in (("darwin-arm64", "pkg"), ("win-x64", "msi")):
        desk.run(*words, "-t", target, "-f", format).failed(
            4, f"there is no rtinstall for {target}", "rtbuild freeze"
        )
    assert not desk.dist.exists() or desk.published() == []
    desk.run(*words, "-t", "win-x64", "-f", "zip").good()  # which has none anyway


def test_a_package_with_it_is_a_runtime_to_build_from_without_it(
    desk: Desk, upstream: Upstream, zipapp: Path
) -> None:
    upstream.release(VERSION, ("linux-x64",))
    words = ("release", "24", *upstream.words, *FAST, "-t", "linux-x64", "-f", "deb")
    desk.run(*words, "--rtinstall", zipapp).good()
    package = desk.dist / f"v{VERSION}/nodejs_{VERSION}-1_amd64.deb"
    desk.run("build", package, "-f", "tar.gz", "-o", "with", "-l", "fast").good()
    desk.run(*words, "--out", "plain").good()
    plain = desk.work / f"plain/v{VERSION}/{package.name}"
    desk.run("build", plain, "-f", "tar.gz", "-o", "without", "-l", "fast").good()
    first, second = (
        (desk.work / name / f"node-v{VERSION}-linux-x64.tar.gz").read_bytes()
        for name in ("with", "without")
    )
    assert first == second


# Search paths.


@pytest.mark.parametrize(
    ("path", "stays"), [("/home/builder/lib", False), ("$ORIGIN/../lib", True), ("", True)]
)
def test_a_search_path_of_the_freezing_machine_is_taken_out(
    tmp_path: Path, path: str, stays: bool
) -> None:
    library = tmp_path / "a.so"
    source = tmp_path / "a.c"
    source.write_text("int a(void) { return 42; }\n")
    linked = [f"-Wl,--enable-new-dtags,-rpath,{path}"] if path else []
    run("cc", "-shared", "-fPIC", "-o", library, source, *linked)
    before = library.read_bytes()
    assert forget(library) is not stays
    tool("readelf")
    assert ("RUNPATH" in run("readelf", "-d", library)) == (stays and bool(path))
    if stays:
        assert library.read_bytes() == before
    code = f"import ctypes; assert ctypes.CDLL({str(library)!r}).a() == 42"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"text" * 40])
def test_what_is_no_library_stays_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    assert not forget(path)
    assert path.read_bytes() == data
