"""Global npm packages of a version: which there are, and carrying them over to another.

Decisions:

* What is there is read from the folders. Neither node nor npm is run to find out.
* Carried is what the registry has by this name and this exact version, and nothing else: links,
  folders, git addresses, private packages are named and left. npm does not write down where a global
  package came from, so one that merely has a public one's name cannot be told apart; a plan that
  names every package stands before anything is installed, and no script of theirs is run unless
  asked for (a package's install script is what worms of the registry live in).
* npm and corepack come with a version and are never carried.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtinstall.installer.disk import READ
from rtinstall.installer.installed import Installed
from rtinstall.installer.npm import Npm, modules_of
from rtinstall.runtime_bundle.commandline import printable
from rtinstall.runtime_bundle.errors import InstallationFailed, NotInstalled, RtError
from rtinstall.runtime_bundle.versions import Version, VersionSpec

LEFT_OUT = ("npm", "corepack")
LIMIT = 1 << 20  # bytes of a package.json
# What npm takes for the name of a package, without anything it would take for more than that.
NAME = re.compile(r"(?:@[a-z0-9~][a-z0-9._~-]{0,100}/)?[a-zA-Z0-9~_][a-zA-Z0-9._~-]{0,213}")
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
REGISTRY = re.compile(r"https?://.+\.tgz(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Package:
    """A global package; ``obstacle`` says why it cannot be had from the registry again."""

    name: str
    version: str
    engines: str = ""
    obstacle: str = ""

    @property
    def spec(self) -> str:
        """Return what npm is asked for."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What carrying over does: ``carried``, and each package that is ``left`` with the reason."""

    carried: tuple[Package, ...] = ()
    left: tuple[tuple[Package, str], ...] = ()


def packages(folder: Path) -> tuple[Package, ...]:
    """Return the global packages of the runtime in ``folder``, npm and corepack left out, by name."""
    modules = modules_of(folder)
    found = (
        _package(path, name)
        for path, name in _folders(modules)
        if name not in LEFT_OUT and not name.startswith(".")
    )
    return tuple(sorted(found, key=lambda package: package.name))


def _folders(modules: Path) -> Iterator[tuple[Path, str]]:
    """Yield each package's folder and the name that it has there."""
    for item in _scan(modules):
        if not item.name.startswith("@"):
            if item.is_dir() or item.is_symlink():
                yield Path(item.path), item.name
            continue
        for inner in _scan(Path(item.path)):
            yield Path(inner.path), f"{item.name}/{inner.name}"


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _package(path: Path, name: str) -> Package:
    if path.is_symlink() or _is_junction(path):
        return Package(name, "", obstacle=f"is a link to {_target(path)}")
    try:
        value = _manifest(path / "package.json")
    except (OSError, ValueError, RecursionError):
        return Package(name, "", obstacle="has no package.json that can be read")
    version, engines = value.get("version"), value.get("engines")
    needed = engines.get("node") if isinstance(engines, dict) else None
    found = Package(
        name,
        version if isinstance(version, str) else "",
        needed if isinstance(needed, str) else "",
    )
    return Package(name, found.version, found.engines, _obstacle(name, found.version, value))


def _obstacle(name: str, version: str, value: Mapping[str, Any]) -> str:
    if value.get("name") != name:
        return f"is {value.get('name')!r:.80} under another name"
    if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
        return "has no name and version as the registry gives them"
    if value.get("private") is True:
        return "is private, and so in no registry"
    origin = value.get("_resolved")  # npm up to 6 has written it down
    if isinstance(origin, str) and origin and not REGISTRY.fullmatch(origin):
        return f"came from {origin[:80]}"
    return ""


def _manifest(path: Path) -> dict[str, Any]:
    with os.fdopen(os.open(path, READ), "rb") as file:
        data = file.read(LIMIT + 1)
    value = json.loads(data) if len(data) <= LIMIT else None
    if isinstance(value, dict):
        return value
    raise ValueError("no object, or too large")


def _is_junction(path: Path) -> bool:
    try:
        return bool(getattr(path.lstat(), "st_reparse_tag", 0))
    except OSError:
        return False


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return "another folder"


def planned(found: Sequence[Package], there: Sequence[Package], version: Version) -> Plan:
    """Return what of ``found`` is carried to node ``version``, where the packages ``there`` are."""
    known = {package.name: package for package in there}
    carried: list[Package] = []
    left: list[tuple[Package, str]] = []
    for package in found:
        if other := known.get(package.name):
            left.append((package, f"is there already ({other.version or 'a link'})"))
        elif why := package.obstacle or _unfit(package, version):
            left.append((package, why))
        else:
            carried.append(package)
    return Plan(tuple(carried), tuple(left))


def _unfit(package: Package, version: Version) -> str:
    """Return why ``package`` says not to run with node ``version``, or nothing."""
    try:
        fits = not package.engines or VersionSpec.parse(package.engines).matches(version)
    except RtError:  # what it says means nothing, to npm as to us
        return ""
    return "" if fits else f"needs node {package.engines[:80]}"


def carry_over(
    old: Installed | Path,
    new: Installed,
    *,
    dry_run: bool = False,
    scripts: bool = False,
    offline: bool = False,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> Plan:
    """Install the global packages of ``old``, a version or a runtime's folder, into ``new`` too.

    ``say`` hears the plan, and what npm says. ``scripts`` lets packages run their install scripts.
    Raises :class:`InstallationFailed` if npm does not install all of them; those it can are there.
    """
    folder = old if isinstance(old, Path) else old.folder
    plan = planned(packages(folder), packages(new.folder), new.version)
    for line in words(plan, new.name, dry_run=dry_run):
        say(printable(line))
    if dry_run or not plan.carried:
        return plan
    if new.shared:
        raise NotInstalled(f"{new.name} is in the machine's store {new.home}, which is only read")
    npm = Npm(new, environment, say, scripts, offline)
    if failed := npm.add([package.spec for package in plan.carried]):
        raise InstallationFailed(
            f"npm of {new.name} did not install {', '.join(failed)}",
            hint="what npm said stands above; the same command again carries the rest over",
        )
    return plan


def words(plan: Plan, to: str, *, dry_run: bool) -> Iterator[str]:
    """Yield the plan, for people; ``to`` is the version's name."""
    if plan.carried:
        listed = ", ".join(package.spec for package in plan.carried)
        yield f"{'would carry' if dry_run else 'carrying'} over to {to}: {listed}"
    for package, why in plan.left:
        yield f"not carried over: {package.name} {why}"
