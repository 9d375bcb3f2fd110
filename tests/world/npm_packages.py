"""Global npm packages on a disk, and a stand-in for node that installs them as npm was asked to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from world.installed import executable

# A node whose npm writes down what it was asked, and makes the package's folder; one called
# "broken" keeps it from installing anything at all.
NODE = """\
#!/bin/sh
printf 'PATH %s\\n' "$PATH" >"$0.environment"
PATH=/usr/bin:/bin
printf '%s\\n' "$*" >>"$0.log"
env | LC_ALL=C sort >>"$0.environment"
pwd >>"$0.environment"
home=${0%/bin/node}
case "$*" in *broken@*) echo 'npm error broken is broken'; exit 1;; esac
echo 'added some packages'
past=
for word in "$@"; do
  if [ -n "$past" ]; then
    name=${word%@*}
    mkdir -p "$home/lib/node_modules/$name"
    printf '{"name":"%s","version":"%s"}' "$name" "${word##*@}" \\
      >"$home/lib/node_modules/$name/package.json"
  fi
  [ "$word" != -- ] || past=1
done
"""


def with_npm(folder: Path) -> Path:
    """Let the runtime in ``folder`` have that node, and an npm."""
    put(folder, "npm", "11.6.2")
    (folder / "lib/node_modules/npm/bin").mkdir(parents=True, exist_ok=True)
    (folder / "lib/node_modules/npm/bin/npm-cli.js").write_text("// npm\n")
    return executable(folder / "bin/node", NODE)


def put(folder: Path, package: str, version: object = "1.0.0", **more: Any) -> Path:
    """Put a package into the runtime in ``folder``; ``more`` is in its manifest."""
    place = folder / "lib/node_modules" / package
    place.mkdir(parents=True, exist_ok=True)
    manifest = {"name": package, "version": version, **more}
    (place / "package.json").write_text(json.dumps(manifest))
    return place


def asked(folder: Path) -> list[str]:
    """Return the command lines that the node in ``folder`` was run with."""
    log = folder / "bin/node.log"
    return log.read_text().splitlines() if log.exists() else []
