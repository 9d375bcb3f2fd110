"""A folder of FreeBSD packages as a repository of pkg(8): gathered, read whole, catalogued, published.

What is given is put beside what is there, into ``All/``. Everything new is finished in a stage before
anything gets a name: packages first, then the catalogues, each of which is one file. A client finds
the old catalogue or the new one, and all that either of them lists.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.build import Watch
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.freebsd.client import trusted
from rtinstall.platforms.freebsd.repository import (
    DATA,
    MANIFESTS,
    Listed,
    abi_of,
    admitted,
    catalogues,
)
from rtinstall.platforms.freebsd.signing import Signer
from rtinstall.platforms.staging import held, stage, sync, writable
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.archives.freebsd import read_manifests
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotReadable,
    RtError,
    VerificationFailed,
)
from rtinstall.runtime_bundle.freebsd.archive import PACKED_LIMIT, seal
from rtinstall.runtime_bundle.model import UNSAFE

SUFFIX = ".pkg"
PACKAGES = "All"
LATEST = "Latest"  # links to packages that lie elsewhere; pkg repo passes over it, too
# What pkg repo puts beside the packages: the last two before 1.21.
CATALOGUES = tuple(f"{name}{SUFFIX}" for name in (MANIFESTS, DATA, "files", "meta", "digests"))


@dataclass(frozen=True, slots=True)
class Repository:
    """What was published: for whom, and which packages.

    Left out are the ``older`` ones of the same name, and the files of ``other_systems``.
    """

    abi: str
    packages: tuple[Listed, ...]
    older: tuple[Listed, ...]
    other_systems: tuple[str, ...]


def publish(
    root: Path, files: Sequence[Path], name: str, signer: Signer | None, watch: Watch
) -> Repository:
    """Make ``root``, with ``files`` added, a repository that clients call ``name``.

    Raises :class:`VerificationFailed` or :class:`UnsafeArchive` for a damaged package,
    :class:`BadConfiguration` for one that does not belong there, :class:`NotReadable`; then nothing in
    ``root`` has changed.
    """
    with held(root), stage(root) as work:
        if signer is None:
            _refuse_to_unsign(root)
        places = _there(root) | _given(root, files, work / "new")
        found = {href: _read(places[href], href, watch) for href in sorted(places, key=str.encode)}
        packages, older = admitted(filter(None, found.values()))
        if not packages:
            raise NotReadable(
                f"{root} holds no package of FreeBSD",
                hint="name the packages to be put there behind it",
            )
        written = catalogues(packages, signer.sign if signer else None)
        if signer:
            own = {f"{name}.pub": signer.public}
            own[f"{name}.fingerprint"] = trusted(signer.fingerprint).encode()
            written = own | written
        with writable(root):
            _give_names(root, work, written)
        others = tuple(href for href, listed in found.items() if listed is None)
        return Repository(abi_of(packages), packages, older, others)


def _refuse_to_unsign(root: Path) -> None:
    """Raise :class:`BadConfiguration` for a repository whose clients would find no signature any more."""
    path = root / f"{DATA}{SUFFIX}"
    try:
        with path.open("rb") as file:
            signed = bool(seal(file.read(PACKED_LIMIT), DATA).members)
    except (OSError, RtError):
        return
    if signed:
        raise BadConfiguration(
            f"{root} is signed, and its clients would refuse it without a signature",
            hint=f"sign it again with --key FILE, or remove {path.name}",
        )


def _there(root: Path) -> dict[str, Path]:
    """Return the packages in the folder by their place in it, as pkg repo looks for them."""
    found = {}
    for path in root.rglob(f"*{SUFFIX}"):
        *folders, name = path.relative_to(root).parts
        hidden = any(folder.startswith(".") or folder == LATEST for folder in folders)
        if (
            not hidden
            and path.is_file()
            and not path.is_symlink()
            and (folders or name not in CATALOGUES)
        ):
            found["/".join((*folders, name))] = path
    return found


def _given(root: Path, files: Sequence[Path], new: Path) -> dict[str, Path]:
    """Copy ``files`` into the stage, and return the copies by the place they will have."""
    places: dict[str, Path] = {}
    for file in files:
        if root.resolve() in file.resolve().parents:
            continue  # it is there already
        href = f"{PACKAGES}/{file.name}"
        copy, final = new / href, root / href
        if not file.name.endswith(SUFFIX):
            raise BadConfiguration(
                f"{file.name!r} is no name of a package", hint=f"it has to end in {SUFFIX}"
            )
        if copy.exists():
            raise BadConfiguration(f"two files are called {file.name}")
        if final.exists() and sha256_of(final) != sha256_of(file):
            raise BadConfiguration(
                f"{final} is there, with other contents than {file}",
                hint="give the new one a revision of its own, or remove the old one",
            )
        if not final.exists():
            with writable(root):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
            places[href] = copy
    return places


def _read(path: Path, href: str, watch: Watch) -> Listed | None:
    """Return the facts of a package whose every byte agrees with its manifest; None for macOS's.

    What it does when it is installed is its publisher's affair: packages of the ports run scripts.
    """
    if UNSAFE.search(href) or not href.isprintable():
        raise BadConfiguration(f"{href!r} cannot be the name of a package in a repository")
    archive = open_archive(path)
    if archive.format == "pkg":
        return None
    if archive.format != "freebsd":
        raise NotReadable(f"{path.name} is no package of FreeBSD", hint="remove it from the folder")
    advance = watch.start(href, None)
    for _, chunks in archive.entries():
        for chunk in chunks:
            advance(len(chunk))
    for problem in archive.problems:
        raise VerificationFailed(f"{path.name}: {problem}")
    manifests = read_manifests(path)
    manifest = next(
        manifests[key] for key in ("+MANIFEST", "+COMPACT_MANIFEST") if key in manifests
    )
    return Listed(manifest, href, path.stat().st_size, sha256_of(path))


def _give_names(root: Path, work: Path, written: dict[str, bytes]) -> None:
    """Move what is finished to its place: packages, then the catalogues, as far as they are new.

    A client asks whether a catalogue has changed by its time, so one that has not keeps its own.
    """
    new = work / "new"
    renamed = [
        (path, root / path.relative_to(new)) for path in sorted(new.rglob("*")) if path.is_file()
    ]
    for name, data in written.items():
        if not _holds(root / name, data):
            path = work / name
            path.write_bytes(data)
            renamed.append((path, root / name))
    for path, _ in renamed:
        sync(path)
    # Everything is on the disk: what follows only gives names.
    for path, place in renamed:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
