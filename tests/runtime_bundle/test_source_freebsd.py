from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.assemble import assemble
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    BrokenDependencies,
    DownloadFailed,
    NotPublished,
    NotReadable,
    RtError,
    Unreachable,
    UnsafeArchive,
    VerificationFailed,
)
from rtinstall.runtime_bundle.freebsd.keys import TrustedKey
from rtinstall.runtime_bundle.model import Dependency, File
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.sources.freebsd import ADDRESS, FreeBsd
from rtinstall.runtime_bundle.targets import Target, target_named
from world.freebsd import PACK, SUMS, Depot, Key, listed, make_key, needing, package, ports
from world.runtime import NPM_VERSION, VERSION
from world.server import Reply, Server

pytestmark = pytest.mark.usefixtures("no_settings")

QUICK = Network(connect=2, read=0.5, retries=1, pause=0.001, patience=0.5)
X64, ARM64 = target_named("freebsd-x64"), target_named("freebsd-arm64")
NODE = f"All/node24-{VERSION}_1.pkg"
OWN = TrustedKey.of("own.pub", make_key().public)
STRANGER = make_key(1)


def source(cache: Cache, address: str | Path, **options: object) -> FreeBsd:
    defaults: dict[str, object] = {"address": address, "trusted": [OWN]}
    return FreeBsd(cache, QUICK, **{**defaults, **options})  # type: ignore[arg-type]


def get(source: FreeBsd, target: Target = X64) -> tuple[Part, ...]:
    return source.fetch(source.offer(source.releases(target)[0], target), SILENT)


def nothing_kept(cache: Cache) -> bool:
    return not (cache.root / "objects").exists()


# What is there, and what is fetched.


def test_node_and_its_npm_become_a_runtime_that_says_what_it_needs(
    server: Server, cache: Cache, tmp_path: Path
) -> None:
    depot = ports()
    from_here = source(cache, depot.serve(server, "/FreeBSD:14:amd64/latest"))
    (release,) = from_here.releases(X64)
    offer = from_here.offer(release, X64)
    assert offer.location == f"{server.url}/FreeBSD:14:amd64/latest/{NODE}"
    assert offer.size == sum(len(depot.packages[e["path"]]) for e in depot.entries[1:])
    assert not offer.cached
    node, npm = from_here.fetch(offer, SILENT)
    assert node.path.read_bytes() == depot.packages[NODE]
    assert (node.what, npm.what, node.layout, npm.layout) == ("runtime", "npm", *["package"] * 2)
    for part in (node, npm):
        assert part.provenance.what == part.what
        assert part.provenance.digest.startswith("blake2b:")
        assert f"own.pub ({make_key().fingerprint}), BLAKE2b" in part.provenance.checked
    assert from_here.offer(release, X64).cached
    bundle = assemble((node, npm), release, X64, tmp_path / "spool")
    assert (bundle.npm, bundle.os_release) == (NPM_VERSION, "14")
    assert Dependency("package", "libuv", "1", "www/libuv") in bundle.dependencies
    assert Dependency("library", "libuv.so.1") in bundle.dependencies


def test_a_folder_does_as_well_as_a_server(cache: Cache, tmp_path: Path) -> None:
    root = ports().write(tmp_path / "a folder" / "FreeBSD:14:amd64")
    for address in (root, str(root), root.as_uri(), tmp_path / "a folder" / "${ABI}"):
        assert len(get(source(cache, address))) == 2


def test_the_address_is_completed_with_the_abi(server: Server, cache: Cache) -> None:
    ports().serve(server, "/FreeBSD:14:amd64/latest")
    ports(abi="FreeBSD:14:aarch64").serve(server, "/FreeBSD:14:aarch64/latest")
    ports(abi="FreeBSD:15:amd64").serve(server, "/FreeBSD:15:amd64/latest")
    both = source(cache, server.url + "/${ABI}/latest")
    for target in (X64, ARM64):
        assert [str(r.version) for r in both.releases(target)] == [VERSION]
    newer = source(cache, server.url + "/${ABI}/latest", release="15")
    assert "FreeBSD:15:amd64" in newer.offer(newer.releases(X64)[0], X64).location
    assert both.releases(target_named("linux-x64")) == ()


def test_the_projects_own_address_is_the_default_and_pkgs_own_prefix_is_taken_off(
    cache: Cache,
) -> None:
    assert ADDRESS == "https://pkg.freebsd.org/${ABI}/latest"
    offline = Network(offline=True)
    own = FreeBsd(cache, offline)
    with pytest.raises(Unreachable, match=r"pkg\.freebsd\.org/FreeBSD:14:amd64/latest"):
        own.releases(X64)
    prefixed = FreeBsd(cache, offline, address="pkg+https://pkg.example.org/${ABI}/quarterly")
    with pytest.raises(
        Unreachable, match=r"https://pkg\.example\.org/FreeBSD:14:aarch64/quarterly"
    ):
        prefixed.releases(ARM64)


@pytest.mark.parametrize("codec", list(PACK))
@pytest.mark.parametrize("catalogue", ["packagesite", "data"])
@pytest.mark.parametrize("suffix", ["pkg", "of the codec"])
def test_every_way_to_pack_either_catalogue_is_read(
    cache: Cache, tmp_path: Path, codec: str, catalogue: str, suffix: str
) -> None:
    depot = ports(codec=codec, catalogues=(catalogue,))
    depot.suffix = codec if suffix == "of the codec" else suffix
    assert len(get(source(cache, depot.write(tmp_path / "r")))) == 2


def test_a_repository_without_meta_conf_has_pkgs_defaults(cache: Cache, tmp_path: Path) -> None:
    assert get(source(cache, ports(meta=None).write(tmp_path / "r")))


@pytest.mark.parametrize("form", list(SUMS))
def test_every_form_of_a_sum_is_held_to(cache: Cache, tmp_path: Path, form: str) -> None:
    depot = ports()
    for entry in depot.entries:
        entry["sum"] = SUMS[form](depot.packages[entry["path"]])
    assert get(source(cache, depot.write(tmp_path / "good")))[0].provenance.digest
    depot.packages[NODE] = depot.packages[NODE][:-1] + b"\0"
    bad = Cache(tmp_path / "other")
    with pytest.raises(VerificationFailed, match="is not the file that was published"):
        get(source(bad, depot.write(tmp_path / "bad")))
    assert nothing_kept(bad)


def test_versions_are_those_of_node_and_the_last_packaging_of_each_counts(
    cache: Cache, tmp_path: Path
) -> None:
    depot = Depot()
    for name, version in (
        ("node22", "22.9.0"), ("node22", "22.10.0_2,1"), ("node24", "24.1.0_9"),
        ("node24", "24.1.0_10"), ("nodejs", "26.0.0"), ("node_exporter", "1.7.0"),
        ("node26", "26.1.0.rc1"), ("nodejs20", "what"),
    ):  # fmt: skip
        depot.add(name, version)
    for major in (22, 24):
        depot.add(f"npm-node{major}", "10.9.0")
    found = source(cache, depot.write(tmp_path / "r"))
    releases = found.releases(X64)
    assert [str(r.version) for r in releases] == ["26.0.0", "24.1.0", "22.10.0", "22.9.0"]
    assert [found.offer(r, X64).location.rpartition("/")[2] for r in releases] == [
        "nodejs-26.0.0.pkg", "node24-24.1.0_10.pkg", "node22-22.10.0_2,1.pkg", "node22-22.9.0.pkg",
    ]  # fmt: skip
    assert releases[1].lts == "Krypton"


def test_a_package_that_only_depends_on_the_default_version_is_no_runtime(
    cache: Cache, tmp_path: Path
) -> None:
    depot = ports()
    depot.add("node", VERSION, deps=needing("node24"))
    depot.add("npm", NPM_VERSION, deps=needing("npm-node24"))
    found = source(cache, depot.write(tmp_path / "r"))
    assert found.offer(found.releases(X64)[0], X64).location.endswith(NODE)


def test_packages_of_our_own_bring_npm_along(cache: Cache, tmp_path: Path) -> None:
    depot = Depot()
    depot.add("nodejs24", VERSION, [File.of("bin/node", b"x", 0o755)])
    (part,) = get(source(cache, depot.write(tmp_path / "r")))
    assert part.what == "runtime"


def test_a_second_run_asks_whether_the_catalogue_is_new_and_fetches_nothing(
    server: Server, cache: Cache
) -> None:
    address = ports().serve(server, "/r")
    get(source(cache, address))
    sent = server.sent()
    get(source(cache, address))
    assert server.sent() == sent
    assert len(server.asked("/r/data.pkg")) == 2


def test_offline_the_cache_is_all_there_is(server: Server, cache: Cache) -> None:
    address = ports(meta=None, catalogues=("data",)).serve(server, "/r")
    get(source(cache, address))
    offline = FreeBsd(cache, replace(QUICK, offline=True), address=address, trusted=[OWN])
    assert get(offline)
    elsewhere = FreeBsd(cache, replace(QUICK, offline=True), address=f"{address}2", trusted=[OWN])
    with pytest.raises(Unreachable, match="not in the cache"):
        elsewhere.releases(X64)


def test_names_with_every_character_of_ports_are_found(cache: Cache, tmp_path: Path) -> None:
    depot = ports()
    entry = depot.entry("node24")
    odd = "All/Hashed/node24-24.19.0_1,2~a+b%20c#d?e.pkg"
    depot.packages[odd] = depot.packages.pop(NODE)
    entry["path"] = entry["repopath"] = odd
    assert get(source(cache, depot.write(tmp_path / "r")))


# Signatures.


def by_fingerprint(depot: Depot) -> TrustedKey:
    return TrustedKey.known_by(depot.key.fingerprint)


def whole(depot: Depot) -> TrustedKey:
    return TrustedKey.of("a.pub", depot.key.public)


@pytest.mark.parametrize(
    ("mode", "trust"),
    [("pubkey", whole), ("fingerprints", by_fingerprint), ("fingerprints", whole), ("both", whole),
     ("both", by_fingerprint)],
)  # fmt: skip
def test_a_signature_counts_in_each_form_that_a_trusted_key_can_be_found_in(
    cache: Cache, tmp_path: Path, mode: str, trust: Callable[[Depot], TrustedKey]
) -> None:
    root = ports(mode=mode).write(tmp_path / "r")
    other = TrustedKey.of("other.pub", STRANGER.public)
    part, _ = get(source(cache, root, trusted=[other, trust(Depot())]))
    assert make_key().fingerprint in part.provenance.checked


def test_the_signature_of_an_older_pkg_counts(cache: Cache, tmp_path: Path) -> None:
    depot = ports(mode="none", catalogues=("data",))
    depot.extra["signature"] = depot.key.sign_as_before_openssl_3(depot.data())
    assert get(source(cache, depot.write(tmp_path / "r")))


def changed(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


def signatures(depot: Depot, key: Key | None = None) -> dict[str, bytes]:
    key = key or depot.key
    name = "packagesite.yaml"
    return {
        "signature": key.sign(depot.lines()) + b"\0",
        f"{name}.sig": key.sign(depot.lines()),
        f"{name}.pub": key.public,
    }


Change = Callable[[Depot, dict[str, bytes]], object]
TAMPERED: dict[str, tuple[str, Change]] = {
    "nothing is signed": ("is not signed", lambda depot, have: have.clear()),
    "signature of a stranger": (
        "is not that of own.pub", lambda depot, have: have.update(signatures(depot, STRANGER)),
    ),
    "a bit of the signature": (
        "'packagesite.yaml' is not that of own.pub",
        lambda depot, have: have.update({"packagesite.yaml.sig": changed(have["packagesite.yaml.sig"])}),
    ),
    "a bit of a bare signature": (
        "is not that of own.pub",
        lambda depot, have: (
            have.update(signature=changed(have["signature"])),
            have.pop("packagesite.yaml.sig"), have.pop("packagesite.yaml.pub"),
        ),
    ),
    "signature cut short": (
        "is not that of own.pub",
        lambda depot, have: have.update({"packagesite.yaml.sig": have["packagesite.yaml.sig"][:-1]}),
    ),
    "an empty signature": (
        "is not that of own.pub", lambda depot, have: have.update({"packagesite.yaml.sig": b""}),
    ),
    "a key without signature": (
        "only half there", lambda depot, have: have.pop("packagesite.yaml.sig"),
    ),
    "a signature without key": (
        "only half there", lambda depot, have: have.pop("packagesite.yaml.pub"),
    ),
    "a stranger's key only": (
        f"signed with the key {STRANGER.fingerprint}, which is not trusted",
        lambda depot, have: (have.update(signatures(depot, STRANGER)), have.pop("signature")),
    ),
    "the signature of other contents": (
        "is not that of own.pub",
        lambda depot, have: depot.entries.pop(0),
    ),
    "a kind that is not known": (
        "'ecdsa', which is not supported",
        lambda depot, have: have.update({"packagesite.yaml.sig": b"$PKGSIGN:ecdsa$" + b"x" * 70}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_wrong_or_missing_signature_opens_nothing(
    server: Server, cache: Cache, what: str
) -> None:
    words, change = TAMPERED[what]
    depot = ports(mode="none", catalogues=("packagesite",))
    have = signatures(depot)
    change(depot, have)
    depot.extra = have
    found = source(cache, depot.serve(server, "/r"))
    with pytest.raises(VerificationFailed, match=words):
        found.releases(X64)
    assert nothing_kept(cache)
    with pytest.raises(VerificationFailed, match=words):  # and it stays so, without asking again
        found.releases(X64)
    assert len(server.asked("/r/packagesite.pkg")) == 1
    said: list[str] = []
    anyway = source(cache, f"{server.url}/r", allow_unsigned=True, say=said.append)
    if what == "nothing is signed":
        checked = get(anyway)[0].provenance.checked
        assert checked == "catalogue of this machine, no signature, BLAKE2b"
        assert "is not signed" in said[0]
    else:
        with pytest.raises(VerificationFailed, match=words):
            anyway.releases(X64)


def test_every_bit_of_a_signed_catalogue_counts(cache: Cache, tmp_path: Path) -> None:
    depot = ports(codec="tar", catalogues=("data",), mode="pubkey")
    root = depot.write(tmp_path / "r")
    good = (root / "data.pkg").read_bytes()
    start = good.index(b'{"groups"')
    for at in range(start, start + len(depot.data()), 211):
        (root / "data.pkg").write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        with pytest.raises(VerificationFailed):
            source(cache, root).releases(X64)


def test_a_bare_signature_needs_the_whole_key(cache: Cache, tmp_path: Path) -> None:
    root = ports(mode="pubkey").write(tmp_path / "r")
    with pytest.raises(VerificationFailed, match="does not bring along") as failure:
        source(cache, root, trusted=[by_fingerprint(Depot())]).releases(X64)
    assert "as the file of the key" in failure.value.hint


# What does not fit together.


def test_an_abi_that_does_not_match_is_an_error_that_names_both(
    server: Server, cache: Cache, tmp_path: Path
) -> None:
    older = ports(abi="FreeBSD:13:amd64")
    older.serve(server, "/FreeBSD:14:amd64")
    words = "are for FreeBSD:13:amd64, not for FreeBSD:14:amd64"
    with pytest.raises(NotPublished, match=words):
        source(cache, server.url + "/${ABI}").releases(X64)
    with pytest.raises(NotPublished, match=words):
        source(cache, older.write(tmp_path / "r")).releases(X64)
    assert source(cache, tmp_path / "r", release="13").releases(X64)


def test_an_address_without_abi_serves_what_its_packages_are_for(
    cache: Cache, tmp_path: Path
) -> None:
    found = source(cache, ports(abi="FreeBSD:14:aarch64").write(tmp_path / "r"))
    assert found.releases(X64) == ()
    assert found.releases(ARM64)


def without(name: str) -> Change:
    return lambda depot, have: depot.entries.remove(depot.entry(name))


def said(name: str, /, **more: object) -> Change:
    return lambda depot, have: depot.entry(name).update(more)


BROKEN: dict[str, tuple[type[RtError], str, Change]] = {
    "no npm": (BrokenDependencies, "no npm for it", without("npm-node24")),
    "missing library": (
        BrokenDependencies, f"node24-{VERSION}_1 needs libuv, which is not in", without("libuv"),
    ),
    "missing below": (
        BrokenDependencies, "libuv-1.51.0 needs nowhere", said("libuv", deps=needing("nowhere")),
    ),
    "circle": (BrokenDependencies, "depends on itself", said("libuv", deps=needing("node24"))),
    "itself": (BrokenDependencies, "depends on itself", said("libuv", deps=needing("libuv"))),
    "library of another": (
        BrokenDependencies, "needs the library libx.so.1",
        lambda depot, have: (
            depot.add("x", "1", shlibs_provided=["libx.so.1"]),
            said("node24", shlibs_required=["libx.so.1"])(depot, have),
        ),
    ),
    "dependency of another system": (
        BrokenDependencies, "needs libuv, which is not in", said("libuv", abi="FreeBSD:13:amd64"),
    ),
    "no sum": (VerificationFailed, "no sum of node24", said("node24", sum="9$abc")),
    "malformed sum": (UnsafeArchive, "is no", said("node24", sum="2$abc")),
    "gone": (NotPublished, "there is no", lambda depot, have: depot.packages.pop(NODE)),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_runtime_is_only_fetched_if_everything_it_needs_is_there(
    cache: Cache, tmp_path: Path, what: str
) -> None:
    error, words, change = BROKEN[what]
    depot = ports()
    change(depot, {})
    with pytest.raises(error, match=words):
        get(source(cache, depot.write(tmp_path / "r")))
    assert nothing_kept(cache)


def test_what_the_system_itself_has_is_not_asked_of_a_package(cache: Cache, tmp_path: Path) -> None:
    depot = ports()
    depot.entry("node24")["shlibs_required"] = ["libgcc_s.so.1", "libnobody.so.9"]
    depot.add("gcc14", "14.2.0", shlibs_provided=["libgcc_s.so.1"])
    assert get(source(cache, depot.write(tmp_path / "r")))


def test_a_dependency_is_found_by_its_origin_where_the_name_has_changed(
    cache: Cache, tmp_path: Path
) -> None:
    depot = ports()
    depot.entry("libuv")["name"] = "libuv1"
    assert get(source(cache, depot.write(tmp_path / "r")))


MALFORMED: dict[str, tuple[type[RtError], str, Change]] = {
    "path leads out": (UnsafeArchive, "unsafe path", said("libuv", path="../x", repopath="../x")),
    "absolute path": (
        UnsafeArchive, "unsafe path", said("libuv", path="/etc/x.pkg", repopath="/etc/x.pkg"),
    ),
    "two paths": (UnsafeArchive, "no path, or two", said("libuv", path="All/other.pkg")),
    "path is none": (UnsafeArchive, "no path", said("libuv", path=1, repopath=None)),
    "endless path": (UnsafeArchive, "too long", said("libuv", path="a" * 2000, repopath="a" * 2000)),
    "twice": (UnsafeArchive, "twice", lambda d, h: d.entries.append(dict(d.entry("node24")))),
    "no object": (UnsafeArchive, "no object", lambda d, h: d.entries.append([])),  # type: ignore[arg-type]
    "no name": (UnsafeArchive, "name of 'a package'", said("libuv", name="")),
    "control character": (UnsafeArchive, "version of", said("libuv", version="1\x1b[2J")),
    "name is a list": (UnsafeArchive, "no text", said("libuv", name=["x"])),
    "endless name": (UnsafeArchive, "no text", said("libuv", name="x" * 300)),
    "deps are a list": (UnsafeArchive, "malformed", said("libuv", deps=["a"])),
    "a dep is a text": (UnsafeArchive, "malformed", said("libuv", deps={"a": "b"})),
    "a lib is a number": (UnsafeArchive, "shlibs_required", said("libuv", shlibs_required=[1])),
    "libs are a text": (UnsafeArchive, "no list", said("libuv", shlibs_provided="libuv.so.1")),
    "size is a text": (UnsafeArchive, "malformed", said("libuv", pkgsize="12")),
    "no abi": (UnsafeArchive, "arch of", lambda d, h: [d.entry("libuv").pop(k) for k in ("abi", "arch")]),
    "no sum": (UnsafeArchive, "sum of", lambda d, h: d.entry("libuv").pop("sum")),
    "huge entry": (UnsafeArchive, "no JSON|more than", said("libuv", desc="x" * (1 << 21))),
}  # fmt: skip


@pytest.mark.parametrize("what", MALFORMED)
@pytest.mark.parametrize("catalogue", ["packagesite", "data"])
def test_a_malformed_catalogue_is_refused_whole(
    cache: Cache, tmp_path: Path, what: str, catalogue: str
) -> None:
    error, words, change = MALFORMED[what]
    depot = ports(catalogues=(catalogue,))
    change(depot, {})
    with pytest.raises(error, match=words):
        source(cache, depot.write(tmp_path / "r")).releases(X64)


class Raw(Depot):
    """A repository whose catalogue is ``raw``, signed."""

    raw = b""

    def data(self) -> bytes:
        return self.raw

    def lines(self) -> bytes:
        return self.raw


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"null", b"[]", b'{"packages":{}}', b'{"packages":[1]}', b'{"packages":[]}x',
        b'{"packages":[],"packages":[]}', b'{"groups":[]}', b"{}", b'{"packages":[{}', b'{"a":1}',
        b'{"packages":[' + b"[" * 100_000, b'{"packages":["' + b"x" * (3 << 20), b"\xff\xfe",
        b'{"packages":[{"name":' + b"1" * 10_000 + b"}]}", b'{"packages":[{},]}',
    ],
    ids=lambda raw: repr(raw[:24]),
)  # fmt: skip
def test_hostile_json_is_refused_and_nothing_else_happens(
    cache: Cache, tmp_path: Path, raw: bytes
) -> None:
    depot = Raw(catalogues=("data",))
    depot.raw = raw
    with pytest.raises(UnsafeArchive):
        source(cache, depot.write(tmp_path / "r")).releases(X64)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"null\n",
        b"[" * 100_000,
        b'"' + b"x" * (3 << 20),
        b"\xff\n",
        b'{"a":' + b"1" * 9999 + b"}",
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_a_hostile_line_is_refused(cache: Cache, tmp_path: Path, raw: bytes) -> None:
    depot = Raw(catalogues=("packagesite",))
    depot.raw = raw
    with pytest.raises(UnsafeArchive):
        source(cache, depot.write(tmp_path / "r")).releases(X64)


def test_an_empty_catalogue_is_no_error(cache: Cache, tmp_path: Path) -> None:
    assert source(cache, Depot().write(tmp_path / "r")).releases(X64) == ()


@pytest.mark.parametrize(
    ("name", "change", "error"),
    [
        ("cut short", lambda data: data[:-20], UnsafeArchive),
        ("garbage", lambda data: b"\x28\xb5\x2f\xfd" + b"x" * 50, UnsafeArchive),
        ("html", lambda data: b"<html>" * 200, UnsafeArchive),
        ("empty", lambda data: b"", UnsafeArchive),
        ("bomb", lambda data: PACK["txz"](bytes(60 << 20)), UnsafeArchive),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_archive_is_refused(
    server: Server, cache: Cache, name: str, change: Callable[[bytes], bytes], error: type[RtError]
) -> None:
    address = ports().serve(server, "/r")
    server.serve("/r/data.pkg", change(server.replies["/r/data.pkg"][0].body))
    with pytest.raises(error):
        source(cache, address).releases(X64)


def test_a_package_cut_short_is_continued_and_one_that_stays_short_is_an_error(
    server: Server, cache: Cache
) -> None:
    depot = ports()
    address = depot.serve(server, "/r")
    body = depot.packages[NODE]
    server.serve(f"/r/{NODE}", Reply(body, drop=1000, etag='"a"'), Reply(body, etag='"a"'))
    assert get(source(cache, address))[0].path.read_bytes() == body
    assert server.asked(f"/r/{NODE}")[-1].headers["range"] == "bytes=1000-"
    server.serve(f"/r/{NODE}", body[:1000])
    with pytest.raises(VerificationFailed):
        get(source(Cache(cache.root / "other"), address))


def test_members_that_are_there_twice_are_refused(cache: Cache, tmp_path: Path) -> None:
    depot = ports(catalogues=("data",))
    root = depot.write(tmp_path / "r")
    for name in ("data", "data.sig"):
        (root / "data.pkg").write_bytes(
            b"".join((depot_tar(depot, name)[:-1024], depot_tar(depot, name)))
        )
        with pytest.raises((UnsafeArchive, VerificationFailed)):
            source(cache, root).releases(X64)


def depot_tar(depot: Depot, name: str) -> bytes:
    from world.freebsd import tarred

    members = {"data": depot.data(), **signatures(depot)}
    members["data.sig"] = members["signature"][:-1]
    return tarred([(name, members[name], 0o644)]).rstrip(b"\0").ljust(512, b"\0") + bytes(1024)


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        (b"version = 3;", "version '3'"),
        (b"", "version 'none'"),
        (b"version = 2; data = \"../data\";", "unusable data"),
        (b"version = 2; data = [1];", "unusable data"),
        (b"version = 2; packing_format = \"rar\";", "unknown packing format"),
        (b"version = 2; version = 1;", "twice"),
        (b"<html>", "none of the forms"),
        (b"version = 2" + b" " * 70_000, "more than"),
        (b"a {" * 200, "too deeply"),
        (b"\xff", "cannot be understood"),
    ],
)  # fmt: skip
def test_a_meta_conf_that_is_none_is_refused(
    cache: Cache, tmp_path: Path, meta: bytes, words: str
) -> None:
    root = ports().write(tmp_path / "r")
    (root / "meta.conf").write_bytes(meta)
    with pytest.raises((NotReadable, DownloadFailed), match=words):
        source(cache, root).releases(X64)


def test_meta_conf_names_the_catalogues(cache: Cache, tmp_path: Path) -> None:
    depot = ports(catalogues=("packagesite",), mode="none")
    root = depot.write(tmp_path / "r")
    (root / "packagesite.pkg").unlink()
    depot.extra = {
        "other.list.sig": depot.key.sign(depot.lines()),
        "other.list.pub": depot.key.public,
    }
    (root / "other.pkg").write_bytes(depot.archive("other.list", depot.lines()))
    (root / "meta.conf").write_text(
        '# a comment\n{ "version": 2, manifests: other.list /* and more */ ; cert { type = rsa } }\n'
    )
    assert get(source(cache, root))


# Addresses.


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://pkg.example.org/${OSVERSION}", "has a variable other than"),
        ("ftp://pkg.example.org/", "unusable address"),
        ("https://pkg example.org/", "unusable address"),
    ],
)
def test_unusable_addresses_are_told_at_once(cache: Cache, address: str, words: str) -> None:
    with pytest.raises(BadConfiguration, match=words):
        source(cache, address)


def test_plain_http_is_the_users_word_but_never_without_signatures(cache: Cache) -> None:
    source(cache, "http://pkg.example.org/${ABI}")
    with pytest.raises(BadConfiguration, match="neither encrypted nor signed"):
        source(cache, "http://pkg.example.org/${ABI}", allow_unsigned=True)


@pytest.mark.parametrize("where", ["http://pkg.example.org/x", "file:///etc/passwd", ""])
def test_redirects_to_where_nobody_should_go_are_not_followed(
    server: Server, cache: Cache, where: str
) -> None:
    address = ports().serve(server, "/r")
    server.serve("/r/data.pkg", Reply(status=302, headers={"Location": where}))
    if where.startswith("http:"):
        # Plain http was the user's own word; another machine in it was not: it has no such name.
        with pytest.raises((DownloadFailed, Unreachable)):
            source(cache, address).releases(X64)
    else:
        with pytest.raises(DownloadFailed):
            source(cache, address).releases(X64)


def test_a_redirect_of_a_mirror_is_followed(server: Server, cache: Cache) -> None:
    depot = ports()
    address = depot.serve(server, "/r")
    depot.serve(server, "/mirror")
    server.serve(f"/r/{NODE}", Reply(status=302, headers={"Location": f"/mirror/{NODE}"}))
    assert get(source(cache, address))[0].path.read_bytes() == depot.packages[NODE]


def test_an_address_without_repository_says_so(server: Server, cache: Cache) -> None:
    with pytest.raises(NotPublished, match=r"neither data\.pkg nor packagesite\.pkg"):
        source(cache, f"{server.url}/nothing").releases(X64)


def test_an_unknown_release_of_freebsd_is_refused(cache: Cache) -> None:
    with pytest.raises(BadConfiguration, match="'9' is no release of FreeBSD"):
        source(cache, "https://pkg.example.org", release="9")


def test_a_catalogue_of_all_ports_is_read(cache: Cache, tmp_path: Path) -> None:
    depot = ports(catalogues=("packagesite",))
    filler = listed(package("filler", "1"), "All/filler-1.pkg")
    for number in range(40_000):
        words = hashlib.sha512(str(number).encode()).hexdigest() * 6
        name = f"filler{number}"
        provided = [f"lib{name}.so.1"]
        depot.entries.append({**filler, "name": name, "desc": words, "shlibs_provided": provided})
    assert len(depot.lines()) > 50 << 20
    assert get(source(cache, depot.write(tmp_path / "r")))


def test_the_world_itself_is_json_a_line() -> None:
    for line in ports().lines().splitlines():
        assert json.loads(line)["sum"].startswith("2$")
    assert hashlib.sha256(make_key().public).hexdigest() == make_key().fingerprint
