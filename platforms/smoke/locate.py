"""Find a runtime: below a prefix, below the root of an installed package, or beside its executable."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.smoke.host import Way, find_way, inside, read_binary
from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.executables import Executable

# Where packages and archives put the executable, below the directory that is given.
PLACES = (
    "bin/node", "node.exe", "usr/bin/node", "usr/local/bin/node", "opt/*/bin/node",
    "opt/*/*/bin/node", "QOpenSys/pkgs/bin/node", "QOpenSys/pkgs/lib/*/bin/node",
    "Program Files/nodejs/node.exe", "*/bin/node", "*/node.exe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Runtime:
    """An installed runtime: where its parts are, and how this machine runs it.

    ``prefix`` is the directory of ``bin/node`` and ``lib/node_modules``; ``root`` stands for ``/``
    of the machine it is installed for. ``globalconfig`` is the npmrc of that machine, there or not.
    A part that is not there is None.
    """

    node: Path
    prefix: Path
    root: Path
    binary: Executable | None
    way: Way
    globalconfig: Path
    npm: Path | None = None
    npx: Path | None = None
    headers: Path | None = None
    manual: Path | None = None
    builtin: Path | None = None

    @property
    def commands(self) -> Path:
        """Return the directory where people's shells find node, npm and npx."""
        return self.node.parent

    def described(self, *, node: Path, called: Callable[[Path], str] = str) -> str:
        """Return as JSON what a check is told of it; ``called`` is how its machine names a path.

        ``node`` is what a check starts where it wants another process of the runtime.
        """
        parts: Mapping[str, Path | str | float | None] = {
            "node": node,
            "npm": self.npm,
            "npx": self.npx,
            "commands": self.commands,
            "prefix": self.prefix,
            "headers": self.headers,
            "globalconfig": self.globalconfig,
            "compiler": self.way.compiler,
            "pace": self.way.pace,
        }
        return json.dumps(parts, default=called)


def locate(path: Path, *, root: Path | None = None) -> Runtime:
    """Return the runtime at ``path``: an executable, its prefix, or a root it was installed into.

    ``root`` defaults to the directory itself, and to ``/`` for an executable. Raises
    :class:`NotReadable` where there is no runtime or more than one.
    """
    path = path.absolute()
    if path.is_dir():
        root = root.absolute() if root else path
        if not path.is_relative_to(root):
            raise NotReadable(f"{path} does not lie in {root}", hint="name a root that holds it")
        node = _executable(path, root)
    elif path.is_file():
        root = root.absolute() if root else Path(path.anchor)
        node = path.resolve()
    else:
        raise NotReadable(f"there is no {path}")
    prefix = node.parent.parent if node.parent.name == "bin" else node.parent
    modules = prefix / "node_modules" if node.suffix == ".exe" else prefix / "lib" / "node_modules"
    npm = (
        inside(root, (modules / "npm").relative_to(root))
        if _below(modules, root)
        else modules / "npm"
    )
    builtin = _file(npm / "npmrc")
    binary = read_binary(node)
    headers = prefix / "include" / "node"
    manuals = (prefix / "share" / "man" / "man1" / name for name in ("node.1", "node.1.gz"))
    return Runtime(
        node=node,
        prefix=prefix,
        root=root,
        binary=binary,
        way=find_way(node, binary, root),
        globalconfig=_globalconfig(builtin, prefix, root),
        npm=_file(npm / "bin" / "npm-cli.js"),
        npx=_file(npm / "bin" / "npx-cli.js"),
        headers=headers if headers.is_dir() else None,
        manual=next((manual for manual in manuals if manual.is_file()), None),
        builtin=builtin,
    )


def _executable(directory: Path, root: Path) -> Path:
    found: dict[Path, None] = {}
    for place in PLACES:
        for candidate in sorted(directory.glob(place)):
            # Links made for the root, /usr/bin/node -> /opt/node/bin/node, are followed inside it.
            node = inside(root, candidate.relative_to(root))
            if node.is_file():
                found[node] = None
    if not found:
        raise NotReadable(
            f"there is no Node.js in {directory}", hint=f"looked for {', '.join(PLACES)}"
        )
    if len(found) > 1:
        names = ", ".join(str(node) for node in found)
        raise NotReadable(f"more than one Node.js in {directory}: {names}", hint="name one of them")
    return next(iter(found))


def _globalconfig(builtin: Path | None, prefix: Path, root: Path) -> Path:
    """Return the machine's npmrc: npm's own file may name it, else it is etc/npmrc in the prefix."""
    if builtin:
        text = builtin.read_text("utf-8", "replace")
        for name in re.findall(
            r"^\s*globalconfig\s*=\s*\"?(/[^\"\n]*?)\"?\s*$", text, re.MULTILINE
        ):
            return inside(root, Path(name))
    return prefix / "etc" / "npmrc"


def _below(path: Path, root: Path) -> bool:
    return path.is_relative_to(root)


def _file(path: Path) -> Path | None:
    return path if path.is_file() else None
