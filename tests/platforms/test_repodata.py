"""The catalogue of a repository: held against createrepo_c, an independent reader, and rpm itself."""

from __future__ import annotations

import gzip
import os
import stat
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from bundles import small_bundle
from oracles import run, tool
from readers import repodata
from readers.repodata import Package, Repository
from rpm_maker import Made, ibmi_world, linux, nodejs
from rpms import content, settings
from rtinstall.platforms.containers.rpm_header import int32, strings
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.repodata.catalogue import FILES
from rtinstall.platforms.repodata.client import repo_file
from rtinstall.platforms.repodata.elements import ELEMENT, Compat, encoded, head, tail
from rtinstall.platforms.repodata.facts import describe
from rtinstall.platforms.terminal import Terminal
from rtinstall.platforms.yum_folder import publish
from rtinstall.runtime_bundle.archives.rpm import read_rpm
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotExpressible,
    NotReadable,
    RtError,
    UnsafeArchive,
    VerificationFailed,
    WrongBinary,
)

QUIET = Terminal(None, quiet=True)
SPEC = """\
Name: hard
Epoch: 3
Version: 1.0~rc1
Release: 2
Summary: Words & <signs> "quoted" größe
License: MIT
Vendor: Somebody <x@example.com>
Packager: Someone
URL: https://example.com/?a=1&b=2
BuildArch: noarch
Requires: a >= 1:2-3, b < 2, a >= 1:2-3, (c or d), /usr/bin/env, hard-lib, /usr/bin/hard
Requires(pre): shadow
Requires(post): ldconfig
Requires(preun): shadow
Recommends: rec >= 1
Suggests: sug
Supplements: sup = 2
Enhances: enh
Provides: hard-lib = 1, virtual(x)
Conflicts: con <= 4
Obsoletes: old < 1:0.9
%description
Line one.

  indented <b> & more
%install
mkdir -p %{buildroot}/etc/hard %{buildroot}/usr/bin %{buildroot}/usr/lib %{buildroot}/var/x
echo a > %{buildroot}/etc/hard/conf
echo b > %{buildroot}/usr/bin/hard
ln -s hard %{buildroot}/usr/bin/link
echo c > "%{buildroot}/usr/lib/sp ace"
%pre
exit 0
%post
exit 0
%files
%dir /etc/hard
%config(noreplace) /etc/hard/conf
/usr/bin/hard
/usr/bin/link
"/usr/lib/sp ace"
%ghost /var/x/ghost
%dir /var/x
%changelog
"""
CHANGES = "".join(
    f"* Mon Jan {day:02} 2026 A <a@example.com> - 3:1.0-{day}\n- change & <{day}>\n"
    for day in (26, 19, 12, 5)
) + "".join(
    f"* Mon {month} 2025 B <b@example.com>\n- older\n"
    for month in ("Dec 29", "Dec 22", "Dec 15", "Dec 08", "Dec 01", "Nov 24", "Nov 17", "Nov 10")
)


def written(
    root: Path, *files: Path, compat: Compat = "dnf", epoch: int | None = None
) -> Repository:
    publish(root, files, compat, epoch, QUIET)
    return repodata.read(root)


def put(folder: Path, *every: Made) -> list[Path]:
    folder.mkdir(exist_ok=True, parents=True)
    paths = []
    for made in every:
        path = folder / made.file
        path.write_bytes(made.data())
        paths.append(path)
    return paths


def snapshot(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def ours(folder: Path, *versions: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for version in versions:
        package = rpm.package(small_bundle(version=version), settings())
        path = folder / rpm.filename(package)
        path.write_bytes(content(package))
        paths.append(path)
    return paths


# createrepo_c writes the same of the same folder.


def comparable(package: Package) -> Package:
    """Return what two writers must agree on: not the time of a file on disk, nor libc's lesser symbols.

    Of all versions of libc.so.6 that a package needs, createrepo_c lists the highest alone.
    """
    facts = {name: dict(values) for name, values in package.facts.items()}
    facts["time"].pop("file")
    relations = {
        kind: sorted(
            entry
            for entry in entries
            if kind != "requires" or not dict(entry)["name"].startswith("libc.so.6")
        )
        for kind, entries in package.relations.items()
    }
    return replace(package, facts=facts, relations=relations)


def check_same(root: Path, ours: Repository, *options: str) -> None:
    for path in root.rglob("*.rpm"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    run("createrepo_c", "--quiet", "--outputdir", root, *options, root)
    theirs = repodata.read(root)
    assert {each.pkgid: comparable(each) for each in ours.packages} == {
        each.pkgid: comparable(each) for each in theirs.packages
    }
    libc = {
        entry for each in theirs.packages for entry in each.relations.get("requires", ())
        if dict(entry)["name"].startswith("libc.so.6")
    }  # fmt: skip
    assert libc <= {e for each in ours.packages for e in each.relations.get("requires", ())}


def test_createrepo_c_says_the_same_of_our_packages(tmp_path: Path) -> None:
    tool("createrepo_c")
    found = written(tmp_path / "repo", *ours(tmp_path, "24.18.0", "24.19.0", "25.0.0-rc.1"))
    assert len(found.packages) == 3
    check_same(tmp_path / "repo", found)


def test_createrepo_c_says_the_same_of_packages_for_ibm_i(tmp_path: Path) -> None:
    tool("createrepo_c")
    found = written(tmp_path / "repo", *put(tmp_path, *ibmi_world()), compat="ibmi")
    assert sorted(each.href.partition("/")[0] for each in found.packages) == [
        "fat", "ppc64", "ppc64", "ppc64",
    ]  # fmt: skip
    check_same(tmp_path / "repo", found)


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give packages that rpmbuild made, with everything that a spec file can say; and a source package."""
    folder = tmp_path_factory.mktemp("rpmbuild")
    (folder / "hard.spec").write_text(SPEC + CHANGES)
    run(
        "rpmbuild", "-ba", "--quiet", "--define", f"_topdir {folder}", folder / "hard.spec",
        env={"HOME": str(folder)},
    )  # fmt: skip
    return [*folder.glob("RPMS/*/*.rpm"), *folder.glob("SRPMS/*.rpm")]


def test_createrepo_c_says_the_same_of_what_rpmbuild_makes(
    tmp_path: Path, hard: list[Path]
) -> None:
    tool("createrepo_c")
    found = written(tmp_path / "repo", *hard)
    arches = {each.texts["arch"]: each for each in found.packages}
    package = arches["noarch"]
    assert set(arches) == {"noarch", "src"}
    assert package.texts["summary"] == 'Words & <signs> "quoted" größe'
    assert package.facts["version"] == {"epoch": "3", "ver": "1.0~rc1", "rel": "2"}
    assert {"recommends", "suggests", "supplements", "enhances"} <= set(package.relations)
    assert ("/var/x/ghost", "ghost") in package.files
    assert len(package.changes) == 10
    check_same(tmp_path / "repo", found)


def test_rpm_says_the_same_of_the_header(tmp_path: Path) -> None:
    (path,) = ours(tmp_path, "24.19.0")
    (package,) = written(tmp_path / "repo", path).packages
    query = "%{NAME}|%{ARCH}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{SIZE}|%{ARCHIVESIZE}|%{BUILDTIME}"
    name, arch, epoch, version, release, size, archive, built = run(
        "rpm", "-qp", "--qf", query, path
    ).split("|")
    assert (package.texts["name"], package.texts["arch"]) == (name, arch)
    assert package.facts["version"] == {"epoch": epoch, "ver": version, "rel": release}
    assert package.facts["size"]["installed"] == size
    assert package.facts["size"]["archive"] == archive
    assert package.facts["time"] == {"file": built, "build": built}
    listed = run("rpm", "-qpl", path).splitlines()
    assert [name for name, _ in package.files] == listed
    data = path.read_bytes()
    start, end = (int(package.facts["header-range"][key]) for key in ("start", "end"))
    assert data[start : start + 4] == bytes.fromhex("8eade801")
    assert data[end : end + 4] == bytes.fromhex("28b52ffd")  # Zstandard: the payload


def test_every_file_is_well_formed(tmp_path: Path, hard: list[Path]) -> None:
    root = tmp_path / "repo"
    names = written(root, *hard, *ours(tmp_path, "24.19.0")).names
    for name in ("repodata/repomd.xml", *names.values()):
        data = (root / name).read_bytes()
        plain = tmp_path / "plain.xml"
        plain.write_bytes(gzip.decompress(data) if name.endswith(".gz") else data)
        run("xmllint", "--noout", plain)


def test_what_no_xml_can_hold_is_left_out(tmp_path: Path) -> None:
    made = linux("odd", summary="a\x01b\x1b[31m\ufffe]]>&amp;")
    made = replace(made, more={1080: int32(1), 1081: strings(["x\ny"]), 1082: strings(["\x02-"])})
    (package,) = written(tmp_path / "repo", *put(tmp_path, made)).packages
    assert package.texts["summary"] == "ab[31m]]>&amp;"
    assert package.changes == [("1", "x\ny", "-")]


# For yum 3.4.


def test_a_catalogue_for_ibm_i_has_no_weak_dependencies(tmp_path: Path) -> None:
    kinds = ("recommends", "suggests", "supplements", "enhances")
    weak: dict[str, tuple[str, ...]] = dict.fromkeys(kinds, ("x", "(a or b)"))
    made = nodejs(relations={"requires": ("libz1",), **weak})
    (package,) = written(tmp_path / "repo", *put(tmp_path, made), compat="ibmi").packages
    assert set(package.relations) == {"provides", "requires"}


REFUSED: dict[str, tuple[Compat, Made, type[RtError], str]] = {
    "Linux for IBM i": ("ibmi", linux("x"), WrongBinary, "is for 'linux', not for IBM i"),
    "AIX for IBM i": ("ibmi", Made("x", os="aix7.2"), WrongBinary, "is for 'aix7.2'"),
    "IBM i for Linux": ("dnf", nodejs(), WrongBinary, r"is for IBM i \(ibmi7.3\)"),
    "a rich requirement": (
        "ibmi", nodejs(relations={"requires": ("(a or b)",)}), NotExpressible, r"requires \(a or b\)"
    ),
    "a rich conflict": (
        "ibmi", nodejs(relations={"conflicts": ("(a if b)",)}), NotExpressible, r"conflicts \(a if"
    ),
    "Zstandard": (
        "ibmi", nodejs(relations={"requires": ("rpmlib(PayloadIsZstd) <= 5.4.18-1",)}),
        NotExpressible, r"needs rpmlib\(PayloadIsZstd\)",
    ),
    "a malformed list": (
        "dnf", linux("x", more={1049: strings(["a", "b"])}), UnsafeArchive, "malformed"
    ),
    "a malformed change log": ("dnf", linux("x", more={1080: int32(1)}), UnsafeArchive, "change log"),
}  # fmt: skip


@pytest.mark.parametrize(("compat", "made", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_a_package_that_does_not_belong_there_changes_nothing(
    tmp_path: Path, compat: Compat, made: Made, error: type[RtError], text: str
) -> None:
    root = tmp_path / "repo"
    good = nodejs("18.1.0") if compat == "ibmi" else linux("good")
    publish(root, put(tmp_path, good), compat, None, QUIET)
    before = snapshot(root)
    with pytest.raises(error, match=text):
        publish(root, put(tmp_path / "bad", made), compat, None, QUIET)
    assert snapshot(root) == before


# A folder, run after run.


def test_packages_lie_where_people_expect_them(tmp_path: Path) -> None:
    assert [each.href for each in written(tmp_path / "a", *put(tmp_path, linux("x"))).packages] == [
        "Packages/x-1.0-1.x86_64.rpm"
    ]
    found = written(
        tmp_path / "b", *put(tmp_path, nodejs(), Made("n", arch="noarch")), compat="ibmi"
    )
    assert [each.href for each in found.packages] == [
        "noarch/n-1.0-1.ibmi7.3.noarch.rpm", "ppc64/nodejs20-20.11.1-1.ibmi7.3.ppc64.rpm",
    ]  # fmt: skip


def test_what_lies_in_the_folder_is_found_wherever_it_is(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    put(root / "x86_64/n", linux("a"))
    put(root, linux("b"))
    found = written(root, root / linux("b").file)
    assert [each.href for each in found.packages] == [
        "b-1.0-1.x86_64.rpm", "x86_64/n/a-1.0-1.x86_64.rpm",
    ]  # fmt: skip


def test_the_same_packages_are_the_same_bytes(tmp_path: Path) -> None:
    files = put(tmp_path / "in", linux("a", built=5), linux("b", built=9), linux("c"))
    written(tmp_path / "one", *files)
    before = os.umask(0o077)
    try:
        for file in reversed(files):
            os.utime(file, (1, 1))
            publish(tmp_path / "two", [file], "dnf", None, QUIET)
    finally:
        os.umask(before)
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    assert stat.S_IMODE((tmp_path / "one/repodata/repomd.xml").stat().st_mode) == 0o644


def test_times_are_those_of_the_packages_or_the_one_that_was_asked_for(tmp_path: Path) -> None:
    files = put(tmp_path, linux("a", built=5), linux("b", built=9))
    found = written(tmp_path / "repo", *files)
    assert (found.revision, found.timestamps) == ("9", {"9"})
    assert [each.facts["time"]["file"] for each in found.packages] == ["5", "9"]
    found = written(tmp_path / "repo", epoch=77)
    assert (found.revision, found.timestamps) == ("77", {"77"})
    assert [each.facts["time"]["file"] for each in found.packages] == ["5", "9"]


def test_a_repository_may_be_empty(tmp_path: Path) -> None:
    found = written(tmp_path / "repo")
    assert (found.packages, found.revision) == ([], "0")


def test_the_catalogue_before_is_removed_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    first = written(root, *put(tmp_path, linux("a")))
    (root / "repodata/notes.txt").write_text("mine")
    (root / "repodata/repomd.xml.asc").write_text("a signature")
    assert written(root).names == first.names
    assert (root / "repodata/repomd.xml.asc").exists(), "nothing has changed"
    second = written(root, *put(tmp_path, linux("b")))
    assert {path.name for path in (root / "repodata").iterdir()} == {
        "notes.txt", "repomd.xml", *(name.removeprefix("repodata/") for name in second.names.values()),
    }  # fmt: skip
    assert not set(first.names.values()) & set(second.names.values())


def test_a_catalogue_of_createrepo_c_is_replaced_unless_it_has_more(tmp_path: Path) -> None:
    tool("createrepo_c")
    root = tmp_path / "repo"
    put(root, linux("a"))
    run("createrepo_c", "--quiet", "--database", root)
    assert set(written(root).names) == {"primary", "filelists", "other"}
    repomd = root / "repodata/repomd.xml"
    repomd.write_text(repomd.read_text().replace('type="other"', 'type="updateinfo"'))
    with pytest.raises(BadConfiguration, match="'updateinfo', which would be lost"):
        publish(root, [], "dnf", None, QUIET)
    repomd.write_text("<html>")
    with pytest.raises(NotReadable, match="is no catalogue"):
        publish(root, [], "dnf", None, QUIET)


def test_the_same_version_twice_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    put(root / "a", linux("x"))
    put(root / "b", linux("x", summary="Another"))
    with pytest.raises(BadConfiguration, match=r"x-1\.0-1\.x86_64 is there twice: a/x.*b/x"):
        publish(root, [], "dnf", None, QUIET)
    assert not (root / "repodata").exists()


def test_a_published_file_is_never_replaced_by_another(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    files = put(tmp_path, linux("x"))
    written(root, *files)
    written(root, *files)
    with pytest.raises(BadConfiguration, match="is there, with other contents"):
        publish(root, put(tmp_path / "other", linux("x", summary="Another")), "dnf", None, QUIET)
    with pytest.raises(BadConfiguration, match="two files are called"):
        publish(tmp_path / "two", [*files, *put(tmp_path / "o", linux("x"))], "dnf", None, QUIET)


@pytest.mark.parametrize("place", ["given", "there"])
@pytest.mark.parametrize("at", [-1, -30, 500, 200], ids=lambda at: f"byte {at}")
def test_a_damaged_package_changes_nothing(tmp_path: Path, at: int, place: str) -> None:
    root = tmp_path / "repo"
    written(root, *put(tmp_path, linux("good")))
    (bad,) = put(tmp_path / "in" if place == "given" else root / "more", linux("bad"))
    data = bytearray(bad.read_bytes())
    data[at] ^= 1
    bad.write_bytes(data)
    before = snapshot(root)
    with pytest.raises((VerificationFailed, UnsafeArchive)):
        publish(root, [bad] if place == "given" else [], "dnf", None, QUIET)
    assert snapshot(root) == before


def test_what_is_no_rpm_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.rpm").write_bytes(b"no rpm at all")
    (tmp_path / "x.deb").write_bytes(linux("x").data())
    with pytest.raises(UnsafeArchive):
        publish(tmp_path / "a", [tmp_path / "x.rpm"], "dnf", None, QUIET)
    with pytest.raises(BadConfiguration, match="no name of an rpm"):
        publish(tmp_path / "a", [tmp_path / "x.deb"], "dnf", None, QUIET)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/y.rpm").write_bytes(b"PK\x03\x04")
    with pytest.raises(RtError):
        publish(tmp_path / "b", [], "dnf", None, QUIET)


@given(st.data())
@settings_of_hypothesis(max_examples=300, deadline=None)
def test_no_header_causes_anything_but_an_error(data: st.DataObject) -> None:
    relations = dict.fromkeys(("requires", "conflicts", "recommends"), ("a >= 1:2-3",))
    whole = bytearray(linux("x", files={"/usr/bin/x": b"x"}, relations=relations).data())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(96, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(RtError):
        listed = describe(read_rpm(BytesIO(whole)), href="x.rpm", sha256="0" * 64, size=1)
        for file in FILES:
            ElementTree.fromstring(
                head(file, 1) + encoded(ELEMENT[file](listed, "dnf")) + tail(file)
            )


# What clients are told.


@pytest.mark.parametrize(
    ("compat", "path"),
    [("dnf", "/etc/yum.repos.d/own.repo"), ("ibmi", "/QOpenSys/etc/yum/repos.d/own.repo")],
)
def test_a_repo_file_says_where_it_belongs(compat: Compat, path: str) -> None:
    found, text = repo_file("own", "https://example.com/rpms?token=x", compat)
    assert found == path
    assert text.startswith("[own]\nname=own\nbaseurl=https://example.com/rpms?token=x\nenabled=1\n")
    assert text.endswith("\ngpgcheck=0\n")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a]\n[b", "https://x.example"),
        ("", "https://x.example"),
        ("../x", "https://x.example"),
        ("own", "https://x.example\ngpgcheck=1"),
        ("own", "ftp://x.example"),
        ("own", "x"),
    ],
)
def test_a_name_or_address_that_would_write_another_file_is_refused(name: str, url: str) -> None:
    with pytest.raises(BadConfiguration):
        repo_file(name, url, "dnf")
