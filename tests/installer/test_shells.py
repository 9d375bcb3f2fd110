from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from oracles import run, tool
from rtinstall.installer.shells import quoting, snippet
from rtinstall.installer.shells.values import Hook
from world.shells import EVERY, LANGUAGES, POSIX, Ground

every_shell = pytest.mark.parametrize("shell", EVERY)
HOSTILE = (
    "two words",
    "it's \"quoted\"",
    "$(touch pwned)`touch pwned`",
    "$HOME",
    "back\\slash",
    "line\nbreak",
    "ends in a line break\n",
    "übung-日本語-🐢",
    "*[a-z]?",
    "-n",
    "~",
    "a;b&c|d>e<f",
    "!history!!",
    "#comment",
    "%PATH%",
    "{a,b}",
    "=ls",
    "^a",
)  # fmt: skip


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path).lay("v22.1.0", "v20.2.0", "v18.0.0")


def project(
    ground: Ground, folder: str, version: str, file: str = ".nvmrc", source: str = ""
) -> Path:
    ground.ask(folder, file)
    ground.answer(folder, version, file=source)
    return ground.work / folder


@every_shell
def test_projects_are_entered_and_left(ground: Ground, shell: str) -> None:
    outer = project(ground, "a", "v20.2.0")
    inner = project(ground, "a/deep/er", "v18.0.0", ".node-version")
    system = project(ground, "s", "system", ".tool-versions")
    (outer / "src/lib").mkdir(parents=True)
    steps = (outer, outer / "src/lib", inner, outer / "deep", ground.work, system, inner, Path("/"))
    assert ground.walk(shell, *steps) == [
        "default",
        "v20.2.0",
        "v20.2.0",
        "v18.0.0",
        "v20.2.0",
        "default",
        "system",
        "v18.0.0",
        "default",
    ]
    assert ground.calls == []


@every_shell
def test_a_file_that_asks_for_nothing_is_passed_by(ground: Ground, shell: str) -> None:
    outer = project(ground, "a", "v20.2.0")
    project(ground, "a/b", "-", "package.json")
    assert ground.walk(shell, outer / "b")[1:] == ["v20.2.0"]
    project(ground, "c", "-", "package.json")
    assert ground.walk(shell, ground.work / "c")[1:] == ["default"]
    assert ground.calls == []


@every_shell
def test_engines_count_only_where_nothing_chooses(ground: Ground, shell: str) -> None:
    project(ground, "a", "v20.2.0")
    project(ground, "a/b", "?v18.0.0", "package.json")
    project(ground, "c", "?v20.2.0", "package.json")
    project(ground, "c/d", "?v18.0.0", "package.json")
    work = ground.work
    assert ground.walk(shell, work / "a/b", work / "c/d", work / "c")[1:] == [
        "v20.2.0",
        "v18.0.0",
        "v20.2.0",
    ]
    assert ground.calls == []


@every_shell
def test_a_package_of_somebody_else_is_none_of_ours(ground: Ground, shell: str) -> None:
    project(ground, "a", "v20.2.0")
    ground.ask("a/node_modules/x", "package.json")
    ground.ask("a/node_modules_of_mine", "package.json")
    ground.answer("a/node_modules_of_mine", "v18.0.0")
    work = ground.work / "a"
    steps = (work / "node_modules/x", work / "node_modules_of_mine", work / "node_modules")
    assert ground.walk(shell, *steps)[1:] == ["v20.2.0", "v18.0.0", "v20.2.0"]
    assert ground.calls == []


@pytest.mark.parametrize("name", HOSTILE)
@every_shell
def test_a_folder_may_be_called_anything(ground: Ground, shell: str, name: str) -> None:
    if (shell == "nu" and name.endswith("\n")) or (shell == "pwsh" and "\\" in name):
        pytest.skip("its own cd cannot go there")
    folder = project(ground, f"a/{name}/b", "v20.2.0")
    (folder / name).mkdir()
    steps = (folder, folder / name, ground.work)
    assert ground.walk(shell, *steps) == ["default", "v20.2.0", "v20.2.0", "default"]
    assert ground.calls == []
    assert not list(ground.folder.rglob("pwned"))


@pytest.mark.parametrize(
    "name", ["h o m e", "it's", "$(touch pwned)`touch pwned`", "ü*[a]", "b\\s"]
)
@every_shell
def test_the_home_may_be_called_almost_anything(tmp_path: Path, shell: str, name: str) -> None:
    ground = Ground(tmp_path, name).lay("v22.1.0", "v20.2.0")
    folder = project(ground, "a", "v20.2.0")
    again = "_rt_hook" if shell in ("nu", "pwsh") else "_rt_begin; _rt_hook"
    steps = (folder, again, ground.work)
    assert ground.walk(shell, *steps) == ["default", "v20.2.0", "v20.2.0", "default"]
    assert not list(tmp_path.rglob("pwned"))


@every_shell
def test_a_folder_never_seen_is_asked_about_once(ground: Ground, shell: str) -> None:
    folder = ground.ask("new", ".nvmrc").parent
    record = ground.answer("new", "v20.2.0")
    record.rename(ground.home / "answer")
    (ground.home / "act").write_text(f"cp -p {ground.home}/answer {record}; echo is said")
    ended = ground.run(ground.command(shell, ground.script(shell, (folder, ground.work, folder))))
    lines = [ground.ours(line, ground.path) for line in ended.stdout.splitlines()]
    assert lines == ["default", "v20.2.0", "default", "v20.2.0"]
    assert ended.stderr.strip() == "is said"
    assert ground.calls == [f"hook {folder}"]


@every_shell
def test_a_file_that_is_edited_appears_or_goes_is_noticed(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    assert ground.walk(shell, folder)[1:] == ["v20.2.0"]
    assert ground.calls == []

    (folder / ".nvmrc").write_text("18")  # now, and the record is older
    # What could not be answered is not taken from an old record at once, but what there is counts.
    assert len(ground.walk(shell, folder, folder / ".")) == 3
    assert ground.calls == [f"hook {folder}"]

    ground.ask("a", ".nvmrc")
    ground.ask("a", ".node-version")
    ground.walk(shell, folder)
    assert ground.calls == [f"hook {folder}"]

    (folder / ".nvmrc").unlink()
    ground.answer("a", "v18.0.0")
    assert ground.walk(shell, folder)[1:] == ["v18.0.0"]
    assert ground.calls == []


@every_shell
def test_a_file_elsewhere_that_decided_is_watched_too(ground: Ground, shell: str) -> None:
    extended = ground.ask("shared", "volta.json")
    folder = project(ground, "a", "v20.2.0", "package.json", source=str(extended))
    assert ground.walk(shell, folder)[1:] == ["v20.2.0"]
    assert ground.calls == []
    extended.touch()
    ground.walk(shell, folder)
    assert ground.calls == [f"hook {folder}"]


@every_shell
def test_a_file_from_the_future_is_asked_about_once_and_its_answer_counts(
    ground: Ground, shell: str
) -> None:
    folder = project(ground, "a", "v20.2.0")
    soon = time.time() + 3600
    os.utime(folder / ".nvmrc", (soon, soon))
    assert ground.walk(shell, folder, folder, folder)[1:] == ["v20.2.0"] * 3
    assert ground.calls == [f"hook {folder}"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\0\xff\xfe\n" * 3, b"a\nb\n", b"x" * 70_000])
@every_shell
def test_a_damaged_record_is_asked_about(ground: Ground, shell: str, content: bytes) -> None:
    folder = project(ground, "a", "v20.2.0")
    record = ground.answer("a", "v20.2.0")
    record.write_bytes(content)
    ended = ground.run(ground.command(shell, ground.script(shell, (folder,))))
    assert ended.returncode == 0, ended
    assert ground.ours(ended.stdout.splitlines()[1], ground.path) == "default"
    assert ground.calls == [f"hook {folder}"]


@every_shell
def test_a_program_that_is_gone_harms_nobody(tmp_path: Path, shell: str) -> None:
    ground = Ground(tmp_path).lay("v22.1.0", program=False)
    folder = ground.ask("a", ".nvmrc").parent
    ended = ground.run(ground.command(shell, ground.script(shell, (folder, ground.work))))
    assert ended.returncode == 0, ended
    shown = [ground.ours(line, ground.path) for line in ended.stdout.splitlines()]
    assert shown == ["default"] * 3


@every_shell
def test_a_home_that_is_gone_harms_nobody(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    kept = ground.folder / "kept"
    kept.mkdir()
    (ground.home / f"env.{'nu' if shell == 'nu' else 'x'}").exists()
    hooks = [path for path in ground.home.iterdir() if path.name.startswith("env.")]
    for path in [*ground.home.iterdir()]:
        if path not in hooks:
            path.rename(kept / path.name)
    ended = ground.run(ground.command(shell, ground.script(shell, (folder, ground.work))))
    assert ended.returncode == 0, ended
    assert "Traceback" not in ended.stderr


@every_shell
def test_what_is_chosen_for_a_shell_counts_before_the_folder(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    (ground.home / "act").write_text(
        'case $* in *--project) echo "use -" ;; *) echo "use v18.0.0" ;; esac'
    )
    steps = (
        "rtinstall use 18",
        folder,
        ground.work,
        folder,
        "rtinstall use --project",
        ground.work,
    )
    assert ground.walk(shell, *steps) == [
        "default",
        "v18.0.0",
        "v18.0.0",
        "v18.0.0",
        "v18.0.0",
        "v20.2.0",
        "default",
    ]
    name = LANGUAGES[shell].shell
    assert ground.calls == [f"use --shell {name} 18", f"use --shell {name} --project"]


@pytest.mark.parametrize(
    ("version", "leads"),
    [("v18.0.0", "v18.0.0"), ("18.0.0", "v18.0.0"), ("system", "system"), ("default", "default")],
)
@every_shell
def test_the_environment_may_name_a_version(
    ground: Ground, shell: str, version: str, leads: str
) -> None:
    folder = project(ground, "a", "v20.2.0")
    assert ground.walk(shell, folder, RTINSTALL_VERSION=version) == [leads, leads]
    assert ground.calls == []


@pytest.mark.parametrize("version", ["../../../tmp", "..", "a/b", "$(touch pwned)", "-x", "a b"])
@every_shell
def test_the_environment_cannot_lead_out_of_the_home(
    ground: Ground, shell: str, version: str
) -> None:
    ended = ground.run(
        ground.command(shell, ground.script(shell, (ground.work,))), RTINSTALL_VERSION=version
    )
    assert ended.returncode == 0, ended
    shown = [ground.ours(line, ground.path) for line in ended.stdout.splitlines()]
    assert shown == ["default", "default"]
    assert not list(ground.folder.rglob("pwned"))


@every_shell
def test_help_is_shown_and_never_obeyed(ground: Ground, shell: str) -> None:
    (ground.home / "act").write_text("echo 'Usage: $(touch pwned); touch pwned'")
    ended = ground.run(ground.command(shell, ground.script(shell, ("rtinstall use --help",))))
    assert "Usage: $(touch pwned); touch pwned" in ended.stdout
    assert not list(ground.folder.rglob("pwned"))


@pytest.mark.parametrize(
    "path", ["/usr/bin::/bin", ":/usr/bin", "/usr/bin:", "/bin::", "/a b:/bin"]
)
@pytest.mark.parametrize("shell", POSIX)
def test_the_rest_of_path_stays_as_it_is(ground: Ground, shell: str, path: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    system = project(ground, "s", "system")
    command = ground.command(shell, ground.script(shell, (folder, system, folder, ground.work)))
    ended = ground.run(command, PATH=path)
    shown = [ground.ours(line, path) for line in ended.stdout.splitlines()]
    assert shown == ["default", "v20.2.0", "system", "v20.2.0", "default"]


@pytest.mark.parametrize("shell", [*POSIX, "fish"])
def test_ours_stays_where_it_is_behind_what_a_user_puts_before_it(
    ground: Ground, shell: str
) -> None:
    folder = project(ground, "a", "v20.2.0")
    before = "PATH=/venv/bin:$PATH" if shell != "fish" else "set PATH /venv/bin $PATH"
    ended = ground.run(ground.command(shell, ground.script(shell, (before, folder))))
    assert ended.stdout.splitlines()[-1] == f"/venv/bin:{ground.bin('v20.2.0')}:{ground.path}"


@every_shell
def test_read_again_and_in_shells_within_shells_there_is_one_entry(
    ground: Ground, shell: str
) -> None:
    folder = project(ground, "a", "v20.2.0")
    language = LANGUAGES[shell]
    again = language.source.format(language.quote(str(ground.home / language.file)))
    path = f"{ground.home}/shims:{ground.bin('v18.0.0')}:{ground.bin('default')}:{ground.path}"
    if shell == "nu":
        assert ground.walk(shell, folder) == ["default", "v20.2.0"]
        return
    assert ground.walk(shell, again, folder, again, again) == ["default"] * 2 + ["v20.2.0"] * 3
    login = {
        "bash": ("bash", "-lc"),
        "zsh": ("zsh", "-f", "-l", "-c"),
        "fish": ("fish", "--no-config", "-l", "-c"),
    }
    if shell in login:
        program, *words = login[shell]
        script = ground.script(shell, (folder,))
        ended = ground.run([tool(program), *words, script], PATH=path)
        assert ended.stdout.splitlines()[-1].endswith(f"{ground.bin('v20.2.0')}:{ground.path}") or (
            ended.stdout.splitlines()[-1].startswith(ground.bin("v20.2.0"))
        )
        assert ended.stdout.splitlines()[-1].count(str(ground.home)) == 1


@pytest.mark.parametrize("shell", [*POSIX, "fish"])
def test_a_script_keeps_the_version_it_was_started_with(ground: Ground, shell: str) -> None:
    path = f"/npm/bin:{ground.bin('v18.0.0')}:{ground.path}"
    ended = ground.run(ground.command(shell, ground.script(shell, ())), PATH=path)
    assert ended.stdout.splitlines() == [path]


@pytest.mark.parametrize("shell", POSIX)
def test_a_subshell_says_nothing_more_and_changes_nothing(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    fresh = ground.ask("b", ".nvmrc").parent
    (ground.home / "act").write_text("echo noise")
    script = ground.script(
        shell, (f'x=$(cd {fresh} && pwd); [ "$x" = {fresh} ]', f"(cd {folder}; node -v)")
    )
    ended = ground.run(ground.command(shell, script))
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[2] == "v20.2.0 -v"
    assert ended.stderr == "noise\n"


@pytest.mark.parametrize("shell", POSIX)
@pytest.mark.parametrize(
    "first",
    [
        "set -eu",
        "set -C",
        "IFS=/.nv:",
        "set -f",
        "set -euC; IFS=' /'; set -f",
        "alias cd='cd -P'",
        "alias read=false unset=false export=false return=false local=false",
        "CDPATH=/nowhere:.",
        "unset RTINSTALL_VERSION _rt_on _rt_at",
        "readonly x=1; a=1 b=2",
    ],
)
def test_a_user_may_have_set_anything(ground: Ground, shell: str, first: str) -> None:
    if shell not in ("bash", "zsh") and first.startswith("alias"):
        pytest.skip("aliases are for people, and only bash and zsh can be read without")
    folder = project(ground, "a b", "v20.2.0")
    steps = (folder, ground.work, folder / ".", "true")
    expected = ["default", "v20.2.0", "default", "v20.2.0", "v20.2.0"]
    assert ground.walk(shell, *steps, first=first) == expected
    assert ground.calls == []


@pytest.mark.parametrize(
    "options",
    [
        "KSH_ARRAYS",
        "SH_WORD_SPLIT",
        "NO_NOMATCH",
        "NULL_GLOB GLOB_SUBST",
        "KSH_ARRAYS SH_WORD_SPLIT GLOB_SUBST NO_UNSET ERR_RETURN",
        "ERR_EXIT NO_UNSET",
        "EXTENDED_GLOB RC_QUOTES IGNORE_BRACES",
        "POSIX_BUILTINS POSIX_IDENTIFIERS",
        "WARN_CREATE_GLOBAL",
        "CHASE_LINKS AUTO_PUSHD",
        "NO_FUNCTION_ARGZERO CSH_NULL_GLOB",
        "NO_EQUALS NO_BARE_GLOB_QUAL",
    ],
)
def test_zsh_with_any_options(ground: Ground, options: str) -> None:
    folder = project(ground, "a [b] *", "v20.2.0")
    steps = (folder, ground.work, folder, "true")
    for where in ("before", "after"):
        first = f"setopt {options}" if where == "before" else ""
        more = () if where == "before" else (f"setopt {options}",)
        assert ground.walk("zsh", *more, *steps, first=first)[-4:] == [
            "v20.2.0",
            "default",
            "v20.2.0",
            "v20.2.0",
        ]
    assert ground.calls == []


@pytest.mark.parametrize("shell", ["dash", "ash", "mksh", "ksh"])
def test_an_alias_for_cd_harms_nobody(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    shown = ground.walk(shell, f"cd -P {folder}", "_rt_hook", first="alias cd='cd -P'")
    assert shown[-1] == "v20.2.0"


def prompts(ground: Ground, shell: tuple[str, ...], *lines: str) -> list[str]:
    """Type ``lines`` into an interactive shell; return what it prints to standard output."""
    hook = ground.home / f"env.{shell[0]}"
    script = "\n".join([f". {hook}", *lines, "exit"]) + "\n"
    ended = subprocess.run(
        [tool(shell[0]), *shell[1:]],
        input=script,
        capture_output=True,
        check=False,
        text=True,
        cwd=ground.folder,
        env={"PATH": ground.path, "HOME": str(ground.folder), "PS1": "", "LC_ALL": "C.UTF-8"},
        timeout=60,
    )
    return ended.stdout.splitlines()


BASH = ("bash", "--norc", "--noprofile", "-i")
ZSH = ("zsh", "-f", "-i")


@pytest.mark.parametrize("shell", [BASH, ZSH], ids=["bash", "zsh"])
def test_at_a_prompt_what_changed_in_the_same_folder_is_noticed(
    ground: Ground, shell: tuple[str, ...]
) -> None:
    folder = project(ground, "a", "v20.2.0")
    other = ground.folder / "other"
    ground.answer("a", "v18.0.0").rename(other)
    ground.answer("a", "v20.2.0")
    record = f"{ground.home}/projects{folder}/.version"
    (ground.home / "act").write_text(f"cp -p {other} {record}; touch {record}\n")
    lines = prompts(
        ground, shell, f"cd {folder}; node -v", "echo 18 >.nvmrc", "node -v", "cd /", "node -v"
    )
    assert lines == ["v20.2.0 -v", "v18.0.0 -v", "v22.1.0 -v"]
    assert ground.calls == [f"hook {folder}"]


@pytest.mark.parametrize("shell", [BASH, ZSH], ids=["bash", "zsh"])
def test_a_note_is_shown_on_entering_and_not_at_each_prompt(
    ground: Ground, shell: tuple[str, ...]
) -> None:
    note = "a/.nvmrc asks for '99', which is not installed; rtinstall install 99"
    folder = project(ground, "a", "!")
    ground.answer("a", "!", bin=f"{ground.home}/shims", note=note)
    lines = prompts(
        ground,
        shell,
        "exec 2>&1",
        f"cd {folder}",
        "true",
        "cd src 2>/dev/null || true",
        'echo "path $PATH"',
    )
    assert [line for line in lines if "rtinstall:" in line] == [f"rtinstall: {note}"]
    (path,) = (line.removeprefix("path ") for line in lines if line.startswith("path "))
    assert ground.ours(path, ground.path) == "shims"


@pytest.mark.parametrize(
    "command",
    [
        "PROMPT_COMMAND='x=$?; echo \"status $x\"'",
        "PROMPT_COMMAND=('x=$?; echo \"status $x\"' 'y=1')",
        "PROMPT_COMMAND='x=$?; echo \"status $x\";'",
        "PROMPT_COMMAND=$'x=$?\\necho \"status $x\"'",
    ],
)
def test_prompt_command_keeps_what_was_in_it(ground: Ground, command: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    lines = prompts(
        ground, BASH, f"{command}; . {ground.home}/env.bash; . {ground.home}/env.bash",
        f"pushd {folder} >/dev/null; node -v", "(exit 7)",
        "set -u; set -e", "popd >/dev/null; node -v", 'echo "${PROMPT_COMMAND[*]}" | grep -c _rt_prompt',
    )  # fmt: skip
    assert [line for line in lines if not line.startswith("status")] == [
        "v20.2.0 -v",
        "v22.1.0 -v",
        "1",
    ]
    assert lines.count("status 7") == 1


def test_a_function_called_cd_stays_the_users(ground: Ground) -> None:
    folder = project(ground, "a", "v20.2.0")
    lines = prompts(
        ground, BASH, 'unset -f cd; cd() { builtin cd "$@"; echo mine; }', f". {ground.home}/env.bash",
        f"cd {folder}", "node -v",
    )  # fmt: skip
    assert lines == ["mine", "v20.2.0 -v"]


@pytest.mark.parametrize("shell", EVERY)
def test_no_process_is_started_for_folders_that_were_seen(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    (folder / "src").mkdir()
    system = project(ground, "s", "system", "package.json")
    trace = ground.folder / "trace"
    steps = (folder, folder / "src", system, ground.work, folder)
    script = ground.script(shell, steps).replace('printf "%s\\n" "$PATH"', ":")
    command = [
        tool("strace"),
        "-f",
        "-e",
        "trace=execve,fork,vfork,clone,clone3,unlink,mkdir,openat,creat",
    ]
    ended = ground.run([*command, "-o", str(trace), *ground.command(shell, script)])
    assert ended.returncode == 0, ended
    calls = trace.read_text().splitlines()
    started = [line for line in calls if "execve(" in line and "= 0" in line]
    started = [line for line in started if "/tput" not in line]  # what Nushell asks for itself
    assert len(started) == 1
    processes = [
        line for line in calls
        if any(f" {name}(" in line for name in ("fork", "vfork", "clone", "clone3"))
        and "CLONE_THREAD" not in line and "CLONE_VM" not in line
    ]  # fmt: skip
    assert processes == []
    written = [line for line in calls if "O_CREAT" in line and str(ground.home) in line]
    assert written == []
    assert ground.calls == []


def pwsh(ground: Ground, *lines: str, before: str = "", **more: str) -> list[str]:
    """Type ``lines`` into a PowerShell with prompts; return what it says, in two streams as one."""
    hook = f". {quoting.powershell(str(ground.home / 'env.ps1'))}"
    program = f'function prompt {{ "[$? $LASTEXITCODE]`n" }}\n{before}\n{hook}'
    ended = ground.run(
        [tool("pwsh"), "-NoLogo", "-NoProfile", "-NoExit", "-Command", program],
        typed="\n".join([*lines, "exit"]) + "\n",
        TERM="dumb",
        **more,
    )
    return ended.stdout.splitlines() + ended.stderr.splitlines()


def test_powershell_looks_at_each_prompt_and_hides_nothing_from_the_one_before(
    ground: Ground,
) -> None:
    folder = project(ground, "a", "v20.2.0")
    note = "a/.nvmrc asks for '99', which is not installed"
    other = ground.folder / "other"
    ground.answer("a", "v18.0.0", note=note).rename(other)
    record = ground.answer("a", "v20.2.0")
    (ground.home / "act").write_text(f"cp -p {other} {record}; touch {record}\n")
    shown = pwsh(
        ground, f"cd {folder}; node -v", "/bin/sh -c 'exit 7'", "Set-StrictMode -Version Latest",
        "'18' > .nvmrc", "node -v", "cd /; node -v",
    )  # fmt: skip
    shown = [line for line in shown if line.startswith(("v", "[", "rtinstall"))]
    assert shown == [
        "[True ]",
        "v20.2.0 -v",
        "[True 0]",
        "[False 7]",
        "[True 7]",
        "[True 7]",
        "v18.0.0 -v",
        "[True 0]",
        "v22.1.0 -v",
        "[True 0]",
    ]


@pytest.mark.parametrize(
    "before", ["Set-StrictMode -Version Latest", "$ErrorActionPreference = 'Stop'", "Set-Alias cd Push-Location -Option AllScope -Force"]
)  # fmt: skip
def test_powershell_may_be_set_to_anything_and_read_it_again(ground: Ground, before: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    again = f". {ground.home}/env.ps1"
    shown = pwsh(
        ground, again, again, f"cd {folder}; node -v", again, "cd ../..; node -v", before=before
    )
    assert [line for line in shown if line.startswith("v")] == ["v20.2.0 -v", "v22.1.0 -v"]
    assert not [line for line in shown if "rror" in line or "xception" in line]
    assert ground.calls == []


def test_powershell_passes_on_the_two_hyphens_that_a_function_is_not_given(ground: Ground) -> None:
    steps = ("rtinstall exec 20 -- node -v -- 'a b'", "rtinstall run --", "rtinstall ls '--' x",
             "if (1) { $null = rtinstall exec -- node }", "rtinstall")  # fmt: skip
    ground.walk("pwsh", *steps)
    assert ground.calls == [
        "exec 20 -- node -v -- a b",
        "run --",
        "ls -- x",
        "exec -- node",
        "",
    ]


def test_powershell_in_which_no_net_is_allowed_has_the_shims(ground: Ground) -> None:
    limited = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'"
    script = ground.script("pwsh", (ground.work,), first=limited)
    ended = ground.run(ground.command("pwsh", script.replace("[Console]::WriteLine", "")))
    assert not ended.stderr
    shown = [ground.ours(line, ground.path) for line in ended.stdout.splitlines()]
    assert shown == ["shims", "shims"]


def test_the_text_for_sh_is_clean(ground: Ground) -> None:
    for name, dialect in (("env.sh", "sh"), ("env.bash", "bash")):
        # -nt is not in POSIX, and in each sh that there is.
        attempt = run("shellcheck", "-s", dialect, "-e", "SC3013,SC1091,SC2034", ground.home / name)
        assert not attempt


def test_sh_of_bash_and_zsh_is_led_to_their_own(ground: Ground) -> None:
    folder = project(ground, "a", "v20.2.0")
    for shell in ("bash", "zsh"):
        script = ground.script(shell, (folder,)).replace(f"env.{shell}", "env.sh")
        ended = ground.run(ground.command(shell, script))
        assert ground.ours(ended.stdout.splitlines()[-1], ground.path) == "v20.2.0"


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh"])
def test_on_windows_a_drive_becomes_a_folder_on_path(ground: Ground, shell: str) -> None:
    folder = project(ground, "a", "v20.2.0")
    ground.answer("a", "v20.2.0", bin="C:\\Users\\a b\\versions\\v20.2.0")
    windows = Hook("C:/Users/a b", "C:/ProgramData/rtinstall", "C:/x/rtinstall.exe", "")
    for name in ("bash", "zsh", "sh"):
        text = snippet(name, windows).replace("_rt_home='/c/Users/a b'", f"_rt_home={ground.home}")
        assert "C:" not in text.replace("C:\\folder", "")
        (ground.home / f"env.{name}").write_text(text)
    ended = ground.run(ground.command(shell, ground.script(shell, (folder,))))
    assert ended.stdout.splitlines() == [
        f"{ground.home}/aliases/default:{ground.path}",
        f"/C/Users/a b/versions/v20.2.0:{ground.path}",
    ]
