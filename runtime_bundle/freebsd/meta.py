"""``meta.conf`` of a repository (pkg-repository(5)): what its catalogues are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rtinstall.runtime_bundle.errors import NotReadable
from rtinstall.runtime_bundle.freebsd.ucl import parse

NAME = "meta.conf"
FORMATS = ("tzst", "txz", "tbz", "tgz", "tar")
FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue: the archives it may be in, to be tried in order, the member it is, how it is laid out.

    ``lines`` is a manifest a line, ``object`` one JSON object with a list ``packages``.
    """

    archives: tuple[str, ...]
    member: str
    layout: Literal["lines", "object"]


@dataclass(frozen=True, slots=True)
class Meta:
    """The two catalogues of a repository; the defaults are pkg's for one without this file."""

    manifests: str = "packagesite.yaml"
    data: str = "data"
    packing_format: str = "tzst"

    @property
    def catalogues(self) -> tuple[Catalogue, ...]:
        """Return both in pkg's order: the one that it reads since 1.21 first.

        As pkg has it, an archive is called as its member is, without what follows the last dot; its
        ``.pkg`` is preferred to the older names that tell the codec.
        """
        return (
            Catalogue(self._archives(self.data), self.data, "object"),
            Catalogue(self._archives(self.manifests), self.manifests, "lines"),
        )

    def _archives(self, member: str) -> tuple[str, ...]:
        stem = member.rpartition(".")[0] or member
        return (f"{stem}.pkg", f"{stem}.{self.packing_format}")


def parse_meta(data: bytes) -> Meta:
    """Read the file, or raise :class:`NotReadable`."""
    stated = parse(data, NAME)
    if stated.get("version") not in ("1", "2"):
        raise NotReadable(
            f"{NAME} is of version {stated.get('version', 'none')!r}, not 1 or 2",
            hint="the repository is newer than this rtinstall, or no repository",
        )
    found = {}
    for key in ("manifests", "data", "packing_format"):
        value = stated.get(key)
        if value is None:
            continue
        if not isinstance(value, str) or not FILE.fullmatch(value):
            raise NotReadable(f"{NAME} has an unusable {key}: {str(value)[:80]!r}")
        found[key] = value
    meta = Meta(**found)
    if meta.packing_format not in FORMATS:
        raise NotReadable(f"{NAME} names the unknown packing format {meta.packing_format!r}")
    return meta
