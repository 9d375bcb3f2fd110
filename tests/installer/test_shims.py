from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from oracles import run, tool
from rtinstall.installer import shims
from rtinstall.installer.places import Places
from world.shells import Ground

SHELLS = (("dash",), ("bash", "--posix"), ("busybox", "ash"), ("mksh",), ("ksh",))


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path, path=f"{tmp_path}/home/shims:/usr/bin:/bin").lay("v22.1.0", "v20.2.0")
    for version in ("v22.1.0", "v20.2.0"):
        ground.executable(
            ground.home / "versions" / version / "bin/npm", "#!/usr/bin/env node\nnothing\n"
        )
    shims.write(places(ground), ground.hook, shims.ALWAYS)
    return ground


def places(ground: Ground) -> Places:
    return Places(ground.home, ground.folder / "c", ground.folder / "p", ground.folder / "shared")


def called(
    ground: Ground, folder: Path, *words: str, shell: tuple[str, ...] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    """Call a shim by its name, by the shell its first line names or by another."""
    name, *arguments = words
    shim = str(ground.home / "shims" / name)
    command = [tool(shell[0]), *shell[1:], shim, *arguments] if shell else [name, *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
        env={"PATH": ground.path, "HOME": str(ground.folder), **more},
        timeout=60,
    )


@pytest.mark.parametrize("shell", [(), *SHELLS], ids=lambda shell: shell[0] if shell else "sh")
def test_a_shim_becomes_the_command_of_the_version_asked_for(
    ground: Ground, shell: tuple[str, ...]
) -> None:
    folder = ground.ask("a b/$(c)/d", ".nvmrc").parent
    ground.answer("a b/$(c)/d", "v20.2.0")
    assert called(ground, ground.work, "node", "-v", shell=shell).stdout == "v22.1.0 -v\n"
    assert called(ground, folder, "node", "a b", "*", shell=shell).stdout == "v20.2.0 a b *\n"
    # npm's own first line finds the node of its version, and the shims only once.
    npm = called(ground, folder, "npm", "ci", shell=shell).stdout
    assert npm == f"v20.2.0 {ground.home}/versions/v20.2.0/bin/npm ci\n"
    chosen = called(ground, folder, "node", shell=shell, RTINSTALL_VERSION="22.1.0")
    assert chosen.stdout == "v22.1.0\n"
    assert ground.calls == []


def test_an_install_script_in_node_modules_stays_with_the_version(ground: Ground) -> None:
    folder = ground.ask("a", ".nvmrc").parent
    ground.answer("a", "v20.2.0")
    ground.ask("a/node_modules/x", ".nvmrc")
    ground.answer("a/node_modules/x", "v22.1.0")
    ground.executable(
        ground.home / "versions/v20.2.0/bin/npm", "#!/bin/sh\ncd node_modules/x && exec node -v\n"
    )
    assert called(ground, folder, "npm").stdout == "v20.2.0 -v\n"


def test_system_is_found_behind_the_shims_and_never_in_the_current_folder(ground: Ground) -> None:
    folder = ground.ask("s", ".nvmrc").parent
    ground.answer("s", "system")
    ground.executable(folder / "node", "#!/bin/sh\necho trap\n")
    real = ground.executable(ground.folder / "real/node", "#!/bin/sh\necho real\n").parent
    link = ground.folder / "link"
    link.symlink_to(ground.home / "shims")
    first = f"{link}::.:{ground.home}/shims:{ground.home}/versions/v20.2.0/bin"
    assert (
        called(ground, folder, "node", shell=("dash",), PATH=f"{first}:{real}").stdout == "real\n"
    )
    ended = called(ground, folder, "node", shell=("dash",), PATH=first)
    assert ended.returncode == 127
    assert ended.stderr.startswith("error: no node is on this machine\nhint: ")


def test_what_is_not_installed_is_an_error_and_not_another_version(ground: Ground) -> None:
    folder = ground.ask("a", ".nvmrc").parent
    note = f"{folder}/.nvmrc, line 1 asks for '99', which is not installed; rtinstall install 99"
    ground.answer("a", "!", bin=f"{ground.home}/shims", note=note)
    ended = called(ground, folder, "node")
    assert ended.returncode == 18
    assert ended.stdout == ""
    said = f"error: {folder}/.nvmrc, line 1 asks for '99', which is not installed"
    assert ended.stderr == f"{said}\nhint: rtinstall install 99\n"


def test_engines_that_nothing_installed_meets_leave_the_default(ground: Ground) -> None:
    folder = ground.ask("a", "package.json").parent
    ground.answer("a", "?!", bin=ground.bin("default"), note="no; such")
    assert called(ground, folder, "node").stdout == "v22.1.0\n"


def test_a_folder_never_seen_is_asked_about(ground: Ground) -> None:
    folder = ground.ask("a", ".nvmrc").parent
    record = ground.answer("a", "v20.2.0")
    record.rename(ground.home / "answer")
    (ground.home / "act").write_text(f"cp -p {ground.home}/answer {record}; echo noise")
    ended = called(ground, folder, "node")
    assert (ended.stdout, ended.stderr) == ("v20.2.0\n", "noise\n")
    assert ground.calls == [f"hook {folder}"]


def test_a_folder_that_cannot_be_asked_about_is_an_error(ground: Ground) -> None:
    folder = ground.ask("a", ".nvmrc").parent
    ended = called(ground, folder, "node")
    assert ended.returncode == 18
    assert f"which version {folder} asks for" in ended.stderr


def test_another_expression_is_the_programs_affair(ground: Ground) -> None:
    called(ground, ground.work, "node", "-p", "1 + 1", RTINSTALL_VERSION=">=20 <22")
    assert ground.calls == ["exec --using=>=20 <22 -- node -p 1 + 1"]


def test_a_command_that_a_version_lacks_is_named(ground: Ground) -> None:
    folder = ground.ask("a", ".nvmrc").parent
    ground.answer("a", "v20.2.0")
    ended = called(ground, folder, "corepack")
    assert ended.returncode == 127
    assert ended.stderr.startswith("error: corepack is no command of v20.2.0\n")


def test_shims_are_for_the_commands_of_every_version(ground: Ground) -> None:
    for name in ("tsc", ".hidden", "odd name", "x" * 200):
        ground.executable(ground.home / "versions/v20.2.0/bin" / name, "#!/bin/sh\n")
    (ground.home / "versions/v20.2.0/bin/README").write_text("no program")
    folders = [ground.home / "versions" / name / "bin" for name in ("v22.1.0", "v20.2.0", "gone")]
    names = shims.commands(folders)
    assert names == ("corepack", "node", "npm", "npx", "tsc")
    shims.write(places(ground), ground.hook, names)
    before = {path.name: path.stat().st_ino for path in (ground.home / "shims").iterdir()}
    assert sorted(before) == sorted(names)
    shims.write(places(ground), ground.hook, names)
    assert before == {path.name: path.stat().st_ino for path in (ground.home / "shims").iterdir()}
    shims.write(places(ground), ground.hook, shims.ALWAYS)
    assert sorted(path.name for path in (ground.home / "shims").iterdir()) == sorted(shims.ALWAYS)


def test_a_shim_is_one_process(ground: Ground) -> None:
    folder = ground.ask("a", ".nvmrc").parent
    ground.answer("a", "v20.2.0")
    trace = ground.folder / "trace"
    command = [tool("strace"), "-f", "-e", "trace=execve,fork,vfork,clone,clone3", "-o", str(trace)]
    subprocess.run(
        [*command, str(ground.home / "shims/node")],
        check=True,
        capture_output=True,
        cwd=folder,
        env={"PATH": ground.path},
    )
    calls = [line for line in trace.read_text().splitlines() if "(" in line and "= 0" in line]
    assert [line.split('"')[1] for line in calls] == [
        f"{ground.home}/shims/node",
        f"{ground.home}/versions/v20.2.0/bin/node",
    ]


def test_the_text_is_clean(ground: Ground) -> None:
    shim = ground.home / "shims/node"
    assert not run("shellcheck", "-s", "sh", "-e", "SC3013,SC2034", shim)
