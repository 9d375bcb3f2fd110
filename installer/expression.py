"""What may stand for a version: an expression, ``system``, or the name of an alias.

The names a user may give are here too, so that none of them hides an expression, and none of them
is a file that Windows would not have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rtinstall.runtime_bundle.errors import BadConfiguration, UnknownVersion

if TYPE_CHECKING:  # imported when an expression is more than a version or a name
    from rtinstall.runtime_bundle.versions import VersionSpec

SYSTEM = "system"  # the node on PATH that is not ours
DEFAULT = "default"  # the alias that counts where nothing else is asked for
HINT = (
    "rtinstall takes 22, 22.11, v24.19.0, lts, lts/jod, latest, '>=20 <23', system and your aliases"
)

NUMBERS = re.compile(r"v?[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
KEPT = re.compile(
    r"latest|node|current|lts(?:-.*)?|system|none|stable|unstable|iojs(?:-.*)?|x|v[0-9]*"
    r"|con|prn|aux|nul|com[0-9]|lpt[0-9]"
)


def alias_name(text: str) -> str | None:
    """Return ``text`` as the name of an alias, in lower case as on every file system, or None."""
    name = text.lower()
    return name if NAME.fullmatch(name) and not KEPT.fullmatch(name) else None


def check_alias_name(text: str) -> str:
    """Return the name of an alias that a user may set, or raise :class:`BadConfiguration`."""
    if name := alias_name(text):
        return name
    kept = KEPT.fullmatch(text.lower()) is not None
    raise BadConfiguration(
        f"{text[:64]!r} {'means something else already' if kept else 'is no name for a version'}",
        hint="choose another name: one begins with a letter and has letters, digits, - and _",
    )


def check_expression(text: str) -> str:
    """Return ``text`` if it can stand for a version, or raise :class:`UnknownVersion`.

    Whether there is such an alias or version is not asked.
    """
    if NUMBERS.fullmatch(text) or text == SYSTEM or alias_name(text) is not None:
        return text
    if not text.isprintable():
        raise UnknownVersion(f"{text[:64]!r} is more than a version", hint=HINT)
    return parsed(text).text


def parsed(text: str) -> VersionSpec:
    """Read an expression that is no alias, with words that meant something to nvm explained."""
    from rtinstall.runtime_bundle.versions import VersionSpec

    word = text.strip().lower()
    if word == "unstable":
        raise UnknownVersion("'unstable' was a line before Node.js 1.0", hint="say latest")
    if word == "iojs" or word.startswith("iojs-"):
        raise UnknownVersion("io.js ended in 2015 and went on as Node.js 4", hint="say 4 or newer")
    try:
        return VersionSpec.parse(text)
    except UnknownVersion as error:
        hint = HINT if error.hint == UnknownVersion.hint else error.hint
        raise UnknownVersion(str(error), hint=hint) from error
