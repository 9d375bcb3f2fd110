"""The packages that each new version gets: what the file may say, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rtinstall.installer import processes
from rtinstall.installer.default_packages import LIMIT, default_packages, specifications
from rtinstall.installer.places import Places
from rtinstall.runtime_bundle.directory import write_tree
from rtinstall.runtime_bundle.errors import BadConfiguration, CannotRun
from world.npm_packages import put
from world.rtinstall import Desk
from world.runtime import Upstream, runtime_entries

FILE = Path("/home/me/default-packages")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("typescript\n", ("typescript",)),
        ("# mine\n\n  npm@11  \r\n@scope/tool@^2 # for work\n", ("npm@11", "@scope/tool@^2")),
        ("user/repo#main\n#user/other\n", ("user/repo#main",)),
        ("git+ssh://git@host/x.git#semver:^1\n", ("git+ssh://git@host/x.git#semver:^1",)),
        ("twice\ntwice\n", ("twice",)),
        ("\ufefftypescript", ("typescript",)),
    ],
)
def test_each_line_is_a_package(text: str, expected: tuple[str, ...]) -> None:
    assert specifications(text.encode(), FILE) == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"typescript\n-g\n", "line 2: '-g' is an option"),
        (b"\n--registry=http://evil.example\n", "line 2: '--registry=http://evil.example' is an"),
        (b"typescript eslint\n", "line 1: 'typescript eslint' is more than one package"),
        (b"typescript --ignore-scripts=false\n", "line 1"),
        (b"a\x1b[2Jb\n", "line 1: 'a\\x1b[2Jb' is no package"),
        (b"\xff\n", "it is no text in UTF-8"),
        (b"a\0b\n", "zero byte"),
        (b"#" * (LIMIT + 1), f"larger than {LIMIT} bytes"),
    ],
)
def test_what_is_none_is_refused_with_file_and_line(data: bytes, said: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        specifications(data, FILE)
    assert str(caught.value).startswith(str(FILE))
    assert said in str(caught.value)
    assert caught.value.hint


def test_a_file_below_a_relative_path_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "default-packages").write_text("evil\n")
    monkeypatch.chdir(tmp_path)
    there = Places(tmp_path, tmp_path / "config.toml", tmp_path, tmp_path)
    assert default_packages(there) == ("evil",)
    relative = Places(tmp_path, Path("config.toml"), tmp_path, tmp_path)
    assert default_packages(relative) == ()


@dataclass
class Npm:
    """Stands in for npm: remembers what it was asked for, and puts packages where it was told."""

    asked: list[tuple[str, list[str], Mapping[str, str]]] = field(default_factory=list)
    runs: Callable[[], None] = lambda: None

    def __call__(
        self,
        program: Path,
        words: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        say: Callable[[str], None],
    ) -> int:
        self.runs()
        specs = list(words[words.index("--") + 1 :])
        self.asked.append((folder.name, list(words), environment))
        if any(spec.startswith("broken") for spec in specs):
            say("npm error broken is broken")
            return 1
        for spec in specs:
            name = spec.rpartition("@")[0] or spec
            put(folder, name, "5.6.7")
            command = folder / "bin" / name.rpartition("/")[2]
            command.write_text("#!/bin/sh\n")
            command.chmod(0o755)
        return 0

    def specs(self) -> list[tuple[str, list[str]]]:
        return [(name, words[words.index("--") + 1 :]) for name, words, _ in self.asked]


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> Npm:
    found = Npm()
    monkeypatch.setattr(processes, "output", found)
    return found


@pytest.fixture
def lines(desk: Desk, upstream: Upstream) -> Upstream:
    for version in ("22.11.0", "24.18.0", "24.19.0"):
        upstream.release(version, ["linux-x64", "win-x64"])
    desk.config.write_text(f'mirrors = ["{upstream.url}"]\n')
    return upstream


def name(desk: Desk, *packages: str) -> Path:
    file = desk.folder / "default-packages"
    file.write_text("".join(f"{package}\n" for package in packages))
    return file


@pytest.mark.usefixtures("lines")
def test_each_new_version_gets_them_and_shims_find_their_commands(desk: Desk, npm: Npm) -> None:
    name(desk, "# mine", "typescript", "@scope/tool@^2")
    ended = desk.run("install", "22", "24.19.0").good()
    assert npm.specs() == [
        ("v22.11.0", ["typescript", "@scope/tool@^2"]),
        ("v24.19.0", ["typescript", "@scope/tool@^2"]),
    ]
    assert "installing the default packages into v22.11.0: typescript, @scope/tool@^2" in ended.err
    assert "--ignore-scripts" in npm.asked[0][1]
    assert f"--prefix={desk.home}/versions/v22.11.0" in npm.asked[0][1]
    assert (desk.home / "shims/typescript").is_file()
    npm.asked.clear()
    desk.run("install", "22").good()  # which is there already
    assert npm.asked == []


@pytest.mark.usefixtures("lines")
def test_they_are_left_out_when_told_to(desk: Desk, npm: Npm) -> None:
    name(desk, "--broken")
    desk.run("install", "22", "--skip-default-packages").good()
    assert npm.asked == []


@pytest.mark.usefixtures("lines")
def test_a_folder_s_own_file_is_none(desk: Desk, npm: Npm) -> None:
    desk.work.mkdir()
    (desk.work / "default-packages").write_text("evil\n")
    desk.run("install", "22").good()
    assert npm.asked == []


@pytest.mark.usefixtures("lines")
def test_a_line_that_is_none_is_said_before_anything_is_installed(desk: Desk, npm: Npm) -> None:
    file = name(desk, "typescript", "-g")
    desk.run("install", "22").failed(11, f"{file}, line 2: '-g'", "--skip-default-packages")
    assert desk.versions() == []
    assert f"{file}, line 2" in desk.run("doctor").out


@pytest.mark.usefixtures("lines")
def test_one_that_fails_is_said_and_no_failure(desk: Desk, npm: Npm) -> None:
    name(desk, "typescript", "broken@1")
    ended = desk.run("install", "22", "--json").good()
    assert desk.versions() == ["v22.11.0"]
    assert "npm error broken is broken" in ended.err
    assert "warning: v22.11.0 is installed, but without broken@1: what npm said" in ended.err
    assert ended.json["default_packages"] == [
        {"name": "v22.11.0", "failed": ["broken@1"], "installed": ["typescript"]}
    ]


@pytest.mark.usefixtures("lines")
def test_an_npm_that_cannot_be_run_is_no_failure(desk: Desk, npm: Npm) -> None:
    def refuse() -> None:
        raise CannotRun("node cannot be run")

    npm.runs = refuse
    name(desk, "typescript")
    ended = desk.run("install", "22").good()
    assert "without typescript: node cannot be run" in ended.err
    assert desk.versions() == ["v22.11.0"]


@pytest.mark.usefixtures("lines")
def test_a_version_that_does_not_run_here_gets_none(desk: Desk, npm: Npm) -> None:
    name(desk, "typescript")
    desk.run("install", "22", "--target", "win-x64").good()
    assert npm.asked == []


def test_what_is_installed_gets_them_although_another_version_failed(
    desk: Desk, npm: Npm, lines: Upstream
) -> None:
    name(desk, "typescript")
    lines.put("v22.11.0/node-v22.11.0-linux-x64.tar.xz", b"something else")
    desk.run("install", "22", "24").failed(7)
    assert npm.specs() == [("v24.19.0", ["typescript"])]


@pytest.mark.usefixtures("lines")
def test_config_shows_where_they_are_named(desk: Desk) -> None:
    where = f"packages       {desk.folder}/default-packages"
    assert f"{where}  (not there)\n" in desk.run("config").good().out
    name(desk, "typescript")
    assert f"{where}\n" in desk.run("config").good().out


# Carrying over, which npm does, too.


@pytest.mark.usefixtures("lines")
def test_the_same_words_before_and_after_are_two_versions(desk: Desk, npm: Npm) -> None:
    desk.run("install", "24.18.0").good()
    put(desk.home / "versions/v24.18.0", "typescript", "5.6.7")
    desk.run("install", "24", "--reinstall-packages-from=24", NODE_OPTIONS="-r evil").good()
    assert npm.specs() == [("v24.19.0", ["typescript@5.6.7"])]
    assert "NODE_OPTIONS" not in npm.asked[0][2]
    assert (desk.home / "shims/typescript").is_file()


@pytest.mark.usefixtures("lines", "npm")
def test_shims_find_the_commands_of_what_was_carried_over(desk: Desk) -> None:
    desk.run("install", "22", "24.18.0").good()
    put(desk.home / "versions/v22.11.0", "typescript", "5.6.7")
    desk.run("migrate-packages", "22", "24").good()
    assert (desk.home / "shims/typescript").is_file()


@pytest.mark.usefixtures("lines")
def test_what_is_not_there_is_said_before_anything_is_installed(desk: Desk, npm: Npm) -> None:
    desk.run("install", "24", "--reinstall-packages-from=18").failed(
        18, "nothing installed is '18'"
    )
    assert desk.versions() == []


@pytest.mark.usefixtures("lines")
def test_an_upgrade_says_before_what_it_carries_over(desk: Desk, npm: Npm) -> None:
    desk.run("install", "24.18.0").good()
    put(desk.home / "versions/v24.18.0", "typescript", "5.6.7")
    put(desk.home / "versions/v24.18.0", "old", engines={"node": "<20"})
    said = "carry over to v24.19.0: typescript@5.6.7"
    ended = desk.run("upgrade", "--dry-run").good()
    assert ended.out == "node v24.18.0 would be followed by v24.19.0\n"
    assert f"would {said}\nnot carried over: old needs node <20\n" in ended.err
    row = {
        "from": "v24.18.0",
        "to": "v24.19.0",
        "packages": ["typescript@5.6.7"],
        "left": ["old needs node <20"],
    }
    assert desk.run("upgrade", "--dry-run", "--json").good().json["lines"] == [row]
    assert npm.asked == []
    assert desk.run("upgrade", "--json").good().json["lines"] == [row]
    assert npm.specs() == [("v24.19.0", ["typescript@5.6.7"])]


# Of other managers.


@pytest.mark.parametrize(
    ("tool", "place", "file"),
    [
        ("nvm", ".nvm/versions/node/v22.11.0", ".nvm/default-packages"),
        ("nodenv", ".nodenv/versions/22.11.0", ".nodenv/default-packages"),
        ("asdf", ".asdf/installs/nodejs/22.11.0", ".default-npm-packages"),
        ("mise", ".local/share/mise/installs/node/22.11.0", ".default-npm-packages"),
    ],
)
@pytest.mark.usefixtures("lines")
def test_those_of_other_managers_are_taken_over(
    desk: Desk, tool: str, place: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NVM_DIR", "NODENV_ROOT", "ASDF_DATA_DIR", "MISE_DATA_DIR", "XDG_DATA_HOME",
                     "XDG_CONFIG_HOME"):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    (desk.folder / place).parent.mkdir(parents=True)
    write_tree(runtime_entries("linux-x64", "22.11.0"), desk.folder / place)
    ours = desk.folder / "default-packages"
    for text, said in {
        "typescript eslint\n": f"packages of {tool} are not taken over: {desk.folder / file}, line 1",
        "# all\ntypescript\n": f"each new version gets typescript, as with {tool}: {ours}",
    }.items():
        (desk.folder / file).write_text(text)
        assert "each new" not in desk.run("import", tool, "--no-packages").good().err
        assert not ours.exists()
        assert said in desk.run("import", tool).good().err
    assert ours.read_text() == "typescript\n"
    (desk.folder / file).write_text("other\n")
    desk.run("import", tool).good()
    assert ours.read_text() == "typescript\n"
