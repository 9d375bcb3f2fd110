"""Computers with Windows, played by Wine, and what an installation changes on them."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

from oracles import tool
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.windows import msi

REFUSED = 1603 & 255
OTHER_PROCESSOR = 1633 & 255
SYSTEM = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"
USER = r"HKCU\Environment"
PRODUCTS = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
MENU = "users/*/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Node.js"
VALUE = re.compile(r"    (.+?)    REG_\w+    (.*)")


class Computer:
    """A prefix of Wine, and the packages installed in it."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self.packages = folder / "packages"
        self.packages.mkdir()
        self.disk = self.prefix / "drive_c"
        self.installed: list[str] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "TMPDIR"},
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
        self.wine("wineboot", "--kill")

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
