"""Small rpms of Node.js, and what is expected to be in them."""

from __future__ import annotations

import stat
from io import BytesIO
from pathlib import Path

import pytest

from bundles import small_bundle
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.package import Codec, Effort, Level, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink

NPMRC = b"registry=https://npm.example/\n"

each_codec = pytest.mark.parametrize("codec", ["zstd", "gzip", "xz", "none"])


def settings(codec: Codec | None = None, npmrc: bytes = NPMRC) -> Settings:
    metadata = Metadata(codec={"rpm": codec} if codec else {})
    return Settings(metadata=metadata, npmrc=npmrc)


def content(package: Package, level: Level = "fast", jobs: int = 1) -> bytes:
    out = BytesIO()
    rpm.write(package, out, Effort(level, jobs))
    return out.getvalue()


def build(package: Package, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / rpm.filename(package)
    path.write_bytes(content(package))
    return path


def made(folder: Path, codec: Codec | None = None) -> tuple[Package, Path]:
    package = rpm.package(small_bundle(), settings(codec))
    return package, build(package, folder)


def owned(package: Package) -> dict[str, Entry]:
    """Return what the package owns, by absolute path."""
    return {
        f"/{entry.path}": entry
        for entry in package.entries
        if not isinstance(entry, Directory) or entry.path not in package.shared
    }


def full_mode(entry: Entry) -> int:
    kinds = {File: stat.S_IFREG, Symlink: stat.S_IFLNK, Directory: stat.S_IFDIR}
    return kinds[type(entry)] | entry.mode


def size_of(entry: Entry) -> int:
    if isinstance(entry, File):
        return entry.size
    return len(entry.target) if isinstance(entry, Symlink) else 0
