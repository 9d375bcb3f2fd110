"""The rpm for IBM i: what is in it, where it stands, what it needs, and what is refused.

No IBM i runs here. Its rpm is a 4.13 and its yum a 3.4: the judges are Debian's rpm and, where
``RTINSTALL_RPM413`` names one, an rpm 4.13 built from the project's source.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from bundles import small_bundle
from ibmi import NEEDED, made, runtime
from oracles import attempt, run, tool
from readers import rpm as reader
from roots import needs_root, on_disk, rpm_in
from rpms import build, check_dump, content, flipped, full_mode, listing, owned, size_of
from rtinstall.platforms.check import check_artifact
from rtinstall.platforms.ibmi import rpm
from rtinstall.platforms.linux import rpm as linux_rpm
from rtinstall.platforms.manifest import describe_entry
from rtinstall.platforms.package import Effort, IbmI, Metadata
from rtinstall.platforms.rpm import writer
from rtinstall.platforms.rpm.profile import Profile
from rtinstall.platforms.settings import Settings, parse
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotExpressible,
    NotPublished,
    RtError,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import Bundle, Dependency, File, Slice, Symlink, tree
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.targets import target_named
from world.rtbuild import FAST, Desk

HOME = "/QOpenSys/pkgs/lib/nodejs24"
NAME = "nodejs24-24.19.0-1.ibmi7.3.ppc64.rpm"
CONFIG, DOC, NOREPLACE, LICENSE = 1, 2, 16, 128
PEM = b"-----BEGIN CERTIFICATE-----\n"

each_rpm = pytest.mark.parametrize("judge", ["rpm", "rpm413"])

# What it is.


def test_the_header_says_what_rpm_on_ibm_i_asks_for() -> None:
    found = reader.read(content(rpm.package(runtime(), Settings())))
    assert {number: found.tag(number) for number in (1000, 1001, 1002, 1003, 1021, 1022)} == {
        1000: "nodejs24", 1001: "24.19.0", 1002: "1", 1003: None, 1021: "ibmi7.3", 1022: "ppc64",
    }  # fmt: skip
    assert (found.codec, found.tag(1126)) == ("gzip", "9")
    assert {(item.user, item.group) for item in found.items} == {("qsys", "*none")}
    assert found.tag(1081) == ["rtinstall <packages@rtinstall.invalid> - 24.19.0-1"]


@pytest.mark.parametrize(
    ("version", "revision", "release", "name"),
    [
        ("24.19.0", 1, "7.3", NAME),
        ("22.1.0", 3, "7.5", "nodejs22-22.1.0-3.ibmi7.5.ppc64.rpm"),
        ("25.0.0-rc.1", 1, "7.3", "nodejs25-25.0.0~rc.1-1.ibmi7.3.ppc64.rpm"),
    ],
)
def test_the_file_is_named_as_ibm_names_its_own(
    version: str, revision: int, release: str, name: str
) -> None:
    metadata = Metadata(revision=revision, ibmi=IbmI(release))
    assert rpm.filename(rpm.package(runtime(version), Settings(metadata))) == name


@pytest.mark.parametrize(
    ("wanted", "built", "stated"),
    [("", "", "7.3"), ("", "7.4", "7.4"), ("7.5", "7.4", "7.5"), ("7.4", "", "7.4")],
)
def test_it_is_for_the_release_asked_for_or_its_runtimes(
    wanted: str, built: str, stated: str
) -> None:
    bundle = replace(runtime(), os_release=built)
    package = rpm.package(bundle, Settings(Metadata(ibmi=IbmI(wanted))))
    assert reader.read(content(package)).tag(1021) == f"ibmi{stated}"


def test_it_needs_what_its_runtime_needs_and_nothing_that_no_package_has() -> None:
    found = reader.read(content(rpm.package(runtime(), Settings())))
    assert [(r.name, r.flags, r.version) for r in found.requires] == [
        ("lib:/QOpenSys/pkgs/lib/libz.so.1(shr_64.o)(ppc64)", 0, ""),
        ("libopenssl3", 12, "3.0.0-1"),
        ("rpmlib(CompressedFileNames)", 0x0100000A, "3.0.4-1"),
        ("rpmlib(FileDigests)", 0x0100000A, "4.6.0-1"),
        ("rpmlib(PayloadFilesHavePrefix)", 0x0100000A, "4.0-1"),
    ]
    assert (found.conflicts, found.obsoletes) == ([], [])
    assert not found.header.values.keys() & {5046, *range(1023, 1027), *range(1085, 1089)}


def test_rpm_shows_what_it_provides(tmp_path: Path) -> None:
    printed = run("rpm", "-qp", "--provides", made(tmp_path)[1])
    assert printed.splitlines() == [
        "nodejs(abi) = 137", "nodejs(engine) = 24.19.0", "nodejs24 = 24.19.0-1", "npm(npm) = 11.6.2",
    ]  # fmt: skip


def test_a_prerelease_says_that_it_has_a_tilde() -> None:
    found = reader.read(content(rpm.package(runtime("25.0.0-rc.1"), Settings())))
    assert "rpmlib(TildeInVersions)" in [relation.name for relation in found.requires]


# What is in it.


def settings() -> Settings:
    extra = (File.of("QOpenSys/etc/acme/node.conf", b"a\n"),)
    return Settings(npmrc=b"registry=https://npm.example/\n", certificates=PEM, extra=extra)


def test_reader_and_package_agree_on_every_entry() -> None:
    package = rpm.package(runtime(), settings())
    found = reader.read(content(package))
    expected = owned(package)
    assert [item.path for item in found.items] == sorted(expected, key=str.encode)
    for item in found.items:
        entry = expected[item.path]
        assert (item.mode, item.size, item.time) == (full_mode(entry), size_of(entry), package.time)
        if isinstance(entry, File):
            assert item.data == b"".join(entry.content.chunks())
        assert item.target == (entry.target if isinstance(entry, Symlink) else "")


def test_all_is_below_its_own_folder_and_no_other_folder_is_its_own() -> None:
    items = reader.read(content(rpm.package(runtime(), settings()))).items
    outside = {item.path for item in items if not f"{item.path}/".startswith(f"{HOME}/")}
    assert outside == {"/QOpenSys/etc/acme/node.conf"}
    paths = {item.path for item in items}
    assert {HOME, f"{HOME}/bin/node", f"{HOME}/bin/npm", f"{HOME}/LICENSE"} <= paths
    assert {f"{HOME}/share/man/man1/node.1.gz", f"{HOME}/share/doc/node/gdbinit"} <= paths
    assert f"{HOME}/share/man/man1/node.1" not in paths
    for entry in runtime().entries:
        assert f"{HOME}/{entry.path}" in paths or entry.path.startswith("share/man/")


def test_configuration_is_where_npm_looks_for_it_and_is_marked() -> None:
    flags = {
        item.path: item.flags for item in reader.read(content(rpm.package(runtime(), settings()))).items
    }  # fmt: skip
    marked = {path: flag for path, flag in flags.items() if flag and flag != DOC}
    assert marked == {
        f"{HOME}/etc/npmrc": CONFIG | NOREPLACE,
        f"{HOME}/etc/nodejs/ca-certificates.pem": CONFIG | NOREPLACE,
        "/QOpenSys/etc/acme/node.conf": CONFIG | NOREPLACE,
        f"{HOME}/LICENSE": LICENSE,
    }
    documents = {path.removeprefix(f"{HOME}/") for path, flag in flags.items() if flag == DOC}
    assert {"README.md", "CHANGELOG.md", "share/doc/node/gdbinit"} <= documents
    assert "share/man/man1/npm.1.gz" in documents


@each_rpm
def test_rpm_lists_the_same_as_the_package(tmp_path: Path, judge: str) -> None:
    package, path = made(tmp_path, settings())
    check_dump(run(judge, "-qp", "--dump", path), package, "qsys", "*none")


def test_cpio_and_bsdtar_list_the_same_as_the_package(tmp_path: Path) -> None:
    package, path = made(tmp_path)
    sizes = {name: size_of(entry) for name, entry in owned(package).items()}
    payload = subprocess.run([tool("rpm2cpio"), path], capture_output=True, check=True).stdout
    listed = subprocess.run(
        [tool("cpio"), "-tv", "--quiet"], input=payload, capture_output=True, check=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    for text in (listed.stdout.decode(), run("bsdtar", "-tvf", path)):
        assert {name: size for name, (_, size, _) in listing(text, 4).items()} == sizes


# What keeps it whole.


@each_rpm
def test_rpm_finds_every_digest_right(tmp_path: Path, judge: str) -> None:
    lines = run(judge, "-Kv", made(tmp_path, settings())[1]).splitlines()[1:]
    kinds = {line.strip().partition(" digest: OK")[0] for line in lines}
    assert {"Header SHA1", "MD5"} <= kinds
    assert judge != "rpm" or {"Header SHA256", "Payload SHA256"} <= kinds
    assert all(" digest: OK" in line for line in lines)


def test_a_byte_flipped_anywhere_is_detected(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    for number, broken in enumerate(flipped(path.read_bytes())):
        (tmp_path / f"{number:08}.broken").write_bytes(broken)
    files = sorted(tmp_path.glob("*.broken"))
    result = attempt("rpm", "-K", *files)
    assert result.returncode == len(files), result.stdout
    assert "digests OK" not in result.stdout


def test_what_was_written_wrong_does_not_leave_the_build(tmp_path: Path) -> None:
    package, path = made(tmp_path)
    check_artifact(path, package, Effort())
    for number, broken in enumerate(flipped(path.read_bytes())):
        changed = tmp_path / f"{number}.rpm"
        changed.write_bytes(broken)
        with pytest.raises(RtError):
            check_artifact(changed, package, Effort())


SCRIPT = """
import hashlib, os, sys
os.umask(int(sys.argv[1], 8))
from ibmi import runtime
from rpms import content
from rtinstall.platforms.ibmi import rpm
from rtinstall.platforms.settings import Settings
package = rpm.package(runtime(), Settings())
print(hashlib.sha256(content(package, jobs=int(sys.argv[2]))).hexdigest())
"""


def test_the_machine_leaves_no_trace_in_the_bytes_and_the_level_neither(tmp_path: Path) -> None:
    def digest(umask: str, jobs: str, **environment: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, umask, jobs],
            capture_output=True, check=True, text=True, cwd=tmp_path,
            env={"PYTHONPATH": ":".join(sys.path), **environment},
        ).stdout  # fmt: skip

    assert digest("022", "1", PYTHONHASHSEED="1", TZ="UTC") == digest(
        "077", "3", PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C", USER="other"
    )
    package = rpm.package(runtime(), Settings())
    assert content(package, "fast") == content(package, "max")


# On a machine.


@needs_root
@each_rpm
def test_majors_stand_side_by_side_and_leave_nothing(tmp_path: Path, judge: str) -> None:
    packages = {v: rpm.package(runtime(v), Settings()) for v in ("22.1.0", "24.18.0", "24.19.0")}
    files = {version: build(package, tmp_path) for version, package in packages.items()}
    assert set(owned(packages["22.1.0"])).isdisjoint(owned(packages["24.19.0"]))
    root = machine(tmp_path)
    install = ("--ignoreos", "--ignorearch", "--nodeps")
    rpm_in(root, "-i", *install, files["22.1.0"], files["24.18.0"], rpm=judge)
    before = {path: what for path, what in on_disk(root, *SYSTEM) if "nodejs22" in path}
    rpm_in(root, "-U", *install, files["24.19.0"], rpm=judge)
    assert set(rpm_in(root, "-qa", rpm=judge).split()) == {
        "nodejs22-22.1.0-1.ppc64", "nodejs24-24.19.0-1.ppc64",
    }  # fmt: skip
    for name, entry in owned(packages["24.19.0"]).items():
        assert (root / name[1:]).lstat().st_mode == full_mode(entry)
    rpm_in(root, "-V", "--nodeps", "nodejs22", "nodejs24", rpm=judge)
    (root / HOME[1:] / "README.md").write_bytes(b"# Changed\n")
    verify = ("--root", root, "--dbpath", "/var/lib/rpm", "-V", "--nodeps", "nodejs24")
    changed = [line for line in attempt(judge, *verify).stdout.splitlines() if "QOpenSys" in line]
    assert [line.split()[-1] for line in changed] == [f"{HOME}/README.md"]
    assert changed[0][2] == "5"

    rpm_in(root, "-e", "nodejs24", rpm=judge)
    assert {path: what for path, what in on_disk(root, *SYSTEM) if "nodejs" in path} == before
    rpm_in(root, "-e", "nodejs22", rpm=judge)
    assert [path for path, _ in on_disk(root, *SYSTEM)] == [
        "QOpenSys", "QOpenSys/pkgs", "QOpenSys/pkgs/lib",
    ]  # fmt: skip


SYSTEM = ("dev", "etc", "tmp", "var")


def machine(folder: Path) -> Path:
    """Make a root directory that knows IBM i's owner and group."""
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text("qsys:x:0:0::/:/bin/sh\n")
    (root / "etc/group").write_text("*none:x:0:\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\n")
    return root


@needs_root
@each_rpm
def test_a_changed_npmrc_is_kept_by_an_upgrade(tmp_path: Path, judge: str) -> None:
    root = machine(tmp_path)
    for version in ("24.18.0", "24.19.0"):
        npmrc = f"registry=https://{version}.example/\n".encode()
        package = rpm.package(runtime(version), Settings(npmrc=npmrc))
        options = ("-U", "--ignoreos", "--ignorearch", "--nodeps")
        rpm_in(root, *options, build(package, tmp_path), rpm=judge)
        there = root / f"{HOME[1:]}/etc/npmrc"
        if version == "24.18.0":
            there.write_bytes(b"registry=https://mine.example/\n")
    assert there.read_bytes() == b"registry=https://mine.example/\n"
    assert there.with_name("npmrc.rpmnew").read_bytes() == b"registry=https://24.19.0.example/\n"


@needs_root
@each_rpm
def test_rpm_misses_what_it_needs_and_the_system_it_is_for(tmp_path: Path, judge: str) -> None:
    _, path = made(tmp_path)
    root = machine(tmp_path)
    where = ("--root", root, "--dbpath", "/var/lib/rpm", "-i")
    needs = attempt(judge, *where, "--ignoreos", "--ignorearch", path).stderr
    for item in NEEDED:
        assert f"{item.name} {item.version}".strip() + " is needed by nodejs24" in needs
    assert "rpmlib" not in needs
    other = attempt(judge, *where, "--ignorearch", "--nodeps", path).stderr
    assert "intended for a different operating system" in other


def test_createrepo_reads_it(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    made(repository)
    run("createrepo_c", "--quiet", "--compress-type", "gz", repository)
    (primary,) = (repository / "repodata").glob("*primary.xml.gz")
    text = run("gzip", "-dc", primary)
    assert f'<location href="{NAME}"/>' in text
    assert '<version epoch="0" ver="24.19.0" rel="1"/>' in text
    assert '<rpm:entry name="libopenssl3" flags="GE" epoch="0" ver="3.0.0" rel="1"/>' in text
    assert f"<file>{HOME}/bin/node</file>" in text


RPMLINT = {
    "no-signature": "signing is a step of its own, after the package is built",
    "no-binary": "rpmlint takes no XCOFF for an executable",
    "env-script-interpreter": "npm runs with the node that is first in PATH",
    "zero-length": "npm ships some",
}


def test_rpmlint_finds_no_error_without_a_reason(tmp_path: Path) -> None:
    printed = attempt("rpmlint", made(tmp_path)[1]).stdout.splitlines()
    errors = {line.split()[2] for line in printed if " E: " in line}
    assert errors <= RPMLINT.keys(), "\n".join(printed)
    assert "no-signature" in errors  # rpmlint did read the package


# The way back.


def again(path: Path, folder: Path, target: str | None = None) -> Bundle:
    part = Local(path).part()
    wanted = target_named(target) if target else None
    release, found = described(part, wanted, folder / "look")
    return assemble((part,), release, found, folder / "spool")


def test_the_package_is_a_source_that_gives_the_same_bundle(tmp_path: Path) -> None:
    bundle = runtime()
    found = again(made(tmp_path, settings())[1], tmp_path)
    assert list(map(describe_entry, found.entries)) == list(map(describe_entry, bundle.entries))
    assert (found.version, found.target, found.npm) == (bundle.version, bundle.target, bundle.npm)
    assert (found.os_release, found.dependencies) == ("7.3", NEEDED)
    assert found.released == bundle.released
    assert content(rpm.package(found, Settings())) == content(rpm.package(bundle, Settings()))


def laid_out(folder: Path, system: str, bundle: Bundle, links: tuple[Symlink, ...] = ()) -> Path:
    """Write a package as others make them: for ``system``, with ``links`` besides its own files."""
    package = rpm.package(bundle, Settings())
    package = replace(package, entries=tree((*package.entries, *links)))
    path = folder / "other.rpm"
    with path.open("wb+") as out:
        writer.write(package, Profile(system, "qsys", "*none", "gzip"), out, Effort("fast"))
    return path


def test_links_in_the_common_folder_do_not_hide_the_runtime(tmp_path: Path) -> None:
    links = tuple(
        Symlink(f"QOpenSys/pkgs/bin/{name}{version}", f"../lib/nodejs20/bin/{name}")
        for name in ("node", "npm")
        for version in ("", "20")
    )
    bundle = runtime("20.11.1")
    found = again(laid_out(tmp_path, "ibmi7.4", bundle, links), tmp_path)
    assert list(map(describe_entry, found.entries)) == list(map(describe_entry, bundle.entries))
    assert (str(found.version), found.os_release) == ("20.11.1", "7.4")


@pytest.mark.parametrize("system", ["aix7.2", "linux"])
def test_a_package_for_another_system_is_refused(tmp_path: Path, system: str) -> None:
    path = laid_out(tmp_path, system, runtime())
    with pytest.raises(WrongBinary, match=f"a package for {system}, not for ibmi-ppc64"):
        again(path, tmp_path, "ibmi-ppc64")


def test_an_rpm_for_linux_is_refused_for_ibm_i(tmp_path: Path) -> None:
    bundle = small_bundle()
    headers = tuple(e for e in runtime().entries if e.path == "include/node/node_version.h")
    kept = tuple(entry for entry in bundle.entries if entry.path != headers[0].path)
    path = build(linux_rpm.package(replace(bundle, entries=kept + headers), Settings()), tmp_path)
    with pytest.raises(WrongBinary):
        again(path, tmp_path, "ibmi-ppc64")


def test_on_the_command_line_it_is_built_inspected_verified_and_built_again(desk: Desk) -> None:
    desk.work.mkdir(parents=True)
    (desk.work / "rtbuild.toml").write_text('[ibmi]\nrelease = "7.4"\n')
    _, path = made(desk.folder)
    desk.run("build", path, "-f", "ibmi", *FAST, "-o", "first").good()
    name = NAME.replace("7.3", "7.4")
    verified = desk.run("verify", f"first/{name}").good()
    assert "rpm read whole, owners, modes, no scripts" in verified.out
    (desk.work / "rtbuild.toml").unlink()
    desk.run("build", f"first/{name}", "-f", "ibmi", *FAST, "-o", "second").good()
    first, second = ((desk.work / folder / name).read_bytes() for folder in ("first", "second"))
    assert first == second
    facts = desk.run("inspect", f"first/{name}", "--json").good().json["metadata"]
    assert (facts["os"], facts["architecture"], facts["name"]) == ("ibmi7.4", "ppc64", "nodejs24")


# What is refused.


def needing(name: str, version: str = "") -> Bundle:
    return replace(runtime(), dependencies=(Dependency("capability", name, version),))


@pytest.mark.parametrize(
    ("bundle", "configuration", "error", "said"),
    [
        (
            replace(runtime(), os_release="7.5"),
            Settings(Metadata(ibmi=IbmI("7.4"))),
            BadConfiguration,
            "built for IBM i 7.5 and does not run on IBM i 7.4",
        ),
        (small_bundle(), Settings(), NotPublished, "ibmi has no packages for linux-x64"),
        (small_bundle("aix-ppc64"), Settings(), NotPublished, "no packages for aix-ppc64"),
        (needing("(a or b)"), Settings(), NotExpressible, r"yum 3.4 cannot read .* '\(a or b\)'"),
        (needing("a b"), Settings(), NotExpressible, "yum 3.4 cannot read"),
        (needing("a", "<> 2"), Settings(), NotExpressible, "'a <> 2'"),
        (needing("a", ">= 2 3"), Settings(), NotExpressible, "'a >= 2 3'"),
    ],
)
def test_what_cannot_be_right_is_refused(
    bundle: Bundle, configuration: Settings, error: type[RtError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        rpm.package(bundle, configuration)
    assert caught.value.hint


@pytest.mark.parametrize("codec", ["gzip", "xz", "zstd"])
def test_its_codec_cannot_be_chosen(codec: str) -> None:
    with pytest.raises(
        BadConfiguration, match="codec can be chosen for deb, rpm, arch, freebsd, not ibmi"
    ):
        parse({"codec": {"ibmi": codec}}, Path())


def test_a_linux_rpm_of_it_is_refused() -> None:
    with pytest.raises(NotPublished, match="rpm has no packages for ibmi-ppc64"):
        linux_rpm.package(runtime(), Settings())


def test_files_of_four_gigabytes_are_refused_before_anything_is_written() -> None:
    large = File("QOpenSys/etc/large", 0o644, Slice(Path("absent"), 0, 1 << 32), "0" * 64)
    package = rpm.package(runtime(), Settings(extra=(large,)))
    out = BytesIO()
    with pytest.raises(BadConfiguration, match="smaller than 4 GiB"):
        rpm.write(package, out, Effort())
    assert out.getvalue() == b""


def test_further_files_are_below_qopensys_or_in_the_packages_own_folder() -> None:
    extra = (File.of("QOpenSys/etc/profile.d/node.sh", b"1"), File.of("etc/motd.d/node", b"2"))
    paths = {e.path for e in rpm.package(runtime(), Settings(extra=extra)).entries}
    assert {"QOpenSys/etc/profile.d/node.sh", "QOpenSys/pkgs/lib/nodejs24/etc/motd.d/node"} <= paths
    assert all(path.partition("/")[0] == "QOpenSys" for path in paths)
