"""What the rpms for one kind of system have in common, and differ in from those for another."""

from __future__ import annotations

from dataclasses import dataclass

from rtinstall.platforms.package import Codec


@dataclass(frozen=True, slots=True)
class Scripts:
    """What rpm runs after it has installed a package, and before it removes one.

    ``requires`` are the packages that must be there whenever a script runs.
    """

    postin: str
    preun: str
    interpreter: str
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything an rpm says that is the system's and not the runtime's.

    ``os`` is the word that rpm compares with its own system; ``owner`` and ``group`` have everything;
    ``epoch`` None means none, which to rpm is less than any.
    """

    os: str
    owner: str
    group: str
    codec: Codec
    epoch: int | None = None
    scripts: Scripts | None = None
