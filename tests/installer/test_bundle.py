"""Bundles: what is packed, that it is the same bytes each time, and that nothing of it is believed."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import pytest

from oracles import run, tool
from rpm_maker import ibmi_world, whole_nodejs
from rtinstall.installer.machine import Machine
from rtinstall.runtime_bundle.model import File
from rtinstall.runtime_bundle.sources import named
from rtinstall.runtime_bundle.sources.dist import unofficial
from world.freebsd import make_key, ports
from world.mirror import SIGNED_AT, STRANGER, shasums
from world.rtinstall import Desk
from world.runtime import VERSION, Upstream, archive, archive_name, with_entries
from world.server import Server, running
from world.signing import clearsign
from world.yum import repository

TARGETS = ("linux-x64", "darwin-arm64", "win-x64")
OTHER = "22.11.0"
FOLDER = f"v{VERSION}"
What = Literal["nothing", "text", "folder", "archive"]
Words = tuple[str | Path, ...]


@pytest.fixture
def served(upstream: Upstream) -> Upstream:
    upstream.release(OTHER, TARGETS)
    upstream.release(VERSION, TARGETS)
    return upstream


def each(targets: tuple[str, ...]) -> list[str]:
    return [word for target in targets for word in ("--target", target)]


def bundle(desk: Desk, served: Upstream, *words: str) -> Path:
    path = desk.folder / "node.tar"
    desk.run("bundle", *words, "-o", path, *served.words).good()
    return path


def elsewhere(desk: Desk) -> Desk:
    """Return another machine, which has no network and nothing of this one's but the bundle."""
    return Desk(desk.folder / "elsewhere")


def content(path: Path) -> dict[str, bytes]:
    found = {}
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
    return found


def repacked(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            head = tarfile.TarInfo(name)
            head.size = len(data)
            tar.addfile(head, io.BytesIO(data))


def test_it_is_a_mirror_of_just_what_was_asked_for(desk: Desk, served: Upstream) -> None:
    path = bundle(desk, served, "24", "22", *each(("linux-x64", "win-x64")))
    found = content(path)
    archives = [
        f"v{version}/{archive_name(target, version)}"
        for version in (OTHER, VERSION)
        for target in ("linux-x64", "win-x64")
    ]
    papers = [
        f"v{version}/SHASUMS256.txt{end}" for version in (OTHER, VERSION) for end in ("", ".asc")
    ]
    assert list(found) == [
        "rtinstall.lock", "index.json", "index.tab", *sorted(papers), *sorted(archives),
    ]  # fmt: skip
    for name in archives:
        _, version, target = name.rpartition("/")[2].split("-", 2)
        assert found[name] == archive(target.split(".")[0], version[1:])
    rows = json.loads(found["index.json"])
    assert [row["version"] for row in rows] == [f"v{VERSION}", f"v{OTHER}"]
    assert rows[0]["files"] == ["linux-x64", "win-x64-zip"]
    locked = json.loads(found["rtinstall.lock"])["versions"]
    assert [row["asked"] for row in locked] == [["24"], ["22"]]


def test_the_same_versions_are_the_same_bytes(desk: Desk, served: Upstream) -> None:
    words = ("24", *each(TARGETS))
    first = bundle(desk, served, *words).read_bytes()
    shutil.rmtree(desk.cache)
    turned = ("24", *each(tuple(reversed(TARGETS))))
    assert bundle(desk, served, *turned).read_bytes() == first
    with tarfile.open(desk.folder / "node.tar") as tar:
        heads = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode, m.type) for m in tar}
    assert heads == {(1767225600, 0, 0, "", "", 0o644, tarfile.REGTYPE)}


def test_another_machine_installs_from_it_without_a_network(desk: Desk, served: Upstream) -> None:
    path = bundle(desk, served, "24")
    there = elsewhere(desk)
    ended = there.run("install", "24", "--from", path).good()
    assert there.versions() == [f"v{VERSION}"]
    assert "checked: signature of Release Person" in ended.out
    receipt = json.loads((there.home / f"receipts/v{VERSION}.json").read_bytes())
    location = receipt["provenance"][0]["location"]
    assert location == f"{path.as_uri()}/{FOLDER}/{archive_name('linux-x64')}"
    assert not (there.home / "seen.json").exists()


@pytest.mark.parametrize(
    "words", [("--from",), ("--offline", "--source"), ("--offline", "--mirror")]
)
def test_unpacked_it_is_a_folder_to_install_from(
    desk: Desk, served: Upstream, words: tuple[str, ...]
) -> None:
    folder = desk.folder / "unpacked"
    folder.mkdir()
    run(tool("tar"), "-xf", bundle(desk, served, "24"), "-C", folder)
    there = elsewhere(desk)
    place = folder.as_uri() if words[-1] == "--mirror" else folder
    there.run("install", "lts", *words, place).good()
    assert there.versions() == [f"v{VERSION}"]


@pytest.mark.parametrize("words", [("--source",), ("--mirror",)])
def test_it_is_a_source_among_others(desk: Desk, served: Upstream, words: tuple[str]) -> None:
    path = bundle(desk, served, "24")
    there = elsewhere(desk)
    place = path.as_uri() if words[-1] == "--mirror" else path
    there.run("install", "24", *words, place, "--offline").good()
    assert there.versions() == [f"v{VERSION}"]


def test_served_it_is_a_mirror(desk: Desk, served: Upstream) -> None:
    found = content(bundle(desk, served, "24"))
    with running() as server:
        for name, data in found.items():
            Upstream(server).put(name, data)
        there = elsewhere(desk)
        there.run("install", "24", "--mirror", f"{server.url}/dist").good()
        assert there.versions() == [f"v{VERSION}"]


def test_a_bundle_is_made_of_a_bundle(desk: Desk, served: Upstream) -> None:
    path = bundle(desk, served, "24", *each(TARGETS))
    again = desk.folder / "again.tar"
    there = elsewhere(desk)
    words: Words = ("24", *each(TARGETS), "-o", again, "--offline", "--source", path)
    there.run("bundle", *words).good()
    assert again.read_bytes() == path.read_bytes()


def test_a_locked_folder_installs_frozen_from_its_bundle(desk: Desk, served: Upstream) -> None:
    desk.work.mkdir()
    (desk.work / ".nvmrc").write_text("24\n")
    desk.run("lock", *served.words).good()
    served.release("24.20.0", TARGETS)
    path = bundle(desk, served)
    there = elsewhere(desk)
    there.work.mkdir(parents=True)
    shutil.copy(desk.work / ".nvmrc", there.work)
    (there.work / "rtinstall.lock").write_bytes(content(path)["rtinstall.lock"])
    there.run("install", "--frozen", "--from", path).good()
    assert there.versions() == [f"v{VERSION}"]


def test_without_a_version_it_packs_what_the_folder_asks_for(desk: Desk, served: Upstream) -> None:
    desk.run("bundle", *served.words).failed(20)
    (desk.work / ".nvmrc").write_text("22\n")
    desk.run("bundle", *served.words).good()
    assert f"v{OTHER}/SHASUMS256.txt" in content(desk.work / "node-bundle.tar")


def test_every_archive_is_packed_on_request(desk: Desk, served: Upstream) -> None:
    files = {
        archive_name("linux-x64"): archive("linux-x64"),
        archive_name("linux-x64").replace(".xz", ".gz"): b"whatever it is, it is signed",
    }
    served.serve(VERSION, files)
    names = set(content(bundle(desk, served, "24", "--every-archive")))
    assert {f"{FOLDER}/{name}" for name in files} <= names


@pytest.mark.parametrize(
    ("target", "code"),
    [("linux-s390x", 4), ("linux-arm64", 4), ("freebsd-x64", 5), ("ibmi-ppc64", 5)],
)
def test_what_is_not_published_is_an_error_and_no_file(
    desk: Desk, served: Upstream, target: str, code: int
) -> None:
    path = desk.folder / "node.tar"
    words = ("24", "--target", target, "-o", path, "--mirror", served.url)
    desk.run("bundle", *words, "--offline" if code == 5 else "--no-progress").failed(code)
    assert not path.exists()


def test_a_target_that_is_not_in_it_is_not_installed(desk: Desk, served: Upstream) -> None:
    path = bundle(desk, served, "24", "--target", "win-x64")
    there = elsewhere(desk)
    there.run("install", "24", "--from", path).failed(4)
    there.run("install", "22", "--target", "win-x64", "--from", path).failed(3)
    there.run("install", "24", "--target", "win-x64", "--from", path).good()


def test_a_download_that_fails_leaves_no_file_and_goes_on_next_time(
    desk: Desk, served: Upstream, server: Server
) -> None:
    path = desk.folder / "node.tar"
    path.write_bytes(b"what was there")
    gone = f"{FOLDER}/{archive_name('win-x64')}"
    data = archive("win-x64")
    served.remove(gone)
    words: Words = ("bundle", "24", *each(TARGETS), "-o", path, *served.words)
    desk.run(*words).failed(4)
    assert path.read_bytes() == b"what was there"
    served.put(gone, data)
    before = len(server.requests)
    desk.run(*words).good()
    asked = [r.path for r in server.requests[before:] if r.method == "GET"]
    assert not [p for p in asked if p.endswith(archive_name("linux-x64"))]
    assert list(desk.folder.glob(".node.tar*")) == []


def test_where_it_cannot_be_written_nothing_is_left(desk: Desk, served: Upstream) -> None:
    (desk.folder / "file").write_text("")
    desk.run("bundle", "24", "-o", desk.folder / "file/node.tar", *served.words).failed(10)
    assert (desk.folder / "file").read_text() == ""


def test_an_unsigned_bundle_is_not_installed_from(desk: Desk, server: Server) -> None:
    unsigned = Upstream(server, "/unsigned")
    unsigned.release(VERSION, TARGETS)
    path = bundle(desk, unsigned, "24")
    assert f"{FOLDER}/SHASUMS256.txt.asc" not in content(path)
    there = elsewhere(desk)
    there.run("install", "24", "--from", path).failed(7, "not signed")
    there.run("install", "24", "--from", path, "--allow-unsigned").good()


# Systems that have packages in a repository.


def test_freebsd_is_packed_with_its_packages_and_checked_again(
    tmp_path: Path, server: Server
) -> None:
    desk = Desk(tmp_path)
    ports().serve(server, "/FreeBSD:14:amd64/latest")
    key = make_key().fingerprint
    source = f"freebsd+{server.url}/${{ABI}}/latest"
    path = desk.folder / "node.tar"
    words = ("--target", "freebsd-x64", "--source", source, "--trust", key, "-o", path)
    desk.run("bundle", "24", *words).good()
    found = content(path)
    assert "freebsd-x64/meta.conf" in found
    assert [n for n in found if n.startswith("freebsd-x64/All/node24-")]
    there = Desk(tmp_path / "there", machine=Machine("freebsd", "x64", os_release="14"))
    there.run("install", "24", "--from", path).failed(7)  # nobody has said that the key is right
    ended = there.run("install", "24", "--from", path, "--trust", key).good()
    assert f"({key})" in ended.out
    assert there.versions() == [f"v{VERSION}"]
    assert not list(there.cache.glob("bundle-*"))
    for name in found:
        if name.startswith("freebsd-x64/All/npm"):
            found[name] = found[name][:-1] + bytes([found[name][-1] ^ 1])
    repacked(path, found)
    shutil.rmtree(there.folder)
    there.run("install", "24", "--from", path, "--trust", key).failed(7)


def test_ibm_i_is_packed_with_its_package(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path)
    url = repository(ibmi_world(whole_nodejs())).serve(server)
    path = desk.folder / "node.tar"
    words = ("--target", "ibmi-ppc64", "--source", f"ibmi+{url}", "-o", path)
    desk.run("bundle", "20", *words).good()
    first = path.read_bytes()
    shutil.rmtree(desk.cache)
    desk.run("bundle", "20", *words).good()
    assert path.read_bytes() == first
    there = Desk(tmp_path / "there", machine=Machine("ibmi", "ppc64", os_release="7.3"))
    there.run("install", "20", "--from", path).good()
    assert there.versions() == ["v20.11.1"]
    folder = tmp_path / "unpacked"
    folder.mkdir()
    run(tool("tar"), "-xf", path, "-C", folder)
    shutil.rmtree(there.folder)
    there.run("install", "20", "--from", folder).good()


def test_wheels_are_not_packed(desk: Desk, served: Upstream, tmp_path: Path) -> None:
    """What is no archive of a distribution has no signed list to be checked by later."""
    own = tmp_path / "node.tar.xz"
    own.write_bytes(archive("linux-x64"))
    desk.run("bundle", "24", "--source", own).failed(4)


# A bundle that somebody has changed.


def tampered(members: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes], int]]:
    name = f"{FOLDER}/{archive_name('linux-x64')}"
    evil = with_entries("linux-x64", File.of("evil", b"x"))
    digest = hashlib.sha256(members[name]).hexdigest().encode()
    sums = members[f"{FOLDER}/SHASUMS256.txt"].replace(
        digest, hashlib.sha256(evil).hexdigest().encode()
    )
    plain, signed = f"{FOLDER}/SHASUMS256.txt", f"{FOLDER}/SHASUMS256.txt.asc"
    asc = members[signed].replace(digest, hashlib.sha256(evil).hexdigest().encode())
    yield "another archive", {**members, name: evil}, 7
    yield "a cut archive", {**members, name: members[name][:-1]}, 7
    yield "an empty archive", {**members, name: b""}, 7
    yield "its checksum, too", {**members, name: evil, plain: sums}, 7
    yield "the signed list, too", {**members, name: evil, plain: sums, signed: asc}, 7
    stranger = clearsign(STRANGER, shasums({name.rpartition("/")[2]: evil}), SIGNED_AT)
    yield "signed by a stranger", {**members, name: evil, signed: stranger}, 7
    yield "no signature", {n: d for n, d in members.items() if n != signed}, 7
    yield "no archive", {n: d for n, d in members.items() if n != name}, 4
    yield "no index", {n: d for n, d in members.items() if n != "index.json"}, 12
    yield "a way out", {**members, "../evil": b"x"}, 8
    yield "a drive", {**members, "C:evil": b"x"}, 8
    yield "an absolute name", {**members, "/tmp/evil": b"x"}, 8
    yield "a huge list", {**members, signed: b"x" * (2 << 20)}, 8
    yield "no JSON", {**members, "index.json": b"[" * 100_000}, 12
    yield "an index of other things", {**members, "index.json": b"[]\n"}, 4


CASES = [
    "another archive", "a cut archive", "an empty archive", "its checksum, too",
    "the signed list, too", "signed by a stranger", "no signature", "no archive", "no index",
    "a way out", "a drive", "an absolute name", "a huge list", "no JSON", "an index of other things",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_changed_bundle_installs_nothing(desk: Desk, served: Upstream, case: str) -> None:
    path = bundle(desk, served, "24")
    for name, members, code in tampered(content(path)):
        if name == case:
            repacked(path, members)
            there = elsewhere(desk)
            there.run("install", "24", "--from", path).failed(code)
            assert there.versions() == []
            assert not there.unfinished()
            return
    raise AssertionError(case)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_what_is_no_file_is_refused(desk: Desk, served: Upstream, kind: bytes) -> None:
    path = bundle(desk, served, "24")
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as tar:
        head = tarfile.TarInfo("v1.0.0")
        head.type, head.linkname = kind, "/etc/passwd"
        tar.addfile(head)
    elsewhere(desk).run("install", "24", "--from", path).failed(8)


def test_two_files_of_one_name_are_refused(desk: Desk, served: Upstream) -> None:
    path = bundle(desk, served, "24")
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo("index.json"))
    elsewhere(desk).run("install", "24", "--from", path).failed(8)


def test_a_byte_changed_anywhere_is_an_error_or_makes_no_difference(
    desk: Desk, served: Upstream
) -> None:
    """Change a byte of each kind: of every field of every head, of every file, of what fills blocks."""
    path = bundle(desk, served, "24")
    data = path.read_bytes()
    there = elsewhere(desk)
    there.run("install", "24", "--from", path).good()
    right = (there.home / f"receipts/v{VERSION}.files").read_bytes()
    with tarfile.open(path) as tar:
        heads = [(m.offset, m.offset_data, m.size) for m in tar]
    fields = (0, 99, 100, 108, 124, 135, 136, 148, 156, 157, 257, 263, 265, 345, 511)
    places = [head + field for head, _, _ in heads for field in fields]
    places += [start + at for _, start, size in heads for at in (0, size // 2, size - 1)]
    places += [start + size for _, start, size in heads if size % 512]
    places += [len(data) - 1, len(data) - 5000]
    endings = set()
    for place in places:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        shutil.rmtree(there.folder)
        ended = there.run("install", "24", "--from", path)
        endings.add(ended.code)
        if ended.code:
            ended.failed(ended.code)
            assert there.versions() == []
        else:
            assert (there.home / f"receipts/v{VERSION}.files").read_bytes() == right
    assert endings <= {0, 3, 4, 7, 8, 12}
    assert {7, 8} <= endings


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.9, 1.0])
def test_a_bundle_cut_short_installs_nothing(desk: Desk, served: Upstream, share: float) -> None:
    path = bundle(desk, served, "24")
    data = path.read_bytes()
    whole = len(data.rstrip(b"\0")) + 512  # one of the two blocks at the end
    path.write_bytes(data[: int(whole * share)])
    there = elsewhere(desk)
    ended = there.run("install", "24", "--from", path)
    assert ended.failed(ended.code).code in (8, 12)
    assert there.versions() == []


@pytest.mark.parametrize("what", get_args(What))
def test_what_is_no_bundle_is_refused(desk: Desk, what: What) -> None:
    path = desk.folder / "node.tar"
    match what:
        case "text":
            path.write_text("hello")
        case "folder":
            path.mkdir()
        case "nothing":
            pass
        case "archive":
            path.write_bytes(archive("linux-x64"))
    desk.run("install", "24", "--from", path).failed(12, "no bundle")
    assert desk.versions() == []


def test_the_judges_read_it(desk: Desk, served: Upstream) -> None:
    path = bundle(desk, served, "24")
    listed = run(tool("bsdtar"), "-tf", path).splitlines()
    assert listed == run(tool("tar"), "-tf", path).splitlines() == list(content(path))
    folder = desk.folder / "unpacked"
    folder.mkdir()
    run(tool("tar"), "-xf", path, "-C", folder)
    words = ("sha256sum", "--ignore-missing", "-c", "SHASUMS256.txt")
    ended = run("env", "-C", folder / FOLDER, *words)
    assert f"{archive_name('linux-x64')}: OK" in ended


# The unofficial builds, which nobody signs.


@pytest.fixture
def builds(server: Server, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    builds = Upstream(server, "/unofficial")
    builds.release(VERSION, ["linux-arm64-musl"])
    monkeypatch.setattr(named, "unofficial", partial(unofficial, address=builds.url))
    return builds


def test_unofficial_builds_lie_in_a_folder_of_their_own(
    desk: Desk, served: Upstream, builds: Upstream
) -> None:
    words = (
        *each(("linux-x64", "linux-arm64-musl")),
        "--source",
        served.url,
        "--source",
        "unofficial",
    )
    desk.run("lock", "24", *words).good()
    (version,) = json.loads((desk.work / "rtinstall.lock").read_bytes())["versions"]
    signers = {row["target"]: bool(row["signer"]) for row in version["archives"]}
    assert signers == {"linux-x64": True, "linux-arm64-musl": False}
    path = desk.folder / "node.tar"
    desk.run("bundle", *words, "-o", path).good()
    found = content(path)
    assert f"unofficial/{FOLDER}/{archive_name('linux-arm64-musl')}" in found
    assert f"unofficial/{FOLDER}/SHASUMS256.txt" in found
    assert json.loads(found["unofficial/index.json"])[0]["files"] == ["linux-arm64-musl"]
    there = Desk(desk.folder / "there", machine=Machine("linux", "arm64", "musl", (1, 2, 5)))
    there.run("install", "24", "--from", path).failed(7, "not signed")
    there.work.mkdir(parents=True, exist_ok=True)
    (there.work / "rtinstall.lock").write_bytes(found["rtinstall.lock"])
    ended = there.run("install", "--frozen", "--from", path).good()
    assert "SHA-256 in rtinstall.lock of" in ended.out
    folder = desk.folder / "unpacked"
    folder.mkdir()
    run(tool("tar"), "-xf", path, "-C", folder)
    shutil.rmtree(there.home)
    there.run("install", "--frozen", "--from", folder).good()


def test_what_the_lock_says_of_unofficial_builds_holds(
    desk: Desk, served: Upstream, builds: Upstream
) -> None:
    words = ("--target", "linux-arm64-musl", "--source", "unofficial")
    desk.run("lock", "24", *words).good()
    ended = desk.run("install", *words).good()
    assert "SHA-256 in rtinstall.lock of" in ended.out
    shutil.rmtree(desk.cache)
    shutil.rmtree(desk.home)
    name = archive_name("linux-arm64-musl")
    builds.serve(VERSION, {name: with_entries("linux-arm64-musl", File.of("evil", b"x"))})
    desk.run("install", *words).failed(7, "rtinstall.lock", name)
    assert desk.versions() == []
