"""Wine's msiexec installs, changes, repairs and removes what we write.

One prefix for all of it. What Wine 8 does not do: dual scope for a user, folder permissions, a
variable that is set only if it is not there. It leaves one semicolon in PATH.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from bundles import small_windows_bundle
from oracles import tool
from readers import msi as reader
from rtinstall.platforms.package import Effort, Metadata, Package, Scope, Windows
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows import msi
from rtinstall.runtime_bundle.model import Bundle, File

REFUSED = 1603 & 255
OTHER_PROCESSOR = 1633 & 255
SYSTEM = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"
USER = r"HKCU\Environment"
PRODUCTS = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
MENU = "users/*/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Node.js"
VALUE = re.compile(r"    (.+?)    REG_\w+    (.*)")
SETTINGS = Settings(npmrc=b"fund=false\n", certificates=b"-----BEGIN CERTIFICATE-----\n")


class Computer:
    """A prefix of Wine, and the packages installed in it."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self.packages = folder / "packages"
        self.packages.mkdir()
        self.disk = self.prefix / "drive_c"
        self.installed: list[str] = []
        self.environment = {
            **os.environ,
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "LC_ALL": "C.UTF-8",
            "DISPLAY": "",
        }

    def wine(self, *words: str) -> tuple[int, str]:
        """Run a program; return its exit status and what it said.

        That goes to a file: services that Wine starts would hold a pipe open long after the end.
        """
        with TemporaryFile("w+", errors="replace") as said:
            code = subprocess.run(
                [tool("wine"), *words], env=self.environment, cwd=self.packages, check=False,
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL, timeout=300,
            ).returncode  # fmt: skip
            said.seek(0)
            return code, said.read()

    def close(self) -> None:
        if server := shutil.which("wineserver"):
            subprocess.run([server, "-k"], env=self.environment, check=False)

    def write(self, package: Package, name: str = "") -> str:
        """Write a package; return the name msiexec is to be given."""
        out = BytesIO()
        msi.write(package, out, Effort("fast"))
        name = name or msi.filename(package)
        (self.packages / name).write_bytes(out.getvalue())
        return name

    def install(self, name: str, *properties: str) -> int:
        code, _ = self.wine("msiexec", "/i", name, "/qn", *properties)
        if code == 0:
            self.installed.append(name)
        return code

    def remove(self, name: str) -> int:
        return self.wine("msiexec", "/x", name, "/qn")[0]

    def values(self, key: str) -> dict[str, str]:
        _, found = self.wine("reg", "query", key)
        return {match[1]: match[2] for match in VALUE.finditer(found)}

    def knows(self, key: str) -> bool:
        return self.wine("reg", "query", key)[0] == 0

    def products(self) -> list[str]:
        _, found = self.wine("reg", "query", PRODUCTS)
        return re.findall(r"\{[0-9A-F-]{36}\}", found)

    def files(self, folder: str) -> dict[str, str]:
        """Return the digest of each file below ``folder`` of the disk, by its path there."""
        return {
            path.relative_to(self.disk).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (self.disk / folder).rglob("*")
            if path.is_file()
        }

    def menu(self) -> set[str]:
        return {path.name for path in self.disk.glob(f"{MENU}/*")}

    def everything(self) -> set[str]:
        """Return all files and folders but those that Wine keeps for itself."""
        return {
            path.relative_to(self.disk).as_posix()
            for path in self.disk.rglob("*")
            if not {"windows", "Temp"} & set(path.relative_to(self.disk).parts)
            and path.name != "Programs"
        }


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    computer = Computer(tmp_path_factory.mktemp("wine"))
    try:
        computer.wine("wineboot", "--init")
        # A new prefix is Windows 7.
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
    chosen = ("INSTALLDIR=C:\\My Node\\", "ADDLOCAL=NodeRuntime,npm,EnvironmentPathNode")
    assert computer.install(first, *chosen) == 0
    assert (computer.disk / "My Node/gone.txt").exists()

    new = msi.package(small_windows_bundle(), SETTINGS)
    second = computer.write(new)
    assert computer.install(second) == 0
    assert computer.products() == [product_code(computer, second)]
    wanted = {path.replace("Program Files/nodejs", "My Node") for path in expected(new)}
    assert set(computer.files("My Node")) == wanted
    assert not (computer.disk / "Program Files/nodejs").exists()
    assert computer.values(r"HKLM\SOFTWARE\Node.js")["Version"] == "24.19.0"
    assert computer.values(SYSTEM)["PATH"].count("My Node") == 1

    assert computer.install(first) == REFUSED
    assert computer.products() == [product_code(computer, second)]

    # Another build of the same version takes its place; the command line decides on the folder.
    again = msi.package(with_file(small_windows_bundle(), "more.txt"), SETTINGS)
    third = computer.write(again, "again.msi")
    assert computer.install(third, "INSTALLDIR=C:\\Other\\") == 0
    assert computer.products() == [product_code(computer, third)]
    assert (computer.disk / "Other/more.txt").exists()
    assert not (computer.disk / "My Node").exists()


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
