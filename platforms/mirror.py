"""``dist/`` as a distribution mirror in the nodejs.org layout, grown release by release.

``index.json`` and ``index.tab`` at the top, ``vX.Y.Z/`` with every file, its ``SHASUMS256.txt`` and
a manifest per target. A unit is delivered as one folder in ``.units``, by one rename, from where its
files are renamed into place, then the checksums, then the index: a reader never finds a name whose
file is not whole. Every file that is replaced is replaced by one rename, and taken off the checksums
before: what they name is right at every moment, whenever a run is killed. Anyone may deliver; who
publishes holds the lock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from rtinstall.platforms.build import Built
from rtinstall.platforms.digests import sha256_of
from rtinstall.platforms.lists import (
    MANIFEST,
    SHASUMS,
    UNIT,
    UNITS,
    Stated,
    indexes,
    manifest_name,
    row,
    stated,
    sums_text,
)
from rtinstall.platforms.manifest import (
    MAX_MANIFEST,
    Artifact,
    Contents,
    artifacts_of,
    merged,
    read_manifest,
    same_runtime,
    write_manifest,
)
from rtinstall.platforms.staging import STAGE, held, stage, sweep, sync, writable
from rtinstall.runtime_bundle.errors import NoSpace, NotReadable, RtError
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.releases import Release, parse_index
from rtinstall.runtime_bundle.verify import parse_shasums
from rtinstall.runtime_bundle.versions import Version


class Mirror:
    """One distribution directory."""

    published_by: Literal["unit"] = "unit"

    def __init__(self, root: Path) -> None:
        """Use the folder ``root``, which need not exist yet."""
        self.root = root

    @property
    def shown(self) -> str:
        """Return the path."""
        return str(self.root)

    def folder(self, version: Version) -> Path:
        """Return where the files of ``version`` lie."""
        return self.root / version.tag

    def manifest(self, version: Version, target: str) -> Path:
        """Return where the manifest of one target lies."""
        return self.folder(version) / manifest_name(version, target)

    def stage(self) -> AbstractContextManager[Path]:
        """Give a folder on the mirror's own disk for unfinished work; it is gone afterwards."""
        return stage(self.root)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the mirror for one run, and remove what runs that were killed have left.

        Raises :class:`NoSpace` when another run holds it, :class:`NotReadable` for an index that
        could not be added to.
        """
        with held(self.root, hint="wait for it to end, or name another folder with --out"):
            self._releases()
            yield
            with suppress(OSError):
                (self.root / UNITS).rmdir()

    def kept(self, version: Version, target: str, basis: str) -> Contents | None:
        """Return what is published of a unit: its files that came of ``basis`` and are whole."""
        found = self._manifest(self.manifest(version, target))
        if found is None:
            return None
        said = Contents.of(found)
        whole = (
            item
            for item in said.artifacts
            if item.basis == basis and self._is(self.folder(version) / item.name, item.sha256)
        )
        return replace(said, artifacts=tuple(whole))

    def delivered(self, name: str) -> Contents | None:
        """Return what a unit has delivered, if all of it is there."""
        found = self._manifest(self._unit(name) / UNIT)
        if found is None:
            return None
        said = stated(found, name)
        places = (self._unit(name), self.folder(said.version))  # some may have been moved already
        for item in said.artifacts:
            if not any(self._is(place / item.name, item.sha256) for place in places):
                return None
        return Contents.of(found)

    def deliver(self, name: str, bundle: Bundle, built: Sequence[Built], stage: Path) -> None:
        """Hand in the finished files of a unit: a folder of its own, by one rename."""
        unit, final = stage / "unit", self._unit(name)
        with writable(self.root):
            unit.mkdir()
            for item in built:
                item.path.replace(unit / item.path.name)
            said = write_manifest(bundle, (item.artifact for item in built))
            (unit / UNIT).write_bytes(said)
            for path in unit.iterdir():
                sync(path)
            final.parent.mkdir(exist_ok=True)
            if final.exists():  # the same, or what is left of it
                final.rename(stage / "other")
            try:
                unit.rename(final)
            except OSError:
                if self.delivered(name) is None:  # else another machine was quicker
                    raise

    def publish(self, version: Version, names: Sequence[str]) -> None:
        """Give what the units ``names`` delivered its final names, and list all of ``version``.

        What replaces another file is taken off the checksums before.
        """
        with writable(self.root), self.stage() as lists:
            folder = self.folder(version)
            folder.mkdir(parents=True, exist_ok=True)
            new: dict[str, str] = {}
            files: list[tuple[Path, Path]] = []
            said: dict[str, Stated] = {}
            for name in names:
                text, moved = self._accepted(name, version)
                file = read_manifest(text, name)
                each = stated(file, name)
                manifest = self.manifest(version, each.target.name)
                new |= {item.name: item.sha256 for item in each.artifacts}
                new[manifest.name] = hashlib.sha256(text).hexdigest()
                files += [*moved, (_written(lists / manifest.name, text), manifest)]
                said[manifest.name] = each

            sums = self._sums(folder)
            lasting = {n: digest for n, digest in sums.items() if new.get(n, digest) == digest}
            known, others = self._others(folder, said.keys())
            listed = self._whole(folder, others, lasting | new) | lasting | new
            renamed = files
            if listed != sums:
                renamed.append((_written(lists / "sums", sums_text(listed)), folder / SHASUMS))
            told = _with(self._releases(), version, [*said.values(), *known])
            for name, data in indexes(told):
                if not _holds(self.root / name, data):
                    renamed.append((_written(lists / name, data), self.root / name))
            for path, _ in renamed:
                if path.parent == lists:  # what was delivered is there already
                    sync(path)
            before = _written(lists / "before", sums_text(lasting))
            sync(before)
            # Everything is on the disk: what follows only gives names.
            if not lasting:  # a list without a line would be none
                (folder / SHASUMS).unlink(missing_ok=True)
            elif lasting != sums:
                before.replace(folder / SHASUMS)
            for path, final in renamed:
                path.replace(final)
        for name in names:
            shutil.rmtree(self._unit(name), ignore_errors=True)

    def forget_others(self, names: Collection[str]) -> None:
        """Remove what other units than ``names`` have delivered and no run will publish."""
        for left in (self.root / UNITS).glob("*"):
            if left.name not in names:
                shutil.rmtree(left, ignore_errors=True)

    def tidy(self, names: Collection[str]) -> None:
        """Remove what is left of the deliveries of ``names``, which are published."""
        for name in names:
            shutil.rmtree(self._unit(name), ignore_errors=True)
        sweep(self.root)  # of workers that were killed

    def _accepted(self, name: str, version: Version) -> tuple[bytes, list[tuple[Path, Path]]]:
        """Return the manifest of what a unit delivered, and the files that are still to be moved."""
        found = self._manifest(self._unit(name) / UNIT)
        if found is None:
            raise NotReadable(
                f"a unit is finished, but it did not come to {self._unit(name)}",
                hint="the folder must be the same for every machine that takes part",
            )
        published = self.manifest(version, str(found.get("target")))
        kept = self._kept(published, found)
        moved = [
            (path, self.folder(version) / item.name)
            for item in artifacts_of(found)
            if (path := self._unit(name) / item.name).is_file()
        ]
        return merged(found, kept), moved

    def _kept(self, manifest: Path, new: Mapping[str, object]) -> list[Artifact]:
        """Return what an earlier run made of the same contents, and is still whole."""
        found = self._manifest(manifest)
        if found is None or not same_runtime(found, new):
            return []
        return [
            artifact
            for artifact in artifacts_of(found)
            if self._is(manifest.parent / artifact.name, artifact.sha256)
        ]

    def _others(self, folder: Path, new: Collection[str]) -> tuple[list[Stated], dict[str, str]]:
        """Return what the other manifests in ``folder`` state, and the digests of what they name."""
        known, named = [], {}
        for path in sorted(folder.glob(f"*{MANIFEST}")):
            found = self._manifest(path) if path.name not in new else None
            if found is None:
                continue
            with suppress(NotReadable):
                known.append(stated(found, path.name))
                named[path.name] = sha256_of(path)
                named |= {item.name: item.sha256 for item in known[-1].artifacts}
        return known, named

    def _whole(
        self, folder: Path, named: Mapping[str, str], listed: Mapping[str, str]
    ) -> dict[str, str]:
        """Return those of ``named`` that no list has and that are whole: a run was killed in between."""
        return {
            name: digest
            for name, digest in named.items()
            if name not in listed and self._is(folder / name, digest)
        }

    def _unit(self, name: str) -> Path:
        return self.root / UNITS / name

    def _manifest(self, path: Path) -> dict[str, object] | None:
        """Return the manifest at ``path``; None if there is none that can be read."""
        try:
            if path.stat().st_size > MAX_MANIFEST:
                return None
            return read_manifest(path.read_bytes(), path.name)
        except (OSError, NotReadable):
            return None

    @staticmethod
    def _is(path: Path, sha256: str) -> bool:
        try:
            return sha256_of(path) == sha256
        except OSError:
            return False

    def _sums(self, folder: Path) -> dict[str, str]:
        """Return the checksums of the files that are there, other targets' too."""
        try:
            sums = parse_shasums((folder / SHASUMS).read_bytes())
        except (OSError, RtError):
            return {}
        return {name: digest for name, digest in sums.items() if (folder / name).is_file()}

    def _releases(self) -> tuple[Release, ...]:
        """Return what the index lists; :class:`NotReadable` for one that is none."""
        path = self.root / "index.json"
        try:
            return parse_index(path.read_bytes())
        except FileNotFoundError:
            return ()
        except NotReadable as error:
            raise NotReadable(
                f"{path} is no index: {error}",
                hint="remove it, or name another folder with --out",
            ) from error


def _with(
    releases: tuple[Release, ...], version: Version, said: Sequence[Stated]
) -> Iterable[Release]:
    """Return ``releases`` with what the manifests of ``version`` say of it."""
    known = {release.version: release for release in releases}
    if said:
        known[version] = row(version, said, known.get(version))
    return known.values()


def replace_file(path: Path, data: bytes) -> None:
    """Write ``data`` under the name ``path`` so that a reader finds the old bytes or the new."""
    temporary = path.with_name(f"{STAGE}{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NoSpace(f"cannot write {path}: {error.strerror}") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
