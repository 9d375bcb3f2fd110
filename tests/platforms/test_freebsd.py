"""Packages of FreeBSD: Bundle, our readers, bsdtar agree on what is in them; what they say; same bytes."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

import archive_makers as make
import elf
from bundles import UNICODE, small_bundle
from foreign import printed
from freebsds import CODECS, NPMRC, ODD, SETTINGS, VERSIONS, content, settings, write
from oracles import run
from readers import freebsd as reader
from readers import streams, tar
from rtinstall.platforms.check import check_artifact, lint
from rtinstall.platforms.freebsd import pkg, rules
from rtinstall.platforms.freebsd.manifest import CONTENTS
from rtinstall.platforms.package import Codec, Effort, FreeBsd, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.errors import (
    NotExpressible,
    NotPublished,
    RtError,
    VerificationFailed,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import Bundle, Dependency, Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.versions import Version

KINDS: dict[type[Entry], str] = {File: "file", Directory: "directory", Symlink: "symlink"}
BITS = {"file": stat.S_IFREG, "directory": stat.S_IFDIR, "symlink": stat.S_IFLNK}
NEEDS = (
    Dependency("library", "libuv.so.1"),
    Dependency("package", "brotli", "1.1.0,1", "archivers/brotli"),
    Dependency("package", "libuv", "1.51.0", "devel/libuv"),
)
OURS = "usr/local/lib/node_modules/npm"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return small_bundle("freebsd-x64")


def built_on(number: int, target: str = "freebsd-x64", *libraries: str) -> Bundle:
    """Return a runtime whose executable was built on the FreeBSD ``number``."""
    bundle = small_bundle(target)
    program = elf.executable(
        bundle.target.arch, dict.fromkeys(libraries, ()), "/libexec/ld-elf.so.1", number
    )
    others = (entry for entry in bundle.entries if entry.path != "bin/node")
    return replace(bundle, entries=(File.of("bin/node", program, 0o755), *others))


# What is in the file: Package, our readers and bsdtar agree.


@pytest.mark.parametrize("codec", CODECS)
def test_every_entry_is_read_back(bundle: Bundle, codec: Codec) -> None:
    package = pkg.package(bundle, settings(codec))
    assert pkg.filename(package) == "nodejs-24.19.0.freebsd14.amd64.pkg"
    found = reader.read(content(package))
    owned = [e for e in package.entries if e.path not in package.shared]
    assert {m.name.rstrip("/") for m in found.members} == {f"/{e.path}" for e in owned}
    members = {member.name.rstrip("/"): member for member in found.members}
    for entry in owned:
        member = members[f"/{entry.path}"]
        assert (member.kind, member.mode) == (KINDS[type(entry)], entry.mode)
        assert (member.uid, member.gid, member.owner, member.group) == (0, 0, "root", "wheel")
        assert member.time == package.time
        assert member.link == (entry.target if isinstance(entry, Symlink) else "")
        if isinstance(entry, File):
            assert hashlib.sha256(member.data).hexdigest() == entry.sha256


def test_the_manifest_tells_what_the_tar_holds(bundle: Bundle) -> None:
    found = reader.read(content(pkg.package(bundle, SETTINGS)))
    described = {}
    for member in found.members:
        words: dict[str, object] = {
            "uname": member.owner,
            "gname": member.group,
            "perm": f"{member.mode:04o}",
        }
        if member.kind != "directory":
            what = member.link.encode() if member.kind == "symlink" else member.data
            words |= {"sum": hashlib.sha256(what).hexdigest(), "mtime": member.time}
        if member.kind == "symlink":
            words["symlink_target"] = member.link
        described[member.name.rstrip("/")] = words
    assert {**found.files, **found.directories} == described
    assert {f"/{ODD.path}", f"/usr/local/{UNICODE}"} <= found.files.keys()


def test_what_many_packages_share_is_nobodys(bundle: Bundle) -> None:
    package = pkg.package(bundle, SETTINGS)
    owned = reader.read(content(package)).directories
    assert f"/{OURS}" in owned
    assert "/usr/local/etc/nodejs" in owned
    for place in ("bin", "etc", "lib", "lib/node_modules", "share/man/man1", "share/licenses"):
        assert f"/usr/local/{place}" not in owned


@pytest.mark.parametrize("codec", CODECS)
def test_bsdtar_lists_every_entry(bundle: Bundle, tmp_path: Path, codec: Codec) -> None:
    package = pkg.package(bundle, settings(codec))
    path = write(package, tmp_path)
    members = reader.read(path.read_bytes()).members
    found = []
    for line in run("bsdtar", "-tvf", path).splitlines()[2:]:
        mode, _, owner, group, size, *_, where = line.split(None, 8)
        name, _, link = where.partition(" -> ")
        found.append((mode, owner, group, int(size), name, link))
    assert found == [
        (stat.filemode(BITS[m.kind] | m.mode), "root", "wheel", m.size, m.name, m.link)
        for m in members
    ]


def test_node_and_npm_are_the_bundles_own_and_npm_has_our_configuration(bundle: Bundle) -> None:
    package = pkg.package(bundle, SETTINGS)
    members = {m.name: m.data for m in reader.read(content(package)).members}
    for path in ("bin/node", "lib/node_modules/npm/lib/npm.js", "include/node/node.h"):
        assert members[f"/usr/local/{path}"] == b"".join(bundle.file(path).content.chunks())
    builtin = members[f"/{OURS}/npmrc"]
    assert builtin == b"prefix=/usr/local\nglobalconfig=/usr/local/etc/npmrc\n"
    assert members["/usr/local/etc/npmrc"] == NPMRC
    assert "/usr/local/share/licenses/nodejs-24.19.0/LICENSE" in members
    assert "/usr/local/share/doc/nodejs/README.md" in members
    page = members["/usr/local/share/man/man1/node.1.gz"]
    assert streams.decompress(page).startswith(b'.TH "NODE"')


# What the package says.


def test_the_package_says_what_pkg_shows(bundle: Bundle) -> None:
    package = pkg.package(replace(bundle, dependencies=NEEDS), SETTINGS)
    compact = reader.read(content(package)).compact
    assert list(compact) == [
        "name", "origin", "version", "comment", "maintainer", "www", "abi", "arch", "prefix",
        "flatsize", "licenselogic", "licenses", "desc", "deps", "categories", "shlibs_required",
        "annotations", "messages",
    ]  # fmt: skip
    desc, messages = compact.pop("desc"), compact.pop("messages")
    assert str(desc).startswith("Node.js runs JavaScript outside the browser")
    assert isinstance(messages, list)
    assert compact == {
        "name": "nodejs",
        "origin": "www/nodejs",
        "version": "24.19.0",
        "comment": "Node.js event-driven JavaScript runtime, with npm",
        "maintainer": "rtinstall <packages@rtinstall.invalid>",
        "www": "https://nodejs.org/",
        "abi": "FreeBSD:14:amd64",
        "arch": "freebsd:14:x86:64",
        "prefix": "/usr/local",
        "flatsize": sum(
            e.size if isinstance(e, File) else len(e.target)
            for e in package.entries
            if not isinstance(e, Directory)
        ),
        "licenselogic": "single",
        "licenses": ["MIT"],
        "deps": {
            "brotli": {"origin": "archivers/brotli", "version": "1.1.0,1"},
            "libuv": {"origin": "devel/libuv", "version": "1.51.0"},
        },
        "categories": ["www"],
        "shlibs_required": ["libuv.so.1"],
        "annotations": {"FreeBSD_version": "1402000"},
    }


def test_the_configuration_is_pkgs_to_merge_unless_it_is_no_text(bundle: Bundle) -> None:
    extra = (
        File.of("usr/local/etc/rc.conf.d/node", b"a=1\n"),
        File.of("etc/motd.d/node", b"hello\n"),
        File.of("usr/local/etc/node.bin", b"a\0b"),
    )
    full = reader.read(content(pkg.package(bundle, replace(SETTINGS, extra=extra)))).full
    assert full["config"] == [
        "/etc/motd.d/node",
        "/usr/local/etc/nodejs/ca-certificates.pem",
        "/usr/local/etc/npmrc",
        "/usr/local/etc/rc.conf.d/node",
    ]
    assert "config" not in reader.read(content(pkg.package(bundle, Settings()))).full


def said(package: Package) -> dict[str, dict[str, str]]:
    """Return the messages by their occasion."""
    messages = reader.read(content(package)).compact["messages"]
    assert isinstance(messages, list)
    return {message["type"]: message for message in messages}


def test_whoever_installs_is_told_what_nobody_would_guess(bundle: Bundle) -> None:
    plain = said(pkg.package(bundle, Settings()))
    assert "/usr/local/lib/node_modules" in plain["install"]["message"]
    assert "NODE_EXTRA_CA_CERTS" not in plain["install"]["message"]
    assert "PATH" not in plain["install"]["message"]
    assert plain["upgrade"]["maximum_version"] == "24"
    assert "npm rebuild" in plain["upgrade"]["message"]
    company = said(pkg.package(bundle, replace(SETTINGS, prefix="opt/acme")))["install"]["message"]
    assert "/opt/acme/etc/nodejs/ca-certificates.pem" in company
    assert "NODE_EXTRA_CA_CERTS" in company
    assert "/opt/acme/bin" in company


def test_below_another_prefix_the_package_is_in_nobodys_way(bundle: Bundle) -> None:
    package = pkg.package(bundle, replace(SETTINGS, prefix="opt/acme", extra=()))
    found = reader.read(content(package))
    assert found.compact["prefix"] == "/opt/acme"
    assert all(member.name.startswith("/opt/acme") for member in found.members)
    builtin = next(m.data for m in found.members if m.name.endswith("/npm/npmrc"))
    assert builtin == b"prefix=/usr/local\nglobalconfig=/opt/acme/etc/npmrc\n"


@pytest.mark.parametrize("prefix", ["usr", "opt/acme"])
def test_no_package_names_a_conflict(bundle: Bundle, prefix: str) -> None:
    """Where a named package is not installed, pkg refuses; files in one place it finds by itself."""
    package = pkg.package(bundle, replace(SETTINGS, prefix=prefix))
    assert "conflicts" not in reader.read(content(package)).full


@pytest.mark.parametrize(
    ("target", "release", "abi", "legacy", "name"),
    [
        ("freebsd-x64", "13", "FreeBSD:13:amd64", "freebsd:13:x86:64", "freebsd13.amd64"),
        ("freebsd-arm64", "14", "FreeBSD:14:aarch64", "freebsd:14:aarch64:64", "freebsd14.aarch64"),
        ("freebsd-arm64", "15", "FreeBSD:15:aarch64", "freebsd:15:aarch64:64", "freebsd15.aarch64"),
    ],
)
def test_one_package_is_for_one_abi(
    target: str, release: str, abi: str, legacy: str, name: str
) -> None:
    chosen = Settings(Metadata(freebsd=FreeBsd(release)))
    package = pkg.package(built_on(1_300_000, target), chosen)
    assert pkg.filename(package) == f"nodejs-24.19.0.{name}.pkg"
    compact = reader.read(content(package)).compact
    assert (compact["abi"], compact["arch"]) == (abi, legacy)


@pytest.mark.parametrize(
    ("chosen", "known", "release"),
    [("", "", "14"), ("", "15", "15"), ("13", "14", "13"), ("15", "", "15")],
)
def test_the_release_is_the_configured_one_or_that_of_the_runtime(
    chosen: str, known: str, release: str
) -> None:
    bundle = replace(built_on(1_302_001), os_release=known)
    package = pkg.package(bundle, Settings(Metadata(freebsd=FreeBsd(chosen))))
    assert package.architecture == f"FreeBSD:{release}:amd64"


def test_an_executable_of_a_newer_freebsd_is_refused_and_of_an_older_not() -> None:
    for number in (1_300_000, 1_402_000):
        pkg.package(built_on(number), Settings())
    with pytest.raises(WrongBinary, match=r"built on FreeBSD 15\.1, .* for FreeBSD 14") as caught:
        pkg.package(built_on(1_501_000), Settings())
    assert 'release = "15"' in caught.value.hint


@pytest.mark.parametrize("target", ["linux-x64", "darwin-arm64"])
def test_other_systems_are_refused(target: str) -> None:
    with pytest.raises(NotPublished, match=f"freebsd has no packages for {target}"):
        pkg.package(small_bundle(target), Settings())


BASE = (
    "libc.so.7", "libm.so.5", "libthr.so.3", "libc++.so.1", "libcxxrt.so.1", "libgcc_s.so.1",
    "libexecinfo.so.1", "libutil.so.9", "libkvm.so.7", "libdl.so.1", "librt.so.1", "libsys.so.7",
    "libz.so.6", "libcrypto.so.30", "libssl.so.111",
)  # fmt: skip


@pytest.mark.parametrize(
    ("needed", "listed", "asked"),
    [
        (BASE, (), ()),
        ((*BASE, "libuv.so.1", "libcares.so.2"), (), ("libcares.so.2", "libuv.so.1")),
        (("libuv.so.1",), ("libuv.so.1", "libssl.so.12"), ("libssl.so.12", "libuv.so.1")),
        (("libc.so.7",), ("libc.so.7",), ("libc.so.7",)),
        (("libcxx.so.1", "libm2.so"), (), ("libcxx.so.1", "libm2.so")),
        (("ld-elf.so.1", "/usr/local/lib/libx.so"), (), ()),
    ],
)
def test_libraries_outside_of_the_base_system_are_asked_for(
    needed: tuple[str, ...], listed: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    bundle = built_on(1_400_000, "freebsd-x64", *needed)
    bundle = replace(bundle, dependencies=tuple(Dependency("library", n) for n in listed))
    assert pkg.package(bundle, Settings()).requires == asked


def test_what_only_rpm_can_ask_for_is_not_left_out_silently(bundle: Bundle) -> None:
    foreign = replace(bundle, dependencies=(Dependency("capability", "lib:/QOpenSys/x.o"),))
    with pytest.raises(NotExpressible, match="lib:/QOpenSys"):
        pkg.package(foreign, Settings())


@pytest.mark.parametrize(("text", "revision", "expected"), VERSIONS)
def test_a_version_has_no_hyphen_and_the_revision_after_an_underscore(
    text: str, revision: int, expected: str
) -> None:
    assert pkg.version(Version.parse(text), revision) == expected
    assert "-" not in expected


# What our own rules find.


def rewritten(data: bytes, change: Callable[[dict[str, tar.Member]], None]) -> bytes:
    """Return a package, not compressed, after ``change`` to its members by name."""
    members = {member.name: member for member in tar.read(streams.decompress(data))}
    change(members)
    flags = {"file": b"0", "symlink": b"2", "directory": b"5"}
    return make.tar(
        *(
            make.pax({"path": name, "gname": m.group})
            + make.tar_member(
                "member", m.data, flag=flags[m.kind], mode=m.mode, link=m.link, time=m.time
            )
            for name, m in members.items()
        )
    )


def edited(change: Callable[[dict[str, object]], None]) -> Callable[[dict[str, tar.Member]], None]:
    """Change the manifest, and the compact one with it."""

    def both(members: dict[str, tar.Member]) -> None:
        full = json.loads(members["+MANIFEST"].data)
        change(full)
        inside = ("files", "directories", "config")
        compact = {key: value for key, value in full.items() if key not in inside}
        for name, manifest in (("+COMPACT_MANIFEST", compact), ("+MANIFEST", full)):
            members[name] = replace(members[name], data=json.dumps(manifest).encode())

    return both


def setting(*keys: str, to: object) -> Callable[[dict[str, tar.Member]], None]:
    def change(manifest: dict[str, object]) -> None:
        *path, last = keys
        for key in path:
            value = manifest[key]
            assert isinstance(value, dict)
            manifest = value
        manifest[last] = to

    return edited(change)


def only_in_the_full_manifest(members: dict[str, tar.Member]) -> None:
    manifest = json.loads(members["+MANIFEST"].data) | {"comment": "another"}
    members["+MANIFEST"] = replace(members["+MANIFEST"], data=json.dumps(manifest).encode())


def one_more_file(members: dict[str, tar.Member]) -> None:
    node = members["/usr/local/bin/node"]
    members["/usr/local/bin/evil"] = replace(node, name="/usr/local/bin/evil")


def one_file_less(members: dict[str, tar.Member]) -> None:
    del members["/usr/local/bin/npx"]


def another_mode(members: dict[str, tar.Member]) -> None:
    members["/usr/local/bin/node"] = replace(members["/usr/local/bin/node"], mode=0o4755)


def another_group(members: dict[str, tar.Member]) -> None:
    members["/usr/local/bin/node"] = replace(members["/usr/local/bin/node"], group="operator")


def another_link(members: dict[str, tar.Member]) -> None:
    members["/usr/local/bin/npm"] = replace(members["/usr/local/bin/npm"], link="../evil")


def another_content(members: dict[str, tar.Member]) -> None:
    node = members["/usr/local/bin/node"]
    members["/usr/local/bin/node"] = replace(node, data=node.data[:-1] + b"!")


def no_compact_manifest(members: dict[str, tar.Member]) -> None:
    del members["+COMPACT_MANIFEST"]


def a_script_beside_the_manifests(members: dict[str, tar.Member]) -> None:
    rest = dict(members)
    members.clear()
    members["+INSTALL"] = replace(rest["+MANIFEST"], name="+INSTALL", data=b"{}")
    members |= rest


NODE = "/usr/local/bin/node"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (setting("abi", to="FreeBSD:14:vax"), "no ABI of FreeBSD"),
        (setting("abi", to="FreeBSD:14:*"), "no ABI of FreeBSD"),
        (setting("arch", to="freebsd:13:x86:64"), "its older name"),
        (setting("version", to="24-19"), "which pkg does not part"),
        (setting("origin", to="nodejs"), "no port's"),
        (setting("www", to=""), "has no www"),
        (setting("flatsize", to=1), "says that it installs 1 bytes"),
        (setting("conflicts", to=["node22"]), "the key 'conflicts'"),
        (setting("scripts", to={"post-install": "true"}), "runs the script post-install"),
        (setting("lua_scripts", to={"pre-install": ["x"]}), "runs the script pre-install"),
        (setting("files", NODE, to="-"), "without owner and mode"),
        (setting("files", NODE, "sum", to="-"), "no digest"),
        (setting("files", NODE, "sum", to="0" * 64), "the sha256 of '/usr/local/bin/node'"),
        (setting("files", NODE, "perm", to="4755"), "another perm"),
        (setting("files", NODE, "uname", to="nobody"), "another uname"),
        (setting("files", NODE, "fflags", to=1), "another fflags"),
        (setting("files", NODE, "mtime", to=1), "another mtime"),
        (setting("files", "/usr/local/gone", to={"sum": "-"}), "is listed, but not there"),
        (setting("directories", "/usr/local/gone", to={}), "in the manifest only"),
        (setting("directories", to={}), "in the tar only"),
        (only_in_the_full_manifest, "say different things"),
        (one_more_file, "is not in its manifest"),
        (one_file_less, "is listed, but not there"),
        (another_mode, "has special bits"),
        (another_group, "owned by root:operator"),
        (another_link, "the sha256 of '/usr/local/bin/npm'"),
        (another_content, "the sha256 of '/usr/local/bin/node'"),
        (no_compact_manifest, "begins with +MANIFEST"),
        (a_script_beside_the_manifests, "begins with +INSTALL"),
    ],
)
def test_what_tar_and_manifests_do_not_agree_on_is_a_fault(
    bundle: Bundle, tmp_path: Path, change: Callable[[dict[str, tar.Member]], None], fault: str
) -> None:
    path = tmp_path / "changed.pkg"
    path.write_bytes(rewritten(content(pkg.package(bundle, SETTINGS)), lambda members: None))
    assert list(lint(open_archive(path))) == []
    path.write_bytes(rewritten(content(pkg.package(bundle, SETTINGS)), change))
    faults = list(lint(open_archive(path)))
    assert any(fault in found for found in faults), faults


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=9,
)
PLACES = (
    *((key,) for key in (*rules.REQUIRED, *rules.OTHERS, *CONTENTS, "scripts", "more")),
    *(("files", NODE, key) for key in ("sum", "uname", "perm", "mtime", "symlink_target")),
    ("files", NODE), ("files", "/%"), ("directories", f"/{OURS}"), ("deps", "a"),
)  # fmt: skip


@given(st.sampled_from(PLACES), ANYTHING)
@settings_of_hypothesis(max_examples=150, suppress_health_check=list(HealthCheck))
def test_whatever_a_manifest_says_ends_in_faults_or_an_error_of_ours(
    bundle: Bundle, tmp_path: Path, place: tuple[str, ...], value: object
) -> None:
    package = pkg.package(replace(bundle, dependencies=NEEDS), SETTINGS)
    path = tmp_path / "fuzzed.pkg"
    path.write_bytes(rewritten(content(package), setting(*place, to=value)))
    with suppress(RtError):
        assert all(isinstance(fault, str) for fault in lint(open_archive(path)))


@pytest.mark.parametrize("codec", CODECS)
def test_a_byte_flipped_anywhere_is_detected(bundle: Bundle, tmp_path: Path, codec: Codec) -> None:
    """Or means nothing: gzip's header and Zstandard's tables have bits that no reader looks at."""
    data = content(pkg.package(bundle, settings(codec)))
    path = tmp_path / "flipped.pkg"
    for place in (*range(12), *range(12, len(data), max(1, len(data) // 150)), len(data) - 1):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        try:
            faults = list(lint(open_archive(path)))
        except RtError:
            continue
        assert faults or streams.decompress(bytes(broken)) == streams.decompress(data), place


def test_a_package_that_was_written_wrong_is_not_published(bundle: Bundle, tmp_path: Path) -> None:
    package = pkg.package(bundle, SETTINGS)
    path = write(package, tmp_path)
    check_artifact(path, package, Effort("fast"))
    other = replace(package, metadata=replace(package.metadata, summary="another"))
    with pytest.raises(VerificationFailed, match="COMPACT_MANIFEST is not the one"):
        check_artifact(path, other, Effort("fast"))
    fewer = replace(package, config=package.config - {"usr/local/etc/npmrc"})
    with pytest.raises(VerificationFailed, match=r"\+MANIFEST is not the one"):
        check_artifact(path, fewer, Effort("fast"))


# The same bytes, wherever and however.


def test_progress_counts_the_payload_and_nothing_else(bundle: Bundle) -> None:
    package = pkg.package(bundle, SETTINGS)
    counted: list[int] = []
    content(package, Effort("fast", advance=counted.append))
    assert sum(counted) == package.size


@pytest.mark.parametrize("codec", CODECS)
def test_threads_change_no_byte(bundle: Bundle, codec: Codec) -> None:
    package = pkg.package(bundle, settings(codec))
    assert content(package, Effort(jobs=1)) == content(package, Effort(jobs=4))


SCRIPT = """
import hashlib, io, os, sys
os.umask(int(sys.argv[1], 8))
from bundles import small_bundle
from rtinstall.platforms.freebsd import pkg
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
out = io.BytesIO()
pkg.write(pkg.package(small_bundle("freebsd-x64"), Settings()), out, Effort("fast"))
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_the_machine_leaves_no_trace_in_the_bytes(bundle: Bundle, tmp_path: Path) -> None:
    here = content(pkg.package(bundle, Settings()))
    assert printed(SCRIPT, "077", folder=tmp_path) == hashlib.sha256(here).hexdigest()
