from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles import run
from readers import cab, msi
from real_release import Release, rtbuild
from rtinstall.platforms.windows import ice
from rtinstall.runtime_bundle.archives.msi_database import read_database
from rtinstall.runtime_bundle.errors import MissingTool
from wine import OTHER_PROCESSOR, SYSTEM, USER, Computer

pytestmark = pytest.mark.real
# What a package adds to the runtime.
ADDED = {"nodevars.bat", "node_modules/npm/npmrc"}
TEMPLATES = {"win-x64": "x64;1033", "win-arm64": "Arm64;1033", "win-x86": "Intel;1033"}
FOLDER = "Program Files/nodejs"
REGISTERED = r"HKLM\SOFTWARE\Node.js"
JAVASCRIPT = 9  # the first version of Wine that runs JavaScript of node.exe


@pytest.fixture(params=["x64", "arm64", "x86"])
def release(request: pytest.FixtureRequest) -> Release:
    """Give each of the three packages."""
    found: Release = request.getfixturevalue(f"for_windows_{request.param}")
    return found


def files(release: Release) -> dict[str, str]:
    """Return the digest of each file of the manifest."""
    return {e["path"]: e["sha256"] for e in release.manifest["entries"] if e["type"] == "file"}


def below(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def installed(database: msi.Database) -> Iterator[tuple[str, bytes]]:
    """Yield what lands below INSTALLDIR, as the tables and the cabinet say."""
    parents = {str(row["Directory"]): row for row in database.table("Directory")}
    homes = {row["Component"]: str(row["Directory_"]) for row in database.table("Component")}
    data = {member.name: member.data for member in cab.read(database.stream("node.cab"))}
    rows = database.table("File")
    assert len(rows) == len(data)
    for row in rows:
        path = str(row["FileName"]).rpartition("|")[2]
        directory = homes[row["Component_"]]
        while directory != "INSTALLDIR":
            path = f"{str(parents[directory]['DefaultDir']).rpartition('|')[2]}/{path}"
            directory = str(parents[directory]["Directory_Parent"])
        found = data[str(row["File"])]
        assert len(found) == row["FileSize"]
        yield path, found


def test_reader_msiextract_and_manifest_agree(release: Release, tmp_path: Path) -> None:
    path = release.path("msi")
    database = msi.read(path.read_bytes())
    found = {name: hashlib.sha256(data).hexdigest() for name, data in installed(database)}
    run("msiextract", "-C", tmp_path, path)
    # msiextract has names of its own for the folders of the system.
    (node,) = tmp_path.rglob("node.exe")
    assert below(node.parent) == found
    assert node.parent.name == "nodejs"
    expected = files(release)
    assert len(expected) > 1_500
    assert {name: what for name, what in found.items() if name not in ADDED} == expected
    assert found.keys() - expected.keys() == ADDED
    assert "Everything is Ok" in run("7z", "t", path)


def test_msiinfo_reads_what_it_is_and_no_rule_is_broken(release: Release) -> None:
    path = release.path("msi")
    said = dict(line.split(": ", 1) for line in run("msiinfo", "suminfo", path).splitlines())
    assert said["Template"] == TEMPLATES[release.target]
    assert (said["Subject"], said["Version"]) == ("Node.js", "500 (1f4)")
    rows = run("msiinfo", "export", path, "Property").splitlines()[3:]
    properties = dict(row.split("\t") for row in rows)
    assert (properties["ProductName"], properties["ProductVersion"]) == ("Node.js", release.version)
    names = run("msiinfo", "tables", path).split()
    assert not {"CustomAction", "Binary", "ServiceInstall"} & set(names)
    assert len(run("msiinfo", "export", path, "File").splitlines()) - 3 == len(files(release)) + 2
    assert list(ice.faults(read_database(path))) == []


def test_zip_and_manifest_agree(for_windows_x64: Release) -> None:
    path = for_windows_x64.path("zip")
    run("unzip", "-tq", path)
    assert "Everything is Ok" in run("7z", "t", path)
    top = f"node-v{for_windows_x64.version}-win-x64/"
    with zipfile.ZipFile(path) as archive:
        found = {
            info.filename.removeprefix(top): hashlib.sha256(archive.read(info)).hexdigest()
            for info in archive.infolist()
            if not info.is_dir()
        }
    assert found == files(for_windows_x64)


def test_rtbuild_reads_and_verifies_what_it_wrote(for_windows_x64: Release) -> None:
    dist = for_windows_x64.dist
    findings = rtbuild("verify", dist, "--json", folder=dist.parent).good().json
    assert {finding["fault"] for finding in findings} == {""}
    path = for_windows_x64.path("msi")
    told = rtbuild("inspect", path, "--json", folder=dist.parent).good().json
    assert (told["format"], told["scripts"], told["problems"]) == ("msi", [], [])
    assert told["metadata"]["architecture"] == "x64"
    found = {
        entry["path"].removeprefix(f"{FOLDER}/"): entry["sha256"]
        for entry in told["entries"]
        if entry["type"] == "file"
    }
    assert {name: what for name, what in found.items() if name not in ADDED} == files(
        for_windows_x64
    )


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    """Give a Windows 10 that knows no Node.js."""
    computer = Computer(tmp_path_factory.mktemp("windows"))
    try:
        computer.wine("wineboot", "--init")
        computer.wine("winecfg", "-v", "win10")
        yield computer
    finally:
        computer.close()


@pytest.fixture
def computer(booted: Computer, for_windows_x64: Release) -> Iterator[Computer]:
    """Give the same, with the package installed."""
    path = str(for_windows_x64.path("msi"))
    assert booted.install(path) == 0
    yield booted
    if booted.products():
        booted.remove(path)


def state(computer: Computer) -> tuple[set[str], dict[str, str]]:
    """Return all files, and both PATHs without the semicolon that Wine leaves there."""
    found = {key: computer.values(key).get("PATH", "").rstrip(";") for key in (SYSTEM, USER)}
    return computer.everything(), found


def test_it_is_installed_registered_and_removed(booted: Computer, for_windows_x64: Release) -> None:
    before = state(booted)
    path = str(for_windows_x64.path("msi"))
    assert booted.install(path) == 0
    found = below(booted.disk / FOLDER)
    expected = files(for_windows_x64)
    assert {name: what for name, what in found.items() if name not in ADDED} == expected
    assert found.keys() - expected.keys() == ADDED
    known = booted.values(REGISTERED)
    assert known["InstallPath"] == "C:\\Program Files\\nodejs\\"
    assert known["Version"] == for_windows_x64.version
    assert booted.values(SYSTEM)["PATH"].endswith(";C:\\Program Files\\nodejs\\")
    assert re.fullmatch(r"C:\\users\\\w+\\AppData\\Roaming\\npm", booted.values(USER)["PATH"])
    assert len(booted.products()) == 1

    assert booted.remove(path) == 0
    assert state(booted) == before
    assert not booted.knows(REGISTERED)
    assert booted.products() == []


def test_another_processors_package_is_refused(
    booted: Computer, for_windows_arm64: Release
) -> None:
    assert booted.install(str(for_windows_arm64.path("msi"))) == OTHER_PROCESSOR
    assert not (booted.disk / FOLDER).exists()


def runs_javascript(computer: Computer) -> bool:
    _, version = computer.wine("--version")
    (number,) = re.findall(r"wine-(\d+)", version)
    return int(number) >= JAVASCRIPT


def test_node_and_npm_run_where_they_are_installed(
    computer: Computer, for_windows_x64: Release
) -> None:
    node = "C:\\Program Files\\nodejs\\node.exe"
    assert computer.wine(node, "--version") == (0, f"v{for_windows_x64.version}\n")
    if not runs_javascript(computer):
        return
    assert computer.wine(node, "-p", "6 * 7") == (0, "42\n")
    code, said = computer.wine("cmd", "/c", "npm.cmd", "--version")  # found by PATH
    assert (code, said.split()[-1]) == (0, for_windows_x64.manifest["npm"])


def test_smoke_checks_what_was_installed(
    computer: Computer, for_windows_x64: Release, tmp_path: Path
) -> None:
    words = ("--version", for_windows_x64.version, "--json")
    ended = rtbuild("smoke", computer.disk / FOLDER, *words, folder=tmp_path)
    checks = {check["name"]: check for check in ended.json["checks"]}
    not_run = {name for name, check in checks.items() if check["status"] == "not run"}
    assert ended.json["failed"] == 0
    if runs_javascript(computer):
        ended.good()
        assert not_run == {"headers", "native-addon"}
        assert len(checks) - len(not_run) == 21
    else:
        ended.failed(MissingTool.exit_code, "no check could run", "JavaScript ends with exit code")
        assert not_run == checks.keys()
        assert {"JavaScript" in check["reason"] for check in checks.values()} == {True}
