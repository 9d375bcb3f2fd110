r"""Place a Bundle on Windows as Node.js's own installer does: one folder, npm's packages kept out of it.

Paths in the Package name the standard folders of Windows by the names they usually have, so that
``Program Files/nodejs/node.exe`` is the file in ProgramFiles64Folder. Besides what the Bundle holds:

* ``node_modules/npm/npmrc`` sends global packages to ``%APPDATA%\npm``, whose owner needs no rights;
  what a company adds for everybody follows it, since npm on Windows knows no other such file.
* ``nodevars.bat``, for the command prompt of the Start menu, where the Bundle has none.
* Certificates and further files, below the same folder.
* ``rtinstall.exe``, where there is one, and its parts in a folder of their own.

Left out is upstream's ``install_tools.bat``: it raises its rights, then downloads and runs the
installers of others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rtinstall.platforms.companion import INTERNAL, beside_node, fitting, noted
from rtinstall.platforms.containers import cab
from rtinstall.platforms.containers.cab import Member
from rtinstall.platforms.package import Package, Scope
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows.names import MOST_PATH, check_names, units
from rtinstall.platforms.windows.short_names import LONGEST
from rtinstall.runtime_bundle.errors import NotExpressible, NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, tree
from rtinstall.runtime_bundle.shapes import COMMANDS, COREPACK
from rtinstall.runtime_bundle.targets import Arch
from rtinstall.runtime_bundle.versions import Version

Feature = Literal["NodeRuntime", "npm", "rtinstall"]

ARCHITECTURES: tuple[Arch, ...] = ("x64", "arm64", "x86")
NPM = "node_modules/npm"
CERTIFICATES = "etc/ca-certificates.pem"
DOWNLOADER = "install_tools.bat"
NPMRC = b"prefix=${APPDATA}\\npm\n"
NODEVARS = rb"""@echo off
rem Puts this Node.js, and what npm installs for you, in front of PATH.
set "PATH=%APPDATA%\npm;%~dp0;%PATH%"
echo This is Node.js:
"%~dp0node.exe" --version
if /i "%CD%\"=="%~dp0" cd /d "%USERPROFILE%"
""".replace(b"\n", b"\r\n")

# The name of an account has at most 20 characters (Microsoft, "SAM-Account-Name attribute").
PROFILE = f"C:\\Users\\{'u' * 20}\\AppData\\Local\\Programs\\"
# What C0 controls a text may have: tab, line feed, form feed, carriage return.
LAYOUT = str.maketrans("", "", "\t\n\f\r")


def product_version(version: Version) -> str:
    """Return the ProductVersion, or raise :class:`NotExpressible` for one that has none.

    Three numbers of 8, 8 and 16 bits are compared (SDK, "ProductVersion"); there is no prerelease.
    """
    if version.prerelease:
        raise NotExpressible(f"msi: Windows Installer has no prereleases such as {version}")
    for number, most in ((version.major, 255), (version.minor, 255), (version.patch, 65535)):
        if number > most:
            raise NotExpressible(
                f"msi: version {version} goes beyond 255.255.65535, the last of Windows Installer"
            )
    return f"{version.major}.{version.minor}.{version.patch}"


def licence(bundle: Bundle) -> str:
    """Return the text people agree to, or raise :class:`NotExpressible` if LICENSE is no text."""
    data = b"".join(bundle.file("LICENSE").content.chunks())
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotExpressible(
            f"msi: LICENSE is no text in UTF-8 (byte {error.start})",
            hint="the installer shows it; put a text file in its place",
        ) from None
    if bad := next((c for c in text.translate(LAYOUT) if c < " " or c == "\x7f"), None):
        raise NotExpressible(
            f"msi: LICENSE is no text: it has the control character {bad!r}",
            hint="the installer shows it; put a text file in its place",
        )
    return text


def folder(name: str, scope: Scope, arch: str) -> str:
    """Return the default folder, as a path of the Package."""
    if scope == "user":
        return f"AppData/Local/Programs/{name}"
    return f"Program Files (x86)/{name}" if arch == "x86" else f"Program Files/{name}"


def room(name: str, scope: Scope, arch: str) -> int:
    """Return how long a path below the default folder may be, in UTF-16 units."""
    machine = "C:\\" + folder(name, "machine", arch) + "\\"
    user = f"{PROFILE}{name}\\"
    longest = {"machine": len(machine), "user": len(user), "dual": max(len(machine), len(user))}
    return MOST_PATH - longest[scope]


def feature(path: str) -> Feature:
    """Return the feature that a path below the folder belongs to."""
    top, _, rest = path.partition("/")
    if top == (INTERNAL if rest or path.endswith("/") else "rtinstall.exe"):
        return "rtinstall"
    of_npm = top == "node_modules" if rest else top in (*COMMANDS, *COREPACK)
    return "npm" if of_npm else "NodeRuntime"


def place(bundle: Bundle, settings: Settings) -> Package:
    """Return the Package of ``bundle``, or raise :class:`NotExpressible` for what it cannot hold."""
    metadata = settings.metadata
    scope, arch = metadata.windows.scope, bundle.target.arch
    if bundle.target.os != "win" or arch not in ARCHITECTURES:
        raise NotPublished(f"msi has no packages for {bundle.target}")
    version = product_version(bundle.version)
    licence(bundle)
    entries = _entries(bundle, settings)
    check_names([Directory(metadata.name)], room=MOST_PATH)
    check_names(entries, room=room(metadata.name, scope, arch))
    _check_limits(entries)
    top = folder(metadata.name, scope, arch)
    return Package(
        bundle=bundle,
        metadata=metadata,
        format="msi",
        version=version,
        architecture=arch,
        entries=tree(replace(entry, path=f"{top}/{entry.path}") for entry in entries),
        licenses=frozenset([f"{top}/LICENSE"]),
        companion=str(fitting(settings.companions, bundle.target) or ""),
        time=bundle.released,
    )


def _entries(bundle: Bundle, settings: Settings) -> tuple[Entry, ...]:
    """Return all entries relative to the folder; Windows has no modes, so all files have one."""
    npmrc = f"{NPM}/npmrc"
    found: list[Entry] = [
        replace(entry, mode=0o644) if isinstance(entry, File) else entry
        for entry in (*bundle.entries, *settings.extra)
        if entry.path not in (npmrc, DOWNLOADER)
    ]
    if companion := fitting(settings.companions, bundle.target):
        found += beside_node(companion, note=noted("msi", settings.metadata.name))
    found.append(File.of(npmrc, NPMRC + (settings.npmrc or b"")))
    if not any(entry.path == "nodevars.bat" for entry in found):
        found.append(File.of("nodevars.bat", NODEVARS))
    if settings.certificates is not None:
        found.append(File.of(CERTIFICATES, settings.certificates))
    return tree(found)


def _check_limits(entries: tuple[Entry, ...]) -> None:
    cab.check([Member("f", entry.content) for entry in entries if isinstance(entry, File)])
    for entry in entries:
        if units(entry.path.rpartition("/")[2]) > LONGEST:
            raise NotExpressible(
                f"msi: a name has at most {LONGEST} characters, not {entry.path!r}"
            )
