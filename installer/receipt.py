"""What an installed version is, as its receipt says: a small head, and a list of every file.

``NAME.json`` is read on every listing and stays small; ``NAME.files`` is only read by what looks at
files. The head holds the digest of the list, so one cannot be exchanged without the other. A line
of the list, which is sorted by path, is one of::

    100644 SHA256 SIZE PATH
    040755 - 0 PATH
    120777 - 0 PATH -> TARGET
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rtinstall.runtime_bundle.errors import NotReadable, RtError, UnsafeArchive
from rtinstall.runtime_bundle.model import (
    Bundle,
    Directory,
    Entry,
    File,
    Provenance,
    Symlink,
    check_path,
)
from rtinstall.runtime_bundle.targets import Target, target_named
from rtinstall.runtime_bundle.versions import Version

FORMAT = 1
HEAD_MOST = 1 << 16  # bytes of a head
FILES_MOST = 1 << 26  # bytes of a list: 30,000 of the longest paths
NAME = re.compile(r"v[0-9][0-9A-Za-z.+-]{0,100}")
PROVENANCE = ("source", "location", "digest", "checked")
ARROW = " -> "
LINE = re.compile(r"(100644|100755|040755|120777) ([0-9a-f]{64}|-) ([0-9]{1,12}) (.+)")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The head of a receipt; what the fields mean is said at ``Bundle``.

    ``name`` is its folder's. ``signed`` tells whether somebody's signature vouched for the runtime;
    ``files`` is the SHA-256 of the list.
    """

    name: str
    version: Version
    target: Target
    npm: str
    lts: str
    released: int
    components: Mapping[str, str]
    provenance: tuple[Provenance, ...]
    signed: bool
    files: str

    @property
    def commands(self) -> str:
        """Return the folder of the commands, relative to the version's: ``bin``, or its own."""
        return commands_of(self.target)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the list; ``sha256`` is empty but for files, ``link`` but for links."""

    kind: Literal["file", "directory", "symlink"]
    mode: int
    sha256: str
    size: int
    path: str
    link: str = ""


def commands_of(target: Target) -> str:
    """Return the folder of the commands in a runtime for ``target``."""
    return "" if target.os == "win" else "bin"


def files_of(entries: Iterable[Entry]) -> bytes:
    """Return the list of ``entries``, which are sorted."""
    return "".join(f"{_line(entry)}\n" for entry in entries).encode()


def receipt_of(name: str, bundle: Bundle, files: bytes) -> Receipt:
    """Return the head for ``bundle`` installed as ``name``, whose list is ``files``."""
    return Receipt(
        name=name,
        version=bundle.version,
        target=bundle.target,
        npm=bundle.npm,
        lts=bundle.lts,
        released=bundle.released,
        components=dict(bundle.components),
        provenance=bundle.provenance,
        signed=all("signature of " in part.checked for part in bundle.provenance),
        files=hashlib.sha256(files).hexdigest(),
    )


def written(receipt: Receipt) -> bytes:
    """Return the bytes of a head."""
    value = {
        "format": FORMAT,
        "name": receipt.name,
        "version": str(receipt.version),
        "target": receipt.target.name,
        "npm": receipt.npm,
        "lts": receipt.lts,
        "released": receipt.released,
        "components": dict(sorted(receipt.components.items())),
        "provenance": [
            {"what": p.what, "source": p.source, "location": p.location,
             "digest": p.digest, "checked": p.checked}
            for p in receipt.provenance
        ],
        "signed": receipt.signed,
        "files": receipt.files,
    }  # fmt: skip
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def read(data: bytes, name: str) -> Receipt:
    """Return the head in ``data``, which must be that of ``name``; or raise :class:`NotReadable`."""
    try:
        value = json.loads(data)
        if value["format"] != FORMAT or value["name"] != name or not NAME.fullmatch(name):
            raise ValueError
        provenance = tuple(
            Provenance(_what(part), *(_text(part, key) for key in PROVENANCE))
            for part in value["provenance"]
        )
        return Receipt(
            name,
            Version.parse(_text(value, "version")),
            target_named(_text(value, "target")),
            _text(value, "npm"),
            _text(value, "lts"),
            int(value["released"]),
            {str(key): str(text) for key, text in value["components"].items()},
            provenance,
            value["signed"] is True,
            _text(value, "files"),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, RtError):
        raise NotReadable(
            f"the receipt of {name} is damaged", hint="rtinstall doctor --fix installs it again"
        ) from None


def lines(data: bytes, receipt: Receipt) -> Iterator[Line]:
    """Yield the entries of the list in ``data``, or raise :class:`NotReadable` if it is another's."""
    damaged = NotReadable(
        f"the list of files of {receipt.name} is not the one that its receipt names",
        hint="rtinstall doctor --fix installs it again",
    )
    if hashlib.sha256(data).hexdigest() != receipt.files:
        raise damaged
    for text in data.decode().splitlines():
        match = LINE.fullmatch(text)
        if match is None:
            raise damaged
        mode, sha256, size, path = match[1], match[2], int(match[3]), match[4]
        link = ""
        kind: Literal["file", "directory", "symlink"] = "file"
        if mode == "120777":
            kind = "symlink"
            path, _, link = path.partition(ARROW)
        elif mode == "040755":
            kind = "directory"
        check_path(path)
        yield Line(kind, int(mode, 8) & 0o777, "" if sha256 == "-" else sha256, size, path, link)


def _line(entry: Entry) -> str:
    match entry:
        case File():
            return f"100{entry.mode:o} {entry.sha256} {entry.size} {entry.path}"
        case Directory():
            return f"040755 - 0 {entry.path}"
        case Symlink():
            if ARROW in entry.path:
                raise UnsafeArchive(f"the link {entry.path!r} has an arrow in its name")
            return f"120777 - 0 {entry.path}{ARROW}{entry.target}"


def _text(value: Mapping[str, object], key: str) -> str:
    text = value[key]
    if not isinstance(text, str):
        raise TypeError(key)
    return text


def _what(part: Mapping[str, object]) -> Literal["runtime", "npm"]:
    return "npm" if part["what"] == "npm" else "runtime"
