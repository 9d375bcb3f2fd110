"""A mirror in an object store: what :class:`~.mirror.Mirror` is on a disk, without locks and renames.

A unit's files are written below ``.units/NAME/``, its manifest last: then it is delivered. Whoever
runs a release copies them to their places, within the store, and writes the lists, which are made
of the manifests that are there. Of two runs that publish into one store at once, each looks, after
it has written a list, whether a manifest has come meanwhile, and then writes again: the list that
is written last lacks none.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from rtinstall.platforms.build import Built
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
from rtinstall.platforms.objects import Object, Objects
from rtinstall.runtime_bundle.errors import NotReadable, RtError, UnknownVersion
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.releases import LIMIT, Release, parse_index
from rtinstall.runtime_bundle.verify import MAX_SHASUMS, parse_shasums
from rtinstall.runtime_bundle.versions import Version

SKEW = 60.0  # seconds that a manifest may be older than the index and yet not be in it


class Store:
    """One mirror in a store."""

    published_by: Literal["version"] = "version"

    def __init__(self, objects: Objects) -> None:
        """Use all of ``objects``."""
        self.objects = objects
        self._read: dict[str, tuple[str, Stated, str]] = {}
        self._indexed: Mapping[str, Object] = {}  # manifests that the index tells of, as they were

    @classmethod
    def at(cls, address: str) -> Store:
        """Open the store at ``address``; raises :class:`BadConfiguration`, :class:`MissingTool`."""
        return cls(Objects.at(address))

    @property
    def shown(self) -> str:
        """Return the address, without credentials."""
        return self.objects.shown

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make sure that the index, if there is one, can be added to; nothing can be held."""
        self._releases()
        yield

    @contextmanager
    def stage(self) -> Iterator[Path]:
        """Give a folder on this machine's disk for unfinished work; it is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="rtbuild-") as folder:
            yield Path(folder)

    def kept(self, version: Version, target: str, basis: str) -> Contents | None:
        """Return what is published of a unit: its files that came of ``basis`` and have their size."""
        found = self._manifest(f"{version.tag}/{manifest_name(version, target)}")
        if found is None:
            return None
        said, there = Contents.of(found), self.objects.beside(version.tag)
        whole = (i for i in said.artifacts if i.basis == basis and _is(i, there))
        return replace(said, artifacts=tuple(whole))

    def delivered(self, name: str) -> Contents | None:
        """Return what a unit has delivered, if all of it is there."""
        found = self._manifest(f"{UNITS}/{name}/{UNIT}")
        if found is None:
            return None
        said, there = Contents.of(found), self.objects.beside(f"{UNITS}/{name}")
        return said if all(_is(item, there) for item in said.artifacts) else None

    def deliver(self, name: str, bundle: Bundle, built: Sequence[Built], stage: Path) -> None:
        """Hand in the finished files of a unit; its manifest, which comes last, says that all are there."""
        for item in built:
            self.objects.upload(item.path, f"{UNITS}/{name}/{item.artifact.name}")
        said = write_manifest(bundle, (item.artifact for item in built))
        self.objects.write(f"{UNITS}/{name}/{UNIT}", said)

    def forget_others(self, names: Collection[str]) -> None:
        """Leave everything: it may be the work of another run."""

    def tidy(self, names: Collection[str]) -> None:
        """Remove what is left of the deliveries of ``names``, which are published."""
        for name in self.objects.folders(UNITS) & set(names):
            self.objects.remove(f"{UNITS}/{name}")

    def publish(self, version: Version, names: Sequence[str]) -> None:
        """Give what the units ``names`` delivered its final names, and list all of ``version``.

        What replaces another file is taken off the checksums before.
        """
        units = [(name, *self._accepted(name, version)) for name in names]
        new = {item.name: item.sha256 for _, files, _, _ in units for item in files}
        new |= {name: hashlib.sha256(text).hexdigest() for _, _, name, text in units}
        sums = self._sums(version)
        lasting = {n: digest for n, digest in sums.items() if new.get(n, digest) == digest}
        if lasting != sums:
            self._write_sums(version, lasting)
        for name, files, manifest, text in units:
            for item in files:
                self.objects.copy(f"{UNITS}/{name}/{item.name}", f"{version.tag}/{item.name}")
            self.objects.write(f"{version.tag}/{manifest}", text)
        self._list(version, new)
        self._index(version)
        for name in names:
            self.objects.remove(f"{UNITS}/{name}")

    def _accepted(self, name: str, version: Version) -> tuple[tuple[Artifact, ...], str, bytes]:
        """Return what a unit delivered: its files, its manifest's name, its manifest."""
        found = self._manifest(f"{UNITS}/{name}/{UNIT}")
        if found is None:
            raise NotReadable(
                f"a unit is finished, but it did not come to {self.shown}",
                hint="every machine that takes part must write to the same place",
            )
        manifest = manifest_name(version, stated(found, name).target.name)
        old, there = self._manifest(f"{version.tag}/{manifest}"), self.objects.beside(version.tag)
        kept = artifacts_of(old) if old is not None and same_runtime(old, found) else []
        text = merged(found, (item for item in kept if _is(item, there)))
        return tuple(artifacts_of(found)), manifest, text

    # The lists.

    def _list(self, version: Version, new: Mapping[str, str]) -> None:
        """Write the checksums of a version: ``new``, what was listed, and what manifests name beside."""
        while True:
            there = self.objects.beside(version.tag)
            sums = self._sums(version)
            listed = {**sums, **new}
            for name, mark in _manifests(there).items():
                found = self._stated(f"{version.tag}/{name}", mark)
                if found is None:
                    continue
                said, digest = found
                named = {item.name: item for item in said.artifacts}
                lacking = [i for i in named.values() if i.name not in listed and _is(i, there)]
                for item in lacking:  # of a run that was stopped, or is not so far yet
                    if self.objects.sha256(f"{version.tag}/{item.name}") == item.sha256:
                        listed[item.name] = item.sha256
                if all(listed.get(i.name) == i.sha256 for i in named.values()):
                    listed[name] = digest
            if listed != sums:
                self._write_sums(version, listed)
            if _manifests(self.objects.beside(version.tag)) == _manifests(there):
                return

    def _index(self, version: Version) -> None:
        """Write the index: what it says, but of ``version`` and of newer manifests what these say."""
        while True:
            there = self._every_manifest()
            known = {release.version: release for release in self._releases()}
            for each in {version, *self._unlisted(there)}:
                if each != version:
                    self._list(each, {})
                found = (
                    self._stated(name, mark)
                    for name, mark in there.items()
                    if name.startswith(f"{each.tag}/")
                )
                if said := [item[0] for item in found if item]:
                    known[each] = row(each, said, known.get(each))
            for name, data in indexes(known.values()):
                if self.objects.read(name, LIMIT) != data:
                    self.objects.write(name, data)
            self._indexed = there
            if self._every_manifest() == there:
                return

    def _unlisted(self, there: Mapping[str, Object]) -> Iterator[Version]:
        """Yield the versions of manifests that may have come since the index was written."""
        index = self.objects.beside("").get("index.json")
        for name, item in there.items():
            if self._indexed:
                old = self._indexed.get(name) == item
            else:
                times = (item.time, index.time if index else None)
                old = None not in times and times[0] + SKEW < times[1]  # type: ignore[operator]
            if not old:
                with suppress(UnknownVersion):
                    yield Version.parse(name.partition("/")[0])

    def _every_manifest(self) -> dict[str, Object]:
        found = _manifests(self.objects.all())
        return {name: item for name, item in found.items() if name.startswith("v")}

    def _releases(self) -> tuple[Release, ...]:
        """Return what the index lists; :class:`NotReadable` for one that is none."""
        data = self.objects.read("index.json", LIMIT)
        try:
            return parse_index(data) if data is not None else ()
        except NotReadable as error:
            raise NotReadable(
                f"{self.shown}/index.json is no index: {error}",
                hint="remove it, or name another place with --out",
            ) from error

    def _sums(self, version: Version) -> dict[str, str]:
        """Return the checksums of the files that are there."""
        data = self.objects.read(f"{version.tag}/{SHASUMS}", MAX_SHASUMS)
        there = self.objects.beside(version.tag) if data else {}
        try:
            sums = parse_shasums(data or b"")
        except RtError:
            return {}
        return {name: digest for name, digest in sums.items() if name in there}

    def _write_sums(self, version: Version, sums: Mapping[str, str]) -> None:
        if sums:
            self.objects.write(f"{version.tag}/{SHASUMS}", sums_text(sums))
        else:  # a list without a line would be none
            self.objects.remove(f"{version.tag}/{SHASUMS}")

    def _manifest(self, name: str) -> dict[str, object] | None:
        """Return the manifest called ``name``; None if there is none that can be read."""
        data = self.objects.read(name, MAX_MANIFEST)
        with suppress(NotReadable):
            return read_manifest(data, name) if data is not None else None
        return None

    def _stated(self, name: str, item: Object) -> tuple[Stated, str] | None:
        """Return what a manifest says, and its SHA-256; it is read once for each state it is in."""
        known = self._read.get(name)
        if known is None or known[0] != item.mark:
            data = self.objects.read(name, MAX_MANIFEST)
            if data is None:
                return None
            try:
                said = stated(read_manifest(data, name), name)
            except NotReadable:
                return None
            known = self._read[name] = (item.mark, said, hashlib.sha256(data).hexdigest())
        return known[1], known[2]


def _manifests(found: Mapping[str, Object]) -> dict[str, Object]:
    return {name: item for name, item in found.items() if name.endswith(MANIFEST)}


def _is(artifact: Artifact, there: Mapping[str, Object]) -> bool:
    return artifact.name in there and there[artifact.name].size == artifact.size
