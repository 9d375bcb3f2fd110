"""What a Windows or macOS file cannot hold, or must not: said before anything of it is written."""

from __future__ import annotations

import json

import pytest

import macho
import pe
from rtinstall.runtime_bundle.model import Entry, File, Symlink
from world.rtbuild import FAST, Desk
from world.runtime import VERSION, Upstream, archive_name, row, with_entries

RELEASE = ("release", "24", *FAST)
UTF_16 = "Lizenz\n".encode("utf-16")
CANDIDATE = "25.0.0-rc.1"
ARM64 = macho.executable("arm64")
MIDDLE = len(ARM64) // 2


def serve(upstream: Upstream, target: str, *others: Entry, version: str = VERSION) -> None:
    """Serve a release whose archive has other entries."""
    upstream.release(version, (target,))
    data = with_entries(target, *others, version=version)
    upstream.serve(version, {archive_name(target, version): data})


def refused(desk: Desk, upstream: Upstream, target: str, name: str, code: int, *said: str) -> None:
    desk.run(*RELEASE, *upstream.words, "-t", target, "-f", name).failed(code, *said)
    assert desk.published() == []
    assert [path.name for path in desk.dist.iterdir()] == [".lock"]


@pytest.mark.parametrize(("target", "name"), [("win-x64", "msi"), ("darwin-arm64", "pkg")])
@pytest.mark.parametrize(
    "data", [UTF_16, b"MIT\0", b"MIT \x1b[1m", bytes(range(256))],
    ids=["utf-16", "nul", "escape", "binary"],
)  # fmt: skip
def test_a_licence_that_is_no_text_is_not_shown_to_people(
    desk: Desk, upstream: Upstream, target: str, name: str, data: bytes
) -> None:
    serve(upstream, target, File.of("LICENSE", data))
    refused(desk, upstream, target, name, 15)


@pytest.mark.parametrize(("target", "name"), [("win-x64", "zip"), ("darwin-arm64", "tar.xz")])
def test_an_archive_shows_no_licence_and_holds_any(
    desk: Desk, upstream: Upstream, target: str, name: str
) -> None:
    serve(upstream, target, File.of("LICENSE", UTF_16))
    desk.run(*RELEASE, *upstream.words, "-t", target, "-f", name).good()


# Versions.


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (CANDIDATE, "prerelease"),
        ("256.0.0", "255.255.65535"),
        ("24.256.0", "255.255.65535"),
    ],
)
def test_a_version_windows_installer_cannot_compare_is_refused_before_anything_is_fetched(
    desk: Desk, upstream: Upstream, version: str, said: str
) -> None:
    upstream.put("index.json", json.dumps([row(version, ("win-x64",))]).encode())
    words = ("release", version, "-t", "win-x64", *FAST, *upstream.words)
    for more in ((), ("--plan",), ("-f", "zip")):
        desk.run(*words, "-f", "msi", *more).failed(15, "msi: ", said)
    assert {request.path for request in upstream.server.requests} == {"/dist/index.json"}
    assert not desk.dist.exists()


def test_a_format_nobody_asked_for_is_left_out_and_why_is_said(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(CANDIDATE, ("win-x64", "linux-x64"))
    words = ("release", CANDIDATE, *FAST, *upstream.words)
    plan = desk.run(*words, "--plan", "--json").good().json
    assert {job["target"]: job["formats"] for job in plan["targets"]} == {
        "linux-x64": ["deb", "rpm", "arch", "tar.xz", "tar.gz"],
        "win-x64": ["zip"],
    }
    assert "no prereleases" in plan["left_out"]["msi"]
    made = desk.run(*words, "-t", "win-x64").good()
    assert "\nno msi: Windows Installer has no prereleases such as 25.0.0-rc.1\n" in made.err
    assert "of the family" not in made.err
    assert {name.rpartition("/")[2] for name in desk.published()} == {
        "SHASUMS256.txt",
        "index.json",
        "index.tab",
        f"node-v{CANDIDATE}-win-x64.manifest.json",
        f"node-v{CANDIDATE}-win-x64.zip",
    }


def test_a_bundle_of_such_a_version_is_built_the_same_way(desk: Desk, upstream: Upstream) -> None:
    upstream.release(CANDIDATE, ("win-x64",))
    desk.run("bundle", CANDIDATE, "-t", "win-x64", *upstream.words).good()
    words = ("build", f"bundle/node-v{CANDIDATE}-win-x64", *FAST)
    desk.run(*words, "-f", "msi", "-f", "zip").failed(15, "msi: ", "prerelease")
    assert [path.name for path in (desk.work / "packages").iterdir()] == [".lock"]
    built = desk.run(*words).good()
    assert "\nno msi: Windows Installer has no prereleases" in f"\n{built.err}"
    assert [path.suffix for path in (desk.work / "packages").glob("node*")] == [".zip"]


# Names and paths.


@pytest.mark.parametrize("name", ["msi", "zip"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("aux.js", "'aux.js' is the name of a device"),
        ("lib/COM1", "the name of a device"),
        ("lib/dot./a.js", "'dot.' ends in '.'"),
        ("space ", "ends in ' '"),
        ("a:b", "it has the character ':'"),
        ("what?", "it has the character '?'"),
        ("d" * 256, "units of UTF-16"),
        ("d" * 120 + "/" + "f" * 130, "units of UTF-16, and there is room for"),
        ("é" * 120 + "/" + "日" * 130, "units of UTF-16, and there is room for"),
    ],
)
def test_a_file_of_ours_that_windows_has_no_name_for_is_refused(
    desk: Desk, upstream: Upstream, name: str, path: str, said: str
) -> None:
    upstream.release(VERSION, ("win-x64",))
    desk.work.mkdir()
    (desk.work / "motd").write_text("hello\n")
    files = f'[files]\n{json.dumps(f"/{path}", ensure_ascii=False)} = "motd"\n'
    (desk.work / "rtbuild.toml").write_text(files)
    refused(desk, upstream, "win-x64", name, 15, "Windows cannot hold", said, "rename it")


@pytest.mark.parametrize("name", ["msi", "zip"])
@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        (File.of("node_modules/npm/aux.js", b""), 8, "aux.js"),
        (File.of("node_modules/npm/a:b", b""), 8, "a:b"),
        (File.of("node_modules/npm/dot.", b""), 8, "dot."),
        (File.of("node_modules/npm/NODE.exe/../x", b""), 8, "unsafe path"),
        (File.of("NODE.EXE", b""), 8, "differ only in case"),
        (File.of(f"node_modules/npm/{'d' * 120}/{'f' * 120}", b""), 15, "there is room for"),
        (Symlink("node_modules/npm/LICENSE", "package.json"), 15, "it is a symbolic link"),
        (Symlink("LICENCE", "../../LICENSE"), 8, "LICENCE"),
    ],
)
def test_an_archive_that_windows_has_no_names_for_is_refused(
    desk: Desk, upstream: Upstream, name: str, entry: Entry, code: int, said: str
) -> None:
    serve(upstream, "win-x64", entry)
    refused(desk, upstream, "win-x64", name, code, said)


def test_the_home_of_a_user_leaves_less_room(desk: Desk, upstream: Upstream) -> None:
    serve(upstream, "win-x64", File.of(f"{'d' * 100}/{'f' * 120}", b""))
    words = (*RELEASE, *upstream.words, "-t", "win-x64", "-f", "msi")
    for scope in ("user", "dual"):
        desk.run(*words, "--scope", scope).failed(15, "there is room for 199")
    assert desk.published() == []
    desk.run(*words).good()


# Executables.


@pytest.mark.parametrize(
    ("target", "program", "said"),
    [
        ("win-x64", pe.executable("x64", "24.18.0"), "labelled node 24.19.0"),
        ("win-x64", pe.executable("arm64", VERSION), "not for win-x64"),
        ("win-x86", pe.executable("x64", VERSION), "not for win-x86"),
        ("win-x64", b"MZ" + bytes(200), ""),
        ("win-x64", ARM64, "not for win-x64"),
        ("darwin-arm64", macho.executable("arm64", signed=False), "signed"),
        ("darwin-arm64", ARM64[:MIDDLE] + b"\xff" + ARM64[MIDDLE + 1 :], "that was signed"),
        ("darwin-arm64", ARM64[:-20], ""),
        ("darwin-arm64", macho.executable("x64"), "not for darwin-arm64"),
    ],
    ids=[
        "another version", "another machine", "wider machine", "no headers", "another system",
        "not signed", "damaged", "cut short", "another processor",
    ],
)  # fmt: skip
def test_a_program_that_is_not_what_it_should_be_is_refused(
    desk: Desk, upstream: Upstream, target: str, program: bytes, said: str
) -> None:
    windows = target.startswith("win")
    serve(upstream, target, File.of("node.exe" if windows else "bin/node", program, 0o755))
    refused(desk, upstream, target, "msi" if windows else "pkg", 9, said)
