"""Root directories of their own, and the package managers that install into them and nowhere else."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles import attempt, run, tool
from rtinstall.platforms.smoke.bare import dpkg_in, pacman_in
from rtinstall.platforms.smoke.bare import rpm_in as rpm_options

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="installing into a directory needs root")


def on_disk(root: Path, *but: str) -> Iterator[tuple[str, str]]:
    """Yield each path below ``root`` and what is there, leaving out the folders ``but``."""
    for path in sorted(root.rglob("*"), key=lambda path: str(path).encode()):
        name = str(path.relative_to(root))
        if name.partition("/")[0] in but:
            continue
        if path.is_symlink():
            yield name, str(path.readlink())
        elif path.is_dir():
            yield name, f"{path.stat().st_mode & 0o7777:o}"
        else:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield name, f"{path.stat().st_mode & 0o7777:o} {digest}"


def dpkg(root: Path, *arguments: str | Path) -> str:
    """Run dpkg on the system below ``root``."""
    tool("dpkg")
    return run("fakeroot", *dpkg_in(root), *arguments)


def rpm_in(root: Path, *arguments: str | Path, rpm: str = "rpm") -> str:
    """Run rpm, or the one called ``rpm`` in its place, on the system below ``root``."""
    root.mkdir(exist_ok=True)
    _, *options = rpm_options(root)
    return run(rpm, *options, *arguments)


def rpm_verify(root: Path) -> str:
    """Return what differs from the database below ``root``, a line a file."""
    words = ("--root", root, "--dbpath", "/var/lib/rpm", "-V", "--nodeps", "nodejs")
    return attempt("rpm", *words).stdout


class Dnf:
    """A root directory and the repositories that it may install from.

    One is a folder beside it, or ``name,address``.
    """

    def __init__(self, folder: Path) -> None:
        tool("dnf")
        self.folder = folder
        self.root = folder / "root"
        (folder / "log").mkdir()

    def attempt(self, repositories: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        nowhere = self.folder / "none"
        return attempt(
            "dnf", "--assumeyes", "--quiet", "--nogpgcheck", "--releasever=1",
            "--installroot", self.root,
            f"--setopt=reposdir={nowhere}", f"--setopt=cachedir={self.folder / 'cache'}",
            f"--setopt=logdir={self.folder / 'log'}", f"--setopt=varsdir={nowhere}",
            f"--setopt=pluginpath={nowhere}", "--setopt=module_platform_id=",
            *(
                f"--repofrompath={name if ',' in name else f'{name},file://{self.folder / name}'}"
                for name in repositories.split()
            ),
            *arguments,
        )  # fmt: skip

    def run(self, repositories: str, *arguments: str) -> str:
        result = self.attempt(repositories, *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    @property
    def installed(self) -> set[str]:
        query = ("-qa", "--qf", "%{NAME} %{EPOCH}:%{VERSION}\n")
        return set(run("rpm", "--root", self.root, *query).splitlines())


class Pacman:
    """A root directory, and pacman for it alone."""

    def __init__(self, folder: Path) -> None:
        for name in ("fakeroot", "pacman"):
            tool(name)
        self.root = folder / "root"
        self.root.mkdir()
        self.words = pacman_in(self.root, folder)

    def __call__(self, *arguments: str | Path) -> str:
        return run("fakeroot", *self.words, *arguments)

    def attempt(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return attempt("fakeroot", *self.words, *arguments)


class FreeBsd:
    """A root directory, and FreeBSD's pkg(8) for it alone, posing as a FreeBSD of one release."""

    def __init__(self, folder: Path, release: int = 14, machine: str = "amd64") -> None:
        tool("pkg")
        self.root = folder / "root"
        self.root.mkdir()
        self.options: tuple[str, ...] = (
            "-o", f"ABI=FreeBSD:{release}:{machine}", "-o", f"OSVERSION={release}02000",
            "-o", f"PKG_CACHEDIR={folder / 'cache'}", "-o", f"REPOS_DIR={folder / 'repos'}",
        )  # fmt: skip

    def attempt(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run pkg without a root directory, as for a file; return how it ended."""
        env = {"INSTALL_AS_USER": "1", "ASSUME_ALWAYS_YES": "yes"}
        return attempt("pkg", *self.options, *arguments, env=env)

    def file(self, *arguments: str | Path) -> str:
        """Run pkg on files alone; return what it prints."""
        result = self.attempt(*arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def __call__(self, *arguments: str | Path) -> str:
        """Run pkg on the root directory; return what it prints."""
        return self.file("-r", self.root, *arguments)

    def refuse(self, *arguments: str | Path) -> str:
        """Run pkg on the root directory, which it must not do; return what it says."""
        result = self.attempt("-r", self.root, *arguments)
        assert result.returncode != 0, result.stdout
        return result.stdout + result.stderr
