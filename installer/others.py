"""Where other version managers keep their versions, and what they call the default and their aliases.

Their files are read and nothing else. Versions without a whole number for a name (links such as
mise's ``20``, unfinished ones) are passed over. What is read is a version and names; all else that
may be in these files does not count.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer.places import WINDOWS
from rtinstall.runtime_bundle.errors import RtError, UnknownVersion
from rtinstall.runtime_bundle.versions import Version

LIMIT = 1 << 20  # bytes of a file of theirs


@dataclass(frozen=True, slots=True)
class Foreign:
    """A version that the manager ``tool`` has in ``folder``, laid out as upstream does."""

    tool: str
    version: Version
    folder: Path

    @property
    def node(self) -> Path:
        """Return its program."""
        flat = self.folder / "node.exe"
        return flat if flat.is_file() else self.folder / "bin" / "node"


@dataclass(frozen=True, slots=True)
class Tool:
    """A version manager.

    ``roots`` are the folders it may have its data in; ``versions`` is where versions are below one, in
    which a version is in ``inner``. ``names`` yields aliases with what they stand for, ``default``
    among them; ``packages`` is the file with the packages that each new version gets.
    """

    roots: Callable[[Mapping[str, str], Path], Iterator[Path | None]]
    versions: str
    names: Callable[[Path, Mapping[str, str]], Iterator[tuple[str, str]]]
    inner: str = ""
    packages: Callable[[Path, Path], Path] | None = None


def find(tool: str, environment: Mapping[str, str]) -> tuple[Foreign, ...]:
    """Return the versions that ``tool`` has, newest first."""
    found: dict[Path, Foreign] = {}
    of = TOOLS[tool]
    for root in _roots(of, environment):
        for folder in _folders(root / of.versions):
            try:
                version = Version.parse(folder.name)
            except UnknownVersion:
                continue
            inside = folder / of.inner
            if inside.is_dir():
                found[inside] = Foreign(tool, version, inside)
    return tuple(sorted(found.values(), key=lambda one: one.version.key, reverse=True))


def names(tool: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the aliases of ``tool``, and its default, with the text that each stands for."""
    of = TOOLS[tool]
    found: dict[str, str] = {}
    for root in _roots(of, environment):
        for name, text in of.names(root, environment):
            if text:
                found.setdefault(name, text)
    return found


def default_packages(tool: str, environment: Mapping[str, str]) -> Path | None:
    """Return the file in which ``tool`` names the packages that each new version gets, if it is there."""
    of, home = TOOLS[tool], _home(environment)
    files = [of.packages(root, home) for root in _roots(of, environment)] if of.packages else []
    return next((file for file in files if file.is_file()), None)


def _roots(of: Tool, environment: Mapping[str, str]) -> Iterator[Path]:
    seen: set[str] = set()
    for root in of.roots(environment, _home(environment)):
        real = os.path.realpath(root) if root and root.is_absolute() else ""
        if root and real and real not in seen and root.is_dir():
            seen.add(real)
            yield root


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or environment.get("USERPROFILE") or Path.home())


def _folders(folder: Path) -> list[Path]:
    try:
        found = [Path(i.path) for i in os.scandir(folder) if i.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(found)


def _named(environment: Mapping[str, str], variable: str) -> Path | None:
    value = environment.get(variable, "")
    return Path(value) if value else None


def _data(environment: Mapping[str, str], home: Path, name: str) -> Path:
    if WINDOWS:
        base = environment.get("LOCALAPPDATA", "")
        return Path(base or home / "AppData" / "Local") / name
    return (_named(environment, "XDG_DATA_HOME") or home / ".local" / "share") / name


def _read(path: Path) -> str:
    """Return a small file of theirs; empty if it is not there or no text."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
        return data.decode() if len(data) <= LIMIT else ""
    except (OSError, UnicodeDecodeError):
        return ""


# Where each has its data.


def _nvm_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "NVM_DIR")
    if config := _named(environment, "XDG_CONFIG_HOME"):
        yield config / "nvm"
    yield home / ".nvm"


def _nvm_windows_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "NVM_HOME")
    if roaming := _named(environment, "APPDATA"):
        yield roaming / "nvm"


def _fnm_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "FNM_DIR")
    yield home / ".fnm"
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "fnm"
    if WINDOWS and (roaming := _named(environment, "APPDATA")):
        yield roaming / "fnm"
    yield _data(environment, home, "fnm")


def _n_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    for variable in ("N_CACHE_PREFIX", "N_PREFIX"):
        if prefix := _named(environment, variable):
            yield prefix / "n"
    yield home / "n" / "n"
    yield Path("/usr/local/n")


def _volta_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "VOLTA_HOME")
    yield _data(environment, home, "Volta") if WINDOWS else home / ".volta"


def _nodenv_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "NODENV_ROOT")
    yield home / ".nodenv"


def _asdf_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "ASDF_DATA_DIR")
    yield home / ".asdf"


def _mise_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path | None]:
    yield _named(environment, "MISE_DATA_DIR")
    yield _data(environment, home, "mise")


# What each calls its versions.


def _nvm_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield nvm's own aliases: a file each; those in the folder ``lts`` are ours already."""
    try:
        files = [Path(item.path) for item in os.scandir(root / "alias") if item.is_file()]
    except OSError:
        return
    for file in sorted(files):
        yield file.name, _read(file).strip()


def _fnm_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield fnm's aliases: links to ``node-versions/VERSION/installation``."""
    try:
        links = [Path(item.path) for item in os.scandir(root / "aliases") if item.is_symlink()]
    except OSError:
        return
    for link in sorted(links):
        goal = link.readlink()
        if goal.name == "installation":
            yield link.name, goal.parent.name


def _volta_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    try:
        runtime = json.loads(_read(root / "tools/user/platform.json"))["node"]["runtime"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    if isinstance(runtime, str):
        yield "default", runtime


def _nodenv_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "default", _read(root / "version").strip()


def _asdf_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    from rtinstall.installer import tool_versions

    try:
        found = tool_versions.parse(_read(_home(environment) / ".tool-versions"))
    except RtError:
        return
    if found:
        yield "default", found[0][0]


def _mise_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    import tomllib

    try:
        tools = tomllib.loads(_read(_home(environment) / ".config/mise/config.toml"))["tools"]
        text = tools.get("node", tools.get("nodejs"))
    except (ValueError, LookupError, TypeError, AttributeError):
        return
    if isinstance(text, list):
        text = text[0] if text else ""
    if isinstance(text, str) and not re.search(r"[:\s]", text):
        yield "default", text


def _n_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the version that n has copied into its prefix: it writes down nowhere which that is."""
    active = (_named(environment, "N_PREFIX") or root.parent) / "bin" / "node"
    for folder in _folders(root / "versions/node"):
        if _same(active, folder / "bin" / "node"):
            yield "default", folder.name


def _same(one: Path, other: Path) -> bool:
    """Say whether two regular files hold the same."""
    import filecmp

    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _no_names(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield nothing: nvm-windows has one node for everything, where a link leads."""
    return iter(())


def _below(root: Path, home: Path) -> Path:
    return root / "default-packages"


def _at_home(root: Path, home: Path) -> Path:
    return home / ".default-npm-packages"


TOOLS: Mapping[str, Tool] = {
    "nvm": Tool(_nvm_roots, "versions/node", _nvm_names, packages=_below),
    "nvm-windows": Tool(_nvm_windows_roots, "", _no_names),
    "fnm": Tool(_fnm_roots, "node-versions", _fnm_names, "installation"),
    "n": Tool(_n_roots, "versions/node", _n_names),
    "volta": Tool(_volta_roots, "tools/image/node", _volta_names),
    "nodenv": Tool(_nodenv_roots, "versions", _nodenv_names, packages=_below),
    "asdf": Tool(_asdf_roots, "installs/nodejs", _asdf_names, packages=_at_home),
    "mise": Tool(_mise_roots, "installs/node", _mise_names, packages=_at_home),
}
