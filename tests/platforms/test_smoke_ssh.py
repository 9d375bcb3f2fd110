"""``rtbuild smoke --host`` against a real OpenSSH server, and machines that play other systems.

The tools of those systems are stand-ins; the real dpkg and the real Node.js are in tests/real.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import elf
import freebsds
from archive_makers import apk, arch, deb, rpm
from bundles import LONG, LONGEST, UNICODE, small_bundle
from oracles import attempt, run, tool
from rtinstall.platforms.freebsd import pkg as freebsd_writer
from rtinstall.platforms.smoke.locate import locate
from rtinstall.platforms.smoke.ssh.address import parse_address
from rtinstall.platforms.smoke.ssh.connection import connected
from rtinstall.platforms.smoke.ssh.posix import SCRIPT, PosixHost
from rtinstall.platforms.smoke.ssh.visit import arrived
from rtinstall.platforms.smoke.table import BY_NAME, CHECKS
from rtinstall.platforms.smoke.verdict import Ended
from rtinstall.runtime_bundle import model
from rtinstall.runtime_bundle.model import File
from rtinstall.runtime_bundle.unpack import write_tree
from world.rtbuild import Desk, ended
from world.ssh import Machine, needs_namespaces, played
from world.systems import (
    FREEBSD,
    IBMI,
    MACOS,
    NODE,
    freebsd_package,
    ibmi_package,
    macos_package,
)

pytestmark = pytest.mark.skipif(shutil.which("unshare") is None, reason="needs Linux")
ONE = ("--only", "zlib")
VISIT = re.compile(r"rtsmoke-[0-9a-f]{16}")


@pytest.fixture(autouse=True)
def _able() -> None:
    needs_namespaces()


@pytest.fixture
def freebsd(tmp_path: Path) -> Iterator[Machine]:
    with played(tmp_path, FREEBSD, node=NODE) as found:
        yield found


def untouched(machine: Machine, before: set[str]) -> bool:
    """Tell whether a visit has left nothing: no file, no folder, no process."""
    assert machine.files() == before
    assert machine.visits == []
    return comes(lambda: not machine.processes())  # what was killed takes a moment to be gone


def comes(what: Callable[[], object]) -> bool:
    """Tell whether something becomes true before long."""
    for _ in range(500):
        if what():
            return True
        time.sleep(0.02)
    return False


def done(machine: Machine, *tools: str) -> list[str]:
    """Return what was asked of ``tools``, the private folder named alike."""
    return [VISIT.sub("VISIT", line) for line in machine.log if line.split(" ")[0] in tools]


# What each system's own tool is asked to do, in this order.
SYSTEMS: dict[str, Any] = {
    "freebsd": (
        FREEBSD, freebsd_package, "FreeBSD 14.2-RELEASE amd64", "/usr/local/bin/node", ("pkg",),
        ["pkg query -a %n", "pkg add /tmp/VISIT/package.pkg", "pkg query -a %n", "pkg query -a %n",
         "pkg delete -y demo", "pkg query -a %n"],
    ),
    "ibmi": (
        IBMI, ibmi_package, "IBM i 7.5 ppc64", "/QOpenSys/pkgs/lib/nodejs24/bin/node",
        ("yum", "rpm"),
        [r"rpm -qa --qf %{NAME}\n", "yum install -y /tmp/VISIT/package.rpm",
         r"rpm -qa --qf %{NAME}\n", r"rpm -qa --qf %{NAME}\n",
         "yum remove -y demo libuv1", r"rpm -qa --qf %{NAME}\n"],
    ),
    "macos": (
        MACOS, macos_package, "macOS (Darwin 24.3.0) arm64", "/usr/local/bin/node",
        ("installer", "pkgutil"),
        ["pkgutil --pkgs", "installer -pkg /tmp/VISIT/package.pkg -target /",
         "pkgutil --pkgs", "pkgutil --pkgs",
         # From here it is the package's own uninstaller that asks.
         "pkgutil --pkg-info rtinstall.nodejs.npm", "pkgutil --pkg-info rtinstall.nodejs.node",
         "pkgutil --files rtinstall.nodejs.npm",
         "pkgutil --only-dirs --files rtinstall.nodejs.npm",
         "pkgutil --forget rtinstall.nodejs.npm", "pkgutil --files rtinstall.nodejs.node",
         "pkgutil --only-dirs --files rtinstall.nodejs.node",
         "pkgutil --forget rtinstall.nodejs.node", "pkgutil --pkgs"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_package_is_installed_checked_and_removed_by_the_systems_own_tool(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    stand_ins, package, title, node, tools, asked = SYSTEMS[name]
    with played(tmp_path, stand_ins, node=NODE) as machine:
        before = machine.files()
        ended = desk.run("smoke", *machine.words, package(tmp_path), *ONE, "--json").good()
        assert done(machine, *tools) == asked
        assert untouched(machine, before)
    report = ended.json
    assert report["command"] == [machine.url, title, node]
    found = {check["name"]: check for check in report["checks"]}
    assert {name: check["status"] for name, check in found.items()} == dict.fromkeys(
        ("installation", "zlib", "removal"), "passed"
    )
    told = found["zlib"]["evidence"]["told"]
    assert told["node"] == node
    assert told["commands"] == node.removesuffix("/node")
    assert told["prefix"] == node.removesuffix("/bin/node")
    if name == "macos":
        assert told["npm"] == "/usr/local/lib/node_modules/npm/bin/npm-cli.js"


def test_a_check_finds_nothing_of_the_users_there(
    desk: Desk, tmp_path: Path, freebsd: Machine
) -> None:
    desk.run("smoke", *freebsd.words, freebsd_package(tmp_path), *ONE).good()
    lines = freebsd.seen("seen/zlib").read_text().splitlines()
    found = dict(line.partition("=")[::2] for line in lines)
    for name in ("PWD", "SHLVL", "OLDPWD", "_"):  # which the shell of the stand-in sets
        found.pop(name, None)
    told = json.loads(found.pop("SMOKE"))
    assert told["node"] == "/usr/local/bin/node"
    assert {name: VISIT.sub("VISIT", value) for name, value in found.items()} == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp/VISIT/zlib/home",
        "TMPDIR": "/tmp/VISIT/zlib/tmp",
        "LANG": "C.UTF-8",
    }


def test_a_report_names_the_machine_and_the_steps_are_told(
    desk: Desk, tmp_path: Path, freebsd: Machine
) -> None:
    more = (*ONE, "--junit", "report.xml")
    ended = desk.run("smoke", *freebsd.words, freebsd_package(tmp_path), *more).good()
    name = "demo-1.0-freebsd-x64.pkg"
    title = "FreeBSD 14.2-RELEASE amd64"
    assert ended.out.splitlines()[0] == f"{freebsd.url} {title} /usr/local/bin/node"
    assert ended.out.splitlines()[-1] == "3 checks: 3 passed, 0 failed, 0 not run"
    assert [line.rpartition(": ")[0] for line in ended.err.splitlines()] == [
        f"reading {name}", f"connecting to {freebsd.url}", f"copying {name} to {title}",
        f"installing {name} with pkg", "gzip, deflate, brotli, zstd", f"removing {name}",
    ]  # fmt: skip
    assert (
        f'value="{freebsd.url} {title} /usr/local/bin/node"'
        in (desk.work / "report.xml").read_text()
    )


# Plays any tool: whoever is given a package installs it, whoever is given its name removes it.
ANY = """\
case " $* " in
*/package.*)
    mkdir -p /usr/local/bin && cp /db/node /usr/local/bin/node && chmod 755 /usr/local/bin/node
    echo "installed demo" >/db/list ;;
*' demo '*)
    rm -r /usr/local
    rm /db/list ;;
*) [ ! -e /db/list ] || cat /db/list ;;
esac
"""
DEB = {"./usr/local/bin/node": b"#!/bin/sh\n"}
# Every row of the table that is not played above: its package, and what is asked of the tool.
ROWS = {
    "demo.deb": (
        deb(DEB), r"dpkg-query -W -f ${db:Status-Status} ${Package}\n",
        "dpkg -i FILE.deb", "dpkg --purge demo",
    ),
    "demo.rpm": (
        rpm({"/usr/local/bin/node": b"#!/bin/sh\n"}), r"rpm -qa --qf %{NAME}\n",
        "rpm -i FILE.rpm", "rpm -e demo",
    ),
    "demo.apk": (
        apk({"usr/local/bin/node": b"#!/bin/sh\n"}), "apk info",
        "apk add --allow-untrusted FILE.apk", "apk del demo",
    ),
    "demo.pkg.tar.zst": (
        arch({"usr/local/bin/node": b"#!/bin/sh\n"}), "pacman -Qq",
        "pacman -U --noconfirm FILE.pkg.tar.zst", "pacman -Rn --noconfirm demo",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_each_tool_of_linux_is_asked_in_its_own_words(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    data, query, install, remove = ROWS[name]
    (tmp_path / name).write_bytes(data)
    tools = {words.split()[0] for words in (query, install, remove)}
    with played(tmp_path, {f"/stand-ins/{each}": ANY for each in tools}, node=NODE) as machine:
        before = machine.files()
        desk.run("smoke", *machine.words, tmp_path / name, *ONE).good()
        asked = [line.replace("/tmp/VISIT/package", "FILE") for line in done(machine, *tools)]
        assert asked == [query, install, query, query, remove, query]
        assert untouched(machine, before)


@pytest.mark.parametrize("shell", ["bash", "dash", "fish", "ksh", "tcsh", "zsh"])
def test_whatever_the_users_shell_is(desk: Desk, tmp_path: Path, shell: str) -> None:
    with played(tmp_path, FREEBSD, node=NODE, shell=tool(shell)) as machine:
        before = machine.files()
        desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE).good()
        assert machine.clients() == []
        fish = {name for name in machine.files() if name.startswith("root/.")}
        assert untouched(machine, before | fish)


@pytest.mark.parametrize("shell", ["bash --posix", "busybox sh", "ksh", "zsh --emulate sh"])
def test_whatever_sh_is(desk: Desk, tmp_path: Path, shell: str) -> None:
    tool(shell.split()[0])
    stand_ins = {**FREEBSD, "/stand-ins/sh": f'exec {shell} "$@"\n'}
    with played(tmp_path, stand_ins, node=NODE) as machine:
        before = machine.files()
        desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE).good()
        assert any(line.endswith("host.sh greet") for line in done(machine, "sh"))
        assert untouched(machine, before)


def test_shellcheck_has_nothing_to_say() -> None:
    run("shellcheck", "--shell=sh", SCRIPT)


# A tree, which no tool installs.

LISTING = """\
#!/bin/sh
cd "${0%/bin/node}" || exit
find . -type f -o -type l >/seen/files
echo '{"check":"zlib","told":'"$SMOKE"'}'
"""


@pytest.fixture
def linux(tmp_path: Path) -> Iterator[Machine]:
    with played(tmp_path, {}) as found:
        yield found


@pytest.fixture
def tree(desk: Desk) -> Path:
    """Give a folder, of a name that shells take apart, with a runtime that notes what is there."""
    desk.work.mkdir()
    path = desk.work / 'it\'s "my" $(tree); -rf'
    write_tree(small_bundle().entries, path)
    (path / "bin/node").write_text(LISTING)
    return path


@pytest.mark.parametrize("tar", ["tar", "bsdtar", "busybox tar"])
def test_a_folder_arrives_whole_and_is_gone_afterwards(
    desk: Desk, tmp_path: Path, tree: Path, tar: str
) -> None:
    command = f'exec {tool(tar.split()[0])} {" ".join(tar.split()[1:])} "$@"\n'
    if tar.startswith("busybox"):  # which reads no pax headers: a path of more than 255 bytes
        (tree / LONGEST).unlink()
        (tree / LONGEST).parent.rmdir()
    with played(tmp_path, {"/stand-ins/tar": command}) as linux:
        before = linux.files()
        report = desk.run("smoke", *linux.words, tree, *ONE, "--json").good().json
        assert any(line.startswith("tar -xof") for line in linux.log)
        assert untouched(linux, before)
    assert [check["status"] for check in report["checks"]] == ["passed"]
    told = report["checks"][0]["evidence"]["told"]
    assert VISIT.sub("VISIT", told["node"]) == "/tmp/VISIT/tree/bin/node"
    assert VISIT.sub("VISIT", report["command"][2]) == "/tmp/VISIT/tree/bin/node"
    listed = {line.removeprefix("./") for line in linux.seen("seen/files").read_text().splitlines()}
    assert {LONG, UNICODE} < listed
    assert listed == {str(p.relative_to(tree)) for p in tree.rglob("*") if not p.is_dir()}


def test_an_archive_is_unpacked_and_not_installed(
    desk: Desk, linux: Machine, tree: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "node-v24.19.0-linux-x64.tar.gz"
    run("tar", "-czf", archive, "-C", desk.work, "--transform=s,^[^/]*,node-v24,", tree.name)
    report = desk.run("smoke", *linux.words, archive, *ONE, "--json").good().json
    assert report["command"][2].endswith("/tree/node-v24/bin/node")
    assert [check["name"] for check in report["checks"]] == ["zlib"]


@pytest.mark.parametrize("without", [(), ("sha256sum",), ("sha256sum", "shasum", "openssl")])
def test_what_arrives_is_compared(
    desk: Desk, tmp_path: Path, tree: Path, without: tuple[str, ...]
) -> None:
    """The last digest there is says that something else arrived; at least the size is compared."""
    stand_ins = {f"/stand-ins/{name}": "exit 1\n" for name in without}
    with played(tmp_path, stand_ins) as machine:
        desk.run("smoke", *machine.words, tree, *ONE).good()
    wrong = {**stand_ins, "/stand-ins/cat": "head -c 1000\n"}
    with played(tmp_path / "wrong", wrong) as machine:
        # The script that is sent first has to be whole, so cut only what is longer.
        machine.seen("stand-ins/cat").write_text('#!/bin/sh\nhead -c 20000 "$@"\n')
        ended = desk.run("smoke", *machine.words, tree, *ONE)
        ended.failed(7, "did not arrive whole", "size '20000'" if len(without) == 3 else "sha256")
        assert machine.visits == []


# What is refused before anything is changed.


@pytest.mark.parametrize("what", ["listed", "file", "link"])
def test_what_is_there_already_is_never_touched(
    desk: Desk, tmp_path: Path, freebsd: Machine, what: str
) -> None:
    place = freebsd.seen("usr/local/bin/node")
    place.parent.mkdir(parents=True)
    match what:
        case "listed":
            freebsd.seen("db/packages").mkdir()
            freebsd.seen("db/packages/demo").write_text("/etc/passwd\n")
            said = "demo is already installed"
        case "file":
            place.write_text("theirs")
            said = "/usr/local/bin/node is already there"
        case _:
            place.symlink_to("nowhere")
            said = "/usr/local/bin/node is already there"
    before = freebsd.files()
    ended = desk.run("smoke", *freebsd.words, freebsd_package(tmp_path), *ONE)
    ended.failed(17, said, "nothing was changed there")
    assert done(freebsd, "pkg") == ["pkg query -a %n"]
    assert untouched(freebsd, before)


DPKG = {
    "/stand-ins/dpkg-query": "printf '%s\\n' 'installed npm' 'config-files demo'\n",
    "/stand-ins/dpkg": "exit 9\n",
}


@pytest.mark.parametrize("field", ["Conflicts", "Replaces", "Breaks"])
def test_a_package_that_another_would_have_to_go_for_is_refused(
    desk: Desk, tmp_path: Path, field: str
) -> None:
    path = tmp_path / "demo.deb"
    control = (
        "Package: demo\nVersion: 1.0-2\nArchitecture: amd64\n"
        f"{field}: other (<< 2), npm (>= 1)\nDescription: a\n"
    )
    path.write_bytes(deb({"./usr/bin/node": b"#!/bin/sh\n"}, control=control))
    with played(tmp_path, DPKG) as machine:
        desk.run("smoke", *machine.words, path, *ONE).failed(17, "npm is installed there")
        assert done(machine, "dpkg") == []


def arm64(tmp_path: Path) -> Path:
    return freebsd_package(tmp_path, "freebsd-arm64")


def linux_tree(tmp_path: Path) -> Path:
    write_tree(small_bundle("linux-x64").entries, tmp_path / "tree")
    return tmp_path / "tree"


def musl_tree(tmp_path: Path) -> Path:
    path = linux_tree(tmp_path)
    loader = "/lib/ld-musl-sparkling.so.1"
    (path / "bin/node").write_bytes(elf.executable("x64", {"libc.so": ()}, loader))
    return path


@pytest.mark.parametrize(
    ("stand_ins", "make", "said"),
    [
        (FREEBSD, arm64, "made for freebsd arm64 elf, not for FreeBSD 14.2-RELEASE amd64"),
        (FREEBSD, macos_package, "is for darwin, that machine runs FreeBSD"),
        (FREEBSD, linux_tree, "made for linux x64 glibc elf, not for FreeBSD"),
        (IBMI, freebsd_package, "is for freebsd, that machine runs IBM i 7.5"),
        (MACOS, ibmi_package, "is for ibmi, that machine runs macOS"),
        ({}, musl_tree, "has no /lib/ld-musl-sparkling.so.1"),
    ],
)
def test_what_cannot_run_there_is_not_copied(
    desk: Desk, tmp_path: Path, stand_ins: dict[str, str], make: Callable[[Path], Path], said: str
) -> None:
    with played(tmp_path, stand_ins) as machine:
        before = machine.files()
        ended = desk.run("smoke", *machine.words, make(tmp_path), *ONE).failed(9, said)
        assert "copying" not in ended.err
        assert untouched(machine, before)


def test_a_tool_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    stand_ins = {name: text for name, text in FREEBSD.items() if not name.endswith("/pkg")}
    with played(tmp_path, stand_ins) as machine:
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(14, "there is no pkg on FreeBSD 14.2-RELEASE amd64")


SOMEBODY = {"/stand-ins/id": "echo 1000\n"}


def test_rights_are_taken_by_sudo_where_it_asks_nothing(desk: Desk, tmp_path: Path) -> None:
    sudo = {"/usr/local/bin/sudo": '[ "$1" = -n ] && shift && exec "$@"\n'}
    with played(tmp_path, {**FREEBSD, **SOMEBODY, **sudo}, node=NODE) as machine:
        before = machine.files()
        desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE).good()
        assert done(machine, "sudo") == [
            "sudo -n true", "sudo -n pkg add /tmp/VISIT/package.pkg", "sudo -n pkg delete -y demo"
        ]  # fmt: skip
        assert untouched(machine, before)


@pytest.mark.parametrize("sudo", ["", "echo 'sudo: a password is required' >&2; exit 1\n"])
def test_without_rights_nothing_is_begun(desk: Desk, tmp_path: Path, sudo: str) -> None:
    more = {"/usr/local/bin/sudo": sudo} if sudo else {}
    with played(tmp_path, {**FREEBSD, **SOMEBODY, **more}) as machine:
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(17, "pkg needs the administrator's rights", "connect as root")
        assert machine.visits == []


# Connections that do not come about.


def test_a_closed_port_is_said_in_sshs_own_words(desk: Desk, tmp_path: Path, tree: Path) -> None:
    ended = desk.run("smoke", "--host", "ssh://root@127.0.0.1:1", tree)
    ended.failed(5, "ssh://root@127.0.0.1:1", "Connection refused")


def test_another_key_of_the_host_is_not_accepted(
    desk: Desk, linux: Machine, tree: Path, tmp_path: Path
) -> None:
    words = linux.words
    other = (tmp_path / "other_key.pub").read_text()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{linux.port} {other}")
    desk.run("smoke", *words, tree).failed(5, "Host key verification failed")
    known.write_text("")
    desk.run("smoke", *words, tree).failed(5, "Host key verification failed", "connect once")
    assert known.read_text() == ""


def test_a_key_that_is_refused_ends_without_a_question(
    desk: Desk, linux: Machine, tree: Path
) -> None:
    config = linux.write_config("other", "other_key")
    words = ("--host", linux.url, "--ssh-config", config)
    desk.run("smoke", *words, tree).failed(5, "Permission denied (publickey)", "ssh-agent")


def test_without_ssh_it_is_named(desk: Desk, tree: Path, tmp_path: Path) -> None:
    desk.run("smoke", "--host", "ssh://h", tree, PATH=str(tmp_path)).failed(14, "no ssh")


def test_a_machine_without_a_known_shell_is_refused(desk: Desk, tmp_path: Path, tree: Path) -> None:
    with played(tmp_path, {}, shell="/usr/bin/false") as machine:
        desk.run("smoke", *machine.words, tree).failed(17, "has no shell that can be used")
    with played(tmp_path / "plan9", {"/stand-ins/uname": "echo Plan9\n"}) as machine:
        desk.run("smoke", *machine.words, tree).failed(17, "runs Plan9")
        assert machine.visits == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--host", "ssh://-oProxyCommand=touch%20x"), 11, "is no name of a machine"),
        (("--host", "ssh://-l@host"), 11, "is no name of a user"),
        (("--host", "ssh://me:secret@host"), 11, "a password"),
        (("--host", "ssh://host", "--ssh-config", "missing"), 2, "missing"),
        (("--host", "ssh://host", "--root", "."), 2, "with --host"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(
    desk: Desk, tree: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    desk.run("smoke", tree, *words).failed(code, said)


# What goes wrong on the way.


def test_a_full_disk_is_said_and_cleaned_up(desk: Desk, tmp_path: Path, tree: Path) -> None:
    (tree / "big").write_bytes(bytes(3 << 20))
    with played(tmp_path, {}, mounts=["mount -t tmpfs -o size=1m none tmp"]) as machine:
        ended = desk.run("smoke", *machine.words, tree, *ONE)
        ended.failed(17, "receive", "No space left on device")
        assert left_in_session(machine) == ""


def left_in_session(machine: Machine) -> str:
    """Return what is in /tmp as a session sees it."""
    words = ("-F", machine.config, "-p", str(machine.port), "root@127.0.0.1", "ls /tmp")
    return run("ssh", *words)


def test_the_last_words_of_a_tool_that_fails_are_shown(desk: Desk, tmp_path: Path) -> None:
    broken = FREEBSD["/usr/sbin/pkg"].replace(
        "    node=", "    printf '%s\\n' first '\x1b[31mpkg: no room' >&2; exit 70\n    node="
    )
    with played(tmp_path, {**FREEBSD, "/usr/sbin/pkg": broken}, node=NODE) as machine:
        before = machine.files()
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(17, "pkg did not install demo-1.0-freebsd-x64.pkg: first", "pkg: no room")
        assert done(machine, "pkg")[-2:] == ["pkg delete -y demo", "pkg query -a %n"]
        assert untouched(machine, before)


def test_a_package_that_is_not_listed_afterwards_was_not_installed(
    desk: Desk, tmp_path: Path
) -> None:
    lazy = {**FREEBSD, "/usr/sbin/pkg": "exit 0\n"}
    with played(tmp_path, lazy) as machine:
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(17, "pkg does not know demo after installing it")


def test_what_stays_behind_is_a_line_of_the_report(desk: Desk, tmp_path: Path) -> None:
    forgetful = FREEBSD["/usr/sbin/pkg"].replace('rm "$file" &&', '[ "$file" = x ] &&')
    with played(tmp_path, {**FREEBSD, "/usr/sbin/pkg": forgetful}, node=NODE) as machine:
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE, "--json")
        ended.failed(17, "left behind: /usr/local/bin/node")
    last = ended.json["checks"][-1]
    assert (last["name"], last["status"]) == ("removal", "failed")
    assert "/usr/local/share/de mo/it's größe ✓" in last["reason"]


def test_a_tool_that_does_not_remove_is_a_line_of_the_report(desk: Desk, tmp_path: Path) -> None:
    stuck = FREEBSD["/usr/sbin/pkg"].replace("    shift 2\n", "    echo locked; exit 1\n")
    with played(tmp_path, {**FREEBSD, "/usr/sbin/pkg": stuck}, node=NODE) as machine:
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(17, "pkg failed: locked")
        assert "demo is still installed" in ended.out


def test_a_tool_that_takes_something_away_is_told_on(desk: Desk, tmp_path: Path) -> None:
    greedy = FREEBSD["/usr/sbin/pkg"].replace("    node=", "    rm /db/packages/theirs\n    node=")
    with played(tmp_path, {**FREEBSD, "/usr/sbin/pkg": greedy}, node=NODE) as machine:
        machine.seen("db/packages").mkdir()
        machine.seen("db/packages/theirs").touch()
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(17, "the installation took theirs away")


def test_what_others_install_meanwhile_is_theirs(desk: Desk, tmp_path: Path) -> None:
    node = "#!/bin/sh\necho /etc/passwd >/db/packages/theirs\n" + NODE
    with played(tmp_path, FREEBSD, node=node) as machine:
        before = machine.files()
        desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE).good()
        assert done(machine, "pkg")[-2:] == ["pkg delete -y demo", "pkg query -a %n"]
        assert untouched(machine, before)


def test_a_tool_that_cannot_list_is_not_asked_to_install(desk: Desk, tmp_path: Path) -> None:
    """It would seem afterwards that everything on the machine had come with the package."""
    broken = {**FREEBSD, "/usr/sbin/pkg": "echo some; echo 'database is locked' >&2; exit 1\n"}
    with played(tmp_path, broken) as machine:
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(17, "pkg does not list what is installed", "database is locked")
        assert done(machine, "pkg") == ["pkg query -a %n"] * 2
        assert machine.visits == []


def test_a_failed_check_is_reported_and_all_is_removed(desk: Desk, tmp_path: Path) -> None:
    node = """#!/bin/sh\nprintf 'oh \\033[31mno\\033]0;title\\007\\n' >&2\nexit 139\n"""
    with played(tmp_path, FREEBSD, node=node) as machine:
        before = machine.files()
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(13, "1 of 3 checks failed: zlib")
        assert "no evidence, killed by signal 11" in ended.out
        assert "oh \ufffd[31mno" in ended.out
        assert not re.search("[\x00-\x08\x0b-\x1f]", ended.out + ended.err)
        assert untouched(machine, before)


def test_hostile_output_is_cut_and_proves_nothing(desk: Desk, tmp_path: Path) -> None:
    """It knows the folder's name, with which answers begin, and talks without end."""
    node = """#!/bin/sh
folder=${1%/checks/*}
printf '%s 0 9 0\\n{"check"}' "${folder##*/}"
head -c 3000000 /dev/zero
head -c 3000000 /dev/zero >&2
"""
    with played(tmp_path, FREEBSD, node=node) as machine:
        before = machine.files()
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(13, "zlib")
        assert "no evidence, exit code 0" in ended.out
        assert untouched(machine, before)


DAEMONS = """\
#!/bin/sh
sleep 1000 &
setsid sh -c 'exec "$0" 1000' "${1%/checks/*}/tree/sleep" >/dev/null 2>&1 </dev/null &
echo '{"check":"zlib"}'
"""


def test_what_a_check_leaves_running_ends_with_the_visit(
    desk: Desk, linux: Machine, tree: Path
) -> None:
    """One in its own process group, and one that has fled into a session of its own."""
    (tree / "bin/node").write_text(DAEMONS)
    shutil.copy("/bin/sleep", tree / "sleep")
    before = linux.files()
    desk.run("smoke", *linux.words, tree, *ONE).good()
    assert untouched(linux, before)


@pytest.fixture
def visit(linux: Machine, tree: Path) -> Iterator[SimpleNamespace]:
    """Give a machine that is being visited, and a way to run a check on it."""
    runtime = locate(tree)
    with (
        connected(parse_address(linux.url), linux.config) as connection,
        arrived(connection) as host,
    ):
        assert isinstance(host, PosixHost)

        def check(script: str, limit: float) -> Ended:
            node = linux.seen(f"{host.folder}/node")
            node.write_text(f"#!/bin/sh\n{script}")
            node.chmod(0o755)
            return host.check(runtime, BY_NAME["zlib"], limit, lambda path: f"{host.folder}/node")

        yield SimpleNamespace(check=check, host=host, machine=linux, connection=connection)


def sleeping(machine: Machine, word: str = "sleep 12345") -> list[str]:
    return [words for words in machine.processes() if word in words]


def test_a_check_that_hangs_is_killed_there_with_all_it_started(visit: SimpleNamespace) -> None:
    script = "echo before >&2; sleep 12345 & trap '' TERM INT HUP; sleep 12345; sleep 12345\n"
    found = visit.check(script, 1)
    assert (found.code, found.output, found.said) == (None, "", "before\n")
    assert comes(lambda: not sleeping(visit.machine))


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 3", 3), ("kill -KILL $$", -9), ("exit 77", 77), ("exec missing", 127)],
)
def test_exit_codes_and_signals_arrive(visit: SimpleNamespace, script: str, code: int) -> None:
    assert visit.check(script, 20).code == code


def test_both_streams_arrive_apart_and_byte_for_byte(visit: SimpleNamespace) -> None:
    found = visit.check("printf 'o\\n\\n ut\\n'; printf ' é\\n err' >&2", 20)
    assert (found.output, found.said) == ("o\n\n ut\n", " é\n err")


ODD = (
    "a b",
    "it's",
    '"quoted"',
    "$HOME `id` $(id)",
    "back\\slash\\n",
    "-n",
    "*",
    "größe ✓",
    "!x",
    "",
)


def test_words_arrive_as_they_are(visit: SimpleNamespace) -> None:
    answer = visit.host.run(("printf", "<%s>", *ODD))
    assert answer.said == "".join(f"<{word}>" for word in ODD)


def test_what_a_login_script_prints_is_no_answer(visit: SimpleNamespace) -> None:
    noisy = visit.machine.folder / "enter"
    noisy.write_text(noisy.read_text().replace("exec chroot", "echo Welcome; exec chroot"))
    assert visit.host.run(("echo", "hello")).said == "hello"


# Interruptions.

WAITING = "#!/bin/sh\necho $$ >/seen/started; sleep 12345\n"
# Ends the server's process for this connection, and with LISTENER the one that listens, too.
LOSING = """\
#!/bin/sh
group=$(ps -o pgid= -p $$)
server=$(ps -o ppid= -p $group)
LISTENER
kill -KILL $server $(ps -o ppid= -p $server | grep -vw "$(cat /seen/listener)")
sleep 12345
"""


def started(machine: Machine, process: subprocess.Popen[str]) -> None:
    place = machine.seen("seen/started")
    assert comes(lambda: place.exists() or process.poll() is not None)
    assert place.exists(), process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_visit_leaves_nothing(
    desk: Desk, tmp_path: Path, shallow: Path, number: signal.Signals, code: int
) -> None:
    with played(tmp_path, FREEBSD, node=WAITING) as machine:
        before = machine.files()
        package, env = freebsd_package(tmp_path), {"TMPDIR": str(shallow)}
        process = desk.start("smoke", *machine.words, package, *ONE, env=env)
        started(machine, process)
        process.send_signal(number)
        assert ended(process).code == code
        assert done(machine, "pkg")[-2:] == ["pkg delete -y demo", "pkg query -a %n"]
        assert untouched(machine, before)
        assert machine.clients() == []
    assert list(shallow.iterdir()) == []


def test_an_interruption_waits_for_the_tool_that_is_at_work(desk: Desk, tmp_path: Path) -> None:
    slow = FREEBSD["/usr/sbin/pkg"].replace("add)\n", "add)\n    echo >/seen/started; sleep 2\n")
    with played(tmp_path, {**FREEBSD, "/usr/sbin/pkg": slow}, node=NODE) as machine:
        before = machine.files()
        process = desk.start("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        started(machine, process)
        process.send_signal(signal.SIGINT)
        assert ended(process).code == 130
        assert "pkg delete -y demo" in done(machine, "pkg")
        assert untouched(machine, before)


def test_a_killed_rtbuild_leaves_no_process_there(
    desk: Desk, linux: Machine, tree: Path, shallow: Path
) -> None:
    (tree / "bin/node").write_text(WAITING)
    process = desk.start("smoke", *linux.words, tree, *ONE, env={"TMPDIR": str(shallow)})
    started(linux, process)
    assert comes(lambda: sleeping(linux))
    process.kill()
    ended(process)
    assert comes(lambda: not sleeping(linux))
    (socket,) = shallow.glob("rtssh-*/s")  # of the connection, which ends after a minute unused
    attempt("ssh", "-F", linux.config, "-S", socket, "-O", "exit", "127.0.0.1")


@pytest.fixture
def shallow() -> Iterator[Path]:
    """Give a folder with a name short enough for a socket in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def test_a_lost_connection_is_said_and_the_next_one_cleans_up(desk: Desk, tmp_path: Path) -> None:
    with played(tmp_path, FREEBSD, node=LOSING.replace("LISTENER\n", "")) as machine:
        machine.seen("seen/listener").write_text(str(machine.pid))
        before = machine.files()
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        ended.failed(5, machine.url)
        assert done(machine, "pkg")[-2:] == ["pkg delete -y demo", "pkg query -a %n"]
        assert untouched(machine, before)


def test_what_is_left_on_a_machine_that_has_gone_is_named(desk: Desk, tmp_path: Path) -> None:
    node = LOSING.replace("LISTENER", "kill -KILL $(cat /seen/listener)")
    with played(tmp_path, FREEBSD, node=node) as machine:
        machine.seen("seen/listener").write_text(str(machine.pid))
        ended = desk.run("smoke", *machine.words, freebsd_package(tmp_path), *ONE)
        (folder,) = machine.visits
        ended.failed(17, f"the folder /tmp/{folder} was left there", "demo-1.0-freebsd-x64.pkg was")
        for words in machine.processes():
            assert "sleep" not in words


def test_every_check_is_run_there(desk: Desk, tmp_path: Path, freebsd: Machine) -> None:
    report = desk.run("smoke", *freebsd.words, freebsd_package(tmp_path), "--json").json
    names = [check["name"] for check in report["checks"]]
    assert names == ["installation", *(check.name for check in CHECKS), "removal"]
    ran = {path.name for path in freebsd.seen("seen").iterdir()}
    skipped = {check["name"] for check in report["checks"] if check["status"] == "not run"}
    assert ran | skipped >= {check.name for check in CHECKS}
    assert partial(len, ran)() >= 18


def test_the_real_pkg_of_freebsd_installs_and_removes_our_package(
    desk: Desk, tmp_path: Path
) -> None:
    """The tool is FreeBSD's own, the package has our writer's shape; only node is a stand-in."""
    bundle = replace(small_bundle("freebsd-x64"), dependencies=())
    others = [entry for entry in bundle.entries if entry.path != "bin/node"]
    node = File.of("bin/node", elf.executable("x64", {}, "/libexec/ld-elf.so.1", 1_402_000), 0o755)
    bundle = replace(bundle, entries=model.tree([node, *others]))
    package = freebsds.write(freebsd_writer.package(bundle, freebsds.settings("zstd")), tmp_path)
    real = """\
/usr/sbin/pkg-itself -o ABI=FreeBSD:14:amd64 -o OSVERSION=1402000 "$@" || exit
[ "$1" != add ] || cp /db/node /usr/local/bin/node
"""
    with played(tmp_path / "machine", {**FREEBSD, "/usr/sbin/pkg": real}, node=NODE) as machine:
        shutil.copy(tool("pkg"), machine.seen("usr/sbin/pkg-itself"))
        machine.seen("var/db/pkg").mkdir(parents=True)
        machine.seen("usr/local").mkdir()  # which pkg itself lives in, and never removes
        before = machine.files()
        report = desk.run("smoke", *machine.words, package, *ONE, "--json").good().json
        assert [check["status"] for check in report["checks"]] == ["passed"] * 3
        assert report["checks"][2]["evidence"]["paths gone"] > 30
        assert {name for name in machine.files() - before if "var/db/pkg" not in name} == set()
        assert machine.visits == []
