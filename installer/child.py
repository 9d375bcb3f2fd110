"""What is run with a version, and what it finds in its environment. Nothing is started here.

The version's commands come first on PATH, and ``RTINSTALL_VERSION`` names it, so that shims and
hooks below stay with it. Everything else is left as it is, but for npm's prefix where that is the
folder of another node: npm would then install into that one. A prefix of the user's own, in which
there is no node, is meant for every version and stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from rtinstall.installer.active import VARIABLE, Active
from rtinstall.installer.places import WINDOWS, Places
from rtinstall.installer.resolution import ENDINGS, program_in, programs
from rtinstall.runtime_bundle.errors import CannotRun, NoProgram

NODE = ("node.exe", "bin/node")
# What npm.cmd and its like start; these are run without cmd.
SCRIPTS = {
    "npm": "node_modules/npm/bin/npm-cli.js",
    "npx": "node_modules/npm/bin/npx-cli.js",
    "corepack": "node_modules/corepack/dist/corepack.js",
}


def child_environment(
    environment: Mapping[str, str], found: Active, places: Places
) -> dict[str, str]:
    """Return the environment of a program that is run with ``found``."""
    folder = found.bin
    child = dict(environment)
    for name, value in prefixes(environment):
        if folder is not None and foreign_prefix(value, folder, places):
            del child[name]
    if folder is not None:
        entries = [e for e in environment.get("PATH", "").split(os.pathsep) if e != str(folder)]
        child["PATH"] = os.pathsep.join([str(folder), *filter(None, entries)])
    child[VARIABLE] = found.word
    return child


def prefixes(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each variable that tells npm where global packages are; npm takes any case of them."""
    for name, value in environment.items():
        if name.lower() == "npm_config_prefix" and value:
            yield name, value


def foreign_prefix(prefix: str, folder: Path, places: Places) -> bool:
    """Say whether npm's ``prefix`` is that of another node than the one in ``folder``."""
    real = os.path.realpath(prefix)
    own = os.path.realpath(folder if WINDOWS else folder.parent)
    if real == own:
        return False
    versions = os.path.realpath(places.versions) + os.sep
    return real.startswith(versions) or any(Path(real, name).is_file() for name in NODE)


def found_program(
    word: str, folder: Path | None, environment: Mapping[str, str], here: Path
) -> Path:
    """Return the program that ``word`` is: the version's own, else one on PATH, else a path.

    Raises :class:`NoProgram` for none, :class:`CannotRun` for a file that may not be run.
    """
    path = Path(word)
    if os.sep in word or (os.altsep and os.altsep in word) or (WINDOWS and path.drive):
        path = here / path
        found = program_in(path.parent, path.name)
        if found is None and path.exists():
            raise CannotRun(f"{word} cannot be run", hint="it is a folder, or lacks permission")
    else:
        plain = word not in ("", ".", "..") and "\0" not in word
        found = program_in(folder, word) if folder is not None and plain else None
        if found is None and plain:
            found = next(programs(environment, word), None)
        there = [folder / f"{word}{ending}" for ending in ENDINGS] if folder and plain else []
        if found is None and (denied := next((path for path in there if path.exists()), None)):
            raise CannotRun(f"{denied} cannot be run", hint="it lacks permission, or is broken")
    if found is None:
        raise NoProgram(f"there is no program {word[:64]!r}, in the version or on PATH")
    return found


def started(program: Path, words: list[str]) -> tuple[Path, list[str]]:
    """Return what is really started for ``program``, with the ``words`` of its command line.

    On Windows npm and its like are batch files that start node with a script: so are they here.
    """
    script = SCRIPTS.get(program.stem.lower())
    if program.suffix.lower() == ".cmd" and script is not None:
        node = program.parent / "node.exe"
        if node.is_file() and (program.parent / script).is_file():
            return node, [str(node), str(program.parent / script), *words[1:]]
    return program, words
