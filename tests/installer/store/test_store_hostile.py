"""Hostile archives through the whole way: refused, nothing of them kept, nothing outside touched."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from archive_makers import pax, tar, tar_member
from rtinstall.installer import stage
from rtinstall.installer.store import Store
from rtinstall.runtime_bundle.errors import RtError, UnsafeArchive
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.sources import Part
from world.store import LINUX, add, part, release, snapshot

TOP = "node-v24.19.0-linux-x64"
FILE, HARD, LINK, FIFO, DEVICE, FOLDER = b"0", b"1", b"2", b"6", b"3", b"5"


def here(name: str, data: bytes = b"x", **fields: object) -> bytes:
    path = f"{TOP}/{name}"
    if len(path.encode()) > 100:
        return pax({"path": path}) + tar_member("x", data, **fields)  # type: ignore[arg-type]
    return tar_member(path, data, **fields)  # type: ignore[arg-type]


def named(path: str) -> bytes:
    return pax({"path": path}) + tar_member("x", b"x")


def link(name: str, target: str, flag: bytes = LINK) -> bytes:
    records = {"path": f"{TOP}/{name}", "linkpath": target}
    return pax(records) + tar_member("x", flag=flag, link="x")


def chain() -> list[bytes]:
    """Folders with long names behind short links, and a way out through them (CVE-2025-4517)."""
    members: list[bytes] = []
    path = ""
    for number in range(12):
        long = f"{number:x}" * 80
        members += [here(f"{path}{long}/", b"", flag=FOLDER), link(f"{path}{number:x}", long)]
        path += f"{long}/"
    return [*members, link("way", "0/1/2/../../../../../outside"), here("way/new")]


HOSTILE: dict[str, list[bytes]] = {
    "absolute": [named("/etc/x")], "up": [named("../x")], "up from inside": [named(f"{TOP}/../../x")],
    "another top": [named("other/x")], "backslash": [named(f"{TOP}/..\\x")],
    "drive": [named("C:/x")], "stream": [named(f"{TOP}/x:y")], "device name": [named(f"{TOP}/nul.js")],
    "last dot": [named(f"{TOP}/x.")], "newline": [named(f"{TOP}/a\nb")],
    "long name": [named(f"{TOP}/{'x' * 256}")], "deep": [named(f"{TOP}/" + "d/" * 41 + "x")],
    "link out": [link("out", "../../../outside")], "link to root": [link("out", "/etc")],
    "through a link": [link("out", "include"), here("out/x")],
    "through a link out": [link("out", "../../../outside"), here("out/x")],
    "link over a folder": [here("a/x"), link("a", "include")],
    "folder over a link": [link("a", "include"), here("a/", b"", flag=FOLDER)],
    "chain of links": chain(), "hard link": [link("x", f"{TOP}/LICENSE", HARD)],
    "hard link out": [link("x", "../../../lock", HARD)], "fifo": [here("x", b"", flag=FIFO)],
    "device": [here("x", b"", flag=DEVICE)], "set-uid": [here("x", mode=0o4755)],
    "twice": [here("x"), here("x")], "twice in case": [here("x"), here("X")],
    "twice in form": [named(f"{TOP}/\u00e4"), named(f"{TOP}/a\u0308")],
    "file and folder": [here("x"), here("x/y")], "folder and file": [here("x/y"), here("x")],
    "no runtime": [here("LICENSE")], "nothing": [], "bomb": [here("x", bytes(40 << 20))],
    "link nowhere": [link("bin/npm", "../lib/nothing")],
    "script for node": [here("bin/node", b"#!/bin/sh\n", mode=0o755)],
}  # fmt: skip


@pytest.mark.parametrize("workers", [0, 3])
@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_leaves_nothing_anywhere(
    store: Store,
    tmp_path: Path,
    members: list[bytes],
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stage, "WORKERS", workers)
    outside = store.places.home.parent / "outside"
    outside.mkdir(parents=True)
    (outside / "precious").write_text("mine\n")
    archive = tmp_path / "x.tgz"
    archive.write_bytes(gzip.compress(tar(*members), 1))
    where = Provenance("runtime", "local", "x.tgz", "", "nothing")
    with store.changing() as changes:
        before = snapshot(tmp_path)
        with pytest.raises(RtError):
            changes.add([Part("runtime", archive, "upstream", where)], release("24.19.0"), LINUX)
        assert snapshot(tmp_path) == before
    assert store.installed() == ()


@pytest.mark.parametrize("cut", [0, 1, 100, 2000, -100, -1])
@pytest.mark.parametrize("workers", [0, 3])
def test_a_damaged_archive_leaves_nothing(
    store: Store, tmp_path: Path, cut: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "WORKERS", workers)
    good = part(tmp_path, weight=2_000_000)
    data = good.path.read_bytes()
    bad = tmp_path / "bad.tar.xz"
    bad.write_bytes(data[:cut])
    with store.changing() as changes:
        before = snapshot(store.places.home)
        with pytest.raises(RtError):
            add(changes, Part("runtime", bad, "upstream", good.provenance))
        assert snapshot(store.places.home) == before


def test_what_is_put_into_the_stage_while_it_is_filled_is_not_written_through(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of the same user races with us: it cannot make us write elsewhere by a file's name."""
    outside = tmp_path / "precious"
    outside.write_text("mine\n")
    write = stage.Stage._create

    def raced(self: stage.Stage, path: str, mode: int) -> int:
        if path == "LICENSE":
            (self.folder / path).symlink_to(outside)
        return write(self, path, mode)

    monkeypatch.setattr(stage.Stage, "_create", raced)
    with store.changing() as changes, pytest.raises(UnsafeArchive):
        add(changes, part(tmp_path))
    assert outside.read_text() == "mine\n"
    assert os.listdir(store.places.stage) == []  # noqa: PTH208
