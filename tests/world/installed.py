"""A user's home with versions in it that were never downloaded, and ``rtinstall`` as run there."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from rtinstall.installer import cli, receipt
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.commandline import run
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.releases import SCHEDULE
from rtinstall.runtime_bundle.targets import BY_NAME
from rtinstall.runtime_bundle.versions import Version
from world.rtbuild import IMPORTS, Ended

# A node that tells when it was run, which nothing may do to find out what it is.
NODE = '#!/bin/sh\n: >"${0%/*}/was-run"\necho a node\n'


@dataclass(frozen=True)
class Home:
    """A store below ``folder``, a project folder, and a PATH that begins with neither."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def work(self) -> Path:
        return self.folder / "user/work"

    @property
    def system(self) -> Path:
        return self.folder / "system"

    def put(self, *versions: str, lts: bool = True, target: str = "") -> None:
        """Lay out each of ``versions`` and its receipt as the store does; LTS lines are ``lts``."""
        for text in versions:
            version = Version.parse(text)
            name = f"{version.tag}-{target}" if target else version.tag
            line = SCHEDULE[version.major]
            files = b""
            head = receipt.Receipt(
                name,
                version,
                BY_NAME[target or "linux-x64"],
                "10.9.0",
                line.codename if lts else "",
                0,
                {},
                (Provenance("runtime", "dist", "https://example.invalid/", "0" * 64, "nothing"),),
                False,
                hashlib.sha256(files).hexdigest(),
            )
            receipts = self.store / "receipts"
            receipts.mkdir(parents=True, exist_ok=True)
            self.store.chmod(0o700)
            (receipts / f"{name}.json").write_bytes(receipt.written(head))
            (receipts / f"{name}.files").write_bytes(files)
            for program in ("node", "npm"):
                executable(self.store / "versions" / name / "bin" / program)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the project; its folders are made."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "HOME": str(self.folder / "user"),
            "RTINSTALL_HOME": str(self.store),
            "RTINSTALL_SHARED": str(self.folder / "shared"),
            "RTINSTALL_CONFIG": str(self.folder / "config.toml"),
            "RTINSTALL_CACHE": str(self.folder / "cache"),
            "RTINSTALL_OFFLINE": "1",
            "PATH": str(self.system),
            "PYTHONPATH": os.pathsep.join(IMPORTS),
            "PYTHONWARNINGS": "error",
            "LANG": "C.UTF-8",
            **more,
        }

    def session(self, **more: str) -> Session:
        return Session(self.environment(**more), self.work)

    def run(self, *words: str | Path, folder: str = "", **more: str) -> Ended:
        """Run the program within this process, in ``folder`` of the project."""
        place = self.work / folder
        place.mkdir(parents=True, exist_ok=True)
        out, err = io.StringIO(), io.StringIO()
        before = signal.getsignal(signal.SIGTERM)
        with (
            patch.dict(os.environ, self.environment(**more), clear=True),
            contextlib.chdir(place),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(cli.cli, "rtinstall", list(map(str, words)))
        signal.signal(signal.SIGTERM, before)
        return Ended(code, out.getvalue(), err.getvalue())

    def nothing_was_run(self) -> bool:
        return not list(self.folder.rglob("was-run"))


def executable(path: Path, content: str = NODE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path
