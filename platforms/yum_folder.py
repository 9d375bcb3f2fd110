"""A folder of rpms as a repository of yum and dnf: gathered, read whole, catalogued, published.

What is given is put beside what is there: into ``Packages/``, where distributions have them, or for
IBM i into a folder per architecture, as in IBM's own repository. Everything new is finished in a
stage before anything gets a name; ``repomd.xml``, which a client reads first, is renamed last, and
the catalogue before it removed after. No time of the disk or of the day is written down.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.build import Watch
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.repodata.admission import admitted
from rtinstall.platforms.repodata.catalogue import FILES, SUFFIX, filename, repomd, write_files
from rtinstall.platforms.repodata.elements import Compat
from rtinstall.platforms.repodata.facts import Listed, describe
from rtinstall.platforms.staging import STAGE, held, stage, sync, writable
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.archives.archive import opened
from rtinstall.runtime_bundle.archives.rpm import read_rpm
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotReadable,
    RtError,
    UnsafeArchive,
    VerificationFailed,
)
from rtinstall.runtime_bundle.model import UNSAFE
from rtinstall.runtime_bundle.sources.yum_catalogue import REPOMD, REPOMD_LIMIT, parse_repomd

REPODATA, CATALOGUE = REPOMD.split("/")
PACKAGES = "Packages"
NO_ROOM = "free some room, or name another folder; the repository is as it was"
OURS = re.compile(rf"[0-9a-f]{{64}}-({'|'.join(FILES)}){re.escape(SUFFIX)}")
# What createrepo writes besides, and clients do without: databases and zchunk of the same contents.
DERIVED = re.compile(rf"({'|'.join(FILES)})(_db|_zck)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One package of the repository, for people: what it is, where it lies, its size in bytes."""

    label: str
    href: str
    size: int
    sha256: str


def publish(
    root: Path, files: Sequence[Path], compat: Compat, epoch: int | None, watch: Watch
) -> tuple[Entry, ...]:
    """Make ``root``, with ``files`` added, a repository, and return its packages by place.

    ``epoch`` is written as the time of the catalogue, else the time its newest package was built.
    Raises :class:`VerificationFailed` or :class:`UnsafeArchive` for a damaged rpm,
    :class:`WrongBinary`, :class:`NotExpressible` and :class:`BadConfiguration` for one that does not
    belong there, :class:`NotReadable`; then nothing in ``root`` has changed.
    """
    with held(root), stage(root) as work:
        _refuse_to_lose(root / REPOMD)
        places = _there(root) | _given(root, files, work / "new", compat)
        found: list[Listed] = []

        def packages() -> Iterator[Listed]:
            for href in sorted(places, key=str.encode):
                listed = _read(places[href], href, watch)
                found.append(listed)
                yield listed

        with writable(root, hint=NO_ROOM):
            _write(work / REPODATA, admitted(packages(), compat), len(places), compat, epoch)
            _give_names(root, work)
        return tuple(Entry(str(each), each.href, each.size, each.sha256) for each in found)


def _refuse_to_lose(path: Path) -> None:
    """Raise :class:`BadConfiguration` for a catalogue that has more than this one would have."""
    try:
        with path.open("rb") as file:
            known = parse_repomd(file.read(REPOMD_LIMIT + 1))
    except FileNotFoundError:
        return
    except (OSError, RtError) as error:
        raise NotReadable(
            f"{path} is no catalogue: {error}", hint="remove it, or name another folder"
        ) from error
    for kind in known:
        if not DERIVED.fullmatch(kind):
            raise BadConfiguration(
                f"{path} lists {kind[:40]!r}, which would be lost",
                hint="rtbuild writes primary, filelists and other alone; use createrepo_c there",
            )


def _there(root: Path) -> dict[str, Path]:
    """Return the rpms in the folder by their place in it."""
    return {
        path.relative_to(root).as_posix(): path
        for path in root.rglob("*.rpm")
        if path.is_file() and not path.relative_to(root).parts[0].startswith(STAGE)
    }


def _given(root: Path, files: Sequence[Path], new: Path, compat: Compat) -> dict[str, Path]:
    """Copy ``files`` into the stage, and return the copies by the place they will have."""
    places: dict[str, Path] = {}
    for file in files:
        if not file.name.endswith(".rpm") or UNSAFE.search(file.name):
            raise BadConfiguration(
                f"{file.name!r} is no name of an rpm", hint="it has to end in .rpm"
            )
        if root.resolve() in file.resolve().parents:
            continue  # it is there already
        href = f"{_folder(file, compat)}/{file.name}"
        copy, final = new / href, root / href
        if copy.exists():
            raise BadConfiguration(
                f"two files are called {file.name}", hint="name one of them alone"
            )
        if final.exists() and sha256_of(final) != sha256_of(file):
            raise BadConfiguration(
                f"{final} is there, with other contents than {file}",
                hint="give the new one a release of its own, or remove the old one",
            )
        if not final.exists():
            with writable(root, hint=NO_ROOM):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
            places[href] = copy
    return places


def _folder(file: Path, compat: Compat) -> str:
    with opened(file) as source:
        facts = describe(read_rpm(source), href=file.name, sha256="", size=0)
    if compat == "dnf":
        return PACKAGES
    if not re.fullmatch(r"[A-Za-z0-9_]+", facts.arch):
        raise NotReadable(f"{file.name} is for the architecture {facts.arch[:40]!r}")
    return facts.arch


def _read(path: Path, href: str, watch: Watch) -> Listed:
    """Return the facts of an rpm whose every byte agrees with the digests that it carries."""
    if UNSAFE.search(href) or not href.isprintable():
        raise BadConfiguration(f"{href!r} cannot be the name of a package in a repository")
    advance = watch.start(href, None)
    try:
        archive = open_archive(path)
        if archive.format != "rpm":
            raise NotReadable(f"the file {href} is no rpm", hint="remove it from the folder")
        for _, chunks in archive.entries():
            for chunk in chunks:
                advance(len(chunk))
        with opened(path) as file:
            rpm = read_rpm(file)
        listed = describe(rpm, href=href, sha256=sha256_of(path), size=path.stat().st_size)
    except UnsafeArchive as error:
        raise UnsafeArchive(
            f"the rpm {href} is damaged: {error}", hint="fetch or build it again"
        ) from error
    for problem in archive.problems:
        raise VerificationFailed(
            f"the rpm {href} is damaged: {problem}", hint="fetch or build it again"
        )
    return listed


def _write(
    folder: Path, packages: Iterator[Listed], count: int, compat: Compat, epoch: int | None
) -> None:
    """Write every file of the catalogue into ``folder`` under the name it will have."""
    newest = 0

    def timed() -> Iterator[Listed]:
        nonlocal newest
        for listed in packages:
            newest = max(newest, listed.built)
            yield listed

    folder.mkdir()
    with ExitStack() as stack:
        outs = {file: stack.enter_context((folder / file).open("xb")) for file in FILES}
        written = write_files(timed(), count, outs, compat)
    for file in FILES:
        (folder / file).replace(folder / filename(file, written[file]))
    (folder / CATALOGUE).write_bytes(repomd(written, newest if epoch is None else epoch))


def _give_names(root: Path, work: Path) -> None:
    """Move what is finished to its place: packages, the files of the catalogue, then repomd.xml."""
    new, data, final = work / "new", work / REPODATA, root / REPODATA
    packages = sorted(path for path in new.rglob("*") if path.is_file())
    names = sorted(path.name for path in data.iterdir() if path.name != CATALOGUE)
    renamed = [
        *((path, root / path.relative_to(new)) for path in packages),
        *((data / name, final / name) for name in (*names, CATALOGUE)),
    ]
    for path, _ in renamed:
        sync(path)
    # Everything is on the disk: what follows only gives names.
    signature = final / f"{CATALOGUE}.asc"
    if signature.exists() and (final / CATALOGUE).read_bytes() != (data / CATALOGUE).read_bytes():
        signature.unlink()  # it is that of another catalogue
    for path, place in renamed:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    for old in final.iterdir():
        if OURS.fullmatch(old.name) and old.name not in names:
            old.unlink()
