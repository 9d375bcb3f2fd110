"""FreeBSD packages: what a manifest says is read as pkg(8) reads it, or refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archive_makers as make
from rtinstall.runtime_bundle.archives import Archive, open_archive
from rtinstall.runtime_bundle.archives.freebsd_sums import read_sum
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import Dependency

NODE = "/usr/local/bin/node"
FILES = {NODE: b"node", "/usr/local/etc/npmrc": b"a=1\n"}
SHA256 = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}


def opened(folder: Path, **changes: object) -> Archive:
    """Open a package whose manifest says something else."""
    path = folder / "demo.pkg"
    path.write_bytes(make.freebsd(FILES, changes=changes))
    return open_archive(path)


def problems(archive: Archive) -> list[str]:
    for _ in archive.entries():
        pass
    return archive.problems


@pytest.mark.parametrize(
    "value",
    [
        "1${}",
        "{}",
        {"sum": "{}", "uname": "root", "gname": "wheel", "perm": "0755", "mtime": 1},
        {"sum": "1${}"},
        "",
        "-",
        {"uname": "root"},
        "3$a kind of digest that is not known yet",
    ],
)
def test_every_form_of_a_file_is_understood(tmp_path: Path, value: object) -> None:
    text = json.dumps(value)
    files = {name: json.loads(text.replace("{}", SHA256[name])) for name in FILES}
    assert problems(opened(tmp_path, files=files)) == []


def base32(data: bytes) -> str:
    """Encode as pkg does: five bits at a time, from the lowest of the first byte."""
    bits = "".join(f"{byte:08b}"[::-1] for byte in data)
    bits += "0" * (-len(bits) % 5)
    letters = "ybndrfg8ejkmcpqxot1uwisza345h769"
    return "".join(letters[int(bits[at : at + 5][::-1], 2)] for at in range(0, len(bits), 5))


ALGORITHMS = {"0": "sha256", "2": "blake2b", "5": "blake2s"}


@given(st.sampled_from(list(ALGORITHMS)), st.binary(max_size=100))
def test_digests_in_base32_are_read(kind: str, data: bytes) -> None:
    digest = hashlib.new(ALGORITHMS[kind], data)
    assert read_sum(f"{kind}${base32(digest.digest())}") == (ALGORITHMS[kind], digest.hexdigest())


def test_a_digest_that_pkg_wrote_is_read() -> None:
    """Of the five bytes ``node`` and a newline, by pkg 2.8."""
    written = (
        "2$jfkz8nq8yotgqfrcdkhw1ezqi8earcmamwugrpkdg1cbtyzcwd7aa7qss7rty17ieiy3wu4tpjjd7dgamszne"
        "8511yiamqg8eh1g8mn"
    )
    assert read_sum(written) == ("blake2b", hashlib.blake2b(b"node\n").hexdigest())


@pytest.mark.parametrize(
    "text",
    [
        "1$",
        "1$" + "0" * 63,
        "1$" + "g" * 64,
        "0" * 65,
        "nonsense",
        "0$" + "y" * 51,
        "2$" + "y" * 102,
        "2$" + "l" * 103,
        "2$" + "9" * 103,
        "2$" + "y" * 100_000,
        "5$" + "y" * 53,
    ],
)
def test_a_digest_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnsafeArchive):
        read_sum(text)


def test_what_is_said_to_people_and_of_dependencies_is_told(tmp_path: Path) -> None:
    archive = opened(
        tmp_path,
        desc="100%25 gr%c3%b6%c3%9fe",
        deps={
            "b": [{"origin": "x/b", "version": "1"}, {"origin": "x/b", "version": "2"}],
            "a": {"origin": "x/a", "version": 3},
        },
        shlibs_required=["libb.so.1", "liba.so.2"],
        messages=[{"message": "One"}, {"message": "Two", "type": "upgrade"}],
    )
    assert archive.metadata["desc"] == "100% größe"
    assert archive.metadata["messages"] == ["One", "Two"]
    assert archive.dependencies == (
        Dependency("package", "a", "3", "x/a"),
        Dependency("package", "b", "1", "x/b"),
        Dependency("package", "b", "2", "x/b"),
        Dependency("library", "liba.so.2"),
        Dependency("library", "libb.so.1"),
    )
    assert opened(tmp_path, messages="Just this").metadata["messages"] == "Just this"


@pytest.mark.parametrize(
    ("abi", "os", "release"),
    [
        ("FreeBSD:14:amd64", "freebsd", "14"),
        ("FreeBSD:15:*", "freebsd", "15"),
        ("dragonfly:5.10:x86:64", None, ""),
        ("*", None, ""),
    ],
)
def test_the_abi_says_for_which_system_it_is(
    tmp_path: Path, abi: str, os: str | None, release: str
) -> None:
    archive = opened(tmp_path, abi=abi)
    assert (archive.os, archive.os_release) == (os, release)


@pytest.mark.parametrize(
    "changes",
    [
        {"files": []},
        {"files": {NODE: 3}},
        {"files": {NODE: {"sum": 3}}},
        {"files": {NODE: "1$zz"}},
        {"files": {NODE: "", "/usr/local/bin//node": "", "usr/local/bin/node": ""}},
        {"files": {"/%ff": ""}},
        {"config": {}},
        {"config": [3]},
        {"config": ["/etc/passwd"]},
        {"directories": []},
        {"scripts": []},
        {"lua_scripts": "x"},
        {"deps": []},
        {"deps": {"a": "x/a"}},
        {"deps": {"a": [[]]}},
        {"deps": {"": {}}},
        {"deps": {"a\n": {}}},
        {"deps": {"a": {"version": "\x1b[31m"}}},
        {"shlibs_required": {}},
        {"shlibs_required": [3]},
        {"messages": {}},
        {"messages": ["text"]},
        {"messages": [{"type": "install"}]},
        {"name": ""},
        {"version": ["1"]},
        {"desc": "%ff"},
    ],
)
def test_a_manifest_of_another_shape_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(UnsafeArchive):
        opened(tmp_path, **changes)


def packed(folder: Path, *members: bytes) -> Archive:
    path = folder / "demo.pkg"
    path.write_bytes(make.pack(make.tar(*members), "gz"))
    return open_archive(path)


MANIFEST = {
    "name": "demo", "version": "1", "abi": "FreeBSD:14:amd64", "files": {NODE: SHA256[NODE]},
}  # fmt: skip


def manifest(**changes: object) -> bytes:
    return make.tar_member("+MANIFEST", json.dumps(MANIFEST | changes).encode())


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ((make.tar_member("/usr/local/bin/evil"),), "evil' is not in its manifest"),
        ((make.tar_member("/+evil"),), "evil' is not in its manifest"),
        ((make.tar_member("+LATE"),), "LATE' is not in its manifest"),
        ((make.tar_member("/x", flag=b"2", link=NODE),), "x' is not in its manifest"),
        ((make.tar_member(NODE, b"evil"),), "node' is in the package twice"),
        ((make.tar_member(f"/{NODE}", b"evil"),), "node' is in the package twice"),
    ],
)
def test_a_file_that_the_manifest_does_not_list_is_a_problem(
    tmp_path: Path, members: tuple[bytes, ...], problem: str
) -> None:
    found = problems(packed(tmp_path, manifest(), make.tar_member(NODE, b"node"), *members))
    assert any(problem in text for text in found), found


def test_a_manifest_that_says_a_thing_twice_is_refused(tmp_path: Path) -> None:
    """JSON's readers take the last, UCL's take both."""
    twice = json.dumps(MANIFEST)[:-1] + ', "name": "other"}'
    with pytest.raises(UnsafeArchive, match="says a thing twice"):
        packed(tmp_path, make.tar_member("+MANIFEST", twice.encode()))


def test_a_second_manifest_is_refused(tmp_path: Path) -> None:
    """pkg reads the first."""
    with pytest.raises(UnsafeArchive, match="two"):
        packed(tmp_path, manifest(), manifest(name="other"))


def test_what_pkg_passes_over_is_passed_over(tmp_path: Path) -> None:
    archive = packed(
        tmp_path, make.tar_member("+INSTALL", b"#!/bin/sh\n"), manifest(),
        make.tar_member(NODE, b"node"),
    )  # fmt: skip
    assert archive.metadata["name"] == "demo"
    assert problems(archive) == []


def test_nothing_is_hidden_behind_the_end_of_a_member(tmp_path: Path) -> None:
    member = make.tar_member(NODE, b"node")
    archive = packed(tmp_path, manifest(), member[:-1] + b"!")
    with pytest.raises(UnsafeArchive, match="hidden"):
        problems(archive)
