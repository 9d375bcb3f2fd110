"""The npm of a version, installing global packages.

It is the version's own npm, run by its own node, and installs into the version's own folder, whatever
prefix a configuration names. No script of a package is run unless that is asked for: a package's
install script is what worms of the registry live in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer.installed import Installed
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import NotReadable

# What would change where npm works, or what node does before it does anything.
CLEANED = re.compile(
    r"node_options|node_path|prefix|npm_config_(?:prefix|global|location|global_prefix|local_prefix"
    r"|dry_run|ignore_scripts|package_lock_only|node_options)", re.IGNORECASE,
)  # fmt: skip


def modules_of(folder: Path) -> Path:
    """Return where the runtime in ``folder`` has its global packages: Windows has no ``lib``."""
    return (
        folder / "node_modules" if (folder / "node.exe").is_file() else folder / "lib/node_modules"
    )


@dataclass(frozen=True, slots=True)
class Npm:
    """The npm of ``version``; ``say`` hears what it prints. ``scripts`` lets packages run theirs."""

    version: Installed
    environment: Mapping[str, str]
    say: Callable[[str], None]
    scripts: bool = False
    offline: bool = False

    def add(self, specs: Sequence[str]) -> tuple[str, ...]:
        """Install ``specs`` globally; return those that could not be.

        Raises :class:`NotReadable` for a version without npm, :class:`CannotRun` for one that cannot
        be run.
        """
        if self._run(specs) == 0:
            return ()
        if len(specs) == 1:
            return tuple(specs)
        # One that fails keeps npm from installing any of them: then each goes by itself.
        return tuple(spec for spec in specs if self._run([spec]) != 0)

    def _run(self, specs: Sequence[str]) -> int:
        """Return npm's exit code."""
        from rtinstall.installer.processes import output

        folder, bin = self.version.folder, self.version.bin
        node = bin / ("node.exe" if self.version.target.os == "win" else "node")
        npm = modules_of(folder) / "npm/bin/npm-cli.js"
        if not npm.is_file():
            raise NotReadable(
                f"{self.version.name} has no npm any more",
                hint=f"rtinstall install --force {self.version.name} puts it back",
            )
        child = {n: v for n, v in self.environment.items() if not CLEANED.fullmatch(n)}
        child["PATH"] = os.pathsep.join(filter(None, (str(bin), child.get("PATH", ""))))
        options = [
            "--global",
            f"--prefix={folder}",
            "--no-audit",
            "--no-fund",
            "--no-progress",
            "--no-update-notifier",
            "--ignore-scripts" if not self.scripts else "--no-ignore-scripts",
            *(["--offline"] if self.offline else []),
        ]
        arguments = [str(npm), "install", *options, "--", *specs]
        return output(node, arguments, child, folder, lambda line: self.say(printable(line)))
