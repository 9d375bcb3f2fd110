"""``rtinstall`` inside packages: where it lies, what it asks for, and that archives have none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import small_bundle
from companions import ARCHIVE, COMPLETIONS, frozen, zipapp
from readers import deb, msi
from rtinstall.platforms.build import Built, build
from rtinstall.platforms.companion import FORMATS as WITH_IT
from rtinstall.platforms.companion import Companion, fitting
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.manifest import artifacts_of, read_manifest, write_manifest
from rtinstall.platforms.package import SCOPES, Effort, Metadata, Package, Scope, Windows
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal
from rtinstall.runtime_bundle.model import Blob, Dependency, Directory, File, Symlink
from rtinstall.runtime_bundle.targets import TARGETS, target_named

UNIX = {  # format: target, prefix, folder of zsh
    "deb": ("linux-x64", "usr", "vendor-completions"),
    "rpm": ("linux-x64", "usr", "site-functions"),
    "arch": ("linux-x64", "usr", "site-functions"),
    "apk": ("linux-x64-musl", "usr", "site-functions"),
    "freebsd": ("freebsd-x64", "usr/local", "site-functions"),
    "ibmi": ("ibmi-ppc64", "QOpenSys/pkgs/lib/nodejs24", "site-functions"),
    "pkg": ("darwin-arm64", "usr/local", "site-functions"),
}
PYTHON = {
    "deb": "/usr/bin/python3",
    "rpm": "/usr/bin/python3",
    "arch": "/usr/bin/python3",
    "apk": "/usr/bin/python3",
    "freebsd": "/usr/local/bin/python3",
    "ibmi": "/QOpenSys/pkgs/bin/python3.13",
}


def made(
    name: str, target: str, *companions: Companion, settings: Settings | None = None
) -> Package:
    options = replace(settings or Settings(), companions=companions)
    return FORMATS[name].package(small_bundle(target), options)


def written(name: str, target: str, folder: Path, settings: Settings) -> Built:
    """Write a package and read it back."""
    return build(
        small_bundle(target), settings, name,
        stage=folder, effort=Effort("fast"), watch=Terminal(None, quiet=True),
    )  # fmt: skip


def texts(package: Package, *paths: str) -> list[bytes]:
    files = {file.path: file for file in package.files}
    return [b"".join(files[path].content.chunks()) for path in paths]


@pytest.mark.parametrize("name", UNIX)
@pytest.mark.parametrize("form", ["onedir", "zipapp"])
def test_program_link_completions_and_a_note_are_in_every_package(
    name: str, form: str, tmp_path: Path
) -> None:
    target, prefix, zsh = UNIX[name]
    if form == "zipapp" and name == "pkg":
        pytest.skip("macOS has no Python")
    companion = zipapp() if form == "zipapp" else frozen(target, ())
    package = made(name, target, companion)
    found = {entry.path: entry for entry in package.entries}
    program = found[f"{prefix}/lib/rtinstall/rtinstall"]
    assert isinstance(program, File)
    assert program.mode == 0o755
    assert found[f"{prefix}/bin/rtinstall"] == Symlink(
        f"{prefix}/bin/rtinstall", "../lib/rtinstall/rtinstall"
    )
    shells = (
        f"{prefix}/share/bash-completion/completions/rtinstall",
        f"{prefix}/share/zsh/{zsh}/_rtinstall",
        f"{prefix}/share/fish/vendor_completions.d/rtinstall.fish",
    )
    assert texts(package, *shells) == list(COMPLETIONS.values())
    inside = "rtinstall-internal/" if form == "onedir" else ""
    (note,) = texts(package, f"{prefix}/lib/rtinstall/{inside}origin.json")
    package_name = "nodejs24" if name == "ibmi" else "nodejs"
    assert json.loads(note) == {"format": name, "package": package_name}
    assert package.companion == str(companion)
    # Written, and read back by the readers that share nothing with the writers.
    artifact = written(name, target, tmp_path, Settings(companions=(companion,))).artifact
    assert artifact.rtinstall == str(companion)


@pytest.mark.parametrize("name", PYTHON)
def test_the_first_line_of_a_zipapp_is_for_the_python_of_its_system(name: str) -> None:
    target, prefix, _ = UNIX[name]
    (data,) = texts(made(name, target, zipapp()), f"{prefix}/lib/rtinstall/rtinstall")
    assert data == f"#!{PYTHON[name]} -IXutf8\n".encode() + ARCHIVE


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("deb", "python3:any (>= 3.11)"),
        ("rpm", "python(abi) >= 3.11"),
        ("arch", "python>=3.11"),
        ("apk", "python3>=3.11"),
        ("ibmi", "python3.13"),
    ],
)
def test_a_zipapp_asks_for_python_in_the_words_of_each_format(name: str, asked: str) -> None:
    target = UNIX[name][0]
    assert asked in made(name, target, zipapp()).requires
    assert asked not in made(name, target).requires
    assert asked not in made(name, target, frozen(target)).requires


def test_a_zipapp_on_freebsd_depends_on_the_port_of_python() -> None:
    python = Dependency("package", "python3", "3_4", "lang/python3")
    assert python in made("freebsd", "freebsd-x64", zipapp()).bundle.dependencies
    assert python not in made("freebsd", "freebsd-x64").bundle.dependencies


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("deb", {"libc6 (>= 2.36)", "zlib1g"}),
        ("rpm", {"libc.so.6(GLIBC_2.36)(64bit)", "libm.so.6(GLIBC_2.29)(64bit)", "libz.so.1()(64bit)"}),
        ("arch", {"glibc>=2.36", "zlib"}),
    ],
)  # fmt: skip
def test_a_frozen_one_asks_for_the_c_library_it_was_linked_with(name: str, asked: set[str]) -> None:
    assert asked <= set(made(name, "linux-x64", frozen()).requires)
    assert not asked & set(made(name, "linux-x64", zipapp()).requires)
    requires = made(name, "linux-x64", frozen()).requires
    assert len(requires) == len(set(requires))


def test_a_runtime_that_needs_a_newer_c_library_goes_on_asking_for_it() -> None:
    old = frozen(needs=("libc.so.6(GLIBC_2.17)",))
    assert "libc6 (>= 2.28)" in made("deb", "linux-x64", old).requires


@pytest.mark.parametrize("scope", SCOPES)
def test_on_windows_it_lies_beside_node_and_is_a_feature_of_its_own(
    scope: Scope, tmp_path: Path
) -> None:
    settings = Settings(Metadata(windows=Windows(scope)), companions=(frozen("win-x64"),))
    built = written("msi", "win-x64", tmp_path, settings)  # held to the rules of consistency
    database = msi.read(built.path.read_bytes())
    features = {row["Feature"] for row in database.table("Feature")}
    assert "rtinstall" in features
    components = {
        row["Component_"]
        for row in database.table("FeatureComponents")
        if row["Feature_"] == "rtinstall"
    }
    names = {
        str(row["FileName"]).rpartition("|")[2]
        for row in database.table("File")
        if row["Component_"] in components
    }
    assert names == {"rtinstall.exe", "base_library.zip", "libpython3.so", "origin.json", "LICENSES.txt"}  # fmt: skip
    (tmp_path / "without").mkdir()
    without = written("msi", "win-x64", tmp_path / "without", replace(settings, companions=()))
    features = {row["Feature"] for row in msi.read(without.path.read_bytes()).table("Feature")}
    assert "rtinstall" not in features


@pytest.mark.parametrize("name", UNIX)
def test_the_licences_of_all_of_it_are_in_the_package(name: str) -> None:
    target = UNIX[name][0]
    package = made(name, target, frozen(target, ()))
    said = b"".join(
        chunk for file in package.files if file.path in package.licenses
        for chunk in file.content.chunks()
    )  # fmt: skip
    assert b"Click (BSD-3-Clause)" in said
    assert b"Node.js is licensed for use as follows" in said


def test_a_deb_says_both_licences_in_its_copyright_and_gives_the_runtime_s_back(
    tmp_path: Path,
) -> None:
    built = written("deb", "linux-x64", tmp_path, Settings(companions=(frozen(),)))
    members = {m.name: m.data for m in deb.read(built.path.read_bytes()).members}
    copyright = members["./usr/share/doc/nodejs/copyright"].decode()
    paragraphs = copyright.split("\n\n")
    assert [p.splitlines()[0] for p in paragraphs if p] == [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
        "Files: *",
        "Files: */lib/rtinstall/*",
    ]
    assert " Click (BSD-3-Clause)" in paragraphs[2]
    assert not any("LICENSE.rtinstall" in name for name in members)


@pytest.mark.parametrize("name", ["tar.gz", "tar.xz", "zip"])
def test_archives_stay_as_upstream_s(name: str) -> None:
    target = "win-x64" if name == "zip" else "linux-x64"
    package = made(name, target, frozen(target), zipapp())
    assert package == made(name, target)


@pytest.mark.parametrize("name", ["deb", "rpm", "arch"])
def test_below_another_prefix_everything_of_it_is_there_too(name: str) -> None:
    package = made(name, "linux-x64", frozen(), settings=Settings(prefix="opt/node"))
    plain = made(name, "linux-x64", settings=Settings(prefix="opt/node"))
    known = {entry.path for entry in plain.entries}
    mine = {e.path for e in package.entries if not isinstance(e, Directory)} - known
    assert {path for path in mine if not path.startswith("opt/node/")} <= {
        "usr/share/licenses/nodejs/LICENSE.rtinstall"
    }
    assert "opt/node/bin/rtinstall" in mine


def test_each_target_gets_what_was_frozen_for_it_then_the_zipapp_where_python_is() -> None:
    mac = frozen("darwin-universal")
    every = (zipapp(), frozen("linux-x64"), mac, frozen("win-x64"))
    got = {target.name: fitting(every, target) for target in TARGETS}
    assert got["linux-x64"] == every[1]
    assert got["linux-arm64"] == got["freebsd-x64"] == got["ibmi-ppc64"] == zipapp()
    assert got["darwin-x64"] == got["darwin-arm64"] == got["darwin-universal"] == mac
    assert got["win-x64"] == every[3]
    assert got["win-arm64"] is None
    assert got["aix-ppc64"] is None
    assert fitting((), target_named("linux-x64")) is None
    assert FORMATS.keys() - {"tar.gz", "tar.xz", "zip"} == WITH_IT


def test_the_manifest_says_which_one_is_in_a_package(tmp_path: Path) -> None:
    built = written("deb", "linux-x64", tmp_path, Settings(companions=(zipapp(),)))
    said = write_manifest(small_bundle(), [built.artifact])
    (artifact,) = artifacts_of(read_manifest(said, "m"))
    assert artifact.rtinstall == "rtinstall 0.1.0, needs Python"


def test_another_rtinstall_is_another_recipe(tmp_path: Path) -> None:
    first = zipapp()
    (program,) = first.entries
    assert isinstance(program, File)
    assert isinstance(program.content, Blob)
    other = replace(first, entries=(File.of("rtinstall", program.content.data + b"x", 0o755),))
    recipes = set()
    for number, companions in enumerate(((), (first,), (other,))):
        folder = tmp_path / str(number)
        folder.mkdir()
        settings = Settings(companions=companions)
        recipes.add(written("deb", "linux-x64", folder, settings).artifact.recipe)
    assert len(recipes) == 3
