"""Small rpms of Node.js, and what is expected to be in them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from bundles import small_bundle
from readers import rpm as reader
from rtinstall.platforms.formats import FORMATS
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
    FORMATS[package.format].write(package, out, Effort(level, jobs))
    return out.getvalue()


def build(package: Package, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / FORMATS[package.format].filename(package)
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


def check_dump(text: str, package: Package, owner: str, group: str) -> None:
    """Hold what ``rpm -qp --dump`` printed against ``package``."""
    found = {}
    for line in text.splitlines():
        name, size, time, digest, mode, user, users, *_, target = line.split(" ")
        found[name] = (int(size), int(time), digest.strip("0"), int(mode, 8), user, users, target)
    assert found == {
        name: (
            size_of(entry),
            package.time,
            entry.sha256.strip("0") if isinstance(entry, File) else "",
            full_mode(entry),
            owner,
            group,
            entry.target if isinstance(entry, Symlink) else "X",
        )
        for name, entry in owned(package).items()
    }


def listing(text: str, size_column: int) -> dict[str, tuple[str, int, str]]:
    """Read the long listing of cpio or bsdtar: mode, size and link target by absolute path."""
    found = {}
    for line in text.splitlines():
        fields = line.split(None, 8)
        name, _, target = fields[8].partition(" -> ")
        found[name.removeprefix(".")] = (fields[0], int(fields[size_column]), target)
    return found


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield the package with a bit changed, at some places of every part that a digest covers.

    No digest covers the lead, the signature's index and its sizes.
    """
    found = reader.read(data)
    start = found.payload_offset - len(found.header.raw)
    sha1, sha256, md5 = (found.signature.values[tag] for tag in (269, 273, 1004))
    for position in (
        *(data.index(digest, 96) for digest in (sha1.encode(), sha256.encode(), md5)),
        start,
        found.payload_offset - 1,
        found.payload_offset,
        len(data) - 1,
        *range(start, len(data), max(1, (len(data) - start) // 60)),
    ):
        broken = bytearray(data)
        broken[position] ^= 0x10
        yield bytes(broken)
