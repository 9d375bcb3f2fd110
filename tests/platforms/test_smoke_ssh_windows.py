"""``rtbuild smoke --host`` and Windows: a real OpenSSH server, with Wine's cmd.exe and msiexec behind it.

In the place of node.exe, whose JavaScript Wine 8 cannot run, stands a small program for Windows. The
server is OpenSSH's for Linux; its sftp starts in the user's folder, as that for Windows does.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bundles import small_bundle
from oracles import run, tool
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.smoke.ssh.windows import _plain_json
from rtinstall.platforms.windows import msi
from rtinstall.runtime_bundle.model import Bundle, File, tree
from rtinstall.runtime_bundle.unpack import write_tree
from wine import Computer
from world.rtbuild import Desk
from world.ssh import Machine, needs_namespaces, serving
from world.windows_program import program

ONE = ("--only", "zlib")
HOME = "users/root"
FOLDER = "Program Files/nodejs"
# The user's shell is cmd.exe.
ENTER = """\
#!/bin/sh
export WINEPREFIX='{prefix}' WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= DISPLAY= LC_ALL=C.UTF-8 NODE_OPTIONS=mine
cd '{prefix}/drive_c/{home}' || exit
case $SSH_ORIGINAL_COMMAND in
*/sftp-server) exec $SSH_ORIGINAL_COMMAND ;;
esac
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >>'{folder}/log'
exec '{wine}' cmd.exe /c "$SSH_ORIGINAL_COMMAND"
"""
EVIDENCE = '{"check":"zlib"}\r\n'


@dataclass(frozen=True)
class Windows:
    """A computer with Windows that answers on SSH."""

    computer: Computer
    machine: Machine

    @property
    def log(self) -> list[str]:
        return (self.machine.folder / "log").read_text().splitlines()


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    needs_namespaces()
    folder = tmp_path_factory.mktemp("windows")
    computer = Computer(folder)
    computer.wine("winecfg", "-v", "win10")
    if not (computer.disk / HOME).is_dir():
        pytest.skip("this Wine has another home for its user")
    words = {"prefix": computer.prefix, "folder": folder, "home": HOME, "wine": tool("wine")}
    # Services that the first program starts would hold its session open.
    with (
        subprocess.Popen(
            [tool("wine"), "cmd.exe", "/c", "ping -n 1000 127.0.0.1"], env=computer.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as running,
        serving(folder, ENTER.format(**words)) as (port, pid),
    ):  # fmt: skip
        try:
            yield Windows(computer, Machine(folder, computer.disk, port, pid))
        finally:
            computer.close()
            running.wait(60)


def runtime(text: str = EVIDENCE, code: int = 0) -> Bundle:
    """Return a runtime whose node.exe prints ``text``."""
    bundle = small_bundle("win-x64")
    others = [entry for entry in bundle.entries if entry.path != "node.exe"]
    node = File.of("node.exe", program(text, code), 0o755)
    return replace(bundle, entries=tree([node, *others]))


def package(windows: Windows, bundle: Bundle) -> Path:
    name = windows.computer.write(msi.package(bundle, Settings()))
    return windows.computer.packages / name


def test_msiexec_installs_and_removes_and_nothing_stays(desk: Desk, windows: Windows) -> None:
    before = windows.computer.everything()
    path = package(windows, runtime())
    ended = desk.run("smoke", *windows.machine.words, path, *ONE, "--json").good()
    report = ended.json
    _, system, node = report["command"]
    assert re.fullmatch(r"Windows 10\.0\.[0-9]+ AMD64", system)
    assert node == r"C:\Program Files\nodejs\node.exe"
    assert {check["name"]: check["status"] for check in report["checks"]} == dict.fromkeys(
        ("installation", "zlib", "removal"), "passed"
    )
    assert windows.computer.everything() == before
    assert windows.computer.products() == []


def test_a_folder_is_copied_and_a_check_sees_nothing_of_the_users(
    desk: Desk, windows: Windows
) -> None:
    """The program fails, and so everything that it has in its environment is in the report."""
    before = windows.computer.everything()
    desk.work.mkdir()
    folder = desk.work / "it's 100% (mine) & yours"
    write_tree(runtime("nothing", 9).entries, folder)
    ended = desk.run("smoke", *windows.machine.words, folder, *ONE, "--json").failed(13, "zlib")
    (check,) = ended.json["checks"]
    assert ended.json["command"][2].endswith(r"\tree\node.exe")
    first, _, said = check["reason"].partition("\n")
    assert first == "no evidence, exit code 9"
    found = dict(line.partition("=")[::2] for line in said.split("\0"))
    assert "NODE_OPTIONS" not in found
    place = ended.json["command"][2].removesuffix(r"\tree\node.exe")
    assert found["TEMP"] == rf"{place}\zlib\tmp"
    assert found["APPDATA"] == rf"{place}\zlib\home"
    assert found["PATH"].split(";")[0] == rf"{place}\tree"
    assert json.loads(found["SMOKE"])["npm"] == rf"{place}\tree\node_modules\npm\bin\npm-cli.js"
    assert windows.computer.everything() == before


def test_a_file_in_the_way_stays_as_it_is(desk: Desk, windows: Windows) -> None:
    theirs = windows.computer.disk / FOLDER / "LICENSE"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    try:
        path = package(windows, runtime())
        desk.run("smoke", *windows.machine.words, path, *ONE).failed(17, "is already there")
        assert theirs.read_text() == "theirs"
        assert windows.computer.products() == []
    finally:
        theirs.unlink()
        theirs.parent.rmdir()


def test_a_package_that_msiexec_refuses_is_said_with_its_number(
    desk: Desk, windows: Windows, tmp_path: Path
) -> None:
    before = windows.computer.everything()
    path = package(windows, runtime())
    ended = desk.run("smoke", *windows.machine.words, damaged(path, tmp_path), *ONE)
    ended.failed(17, "msiexec did not install", "exit code 16")
    assert windows.computer.everything() == before


def damaged(path: Path, folder: Path) -> Path:
    """Return a package with a condition that no computer fulfils."""
    copy = folder / "damaged.msi"
    shutil.copy(path, copy)
    table = folder / "LaunchCondition.idt"
    table.write_text(
        "Condition\tDescription\r\ns255\tL255\r\nLaunchCondition\tCondition\r\n0\tnever\r\n"
    )
    run("msibuild", copy, "-i", table)
    return copy


def test_what_cmd_takes_for_its_own_is_spelled_otherwise() -> None:
    value = {"node": "C:\\a & b\\(c) %PATH% ^ !x! <y> |\\größe", "npm": None, "pace": 1}
    text = _plain_json(value)
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("&|<>^%!()") & set(text)
