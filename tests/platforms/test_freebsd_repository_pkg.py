"""FreeBSD's own pkg(8) as the client of what we write, and as the writer of what we read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bundles import small_bundle
from oracles import tool
from readers import streams
from roots import FreeBsd as Client
from roots import needs_root
from rtinstall.platforms.freebsd import pkg
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.assemble import assemble
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import RtError, UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.freebsd.keys import TrustedKey
from rtinstall.runtime_bundle.freebsd.versions import compare
from rtinstall.runtime_bundle.model import File
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.sources.freebsd import FreeBsd
from rtinstall.runtime_bundle.targets import target_named
from world.freebsd import PACK, make_key, needing, package, ports, tarred
from world.rtbuild import Desk
from world.runtime import runtime_entries
from world.server import Server, running

X64 = target_named("freebsd-x64")
ETC = "/usr/local/etc/pkg"


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


@pytest.fixture
def work(desk: Desk) -> Path:
    desk.work.mkdir(parents=True)
    (desk.work / "key0.pem").write_bytes(make_key(0).private)
    (desk.work / "key1.pem").write_bytes(make_key(1).private)
    return desk.work


def put(folder: Path, version: str, name: str = "nodejs24", **more: object) -> Path:
    path = folder / f"{name}-{version}.pkg"
    files = [File.of(f"share/{name}/version", version.encode())]
    path.write_bytes(package(name, version, files, **more))
    return path


def serve(server: Server, root: Path) -> str:
    for path in root.rglob("*"):
        if path.is_file():
            server.serve(f"/r/{path.relative_to(root).as_posix()}", path.read_bytes())
    return f"{server.url}/r"


def configure(client: Client, said: list[dict[str, str]]) -> None:
    """Put what rtbuild says is for a client where this one looks.

    With another root directory, some versions of pkg look for fingerprints below it, and some do not.
    """
    etc = client.root.parent
    for file in said:
        path = Path(file["path"].replace(ETC, str(etc)))
        for place in (path, client.root / path.relative_to("/")):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file["content"].replace(ETC, str(etc)))


def with_public_key(said: list[dict[str, str]], key: Path) -> list[dict[str, str]]:
    """Return the client's files as for one that has the public key itself."""
    conf = said[0]["content"]
    conf = conf.replace('signature_type: "fingerprints"', 'signature_type: "pubkey"')
    conf = re.sub(r'fingerprints: ".*"', f'pubkey: "{key}"', conf)
    return [{**said[0], "content": conf}]


# What we write, for pkg.


@needs_root
@pytest.mark.parametrize("transport", ["http", "file"])
@pytest.mark.parametrize("trust", ["none", "fingerprints", "pubkey"])
def test_pkg_updates_installs_and_upgrades_from_what_we_write(
    desk: Desk, work: Path, server: Server, client: Client, transport: str, trust: str
) -> None:
    root = work / "r"
    key = () if trust == "none" else ("--key", work / "key0.pem")
    url = ("--url", f"{server.url}/r") if transport == "http" else ()

    def publish(*files: Path) -> Any:
        found = desk.run("repo", "freebsd", root, *files, *key, *url, "--name", "own", "--json")
        if transport == "http":
            serve(server, root)
        return found.good().json["client"]

    library = put(work, "1.51.0", "libuv", shlibs_provided=["libuv.so.1"])
    said = publish(
        library, put(work, "24.9.0", deps=needing("libuv"), shlibs_required=["libuv.so.1"])
    )
    configure(client, with_public_key(said, root / "own.pub") if trust == "pubkey" else said)
    assert "2 packages processed" in client("update")
    client("install", "-y", "nodejs24")
    assert client("query", "%n-%v").split() == ["libuv-1.51.0", "nodejs24-24.9.0"]
    client("check", "-s", "-a")
    publish(put(work, "24.10.0", deps=needing("libuv")))
    client("update", "-f")
    client("upgrade", "-y")
    assert client("query", "%n-%v", "nodejs24").strip() == "nodejs24-24.10.0"
    installed = client.root / "usr/local/share/nodejs24/version"
    assert installed.read_text() == "24.10.0"
    asked = [request.path for request in server.requests]
    assert (transport == "http") == ("/r/All/nodejs24-24.10.0.pkg" in asked)


@needs_root
@pytest.mark.parametrize("trust", ["fingerprints", "pubkey"])
@pytest.mark.parametrize("what", ["another key", "a bit of the catalogue", "no signature"])
def test_pkg_refuses_what_is_not_signed_by_the_key_it_trusts(
    desk: Desk, work: Path, client: Client, trust: str, what: str
) -> None:
    root = work / "r"
    words = ("repo", "freebsd", root, "--name", "own", "--json")
    given = put(work, "24.9.0")
    said = desk.run(*words, given, "--key", work / "key0.pem").good().json["client"]
    (work / "trusted.pub").write_bytes(make_key(0).public)
    configure(client, with_public_key(said, work / "trusted.pub") if trust == "pubkey" else said)
    if what == "another key":
        desk.run(*words, "--key", work / "key1.pem").good()
    else:
        for name, member in (("data.pkg", "data"), ("packagesite.pkg", "packagesite.yaml")):
            if what == "no signature":
                (root / name).unlink()
            else:
                spoil(root / name, member)
        if what == "no signature":
            desk.run(*words).good()
    # Where packagesite is not newer than data, pkg ends with "up to date" and 0, and has nothing.
    ended = client.attempt("-r", client.root, "update")
    assert re.search("signature|trusted", ended.stderr), ended
    assert "nodejs24" not in client.attempt("-r", client.root, "rquery", "%n").stdout


def spoil(path: Path, member: str) -> None:
    """Change one letter of a signed catalogue."""
    members = unpacked(path)
    members[member] = members[member].replace(b"the package", b"the Package")
    path.write_bytes(PACK["tzst"](tarred((name, data, 0o644) for name, data in members.items())))


def unpacked(path: Path) -> dict[str, bytes]:
    """Return the members of a catalogue's archive, whoever wrote it."""
    with tarfile.open(fileobj=io.BytesIO(streams.decompress(path.read_bytes()))) as tar:
        return {member.name: (tar.extractfile(member) or tar).read() for member in tar}  # type: ignore[union-attr]


@needs_root
def test_pkg_finds_a_package_that_is_not_as_it_is_listed(
    desk: Desk, work: Path, server: Server, client: Client
) -> None:
    root = work / "r"
    words = ("repo", "freebsd", root, put(work, "24.9.0"), "--url", f"{server.url}/r", "--json")
    configure(client, desk.run(*words).good().json["client"])
    serve(server, root)
    client("update")
    body = (root / "All" / "nodejs24-24.9.0.pkg").read_bytes()
    server.serve("/r/All/nodejs24-24.9.0.pkg", body[:-1] + bytes([body[-1] ^ 1]))
    assert "checksum" in client.refuse("install", "-y", "nodejs24")


def test_pkg_repo_says_the_same_of_the_same_packages(
    desk: Desk, work: Path, client: Client
) -> None:
    root = ports(mode="none").write(work / "theirs")
    put(root / "All", "1.0_1,2", "odd", desc="100%25", conflicts=["x-*"], vital=True, users=["www"],
        options={"A": "on"}, annotations={"cpe": "x"}, provides=["p"], requires=["p"],
        messages=[{"message": "hello", "type": "install"}])  # fmt: skip
    client.file("repo", root)
    theirs = lines(root)
    desk.run("repo", "freebsd", root).good()
    ours = lines(root)
    assert [p["name"] for p in ours] == sorted(p["name"] for p in theirs)
    for each in ours:
        other = next(p for p in theirs if p["name"] == each["name"])
        data = (root / each["path"]).read_bytes()
        assert each.pop("sum") == hashlib.sha256(data).hexdigest()
        other.pop("sum")
        for key in ("shlibs_required", "shlibs_provided"):  # a set to pkg, which sorts it
            assert sorted(each.pop(key, [])) == sorted(other.pop(key, []))
        assert each == {"deps": {}, **other} if "deps" in each else other


def lines(root: Path) -> list[dict[str, Any]]:
    members = unpacked(root / "packagesite.pkg")
    return [json.loads(line) for line in members["packagesite.yaml"].splitlines()]


@needs_root
def test_a_package_of_ours_goes_through_a_repository_to_pkg_and_back_to_us(
    desk: Desk, work: Path, server: Server, client: Client, tmp_path: Path
) -> None:
    entries = tuple(runtime_entries("freebsd-x64"))
    bundle = replace(small_bundle("freebsd-x64"), entries=entries)
    made = pkg.package(bundle, Settings())
    with (work / pkg.filename(made)).open("w+b") as out:
        pkg.write(made, out, Effort("fast"))
    words = ("--key", work / "key0.pem", "--url", f"{server.url}/r", "--json")
    given = work / pkg.filename(made)
    said = desk.run("repo", "freebsd", work / "r", given, *words).good().json
    assert said["abi"] == "FreeBSD:14:amd64"
    configure(client, said["client"])
    address = serve(server, work / "r")
    client("update")
    client("install", "-y", "nodejs")
    client("check", "-s", "-a")
    assert (client.root / "usr/local/bin/node").is_file()
    own = TrustedKey.known_by(said["fingerprint"])
    source = FreeBsd(Cache(tmp_path / "c"), Network(), address=address, trusted=[own])
    (release,) = source.releases(X64)
    parts = source.fetch(source.offer(release, X64), SILENT)
    again = assemble(parts, release, X64, tmp_path / "spool")
    assert (again.version, again.npm, again.os_release) == (bundle.version, bundle.npm, "14")
    assert again.file("bin/node").sha256 == bundle.file("bin/node").sha256


# What pkg writes, for us.


SIGN = """\
#!/bin/sh
read -r sum
echo SIGNATURE
printf %s "$sum" | openssl dgst -sign "$KEY" -sha256 -binary
echo
echo CERT
cat "$PUBLIC"
echo END
"""


def get(root: Path, cache: Path, *trusted: TrustedKey, **options: Any) -> tuple[Part, ...]:
    source = FreeBsd(Cache(cache), Network(), address=root, trusted=trusted, **options)
    return source.fetch(source.offer(source.releases(X64)[0], X64), SILENT)


def repository(client: Client, root: Path, *words: str | Path) -> Path:
    """Let pkg write the catalogue of the ports' packages in ``root``."""
    for path, data in ports().packages.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    client.file("repo", *words[:-1], root, *words[-1:])
    return root


@pytest.mark.parametrize("packing", list(PACK))
def test_we_read_what_pkg_packs_and_signs_with_a_key(
    work: Path, client: Client, tmp_path: Path, packing: str
) -> None:
    (work / "meta").write_text(f'version = 2;\npacking_format = "{packing}";\n')
    root = repository(client, work / "r", "-m", work / "meta", work / "key0.pem")
    own = TrustedKey.of("own", make_key(0).public)
    node, npm = get(root, tmp_path / "c", own)
    assert make_key(0).fingerprint in node.provenance.checked
    assert (node.what, npm.what) == ("runtime", "npm")
    with pytest.raises(VerificationFailed):
        get(root, tmp_path / "c", TrustedKey.of("other", make_key(1).public))


def test_we_read_what_pkg_signs_by_a_command(work: Path, client: Client, tmp_path: Path) -> None:
    script = work / "sign.sh"
    script.write_text(SIGN)
    script.chmod(0o755)
    (work / "own.pub").write_bytes(make_key(0).public)
    for path, data in ports().packages.items():
        (work / "r" / path).parent.mkdir(parents=True, exist_ok=True)
        (work / "r" / path).write_bytes(data)
    ended = subprocess.run(
        [tool("pkg"), *client.options, "repo", work / "r", "signing_command:", script],
        env={**os.environ, "KEY": str(work / "key0.pem"), "PUBLIC": str(work / "own.pub"),
             "INSTALL_AS_USER": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode < 0:
        pytest.skip(
            f"this pkg dies of signal {-ended.returncode} in signing_command, 2.8.4 does not"
        )
    assert ended.returncode == 0, ended.stderr
    for trusted in (
        TrustedKey.known_by(make_key(0).fingerprint),
        TrustedKey.of("own", make_key(0).public),
    ):
        assert (
            make_key(0).fingerprint
            in get(work / "r", tmp_path / "c", trusted)[0].provenance.checked
        )
    with pytest.raises(VerificationFailed, match="which is not trusted here"):
        get(work / "r", tmp_path / "c", TrustedKey.known_by(make_key(1).fingerprint))


def test_we_read_what_pkg_signs_with_ed25519_and_refuse_ecdsa(
    work: Path, client: Client, tmp_path: Path
) -> None:
    public = subprocess.run(
        [tool("pkg"), "key", "--create", "-t", "eddsa", work / "ed.key"],
        capture_output=True, check=True, env={**os.environ, "INSTALL_AS_USER": "1"},
    ).stdout  # fmt: skip
    own = TrustedKey.of("ed.pub", public)
    root = repository(client, work / "r", f"eddsa:{work / 'ed.key'}")
    assert own.fingerprint in get(root, tmp_path / "c", own)[0].provenance.checked
    spoil(root / "data.pkg", "data")
    with pytest.raises(VerificationFailed, match=r"is not that of ed\.pub"):
        get(root, tmp_path / "c", own)
    words = ("ecparam", "-genkey", "-name", "secp256k1", "-outform", "DER", "-out")
    subprocess.run([tool("openssl"), *words, work / "ec.key"], check=True, capture_output=True)
    root = repository(client, work / "other", f"ecdsa:{work / 'ec.key'}")
    with pytest.raises(VerificationFailed, match="'ecdsa', which is not supported"):
        get(root, tmp_path / "c", own)


def test_we_read_what_pkg_lists_the_files_of(work: Path, client: Client, tmp_path: Path) -> None:
    root = repository(client, work / "r", "-l", work / "key0.pem")
    assert get(root, tmp_path / "c", TrustedKey.of("own", make_key(0).public))


def test_every_part_of_what_pkg_wrote_that_is_changed_is_refused(
    work: Path, client: Client, tmp_path: Path
) -> None:
    (work / "meta").write_text('version = 2;\npacking_format = "tar";\n')
    root = repository(client, work / "r", "-m", work / "meta", work / "key0.pem")
    own = TrustedKey.of("own", make_key(0).public)
    good = (root / "data.pkg").read_bytes()
    used = len(good.rstrip(b"\0"))
    for at in range(0, used, 97):
        (root / "data.pkg").write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises((VerificationFailed, UnsafeArchive)):
            get(root, tmp_path / "c", own)
    for end in range(0, used, 211):
        (root / "data.pkg").write_bytes(good[:end])
        with pytest.raises(RtError):
            get(root, tmp_path / "c", own)


VERSIONS = (
    "24.19.0", "24.9.0", "24.19.0_1", "24.19.0_10", "24.19.0_2,1", "24.19.0,2", "24.19.0.rc1",
    "24.19.0rc1", "24.19", "24.19.0.0", "24.19.0a", "24.19.0.a", "24.19.0pl1", "24.19.0.beta2",
    "24.19.0.snap3", "24.19.0+1", "24.19.0+", "24.*", "1.0:2003", "v24", "10b2", "10b10", "0",
)  # fmt: skip


def test_versions_are_ordered_as_pkg_orders_them() -> None:
    program = tool("pkg")
    for left in VERSIONS:
        for right in VERSIONS:
            ended = subprocess.run(
                [program, "version", "-t", left, right], capture_output=True, text=True, check=True
            )
            order = compare(left, right)
            assert ended.stdout.strip() == "<=>"[(order > 0) - (order < 0) + 1], (left, right)
