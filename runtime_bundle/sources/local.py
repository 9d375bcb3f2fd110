"""A runtime the user already has: a directory, an upstream archive, a wheel, or a package we read.

It is used where it is. It is held to the digest the user gives; without one it is recorded as not
checked. Version and target are what its own headers say.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.directory import read_tree
from rtinstall.runtime_bundle.download import MIB, Progress
from rtinstall.runtime_bundle.errors import BadConfiguration, NotPublished, NotReadable
from rtinstall.runtime_bundle.model import File, Provenance
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Layout, Offer, Part
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.verify import Digest

ROOTS: tuple[tuple[str, Layout], ...] = (
    (r"node-v[0-9].*", "upstream"),
    ("package", "node-package"),
)
NAMES = ("bin/node", "node.exe")


class Local:
    """The source of one runtime at a path."""

    name = "local"

    def __init__(self, path: Path, *, sha256: str | None = None) -> None:
        """Use what is at ``path``, which has to have the digest ``sha256`` if one is given."""
        self._path = path
        self._digest = Digest.sha256(sha256) if sha256 else None
        self._described: tuple[Release, Target] | None = None

    def part(self) -> Part:
        """Return the runtime, checked against the digest given.

        Raises :class:`NotReadable` if it is missing or no runtime, :class:`VerificationFailed`.
        """
        if self._path.is_dir():
            if self._digest:
                raise BadConfiguration(f"{self._path} is a directory, which has no SHA-256")
            if not any((self._path / name).is_file() for name in NAMES):
                raise NotReadable(
                    f"{self._path} has no bin/node and no node.exe",
                    hint="name the folder that a runtime was unpacked into, or an archive of it",
                )
            return self._as("directory")
        if self._digest:
            try:
                with self._path.open("rb") as file:
                    self._digest.check(iter(lambda: file.read(MIB), b""), str(self._path))
            except OSError as error:
                raise NotReadable(f"{self._path} cannot be read: {error.strerror}") from None
        return self._as(_layout(self._path))

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return the one release, if it is for ``target``."""
        release, own = self._describe()
        return (release,) if own == target else ()

    def offer(self, release: Release, target: Target) -> Offer:
        """Return the runtime, of which nothing has to be fetched."""
        if (release, target) != self._describe():
            raise NotPublished(f"{self._path} is not node {release.version} for {target}")
        identity = f"{self._identity()}, {self.part().provenance.checked}"
        return Offer("local", release, target, 0, True, str(self._path), (), identity)

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Return the runtime."""
        return (self.part(),)

    def _describe(self) -> tuple[Release, Target]:
        from rtinstall.runtime_bundle.assemble import described

        if self._described is None:
            with tempfile.TemporaryDirectory(prefix="rtinstall-") as folder:
                self._described = described(self.part(), None, Path(folder) / "spool")
        return self._described

    def _identity(self) -> str:
        """Return a digest of the file, or of all that is in the folder."""
        if not self._path.is_dir():
            with self._path.open("rb") as file:
                return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        state = hashlib.sha256()
        for entry in sorted(read_tree(self._path), key=lambda entry: entry.path):
            said = entry.sha256 if isinstance(entry, File) else getattr(entry, "target", "")
            state.update(f"{entry.path}\0{entry.mode:o}\0{said}\n".encode())
        return f"tree-sha256:{state.hexdigest()}"

    def _as(self, layout: Layout) -> Part:
        checked = "sha256 given by the user" if self._digest else "nothing"
        digest = self._digest.text if self._digest else ""
        provenance = Provenance("runtime", "local", self._path.name, digest, checked)
        return Part("runtime", self._path, layout, provenance)


def _layout(path: Path) -> Layout:
    """Find out by its content how the file at ``path`` is laid out."""
    archive = open_archive(path)
    if archive.format == "wheel":
        return "wheel"
    if archive.format != "zip" and not archive.format.startswith("tar"):
        return "package"
    for entry, _ in archive.entries():
        top = entry.name.removeprefix("./").partition("/")[0]
        for pattern, layout in ROOTS:
            if re.fullmatch(pattern, top):
                return layout
        break
    raise NotReadable(
        f"{path} holds no runtime as it is published",
        hint="its files must lie in node-vX.Y.Z-<target>/ or package/; an unpacked one can be given too",
    )
