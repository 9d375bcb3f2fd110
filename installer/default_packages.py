"""The packages that each new version gets: ``default-packages`` beside the configuration file.

One specification of npm a line (``typescript``, ``npm@11``, ``@scope/tool@^2``). A comment is a line
that begins with ``#``, or what follows a blank and ``#``: one within a word is part of an address.

The file is the user's own. None is looked for in a project's folder, nor beside a configuration that
is named by a relative path: whoever wrote a project would then choose what is installed for all. A
line with more than one word, or one that npm would take for an option, is refused.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from rtinstall.installer.places import Places
from rtinstall.installer.version_file import decoded
from rtinstall.runtime_bundle.errors import BadConfiguration

LIMIT = 64 << 10  # bytes of the file
_COMMENT = re.compile(r"(?:^|\s)#.*")


def default_packages(places: Places) -> tuple[str, ...]:
    """Return what each new version gets; raise :class:`BadConfiguration` that names file and line."""
    file = places.default_packages
    if not file.is_absolute():
        return ()
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise BadConfiguration(f"{file} is no regular file")
        with file.open("rb") as opened:
            data = opened.read(LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise BadConfiguration(f"cannot read {file}: {error.strerror}") from error
    return specifications(data, file)


def specifications(data: bytes, file: Path) -> tuple[str, ...]:
    """Return the specifications in ``data``, each once; ``file`` is where they are, for messages."""
    if len(data) > LIMIT:
        raise BadConfiguration(f"{file} is larger than {LIMIT} bytes")
    try:
        lines = decoded(data).splitlines()
    except BadConfiguration as error:
        raise BadConfiguration(f"{file}: {error}", hint=error.hint) from None
    found: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        words = _COMMENT.sub("", line).split()
        if not words:
            continue
        if words[0].startswith("-"):
            why = f"{words[0][:80]!r} is an option, and no package"
        elif len(words) > 1:
            why = f"{' '.join(words)[:80]!r} is more than one package"
        elif not words[0].isprintable():
            why = f"{words[0][:80]!r} is no package"
        else:
            found[words[0]] = None
            continue
        raise BadConfiguration(
            f"{file}, line {number}: {why}",
            hint="each line names one package for npm; --skip-default-packages does without them",
        )
    return tuple(found)
