"""Compare the files of an archive with the digests that it carries itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from rtinstall.runtime_bundle.archives.entry import ArchiveEntry, Member

# Algorithm as in hashlib, digest in hexadecimal.
Expected = tuple[str, str]


class _State(Protocol):
    def update(self, data: bytes, /) -> None: ...


def plain(name: str) -> str:
    """Return a name without the ``./`` or ``/`` that formats put before it, and without a last slash."""
    return name.removeprefix(".").strip("/") if name.startswith(("./", "/")) else name.rstrip("/")


def checked(
    members: Iterable[Member], listed: Mapping[str, Expected | None], problems: list[str]
) -> Iterator[Member]:
    """Pass ``members`` on, and note wrong digests and listed files that never came.

    ``listed`` is keyed by plain name; None stands for a member without a digest.
    """
    left = dict(listed)
    yield from each_checked(members, lambda entry: left.pop(plain(entry.name), None), problems)
    problems.extend(f"{name!r} is listed, but not there" for name in left)


def each_checked(
    members: Iterable[Member],
    expect: Callable[[ArchiveEntry], Expected | None],
    problems: list[str],
) -> Iterator[Member]:
    """Pass ``members`` on, and note wrong digests; a symbolic link's digest is that of its target."""
    for entry, chunks in members:
        expected = expect(entry)
        if expected is None or entry.kind not in ("file", "symlink"):
            yield entry, chunks
            continue
        algorithm, digest = expected
        state = hashlib.new(algorithm, usedforsecurity=False)
        if entry.kind == "symlink":
            state.update(entry.link.encode())
            yield entry, chunks
        else:
            hashed = _hashed(chunks, state)
            yield entry, hashed
            for _ in hashed:
                pass
        if state.hexdigest() != digest.lower():
            problems.append(f"the {algorithm} of {entry.name!r} is not the one in the package")


def _hashed(chunks: Iterator[bytes], state: _State) -> Iterator[bytes]:
    for chunk in chunks:
        state.update(chunk)
        yield chunk
