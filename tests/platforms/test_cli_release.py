"""``rtbuild release`` as a release engineer uses it, from a mirror on loopback to a mirror on disk."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest

import archive_makers as make
from readers import arch, deb, rpm, streams, tar
from rtinstall.runtime_bundle.releases import parse_index, parse_index_tab
from rtinstall.runtime_bundle.sources import named
from rtinstall.runtime_bundle.sources.dist import Dist
from world.mirror import KEY, KEYS
from world.rtbuild import FAST, Desk, ended
from world.runtime import DATE, VERSION, Upstream

BOTH = ("linux-x64", "linux-x64-musl")
ALL = [
    "index.json",
    "index.tab",
    "v24.19.0/SHASUMS256.txt",
    "v24.19.0/node-v24.19.0-linux-x64-musl.manifest.json",
    "v24.19.0/node-v24.19.0-linux-x64-musl.tar.gz",
    "v24.19.0/node-v24.19.0-linux-x64-musl.tar.xz",
    "v24.19.0/node-v24.19.0-linux-x64.manifest.json",
    "v24.19.0/node-v24.19.0-linux-x64.tar.gz",
    "v24.19.0/node-v24.19.0-linux-x64.tar.xz",
    "v24.19.0/nodejs-24.19.0-1-x86_64.pkg.tar.zst",
    "v24.19.0/nodejs-24.19.0-1.x86_64.rpm",
    "v24.19.0/nodejs-24.19.0-r1.x86_64.apk",
    "v24.19.0/nodejs_24.19.0-1_amd64.deb",
]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def digests(desk: Desk) -> dict[str, str]:
    return {
        name: hashlib.sha256((desk.dist / name).read_bytes()).hexdigest()
        for name in desk.published()
    }


def test_one_command_makes_a_mirror_and_says_what_it_does(desk: Desk, upstream: Upstream) -> None:
    upstream.release("22.20.0")
    files = upstream.release(VERSION, BOTH)
    first = desk.program("release", "lts", *upstream.words, *FAST).good()
    assert desk.published() == ALL

    plan, _, steps = first.err.partition("to download\n")
    assert "node 24.19.0 into dist/v24.19.0:" in plan
    assert re.search(r"^TARGET +FROM +DOWNLOAD +FORMATS$", plan, re.MULTILINE)
    size = f"{len(files['node-v24.19.0-linux-x64.tar.xz']) / 1000:.1f} kB"
    assert re.search(rf"^linux-x64 +dist +{size} +deb rpm arch tar.xz tar.gz$", plan, re.MULTILINE)
    assert "not signed" in plan
    assert "not published there: linux-arm64, " in steps
    for name in ALL[4:]:
        assert name.endswith(".json") or Path(name).name in steps

    assert re.match(r"FILE +SIZE +BUILD +CHECK +CHECKED\n", first.out)
    assert re.search(r"^nodejs_24.19.0-1_amd64.deb +\d.+ kB +0.\d s +0.\d s +read back$",
                     first.out, re.MULTILINE)  # fmt: skip
    assert "linux-x64: node 24.19.0, npm 11.6.2; executable for linux x64, glibc 2.28;" in first.out
    assert "sha256 of SHASUMS256.txt" in first.out

    (release,) = parse_index((desk.dist / "index.json").read_bytes())
    assert parse_index_tab((desk.dist / "index.tab").read_text()) == (release,)
    assert (release.date.isoformat(), sorted(release.files)) == (DATE, list(BOTH))
    assert desk.program("verify", "dist").good().out.endswith("\n12 of 12 right\n")


def test_a_second_run_keeps_what_is_finished_and_needs_no_network(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION)
    desk.run("release", "24", *upstream.words, *FAST).good()
    before = {p: p.stat().st_mtime_ns for p in desk.dist.rglob("node*") if p.suffix != ".json"}
    sent = upstream.server.sent()
    again = desk.run("release", "24", *upstream.words, *FAST, "--offline").good()
    assert upstream.server.sent() == sent
    assert again.out.count(" kept ") == len(before) == 5
    assert "cached" in again.err
    assert {p: p.stat().st_mtime_ns for p in before} == before
    # Another level writes other bytes, so nothing is kept then.
    assert " kept " not in desk.run("release", "24", *upstream.words, "--level", "max").good().out


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ("lts", "24.19.0"),
        ("lts/*", "24.19.0"),
        ("lts/jod", "22.20.0"),
        ("latest", "25.1.0"),
        ("22", "22.20.0"),
        ("v24.18.0", "24.18.0"),
        (">=22 <25", "24.19.0"),
        ("^24.18", "24.19.0"),
        ("~24.18", "24.18.0"),
    ],
)
def test_a_version_is_what_people_write(
    desk: Desk, upstream: Upstream, asked: str, version: str
) -> None:
    for each in ("22.20.0", "24.18.0", "24.19.0", "25.1.0"):
        upstream.release(each)
    result = desk.run("release", asked, *upstream.words, "--plan", "--json").good()
    assert result.json["version"] == version


def test_a_plan_fetches_and_writes_nothing(desk: Desk, upstream: Upstream) -> None:
    files = upstream.release(VERSION, BOTH)
    words = ("release", "24", *upstream.words, "--plan")
    assert desk.program(*words).good().out == ""
    plan = desk.program(*words, "--json").good()
    assert plan.err == ""
    assert (
        plan.json["targets"][1].items()
        >= {
            "target": "linux-x64-musl",
            "source": "dist",
            "location": f"{upstream.url}/v24.19.0/node-v24.19.0-linux-x64-musl.tar.xz",
            "size": len(files["node-v24.19.0-linux-x64-musl.tar.xz"]),
            "cached": False,
            "formats": ["apk", "tar.xz", "tar.gz"],
        }.items()
    )
    assert "linux-arm64" in plan.json["not_published"]
    assert not desk.dist.exists()
    asked = [r for r in upstream.server.requests if r.path.endswith(".xz") and r.method == "GET"]
    assert not asked


def test_json_is_all_that_is_printed(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, BOTH)
    ended = desk.program("release", "24", *upstream.words, *FAST, "--json").good()
    assert ended.err == ""
    assert (ended.json["version"], ended.json["out"]) == (VERSION, "dist")
    found = {
        artifact["file"]: artifact["sha256"]
        for target in ended.json["targets"]
        for artifact in target["artifacts"]
    }
    assert set(found) == {n for n in ALL[3:] if not n.endswith(".json")}
    assert all(digests(desk)[name] == digest for name, digest in found.items())
    assert ended.json["targets"][0]["provenance"][0]["source"] == "dist"


def test_only_what_is_asked_for_is_built_and_more_can_be_added(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION, (*BOTH, "linux-arm64"))
    words = (*upstream.words, *FAST)
    desk.run("release", "24", *words, "-t", "linux-arm64", "-f", "deb").good()
    arm = "v24.19.0/node-v24.19.0-linux-arm64.manifest.json"
    assert desk.published() == [
        *ALL[:3], arm, "v24.19.0/nodejs_24.19.0-1_arm64.deb",
    ]  # fmt: skip
    desk.run("release", "24", *words, "-t", "linux-arm64", "-f", "rpm", "-f", "arch").good()
    named = json.loads((desk.dist / arm).read_bytes())["artifacts"]
    assert [artifact["format"] for artifact in named] == ["arch", "rpm", "deb"]
    desk.run("release", "24", *words, "-f", "apk").good()
    assert ALL[3] in desk.published()
    assert desk.run("verify", "dist").good().out.endswith("8 of 8 right\n")


def test_a_manifest_names_nothing_that_was_made_of_something_else(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION)
    words = ("release", "24", *upstream.words, *FAST)
    desk.run(*words, "-f", "deb").good()
    desk.run(*words, "-f", "rpm", SOURCE_DATE_EPOCH="1000000000").good()
    named = json.loads((desk.dist / ALL[6]).read_bytes())["artifacts"]
    assert [artifact["format"] for artifact in named] == ["rpm"]
    desk.run("verify", "dist").good()


def test_what_the_index_promises_and_the_checksums_lack_is_left_out(
    desk: Desk, upstream: Upstream
) -> None:
    files = upstream.release(VERSION, BOTH)
    del files["node-v24.19.0-linux-x64-musl.tar.xz"]
    upstream.serve(VERSION, files)
    plan = desk.run("release", "24", *upstream.words, "--plan", "--json").good().json
    assert [job["target"] for job in plan["targets"]] == ["linux-x64"]
    assert "linux-x64-musl" in plan["not_published"]
    ended = desk.run("release", "24", *upstream.words, "-t", "linux-x64-musl")
    ended.failed(4, "not published for linux-x64-musl")


def test_a_configuration_reaches_the_packages(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    desk.work.mkdir()
    for name, text in {
        "npmrc": "registry=https://npm.acme.example/\n",
        "ca.pem": CERTIFICATE,
        "motd": "hello\n",
        "rtbuild.toml": """\
            name = "acme-node"
            vendor = "ACME"
            maintainer = "ACME Build <build@acme.example>"
            revision = 7
            prefix = "/opt/node"
            summary = "Node.js for ACME"
            npmrc = "npmrc"
            ca_certificates = "ca.pem"
            codec = { deb = "xz" }
            [files]
            "/etc/motd.d/node" = "motd"
            """,
    }.items():
        (desk.work / name).write_text(text)
    desk.run("release", "24", *upstream.words, *FAST).good()
    folder = desk.dist / "v24.19.0"

    package = deb.read((folder / "acme-node_24.19.0-7_amd64.deb").read_bytes())
    assert package.suffixes[1] == ".xz"
    assert package.control["Package"] == "acme-node"
    assert package.control["Maintainer"] == "ACME Build <build@acme.example>"
    assert package.control["Description"].startswith("Node.js for ACME\n")
    data = {m.name: m.data for m in package.members if m.kind == "file"}
    assert data["./etc/npmrc"] == b"registry=https://npm.acme.example/\n"
    assert data["./etc/acme-node/ca-certificates.pem"] == CERTIFICATE.encode()
    assert b"NODE_EXTRA_CA_CERTS" in data["./etc/profile.d/acme-node-ca.sh"]
    assert data["./etc/motd.d/node"] == b"hello\n"
    assert "./opt/node/bin/node" in data
    assert not any(name.startswith("./usr/bin") for name in data)

    other = rpm.read((folder / "acme-node-24.19.0-7.x86_64.rpm").read_bytes())
    assert other.name == "acme-node-24.19.0-7"
    assert "/opt/node/bin/node" in {item.path for item in other.items}
    last = arch.read((folder / "acme-node-24.19.0-7-x86_64.pkg.tar.zst").read_bytes())
    assert last.pkginfo["pkgname"] == ["acme-node"]
    assert "etc/npmrc" in {member.name for member in last.members}
    plain = (folder / "node-v24.19.0-linux-x64.tar.xz").read_bytes()
    names = {member.name: member.data for member in tar.read(streams.decompress(plain))}
    npmrc = "node-v24.19.0-linux-x64/lib/node_modules/npm/npmrc"
    assert names[npmrc] == b"registry=https://npm.acme.example/\n"
    desk.run("verify", "dist").good()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('nmae = "x"', ("'nmae'",)),
        ("name = ", ("rtbuild.toml", "TOML")),
        ('npmrc = "missing"', ("missing",)),
        ('npm = "newest"', ("npm", "'newest'")),
        ('prefix = "usr"', ("prefix",)),
    ],
)
def test_a_bad_configuration_is_found_before_anything_is_asked(
    desk: Desk, upstream: Upstream, text: str, words: tuple[str, ...]
) -> None:
    desk.work.mkdir()
    (desk.work / "rtbuild.toml").write_text(text)
    desk.run("release", "24", *upstream.words).failed(11, *words)
    assert not upstream.server.requests
    assert not desk.dist.exists()


def test_every_time_is_source_date_epoch_or_the_release_date(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION)
    name = "v24.19.0/nodejs_24.19.0-1_amd64.deb"
    words = ("release", "24", *upstream.words, *FAST, "-f", "deb")
    times = []
    for env in ({}, {"SOURCE_DATE_EPOCH": "1000000000"}):
        desk.run(*words, **env).good()
        package = deb.read((desk.dist / name).read_bytes())
        times.append({package.time, *(member.time for member in package.members)})
    assert times == [{1_767_225_600}, {1_000_000_000}]


@pytest.mark.parametrize("text", ["yesterday", "-1", "1.5", "²", "4294967296", " 1"])
def test_a_time_that_is_none_is_refused(desk: Desk, upstream: Upstream, text: str) -> None:
    ended = desk.run("release", "24", *upstream.words, SOURCE_DATE_EPOCH=text)
    ended.failed(11, "SOURCE_DATE_EPOCH", "release date")


def test_the_machine_does_not_show_in_the_bytes(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, BOTH, weight=200_000)
    words = ("release", "24", *upstream.words, "--level", "fast")
    desk.program(*words, "--jobs", "1", TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1").good()
    other = Desk(desk.folder / "another folder" / "größer")
    other.work.mkdir(parents=True)
    started = other.start(
        *words, "--jobs", "3",
        before=("sh", "-c", 'umask 077 && exec "$@"', "sh"),
        env={"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    )  # fmt: skip
    ended(started).good()
    assert digests(desk) == digests(other)
    assert desk.published() == ALL


def test_what_was_published_is_a_source_for_the_next(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    desk.run("release", "24", *upstream.words, *FAST).good()
    # "dist" is the word for the project's own server; a folder of that name is ./dist.
    words = ("release", "lts", "--source", "./dist", *FAST, "--out", "second")
    desk.run(*words).failed(7, "not signed", "--allow-unsigned")
    desk.run(*words, "--allow-unsigned").good()
    for name in ALL[3:]:
        if "musl" not in name and not name.endswith((".json", ".apk")):
            second = desk.work / "second" / name
            assert second.read_bytes() == (desk.dist / name).read_bytes()


def test_a_signature_of_a_pinned_key_is_recorded(
    desk: Desk, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named, "Dist", partial(Dist, keys=KEYS))
    upstream.signer = KEY
    upstream.release(VERSION)
    ended = desk.run("release", "24", *upstream.words, *FAST, "-f", "deb").good()
    said = f"signature of Release Person ({KEY.fingerprint}), SHA-256"
    assert said in ended.out
    manifest = json.loads((desk.dist / ALL[6]).read_bytes())
    assert manifest["provenance"] == [
        {
            "what": "runtime",
            "source": "dist",
            "location": f"{upstream.url}/v24.19.0/node-v24.19.0-linux-x64.tar.xz",
            "digest": manifest["provenance"][0]["digest"],
            "checked": said,
        }
    ]


def test_another_npm_is_bundled_on_request(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION)
    data = make.pack(
        make.gnu_tar({
            "package/package.json": b'{"name": "npm", "version": "11.9.0", "bin": {"npm": "bin/npm-cli.js"}}',
            "package/bin/npm-cli.js": b"#!/usr/bin/env node\n",
            "package/bin/npx-cli.js": b"#!/usr/bin/env node\n",
            "package/lib/new.js": b"",
        }),
        "gz",
    )  # fmt: skip
    server = upstream.server
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"
    dist = {"tarball": server.serve("/registry/npm.tgz", data), "integrity": integrity}
    document = {"name": "npm", "version": "11.9.0", "dist": dist}
    server.serve("/registry/npm/11.9.0", json.dumps(document).encode())
    env = {"NPM_CONFIG_REGISTRY": f"{server.url}/registry/", "PATH": "/nowhere"}
    words = ("release", "24", *upstream.words, *FAST, "-f", "deb", "-f", "tar.xz", "--json")
    (target,) = desk.run(*words, "--npm", "11.9.0", **env).good().json["targets"]
    assert (target["npm"], len(target["provenance"])) == ("11.9.0", 2)
    assert target["provenance"][1]["digest"] == integrity
    package = deb.read((desk.dist / "v24.19.0/nodejs_24.19.0-1_amd64.deb").read_bytes())
    assert "npm (= 11.9.0)" in package.control["Provides"]
    paths = {m.name for m in package.members}
    assert "./usr/lib/node_modules/npm/lib/new.js" in paths
    assert "./usr/lib/node_modules/npm/lib/npm.js" not in paths

    server.serve("/registry/npm.tgz", data[:-1] + b"x")
    shutil.rmtree(desk.cache)
    desk.run(*words, "--npm", "11.9.0", **env).good()  # what is finished needs no npm
    shutil.rmtree(desk.dist)
    desk.run(*words, "--npm", "11.9.0", **env).failed(7, "npm.tgz")
    desk.run(*words, "--npm", "11.9.1", **env).failed(4, "npm 11.9.1")
    desk.run(*words, "--npm", "11.9.0", PATH="/nowhere").failed(14, "registry")


def test_a_runtime_on_disk_is_a_source(desk: Desk, upstream: Upstream) -> None:
    ((name, data),) = upstream.release(VERSION).items()
    desk.work.mkdir()
    (desk.work / name).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    words = ("release", "24", *FAST, "-f", "deb", "--source", name, "--json")
    assert desk.run(*words).good().json["targets"][0]["provenance"][0]["checked"] == "nothing"
    ended = desk.run(*words, "--sha256", digest).good()
    assert ended.json["targets"][0]["provenance"][0]["checked"] == "sha256 given by the user"
    desk.run(*words, "--sha256", "0" * 64).failed(7, "not the file")
    shutil.rmtree(desk.dist)
    desk.run("release", "22", *FAST, "--source", name).failed(3, "'22'", "24.19.0")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("77",), 3, ("'77'", "the newest is 24.19.0")),
        (("24.17.0",), 3, ("'24.17.0'",)),
        (("lts/argon",), 3, ("lts/argon",)),
        (("stable",), 3, ("stable",)),
        (("",), 3, ()),
        (("../../etc",), 3, ("'../../etc'",)),
        (("24.18.0", "-t", "linux-s390x"), 4, ("linux-s390x",)),
        (("24.19.0", "-t", "linux-x64-musl"), 4, ("24.19.0 is published for linux-x64", "musl")),
        (("24", "-t", "linux-arm64", "-t", "linux-s390x"), 4, ("linux-s390x",)),
        (("24", "-t", "linux-vax"), 4, ("'linux-vax' is no target", "linux-x64, linux-arm64")),
        (("24", "-t", "linux-x64", "-f", "apk"), 4, ("no format apk", "deb, rpm")),
        (("24", "-t", "win-x64"), 4, ("win-x64",)),
        (("24", "--npm", "newest"), 11, ("npm", "'newest'")),
        (("24", "--source", "nowhere"), 11, ("'nowhere' is no source", "unofficial")),
        (("24", "--source", "http://["), 11, ("unusable address",)),
        (("24", "--source", "ftp://a.example/"), 11, ("unusable address",)),
        (("24", "--config", "missing.toml"), 11, ("missing.toml",)),
        (("24", "-f", "exe"), 2, ("'exe'", "rtbuild release --help")),
        (("24", "-f", "msi"), 4, ()),
        (("24", "-t", "linux-x64", "-f", "msi"), 4, ("no format msi", "deb, rpm")),
        (("24", "-t", "darwin-arm64", "-f", "zip"), 4, ("no format zip", "pkg, tar.xz")),
        (("24", "-t", "win-x64", "-f", "deb"), 4, ("no format deb", "msi, zip")),
        (("24", "-t", "freebsd-x64", "-f", "pkg"), 4, ("no format pkg", "freebsd, tar.xz")),
        (("24", "--jobs", "0"), 2, ("--jobs",)),
        (("24", "--formt", "deb"), 2, ("--formt", "--format")),
        (("24", "--ca-certificate", "missing.pem"), 2, ("missing.pem",)),
        ((), 2, ("VERSION",)),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    desk: Desk, upstream: Upstream, words: tuple[str, ...], code: int, said: tuple[str, ...]
) -> None:
    upstream.release("24.18.0", BOTH)
    upstream.release(VERSION, ("linux-x64", "linux-arm64"))
    source = () if "--source" in words else upstream.words
    desk.run("release", *words, *source).failed(code, *said)
    assert not desk.dist.exists()
