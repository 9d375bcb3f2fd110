"""``rtbuild bundle`` and ``rtbuild build``: a runtime on disk, and packages of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from world.rtbuild import FAST, Desk
from world.runtime import VERSION, Upstream, runtime_entries

NAME = "node-v24.19.0-linux-x64"
FORMS = ("directory", "tar.xz", "tar.gz")
MANIFEST = f"{NAME}.manifest.json"


@pytest.fixture
def bundled(desk: Desk, upstream: Upstream) -> Path:
    """Give a bundle as a folder."""
    upstream.release(VERSION)
    desk.run("bundle", "24", "-t", "linux-x64", *upstream.words).good()
    return desk.work / "bundle" / NAME


def packages(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("form", FORMS)
def test_packages_of_a_bundle_are_those_of_the_release(
    desk: Desk, upstream: Upstream, form: str
) -> None:
    upstream.release(VERSION)
    words = (*upstream.words, *FAST)
    desk.run("release", "24", *words, "-t", "linux-x64").good()
    made = desk.run("bundle", "24", "-t", "linux-x64", *words, "--as", form).good()
    path = f"bundle/{NAME}" + ("" if form == "directory" else f".{form}")
    assert made.out.startswith(f"{path}: node 24.19.0, npm 11.6.2, ")
    assert files(desk.work / "bundle") == sorted([".lock", MANIFEST, Path(path).name])
    built = desk.run("build", path, *FAST, "--out", "again").good()
    assert "again/nodejs_24.19.0-1_amd64.deb" in built.out
    released = packages(desk.dist / "v24.19.0")
    again = packages(desk.work / "again")
    assert again == {name: released[name] for name in again}
    assert len(again) == 5


def test_a_bundle_is_the_runtime_and_npm_with_its_origin(bundled: Path) -> None:
    manifest = json.loads(bundled.with_name(MANIFEST).read_bytes())
    assert (manifest["version"], manifest["target"]) == (VERSION, "linux-x64")
    assert (manifest["npm"], manifest["glibc"], manifest["lts"]) == ("11.6.2", "2.28", "Krypton")
    assert manifest["components"]["openssl"] == "3.5.4"
    assert manifest["provenance"][0]["location"].endswith(f"/{NAME}.tar.xz")
    there = {p.relative_to(bundled).as_posix() for p in bundled.rglob("*")}
    assert there == {entry["path"] for entry in manifest["entries"]}
    assert there >= {entry.path for entry in runtime_entries("linux-x64")}
    assert (bundled / "bin/npm").readlink().as_posix() == "../lib/node_modules/npm/bin/npm-cli.js"
    assert {p.stat().st_mtime for p in bundled.rglob("*")} == {manifest["released"]}
    assert (bundled / "bin/node").stat().st_mode & 0o7777 == 0o755


def test_json_says_where_it_is(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("linux-arm64",))
    made = desk.run("bundle", VERSION, "-t", "linux-arm64", *upstream.words, "--json").good()
    assert made.err == ""
    assert made.json["path"] == "bundle/node-v24.19.0-linux-arm64"
    built = desk.run("build", made.json["path"], *FAST, "-f", "deb", "--json").good()
    assert built.err == ""
    ((artifact),) = built.json
    data = (desk.work / artifact["file"]).read_bytes()
    assert (artifact["file"], artifact["size"]) == (
        "packages/nodejs_24.19.0-1_arm64.deb",
        len(data),
    )


def test_an_existing_bundle_is_not_written_over(
    desk: Desk, bundled: Path, upstream: Upstream
) -> None:
    (bundled / "mine").write_text("precious")
    before = bundled.with_name(MANIFEST).read_bytes()
    ended = desk.run("bundle", "24", "-t", "linux-x64", *upstream.words)
    ended.failed(10, f"{NAME} is already there", "--out")
    assert (bundled / "mine").exists()
    assert bundled.with_name(MANIFEST).read_bytes() == before


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"// more\n")


def change_a_file(folder: Path) -> None:
    append(folder / "lib/node_modules/npm/lib/npm.js")


def lose_a_file(folder: Path) -> None:
    (folder / "README.md").unlink()


def add_a_file(folder: Path) -> None:
    (folder / "lib/node_modules/npm/lib/more.js").write_text("")


def make_executable(folder: Path) -> None:
    (folder / "README.md").chmod(0o755)


def turn_a_link(folder: Path) -> None:
    (folder / "bin/npx").unlink()
    (folder / "bin/npx").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")


TAMPERING = (change_a_file, lose_a_file, add_a_file, make_executable, turn_a_link)


@pytest.mark.parametrize("tamper", TAMPERING)
def test_a_changed_bundle_is_not_built(
    desk: Desk, bundled: Path, tamper: Callable[[Path], None]
) -> None:
    tamper(bundled)
    desk.run("build", f"bundle/{NAME}").failed(7, "is not what", MANIFEST)
    assert files(desk.work / "packages") == [".lock"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "24.18.0"),
        ("npm", "1.0.0"),
        ("released", -1),
        ("released", "today"),
        ("components", {"v8": 13}),
        ("lts", None),
        ("provenance", [{"what": "runtime"}]),
        ("schema", 2),
    ],
)
def test_a_manifest_of_something_else_is_not_believed(
    desk: Desk, bundled: Path, key: str, value: object
) -> None:
    path = bundled.with_name(MANIFEST)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), key: value}))
    desk.run("build", f"bundle/{NAME}").failed(12, "manifest")


def test_anyones_runtime_is_built_and_recorded_as_unchecked(desk: Desk, bundled: Path) -> None:
    bundled.with_name(MANIFEST).unlink()
    append(bundled / "lib/node_modules/npm/lib/npm.js")
    desk.run("build", f"bundle/{NAME}", *FAST, "-f", "deb").good()
    assert files(desk.work / "packages") == [".lock", "nodejs_24.19.0-1_amd64.deb"]


def test_the_folder_one_stands_in_is_a_bundle(desk: Desk, bundled: Path) -> None:
    inside = Desk(desk.folder)
    moved = desk.folder / "moved" / NAME
    shutil.copytree(bundled.parent, moved.parent, symlinks=True)
    ended = inside.program("build", moved, *FAST, "-f", "deb", "--json").good()
    shutil.rmtree(inside.work)
    inside.work.symlink_to(moved)
    again = inside.program("build", ".", *FAST, "-f", "deb", "--out", "../out", "--json").good()
    assert again.json[0]["sha256"] == ended.json[0]["sha256"]
    append(moved / "README.md")
    inside.program("build", ".", *FAST, "--out", "../out").failed(7, "README.md")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("-t", "linux-arm64"), 9, ("linux-arm64",)),
        (("-t", "vax"), 4, ("'vax' is no target",)),
        (("-f", "apk"), 4, ("linux-x64 has no format apk", "deb, rpm")),
        (("--jobs", "none"), 2, ("--jobs",)),
    ],
)
def test_what_cannot_be_built_is_said(
    desk: Desk, bundled: Path, words: tuple[str, ...], code: int, said: tuple[str, ...]
) -> None:
    bundled.with_name(MANIFEST).unlink()
    desk.run("build", f"bundle/{NAME}", *words).failed(code, *said)
    assert files(desk.work / "packages") in ([], [".lock"])


def test_what_is_no_bundle_is_said(desk: Desk) -> None:
    desk.work.mkdir()
    (desk.work / "empty").mkdir()
    (desk.work / "text.tar.xz").write_text("no archive")
    desk.run("build", "empty").failed(12, "empty has no bin/node")
    desk.run("build", "text.tar.xz").failed(12, "text.tar.xz")
    desk.run("build", "missing").failed(2, "missing")


def test_a_runtime_without_headers_needs_a_label(desk: Desk, bundled: Path) -> None:
    bundled.with_name(MANIFEST).unlink()
    shutil.rmtree(bundled / "include")
    desk.run("build", f"bundle/{NAME}").failed(12, "does not say which version it is")


def test_a_bundle_is_for_one_target(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("linux-x64", "linux-arm64"))
    words = ("bundle", "24", *upstream.words)
    both = desk.run(*words, "-t", "linux-x64", "-t", "linux-arm64")
    both.failed(11, "one target")
    desk.run(*words, "-t", "linux-s390x").failed(4, "linux-s390x")
    assert not (desk.work / "bundle").exists()
