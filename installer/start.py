"""Where ``rtinstall`` starts: what prompts and editors ask all day is answered before anything is imported.

``current`` is answered from the project's record where there is one (:mod:`rtinstall.installer.known`);
else it and ``which`` without more words are answered from the names of what is installed, as the
verbs themselves would: a name says all but the LTS line of a version, and that stands in the head of
its receipt. Whatever is not as usual, an error above all, is left to the whole program, which then says
what there is to say.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtinstall.runtime_bundle.versions import Version

QUICK = (["current"], ["which"], ["which", "node"])


def main() -> None:
    """Run the command line of this process."""
    if sys.argv[1:] in QUICK and (line := answer(sys.argv[1:], os.environ)):
        try:
            os.write(1, f"{line}\n".encode())
        except OSError:
            pass  # which is said by the whole program
        else:
            return
    from rtinstall.installer.cli import main as whole

    whole()


def answer(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return what ``words`` print, or nothing if names are not enough to tell."""
    from rtinstall.installer import places
    from rtinstall.installer.allowed import governed
    from rtinstall.installer.known import known
    from rtinstall.runtime_bundle.errors import RtError

    if governed(places.find_policy()):
        return ""
    if words == ["current"] and (name := known(environment)):
        return name
    try:
        found = _active(environment)
    except (RtError, OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    if found is None or words[0] == "current":
        return found.name if found else ""
    node = found / "bin" / "node"
    return str(node) if os.access(node, os.X_OK) else ""


def _active(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of the version that is active here, if its name tells."""
    from rtinstall.installer.active import asked_by
    from rtinstall.installer.aliases import Aliases
    from rtinstall.installer.expression import SYSTEM, parsed
    from rtinstall.installer.places import find_home, find_shared
    from rtinstall.installer.resolution import meant

    home = find_home(environment)
    aliases = Aliases(home / "aliases")
    asked = asked_by(environment, Path.cwd(), aliases)
    if not asked or asked[0].fault:
        return None
    there = [
        (place, name, *_read(name))
        for place in (home, find_shared(environment))
        for name in _names(place)
    ]
    for text in map(aliases.expand, asked[0].texts):
        if text == SYSTEM:
            return None
        spec = parsed(text)
        lines = spec.lts is not None
        known = {each[2]: _head(*each[:2])["lts"] if lines else "" for each in there}
        versions = meant(spec, known)
        fitting = [
            (version.key, not target, place == home, place, name)
            for place, name, version, target in there
            if version in versions
        ]
        if fitting:
            *_, place, name = max(fitting)
            folder = place / "versions" / name
            return folder if _head(place, name)["name"] == name and folder.is_dir() else None
    return None


def _names(home: Path) -> list[str]:
    try:
        return [name[:-5] for name in os.listdir(home / "receipts") if name.endswith(".json")]  # noqa: PTH208
    except FileNotFoundError:
        return []


def _read(name: str) -> tuple[Version, str]:
    """Return the version that ``name`` begins with and the target it ends in; ValueError if unclear."""
    from rtinstall.runtime_bundle.versions import PRERELEASES, VERSION, Version

    match = VERSION.match(name)
    target = name[match.end() :] if match else ""
    if match is None or target.startswith(tuple(f"-{word}" for word in PRERELEASES)):
        raise ValueError(name)
    if target and not (name.isascii() and target.replace("-", "").isalnum()):
        raise ValueError(name)
    return Version.parse(match[0]), target


def _head(home: Path, name: str) -> dict[str, str]:
    """Return the head of a receipt, of which only ``name`` and ``lts`` are looked at here."""
    import json

    head: dict[str, str] = json.loads((home / "receipts" / f"{name}.json").read_bytes())
    return head
