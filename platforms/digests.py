"""Digests: of one file on disk; of many files in the algorithm a format asks for, on several threads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rtinstall.runtime_bundle.model import File, digest

LARGE = 1 << 20  # bytes; below, handing a file to another thread costs more than hashing it


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file at ``path``, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(files: Iterable[File], algorithm: str, jobs: int) -> dict[str, str]:
    """Return the hexadecimal digest of each file by its path; ``algorithm`` as in :mod:`hashlib`."""
    listed = list(files)
    large = sorted((f for f in listed if f.size >= LARGE), key=lambda f: f.size, reverse=True)
    with ThreadPoolExecutor(max(1, jobs), "digest") as pool:
        under_way = {f.path: pool.submit(digest, f.content, algorithm) for f in large}
        found = {f.path: digest(f.content, algorithm) for f in listed if f.path not in under_way}
        return found | {path: future.result() for path, future in under_way.items()}
