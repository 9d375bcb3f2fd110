"""``rtbuild ci``: real tools on root directories, and containers and machines that are played."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from archive_makers import deb, freebsd
from bundles import executable, small_windows_bundle
from oracles import run, tool
from roots import needs_root
from rtinstall.platforms.ci import place
from rtinstall.platforms.ci.candidates import Candidate, candidates, pair
from rtinstall.platforms.ci.course import AGAIN
from rtinstall.platforms.ci.trial import tried
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.smoke.near import Near
from rtinstall.platforms.smoke.table import CHECKS
from rtinstall.platforms.systems import NOT_RUN, SYSTEMS, system_named
from rtinstall.platforms.tested import joined, read_trial
from rtinstall.platforms.windows import msi
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    InstallationFailed,
    MissingTool,
    NotReadable,
    RtError,
    SmokeFailed,
)
from rtinstall.runtime_bundle.targets import target_named
from wine import Computer
from world.releases import answering, published
from world.rtbuild import Desk
from world.ssh import Machine, needs_namespaces, played
from world.systems import FREEBSD, MACOS, NODE, macos_package

FAST = Effort("fast")
ONE = ("--only", "zlib")
OLD, NEW = "22.20.0", "24.19.0"
RTINSTALL = {"rtinstall": "#!/bin/sh\necho rtinstall 1.2.3\n"}
TOOLS = {"deb": ("dpkg", "dpkg-query", "fakeroot"), "rpm": ("rpm",), "arch": ("pacman", "fakeroot")}
STEPS = ["installation", *(c.name for c in CHECKS), "removal", "upgrade", "removal-upgraded"]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Give the desk with its folder made."""
    desk.work.mkdir(exist_ok=True)
    return desk


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a mirror of two releases, of which the older one has a program more."""
    dist = tmp_path_factory.mktemp("mirror") / "dist"
    published(dist, OLD, *TOOLS, more={"older": "#!/bin/sh\n"})
    published(dist, NEW, *TOOLS, more=RTINSTALL)
    return dist


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in report["checks"]}


@pytest.mark.parametrize("format", TOOLS)
def test_a_package_goes_through_every_step_in_an_empty_root(
    desk: Desk, dist: Path, format: str
) -> None:
    for name in TOOLS[format]:
        tool(name)
    if format == "rpm" and os.geteuid() != 0:
        pytest.skip("rpm installs into a directory as root")
    words = ("ci", dist, "--target", "linux-x64", "--format", format, "--in", "bare")
    ended = desk.run(*words, "--json", "--report", "report.json", "--junit", "report.xml").good()
    report = ended.json
    found = statuses(report)
    assert set(found) == {*STEPS, "rtinstall"}
    failed = {name for name, status in found.items() if status == "failed"}
    assert failed == set(), report
    for name in ("installation", "version", "npm", "rtinstall", "removal", "upgrade"):
        assert found[name] == "passed"
    assert (report["version"], report["older"]) == (NEW, OLD)
    assert report["target"] == "linux-x64"
    assert f"{format}" == report["format"]
    assert json.loads((desk.work / "report.json").read_bytes()) == report
    assert f'name="rtbuild ci {report["system"]}' in (desk.work / "report.xml").read_text()


def test_another_version_than_on_the_label_is_told(desk: Desk, tmp_path: Path) -> None:
    tool("dpkg-query")
    words = ("--target", "linux-x64", "--format", "deb", "--in", "bare", "--json")
    published(tmp_path / "dist", OLD, "deb")
    published(tmp_path / "dist", NEW, "deb", node=answering("1.2.3"))
    ended = desk.run("ci", tmp_path / "dist", *words).failed(SmokeFailed.exit_code)
    report = json.loads(ended.out)
    assert statuses(report)["version"] == "failed"
    assert "version is 1.2.3, the label says 24.19.0" in str(report["checks"])
    assert statuses(report)["upgrade"] == "failed"
    assert statuses(report)["removal-upgraded"] == "passed"


def test_a_release_alone_is_not_upgraded(desk: Desk, tmp_path: Path) -> None:
    tool("dpkg-query")
    published(tmp_path / "dist", NEW, "deb")
    words = ("--target", "linux-x64", "--in", "bare", "--json")
    report = desk.run("ci", tmp_path / "dist", *words).good().json
    assert statuses(report)["upgrade"] == "not run"
    assert "removal-upgraded" not in statuses(report)


def test_a_foreign_root_is_not_taken(desk: Desk, dist: Path, tmp_path: Path) -> None:
    """Somebody's files are never overwritten: the package is refused."""
    tool("dpkg-query")
    there = tmp_path / "root/usr/bin/node"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    words = ("--target", "linux-x64", "--root", tmp_path / "root", "--json")
    ended = desk.run("ci", dist, *words).failed(InstallationFailed.exit_code, "was not installed")
    assert "/usr/bin/node is already there" in ended.out
    assert there.read_text() == "mine"


# Plays apt-get and dpkg-query: unpacks, remembers, removes.
APT = """\
gone() { while IFS= read -r old; do rm "$old"; rmdir -p --ignore-fail-on-non-empty "${old%/*}"; done </db/files; }
case $1 in
install)
    for file do :; done
    [ ! -e /db/files ] || gone
    dpkg-deb --fsys-tarfile "$file" | tar -tf - | sed 's,^[.],,; /[/]$/d' >/db/files
    dpkg-deb --fsys-tarfile "$file" | tar -xf - -C /
    cp /db/node /usr/local/bin/node && chmod 755 /usr/local/bin/node
    echo 'installed demo' >/db/list ;;
purge)
    gone
    rm /db/files /db/list ;;
esac
"""
DEBIAN = {
    "/stand-ins/apt-get": APT,
    "/stand-ins/dpkg-query": "[ ! -e /db/list ] || cat /db/list",
}
DOCKER = """\
#!/bin/sh
echo "$*" >>{folder}/docker.log
case $1 in
run) echo c0ffee ;;
exec)
    shift 3
    exec nsenter --mount --target {pid} chroot "{root}" /usr/bin/env -i HOME=/root PATH={path} "$@" ;;
esac
"""


@contextmanager
def docker(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stand_ins: dict[str, str]
) -> Iterator[Machine]:
    """Play an engine whose only container is a machine that is played."""
    needs_namespaces()
    with played(folder, stand_ins, node=NODE) as machine:
        program = folder / "bin/docker"
        program.parent.mkdir()
        path = "/stand-ins:/usr/sbin:/usr/bin:/sbin:/bin"
        script = DOCKER.format(folder=folder, pid=machine.pid, root=machine.root, path=path)
        program.write_text(script)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        yield machine


def two_debs(folder: Path) -> tuple[Path, Path]:
    new, old = folder / "new.deb", folder / "old.deb"
    new.write_bytes(deb({"./usr/local/bin/node": b"#!/bin/sh\n", "./usr/local/new": b""}))
    old.write_bytes(deb({"./usr/local/bin/node": b"#!/bin/sh\n", "./usr/local/old": b""}))
    return new, old


@pytest.mark.parametrize("system", ["debian-12", "debian-12/ppc64le"])
def test_a_container_is_prepared_used_and_removed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    new, old = two_debs(tmp_path)
    with docker(tmp_path / "engine", monkeypatch, DEBIAN) as machine:
        before = machine.files()
        ended = desk.program("ci", new, "--older", old, "--system", system, "--json")
        assert machine.files() == before
        assert machine.visits == []
        asked = [line for line in machine.log if line.startswith("apt-get")]
    report = ended.json
    assert {"upgrade", "removal", "installation"} <= {
        name for name, status in statuses(report).items() if status == "passed"
    }
    assert statuses(report)["removal-upgraded"] == "passed"
    install = "apt-get install -y --no-install-recommends"
    assert [line.partition(" /tmp")[0] for line in asked] == [
        "apt-get update -qq", install, "apt-get purge -y demo",
        install, install, "apt-get purge -y demo",
    ]  # fmt: skip
    log = (tmp_path / "engine/docker.log").read_text().splitlines()
    platform = "" if system == "debian-12" else "--platform linux/ppc64le "
    assert log[0] == "info"
    assert f"run --detach --rm {platform}debian:12 sleep 86400" in log
    assert log[-1] == "rm --force c0ffee"


def test_what_an_upgrade_leaves_behind_is_told(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, old = two_debs(tmp_path)
    careless = {**DEBIAN, "/stand-ins/apt-get": APT.replace("[ ! -e /db/files ] || gone", ":")}
    with docker(tmp_path / "engine", monkeypatch, careless):
        ended = desk.program("ci", new, "--older", old, "--system", "debian-12", "--json")
    found = {check["name"]: check["reason"] for check in ended.json["checks"]}
    assert "left of the older release: /usr/local/old" in found["upgrade"]
    assert found["removal-upgraded"].startswith("left behind: /usr/local/old")


def test_an_image_that_is_not_there_is_said(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, _ = two_debs(tmp_path)
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n[ $1 = info ] || { echo no such image >&2; exit 125; }\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    ended = desk.program("ci", new, "--system", "debian-12")
    assert ended.code == InstallationFailed.exit_code
    assert "no container of debian:12: no such image" in ended.out


# pkg(8) upgrades a file by install.
UPGRADING = {
    path: "case $1 in install) shift; sh \"$0\" delete -y demo; set -- add \"$2\" ;; esac\n" + script
    if path.endswith("/pkg")
    else script
    for path, script in FREEBSD.items()
}  # fmt: skip


def test_another_machine_is_asked_the_same(desk: Desk, tmp_path: Path) -> None:
    files = {"/usr/local/bin/node": executable(target_named("freebsd-x64"))}
    new, old = tmp_path / "new.pkg", tmp_path / "old.pkg"
    new.write_bytes(freebsd({**files, "/usr/local/share/new": b""}, mode=0o755))
    old.write_bytes(freebsd({**files, "/usr/local/share/old": b""}, mode=0o755))
    with played(tmp_path / "machine", UPGRADING, node=NODE) as machine:
        before = machine.files()
        words = ("--target", "freebsd-x64", *machine.words, *ONE, "--json")
        ended = desk.run("ci", new, "--older", old, *words)
        assert machine.files() == before
        asked = [" ".join(line.split()[:2]) for line in machine.log if line.startswith("pkg")]
    found = statuses(ended.json)
    assert (found["upgrade"], found["removal-upgraded"]) == ("passed", "passed")
    assert [words for words in asked if words != "pkg query"] == [
        "pkg add", "pkg delete", "pkg add", "pkg install", "pkg delete", "pkg delete",
    ]  # fmt: skip


def test_a_mac_removes_the_older_one_first(desk: Desk, tmp_path: Path) -> None:
    package = macos_package(tmp_path)
    with played(tmp_path / "machine", MACOS, node=answering(NEW).decode()) as machine:
        before = machine.files()
        words = ("--target", "darwin-arm64", *machine.words, *ONE, "--json")
        ended = desk.run("ci", package, "--older", package, *words)
        assert machine.files() == before
        asked = [line.split()[0] for line in machine.log if line.startswith("installer")]
    assert asked == ["installer"] * 3
    assert statuses(ended.json)["upgrade"] == "passed", ended.out


def msi_package(folder: Path, version: str) -> Candidate:
    path = folder / f"node-{version}.msi"
    with path.open("wb+") as out:
        msi.write(msi.package(small_windows_bundle(version=version), Settings()), out, FAST)
    return Candidate(version, path)


def test_this_machine_is_asked_if_it_is_a_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Played by Wine, whose msiexec installs; the node in the package is none that runs."""
    computer = Computer(tmp_path)
    try:
        computer.wine("wineboot", "--init")
        computer.wine("winecfg", "-v", "win10")
        before = computer.everything()
        names = ("WINEPREFIX", "WINEDEBUG", "WINEDLLOVERRIDES", "LC_ALL", "DISPLAY")
        words = ("env", *(f"{name}={computer.environment[name]}" for name in names), tool("wine"))
        home = next((computer.disk / "users").glob("[!P]*"))
        near = Near("this machine", words, folder=home)
        monkeypatch.setattr(place, "this_machine", lambda: nullcontext(near))
        new, old = msi_package(tmp_path, NEW), msi_package(tmp_path, OLD)
        trial = tried(system_named("windows-2025"), new, old, place.Where("here"), only=ONE[1:])
        assert computer.everything() == before
        assert computer.products() == []
    finally:
        computer.close()
    found = {result.check.name: result for result in trial.report.results}
    assert [found[name].status for name in ("installation", "removal", "removal-upgraded")] == [
        "passed", "passed", "passed",
    ]  # fmt: skip
    complaints = re.findall(r"^(\w+): (no evidence)", found["upgrade"].reason, re.MULTILINE)
    assert complaints == [(name, "no evidence") for name in AGAIN]
    # Wine's cmd.exe does not find by a batch file what has letters beyond ASCII; nothing else lacks.
    (lacking,) = re.findall(
        r"^not there after the upgrade: (.*)", found["upgrade"].reason, re.MULTILINE
    )
    assert not lacking.isascii()
    assert "," not in lacking


@needs_root
def test_a_root_with_a_system_in_it_is_entered(desk: Desk, tmp_path: Path) -> None:
    """Its own tool installs there, and this machine's is not asked."""
    needs_namespaces()
    busybox = tool("busybox")
    root = tmp_path / "root"
    for name in ("bin", "usr/bin", "proc", "dev", "tmp", "db"):
        (root / name).mkdir(parents=True)
    shutil.copy(busybox, root / "bin/busybox")
    for name in ("sh", "env", "cat", "mkdir", "rm", "rmdir", "uname", "id", "wc", "sleep", "dd",
                 "sha256sum", "tar", "ps", "kill"):  # fmt: skip
        (root / "bin" / name).symlink_to("busybox")
    (root / "usr/bin/env").symlink_to("/bin/busybox")
    for library in re.findall(r"/\S+", run("ldd", busybox)):
        (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / library[1:])
    (root / "dev/null").touch()
    script = '#!/bin/sh\necho "${0##*/} $*" >>/db/log\ncase $1 in install) exit 3 ;; esac\n'
    for name in ("apt-get", "dpkg-query"):
        (root / "bin" / name).write_text(script)
        (root / "bin" / name).chmod(0o755)
    new, _ = two_debs(tmp_path)
    ended = desk.run("ci", new, "--system", "debian-12", "--root", root)
    ended.failed(InstallationFailed.exit_code, "it was not installed")
    assert "apt-get did not install new.deb" in ended.out
    assert "apt-get install -y" in (root / "db/log").read_text()
    assert list((root / "tmp").iterdir()) == []


REFUSED: dict[str, tuple[tuple[str, ...], type[RtError], str]] = {
    "no such system": (("--system", "beos"), BadConfiguration, "no system called 'beos'"),
    "no row": (("--target", "aix-ppc64"), BadConfiguration, "no build server has an AIX"),
    "no row for a format": (
        ("--target", "linux-arm64", "--format", "arch"), BadConfiguration, "an image for x64 alone",
    ),
    "no such package": (("--target", "win-x64"), NotReadable, "has no msi for win-x64"),
    "no address": (
        ("--target", "linux-x64", "--host", "ftp://x"), BadConfiguration, "no address",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(desk: Desk, dist: Path, name: str) -> None:
    words, error, text = REFUSED[name]
    desk.run("ci", dist, *words).failed(error.exit_code, text)


@pytest.mark.parametrize(
    "words",
    [(), ("--system", "fedora", "--target", "linux-x64"), ("--system", "fedora", "--format", "rpm"),
     ("--target", "linux-x64", "--older", "pyproject.toml")],
)  # fmt: skip
def test_a_command_line_that_says_too_little_or_too_much(
    desk: Desk, dist: Path, words: tuple[str, ...]
) -> None:
    (desk.work / "pyproject.toml").touch()
    assert desk.run("ci", dist, *words).code == 2


def test_a_package_says_itself_what_installs_it(desk: Desk, dist: Path) -> None:
    tool("rpm")
    path = next(dist.glob(f"v{NEW}/*.rpm"))
    words = ("--in", "bare", "--json", *ONE)
    report = desk.run("ci", path, "--target", "linux-x64", *words).json
    assert (report["system"], report["format"]) == ("fedora", "rpm")
    ended = desk.run("ci", path, "--system", "debian-12", *words)
    ended.failed(BadConfiguration.exit_code, "is no deb, which debian-12 installs")


def test_what_cannot_be_tried_here_is_not_run(desk: Desk, tmp_path: Path) -> None:
    package = macos_package(tmp_path)
    ended = desk.run("ci", package, "--target", "darwin-arm64", "--json", "--report", "r.json")
    ended.failed(MissingTool.exit_code, "no check could run")
    found = joined([read_trial((desk.work / "r.json").read_bytes(), "r.json")])
    assert found["tested"] == []
    reasons = {each["system"]: each["reason"] for each in list(found["not run"])}  # type: ignore[call-overload]
    assert "is no container; --host names a machine" in reasons["macos-15/arm64"]


def test_the_newest_release_comes_first_and_the_one_before_it_is_older(
    dist: Path, tmp_path: Path
) -> None:
    found = candidates(dist, "linux-x64", "deb")
    assert [each.version for each in found] == [NEW, OLD]
    newest, older = pair(dist, "linux-x64", "deb")
    assert (newest.version, older and older.version) == (NEW, OLD)
    assert newest.path.is_file()
    assert candidates(dist, "linux-arm64", "deb") == ()
    with pytest.raises(NotReadable, match="has no deb"):
        pair(tmp_path, "linux-x64", "deb")


def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    path = published(tmp_path / "dist", NEW, "deb")
    path.rename(tmp_path / "dist" / path.name)
    (manifest,) = path.parent.glob("*.manifest.json")
    manifest.write_text(manifest.read_text().replace(path.name, f"../{path.name}"))
    assert candidates(tmp_path / "dist", "linux-x64", "deb") == ()


def test_reports_are_joined_with_all_that_was_not_tried(
    desk: Desk, dist: Path, tmp_path: Path
) -> None:
    tool("dpkg-query")
    (desk.work / "reports/a").mkdir(parents=True)
    (desk.work / "reports/other.json").write_text('{"checks": []}')
    report = "reports/a/report.json"
    desk.run("ci", dist, "--target", "linux-x64", "--in", "bare", "--report", report).good()
    ended = desk.run("ci", "reports", "--collect", "--out", "tested.json").good()
    found = json.loads((desk.work / "tested.json").read_bytes())
    assert [each["system"] for each in found["tested"]] == ["debian-12"]
    assert found["tested"][0]["sha256"]
    assert len(found["not run"]) == len(SYSTEMS) - 1 + len(NOT_RUN)
    assert {each["reason"] for each in found["not run"]} >= {"there is no report of it"}
    assert "debian-12: nodejs_24.19.0-1_amd64.deb: " in ended.out
    assert "aix-ppc64: not run: an archive alone" in ended.out


@pytest.mark.parametrize(
    "text",
    ['{"kind": "rtbuild ci"', '{"kind": "rtbuild ci", "schema": 9}',
     '{"kind": "rtbuild ci", "schema": 1}', '["rtbuild ci"]'],
)  # fmt: skip
def test_a_damaged_report_is_an_error(desk: Desk, text: str) -> None:
    (desk.work / "reports").mkdir()
    (desk.work / "reports/a.json").write_text(text)
    desk.run("ci", "reports", "--collect").failed(NotReadable.exit_code, "a.json is no")
