"""macOS packages: what a good one says, and that every lie in a bad one is found or refused."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import struct
import subprocess
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flat_maker as make
from flat_maker import ITEMS, Item, Stored
from oracles import tool
from rtinstall.runtime_bundle.archives import Archive, open_archive
from rtinstall.runtime_bundle.archives.bom import Cksum, read_bom
from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive
from rtinstall.runtime_bundle.unpack import unpack

FOLDER = "node a.pkg"
GOOD = make.stored(make.product())
DISTRIBUTION = make.DISTRIBUTION


def opened(path: Path, data: bytes, limits: Limits = LIMITS) -> tuple[Archive, dict[str, bytes]]:
    """Return the package and every file in it, read to the end."""
    file = path / "demo.pkg"
    file.write_bytes(data)
    archive = open_archive(file, limits)
    return archive, {entry.name: b"".join(chunks) for entry, chunks in archive.entries()}


def test_a_product_says_what_it_is_and_what_it_installs(tmp_path: Path) -> None:
    archive, files = opened(tmp_path, make.flat())
    assert archive.format == "pkg"
    said = archive.metadata
    assert (said["name"], said["version"]) == ("Node.js & npm", "1.2.3")
    assert (said["architecture"], said["identifiers"]) == ("universal", ["org.demo.node"])
    assert (said["os-version"], said["choices"]) == (["13.5"], ["node: Node"])
    assert (archive.scripts, archive.problems) == ((), [])
    assert files == {
        item.path: b"" if item.kind != "file" else item.data for item in ITEMS
    }  # fmt: skip
    (link,) = (entry for entry, _ in archive.entries() if entry.kind == "symlink")
    assert (link.name, link.link, link.mode) == ("usr/bin/npm", "node", 0o755)


@pytest.mark.parametrize(
    ("architectures", "ours"),
    [("x86_64", "x64"), ("arm64", "arm64"), ("arm64, x86_64", "universal")],
)
def test_architectures_are_told_in_our_words(tmp_path: Path, architectures: str, ours: str) -> None:
    text = DISTRIBUTION.replace("x86_64,arm64", architectures)
    archive, _ = opened(tmp_path, make.flat(make.product(text)))
    assert archive.metadata["architecture"] == ours


@pytest.mark.parametrize("codec", ["gz", ""])
def test_a_component_is_a_package_of_its_own(tmp_path: Path, codec: str) -> None:
    files = make.component(codec=codec, location="/usr/local")
    archive, inside = opened(tmp_path, make.flat(files))
    assert (archive.metadata["name"], archive.metadata["version"]) == ("org.demo.node", "1.2.3")
    assert archive.problems == []
    assert inside["usr/local/usr/bin/node"] == ITEMS[3].data
    assert next(iter(inside)) == "usr/local"


def test_a_package_of_ours_can_be_unpacked_like_any_archive(tmp_path: Path) -> None:
    (tmp_path / "demo.pkg").write_bytes(make.flat())
    entries = unpack(tmp_path / "demo.pkg", tmp_path / "spool", root=None)
    assert [entry.path for entry in entries] == [item.path for item in ITEMS[1:]]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4])
def test_every_checksum_of_the_table_is_known_and_checked(tmp_path: Path, number: int) -> None:
    assert opened(tmp_path, make.flat(number=number))[0].problems == []
    if number:
        with pytest.raises(UnsafeArchive, match="table of contents"):
            opened(tmp_path, make.flat(number=number, checksum=bytes(64)))


@pytest.mark.parametrize("style", ["md5", "sha1", "sha256", "sha512"])
def test_files_are_checked_by_whatever_digest_they_have(tmp_path: Path, style: str) -> None:
    files = [replace(file, style=style) for file in GOOD]
    assert opened(tmp_path, make.xar(files))[0].problems == []
    name = f"{FOLDER}/Payload"
    for field in ("archived", "extracted"):
        archive, _ = opened(tmp_path, make.xar(make.changed(files, name, **{field: "0" * 40})))
        assert [f"{field} checksum of {name!r}" in problem for problem in archive.problems] == [
            True
        ]


def without(name: str) -> dict[str, bytes]:
    files = make.component()
    del files[name]
    return files


def billed(**fields: object) -> dict[str, bytes]:
    """Return a component whose Bom says something else of its program."""
    items = [replace(i, **fields) if i.path == "usr/bin/node" else i for i in ITEMS]  # type: ignore[arg-type]
    return make.component(billed=items)


LYING: Mapping[str, tuple[dict[str, bytes], str]] = {
    "mode": (billed(mode=0o644), "0644 in the Bom, 0755 in the payload"),
    "owner": (billed(uid=501), "501:0 in the Bom, 0:0"),
    "group": (billed(gid=80), "0:80 in the Bom"),
    "size": (billed(data=b"short"), "5 bytes in the Bom, 891"),
    "bytes": (billed(data=b"A program" * 99), "another checksum"),
    "kind": (billed(kind="symlink"), "a symlink in the Bom, a file"),
    "missing": (make.component(billed=ITEMS[:-1], numberOfFiles="5"), "in the payload, but not in"),
    "more": (
        make.component(billed=[*ITEMS, Item("usr/more")], numberOfFiles="7"),
        "'usr/more' is in the Bom, but not",
    ),
    "link": (
        make.component(billed=[*ITEMS[:4], replace(ITEMS[4], data=b"gone"), ITEMS[5]]),
        "leads to 'gone' in the Bom, to 'node'",
    ),
    "number": (make.component(numberOfFiles="7"), "has 7 files, and its Bom lists 6"),
    "no number": (make.component(numberOfFiles=""), "no files"),
    "no bom": (without("Bom"), "Bom lists 0"),
    "no payload": (without("Payload"), "but not in the payload"),
}


@pytest.mark.parametrize("name", LYING)
def test_where_bom_and_payload_disagree_is_said(tmp_path: Path, name: str) -> None:
    parts, said = LYING[name]
    archive, _ = opened(tmp_path, make.flat(make.product(parts=parts)))
    assert any(said in problem for problem in archive.problems), archive.problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("#node%20a.pkg", "#other.pkg", "where no component is"),
        ("#node%20a.pkg", "http://example.invalid/node.pkg", "where no component is"),
        ("#node%20a.pkg", "", "leads to no component"),
        ('<pkg-ref id="org.demo.node"/>', '<pkg-ref id="else"/>', "'else' leads to no component"),
        ('<pkg-ref id="org.demo.node"/>', "", "the choice 'node' installs nothing"),
        ('choice="node"/>', 'choice="gone"/>', "'gone' shows no choice"),
        ('id="org.demo.node" version', 'id="org.other" version', "identifier 'org.other'"),
        ('version="1.2.3" auth', 'version="9" auth', "version '9'"),
        ("license.rtf", "gone.rtf", "'gone.rtf' that license shows is not there"),
    ],
)
def test_what_leads_nowhere_in_a_distribution_is_said(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in DISTRIBUTION
    text = DISTRIBUTION.replace(old, new)
    archive, _ = opened(tmp_path, make.flat(make.product(text)))
    assert any(said in problem for problem in archive.problems), archive.problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<domains", "<script><![CDATA[system.run('x')]]></script><domains", "script"),
        ("<domains", '<installation-check script="f()"/><domains', "installation-check script"),
        ("<volume-check>", '<volume-check script="f()">', "volume-check script"),
        ('start_selected="true"', 'start_selected="f()"', "choice start_selected"),
        ('visible="true"', 'visible="my.choice.selected"', "choice visible"),
    ],
)
def test_a_distribution_that_runs_javascript_is_a_script(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    archive, _ = opened(tmp_path, make.flat(make.product(DISTRIBUTION.replace(old, new))))
    assert archive.scripts == (f"Distribution: {said}",)


def test_scripts_are_listed_wherever_they_are(tmp_path: Path) -> None:
    named = '<scripts><preinstall file="./preinstall"/></scripts>'
    parts = make.component(more=named)
    parts["Scripts"] = gzip.compress(
        make.odc((Item(".", "directory"), Item("postinstall", data=b"#!/bin/sh\n")))
    )
    archive, _ = opened(tmp_path, make.flat(make.product(parts=parts)))
    assert archive.scripts == (
        f"{FOLDER}/PackageInfo: preinstall",
        f"{FOLDER}/Scripts/postinstall",
    )


PAYLOAD = f"{FOLDER}/Payload"
DOCTYPE = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
INFO = f"{FOLDER}/PackageInfo"
BROKEN: dict[str, bytes] = {
    "header size": make.flat(header=struct.pack(">4s2H2QI", b"xar!", 64, 1, 9, 9, 1)),
    "version": make.flat(header=struct.pack(">4s2H2QI", b"xar!", 28, 2, 9, 9, 1)),
    "unknown checksum": make.flat(header=struct.pack(">4s2H2QI", b"xar!", 28, 1, 9, 9, 7)),
    "huge table": make.flat(header=struct.pack(">4s2H2QI", b"xar!", 28, 1, 9, 1 << 60, 1)),
    "table shorter": make.flat(sizes=(0, -1)),
    "table longer": make.flat(sizes=(0, 1)),
    "packed shorter": make.flat(sizes=(-1, 0)),
    "other style": make.flat(style="sha256"),
    "no checksum": make.flat(style="none"),
    "document type": make.flat(prolog=DOCTYPE),
    "no xml": make.flat(prolog="<"),
    "an entity": make.flat(more="&x;"),
    "nested": make.flat(more="<a>" * 99 + "</a>" * 99),
    "outside": make.xar(make.changed(GOOD, PAYLOAD, offset=1 << 40)),
    "overlap": make.xar(make.changed(GOOD, PAYLOAD, offset=30)),
    "on the checksum": make.xar(make.changed(GOOD, PAYLOAD, offset=0)),
    "negative": make.xar(make.changed(GOOD, PAYLOAD, offset=-1)),
    "two sizes": make.xar(make.changed(GOOD, PAYLOAD, size=3)),
    "larger": make.xar(make.changed(GOOD, INFO, size=3)),
    "smaller": make.xar(make.changed(GOOD, INFO, size=9_999)),
    "bzip2": make.xar(make.changed(GOOD, INFO, encoding="application/x-bzip2")),
    "no zlib": make.xar(make.changed(GOOD, INFO, packed=False, encoding="application/x-gzip")),
    "damaged info": make.xar(make.changed(GOOD, INFO, extracted="0" * 40)),
    "symlink": make.xar(make.changed(GOOD, INFO, kind="symlink")),
    "device": make.xar([*GOOD, Stored("x", b"x", kind="character special")]),
    "twice": make.xar([*GOOD, GOOD[0]]),
    "climbs": make.xar([*GOOD, Stored("..", b"x")]),
    "backwards": make.xar([*GOOD, Stored("a&#10;b", b"x")]),
    "nameless": make.xar([*GOOD, Stored("", b"x")]),
    "trailing": make.flat(after=b"more"),
    "cut short": make.flat()[:-1],
    "info of another kind": make.flat({"PackageInfo": b"<other/>"}),
    "no identifier": make.flat(make.component(identifier="")),
    "location": make.flat(make.component(location="/usr/../../etc")),
    "no distribution": make.flat(make.product("<other/>")),
    "payload": make.flat({**make.component(), "Payload": b"no cpio at all"}),
    "payload cut": make.flat({**make.component(), "Payload": make.component()["Payload"][:-9]}),
    "payload goes on": make.flat({**make.component(), "Payload": make.component()["Payload"] + b"x"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_malformed_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeArchive):
        opened(tmp_path, BROKEN[name])


def test_a_stapled_ticket_may_follow_and_nothing_else(tmp_path: Path) -> None:
    ticket = b"t8lr" + struct.pack("<2H2I", 1, 1, 0, 0) + b"a ticket"
    ticket += b"t8lr" + struct.pack("<2H2I", 1, 2, 8, 0)
    assert opened(tmp_path, make.flat(after=ticket))[0].problems == []
    with pytest.raises(UnsafeArchive, match="belong to nothing"):
        opened(tmp_path, make.flat(after=ticket + b"x"))


def test_signatures_are_told(tmp_path: Path) -> None:
    more = '<signature style="RSA"><offset>99999</offset><size>0</size></signature>'
    assert opened(tmp_path, make.flat(more=more))[0].metadata["signed"] == ["RSA"]


@pytest.mark.parametrize(
    "data",
    [
        make.flat({"readme": b"no package"}),
        make.flat({**make.component(), "Payload": b"pbzx" + bytes(99)}),
    ],
)
def test_what_is_not_read_here_is_said(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotReadable):
        opened(tmp_path, data)


def test_a_bomb_meets_the_meter(tmp_path: Path) -> None:
    limits = Limits(unmetered=1 << 16)
    big = (*ITEMS, Item("usr/zeros", data=bytes(1 << 22)))
    with pytest.raises(UnsafeArchive, match="expands to more"):
        opened(tmp_path, make.flat(make.component(big, billed=ITEMS)), limits)
    # Empty gzip members give nothing for the meter of the payload, so what is read counts, too.
    nothing = {**make.component(), "Payload": gzip.compress(b"") * 50_000}
    files = make.changed(make.stored(nothing), "Payload", packed=True)
    with pytest.raises(UnsafeArchive, match="expands to more"):
        opened(tmp_path, make.xar(files), limits)


# The Bom by itself.

MANY = (
    Item(".", "directory", mode=0o755),
    *(Item(f"d{number:02}", "directory", mode=0o755) for number in range(9)),
    *(Item(f"d{n % 9:02}/f{n}", data=b"x" * n, uid=n, gid=80, mode=0o600 + n) for n in range(50)),
)


@pytest.mark.parametrize("keyed", [False, True], ids=["apple", "bomutils"])
@pytest.mark.parametrize("leaf", [1, 4, 256])
def test_every_path_of_a_bom_is_read(leaf: int, keyed: bool) -> None:
    found = read_bom(make.bom(MANY, leaf=leaf, keyed=keyed), LIMITS)
    assert found.keys() == {item.path for item in MANY}
    for item in MANY:
        entry = found[item.path]
        assert (entry.kind, entry.mode, entry.uid, entry.gid) == (
            item.kind, item.mode, item.uid, item.gid,
        )  # fmt: skip
        assert entry.size == len(item.data)


def block(old: bytes, new: bytes) -> Callable[[list[bytes]], None]:
    """Return what changes the first block that begins with ``old``."""

    def edit(blocks: list[bytes]) -> None:
        place = next(n for n, data in enumerate(blocks) if data.startswith(old))
        blocks[place] = new + blocks[place][len(new) :]

    return edit


def swap(blocks: list[bytes]) -> None:
    place = next(n for n, data in enumerate(blocks) if data[:4] == b"\0\1\0\4")
    data = blocks[place]
    blocks[place] = data[:12] + data[20:28] + data[12:20] + data[28:]


FIRST_LEAF, BRANCH, TREE = b"\0\1\0\4", b"\0\0\0\2", b"tree"
BAD_BOMS: dict[str, bytes] = {
    "empty": b"",
    "other magic": b"BOMStorf" + make.bom(ITEMS)[8:],
    "cut": make.bom(ITEMS)[:-40],
    "no tree": make.bom(ITEMS).replace(b"Paths", b"Pathz"),
    "tree of another kind": make.bom(ITEMS, edit=block(TREE, b"twig")),
    "count": make.bom(ITEMS[:1], edit=block(TREE, TREE + struct.pack(">4I", 1, 4, 4096, 9))),
    "root outside": make.bom(ITEMS, edit=block(TREE, TREE + struct.pack(">2I", 1, 9_999))),
    "order": make.bom(ITEMS, edit=swap),
    "forward": make.bom(ITEMS, edit=block(FIRST_LEAF, FIRST_LEAF + struct.pack(">I", 1))),
    "backward": make.bom(ITEMS, edit=block(FIRST_LEAF, FIRST_LEAF + struct.pack(">2I", 26, 7))),
    "page cut": make.bom(ITEMS, edit=block(FIRST_LEAF, b"\0\1\xff\xff")),
    "endless": make.bom(
        ITEMS, edit=lambda b: b.__setitem__(-3, make.node(0, [(len(b) - 3, 0)] * 2))
    ),
    "unknown type": make.bom(ITEMS, edit=block(b"\2\1\0\x0f", b"\7")),
    "climbing": make.bom([*ITEMS, Item("usr/..")]),
    "dot below": make.bom([*ITEMS, Item("usr/.")]),
    "rootless": make.bom(ITEMS, edit=block(b"\0\0\0\0.\0", b"\0\0\0\0x\0")),
    "twice": make.bom(ITEMS[:2], edit=block(b"\0\0\0\2", b"\0\0\0\1")),
    "nameless": make.bom([*ITEMS, Item("usr/")]),
    "not ended": make.bom(ITEMS, edit=block(b"\0\0\0\1usr", b"\0\0\0\1usrx")),
    "circle": make.bom(ITEMS[:2], edit=block(b"\0\0\0\1usr", b"\0\0\0\2usr")),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BOMS)
def test_a_malformed_bom_is_refused(name: str) -> None:
    with pytest.raises(UnsafeArchive):
        read_bom(BAD_BOMS[name], LIMITS)


def test_a_bom_of_too_many_paths_is_refused() -> None:
    with pytest.raises(UnsafeArchive):
        read_bom(make.bom(MANY), Limits(members=30))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=400), max_size=4))
def test_the_checksum_is_that_of_posix(pieces: list[bytes]) -> None:
    state = Cksum()
    for piece in pieces:
        state.update(piece)
    assert state.value == make.cksum(b"".join(pieces))


def test_cksum_itself_says_the_same() -> None:
    data = random.Random(1).randbytes(70_000)
    state = Cksum()
    state.update(data)
    said = subprocess.run([tool("cksum")], input=data, capture_output=True, check=True).stdout
    assert state.value == int(said.split()[0])


INTERESTING = (b"\0", b"\xff", b"<", b"9", b"\0\0\0\0", b"\xff\xff\xff\xff")


def repacked(data: bytearray, chance: random.Random) -> bytes:
    """Damage the table of contents, and make header and checksum right again."""
    size = int.from_bytes(data[8:16], "big")
    text = bytearray(zlib.decompress(data[28 : 28 + size]))
    place = chance.randrange(len(text))
    text[place : place + chance.randrange(3)] = chance.choice(INTERESTING)
    toc = zlib.compress(text)
    head = struct.pack(">4s2H2QI", b"xar!", 28, 1, len(toc), len(text), 1)
    return head + toc + hashlib.sha1(toc).digest() + bytes(data[48 + size :])


@pytest.mark.parametrize("kind", ["table", "bom", "anywhere"])
def test_damage_ends_in_entries_or_in_an_error_of_ours(tmp_path: Path, kind: str) -> None:
    chance = random.Random(kind)
    # Stored without compression or checksums of their own, so that damage meets the parsers.
    parts, bill_of_all = make.component(codec=""), make.bom(ITEMS)
    good = make.flat(parts)
    refused = 0
    for _ in range(300):
        data = bytearray(good)
        if kind == "table":
            data[:] = repacked(data, chance)
        elif kind == "bom":
            bill = bytearray(bill_of_all)
            at = chance.choice([n for n, byte in enumerate(bill) if byte])
            bill[at : at + 1] = chance.choice(INTERESTING)
            data[:] = make.flat({**parts, "Bom": bytes(bill)})
        else:
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(5)] = chance.choice(INTERESTING)
        try:
            refused += bool(opened(tmp_path, bytes(data), Limits(expanded=1 << 24))[0].problems)
        except (UnsafeArchive, NotReadable):
            refused += 1
    assert refused > 100


def test_bsdtar_reads_what_the_tests_make(tmp_path: Path) -> None:
    (tmp_path / "demo.pkg").write_bytes(make.flat())
    listing = subprocess.run(
        [tool("bsdtar"), "-tf", "demo.pkg"], cwd=tmp_path, capture_output=True, check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"}, text=True,
    ).stdout  # fmt: skip
    assert listing.splitlines() == [file.name for file in GOOD]
