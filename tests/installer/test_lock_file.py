"""The lock as a file that anyone may have written: read strictly, written in one form."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.installer.lock_file import (
    LIMIT,
    Lock,
    Locked,
    LockedArchive,
    LockedPackage,
    archive_names,
    line_of,
    load,
    parse,
    written,
)
from rtinstall.runtime_bundle.errors import BadConfiguration, RtError
from rtinstall.runtime_bundle.targets import TARGETS
from rtinstall.runtime_bundle.versions import Version

KEY = "f" * 64
SIGNER = "C0D6248439F1D5604AAFFB4021D900FFDB233756"


def archive(version: str, target: str, digit: str = "a") -> LockedArchive:
    name = archive_names(Version.parse(version), target)[0]
    return LockedArchive(target, name, digit * 64, SIGNER)


def locked(version: str, *asked: str) -> Locked:
    archives = (archive(version, "linux-x64"), archive(version, "win-x64", "b"))
    packages = (
        LockedPackage(
            "freebsd-x64", "14", f"node24-{version}_1,2.pkg", f"blake2b:{'c' * 128}", KEY
        ),
        LockedPackage("freebsd-x64", "15", f"node24-{version}_1,2.pkg", f"sha256:{'d' * 64}"),
        LockedPackage("ibmi-ppc64", "", f"nodejs24-{version}-1.ppc64.rpm", f"sha256:{'e' * 64}"),
    )
    day = date(2024, 10, 29)
    return Locked(asked, Version.parse(version), day, "Jod", "10.9.0", archives, packages)


LOCK = Lock((locked("24.19.0", "24"), locked("22.11.0", "22", "lts/jod")))
TEXT = written(LOCK).decode()


def test_it_is_read_as_it_was_written() -> None:
    assert parse(TEXT) == LOCK
    assert written(parse(TEXT)) == written(LOCK)


def test_order_makes_no_difference() -> None:
    turned = Lock(tuple(reversed(LOCK.versions)))
    assert written(turned) == written(LOCK)


def test_a_changed_digest_changes_one_line() -> None:
    changed = TEXT.replace("b" * 64, "c" * 64, 1)
    pairs = zip(TEXT.splitlines(), changed.splitlines(), strict=True)
    assert sum(old != new for old, new in pairs) == 1


def test_an_empty_lock_is_one() -> None:
    assert parse(written(Lock()).decode()) == Lock()


@given(
    st.lists(
        st.builds(
            lambda major, minor, targets: Locked(
                (str(major),), Version(major, minor, 0), date(2026, 1, 1), "", "",
                tuple(
                    LockedArchive(t.name, n, f"{minor:064x}", "")
                    for t in targets for n in archive_names(Version(major, minor, 0), t.name)
                ),
            ),
            st.integers(4, 99), st.integers(0, 30), st.sets(st.sampled_from(TARGETS)),
        ),
        unique_by=lambda each: each.version, max_size=4,
    )
)  # fmt: skip
def test_whatever_is_written_is_read_again(versions: list[Locked]) -> None:
    data = written(Lock(tuple(versions)))
    assert written(parse(data.decode())) == data
    json.loads(data)


def changed(**more: object) -> Callable[[dict[str, object]], object]:
    return lambda table: {**table, **more}


def in_version(**more: object) -> Callable[[dict[str, object]], object]:
    def change(table: dict[str, object]) -> object:
        first, *others = table["versions"]  # type: ignore[misc]
        return {**table, "versions": [{**first, **more}, *others]}  # type: ignore[has-type]

    return change


def in_archive(**more: object) -> Callable[[dict[str, object]], object]:
    def change(table: dict[str, object]) -> object:
        first, *others = table["versions"]  # type: ignore[misc]
        archive, *rest = first["archives"]  # type: ignore[has-type]
        row = {**first, "archives": [{**archive, **more}, *rest]}  # type: ignore[has-type]
        return {**table, "versions": [row, *others]}  # type: ignore[has-type]

    return change


def in_package(**more: object) -> Callable[[dict[str, object]], object]:
    def change(table: dict[str, object]) -> object:
        packages = table["versions"][0]["packages"]  # type: ignore[index]
        return in_version(packages=[{**packages[0], **more}, *packages[1:]])(table)

    return change


NAME = "node-v24.19.0-linux-x64.tar.gz"
HOSTILE = {
    "another format": (changed(format=2), "format"),
    "no format": (changed(format=True), "format"),
    "a word for a format": (changed(format="1"), "format"),
    "an address": (changed(mirror="https://evil.example"), "unknown key 'mirror'"),
    "a source": (in_version(source="npm"), "unknown key 'source'"),
    "a hook": (in_archive(hook="rm"), "unknown key 'hook'"),
    "an address of an archive": (in_archive(url="https://evil.example"), "unknown key 'url'"),
    "no list": (changed(versions={}), "versions is no list"),
    "words for versions": (changed(versions=["24"]), "an object has to"),
    "a name that leads out": (in_archive(name="../../.bashrc"), "is no archive"),
    "an absolute name": (in_archive(name="/etc/passwd"), "is no archive"),
    "another target's name": (in_archive(name="node-v24.19.0-win-x64.zip"), "is no archive"),
    "another version's name": (in_archive(name="node-v18.0.0-linux-x64.tar.gz"), "is no archive"),
    "a name with a zero": (in_archive(name=f"{NAME}\0"), "is no archive"),
    "a name that is none": (in_archive(name=[NAME]), "is no archive"),
    "no such target": (in_archive(target="plan9-x64"), "no target"),
    "a short digest": (in_archive(sha256="ab"), "sha256 is"),
    "a digest with a line": (in_archive(sha256="a" * 64 + "\n"), "sha256 is"),
    "capitals": (in_archive(sha256="A" * 64), "sha256 is"),
    "a signer with an escape": (in_archive(signer="\x1b[31m"), "signer is"),
    "an address of a package": (in_package(url="https://evil.example"), "unknown key 'url'"),
    "a package that leads out": (in_package(name="node/../../x.pkg"), "is no package"),
    "another's package": (in_package(name="bash-5.2.pkg"), "is no package"),
    "a package of another system": (in_package(name="nodejs24-24.19.0-1.ppc64.rpm"), "no package"),
    "a package with a line": (in_package(name="node24-24.pkg\n"), "is no package"),
    "a package for Linux": (in_package(target="linux-x64", release=""), "is no package"),
    "no such release": (in_package(release="9"), "'9' is no release"),
    "any release": (in_package(release=""), "'' is no release"),
    "a list of releases": (in_package(release=["14"]), "is no release"),
    "a package twice": (in_package(release="15"), "twice"),
    "a digest that protects nothing": (in_package(digest="sha1:" + "a" * 40), "digest is"),
    "a digest of another length": (in_package(digest="blake2b:" + "a" * 64), "digest is"),
    "a digest without its kind": (in_package(digest="a" * 64), "digest is"),
    "a signer that is no key": (in_package(signer=SIGNER), "signer is"),
    "no list of packages": (in_version(packages={}), "packages is no list"),
    "a range": (in_version(version=">=1"), ""),
    "a version with a v": (in_version(version="v24.19.0"), "version is"),
    "a version that leads out": (in_version(version="../24"), ""),
    "a number": (in_version(version=24), "version is"),
    "no such day": (in_version(date="2026-02-30"), "date is"),
    "an npm with an escape": (in_version(npm="\x1b]0;evil\x07"), "npm is"),
    "a codename with a blank": (in_version(lts="J od"), "lts is"),
    "a command": (in_version(asked=["$(rm -rf ~)"]), ""),
    "a line in an expression": (in_version(asked=["22\n24"]), "asked"),
    "many expressions": (in_version(asked=[str(n) for n in range(30)]), "expressions"),
    "a number for an expression": (in_version(asked=[22]), "asked"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_no_lock_has_is_refused(case: str, tmp_path: Path) -> None:
    change, word = HOSTILE[case]
    path = tmp_path / "rtinstall.lock"
    path.write_text(json.dumps(change(json.loads(TEXT))))
    with pytest.raises(BadConfiguration) as caught:
        load(path)
    assert word in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "line 1 is not JSON"),
        (b"[" * 500_000, "JSON that anyone writes"),
        (b'{"format":' + b"1" * 10_000 + b"}", "JSON that anyone writes"),
        (b" " * (LIMIT + 1), "more than"),
        (TEXT.encode() + b"\0", "zero byte"),
        (b"\xff\xff\xff", "UTF-8"),
        (b"<<<<<<< HEAD\n" + TEXT.encode(), "line 1 is not JSON"),
        (TEXT.replace(' "format": 1,', ' "format": 1, "format": 1,').encode(), "twice"),
        (TEXT.replace('"22.11.0"', '"24.19.0"').replace("v22.11.0", "v24.19.0").encode(), "twice"),
        (TEXT.replace('   "npm": "10.9.0",\n', "").encode(), "npm is missing"),
        (TEXT.replace('"packages"', '"parcels"').encode(), "unknown key 'parcels'"),
        (TEXT[: len(TEXT) // 2].encode(), "is not JSON"),
        (b"null", "an object has to"),
        (b"NaN", "an object has to"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_lock_is_refused(data: bytes, word: str, tmp_path: Path) -> None:
    path = tmp_path / "rtinstall.lock"
    path.write_bytes(data)
    with pytest.raises(BadConfiguration, match=word):
        load(path)


def test_a_link_to_another_file_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password\n")
    (tmp_path / "rtinstall.lock").symlink_to(secret)
    with pytest.raises(BadConfiguration) as caught:
        load(tmp_path / "rtinstall.lock")
    assert "password" not in str(caught.value)


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_a_changed_character_is_another_lock_or_an_error(place: int, character: str) -> None:
    text = TEXT[:place] + character + TEXT[place + 1 :]
    try:
        written(parse(text))
    except RtError as error:
        assert isinstance(error, BadConfiguration)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("24", "24.19.0"), ("22", "22.11.0"), ("lts/jod", "22.11.0"), ("22.11", "22.11.0"),
        ("v22.11.0", "22.11.0"), (">=20 <23", "22.11.0"), (">=20", "24.19.0"), ("18", None),
        ("22.12", None), ("latest", None), ("lts", None), ("system", None), ("ours", None),
    ],
)  # fmt: skip
def test_it_covers_what_was_asked_for_and_what_fits(text: str, version: str | None) -> None:
    found = LOCK.covering(text)
    assert (str(found.version) if found else None) == version


def test_a_version_is_found_in_its_line() -> None:
    line = TEXT.splitlines()[line_of(TEXT, Version(22, 11, 0)) - 1]
    assert '"version": "22.11.0"' in line
