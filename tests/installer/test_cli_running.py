"""``run`` and ``exec``: the program takes our place, with the version's commands first on PATH."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from rtinstall.installer.child import started
from rtinstall.installer.processes import batch_line
from rtinstall.runtime_bundle.errors import CannotRun
from world.installed import executable
from world.rtinstall import Desk

TELLS = """\
#!/bin/sh
printf 'NAME %s\\n' "$0"
printf 'ARGUMENT %s\\n' "$@"
printf 'PATH %s\\n' "$PATH"
printf 'VERSION %s\\n' "$RTINSTALL_VERSION"
printf 'PREFIX %s\\n' "$NPM_CONFIG_PREFIX"
printf 'PARENT %s\\n' "$PPID"
exit "${CODE:-0}"
"""


@pytest.fixture
def versions(desk: Desk) -> Desk:
    """Give a home with two versions whose node tells how it was run; 22 is the default."""
    from world.installed import Home

    home = Home(desk.folder)
    home.put("22.11.0", "24.19.0")
    (desk.folder / "store").rename(desk.home)
    for name in ("v22.11.0", "v24.19.0"):
        for program in ("node", "npm"):
            executable(desk.home / "versions" / name / "bin" / program, TELLS)
    desk.run("default", "22").good()
    return desk


def said(out: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        (("run",), "v22.11.0", [""]),
        (("run", "app.js", "x"), "v22.11.0", ["app.js", "x"]),
        (("run", "24", "app.js"), "v24.19.0", ["app.js"]),
        (("run", "v24.19.0", "--", "app.js"), "v24.19.0", ["app.js"]),
        (("run", "lts", "--inspect", "a b"), "v24.19.0", ["--inspect", "a b"]),
        (("run", "--version"), "v22.11.0", ["--version"]),
        (("run", "--", "24"), "v22.11.0", ["24"]),
        (("run", "--using", "24", "22"), "v24.19.0", ["22"]),
        (("run", "app", "--help"), "v22.11.0", ["app", "--help"]),
        (("exec", "node", "-v"), "v22.11.0", ["-v"]),
        (("exec", "24", "npm", "i", "--", "-g"), "v24.19.0", ["i", "--", "-g"]),
        (("exec", "--using=24", "node", "$HOME", "*"), "v24.19.0", ["$HOME", "*"]),
        (("exec", "--using=24", "--", "node", "24"), "v24.19.0", ["24"]),
        (("exec", "--", "node", "x"), "v22.11.0", ["x"]),
        (("exec", "24", "--", "npm", "x"), "v24.19.0", ["x"]),
        (("x", "<23", "npm", "x"), "v22.11.0", ["x"]),
    ],
)
def test_words_are_a_version_or_the_program_s(
    versions: Desk, words: tuple[str, ...], name: str, arguments: list[str]
) -> None:
    ended = versions.program(*words).good()
    found = said(ended.out)
    folder = versions.home / "versions" / name / "bin"
    assert Path(found["NAME"][0]).parent == folder
    assert found["ARGUMENT"] == arguments
    assert found["VERSION"] == [name]
    assert found["PATH"][0].split(os.pathsep)[0] == str(folder)


def test_a_file_of_the_name_is_the_script(versions: Desk) -> None:
    versions.work.mkdir(exist_ok=True)
    (versions.work / "24").write_text("")
    assert said(versions.program("run", "24").good().out)["ARGUMENT"] == ["24"]


@pytest.mark.parametrize("code", [0, 3, 126, 255])
def test_the_exit_code_is_the_program_s(versions: Desk, code: int) -> None:
    assert versions.program("run", CODE=str(code)).code == code


def test_no_process_of_ours_stays(versions: Desk) -> None:
    running = versions.start("run")
    out, _ = running.communicate()
    assert said(out)["PARENT"] == [str(os.getpid())]


def test_signals_reach_the_program_and_no_other_is_ignored(versions: Desk) -> None:
    executable(versions.home / "versions/v22.11.0/bin/node", "#!/bin/sh\nkill -PIPE $$\n")
    assert versions.program("run").code == -signal.SIGPIPE
    executable(versions.home / "versions/v22.11.0/bin/node", "#!/bin/sh\necho on\nexec sleep 60\n")
    running = versions.start("run")
    assert running.stdout is not None
    assert running.stdout.readline() == "on\n"
    running.terminate()
    assert running.wait() == -signal.SIGTERM
    running.communicate()


def test_nothing_is_looked_for_in_the_current_folder(versions: Desk) -> None:
    executable(versions.work / "mine", "#!/bin/sh\necho mine\n")
    for path in ("", ".", ":" + os.environ["PATH"]):
        ended = versions.program("exec", "mine", PATH=path)
        ended.failed(127, "there is no program 'mine'")
    assert versions.program("exec", "./mine").good().out == "mine\n"
    assert versions.program("exec", "mine", PATH=str(versions.work)).good().out == "mine\n"


def test_what_cannot_be_run_is_126(versions: Desk) -> None:
    folder = versions.home / "versions/v22.11.0/bin"
    (folder / "dead").write_text("no program")
    versions.program("exec", "dead").failed(126, "cannot be run")
    (folder / "garbage").write_bytes(b"\x7fELF nothing")
    (folder / "garbage").chmod(0o755)
    versions.program("exec", "garbage").failed(126, "cannot be run")
    versions.program("exec", "./").failed(126)
    versions.program("exec", "").failed(127)


def test_what_is_not_installed_or_active_is_said(versions: Desk, tmp_path: Path) -> None:
    versions.program("run", "18").failed(18, "'18'", "rtinstall install 18")
    versions.program("exec", "--using=18", "npm").failed(18)
    versions.program("exec").failed(2, "which program")
    empty = Desk(tmp_path / "other")
    empty.program("run", PATH="/nonexistent").failed(20)


def test_the_node_of_the_system_is_run_with_its_folder_first(versions: Desk) -> None:
    own = executable(versions.folder / "system/node", TELLS)
    path = f"{versions.home}/versions/v22.11.0/bin:{own.parent}"
    found = said(versions.program("run", "system", "x", PATH=path).good().out)
    assert found["NAME"] == [str(own)]
    assert found["VERSION"] == ["system"]
    assert found["PATH"][0].startswith(f"{own.parent}:")


def test_a_shim_below_stays_with_the_version(versions: Desk) -> None:
    found = said(versions.program("exec", "24", "npm").good().out)
    inner = versions.program("current", RTINSTALL_VERSION=found["VERSION"][0]).good()
    assert inner.out.strip() == "v24.19.0"


@pytest.mark.parametrize(
    ("prefix", "kept"),
    [
        ("{home}/versions/v24.19.0", False),
        ("{home}/versions/v22.11.0", True),
        ("{folder}/.npm-global", True),
        ("{folder}/other", False),
    ],
)
def test_npm_s_prefix_goes_where_it_is_another_node_s(
    versions: Desk, prefix: str, kept: bool
) -> None:
    executable(versions.folder / "other/bin/node")
    value = prefix.format(home=versions.home, folder=versions.folder)
    found = said(versions.program("run", NPM_CONFIG_PREFIX=value).good().out)
    assert found["PREFIX"] == [value if kept else ""]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["install"], '"cmd" /d /v:off /s /c ""C:/x/npm.cmd" "install""'),
        (["a b", "&calc"], '"cmd" /d /v:off /s /c ""C:/x/npm.cmd" "a b" "&calc""'),
        (["c:\\x\\"], '"cmd" /d /v:off /s /c ""C:/x/npm.cmd" "c:\\x\\\\""'),
        ([""], '"cmd" /d /v:off /s /c ""C:/x/npm.cmd" """'),
    ],
)
def test_words_for_a_batch_file_are_quoted(words: list[str], line: str) -> None:
    assert batch_line(Path("C:/x/npm.cmd"), words, "cmd") == line


@pytest.mark.parametrize("word", ['a"b', "%PATH%", "a\nb", "a\rb", "a\0b"])
def test_words_that_cmd_would_obey_are_refused(word: str) -> None:
    with pytest.raises(CannotRun, match="batch file"):
        batch_line(Path("C:/x/npm.cmd"), [word], "cmd")


def test_npm_of_windows_is_run_without_cmd(tmp_path: Path) -> None:
    for name in ("node.exe", "npm.cmd", "node_modules/npm/bin/npm-cli.js", "other.cmd"):
        executable(tmp_path / name, "")
    node = tmp_path / "node.exe"
    script = str(tmp_path / "node_modules/npm/bin/npm-cli.js")
    assert started(tmp_path / "npm.cmd", ["npm", "i"]) == (node, [str(node), script, "i"])
    other = tmp_path / "other.cmd"
    assert started(other, ["other", "i"]) == (other, ["other", "i"])
