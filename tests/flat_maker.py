"""macOS packages made byte by byte: xar, Bom, cpio odc; legal, or broken in one chosen place."""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

TYPES = {"file": 1, "directory": 2, "symlink": 3}
MODES = {"file": 0o100000, "directory": 0o040000, "symlink": 0o120000}
STYLES = {1: "sha1", 2: "md5", 3: "sha256", 4: "sha512"}


@dataclass(frozen=True)
class Item:
    """One path of a component, as the Bom and the payload have it."""

    path: str
    kind: str = "file"
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


ITEMS = (
    Item(".", "directory", mode=0o755),
    Item("usr", "directory", mode=0o755),
    Item("usr/bin", "directory", mode=0o755),
    Item("usr/bin/node", data=b"a program" * 99, mode=0o755),
    Item("usr/bin/npm", "symlink", b"node", 0o755),
    Item("usr/empty"),
)


def cksum(data: bytes) -> int:
    """Compute POSIX cksum bit by bit, as its specification writes it down."""
    length = len(data)
    state = 0
    octets = bytearray(data)
    while length:
        octets.append(length & 255)
        length >>= 8
    for byte in octets:
        state ^= byte << 24
        for _ in range(8):
            state = state << 1 ^ (0x04C11DB7 if state & 0x80000000 else 0)
            state &= 0xFFFFFFFF
    return state ^ 0xFFFFFFFF


def odc(items: Iterable[Item]) -> bytes:
    """Return a cpio archive."""
    out = b""
    for number, item in enumerate((*items, Item("TRAILER!!!", mode=0)), 1):
        name = item.path if item.path in (".", "TRAILER!!!") else f"./{item.path}"
        data = b"" if item.kind == "directory" else item.data
        mode = (MODES[item.kind] if name != "TRAILER!!!" else 0) | item.mode
        out += b"070707000001%06o%06o%06o%06o000001000000%011o%06o%011o" % (
            number, mode, item.uid, item.gid, 5, len(name) + 1, len(data),
        ) + name.encode() + b"\0" + data  # fmt: skip
    return out


def bom(
    items: Sequence[Item],
    *,
    leaf: int = 4,
    keyed: bool = False,
    edit: Callable[[list[bytes]], None] | None = None,
) -> bytes:
    """Return a Bom with pages of ``leaf`` rows; ``edit`` may change the blocks.

    ``keyed`` gives every page below a branch a key, as bomutils does, and not all but the last.
    """
    blocks: list[bytes] = [b""]

    def add(data: bytes) -> int:
        blocks.append(data)
        return len(blocks) - 1

    numbers = {item.path: number for number, item in enumerate(items, 1)}
    rows = []
    for item in items:
        above, _, name = item.path.rpartition("/")
        parent = 0 if item.path == "." else numbers[above or "."]
        link = item.data + b"\0" if item.kind == "symlink" else b""
        facts = struct.pack(
            ">2B2H4IB2I", TYPES[item.kind], 1, 15, MODES[item.kind] | item.mode, item.uid, item.gid,
            5, len(item.data), 1, 0 if item.kind == "directory" else cksum(item.data), len(link),
        )  # fmt: skip
        rows.append((parent, name.encode(), numbers[item.path], facts + link))
    pairs = []
    for parent, file_name, number, info in sorted(rows):
        first = add(struct.pack(">2I", number, add(info)))
        pairs.append((first, add(struct.pack(">I", parent) + file_name + b"\0")))
    pages = [pairs[at : at + leaf] for at in range(0, len(pairs), leaf)]
    first = len(blocks)
    for number, page in enumerate(pages):
        after = first + number + 1 if number + 1 < len(pages) else 0
        before = first + number - 1 if number else 0
        add(node(1, page, after, before))
    root = first
    if len(pages) > 1:
        below = [(first + n, page[-1][1]) for n, page in enumerate(pages)]
        root = add(node(0, [*below, (0, 0)] if keyed else below))
    paths = add(struct.pack(">4s4IB", b"tree", 1, root, 4096, len(pairs), 0))
    information = add(struct.pack(">7I", 1, len(pairs) + 1, 1, 0, 0, 0, 0))
    if edit:
        edit(blocks)
    body, index = b"", b""
    for block in blocks:
        index += struct.pack(">2I", 512 + len(body) if block else 0, len(block))
        body += block
    table = struct.pack(">I", len(blocks)) + index + struct.pack(">5I", 2, 0, 0, 0, 0)
    names = struct.pack(">I", 2) + struct.pack(">IB7s", information, 7, b"BomInfo")
    names += struct.pack(">IB5s", paths, 5, b"Paths")
    places = 512 + len(body), len(table), 512 + len(body) + len(table), len(names)
    head = struct.pack(">8s6I", b"BOMStore", 1, len(blocks) - 1, *places)
    return head.ljust(512, b"\0") + body + table + names


def node(leaf: int, rows: Iterable[tuple[int, int]], after: int = 0, before: int = 0) -> bytes:
    """Return a page; in a branch the last row is no entry, but the page behind the last key."""
    pairs = [struct.pack(">2I", *row) for row in rows]
    count = len(pairs) - (not leaf)
    return struct.pack(">2H2I", leaf, count, after, before) + b"".join(pairs)


def info(items: Sequence[Item], *, more: str = "", location: str = "/", **words: str) -> bytes:
    said = {"identifier": "org.demo.node", "version": "1.2.3", "numberOfFiles": str(len(items))}
    said |= words
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<pkg-info format-version="2" identifier="{said["identifier"]}" '
        f'version="{said["version"]}" install-location="{location}" auth="root">'
        f'<payload numberOfFiles="{said["numberOfFiles"]}" installKBytes="1"/>{more}</pkg-info>'
    ).encode()


def component(
    items: Sequence[Item] = ITEMS, *, billed: Sequence[Item] | None = None, codec: str = "gz",
    **words: str,
) -> dict[str, bytes]:  # fmt: skip
    """Return the files of a component; ``billed`` is what its Bom lists, if that is not the same."""
    payload = odc(items)
    return {
        "Bom": bom(billed if billed is not None else items),
        "PackageInfo": info(items, **words),
        "Payload": gzip.compress(payload, 1, mtime=0) if codec == "gz" else payload,
    }


DISTRIBUTION = """\
<?xml version="1.0" encoding="utf-8"?>
<!-- shown by the Installer -->
<installer-gui-script minSpecVersion="1">
<title>Node.js &amp; npm</title>
<license file="license.rtf"/>
<options customize="allow" require-scripts="false" hostArchitectures="x86_64,arm64"/>
<domains enable_anywhere="false" enable_localSystem="true"/>
<volume-check><allowed-os-versions><os-version min="13.5"/></allowed-os-versions></volume-check>
<choices-outline><line choice="default"><line choice="node"/></line></choices-outline>
<choice id="default"/>
<choice id="node" title="Node" visible="true" start_selected="true"><pkg-ref id="org.demo.node"/></choice>
<pkg-ref id="org.demo.node" version="1.2.3" auth="Root">#node%20a.pkg</pkg-ref>
<product id="org.demo" version="1.2.3"/>
</installer-gui-script>
"""


def product(
    distribution: str = DISTRIBUTION, parts: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """Return the files of a product archive with one component."""
    inside = component() if parts is None else parts
    return {
        "Distribution": distribution.encode(),
        "Resources/en.lproj/license.rtf": b"{\\rtf1}",
        **{f"node a.pkg/{name}": data for name, data in inside.items()},
    }


@dataclass(frozen=True)
class Stored:
    """How one file is put into a xar; what is None is made right."""

    name: str
    data: bytes
    packed: bool = False
    style: str = "sha1"
    offset: int | None = None
    length: int | None = None
    size: int | None = None
    archived: str | None = None
    extracted: str | None = None
    encoding: str | None = None
    kind: str = "file"


def stored(files: Mapping[str, bytes]) -> list[Stored]:
    """Return files as Apple stores them: payloads as they are, all else as a zlib stream."""
    return [Stored(n, d, not n.endswith(("Payload", "Scripts"))) for n, d in files.items()]


def changed(files: Iterable[Stored], name: str, **fields: object) -> list[Stored]:
    """Return ``files`` with other fields of one."""
    found = [replace(f, **fields) if f.name == name else f for f in files]  # type: ignore[arg-type]
    assert found != list(files)
    return found


def xar(
    files: Iterable[Stored],
    *,
    number: int = 1,
    style: str | None = None,
    checksum: bytes | None = None,
    prolog: str = '<?xml version="1.0" encoding="UTF-8"?>',
    more: str = "",
    sizes: tuple[int, int] = (0, 0),
    header: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """Return a whole xar; ``sizes`` are added to the two in the header."""
    width = hashlib.new(STYLES[number]).digest_size if number else 0
    heap = b""
    tree: dict[str, list[str]] = {}
    for place, file in enumerate(files, 1):
        data = zlib.compress(file.data, 1) if file.packed else file.data
        kind = "application/x-gzip" if file.packed else "application/octet-stream"
        sums = [hashlib.new(file.style, d).hexdigest() for d in (data, file.data)]
        row = "".join(
            f"<{tag}>{value}</{tag}>"
            for tag, value in (
                ("length", len(data) if file.length is None else file.length),
                ("offset", width + len(heap) if file.offset is None else file.offset),
                ("size", len(file.data) if file.size is None else file.size),
            )
        )
        row += f'<encoding style="{file.encoding or kind}"/>'
        for tag, given, right in (("archived", file.archived, sums[0]), ("extracted", file.extracted, sums[1])):  # fmt: skip
            row += f'<{tag}-checksum style="{file.style}">{right if given is None else given}</{tag}-checksum>'
        folder, _, name = file.name.rpartition("/")
        tree.setdefault(folder, []).append(
            f'<file id="{place}"><data>{row}</data><type>{file.kind}</type><name>{name}</name></file>'
        )
        heap += data
    text = f"{prolog}<xar><toc>"
    if number:
        text += f'<checksum style="{style or STYLES[number]}"><offset>0</offset><size>{width}</size></checksum>'
    text += "<creation-time>2026-01-01T00:00:00</creation-time>" + more
    text += folders(tree) + "</toc></xar>"
    toc = zlib.compress(text.encode())
    lengths = len(toc) + sizes[0], len(text.encode()) + sizes[1]
    head = header or struct.pack(">4s2H2QI", b"xar!", 28, 1, *lengths, number)
    digest = hashlib.new(STYLES[number], toc).digest() if number else b""
    return head + toc + (digest if checksum is None else checksum) + heap + after


def folders(tree: Mapping[str, list[str]]) -> str:
    """Return the rows of every folder, each below its own."""
    paths = {folder[: folder.find("/", at)] if folder.find("/", at) > 0 else folder
             for folder in tree for at in (0, folder.find("/") + 1)} - {""}  # fmt: skip

    def inside(above: str) -> str:
        own = [path for path in sorted(paths) if path.rpartition("/")[0] == above]
        nested = (
            f'<file id="d{path}"><type>directory</type><name>{path.rpartition("/")[2]}</name>'
            f"{inside(path)}</file>"
            for path in own
        )
        return "".join((*tree.get(above, ()), *nested))

    return inside("")


def flat(files: Mapping[str, bytes] | None = None, **words: object) -> bytes:
    """Return a package of ``files``, a product archive if none are given."""
    return xar(stored(product() if files is None else files), **words)  # type: ignore[arg-type]
