"""Whether npm installs global packages into the version that runs it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from rtinstall.installer.health import Finding
from rtinstall.installer.session import Session

LIMIT = 1 << 20  # bytes of an npmrc
LINE = re.compile(r"^[ \t]*(prefix|globalconfig)[ \t]*=[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE)


def prefix(session: Session) -> Iterator[Finding]:
    """Find what sends global packages of every version to one place (nvm refuses to work then)."""
    from rtinstall.installer.child import foreign_prefix, prefixes

    versions = session.store.installed()
    for name, value in prefixes(session.environment):
        if any(foreign_prefix(value, one.bin, session.places) for one in versions):
            yield Finding(
                "npm", "warning",
                f"{name} is {value}, the folder of one node: npm of every other installs there, too",
                "unset it; rtinstall run and exec do without it",
            )  # fmt: skip
        else:
            yield _shared(f"{name} is {value}")
    if usual := session.environment.get("PREFIX"):  # what npm takes where it is told no other
        yield _shared(f"PREFIX is {usual}")
    for name, value in session.environment.items():
        if name.lower() == "npm_config_globalconfig" and value and not Path(value).is_file():
            yield Finding("npm", "warning", f"{name} is {value}, which is not there", "unset it")
    home = Path(session.environment.get("HOME") or Path.home())
    named = session.environment.get("NPM_CONFIG_USERCONFIG") or session.environment.get(
        "npm_config_userconfig"
    )
    yield from _npmrc(Path(named) if named else home / ".npmrc")


def _npmrc(file: Path) -> Iterator[Finding]:
    try:
        with file.open("rb") as opened:
            text = opened.read(LIMIT).decode("utf-8", "replace")
    except OSError:
        return
    for key, value in LINE.findall(text):
        line = text.count("\n", 0, text.index(key)) + 1
        if key == "prefix":
            yield _shared(f"{file}, line {line}: prefix is {value}")
        elif not Path(os.path.expanduser(value)).is_file():  # noqa: PTH111  # as npm does
            yield Finding(
                "npm", "warning", f"{file}, line {line}: globalconfig {value} is not there",
                "take the line out",
            )  # fmt: skip


def _shared(what: str) -> Finding:
    return Finding(
        "npm", "note",
        f"{what}: global packages of every version are there, built for whichever installed them",
        "take it out to have them with each version; migrate-packages carries them over",
    )  # fmt: skip
