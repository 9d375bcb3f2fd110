"""Global packages: which there are, which are carried over, and by what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtinstall.installer.packages import packages, planned
from rtinstall.runtime_bundle.versions import Version
from world.installed import Home
from world.npm_packages import asked, put, with_npm

V22, V24 = "v22.11.0", "v24.19.0"


@pytest.fixture
def two(home: Home) -> Home:
    """Give a home with two versions; 24 is active."""
    home.put("22.11.0", "24.19.0")
    for name in (V22, V24):
        with_npm(home.store / "versions" / name)
    home.run("default", "24").good()
    return home


def folder(home: Home, name: str) -> Path:
    return home.store / "versions" / name


def test_packages_are_read_from_the_folders_and_npm_is_none(tmp_path: Path) -> None:
    for name in ("npm", "corepack", "typescript", "@scope/tool", "@scope/other"):
        put(tmp_path, name, "2.3.4")
    (tmp_path / "lib/node_modules/.package-lock.json").write_text("{}")
    (tmp_path / "lib/node_modules/.bin").mkdir()
    found = [package.spec for package in packages(tmp_path)]
    assert found == ["@scope/other@2.3.4", "@scope/tool@2.3.4", "typescript@2.3.4"]
    assert packages(tmp_path / "nowhere") == ()


def test_windows_has_them_beside_node(tmp_path: Path) -> None:
    put(tmp_path, "typescript")
    (tmp_path / "lib/node_modules").rename(tmp_path / "node_modules")
    assert packages(tmp_path) == ()
    (tmp_path / "node.exe").write_bytes(b"")
    assert [package.name for package in packages(tmp_path)] == ["typescript"]


@pytest.mark.parametrize(
    ("name", "manifest", "why"),
    [
        ("mine", {"private": True}, "is private"),
        ("mine", {"name": "other"}, "is 'other' under another name"),
        ("mine", {"name": None}, "under another name"),
        ("mine", {"version": "latest"}, "no name and version"),
        ("mine", {"version": "1.0.0 --registry=http://evil"}, "no name and version"),
        ("mine", {"version": 1}, "no name and version"),
        ("-g", {}, "no name and version"),
        ("@x/--prefix=y z", {}, "no name and version"),
        ("mine", {"_resolved": "git+ssh://git@host/mine.git#1234"}, "came from git+ssh"),
        ("mine", {"_resolved": "file:../mine.tgz"}, "came from file:"),
        ("mine", {"_resolved": "https://registry.example/mine/-/mine-1.0.0.tgz"}, ""),
        ("mine", {"engines": {"node": "<24"}}, "needs node <24"),
        ("mine", {"engines": {"node": ">=18 <25"}}, ""),
        ("mine", {"engines": {"node": "whatever"}}, ""),
        ("mine", {"engines": "node"}, ""),
        ("mine", {"engines": {"node": ["<24"]}}, ""),
    ],
)
def test_only_what_the_registry_has_by_name_and_version_is_carried(
    tmp_path: Path, name: str, manifest: dict[str, object], why: str
) -> None:
    put(tmp_path, name, **manifest)
    plan = planned(packages(tmp_path), (), Version.parse("24.19.0"))
    assert bool(plan.carried) == (not why)
    assert why in "".join(reason for _, reason in plan.left)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b" " * 2_000_000]
)
def test_a_broken_package_is_named_and_left(tmp_path: Path, content: bytes) -> None:
    (put(tmp_path, "broken") / "package.json").write_bytes(content)
    (put(tmp_path, "none") / "package.json").unlink()
    (put(tmp_path, "pipe") / "package.json").unlink()
    os.mkfifo(tmp_path / "lib/node_modules/pipe/package.json")
    found = packages(tmp_path)
    assert [package.name for package in found] == ["broken", "none", "pipe"]
    assert {package.obstacle for package in found} == {"has no package.json that can be read"}


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "linked")
    (tmp_path / "lib/node_modules").mkdir(parents=True)
    place = tmp_path / "elsewhere/lib/node_modules/linked"
    (tmp_path / "lib/node_modules/linked").symlink_to(place)
    (tmp_path / "lib/node_modules/dangling").symlink_to("nowhere")
    plan = planned(packages(tmp_path), (), Version.parse("24.19.0"))
    assert plan.carried == ()
    assert [why for _, why in plan.left] == ["is a link to nowhere", f"is a link to {place}"]


def test_npm_of_the_new_version_installs_them_into_it_without_scripts(two: Home) -> None:
    for name in ("typescript", "@scope/tool"):
        put(folder(two, V22), name, "5.6.7")
    ended = two.run("migrate-packages", "22", NPM_CONFIG_PREFIX="/opt/x", NODE_OPTIONS="-r evil")
    assert ended.good().out == "2 carried over to v24.19.0, 0 left\n"
    (words,) = asked(folder(two, V24))
    new = folder(two, V24)
    assert words.startswith(f"{new}/lib/node_modules/npm/bin/npm-cli.js install --global ")
    assert f"--prefix={new}" in words.split()
    assert "--ignore-scripts" in words.split()
    assert words.endswith(" -- @scope/tool@5.6.7 typescript@5.6.7")
    environment = (new / "bin/node.environment").read_text()
    assert environment.startswith(f"PATH {new}/bin:")
    assert "HOME=" in environment
    assert "NPM_CONFIG_PREFIX" not in environment
    assert "NODE_OPTIONS" not in environment
    assert environment.splitlines()[-1] == str(new)
    assert asked(folder(two, V22)) == []
    assert [p.spec for p in packages(new)] == ["@scope/tool@5.6.7", "typescript@5.6.7"]


def test_what_is_there_stays_and_the_second_time_nothing_is_done(two: Home) -> None:
    put(folder(two, V22), "typescript", "5.6.7")
    put(folder(two, V24), "typescript", "6.0.0")
    ended = two.run("migrate-packages", "22").good()
    assert "typescript is there already (6.0.0)" in ended.err
    assert asked(folder(two, V24)) == []


def test_a_dry_run_tells_the_plan_and_runs_nothing(two: Home) -> None:
    put(folder(two, V22), "typescript", "5.6.7")
    put(folder(two, V22), "old", engines={"node": "<20"})
    ended = two.run("migrate-packages", "22", "24", "--dry-run", "--json").good()
    assert ended.json == {
        "to": V24,
        "dry_run": True,
        "carried": [{"name": "typescript", "version": "5.6.7"}],
        "left": [{"name": "old", "version": "1.0.0", "why": "needs node <20"}],
    }
    assert "would carry over to v24.19.0: typescript@5.6.7" in ended.err
    assert asked(folder(two, V24)) == []


def test_scripts_run_only_when_asked_for(two: Home) -> None:
    put(folder(two, V22), "typescript")
    two.run("reinstall-packages", "22", "--with-scripts", "--offline").good()
    words = asked(folder(two, V24))[0].split()
    assert "--no-ignore-scripts" in words
    assert "--ignore-scripts" not in words
    assert "--offline" in words


def test_one_that_fails_keeps_the_others_from_nothing(two: Home) -> None:
    for name in ("alpha", "broken", "gamma"):
        put(folder(two, V22), name)
    ended = two.run("migrate-packages", "22").failed(17, "broken@1.0.0", "did not install")
    assert "npm error broken is broken" in ended.err
    assert [package.name for package in packages(folder(two, V24))] == ["alpha", "gamma"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("18",), 18, "'18'"),
        (("24",), 11, "same version"),
        (("22", "system"), 18, "system"),
        (("22", "18"), 18, "'18'"),
    ],
)
def test_what_cannot_be_meant_is_said(
    two: Home, words: tuple[str, ...], code: int, said: str
) -> None:
    two.run("migrate-packages", *words).failed(code, said)


def test_the_system_s_packages_can_be_carried(two: Home) -> None:
    put(two.folder / "usr", "typescript", "5.6.7")
    node = with_npm(two.folder / "usr")
    ended = two.run("migrate-packages", "system", PATH=str(node.parent)).good()
    assert ended.out == "1 carried over to v24.19.0, 0 left\n"
    assert asked(two.folder / "usr") == []


def test_a_version_whose_npm_is_gone_says_so(two: Home) -> None:
    put(folder(two, V22), "typescript")
    (folder(two, V24) / "lib/node_modules/npm/bin/npm-cli.js").unlink()
    two.run("migrate-packages", "22").failed(12, "no npm", "install --force")
