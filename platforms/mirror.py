"""``dist/`` as a distribution mirror in the nodejs.org layout, grown release by release.

``index.json`` and ``index.tab`` at the top, ``vX.Y.Z/`` with every file, its ``SHASUMS256.txt`` and
a manifest per target. A target's files are renamed into place when all of them are finished, then
the checksums, then the index: a reader never finds a name whose file is not whole. Every file that
is replaced is replaced by one rename, and taken off the checksums before: what they name is right
at every moment, whenever a run is killed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rtinstall.platforms.build import Built, sha256_of
from rtinstall.platforms.manifest import (
    MAX_MANIFEST,
    Artifact,
    artifacts_of,
    describe_entry,
    read_manifest,
    write_manifest,
)
from rtinstall.platforms.staging import STAGE, held, stage, sync, writable
from rtinstall.runtime_bundle.errors import NoSpace, NotReadable, RtError
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.releases import (
    Release,
    parse_index,
    write_index_json,
    write_index_tab,
)
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.verify import parse_shasums
from rtinstall.runtime_bundle.versions import Version

SHASUMS = "SHASUMS256.txt"


class Mirror:
    """One distribution directory."""

    def __init__(self, root: Path) -> None:
        """Use the folder ``root``, which need not exist yet."""
        self.root = root

    def folder(self, version: Version) -> Path:
        """Return where the files of ``version`` lie."""
        return self.root / version.tag

    def manifest(self, version: Version, target: Target) -> Path:
        """Return where the manifest of one target lies."""
        return self.folder(version) / f"node-{version.tag}-{target.name}.manifest.json"

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

    def finished(self, version: Version, target: Target, filename: str, recipe: str) -> Path | None:
        """Return the file of an earlier run if it came of the same recipe and is still whole."""
        path = self.folder(version) / filename
        try:
            manifest = read_manifest(self.manifest(version, target).read_bytes(), filename)
            for artifact in artifacts_of(manifest):
                if (artifact.name, artifact.recipe) == (filename, recipe):
                    return path if sha256_of(path) == artifact.sha256 else None
        except (OSError, NotReadable):
            pass
        return None

    def publish(self, bundle: Bundle, built: Sequence[Built], stage: Path) -> None:
        """Give the finished files of one target their names, and list them."""
        with writable(self.root):
            folder = self.folder(bundle.version)
            folder.mkdir(parents=True, exist_ok=True)
            manifest = self.manifest(bundle.version, bundle.target)
            artifacts = {artifact.name: artifact for artifact in self._kept(manifest, bundle)}
            artifacts |= {item.artifact.name: item.artifact for item in built}
            said = write_manifest(bundle, artifacts.values())
            new = {name: artifact.sha256 for name, artifact in artifacts.items()}
            new[manifest.name] = hashlib.sha256(said).hexdigest()

            sums = self._sums(folder)
            lasting = {n: digest for n, digest in sums.items() if new.get(n, digest) == digest}
            releases = self._with(bundle, {artifact.format for artifact in artifacts.values()})
            lists = stage / "lists"
            lists.mkdir()
            before = _written(lists / "before", _lines(lasting))
            renamed = [
                *((i.path, folder / i.artifact.name) for i in built if not i.reused),
                (_written(lists / "manifest", said), manifest),
                (_written(lists / "sums", _lines(lasting | new)), folder / SHASUMS),
                (_written(lists / "json", write_index_json(releases)), self.root / "index.json"),
                (_written(lists / "tab", write_index_tab(releases)), self.root / "index.tab"),
            ]
            for path, _ in renamed:
                sync(path)
            # Everything is on the disk: what follows only gives names.
            if not lasting:  # a list without a line would be none
                (folder / SHASUMS).unlink(missing_ok=True)
            elif lasting != sums:
                before.replace(folder / SHASUMS)
            for path, final in renamed:
                path.replace(final)

    def _kept(self, manifest: Path, bundle: Bundle) -> list[Artifact]:
        """Return what an earlier run made of the same contents, and is still whole."""
        try:
            if manifest.stat().st_size > MAX_MANIFEST:
                return []
            found = read_manifest(manifest.read_bytes(), manifest.name)
        except (OSError, NotReadable):
            return []
        contents = [describe_entry(entry) for entry in bundle.entries]
        if (found.get("released"), found.get("entries")) != (bundle.released, contents):
            return []
        return [
            artifact
            for artifact in artifacts_of(found)
            if (path := manifest.parent / artifact.name).is_file()
            and sha256_of(path) == artifact.sha256
        ]

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

    def _with(self, bundle: Bundle, formats: set[str]) -> list[Release]:
        """Return what the index is to list, with the targets whose archives are there."""
        releases = {release.version: release for release in self._releases()}
        known = releases.get(bundle.version)
        files = set(known.files) if known else set()
        if bundle.target.index and formats & {"tar.xz", "tar.gz", "zip"}:
            files.add(bundle.target.index)

        def component(name: str) -> str:
            # A runtime without headers, as those for Windows, does not know; one before it may have.
            return bundle.components.get(name) or (str(getattr(known, name)) if known else "")

        releases[bundle.version] = Release(
            version=bundle.version,
            date=datetime.fromtimestamp(bundle.released, UTC).date(),
            files=frozenset(files),
            npm=bundle.npm,
            v8=component("v8").partition("-node")[0],  # as upstream's index has it
            uv=component("uv"),
            zlib=component("zlib"),
            openssl=component("openssl"),
            modules=component("modules"),
            lts=bundle.lts,
            security=known.security if known else False,
        )
        return sorted(releases.values(), key=lambda release: release.version, reverse=True)


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


def _lines(sums: Mapping[str, str]) -> bytes:
    """Return a list of checksums as ``sha256sum`` has it."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
