"""A strict reader of FreeBSD packages, from pkg-create(8) and what pkg(8) itself writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from readers import streams, tar


@dataclass(frozen=True)
class FreeBsd:
    """Both manifests, and ``members``, which is what gets installed, files before directories."""

    compact: dict[str, object]
    full: dict[str, object]
    members: list[tar.Member]

    @property
    def files(self) -> dict[str, dict[str, object]]:
        """Return what the manifest says of each file, by its path."""
        return decoded(self.full["files"])

    @property
    def directories(self) -> dict[str, dict[str, object]]:
        """Return what the manifest says of each directory, by its path."""
        return decoded(self.full["directories"])


def read(package: bytes) -> FreeBsd:
    """Return what is in the package; its two manifests must agree."""
    first, second, *members = tar.read(streams.decompress(package))
    assert (first.name, second.name) == ("+COMPACT_MANIFEST", "+MANIFEST")
    for member in (first, second):
        assert (member.kind, member.mode, member.dialect) == ("file", 0o644, "ustar")
        assert (member.owner, member.group) == ("root", "wheel")
    compact, full = document(first.data), document(second.data)
    inside = ("files", "config", "directories")
    assert {key: value for key, value in full.items() if key not in inside} == compact
    kinds = [member.kind == "directory" for member in members]
    assert kinds == sorted(kinds), "a directory stands before a file"
    assert all(member.name.startswith("/") for member in members)
    assert not any("//" in member.name or "/../" in member.name for member in members)
    return FreeBsd(compact, full, members)


def document(data: bytes) -> dict[str, object]:
    """Return a manifest, which must be compact JSON without a key given twice."""
    pairs = json.loads(data, object_pairs_hook=unique)
    assert json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode() == data
    assert isinstance(pairs, dict)
    return pairs


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def decoded(table: object) -> dict[str, dict[str, object]]:
    """Return a table of paths with the percent-encoding of its keys undone."""
    assert isinstance(table, dict)
    return {unescaped(key): value for key, value in table.items()}


def unescaped(key: str) -> str:
    """Undo the encoding of a percent sign and of every byte that is not ASCII, and no other."""
    assert key.isascii()
    found = re.findall("%(..)", key)
    assert all(re.fullmatch("25|[89a-f][0-9a-f]", digits) for digits in found), key
    data = re.sub(rb"%(..)", lambda match: bytes([int(match[1], 16)]), key.encode())
    return data.decode()
