"""Releases of the real Node.js, made by the command line, and what is expected of them anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from rtinstall.runtime_bundle.errors import Unreachable
from rtinstall.runtime_bundle.locks import try_lock
from world.rtbuild import IMPORTS, PROGRAM, Ended

AS_IT_IS = ("bin/", "include/", "lib/")  # what every package has below /usr, byte for byte
MODULES = "lib/node_modules/"
FACTS = {"file": "{mode} {sha256}", "symlink": "{link}", "directory": "{mode}"}


@contextmanager
def shared(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Give a folder that all processes of one run share, to one after the other."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        while not try_lock(lock.fileno()):
            time.sleep(0.2)
        yield folder


def environment() -> dict[str, str]:
    """Return this process's own environment, in which rtbuild is what is under test."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS)}


def rtbuild(*words: str | Path, folder: Path) -> Ended:
    """Run the command line with the user's own cache and package indexes."""
    ended = subprocess.run(
        [*PROGRAM, *map(str, words)],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def released(
    folder: Path, version: str, target: str, *formats: str, source: str = "pip"
) -> Release:
    """Make a release in ``folder``, or skip where the package index is out of reach."""
    words = [word for name in formats for word in ("--format", name)]
    ended = rtbuild(
        "release", version, "--source", source, "--target", target, "--level", "fast", *words,
        folder=folder,
    )  # fmt: skip
    if ended.code == Unreachable.exit_code:
        pytest.skip(f"needs a package index with Node.js: {ended.error}")
    ended.good()
    return Release(folder / "dist", version, target)


@dataclass(frozen=True)
class Release:
    """A mirror that holds one release for one target."""

    dist: Path
    version: str
    target: str

    @property
    def folder(self) -> Path:
        return self.dist / f"v{self.version}"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        (path,) = self.folder.glob("*.manifest.json")
        found = json.loads(path.read_bytes())
        assert isinstance(found, dict)
        return found

    def facts(self, format: str) -> dict[str, Any]:
        """Return what the manifest says of the file in ``format``."""
        (found,) = (a for a in self.manifest["artifacts"] if a["format"] == format)
        assert isinstance(found, dict)
        return found

    def path(self, format: str) -> Path:
        return self.folder / str(self.facts(format)["name"])

    @cached_property
    def placed(self) -> dict[str, str]:
        """Return what must be below /usr, in the words of :func:`roots.on_disk`."""
        return {
            f"usr/{entry['path']}": said(entry)
            for entry in self.manifest["entries"]
            if entry["path"].startswith(AS_IT_IS)
        }


def said(entry: Mapping[str, str]) -> str:
    words = {**entry, "mode": entry.get("mode", "").lstrip("0")}
    return FACTS[entry["type"]].format(**words)


def check_contents(found: Mapping[str, str], release: Release) -> None:
    """Check that a package holds what the manifest says, and besides only what packages add."""
    expected = release.placed
    assert len(expected) > 5_000
    assert {path: found.get(path) for path in expected} == expected
    folders = {str(folder) for path in found for folder in Path(path).parents}
    more = found.keys() - expected.keys() - folders
    others = {path for path in more if not path.startswith("usr/share/")}
    assert others <= {"usr/bin/nodejs", f"usr/{MODULES}npm/npmrc"}
    assert len(more) < 120, "manual pages and documents, not a second copy of npm"


def commands(prefix: Path, *words: str | Path, home: Path, **settings: str) -> str:
    """Run a command of the runtime at ``prefix`` as its user would, and return what it prints."""
    ended = subprocess.run(
        [prefix / "bin" / words[0], *words[1:]],
        env={
            "PATH": f"{prefix / 'bin'}:{os.defpath}",
            "HOME": str(home),
            "npm_config_cache": str(home / ".npm"),
            "npm_config_update_notifier": "false",
            "LC_ALL": "C.UTF-8",
            **settings,
        },
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{words}\n{ended.stdout}{ended.stderr}"
    return ended.stdout.strip()


def check_runs(prefix: Path, release: Release, home: Path) -> None:
    """Check that node and npm are those on the label."""
    said = release.manifest
    assert commands(prefix, "node", "--version", home=home) == f"v{release.version}"
    v8 = said["components"]["v8"]
    assert commands(prefix, "node", "-p", "process.versions.v8", home=home) == v8
    assert commands(prefix, "npm", "--version", home=home) == said["npm"]
    assert commands(prefix, "npx", "--version", home=home) == said["npm"]


def check_smoke(path: Path, release: Release, *only: str) -> dict[str, Any]:
    """Run the smoke checks, all of them or some; return the evidence of each."""
    words = [word for name in only for word in ("--only", name)]
    ended = rtbuild(
        "smoke", path, "--version", release.version, "--json", *words, folder=release.dist.parent
    ).good()
    report = ended.json
    assert report["failed"] == 0
    assert {c["name"]: c["reason"] for c in report["checks"] if c["status"] == "not run"} == dict(
        _cannot_run(only)
    )
    return {check["name"]: check["evidence"] for check in report["checks"]}


def _cannot_run(only: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not only and not any(map(shutil.which, ("cc", "gcc", "clang"))):
        yield "native-addon", "this machine has no C compiler for this runtime"
