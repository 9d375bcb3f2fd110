"""Bad input and bad luck: one error, one hint, a documented exit code, nothing half-written.

What servers do is spelled out in ``test_download.py`` and ``test_source_dist.py``, what archives may
hold in ``test_unpack.py``; here each kind is met through the whole program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from rtinstall.platforms.commands import options
from rtinstall.runtime_bundle.errors import every_error
from rtinstall.runtime_bundle.model import File, Symlink
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import named
from rtinstall.runtime_bundle.sources.dist import Dist
from world.mirror import KEY, KEYS, SIGNED_AT, STRANGER
from world.rtbuild import FAST, Desk, Ended
from world.runtime import VERSION, Upstream, archive, packed, runtime_entries
from world.server import Reply
from world.signing import clearsign

FOLDER = "v24.19.0"
TOP = f"node-{FOLDER}-linux-x64"
ARCHIVE = f"{FOLDER}/{TOP}.tar.xz"
SIGNED = Path(__file__).parents[1] / "data" / "shasums" / "SHASUMS256-v22.13.1.txt.asc"
RELEASE = ("release", "24", "-t", "linux-x64", "-f", "deb", *FAST)
DEB = f"{FOLDER}/nodejs_24.19.0-1_amd64.deb"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody, and trust the world's key beside the real ones."""
    monkeypatch.setattr(options, "Network", partial(Network, pause=0.01, read=2.0))


def nothing_published(desk: Desk) -> bool:
    return not desk.dist.exists() or desk.published() == []


def nothing_left(desk: Desk) -> bool:
    """Say whether the cache holds no file that a later run would take for whole."""
    return not list(desk.cache.glob("objects/*/*"))


def test_every_exit_code_is_in_the_readme() -> None:
    readme = Path(__file__).parents[2] / "README.md"
    rows = re.findall(r"^\| (\d+) \| \S", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert {error.exit_code for error in every_error()} <= set(map(int, rows))
    assert {"0", "1", "2", "130", "141"} <= set(rows)


# Downloads.


def test_a_download_that_breaks_off_goes_on_within_a_run(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, weight=100_000)
    data = archive("linux-x64", VERSION, 100_000)
    upstream.put(ARCHIVE, Reply(data, etag='"a"', drop=40_000), Reply(data, etag='"a"'))
    ended = desk.run(*RELEASE, *upstream.words).good()
    asked = [r for r in upstream.server.asked(f"/dist/{ARCHIVE}") if r.method == "GET"]
    assert [r.headers.get("range") for r in asked] == [None, "bytes=40000-"]
    # What is told of a download is told once, when it is whole.
    assert ended.err.count("linux-x64 from dist:") == 1


def test_a_download_that_breaks_off_goes_on_in_the_next_run(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, weight=100_000)
    data = archive("linux-x64", VERSION, 100_000)
    upstream.put(ARCHIVE, Reply(data, etag='"a"', drop=5_000))
    desk.run(*RELEASE, *upstream.words).failed(6, "broke off", "run the same command again")
    assert nothing_published(desk)
    assert nothing_left(desk)
    before = upstream.server.sent()
    upstream.put(ARCHIVE, Reply(data, etag='"a"'))
    desk.run(*RELEASE, *upstream.words).good()
    assert upstream.server.sent() - before < len(data)
    assert DEB in desk.published()


@pytest.mark.parametrize("size", [-1, 1])
def test_a_download_of_another_size_is_refused(desk: Desk, upstream: Upstream, size: int) -> None:
    (data,) = upstream.release(VERSION).values()
    upstream.put(ARCHIVE, data[:-1] if size < 0 else data + b"x")
    desk.run(*RELEASE, *upstream.words).failed(7, "not the file that was published")
    assert nothing_published(desk)
    assert nothing_left(desk)


def test_a_tampered_download_is_refused_until_it_is_right(desk: Desk, upstream: Upstream) -> None:
    (data,) = upstream.release(VERSION).values()
    upstream.put(ARCHIVE, data[:500] + bytes([data[500] ^ 1]) + data[501:])
    desk.run(*RELEASE, *upstream.words).failed(7, f"{TOP}.tar.xz", "do not use the file")
    assert nothing_published(desk)
    assert nothing_left(desk)
    upstream.put(ARCHIVE, data)
    desk.run(*RELEASE, *upstream.words).good()


def test_a_file_that_rotted_in_the_cache_is_fetched_again(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    desk.run(*RELEASE, *upstream.words).good()
    (cached,) = desk.cache.glob("objects/*/*")
    cached.write_bytes(b"rotten")
    shutil.rmtree(desk.dist)
    desk.run(*RELEASE, *upstream.words, "--offline").failed(5, "--offline")
    assert nothing_published(desk)
    desk.run(*RELEASE, *upstream.words).good()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(b"gone", status=404), 4),
        (Reply(b"no", status=403), 6),
        (Reply(b"busy", status=503), 6),
        (Reply(raw=b"not http at all\r\n\r\n"), 5),
        (Reply(b"", status=302, headers={"Location": "ftp://a.example/"}), 6),
        (Reply(b"<html>", status=200), 7),
    ],
)
def test_a_server_that_fails_is_named(
    desk: Desk, upstream: Upstream, reply: Reply, code: int
) -> None:
    upstream.release(VERSION)
    upstream.put(ARCHIVE, reply)
    desk.run(*RELEASE, *upstream.words).failed(code, "127.0.0.1")
    assert nothing_published(desk)


@pytest.mark.parametrize(
    ("path", "reply", "code"),
    [
        ("index.json", b"<html>captive portal</html>", 12),
        ("index.json", b"[]", 4),
        ("index.json", Reply(b"", status=404), 4),
        (f"{FOLDER}/SHASUMS256.txt", b"<html>\n", 7),
        (f"{FOLDER}/SHASUMS256.txt", b"", 7),
        (f"{FOLDER}/SHASUMS256.txt", Reply(b"", status=404), 4),
    ],
)
def test_a_list_that_is_none_is_refused(
    desk: Desk, upstream: Upstream, path: str, reply: Reply | bytes, code: int
) -> None:
    upstream.release(VERSION)
    upstream.put(path, reply)
    desk.run(*RELEASE, *upstream.words).failed(code)
    assert nothing_published(desk)


# Signatures.


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (None, "not signed"),
        (b"", "signature"),
        (b"-----BEGIN PGP SIGNED MESSAGE-----\n", ""),
        ("stranger", ""),
        ("other text", ""),
    ],
)
def test_a_wrong_or_missing_signature_installs_nothing(
    desk: Desk,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    signature: bytes | str | None,
    said: str,
) -> None:
    monkeypatch.setattr(named, "Dist", partial(Dist, keys=KEYS))
    upstream.signer = KEY
    upstream.release(VERSION)
    where = f"{FOLDER}/SHASUMS256.txt"
    (text,) = (reply.body for reply in upstream.server.replies[f"/dist/{where}"])
    match signature:
        case None:
            upstream.remove(f"{where}.asc")
            upstream.remove(f"{where}.sig")
        case "stranger":
            upstream.put(f"{where}.asc", clearsign(STRANGER, text, SIGNED_AT))
        case "other text":
            good = clearsign(KEY, text, SIGNED_AT)
            upstream.put(f"{where}.asc", good.replace(text[:20], text[1:20] + text[:1]))
        case bytes():
            upstream.put(f"{where}.asc", signature)
        case _:
            raise AssertionError(signature)
    desk.run(*RELEASE, "--source", upstream.url).failed(7, said)
    assert nothing_published(desk)
    assert not [r for r in upstream.server.requests if r.path.endswith(".xz")]


def test_the_pinned_keys_are_what_a_real_signature_is_held_to(
    desk: Desk, upstream: Upstream
) -> None:
    """The list is one that a release key of the project has signed; the archive is not in it."""
    upstream.release("22.13.1")
    upstream.put("v22.13.1/SHASUMS256.txt.asc", SIGNED.read_bytes())
    words = ("release", "22.13.1", "--source", upstream.url, "-t", "linux-x64")
    desk.program(*words).failed(7, "node-v22.13.1-linux-x64.tar.xz is not the file")
    assert nothing_published(desk)
    forged = SIGNED.read_bytes().replace(b"linux-x64.tar.xz", b"linux-x65.tar.xz")
    upstream.put("v22.13.1/SHASUMS256.txt.asc", forged)
    desk.program(*words).failed(7, "changed after it was signed")
    upstream.signer = STRANGER
    upstream.release("22.13.1")
    desk.program(*words).failed(7)
    assert nothing_published(desk)


# Archives.


def member(name: str, **facts: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(made, key, value)
    return made


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    return member(name, type=kind, linkname=target)


HOSTILE = {
    "climbs": member("../evil", size=4),
    "climbs from inside": member(f"{TOP}/../../evil", size=4),
    "absolute": member("/tmp/evil", size=4),
    "beside": member("evil", size=4),
    "link out": link(f"{TOP}/lib/out", "../../../../etc"),
    "link to the root": link(f"{TOP}/lib/out", "/etc/passwd"),
    "link nowhere": link(f"{TOP}/lib/out", "nowhere"),
    "hard link": link(f"{TOP}/shadow", "/etc/shadow", tarfile.LNKTYPE),
    "device": member(f"{TOP}/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    "pipe": member(f"{TOP}/pipe", type=tarfile.FIFOTYPE),
    "setuid": member(f"{TOP}/sudo", mode=0o4755),
    "control": member(f"{TOP}/a\nb"),
    "twice": member(f"{TOP}/LICENSE"),
    "case": member(f"{TOP}/license"),
    "backslash": member(f"{TOP}/..\\evil"),
    "reserved": member(f"{TOP}/aux.txt"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_means_harm_is_refused(desk: Desk, upstream: Upstream, name: str) -> None:
    upstream.release(VERSION)
    data = packed(runtime_entries("linux-x64"), TOP, before=(HOSTILE[name],))
    upstream.serve(VERSION, {f"{TOP}.tar.xz": data})
    before = sorted(p for p in desk.folder.parent.iterdir())
    desk.run(*RELEASE, *upstream.words).failed(8)
    assert nothing_published(desk)
    assert sorted(desk.folder.parent.iterdir()) == before
    assert not list(desk.folder.rglob("*evil*"))


def test_an_archive_in_a_folder_of_another_name_is_refused(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    data = packed(runtime_entries("linux-x64"), "node-v24.18.0-linux-x64")
    upstream.serve(VERSION, {f"{TOP}.tar.xz": data})
    desk.run(*RELEASE, *upstream.words).failed(8, "does not lie below")


def test_an_archive_that_ends_too_early_is_refused(desk: Desk, upstream: Upstream) -> None:
    (data,) = upstream.release(VERSION).values()
    upstream.serve(VERSION, {f"{TOP}.tar.xz": data[: len(data) // 2]})
    desk.run(*RELEASE, *upstream.words).failed(8)
    assert nothing_published(desk)


def changed(**replaced: bytes | None) -> bytes:
    """Return the archive with other contents of some files, or without them."""
    paths = {
        "node": "bin/node",
        "version": "include/node/node_version.h",
        "npm": "lib/node_modules/npm/package.json",
        "npx": "bin/npx",
    }
    other = {paths[key]: data for key, data in replaced.items()}
    entries = [
        File.of(entry.path, data, getattr(entry, "mode", 0o755)) if data is not None else entry
        for entry in runtime_entries("linux-x64")
        for data in [other.get(entry.path)]
        if entry.path not in other or data is not None
    ]
    return packed(entries, TOP)


def node(target: str) -> bytes:
    program = next(e for e in runtime_entries(target) if e.path == "bin/node")
    assert isinstance(program, File)
    return b"".join(program.content.chunks())


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (changed(node=node("linux-arm64")), 9, "not for linux-x64"),
        (changed(node=node("linux-x64-musl")), 9, "not for linux-x64"),
        (changed(node=b"#!/bin/sh\n"), 9, ""),
        (changed(node=None), 8, "bin/node"),
        (changed(version=b"#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 0\n"
                         b"#define NODE_PATCH_VERSION 0\n"), 9, "22.0.0"),
        (changed(npm=b'{"version": "10.0.0"}'), 9, "npm 11.6.2"),
        (changed(npm=b"{}"), 8, "package.json"),
        (changed(npm=b"[" * 100_000), 8, "package.json"),
        (changed(npm=b'{"version": "1.0.0\\nDepends: evil"}'), 8, "package.json"),
        (changed(npm=None), 8, "package.json"),
        (changed(npx=b"#!/bin/sh\n"), 8, "bin/npx"),
    ],
)  # fmt: skip
def test_a_runtime_that_is_not_what_its_label_says_is_refused(
    desk: Desk, upstream: Upstream, data: bytes, code: int, said: str
) -> None:
    upstream.release(VERSION)
    upstream.serve(VERSION, {f"{TOP}.tar.xz": data})
    desk.run(*RELEASE, *upstream.words).failed(code, said)
    assert nothing_published(desk)


def test_a_link_to_a_folder_that_is_only_implied_is_kept(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    entries = [*runtime_entries("linux-x64"), Symlink("share/npm", "../lib/node_modules/npm")]
    upstream.serve(VERSION, {f"{TOP}.tar.xz": packed(entries, TOP)})
    desk.run(*RELEASE, *upstream.words).good()


def test_what_was_finished_before_a_fault_stays(desk: Desk, upstream: Upstream) -> None:
    files = upstream.release(VERSION, ("linux-x64", "linux-arm64"))
    right = files[f"node-{FOLDER}-linux-arm64.tar.xz"]
    upstream.put(f"{FOLDER}/node-{FOLDER}-linux-arm64.tar.xz", right[:-1])
    words = ("release", "24", "-f", "deb", *FAST, *upstream.words)
    desk.run(*words).failed(7, "linux-arm64")
    assert DEB in desk.published()
    desk.run("verify", "dist").good()
    upstream.put(f"{FOLDER}/node-{FOLDER}-linux-arm64.tar.xz", right)
    assert desk.run(*words).good().out.count(" kept ") == 1


# The network.


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("http://127.0.0.1:9/dist", 5, ("127.0.0.1", "refused")),
        ("https://nowhere.invalid/dist", 5, ("nowhere.invalid",)),
        ("http://mirror.example/dist", 11, ("not encrypted", "signed")),
        ("./nowhere", 11, ("'./nowhere' is no source",)),
        ("file:///nowhere", 4, ("/nowhere",)),
    ],
)
def test_no_network_is_said_at_once(
    desk: Desk, source: str, code: int, words: tuple[str, ...]
) -> None:
    unsigned = ("--allow-unsigned",) if code == 11 else ()
    ended = desk.run(*RELEASE, "--source", source, *unsigned)
    if code == 11 and "mirror" in source:
        ended.failed(11, "neither encrypted nor signed")
    else:
        ended.failed(code, *words)
    assert not desk.dist.exists()


def test_offline_asks_nobody(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    desk.run(*RELEASE, *upstream.words, "--offline").failed(5, "not in the cache", "--offline")
    assert not upstream.server.requests
    assert not desk.dist.exists()


def test_of_several_sources_the_next_is_asked(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    ended = desk.run(*RELEASE, "--source", "http://127.0.0.1:9/", *upstream.words).good()
    assert "127.0.0.1 cannot be reached" in ended.err
    assert DEB in desk.published()


# The disk.


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[None]:
    """Mount a disk of ``size`` bytes at ``path``, or skip the test where that is not allowed."""
    path.mkdir(parents=True)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if sys.platform != "linux" or os.geteuid() != 0 or not mount or not umount:
        pytest.skip("needs root on Linux, to mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run([umount, str(path)], check=True)


WEIGHT = 600_000


@pytest.mark.parametrize("size", [8_192, 400_000, 1_000_000, 1_300_000])
def test_a_full_disk_leaves_nothing_half_written(desk: Desk, upstream: Upstream, size: int) -> None:
    """The disks are full when the folder is made, the runtime unpacked, the package written."""
    upstream.release(VERSION, weight=WEIGHT)
    with small_disk(desk.dist, size):
        ended = desk.program(*RELEASE, *upstream.words, "-f", "rpm")
        assert ended.failed(10, "--out", "nothing half-written was left").out == ""
        assert desk.published() == []
        assert [p.name for p in desk.dist.iterdir()] in ([], [".lock"])
    # What was fetched is kept: the same command goes on where there is room.
    asked = len(upstream.server.asked(f"/dist/{ARCHIVE}"))
    desk.run(*RELEASE, *upstream.words).good()
    assert len(upstream.server.asked(f"/dist/{ARCHIVE}")) == asked


def test_a_full_disk_keeps_the_targets_that_were_finished(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("linux-x64", "linux-arm64"), weight=WEIGHT)
    with small_disk(desk.dist, 1_700_000):
        ended = desk.program("release", "24", *FAST, "-f", "deb", *upstream.words)
        ended.failed(10)
        assert DEB in desk.published()
        assert not list(desk.dist.rglob(".stage-*"))
        desk.run("verify", "dist").good()


@pytest.mark.parametrize("size", [8_192, 300_000])
def test_a_full_cache_is_named(desk: Desk, upstream: Upstream, size: int) -> None:
    upstream.release(VERSION, weight=WEIGHT)
    with small_disk(desk.cache, size):
        ended = desk.program(*RELEASE, *upstream.words)
        ended.failed(10, "cache", "RTINSTALL_CACHE")
        assert not list(desk.cache.glob("partial/*[0-9a-f]"))
    assert nothing_published(desk)


@pytest.mark.parametrize("place", ["dist", "cache", "bundle", "packages"])
def test_a_file_in_the_way_is_named(desk: Desk, upstream: Upstream, place: str) -> None:
    upstream.release(VERSION)
    desk.work.mkdir()
    in_the_way = desk.work / "in-the-way"
    in_the_way.write_text("")
    inside = in_the_way / "deeper"
    runs: dict[str, Callable[[], Ended]] = {
        "dist": lambda: desk.run(*RELEASE, *upstream.words, "--out", inside),
        "cache": lambda: desk.run(*RELEASE, *upstream.words, RTINSTALL_CACHE=str(inside)),
        "bundle": lambda: desk.run(
            "bundle", "24", "-t", "linux-x64", *upstream.words, "-o", inside
        ),
        "packages": lambda: desk.run("build", f"{TOP}.tar.xz", "-o", inside),
    }
    (desk.work / f"{TOP}.tar.xz").write_bytes(archive("linux-x64"))
    runs[place]().failed(10, "in-the-way")


def test_an_index_that_cannot_be_added_to_is_said_before_anything_is_built(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION)
    desk.dist.mkdir(parents=True)
    (desk.dist / "index.json").write_text("mine")
    desk.run(*RELEASE, *upstream.words).failed(12, "dist/index.json is no index", "--out")
    assert desk.published() == ["index.json"]
    assert (desk.dist / "index.json").read_text() == "mine"
