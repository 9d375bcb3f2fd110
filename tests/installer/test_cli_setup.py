"""setup, env, use and implode as a person runs them, in shells that are real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oracles import tool
from world.installed import Home, executable
from world.rtinstall import Desk
from world.runtime import Upstream

SHELLS = ("bash", "zsh", "fish")
NODE = "#!/bin/sh\necho {} $*\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give a home with three versions that tell which they are, and the program on PATH."""
    home = Home(tmp_path)
    home.work.mkdir(parents=True)
    home.put("v22.1.0", "v20.2.0", "v18.0.0")
    for version in ("v22.1.0", "v20.2.0", "v18.0.0"):
        executable(home.store / "versions" / version / "bin/node", NODE.format(version))
    module = (
        "import sys; sys.argv[0] = 'rtinstall'; from rtinstall.installer.cli import main; main()"
    )
    executable(home.system / "rtinstall", f'#!/bin/sh\nexec {sys.executable} -c "{module}" "$@"\n')
    return home


def typed(home: Home, shell: str, *lines: str, folder: Path | None = None) -> list[str]:
    """Run ``lines`` in a shell that has read its start files; return what they print."""
    options = {"bash": ["-i"], "zsh": ["-i"], "fish": []}[shell]
    ended = subprocess.run(
        [tool(shell), *options, "-c", "\n".join(lines)],
        capture_output=True,
        check=False,
        text=True,
        cwd=folder or home.work,
        env={
            **home.environment(),
            "PATH": f"{home.system}:/usr/bin:/bin",
            "USER": "me",
            "TERM": "dumb",
        },
        timeout=120,
    )
    noise = ("bash: cannot set terminal", "bash: no job control")
    said = [line for line in ended.stderr.splitlines() if not line.startswith(noise)]
    return [*ended.stdout.splitlines(), *said]


def setup(home: Home, *words: str) -> list[str]:
    return home.run("setup", *words, PATH=f"{home.system}:/usr/bin:/bin").good().out.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_day_in_a_shell(home: Home, shell: str) -> None:
    home.run("default", "22").good()
    setup(home, "--shell", shell)
    home.write("a/.nvmrc", "20\n")
    home.write("a/lib/package.json", '{"engines": {"node": ">=18"}}')
    home.write("b/package.json", '{"engines": {"node": "18"}}')
    home.write("c/.nvmrc", "99\n")
    lines = typed(
        home, shell, "node start", "cd a", "node in-a", "cd lib", "node in-lib", "cd ../../b",
        "node in-b", "rtinstall use 22", "node used", "rtinstall use", "node unused", "cd ../c",
        "node not-there",
    )  # fmt: skip
    out = [line for line in lines if line.startswith("v")]
    assert out == [
        "v22.1.0 start",
        "v20.2.0 in-a",
        "v20.2.0 in-lib",
        "v18.0.0 in-b",
        "v22.1.0 used",
        "v18.0.0 unused",
    ]
    said = [line for line in lines if line not in out and not line.startswith("rtinstall: ")]
    assert said == [
        "using v22.1.0",
        f"error: {home.work}/c/.nvmrc, line 1 asks for '99', which is not installed",
        "hint: rtinstall install 99",
    ]


def test_records_follow_what_is_installed(home: Home) -> None:
    home.run("default", "22").good()
    setup(home, "--shell", "bash")
    home.write("a/.nvmrc", ">=20\n".replace(">=", ""))
    home.write("w/package.json", '{"engines": {"node": ">=18"}}')
    both = ("cd a", "node", "cd ../w", "node")
    assert typed(home, "bash", *both) == ["v20.2.0", "v22.1.0"]
    home.put("v20.9.0", "v24.0.0")
    for version in ("v20.9.0", "v24.0.0"):
        executable(home.store / "versions" / version / "bin/node", NODE.format(version))
    from rtinstall.installer import records

    session = home.session()
    kept = records.refresh(session.places, session.store)
    assert kept == (home.work / "a", home.work / "w")
    assert typed(home, "bash", *both) == ["v20.9.0", "v24.0.0"]
    links = {path.name: str(path.readlink()) for path in session.places.aliases.iterdir() if path.is_symlink()}  # fmt: skip
    assert links["20"] == "../versions/v20.9.0"
    assert links["24"] == links["latest"] == "../versions/v24.0.0"
    assert links["default"] == "../versions/v22.1.0"

    (home.work / "a/.nvmrc").unlink()
    assert records.refresh(session.places, session.store) == (home.work / "w",)


@pytest.mark.parametrize("shell", SHELLS)
def test_setting_up_twice_and_back(home: Home, shell: str) -> None:
    user = home.folder / "user"
    (user / ".bashrc").write_bytes(b"export MINE=1")
    (user / ".profile").write_bytes(b"# mine\n")
    before = files(user)
    would = setup(home, "--shell", shell, "--dry-run")
    assert files(user) == before
    assert any("would be changed" in line for line in would)
    assert not home.store.joinpath("env.bash").exists()
    first = setup(home, "--shell", shell)
    assert all("set up for" in line for line in first)
    after = files(user)
    again = setup(home, "--shell", shell)
    assert all("is set up" in line for line in again)
    assert files(user) == after
    assert setup(home, "--shell", shell, "--undo")
    assert files(user) == before
    assert setup(home, "--shell", shell, "--undo") == []


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_broken_start_file_and_none_is_changed(home: Home) -> None:
    user = home.folder / "user"
    (user / ".zshrc").write_bytes(b"# >>> rtinstall >>>\n")
    home.run("setup", "--shell", "bash", "--shell", "zsh").failed(11, ".zshrc, line 1")
    assert not (user / ".bashrc").exists()


def test_use_without_the_hook_names_the_line_to_add(home: Home) -> None:
    ended = home.run("use", "20", SHELL="/bin/zsh").failed(11, "does not have the hook")
    assert f". {home.store}/env.zsh" in ended.err


def test_use_of_what_is_not_there(home: Home) -> None:
    home.run("use", "--shell", "bash", "99").failed(18, "99")
    home.run("use", "--shell", "bash", "no such").failed(3)
    assert home.run("use", "--shell", "bash", "system").good().out == "use system\n"
    assert home.run("use", "--shell", "bash").good().out == "use -\n"
    assert home.run("use", "--shell", "fish", "--lts").good().out == "use v22.1.0\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "sh", "nushell", "powershell", "cmd"])
def test_what_env_prints_is_what_setup_writes(home: Home, shell: str) -> None:
    setup(home, "--shell", "bash")
    printed = home.run("env", "--shell", shell, PATH=f"{home.system}:/usr/bin:/bin").good().out
    ending = {"nushell": "nu", "powershell": "ps1"}.get(shell, shell)
    assert (home.store / f"env.{ending}").read_bytes().decode() == printed


def test_env_of_an_unknown_shell(home: Home) -> None:
    home.run("env", SHELL="/bin/csh").failed(2, "--shell")
    assert home.run("env", "--json").good().json["shims"] == f"{home.store}/shims"


@pytest.mark.parametrize("name", ["a:b", "line\nbreak", 'quo"te'])
def test_a_home_that_path_cannot_hold_is_refused(home: Home, name: str) -> None:
    home.run("setup", "--shell", "bash", RTINSTALL_HOME=str(home.folder / name)).failed(11, "PATH")
    assert not (home.folder / "user/.bashrc").exists()


def test_implode_takes_its_own_and_nothing_else(home: Home) -> None:
    user = home.folder / "user"
    (user / ".bashrc").write_bytes(b"export MINE=1")
    before = files(user)
    setup(home, "--shell", "bash", "--shell", "fish")
    home.run("default", "20").good()
    locked = home.store / "versions/v20.2.0/lib"
    locked.mkdir()
    (locked / "file").write_text("x")
    locked.chmod(0o555)
    outside = home.folder / "precious"
    outside.mkdir()
    (outside / "file").write_text("x")
    (home.store / "versions/v22.1.0/link").symlink_to(outside)
    (home.store / "mine").write_text("not of rtinstall")

    told = home.run("implode", "--dry-run").good().out
    assert "would be removed" in told
    assert (home.store / "receipts").is_dir()
    home.run("implode").failed(2, "--yes")
    assert (home.store / "receipts").is_dir()
    assert "mine is not of rtinstall" in home.run("implode", "--yes").good().out
    assert [path.name for path in home.store.iterdir()] == ["mine"]
    assert files(user) == before
    assert (outside / "file").exists()

    (home.store / "mine").unlink()
    home.run("implode", "--yes").good()
    assert not home.store.exists()


def test_hook_writes_a_record_and_says_nothing(home: Home) -> None:
    home.write("a/.nvmrc", "20\n")
    ended = home.run("hook", home.work / "a").good()
    assert (ended.out, ended.err) == ("", "")
    record = Path(f"{home.store}/projects{home.work}/a/.version").read_text().splitlines()
    assert record == [
        f"{home.store}/versions/v20.2.0/bin",
        "v20.2.0",
        "20",
        f"{home.work}/a/.nvmrc",
        " .nvmrc",
        "",
    ]
    assert "hook" not in home.run("--help").out.replace("the hook", "")


@pytest.mark.parametrize(
    ("file", "content", "name", "words"),
    [
        (".nvmrc", "99", "!", "asks for '99', which is not installed; rtinstall install 99"),
        (".nvmrc", "$(touch /tmp/pwned)\n", "!", "; "),
        (".nvmrc", "a\nb\n", "!", "; "),
        (".nvmrc", b"\0\0", "!", "; "),
        (".tool-versions", "python 3\n", "-", ""),
        ("package.json", '{"engines": ', "?!", "; "),
        ("package.json", "{}", "-", ""),
        ("package.json", '{"engines": {"node": ">=99"}}', "?!", "rtinstall install '>=99'"),
        ("package.json", '{"volta": {"node": "20.2.0"}}', "v20.2.0", ""),
        (".nvmrc", "system", "system", ""),
    ],
)
def test_whatever_a_file_holds_there_is_a_record(
    home: Home, file: str, content: str | bytes, name: str, words: str
) -> None:
    home.write(f"a/{file}", content)
    home.run("hook", home.work / "a").good()
    record = Path(f"{home.store}/projects{home.work}/a/.version").read_text().split("\n")
    assert len(record) == 7
    assert record[1] == name
    assert words in record[5]
    assert bool(words) == bool(record[5])


def test_a_folder_may_install_what_it_asks_for_if_the_user_wants_that(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release("22.11.0", ["linux-x64"])
    (desk.folder / "work").mkdir()
    (desk.work / ".nvmrc").write_text("22\n")
    mirror = {"RTINSTALL_NODE_MIRROR": upstream.url}
    for wanted in ("never", "ask"):  # nobody is there to be asked
        desk.run("hook", desk.work, RTINSTALL_AUTO_INSTALL=wanted, **mirror).good()
        assert desk.versions() == []
    desk.run("hook", desk.work, RTINSTALL_AUTO_INSTALL="always", **mirror).good()
    assert desk.versions() == ["v22.11.0"]
    record = Path(f"{desk.home}/projects{desk.work}/.version").read_text().splitlines()
    assert record[:2] == [f"{desk.home}/versions/v22.11.0/bin", "v22.11.0"]
    assert (desk.home / "aliases/22/bin/node").is_file()
    assert (desk.home / "shims/node").is_file()


def test_what_cannot_be_installed_is_said_and_the_record_stays(home: Home) -> None:
    home.write("a/.nvmrc", "99\n")
    ended = home.run("hook", home.work / "a", RTINSTALL_AUTO_INSTALL="always")
    assert ended.code == 0
    assert "\nerror: " in ended.err
    record = Path(f"{home.store}/projects{home.work}/a/.version").read_text().splitlines()
    assert record[:2] == [f"{home.store}/shims", "!"]
