"""A yum repository written by itself, with every fault: served on loopback, or in a folder."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import zstandard

from rpm_maker import Made
from world.server import Server

PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
SIGNS = {"<": "LT", ">": "GT", "=": "EQ", "<=": "LE", ">=": "GE"}
URL = "http://linux.duke.edu/metadata"


@dataclass(frozen=True)
class Item:
    """One package of the catalogue: what it says, and the file that is there; None for no file."""

    made: Made
    data: bytes | None
    href: str
    checksum: str
    algorithm: str = "sha256"
    base: str = ""
    name: str = ""
    version: str = ""
    arch: str = ""

    @property
    def xml(self) -> str:
        made = self.made
        base = f" xml:base={quoteattr(self.base)}" if self.base else ""
        files = "".join(f"<file>{escape(path)}</file>" for path in made.files if "bin/" in path)
        groups = {**made.relations, "provides": made.provides()}
        relations = "".join(
            f"<rpm:{kind}>{''.join(map(entry, texts))}</rpm:{kind}>"
            for kind, texts in groups.items()
        )
        return (
            f'<package type="rpm"><name>{escape(self.name or made.name)}</name>'
            f"<arch>{self.arch or made.arch}</arch>"
            f'<version epoch="{made.epoch or 0}" ver={quoteattr(self.version or made.version)}'
            f" rel={quoteattr(made.release)}/>"
            f'<checksum type="{self.algorithm}" pkgid="YES">{self.checksum}</checksum>'
            f'<size package="{len(self.data or b"")}" installed="1" archive="1"/>'
            f"<location{base} href={quoteattr(self.href)}/>"
            f"<format>{relations}{files}</format></package>\n"
        )

    @property
    def filelist(self) -> str:
        files = "".join(f"<file>{escape(path)}</file>" for path in self.made.files)
        return f'<package pkgid="{self.checksum}" name="x" arch="y">{files}</package>\n'


def entry(text: str) -> str:
    name, _, condition = (text, "", "") if text.startswith("(") else text.partition(" ")
    sign, _, version = condition.partition(" ")
    if not sign:
        return f"<rpm:entry name={quoteattr(name)}/>"
    epoch, _, rest = version.rpartition(":")
    ver, _, rel = rest.partition("-")
    release = f" rel={quoteattr(rel)}" if rel else ""
    return (
        f"<rpm:entry name={quoteattr(name)} flags={quoteattr(SIGNS[sign])}"
        f' epoch="{epoch or 0}" ver={quoteattr(ver)}{release}/>'
    )


@dataclass
class Repository:
    """The packages, and what may be wrong with the catalogue.

    ``primary`` and ``repomd`` change the text before it is packed and listed; ``listed`` changes the
    facts of repomd.xml by kind; ``replaced`` are other bytes for a path.
    """

    items: list[Item] = field(default_factory=list)
    codec: str = "gz"
    algorithm: str = "sha256"
    primary: Callable[[str], str] = lambda text: text
    repomd: Callable[[str], str] = lambda text: text
    replaced: dict[str, bytes] = field(default_factory=dict)

    def add(self, *every: Made, **changed: object) -> None:
        for made in every:
            data = made.data()
            digest = hashlib.new(self.algorithm, data).hexdigest()
            href = f"{made.arch}/{made.file}"
            item = Item(made, data, href, digest, self.algorithm)
            self.items.append(replace(item, **changed))  # type: ignore[arg-type]

    def files(self) -> dict[str, bytes]:
        """Return every file of the repository by its path."""
        found = {
            item.href: item.data
            for item in self.items
            if item.data is not None
            and item.href
            and not item.href.startswith(("/", "."))
            and ":" not in item.href
        }
        count = len(self.items)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        texts = {
            "primary": f'{head}<metadata xmlns="{URL}/common" xmlns:rpm="{URL}/rpm" packages="{count}">\n'
            + "".join(item.xml for item in self.items)
            + "</metadata>\n",
            "filelists": f'{head}<filelists xmlns="{URL}/filelists" packages="{count}">\n'
            + "".join(item.filelist for item in self.items)
            + "</filelists>\n",
        }
        texts["primary"] = self.primary(texts["primary"])
        data = ""
        for kind, text in texts.items():
            packed = PACK[self.codec](text.encode())
            path = f"repodata/{kind}.xml{'.' * bool(self.codec)}{self.codec}"
            found[path] = packed
            sums = [
                hashlib.new(self.algorithm, each).hexdigest() for each in (packed, text.encode())
            ]
            data += (
                f'<data type="{kind}"><checksum type="{self.algorithm}">{sums[0]}</checksum>'
                f'<open-checksum type="{self.algorithm}">{sums[1]}</open-checksum>'
                f'<location href="{path}"/><timestamp>1</timestamp>'
                f"<size>{len(packed)}</size><open-size>{len(text.encode())}</open-size></data>\n"
            )
        text = f'{head}<repomd xmlns="{URL}/repo"><revision>1</revision>\n{data}</repomd>\n'
        found["repodata/repomd.xml"] = self.repomd(text).encode()
        return {**found, **self.replaced}

    def serve(self, server: Server, base: str = "/repo") -> str:
        for path, data in self.files().items():
            server.serve(f"{base}/{path}", data)
        return server.url + base

    def write(self, folder: Path) -> Path:
        for path, data in self.files().items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder


def repository(every: Sequence[Made], **options: object) -> Repository:
    """Return a repository of ``every``."""
    found = Repository(**options)  # type: ignore[arg-type]
    found.add(*every)
    return found
