from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import flat_maker
from readers.freebsd_repository import read
from rtinstall.platforms.freebsd.client import client_files
from rtinstall.platforms.freebsd.signing import read_signer
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import BadConfiguration, MissingTool
from rtinstall.runtime_bundle.freebsd.keys import TrustedKey
from rtinstall.runtime_bundle.model import File
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources.freebsd import FreeBsd
from rtinstall.runtime_bundle.targets import target_named
from world.freebsd import make_key, needing, package, ports
from world.rtbuild import Desk

PROGRAM = [File.of("bin/node", b"a program", 0o755)]
COMMAND = ("repo", "freebsd", "r")


@pytest.fixture
def work(desk: Desk) -> Path:
    desk.work.mkdir(parents=True)
    return desk.work


def put(folder: Path, name: str, version: str, **more: object) -> Path:
    """Write a package below ``folder``, and return where."""
    path = folder / f"{name}-{version}.pkg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(package(name, version, PROGRAM, **more))
    return path


def key_file(work: Path, which: int = 0) -> Path:
    path = work / f"key{which}.pem"
    path.write_bytes(make_key(which).private)
    return path


def state(root: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file, its time and its contents, but not the lock."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.mark.parametrize("signed", [True, False])
def test_an_independent_reader_finds_every_package_as_it_is(
    desk: Desk, work: Path, *, signed: bool
) -> None:
    given = [
        put(work, "nodejs24", "24.19.0", desc="100%25 Ünïcode"),
        put(work, "libuv", "1.51.0", deps={}, shlibs_provided=["libuv.so.1"]),
    ]
    words = ("--key", key_file(work)) if signed else ()
    ended = desk.run(*COMMAND, *given, "--name", "own", *words).good()
    found = read(work / "r")
    assert [p["name"] for p in found.packages] == ["libuv", "nodejs24"]
    assert found.packages[1]["desc"] == "100%25 Ünïcode"
    assert found.packages[1]["path"] == "All/nodejs24-24.19.0.pkg"
    assert found.key == (make_key().public if signed else None)
    for path in given:
        assert (work / "r" / "All" / path.name).read_bytes() == path.read_bytes()
    if signed:
        assert (work / "r" / "own.pub").read_bytes() == make_key().public
        own = TrustedKey.of("own", (work / "r" / "own.fingerprint").read_bytes())
        assert own.fingerprint == make_key().fingerprint
        assert own.fingerprint in ended.out
    assert "nodejs24-24.19.0" in ended.out


def test_what_was_written_is_a_source(desk: Desk, work: Path, tmp_path: Path) -> None:
    ports().write(work / "there")
    desk.run("repo", "freebsd", "there", "--key", key_file(work), "--name", "own").good()
    trusted = [TrustedKey.of("own", (work / "there" / "own.fingerprint").read_bytes())]
    source = FreeBsd(Cache(tmp_path / "c"), Network(), address=work / "there", trusted=trusted)
    x64 = target_named("freebsd-x64")
    node, npm = source.fetch(source.offer(source.releases(x64)[0], x64), SILENT)
    assert node.provenance.digest.startswith("sha256:")
    assert (node.what, npm.what) == ("runtime", "npm")


def test_the_same_packages_give_the_same_bytes(desk: Desk, work: Path) -> None:
    one = put(work, "nodejs24", "24.19.0", deps=needing("b", "a"))
    two = put(work, "libuv", "1.51.0")
    key = key_file(work)
    desk.run("repo", "freebsd", "r", one, two, "--key", key, "--name", "own").good()
    os.utime(two, (1, 1))
    before = os.umask(0o077)
    try:
        desk.program(
            "repo", "freebsd", "other", two, one, "--key", key, "--name", "own",
            PYTHONHASHSEED="7", TZ="Asia/Tokyo", LC_ALL="C",
        ).good()  # fmt: skip
    finally:
        os.umask(before)
    contents = [
        {name: data for name, (_, data) in state(work / folder).items()}
        for folder in ("r", "other")
    ]
    assert contents[0] == contents[1]


def test_what_has_not_changed_keeps_its_time_by_which_clients_ask(desk: Desk, work: Path) -> None:
    given = put(work, "nodejs24", "24.19.0")
    desk.run(*COMMAND, given).good()
    before = state(work / "r")
    desk.run(*COMMAND, given).good()
    assert state(work / "r") == before
    desk.run(*COMMAND, put(work, "libuv", "1.51.0")).good()
    after = state(work / "r")
    assert {n for n in before if before[n] != after[n]} == {"data.pkg", "packagesite.pkg"}


def test_packages_are_there_before_a_catalogue_names_them(
    desk: Desk, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed: list[str] = []
    replace = Path.replace

    def noted(self: Path, target: Path) -> Path:
        renamed.append(target.as_posix())
        return replace(self, target)

    given = put(work, "nodejs24", "24.19.0")
    monkeypatch.setattr(Path, "replace", noted)
    desk.run(*COMMAND, given, "--key", key_file(work), "--name", "own").good()
    assert renamed == [
        "r/All/nodejs24-24.19.0.pkg", "r/own.pub", "r/own.fingerprint", "r/packagesite.pkg",
        "r/data.pkg", "r/meta", "r/meta.conf",
    ]  # fmt: skip


def test_of_several_versions_the_newest_is_listed_and_that_is_said(desk: Desk, work: Path) -> None:
    for version in ("24.9.0", "24.10.0", "24.10.0_1", "24.2.0", "24.11.0.rc1"):
        put(work / "r", "nodejs24", version)
    put(work / "r" / "All" / "Hashed", "nodejs22", "22.1.0")
    ended = desk.run(*COMMAND, "--json").good()
    assert [p["label"] for p in ended.json["packages"]] == [
        "nodejs22-22.1.0",
        "nodejs24-24.11.0.rc1",
    ]
    assert len(ended.json["left_out"]) == 4
    (work / "r" / "nodejs24-24.11.0.rc1.pkg").unlink()
    ended = desk.run(*COMMAND).good()
    assert "nodejs24-24.10.0.pkg is left out: there is a newer nodejs24" in ended.err
    assert [p["version"] for p in read(work / "r").packages] == ["22.1.0", "24.10.0_1"]


def test_packages_of_other_systems_and_links_are_passed_over(desk: Desk, work: Path) -> None:
    root = work / "r"
    put(root, "nodejs24", "24.19.0")
    (root / "nodejs-24.19.0.pkg").write_bytes(flat_maker.flat())
    put(root / ".hidden", "a", "1")
    put(root / "Latest", "b", "1")
    (root / "nodejs24.pkg").symlink_to("nodejs24-24.19.0.pkg")
    (root / "notes.txt").write_text("not a package")
    (root / "meta.pkg").write_text("what an older pkg repo has left")
    ended = desk.run(*COMMAND).good()
    assert "nodejs-24.19.0.pkg is left out: it is a package for macOS" in ended.err
    assert [p["name"] for p in read(root).packages] == ["nodejs24"]


def test_packages_for_any_architecture_go_with_one(desk: Desk, work: Path) -> None:
    for name, abi in (("a", "*"), ("b", "FreeBSD:14:*"), ("c", "FreeBSD:14:aarch64")):
        put(work / "r", name, "1", abi=abi, arch="?")
    found = desk.run(*COMMAND, "--json").good().json
    assert found["abi"] == "FreeBSD:14:aarch64"
    assert [p["arch"] for p in read(work / "r").packages] == [
        "*", "freebsd:14:*", "freebsd:14:aarch64:64",
    ]  # fmt: skip


def damaged(path: Path) -> None:
    from world.freebsd import PACK, tarred

    path.write_bytes(PACK["tzst"](tarred([
        ("+MANIFEST", b'{"name":"a","version":"1","abi":"FreeBSD:14:amd64",'
         b'"files":{"/x":"1$' + b"0" * 64 + b'"}}', 0o644),
        ("/x", b"x", 0o644),
    ])))  # fmt: skip


def cut_short(path: Path) -> None:
    path.write_bytes(package("a", "1", PROGRAM)[:-30])


def plain(path: Path) -> None:
    from world.freebsd import tarred

    path.write_bytes(tarred([("x", b"x", 0o644)]))


REFUSED: dict[str, tuple[int, str, Callable[[Path], object]]] = {
    "digest": (7, "the sha256 of '/x' is not the one", lambda r: damaged(r / "a-1.pkg")),
    "cut short": (8, "cut short", lambda r: cut_short(r / "a-1.pkg")),
    "no package": (12, "is no package of FreeBSD", lambda r: plain(r / "a-1.pkg")),
    "no archive": (12, "is no archive", lambda r: (r / "a.pkg").write_bytes(b"<html>")),
    "two systems": (
        11, "-22.1.0.pkg is for FreeBSD:14:amd64, and other-1.pkg for FreeBSD:15:amd64",
        lambda r: put(r, "other", "1", abi="FreeBSD:15:amd64"),
    ),
    "twice": (11, "nodejs24-24.1.0 is there twice", lambda r: put(r / "x", "nodejs24", "24.1.0")),
    "no comment": (8, "has no comment", lambda r: put(r, "a", "1", comment="")),
    "of a dragonfly": (
        8, "is for 'dragonfly:6.4:x86:64'", lambda r: put(r, "a", "1", abi="dragonfly:6.4:x86:64"),
    ),
    "a name for a terminal": (
        11, "cannot be the name of a package", lambda r: shutil.copy(put(r, "a", "1"), r / "\x1b[.pkg"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_after_an_error_the_repository_is_as_it_was(desk: Desk, work: Path, what: str) -> None:
    code, words, spoil = REFUSED[what]
    desk.run(*COMMAND, put(work, "nodejs24", "24.1.0")).good()
    spoil(work / "r")
    before = state(work / "r")
    desk.run(*COMMAND, put(work, "nodejs22", "22.1.0")).failed(code, words)
    assert state(work / "r") == before


def test_a_file_that_is_given_has_to_be_another_or_the_same(desk: Desk, work: Path) -> None:
    given = put(work, "nodejs24", "24.1.0")
    desk.run(*COMMAND, given, work / "r" / "All" / given.name).failed(2)
    desk.run(*COMMAND, given).good()
    desk.run(*COMMAND, given, work / "r" / "All" / given.name).good()
    put(work, "nodejs24", "24.1.0", comment="another")
    desk.run(*COMMAND, given).failed(11, "with other contents than", "revision")
    same = put(work / "x", "nodejs22", "22.1.0")
    desk.run(*COMMAND, same, put(work / "y", "nodejs22", "22.1.0")).failed(
        11, "two files are called"
    )
    desk.run(*COMMAND, same.rename(work / "a.txz")).failed(11, "it has to end in .pkg")


def test_a_folder_without_packages_is_no_repository(desk: Desk) -> None:
    desk.run(*COMMAND).failed(12, "r holds no package of FreeBSD")


def test_two_runs_do_not_write_into_one_folder(desk: Desk, work: Path) -> None:
    given = put(work, "nodejs24", "24.1.0")
    (work / "r").mkdir()
    with (work / "r" / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        desk.run(*COMMAND, given).failed(10, "another rtbuild is writing into r")


def test_a_signed_repository_does_not_lose_its_signature_unnoticed(desk: Desk, work: Path) -> None:
    given = put(work, "nodejs24", "24.1.0")
    desk.run(*COMMAND, given, "--key", key_file(work)).good()
    before = state(work / "r")
    desk.run(*COMMAND).failed(11, "r is signed", "--key")
    assert state(work / "r") == before
    desk.run(*COMMAND, "--key", key_file(work, 1)).good()
    assert read(work / "r").key == make_key(1).public


def elliptic() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def encrypted() -> bytes:
    return make_key().secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: b"garbage", "no private key in PEM"),
        (lambda: make_key().public, "no private key in PEM"),
        (elliptic, "no RSA key of 2048 bits"),
        (lambda: make_key(9, 1024).private, "no RSA key of 2048 bits"),
        (encrypted, "is encrypted"),
    ],
)
def test_a_key_that_cannot_sign_is_told_before_anything_is_read(
    desk: Desk, work: Path, data: Callable[[], bytes], words: str
) -> None:
    (work / "key.pem").write_bytes(data())
    desk.run(*COMMAND, "--key", "key.pem").failed(11, "key.pem", words)
    assert not (work / "r").exists()


def test_without_the_library_that_signs_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cryptography.exceptions", None)
    with pytest.raises(MissingTool, match="signing needs the Python package cryptography"):
        read_signer(make_key().private, "key.pem")


def test_the_client_is_told_by_which_address_and_key(desk: Desk, work: Path) -> None:
    given = put(work, "nodejs24", "24.1.0")
    url = "https://packages.example.org/${ABI}"
    found = desk.run(*COMMAND, given, "--url", url, "--json", "--name", "own").good().json
    assert [file["path"] for file in found["client"]] == ["/usr/local/etc/pkg/repos/own.conf"]
    assert f'url: "{url}"' in found["client"][0]["content"]
    assert 'signature_type: "none"' in found["client"][0]["content"]
    words = ("--key", key_file(work), "--json")
    found = desk.run(*COMMAND, *words).good().json
    conf, fingerprint = found["client"]
    assert (work / "r").as_uri() in conf["content"]
    assert conf["path"] == "/usr/local/etc/pkg/repos/r.conf"
    assert fingerprint["path"] == "/usr/local/etc/pkg/fingerprints/r/trusted/r"
    assert found["fingerprint"] == make_key().fingerprint
    assert make_key().fingerprint in fingerprint["content"]


@pytest.mark.parametrize(
    ("name", "url"),
    [("a b", "https://x"), ("../x", "https://x"), ("", "https://x"), ("a", "what"),
     ("a", 'https://x/"'), ("a", "https://x/\\"), ("a", "https://x/ y")],
)  # fmt: skip
def test_names_and_addresses_that_pkg_could_not_use_are_refused(name: str, url: str) -> None:
    with pytest.raises(BadConfiguration):
        client_files(name, url, None)
