"""What can be wrong, one function a check, and the table of them.

A check looks and changes nothing; it yields what it finds, each with what would mend it, if that can
be done without asking. Whatever is broken keeps no check from being made: an error that one runs into
is what it has found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import RtError

Severity = Literal["error", "warning", "note"]
Mend = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check has found, a sentence in lower case without a full stop.

    An ``error`` keeps something from working, a ``warning`` will or may, a ``note`` is to be known.
    ``hint`` is what to do, or what ``mend`` does, which mends it and may raise an :class:`RtError`.
    """

    check: str
    severity: Severity
    text: str
    hint: str = ""
    mend: Mend | None = None


Check = Callable[[Session], Iterator[Finding]]

# The checks in the order they are made and mended in: name, module:function.
CHECKS: Mapping[str, str] = {
    "home": "store:home",
    "unfinished": "store:unfinished",
    "receipts": "store:receipts",
    "files": "store:programs",
    "aliases": "names:aliases",
    "projects": "names:projects",
    "path": "shell:path",
    "start-files": "shell:start_files",
    "hooks": "shell:hooks",
    "shims": "shell:shims",
    "npm": "npm:prefix",
    "settings": "settings:settings",
    "policy": "settings:policy",
    "clock": "machine:clock",
    "space": "machine:space",
    "libc": "machine:obstacles",
    "end-of-life": "machine:ended",
    "security": "machine:security",
}
# What takes its time, in the place of the check of the same name.
VERIFYING: Mapping[str, str] = {"files": "store:files"}


def examine(session: Session, *, verify: bool) -> Iterator[Finding]:
    """Yield what every check finds; with ``verify`` every file is read."""
    for name, place in {**CHECKS, **(VERIFYING if verify else {})}.items():
        module, _, function = place.partition(":")
        check: Check = getattr(import_module(f"{__name__}.{module}"), function)
        try:
            yield from check(session)
        except RtError as error:
            yield Finding(name, "error", str(error), error.hint)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            yield Finding(name, "error", f"{where}{error.strerror}")
