"""``import``: what another manager has becomes ours, verified, and nothing of theirs is changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rtinstall.installer.others import TOOLS, find, names
from rtinstall.installer.places import Places, find_places
from rtinstall.installer.store import Store, check
from rtinstall.runtime_bundle.directory import write_tree
from rtinstall.runtime_bundle.model import File
from world.npm_packages import put
from world.rtinstall import Desk
from world.runtime import VERSION, Upstream, runtime_entries

NAME = f"v{VERSION}"
# Where each keeps a version below the user's home, and what has to be set for that.
PLACES = {
    "nvm": (".nvm/versions/node/v{}", {}),
    "nvm-windows": ("nvm/v{}", {"NVM_HOME": "{home}/nvm"}),
    "fnm": (".local/share/fnm/node-versions/v{}/installation", {}),
    "n": ("prefix/n/versions/node/{}", {"N_PREFIX": "{home}/prefix"}),
    "volta": (".volta/tools/image/node/{}", {}),
    "nodenv": (".nodenv/versions/{}", {}),
    "asdf": (".asdf/installs/nodejs/{}", {}),
    "mise": (".local/share/mise/installs/node/{}", {}),
}
OTHERS = (
    "NVM_DIR", "NVM_HOME", "FNM_DIR", "N_PREFIX", "N_CACHE_PREFIX", "VOLTA_HOME", "NODENV_ROOT",
    "ASDF_DATA_DIR", "MISE_DATA_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no manager that this machine has be found."""
    for name in OTHERS:
        monkeypatch.delenv(name, raising=False)


def have(desk: Desk, tool: str = "nvm", version: str = VERSION, *more: File) -> Path:
    """Let ``tool`` have ``version``."""
    place = desk.folder / PLACES[tool][0].format(version)
    place.parent.mkdir(parents=True, exist_ok=True)
    replaced = {entry.path for entry in more}
    entries = [e for e in runtime_entries("linux-x64", version) if e.path not in replaced]
    write_tree([*entries, *more], place)
    return place


def setting(desk: Desk, tool: str) -> dict[str, str]:
    return {key: value.format(home=desk.folder) for key, value in PLACES[tool][1].items()}


def state(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return what is in ``folder``: mode, time and content of everything."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else ""  # noqa: PTH115
        if path.is_file() and not path.is_symlink():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def test_every_tool_is_in_the_table() -> None:
    assert set(PLACES) == set(TOOLS)


@pytest.mark.parametrize("tool", list(TOOLS))
def test_what_each_tool_has_is_found_and_taken_over(
    desk: Desk, upstream: Upstream, tool: str
) -> None:
    upstream.release()
    place = have(desk, tool)
    before = state(desk.folder)
    ended = desk.run("import", tool, "--mirror", upstream.url, **setting(desk, tool)).good()
    assert f"node {NAME} of {tool} is taken over" in ended.out
    assert desk.versions() == [NAME]
    after = state(desk.folder)
    assert {path: after[path] for path in before} == before
    (installed,) = Store(desk_places(desk)).installed()
    assert installed.receipt.signed
    assert installed.receipt.provenance[0].source == "dist"
    assert list(check(installed)) == []
    assert place.is_dir()
    assert "is the default now" in ended.err


def desk_places(desk: Desk) -> Places:
    return find_places(desk.environment())


@pytest.mark.parametrize("tool", list(TOOLS))
def test_links_and_what_is_no_version_are_passed_over(desk: Desk, tool: str) -> None:
    place = have(desk, tool)
    folder = place.parent if place.name != "installation" else place.parent.parent
    (folder / "20").symlink_to(folder / VERSION)
    (folder / "v20.1.0").symlink_to("/")
    for name in ("latest", ".tmp", "v1.2", "$(id)"):
        (folder / name).mkdir()
    (folder / "v3.0.0").write_text("a file")
    found = find(tool, desk.environment(**setting(desk, tool)))
    assert [(one.tool, str(one.version), one.folder) for one in found] == [(tool, VERSION, place)]


@pytest.mark.parametrize(
    ("tool", "write", "expected"),
    [
        ("nvm", {".nvm/alias/default": "lts/*\n", ".nvm/alias/work": "24\n",
                 ".nvm/alias/lts/jod": "v22.1.0\n"}, {"default": "lts/*", "work": "24"}),
        ("volta", {".volta/tools/user/platform.json": '{"node":{"runtime":"24.19.0"}}'},
         {"default": "24.19.0"}),
        ("volta", {".volta/tools/user/platform.json": "[]"}, {}),
        ("volta", {".volta/tools/user/platform.json": '{"node":null}'}, {}),
        ("nodenv", {".nodenv/version": "24.19.0\n"}, {"default": "24.19.0"}),
        ("asdf", {".tool-versions": "nodejs 24.19.0 22.1.0\n", ".asdf/x": ""},
         {"default": "24.19.0"}),
        ("asdf", {".tool-versions": "nodejs ref:1234\n", ".asdf/x": ""}, {}),
        ("mise", {".config/mise/config.toml": '[tools]\nnode = "24"\n',
                  ".local/share/mise/x": ""}, {"default": "24"}),
        ("mise", {".config/mise/config.toml": '[tools]\nnode = ["22", "24"]\n',
                  ".local/share/mise/x": ""}, {"default": "22"}),
        ("mise", {".config/mise/config.toml": "tools = 5", ".local/share/mise/x": ""}, {}),
        ("mise", {".config/mise/config.toml": "\xff[", ".local/share/mise/x": ""}, {}),
    ],
)  # fmt: skip
def test_names_of_other_tools_are_read(
    desk: Desk, tool: str, write: dict[str, str], expected: dict[str, str]
) -> None:
    for name, text in write.items():
        (desk.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (desk.folder / name).write_text(text)
    assert names(tool, desk.environment()) == expected


@pytest.mark.parametrize("apart", [False, True], ids=["one prefix", "N_CACHE_PREFIX"])
def test_the_version_that_n_has_copied_into_its_prefix_is_the_default(
    desk: Desk, upstream: Upstream, apart: bool
) -> None:
    for version in ("22.11.0", VERSION):
        upstream.release(version)
        have(desk, "n", version)
    prefix = desk.folder / ("elsewhere" if apart else "prefix")
    variables = {"N_PREFIX": str(prefix)}
    if apart:
        variables["N_CACHE_PREFIX"] = str(desk.folder / "prefix")
    assert names("n", desk.environment(**variables)) == {}
    (prefix / "bin").mkdir(parents=True)
    active = prefix / "bin/node"
    shutil.copy(desk.folder / "prefix/n/versions/node/22.11.0/bin/node", active)
    assert names("n", desk.environment(**variables)) == {"default": "22.11.0"}
    ended = desk.run("import", "n", "--mirror", upstream.url, **variables).good()
    assert "default is 22.11.0, as with n" in ended.err
    assert (desk.home / "aliases/default").resolve().name == "v22.11.0"
    active.write_bytes(active.read_bytes()[::-1])  # as long, and none of them
    assert names("n", desk.environment(**variables)) == {}
    active.unlink()
    os.mkfifo(active)
    assert names("n", desk.environment(**variables)) == {}


def test_aliases_of_fnm_are_its_links(desk: Desk) -> None:
    have(desk, "fnm")
    folder = desk.folder / ".local/share/fnm/aliases"
    folder.mkdir()
    (folder / "default").symlink_to(f"../node-versions/{NAME}/installation")
    (folder / "wrong").symlink_to("/etc")
    assert names("fnm", desk.environment()) == {"default": NAME}


def test_aliases_and_the_default_are_taken_over_where_they_are_none_of_ours(
    desk: Desk, upstream: Upstream
) -> None:
    for version in ("22.11.0", VERSION):
        upstream.release(version)
        have(desk, "nvm", version)
    alias = desk.folder / ".nvm/alias"
    alias.mkdir()
    for name, text in {"default": "22", "work": "v24.19.0", "old": "18", "evil": "$(id)",
                       "latest": "22", "circle": "circle", "mine": "22"}.items():  # fmt: skip
        (alias / name).write_text(text)
    desk.run("install", "24", "--alias", "mine", "--mirror", upstream.url).good()
    desk.run("unalias", "default").good()
    desk.run("import", "--mirror", upstream.url).good()
    assert json.loads(desk.run("alias", "--json").good().out)
    specs = {p.stem: p.read_text().strip() for p in desk.home.glob("aliases/*.spec")}
    assert specs == {"default": "22", "work": "v24.19.0", "mine": "24"}


def test_what_was_changed_over_there_is_said_and_ours_is_as_signed(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release()
    have(desk, "nvm", VERSION, File.of("README.md", b"changed\n"), File.of("LICENSE", b""))
    ended = desk.run("import", "--mirror", upstream.url).good()
    assert "theirs is not what was signed: LICENSE and 1 more; ours is" in ended.err
    assert (desk.home / "versions" / NAME / "README.md").read_text() == "# Node.js\n"
    rows = desk.run("import", "--mirror", upstream.url, "--json").good().json["imported"]
    assert rows[0]["differing"] == ["LICENSE", "README.md"]
    assert rows[0]["before"]


def wrong_machine(desk: Desk) -> None:
    place = have(desk)
    shutil.rmtree(place)
    write_tree(runtime_entries("darwin-arm64", VERSION), place)


def wrong_label(desk: Desk) -> None:
    have(desk).rename(desk.folder / ".nvm/versions/node/v24.18.0")


def no_program(desk: Desk) -> None:
    (have(desk) / "bin/node").unlink()


def no_headers(desk: Desk) -> None:
    shutil.rmtree(have(desk) / "include")


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (wrong_machine, 9, "darwin"),
        (wrong_label, 9, "is called 24.18.0, and is node 24.19.0"),
        (no_program, 12, "no whole runtime"),
        (no_headers, 12, "does not say which version"),
    ],
)
def test_what_is_no_runtime_for_this_machine_is_not_taken(
    desk: Desk, upstream: Upstream, make: Callable[[Desk], None], code: int, said: str
) -> None:
    upstream.release()
    upstream.release("24.18.0")
    make(desk)
    desk.run("import", "--mirror", upstream.url, "--allow-unsigned").failed(code, said)
    assert desk.versions() == []
    assert said in desk.run("import", "--dry-run").good().out


def test_without_the_archive_it_is_taken_only_when_allowed_and_so_recorded(
    desk: Desk, upstream: Upstream
) -> None:
    place = have(desk)
    put(place, "typescript", "5.6.7")
    upstream.release("22.11.0")
    words = ("import", "nvm", "--mirror", upstream.url)
    desk.run(*words).failed(3, "cannot be verified", "--allow-unsigned")
    desk.run("import", "--offline").failed(5, "cannot be verified")
    assert desk.versions() == []
    desk.policy.write_text("signatures = true\n")
    desk.run(*words, "--allow-unsigned").failed(19)
    assert desk.versions() == []
    desk.policy.unlink()
    ended = desk.run(*words, "--allow-unsigned").good()
    assert "is taken over, unverified" in ended.out
    (installed,) = Store(desk_places(desk)).installed()
    assert not installed.receipt.signed
    assert installed.receipt.provenance[0].checked == "nothing"
    assert installed.receipt.provenance[0].source == "nvm"
    assert list(check(installed)) == []
    assert (installed.folder / "lib/node_modules/typescript/package.json").is_file()


def test_a_wrong_signature_is_never_passed_over(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    have(desk)
    archive = f"v{VERSION}/node-v{VERSION}-linux-x64.tar.xz"
    upstream.put(archive, b"something else")
    desk.run("import", "--mirror", upstream.url, "--allow-unsigned").failed(7)
    assert desk.versions() == []


def test_one_that_fails_leaves_the_others(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    have(desk)
    have(desk, "nvm", "22.11.0")
    ended = desk.run("import", "--mirror", upstream.url)
    ended.failed(3, "22.11.0")
    assert desk.versions() == [NAME]


def test_moving_removes_theirs_after_all_is_well(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    place = have(desk, "fnm")
    ended = desk.run("import", "--move", "--mirror", upstream.url).good()
    assert f"{place} is removed" in ended.err
    assert not place.parent.exists()
    assert desk.versions() == [NAME]


@pytest.mark.parametrize("words", [("--no-packages",), ()])
def test_moving_leaves_what_would_be_lost(
    desk: Desk, upstream: Upstream, words: tuple[str, ...]
) -> None:
    upstream.release()
    place = have(desk)
    put(place, "mine", private=True)
    ended = desk.run("import", "--move", *words, "--mirror", upstream.url).good()
    assert f"{place} stays: " in ended.err
    assert place.is_dir()


def test_nothing_moves_when_it_cannot_be_had(desk: Desk, upstream: Upstream) -> None:
    place = have(desk)
    before = state(place)
    desk.run("import", "--move", "--mirror", upstream.url).failed(4)
    upstream.release("22.11.0")
    ended = desk.run("import", "--move", "--allow-unsigned", "--mirror", upstream.url).good()
    assert "stays: it could not be verified" in ended.err
    assert state(place) == before


def test_a_dry_run_tells_and_touches_nothing(desk: Desk, upstream: Upstream) -> None:
    place = have(desk)
    put(place, "typescript", "5.6.7")
    put(place, "mine", private=True)
    before = state(desk.folder)
    ended = desk.run("import", "--dry-run").good()
    assert f"nvm {NAME}: would be installed for linux-x64 ({place})" in ended.out
    assert "  with typescript@5.6.7\n  without mine, which is private" in ended.out
    row = desk.run("import", "nvm", "--dry-run", "--json").good().json["found"][0]
    assert (row["tool"], row["packages"]) == ("nvm", ["typescript@5.6.7"])
    assert {k: v for k, v in state(desk.folder).items() if k in before} == before
    assert not desk.home.exists()


def test_nothing_to_import_is_said(desk: Desk) -> None:
    ended = desk.run("import").good()
    assert "no other version manager" in ended.err
    desk.run("import", "nvm").failed(18, "no version of nvm")
    desk.run("import", "yarn").failed(2, "yarn")
