"""The rules that no linter knows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from rtinstall.platforms.formats import FORMATS
from rtinstall.runtime_bundle.errors import every_error
from rtinstall.runtime_bundle.targets import TARGETS

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "runtime_bundle": {"runtime_bundle"},
    "platforms": {"platforms", "runtime_bundle"},
    "installer": {"installer", "runtime_bundle"},
}
# Who may touch what is outside the program: a network, a process, the environment.
NETWORK = {"runtime_bundle/network.py"}
PROCESSES = {
    "runtime_bundle/sources",
    "platforms/freeze",
    "platforms/smoke",
    "installer/processes.py",
}
# Writers see an open file, never a disk.
PURE = tuple(
    f"platforms/{room}/"
    for room in (
        "containers",
        "compression",
        "rpm",
        "linux",
        "macos",
        "windows",
        "freebsd",
        "ibmi",
        "repodata",
    )
)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


SOURCES = [path for folder in MAY_IMPORT for path in sorted((ROOT / folder).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_rooms_import_along_the_arrows(path: Path) -> None:
    allowed = MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    ours = {found.split(".")[1] for found in imports(path) if found.startswith("rtinstall.")}
    assert ours <= allowed


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_the_rim_touches_network_and_processes(path: Path) -> None:
    if name(path) not in NETWORK:
        assert roots(path).isdisjoint({"requests", "urllib3", "socket", "ssl", "http", "ftplib"})
    if not any(name(path).startswith(place) for place in PROCESSES):
        assert roots(path).isdisjoint({"subprocess", "multiprocessing", "pty"})


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if name(path).startswith(PURE)], ids=name
)
def test_writers_are_pure(path: Path) -> None:
    outside = {"os", "pathlib", "shutil", "tempfile", "time", "random", "platform", "getpass"}
    assert roots(path).isdisjoint(outside)


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "readers").glob("*.py")), ids=name)
def test_readers_share_nothing_with_the_writers(path: Path) -> None:
    assert "rtinstall" not in roots(path)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_extracts_or_runs_a_shell(path: Path) -> None:
    called = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    }  # fmt: skip
    forbidden = ("os.system", "os.popen", "eval", "exec")
    assert not [c for c in called if c in forbidden or c.endswith((".extractall", ".extract"))]
    assert "shell=True" not in path.read_text("utf-8")
    assert "verify=False" not in path.read_text("utf-8")


def test_every_format_of_the_table_is_written_and_no_other() -> None:
    assert {fmt for target in TARGETS for fmt in target.formats} == set(FORMATS)


def test_targets_of_musl_get_an_apk_and_those_of_glibc_never() -> None:
    for target in TARGETS:
        if target.os == "linux":
            assert ("apk" in target.formats) == (target.libc == "musl")


def test_every_error_has_its_own_exit_code_and_a_hint() -> None:
    codes = [error.exit_code for error in every_error()]
    assert len(codes) == len(set(codes))
    assert not {0, 1, 2, 130, 143} & set(codes)
    assert all(error.hint for error in every_error())


def test_the_readme_states_every_exit_code_and_target() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for error in every_error():
        assert f"| {error.exit_code} |" in readme
    for target in TARGETS:
        formats = " ".join(target.formats) or "-"
        row = f"| `{target.name}` | {target.minimum} | {' '.join(target.sources)} | {formats} |"
        assert row in readme
