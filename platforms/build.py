"""From a Bundle to files on disk: written into a stage, read back, and only then given their names."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from time import perf_counter
from typing import Protocol

from rtinstall.platforms.check import check_artifact
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.manifest import Artifact, describe, describe_entry
from rtinstall.platforms.package import Effort, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import NoSpace
from rtinstall.runtime_bundle.model import Bundle


@dataclass(frozen=True, slots=True)
class Built:
    """What came of one format: the artifact, where it lies, and what it took in seconds."""

    artifact: Artifact
    path: Path
    writing: float
    checking: float


class Watch(Protocol):
    """Who is told how far a build is: the terminal, or nobody."""

    def start(self, what: str, total: int | None) -> Callable[[int], object]:
        """Begin ``what`` of ``total`` bytes; the result is called with each number of bytes done."""

    def download(self, what: str) -> Progress:
        """Return what a download called ``what`` reports to."""


def recipe(package: Package, effort: Effort) -> str:
    """Return a digest of all that determines a package's bytes: two builds agree, or differ in it."""
    words = {
        field.name: getattr(package, field.name)
        for field in fields(package)
        if field.name not in ("bundle", "entries", "metadata")
    }
    facts = [
        __version__,
        effort.level,
        words,
        asdict(package.metadata),
        describe(package.bundle),
        [describe_entry(entry) for entry in package.entries],
    ]
    text = json.dumps(facts, sort_keys=True, default=sorted)  # sets, in one order
    return hashlib.sha256(text.encode()).hexdigest()


def build(
    bundle: Bundle,
    settings: Settings,
    name: str,
    *,
    stage: Path,
    effort: Effort,
    watch: Watch,
) -> Built:
    """Write ``bundle`` in the format called ``name`` into the folder ``stage``, and read it back.

    Raises :class:`NoSpace` when the disk is full; whatever is raised, no file of that name is left.
    """
    module = FORMATS[name]
    package = module.package(bundle, settings)
    filename = module.filename(package)
    digest = recipe(package, effort)
    path = stage / filename
    started = perf_counter()
    try:
        advance = watch.start(filename, package.size)
        with path.open("xb+") as out:
            module.write(package, out, replace(effort, advance=advance))
        written = perf_counter()
        advance = watch.start(f"{filename}, read back", package.size)
        check_artifact(path, package, replace(effort, advance=advance))
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
            raise NoSpace(f"cannot write {filename}: {error.strerror}") from error
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    checked = perf_counter()
    artifact = _artifact(path, name, digest, package)
    return Built(artifact, path, written - started, checked - written)


def _artifact(path: Path, format: str, recipe: str, package: Package) -> Artifact:
    size, sha256 = path.stat().st_size, sha256_of(path)
    return Artifact(path.name, format, size, sha256, recipe, package.companion)
