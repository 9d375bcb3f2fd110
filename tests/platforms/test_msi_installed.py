"""Wine's msiexec installs, changes, repairs and removes what we write.

One prefix for all of it. What Wine 8 does not do: dual scope for a user, folder permissions, a
variable that is set only if it is not there. It leaves one semicolon in PATH.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import small_windows_bundle
from companions import frozen
from readers import msi as reader
from rtinstall.platforms.package import Metadata, Package, Scope, Windows
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows import msi
from rtinstall.runtime_bundle.model import Bundle, File
from wine import MENU, OTHER_PROCESSOR, REFUSED, SYSTEM, USER, Computer

WINDOWS = r"HKLM\Software\Microsoft\Windows NT\CurrentVersion"
SETTINGS = Settings(npmrc=b"fund=false\n", certificates=b"-----BEGIN CERTIFICATE-----\n")


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    computer = Computer(tmp_path_factory.mktemp("wine"))
    try:
        computer.wine("wineboot", "--init")
        # Windows before 10 has no such value; Wine 8 begins as one, Wine 10 does not.
        computer.wine("reg", "delete", WINDOWS, "/f", "/v", "CurrentMajorVersionNumber")
        assert (
            computer.install(computer.write(msi.package(small_windows_bundle(), SETTINGS)))
            == REFUSED
        )
        assert "node.exe" not in {Path(path).name for path in computer.everything()}
        computer.wine("winecfg", "-v", "win10")
        yield computer
    finally:
        computer.close()


@pytest.fixture
def computer(booted: Computer) -> Iterator[Computer]:
    """Give a computer without any of our packages, and hold that removing them leaves nothing."""
    before = booted.everything()
    yield booted
    for name in reversed(booted.installed):
        booted.remove(name)
    booted.installed.clear()
    assert booted.products() == []
    assert booted.everything() == before
    for key in (r"HKLM\SOFTWARE\Node.js", r"HKCU\SOFTWARE\Node.js"):
        assert not booted.knows(key)
    for key in (SYSTEM, USER):
        values = booted.values(key)
        assert "NODE_EXTRA_CA_CERTS" not in values
        assert "node" not in values.get("PATH", "")
        assert "npm" not in values.get("PATH", "")


def expected(package: Package, scope: Scope = "machine") -> dict[str, str]:
    top = "users/root/" if scope == "user" else ""
    return {top + file.path: file.sha256 for file in package.files}


def product_code(computer: Computer, name: str) -> str:
    found = reader.read((computer.packages / name).read_bytes()).table("Property")
    return next(str(row["Value"]) for row in found if row["Property"] == "ProductCode")


def test_an_installation_for_the_machine_is_complete(computer: Computer) -> None:
    package = msi.package(small_windows_bundle(), SETTINGS)
    name = computer.write(package)
    assert computer.install(name) == 0
    assert computer.files("Program Files/nodejs") == expected(package)
    assert computer.products() == [product_code(computer, name)]

    folder = "C:\\Program Files\\nodejs\\"
    known = computer.values(r"HKLM\SOFTWARE\Node.js")
    assert (known["InstallPath"], known["Version"]) == (folder, "24.19.0")
    machine, user = computer.values(SYSTEM), computer.values(USER)
    assert machine["PATH"].endswith(f";{folder}")
    assert machine["NODE_EXTRA_CA_CERTS"] == f"{folder}etc\\ca-certificates.pem"
    assert re.fullmatch(r"C:\\users\\\w+\\AppData\\Roaming\\npm", user["PATH"])
    assert list(computer.disk.glob("users/*/AppData/Roaming/npm"))

    assert computer.menu() == {
        "Node.js.lnk", "Node.js command prompt.lnk", "Uninstall Node.js.lnk",
        "Node.js website.url", "Node.js documentation.url",
    }  # fmt: skip
    (page,) = computer.disk.glob(f"{MENU}/Node.js documentation.url")
    assert "URL=https://nodejs.org/docs/v24.19.0/api/" in page.read_text()
    (prompt,) = computer.disk.glob(f"{MENU}/Node.js command prompt.lnk")
    arguments = f'/k call "{folder}nodevars.bat"'
    assert arguments.encode("utf-16-le") in prompt.read_bytes()

    # Repair brings back what was lost, and what was changed.
    (computer.disk / "Program Files/nodejs/npm.cmd").unlink()
    (computer.disk / "Program Files/nodejs/npx.cmd").write_text("changed, and longer than it was")
    assert computer.install(name, "REINSTALL=ALL", "REINSTALLMODE=amus") == 0
    assert computer.files("Program Files/nodejs") == expected(package)


def test_one_user_needs_nothing_of_the_machine(computer: Computer) -> None:
    options = replace(SETTINGS, metadata=Metadata(windows=Windows("user")))
    package = msi.package(small_windows_bundle(), options)
    assert computer.install(computer.write(package)) == 0
    (home,) = computer.disk.glob("users/*/AppData/Local/Programs/nodejs")
    found = {path.rpartition("nodejs/")[2] for path in computer.files(str(home))}
    assert len(computer.files(str(home))) == len(package.files)
    assert {"node.exe", "npm.cmd"} <= found
    assert not computer.knows(r"HKLM\SOFTWARE\Node.js")
    assert "nodejs" not in computer.values(SYSTEM)["PATH"]
    user = computer.values(USER)
    assert re.search(r"\\AppData\\Local\\Programs\\nodejs\\", user["PATH"])
    assert user["PATH"].endswith(r"\AppData\Roaming\npm")
    assert user["NODE_EXTRA_CA_CERTS"].endswith(r"\nodejs\etc\ca-certificates.pem")


def with_file(bundle: Bundle, path: str) -> Bundle:
    return replace(bundle, entries=(*bundle.entries, File.of(path, b"more\n")))


def test_an_upgrade_leaves_one_product_where_the_old_one_was(computer: Computer) -> None:
    old = msi.package(with_file(small_windows_bundle(version="24.18.0"), "gone.txt"), SETTINGS)
    first = computer.write(old)
    chosen = ("INSTALLDIR=C:\\MyNode\\", "ADDLOCAL=NodeRuntime,npm,EnvironmentPathNode")
    assert computer.install(first, *chosen) == 0
    assert (computer.disk / "MyNode/gone.txt").exists()

    new = msi.package(small_windows_bundle(), SETTINGS)
    second = computer.write(new)
    assert computer.install(second) == 0
    assert computer.products() == [product_code(computer, second)]
    wanted = {path.replace("Program Files/nodejs", "MyNode") for path in expected(new)}
    assert set(computer.files("MyNode")) == wanted
    assert not (computer.disk / "Program Files/nodejs").exists()
    assert computer.values(r"HKLM\SOFTWARE\Node.js")["Version"] == "24.19.0"
    assert computer.values(SYSTEM)["PATH"].count("MyNode") == 1

    assert computer.install(first) == REFUSED
    assert computer.products() == [product_code(computer, second)]

    # Another build of the same version takes its place; the command line decides on the folder.
    again = msi.package(with_file(small_windows_bundle(), "more.txt"), SETTINGS)
    third = computer.write(again, "again.msi")
    assert computer.install(third, "INSTALLDIR=C:\\Other\\") == 0
    assert computer.products() == [product_code(computer, third)]
    assert (computer.disk / "Other/more.txt").exists()
    assert not (computer.disk / "MyNode").exists()


def test_features_are_chosen_by_name(computer: Computer) -> None:
    package = msi.package(small_windows_bundle(), replace(SETTINGS, certificates=None))
    assert (
        computer.install(computer.write(package), "ADDLOCAL=NodeRuntime,DocumentationShortcuts")
        == 0
    )
    found = {path.rpartition("/")[2] for path in computer.files("Program Files/nodejs")}
    assert found == {"node.exe", "nodevars.bat", "LICENSE", "README.md", "CHANGELOG.md"}
    assert "nodejs" not in computer.values(SYSTEM)["PATH"]
    assert "PATH" not in computer.values(USER)
    assert "Node.js website.url" in computer.menu()


def test_rtinstall_lies_beside_node_and_may_be_left_out(computer: Computer) -> None:
    settings = replace(SETTINGS, companions=(frozen("win-x64"),))
    package = msi.package(small_windows_bundle(), settings)
    name = computer.write(package)
    assert computer.install(name) == 0
    assert set(computer.files("Program Files/nodejs")) == set(expected(package))
    assert (computer.disk / "Program Files/nodejs/rtinstall.exe").is_file()
    assert (computer.disk / "Program Files/nodejs/rtinstall-internal/origin.json").is_file()
    assert "nodejs" in computer.values(SYSTEM)["PATH"]
    assert computer.remove(name) == 0
    assert computer.install(name, "ADDLOCAL=NodeRuntime,npm") == 0
    assert not [path for path in computer.files("Program Files/nodejs") if "rtinstall" in path]


def test_the_product_of_nodejs_is_respected_unless_it_is_to_be_replaced(computer: Computer) -> None:
    code = "47C07A3A-42EF-4213-A85D-8F5A59077C28"
    theirs = Metadata(name="theirs", windows=Windows(upgrade_code=code))
    other = computer.write(msi.package(small_windows_bundle(version="23.0.0"), Settings(theirs)))
    assert computer.install(other) == 0
    assert (
        computer.install(computer.write(msi.package(small_windows_bundle(), SETTINGS))) == REFUSED
    )

    ours = Metadata(windows=Windows(replace_nodejs=True))
    package = msi.package(small_windows_bundle(), Settings(ours))
    name = computer.write(package)
    assert computer.install(name) == 0
    assert computer.products() == [product_code(computer, name)]
    assert (computer.disk / "Program Files/theirs/node.exe").exists()  # where it was before


def test_another_family_does_not_come_into_the_same_folder(computer: Computer) -> None:
    first = computer.write(msi.package(small_windows_bundle(), SETTINGS))
    assert computer.install(first, "ADDLOCAL=npm", "INSTALLDIR=C:\\OnlyNpm\\") == 0
    assert (computer.disk / "OnlyNpm/npm.cmd").exists()
    other = replace(SETTINGS, metadata=Metadata(vendor="Somebody"))
    second = computer.write(msi.package(small_windows_bundle(), other), "other.msi")
    assert computer.install(second) == REFUSED
    assert computer.products() == [product_code(computer, first)]


@pytest.mark.parametrize(("arch", "code"), [("x86", 0), ("arm64", OTHER_PROCESSOR)])
def test_other_architectures(computer: Computer, arch: str, code: int) -> None:
    package = msi.package(small_windows_bundle(f"win-{arch}"), SETTINGS)
    assert computer.install(computer.write(package)) == code
    assert computer.files("Program Files (x86)/nodejs") == (expected(package) if not code else {})


def test_a_package_for_both_scopes_serves_the_machine(computer: Computer) -> None:
    options = replace(SETTINGS, metadata=Metadata(windows=Windows("dual")))
    package = msi.package(small_windows_bundle(), options)
    assert computer.install(computer.write(package), "ALLUSERS=1", "MSIINSTALLPERUSER=") == 0
    assert computer.files("Program Files/nodejs") == expected(package)
    assert computer.values(SYSTEM)["PATH"].endswith(";C:\\Program Files\\nodejs\\")
    assert "nodejs" not in computer.values(USER)["PATH"]
    assert computer.values(r"HKLM\SOFTWARE\Node.js")["Version"] == "24.19.0"
