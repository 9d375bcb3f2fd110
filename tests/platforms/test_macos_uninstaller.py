from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bundles import small_bundle
from macs import Mac
from oracles import run, tool
from rtinstall.platforms.macos import pkg
from rtinstall.platforms.macos.place import SHARED, components
from rtinstall.platforms.package import Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink

SCRIPT = "usr/local/bin/uninstall-nodejs"
NODE, NPM = "rtinstall.nodejs.node", "rtinstall.nodejs.npm"
NPM_JS = "usr/local/lib/node_modules/npm/lib/npm.js"
EXTRA = (
    File.of("etc/acme/a b'c.txt", b"extra\n"),
    File.of("usr/local/share/odd/-rf", b"odd\n"),
    File.of("usr/local/share/odd/ two  blanks ", b"odd\n"),
    File.of("usr/local/share/odd/größe ✓.md", b"odd\n"),
    File.of("usr/local/share/odd/$(touch x) `touch x` * ? [a] ; & |", b"odd\n"),
)
SETTINGS = Settings(
    npmrc=b"registry=https://npm.example/\n", certificates=b"certificate\n", extra=EXTRA
)


def installed(folder: Path, package: Package) -> Mac:
    """Return a Mac with ``package`` on it."""
    mac = Mac(folder.resolve())
    for entry in package.entries:
        put(entry, mac.root / entry.path)
    for name, entries in components(package).items():
        directories = [e.path for e in entries if isinstance(e, Directory)]
        files = [e.path for e in entries if not isinstance(e, Directory)]
        mac.receipt(f"rtinstall.nodejs.{name}", files, directories)
    mac.aim()
    return mac


def put(entry: Entry, path: Path) -> None:
    match entry:
        case Directory():
            path.mkdir(parents=True)
        case Symlink():
            path.symlink_to(entry.target)
        case File():
            path.write_bytes(b"".join(entry.content.chunks()))
            path.chmod(entry.mode)


@pytest.fixture(scope="module")
def package() -> Package:
    return pkg.package(small_bundle("darwin-arm64"), SETTINGS)


@pytest.fixture
def mac(tmp_path: Path, package: Package) -> Mac:
    return installed(tmp_path, package)


def content(package: Package, path: str) -> bytes:
    (found,) = (file for file in package.files if file.path == path)
    assert found.mode == 0o755
    return b"".join(found.content.chunks())


@pytest.mark.parametrize("prefix", ["usr", "opt/acme"])
def test_shellcheck_has_nothing_to_say(tmp_path: Path, prefix: str) -> None:
    package = pkg.package(
        small_bundle("darwin-arm64"), Settings(prefix=prefix, extra=SETTINGS.extra[:1])
    )
    script = tmp_path / "uninstall"
    where = "usr/local" if prefix == "usr" else prefix
    script.write_bytes(content(package, f"{where}/bin/uninstall-nodejs"))
    assert script.read_bytes().startswith(b"#!/bin/sh -p\n")
    run("shellcheck", "--shell=sh", script)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_all_that_was_installed_is_removed_and_nothing_else(mac: Mac, shell: str) -> None:
    others = {
        "usr/local/bin/eslint": "a global package's program",
        "usr/local/lib/node_modules/eslint/index.js": "a global package",
        "usr/local/lib/node_modules/npm/stray": "in npm's directory, but not in the receipt",
        "private/etc/hosts": "the system's",
    }
    for path, text in others.items():
        mac.root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        mac.root.joinpath(path).write_text(text)
    shared = SHARED & mac.everything()
    if shell == "busybox":
        result = subprocess.run(
            [tool("busybox"), "sh", mac.script, "--yes"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    else:
        result = mac.uninstall("--yes", shell=shell)
    assert (result.returncode, result.stdout, result.stderr) == (0, "nodejs was removed\n", "")
    kept = {parent.as_posix() for path in others for parent in Path(path).parents} - {"."}
    assert mac.everything() == shared | kept | set(others)
    assert list(mac.receipts.iterdir()) == []


def test_a_prefix_of_its_own_goes_as_well(tmp_path: Path) -> None:
    bundle = small_bundle("darwin-x64")
    mac = installed(tmp_path, pkg.package(bundle, Settings(prefix="opt/acme/node")))
    assert "private/etc/paths.d/nodejs" in mac.files()
    assert mac.uninstall("--yes").returncode == 0
    assert mac.everything() == {"opt", "private", "private/etc", "private/etc/paths.d"}


def test_a_trial_run_lists_and_removes_nothing(mac: Mac, package: Package) -> None:
    before = mac.everything()
    result = mac.uninstall("--dry-run")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.removeprefix(f"{mac.root}/") for line in result.stdout.splitlines()]
    listed = [line for line in lines if not line.endswith("/ (if it is empty)")]
    expected = [e.path for e in package.entries if not isinstance(e, Directory)]
    assert sorted(listed) == sorted([*expected, f"receipt {NODE}", f"receipt {NPM}"])
    assert mac.everything() == before
    assert len(list(mac.receipts.iterdir())) == 2


@pytest.mark.parametrize(("answer", "removed"), [("y\n", True), ("n\n", False), ("", False)])
def test_it_asks_before_it_removes(mac: Mac, answer: str, removed: bool) -> None:
    result = mac.uninstall(answer=answer)
    assert f"Remove {NPM} {NODE} and the files listed there? [y/N] " in result.stdout
    assert result.returncode == (0 if removed else 1)
    assert mac.script.exists() is not removed


@pytest.mark.parametrize(("word", "code"), [("--help", 0), ("--force", 2), ("usr", 2)])
def test_unknown_words_remove_nothing(mac: Mac, word: str, code: int) -> None:
    before = mac.everything()
    result = mac.uninstall("--yes", word)
    assert result.returncode == code
    assert "usage: uninstall-nodejs" in result.stdout + result.stderr
    assert mac.everything() == before


def test_only_root_may_remove(mac: Mac) -> None:
    before = mac.everything()
    text = mac.script.read_text()
    mac.script.write_text(text.replace('[ "0" != 0 ]', '[ "501" != 0 ]'))
    result = mac.uninstall("--yes")
    assert result.returncode == 1
    assert f"needs root: sudo {mac.root}/{SCRIPT}" in result.stderr
    assert mac.everything() == before


def test_without_npm_the_runtime_is_removed(mac: Mac) -> None:
    shutil.rmtree(mac.receipts / NPM)
    assert mac.uninstall("--yes").returncode == 0
    assert not (mac.root / "usr/local/bin/node").exists()
    assert (mac.root / NPM_JS).exists()


def test_without_a_receipt_nothing_is_removed(mac: Mac) -> None:
    shutil.rmtree(mac.receipts)
    before = mac.everything()
    result = mac.uninstall("--yes")
    assert result.returncode == 1
    assert "no receipt" in result.stderr
    assert mac.everything() == before


def test_an_unreadable_receipt_is_kept(mac: Mac) -> None:
    (mac.receipts / NODE / "directories").unlink()
    result = mac.uninstall("--yes")
    assert result.returncode == 1
    assert f"cannot read the receipt {NODE}" in result.stderr
    assert (mac.root / "usr/local/bin/node").exists()
    assert mac.script.exists()


# Somebody else has been there since.


@pytest.mark.parametrize("level", ["lib", "lib/node_modules", "lib/node_modules/npm/lib"])
def test_a_directory_that_became_a_link_is_not_entered(mac: Mac, level: str) -> None:
    directory = mac.root / "usr/local" / level
    elsewhere = mac.root.parent / "elsewhere"
    directory.rename(elsewhere)
    directory.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    result = mac.uninstall("--yes")
    assert result.returncode == 1
    assert f"left alone: {mac.root}/{NPM_JS}: its directory is not the one" in result.stderr
    assert f"kept the receipt {NPM}" in result.stderr
    assert sorted(elsewhere.rglob("*")) == before
    assert directory.is_symlink()
    assert mac.script.exists()
    # Put right, it is removed by the same command.
    directory.unlink()
    elsewhere.rename(directory)
    assert mac.uninstall("--yes").returncode == 0
    assert mac.files() == []


def test_a_link_in_place_of_a_file_is_removed_and_not_what_it_leads_to(mac: Mac) -> None:
    precious = mac.root.parent / "precious"
    precious.write_text("precious")
    (mac.root / NPM_JS).unlink()
    (mac.root / NPM_JS).symlink_to(precious)
    assert mac.uninstall("--yes").returncode == 0
    assert precious.read_text() == "precious"
    assert mac.files() == []


def test_a_directory_in_place_of_a_file_is_left_alone(mac: Mac) -> None:
    path = mac.root / NPM_JS
    path.unlink()
    path.mkdir()
    result = mac.uninstall("--yes")
    assert result.returncode == 1
    assert f"left alone: {path}: no longer a file" in result.stderr
    assert path.is_dir()


@pytest.mark.parametrize("gone", [NPM_JS, "usr/local/lib", "private/etc/acme"])
def test_what_is_gone_already_is_no_fault(mac: Mac, gone: str) -> None:
    path = mac.root / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    result = mac.uninstall("--yes")
    assert (result.returncode, result.stderr) == (0, "")
    assert mac.files() == []


@pytest.mark.parametrize(
    "path",
    [
        "../precious",
        "usr/local/../../../precious",
        "usr/local/./bin/precious",
        "usr/local//bin/precious",
        "/private/etc/precious",
        "private/etc/precious",
        "usr/localx/precious",
        "precious",
    ],
)
def test_a_receipt_that_lists_what_is_not_the_packages_is_refused(mac: Mac, path: str) -> None:
    for place in (mac.root.parent, mac.root, mac.root / "private/etc", mac.root / "usr/local/bin"):
        (place / "precious").write_text("precious")
    mac.receipt(NPM, [path], ["usr", "..", "usr/local/..", "private/etc/acme/../.."])
    result = mac.uninstall("--yes")
    assert result.returncode == 1
    assert f"left alone: {mac.root}/{path}: not a place of this package" in result.stderr
    assert len(list(mac.root.parent.rglob("precious"))) == 4


@pytest.mark.parametrize(
    "name", ["-rf", " ", " a ", "a\\b", "a\\nb", "größe", "*", "'", '"', "$HOME", "`x`", "%s", "~"]
)
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_odd_names_are_only_names(mac: Mac, name: str, shell: str) -> None:
    folder = mac.root / "usr/local/odd"
    for path in (folder / name, folder / "kept"):
        path.mkdir(parents=True)
        (path / name).write_text("odd")
    inside = f"usr/local/odd/{name}"
    mac.receipt(NPM, [f"{inside}/{name}"], ["usr/local", "usr/local/odd", inside])
    result = mac.uninstall("--yes", shell=shell)
    assert (result.returncode, result.stderr) == (0, "")
    assert [path.name for path in folder.iterdir()] == ["kept"]
    assert (folder / "kept" / name).read_text() == "odd"


def test_the_environment_of_who_runs_it_has_no_say(mac: Mac) -> None:
    """As CVE-2024-27822: a start-up file of the user's, run as root."""
    traps = mac.root.parent / "traps"
    traps.mkdir()
    for name in ("rm", "rmdir", "sort", "id", "pwd", "start-up"):
        (traps / name).write_text(f"#!/bin/sh\ntouch '{traps}/sprung'\n")
        (traps / name).chmod(0o755)
    start_up = str(traps / "start-up")
    result = mac.uninstall(
        "--yes",
        shell="bash",
        env={
            "PATH": f"{traps}:/usr/bin:/bin",
            "ENV": start_up,
            "BASH_ENV": start_up,
            "BASH_FUNC_cd%%": f"() {{ touch '{traps}/sprung'; }}",
            "CDPATH": "/",
            "IFS": "/",
        },
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert not (traps / "sprung").exists()
    assert mac.files() == []
