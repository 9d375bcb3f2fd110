"""Fetching a file with resume, and reading a small document, from a server or this machine.

Nothing that arrives is trusted: :func:`fetch` ends with the file whose digest was asked for, or with
an error. A file that was continued and turns out to be another is fetched once more from its start.
How servers are asked, and asked again, is :mod:`~rtinstall.runtime_bundle.network`'s.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from rtinstall.runtime_bundle.addresses import bare, checked, local_path
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    NotPublished,
    RtError,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import (
    NOTHING,
    Network,
    Passing,
    answer,
    body,
    expect,
    length,
    patiently,
)
from rtinstall.runtime_bundle.partial import Partial
from rtinstall.runtime_bundle.verify import Checker, Digest, beside

MIB = 1 << 20
ARCHIVE_LIMIT = 300 * MIB  # bytes of a runtime's archive; the largest one has about 60 MiB


class Progress(Protocol):
    """Who is told how a download goes."""

    def start(self, total: int | None) -> None:
        """Begin, or begin again, at nothing of ``total`` bytes."""

    def advance(self, count: int) -> None:
        """Add ``count`` bytes, those of an earlier run among them."""


class Silent:
    """Tells nobody."""

    def start(self, total: int | None) -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""


SILENT = Silent()


@dataclass(frozen=True, slots=True)
class Document:
    """A small file from a server; ``etag`` is empty if none was named."""

    data: bytes
    etag: str = ""


def read(
    url: str,
    *,
    limit: int,
    network: Network,
    etag: str = "",
    headers: Mapping[str, str] = NOTHING,
    plain: bool = False,
) -> Document | None:
    """Return the document at ``url``, at most ``limit`` bytes; None if it still is the one of ``etag``.

    Raises :class:`NotPublished` if there is none, :class:`Unreachable`, :class:`DownloadFailed`.
    """
    parts = checked(url, plain=plain)
    if parts.scheme == "file":
        with _opened(local_path(parts), url) as file:
            data = file.read(limit + 1)
        _limited(len(data), limit, url)
        return Document(data)

    def attempt() -> Document | None:
        unless = {"If-None-Match": etag} if etag else {}
        with answer(url, unless, headers, network, plain=plain) as response:
            if response.status_code == 304 and etag:
                return None
            expect(response, url, (200,))
            encoding = response.headers.get("Content-Encoding", "identity")
            if encoding.strip().lower() != "identity":
                raise DownloadFailed(f"{bare(url)} came as {encoding!r}, which was not asked for")
            data = bytearray()
            for chunk in body(response, url, network):
                data += chunk
                _limited(len(data), limit, url)
            return Document(bytes(data), response.headers.get("ETag", ""))

    return patiently(attempt, network)


def fetch(
    url: str,
    path: Path,
    digest: Digest,
    *,
    network: Network,
    limit: int = ARCHIVE_LIMIT,
    progress: Progress = SILENT,
    headers: Mapping[str, str] = NOTHING,
    plain: bool = False,
) -> None:
    """Bring the file of ``digest`` from ``url`` to ``path``, continuing what is there of it.

    Raises :class:`VerificationFailed` for another file, which is removed; :class:`NotPublished`,
    :class:`Unreachable` and :class:`DownloadFailed`, which leave what has arrived; :class:`NoSpace`.
    """
    parts = checked(url, plain=plain)
    part = Partial(path)
    if parts.scheme == "file":
        _copy(local_path(parts), url, part, limit, progress)
        _verify(_hashed(part, digest), part, url)
        return

    def attempt() -> Checker | None:
        checker = Checker(digest)
        whole = _continue(url, part, checker, headers, network, limit, progress, plain=plain)
        return checker if whole else None

    checker = patiently(attempt, network, connecting=True)
    try:
        _verify(checker or _hashed(part, digest), part, url)
    except VerificationFailed:
        if checker is not None:
            raise
        checker = patiently(attempt, network, connecting=True)
        _verify(checker or _hashed(part, digest), part, url)


def size(
    url: str, *, network: Network, headers: Mapping[str, str] = NOTHING, plain: bool = False
) -> int | None:
    """Return how many bytes ``url`` has, if its server says so at once; only for people to read."""
    try:
        parts = checked(url, plain=plain)
        if parts.scheme == "file":
            return local_path(parts).stat().st_size
        with answer(url, NOTHING, headers, network, plain=plain, method="HEAD") as response:
            return length(response) if response.ok else None
    except (RtError, Passing, OSError):
        return None


def _continue(
    url: str,
    part: Partial,
    checker: Checker,
    headers: Mapping[str, str],
    network: Network,
    limit: int,
    progress: Progress,
    *,
    plain: bool,
) -> bool:
    """Bring what is missing in ``part``; say whether all of it came now, and through ``checker``."""
    have = part.size
    conditions = {}
    if have:
        conditions["Range"] = f"bytes={have}-"
        if etag := part.etag(bare(url)):
            conditions["If-Range"] = etag
    with answer(url, conditions, headers, network, plain=plain) as response:
        span = response.headers.get("Content-Range", "").strip()
        if have and response.status_code == 416:
            if span == f"bytes */{have}":
                return False
            part.forget()
            raise Passing(DownloadFailed(f"{bare(url)} cannot be continued at {have} bytes"))
        expect(response, url, (200, 206) if have else (200,))
        if response.status_code == 206:
            # RFC 9110, section 14.4
            match = re.fullmatch(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:([0-9]{1,15})|\*)", span)
            if match is None or int(match[1]) != have:
                part.forget()
                raise Passing(DownloadFailed(f"{bare(url)} was continued at a wrong place"))
            total = int(match[2]) if match[2] else None
        else:
            have, total = 0, length(response)
        _limited(total or 0, limit, url)
        begun = have
        progress.start(total)
        progress.advance(have)
        etag = response.headers.get("ETag", "")
        with part.writing(have, total, url=bare(url), etag=etag) as file, beside(checker) as check:
            for chunk in body(response, url, network):
                have += len(chunk)
                _limited(have, limit, url)
                check(chunk)
                file.write(chunk)
                progress.advance(len(chunk))
    if total is not None and have < total:
        short = f"{bare(url)} broke off after {have} of {total} bytes"
        raise Passing(DownloadFailed(short), gained=have - begun)
    return begun == 0


def _hashed(part: Partial, digest: Digest) -> Checker:
    """Return a checker that has all of ``part``, which did not come in one answer."""
    checker = Checker(digest)
    with part.path.open("rb") as file:
        while data := file.read(MIB):
            checker.update(data)
    return checker


def _verify(checker: Checker, part: Partial, url: str) -> None:
    """Raise :class:`VerificationFailed` unless ``part`` is what ``checker`` expects; remove it then."""
    try:
        checker.finish(bare(url))
    except VerificationFailed:
        part.forget()
        raise


def _copy(path: Path, url: str, part: Partial, limit: int, progress: Progress) -> None:
    with _opened(path, url) as source:
        total = os.fstat(source.fileno()).st_size
        _limited(total, limit, url)
        progress.start(total)
        with part.writing(0, total) as file:
            while data := source.read(MIB):
                file.write(data)
                progress.advance(len(data))


@contextmanager
def _opened(path: Path, url: str) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise NotPublished(f"there is no {bare(url)}") from None
    except OSError as error:
        raise DownloadFailed(f"{bare(url)} cannot be read: {error.strerror}") from error
    with file:
        yield file


def _limited(count: int, limit: int, url: str) -> None:
    if count > limit:
        raise DownloadFailed(f"{bare(url)} has more than {limit} bytes", hint="check the address")
