"""Which sources are asked, in which order, and when the next one is: never after a wrong signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from rtinstall.installer.catalogue import Catalogue, read_seen
from rtinstall.installer.policy import Policy
from rtinstall.installer.settings import load
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    NotReadable,
    PolicyRefused,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import named
from rtinstall.runtime_bundle.sources.dist import Dist
from rtinstall.runtime_bundle.targets import BY_NAME
from rtinstall.runtime_bundle.versions import Version
from world.mirror import KEY, KEYS, SIGNED_AT, STRANGER
from world.runtime import VERSION, Upstream
from world.server import Reply, Server
from world.signing import clearsign

TARGET = BY_NAME["linux-x64"]
NETWORK = Network(pause=0.01, read=2.0, retries=1)
ARCHIVE = f"v{VERSION}/node-v{VERSION}-linux-x64.tar.xz"
NOBODY = "http://127.0.0.1:9"  # the port that discards: nothing listens


@pytest.fixture(autouse=True)
def world_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "Dist", partial(Dist, keys=KEYS))


Made = tuple[Catalogue, list[str]]
Make = Callable[..., Made]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a maker of catalogues, each as in a new run, and what they say."""

    def make(*mirrors: str, policy: Policy | None = None, offline: bool = False) -> Made:
        said: list[str] = []
        environment = {"RTINSTALL_NODE_MIRROR": " ".join(mirrors)}
        settings = load(environment, tmp_path / "none.toml")
        network = Network(pause=0.01, read=2.0, retries=1, offline=offline)
        made = Catalogue(
            settings,
            policy or Policy(),
            Cache(tmp_path / "cache"),
            network,
            said.append,
            seen=tmp_path / "seen.json",
        )
        return made, said

    return make


def fetched(catalogue: Catalogue) -> str:
    """Fetch the newest release, and return where from."""
    found = catalogue.find(lambda releases: releases[0], TARGET)
    assert found is not None
    (part,) = catalogue.fetch(found, SILENT)
    return part.provenance.location


@pytest.mark.parametrize(
    ("target", "mirrors", "names"),
    [
        ("linux-x64", "", "dist pip npm"),
        ("linux-x64-musl", "", "dist unofficial pip"),
        ("linux-armv6l", "", "unofficial"),
        ("linux-x64-glibc-217", "", "unofficial"),
        ("freebsd-x64", "", "freebsd"),
        ("ibmi-ppc64", "", "ibmi"),
        ("aix-ppc64", "", "dist"),
        ("linux-x64", "https://a.example https://b.example", "https://a.example https://b.example"),
        ("linux-x64-musl", "https://a.example", "https://a.example unofficial"),
        ("freebsd-x64", "https://a.example", "freebsd"),
    ],
)
def test_each_target_has_its_sources_and_mirrors_stand_for_nodejs_org(
    make: Make, target: str, mirrors: str, names: str
) -> None:
    catalogue, _ = make(*mirrors.split())
    assert catalogue.names(BY_NAME[target]) == tuple(names.split())


def test_the_first_mirror_that_answers_is_taken(
    make: Make, server: Server, upstream: Upstream
) -> None:
    upstream.release()
    second = Upstream(server, "/second", signer=KEY)
    second.release()
    catalogue, said = make(upstream.url, second.url)
    assert fetched(catalogue) == f"{upstream.url}/{ARCHIVE}"
    assert said == []
    assert not [r for r in server.requests if r.path.startswith("/second")]


INDEX_FAULTS = {
    "refused": None,
    "500": Reply(b"", status=500),
    "503": Reply(b"", status=503),
    "404": Reply(b"", status=404),
    "403": Reply(b"", status=403),
    "a page": Reply(b"<html>please log in</html>"),
    "cut short": Reply(b"[{]", length=100),
}


@pytest.mark.parametrize("fault", INDEX_FAULTS)
def test_a_mirror_without_an_index_gives_way_to_the_next(
    make: Make, server: Server, upstream: Upstream, fault: str
) -> None:
    reply = INDEX_FAULTS[fault]
    upstream.release()
    if reply is not None:
        server.serve("/first/index.json", reply)
    first = f"{server.url}/first" if reply is not None else f"{NOBODY}/dist"
    catalogue, said = make(first, upstream.url)
    assert fetched(catalogue) == f"{upstream.url}/{ARCHIVE}"
    if fault != "404":
        assert len(said) == 1
        assert said[0].endswith(f"; asking {upstream.url} instead")


def test_a_place_that_gives_way_is_spoken_of_once_a_run(make: Make, upstream: Upstream) -> None:
    upstream.release()
    catalogue, said = make(f"{NOBODY}/dist", upstream.url)
    for _ in range(3):
        assert catalogue.find(lambda releases: None, TARGET) is None
        assert len(catalogue.releases(TARGET)) == 1
    assert len(said) == 1


@pytest.mark.parametrize(
    "reply", [Reply(b"", status=500), Reply(b"", status=404), Reply(bytes(5000), drop=9)]
)
def test_a_mirror_that_does_not_deliver_gives_way_to_the_next(
    make: Make, server: Server, upstream: Upstream, reply: Reply
) -> None:
    upstream.release()
    second = Upstream(server, "/second", signer=KEY)
    second.release()
    upstream.put(ARCHIVE, reply)
    catalogue, said = make(upstream.url, second.url)
    assert fetched(catalogue) == f"{second.url}/{ARCHIVE}"
    assert len(said) == 1
    assert said[0].endswith(f"; fetching it from {second.url} instead")


@pytest.mark.parametrize("what", ["signature", "no signature", "archive"])
def test_a_wrong_file_ends_it_and_nobody_else_is_asked(
    make: Make, server: Server, upstream: Upstream, what: str
) -> None:
    upstream.release()
    second = Upstream(server, "/second", signer=KEY)
    second.release()
    sums = f"v{VERSION}/SHASUMS256.txt"
    (text,) = (reply.body for reply in server.replies[f"/dist/{sums}"])
    match what:
        case "signature":
            upstream.put(f"{sums}.asc", clearsign(STRANGER, text, SIGNED_AT))
        case "no signature":
            upstream.remove(f"{sums}.asc")
            upstream.remove(f"{sums}.sig")
        case _:
            upstream.put(ARCHIVE, b"something else")
    catalogue, _ = make(upstream.url, second.url)
    with pytest.raises(VerificationFailed):
        fetched(catalogue)
    assert not [r for r in server.requests if r.path.startswith("/second")]


@pytest.mark.parametrize(
    ("first", "error"),
    [(f"{NOBODY}/a", Unreachable), ("500", DownloadFailed), ("page", NotReadable)],
)
def test_where_nobody_answers_the_first_fault_is_raised(
    make: Make, server: Server, first: str, error: type[RtError]
) -> None:
    if first in ("500", "page"):
        reply = Reply(b"", status=500) if first == "500" else Reply(b"<html>")
        first = server.serve("/first/index.json", reply).removesuffix("/index.json")
    catalogue, _ = make(first, f"{NOBODY}/b")
    with pytest.raises(error):
        catalogue.releases(TARGET)


def test_offline_is_what_was_there_before(make: Make, upstream: Upstream) -> None:
    upstream.release()
    catalogue, _ = make(upstream.url, offline=True)
    with pytest.raises(Unreachable, match="switched off"):
        catalogue.releases(TARGET)
    catalogue, _ = make(upstream.url)
    fetched(catalogue)
    asked = len(upstream.server.requests)
    catalogue, _ = make(upstream.url, offline=True)
    fetched(catalogue)
    assert len(upstream.server.requests) == asked


def test_an_index_that_goes_backwards_is_spoken_of(make: Make, upstream: Upstream) -> None:
    why = "it may be out of date, or hold something back"
    upstream.release("24.18.0")
    older = [reply.body for reply in upstream.server.replies["/dist/index.json"]]
    upstream.release("24.19.0")
    upstream.release("25.1.0")
    catalogue, said = make(upstream.url)
    catalogue.releases(TARGET)
    assert said == []
    upstream.put("index.json", *older)
    for _ in range(2):  # as long as it does
        catalogue, said = make(upstream.url)
        catalogue.releases(TARGET)
        assert sorted(said) == [
            f"{upstream.url} has shown node {before}, and now has {now}: {why}"
            for before, now in (
                ("24.19.0 before", "only 24.18.0"),
                ("25.1.0 before", "nothing of that line"),
            )
        ]
    upstream.release("24.20.0")
    catalogue, said = make(upstream.url)
    catalogue.releases(TARGET)
    assert said == []


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"x": 1}', b'{"x": {"24": "y"}}', b'{"x": {"a": "24.1.0"}}']
)
def test_a_damaged_memory_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "seen.json"
    path.write_bytes(data)
    assert read_seen(path) == {}


def test_a_password_is_in_no_memory(make: Make, tmp_path: Path, upstream: Upstream) -> None:
    upstream.release()
    address = upstream.url.replace("http://", "http://user:secret@") + "?token=secret"
    for name in ("index.json",):
        upstream.server.serve(
            f"/dist/{name}?token=secret", *upstream.server.replies[f"/dist/{name}"]
        )
    catalogue, _ = make(address)
    assert catalogue.releases(TARGET)
    assert "secret" not in (tmp_path / "seen.json").read_text()
    assert json.loads((tmp_path / "seen.json").read_text())
    headers = upstream.server.requests[0].headers
    assert headers["authorization"].startswith("Basic ")


def test_a_policy_leaves_sources_out_and_refuses_if_none_is_left(
    make: Make, server: Server, upstream: Upstream
) -> None:
    upstream.release()
    second = Upstream(server, "/second", signer=KEY)
    second.release()
    only = Policy(Path("policy"), sources=(second.url,))
    catalogue, _ = make(upstream.url, second.url, policy=only)
    assert fetched(catalogue) == f"{second.url}/{ARCHIVE}"
    assert not [r for r in server.requests if r.path.startswith("/dist")]
    catalogue, _ = make(upstream.url, policy=only)
    with pytest.raises(PolicyRefused, match="does not allow the source"):
        catalogue.releases(TARGET)


def test_what_was_asked_once_is_not_asked_again(make: Make, upstream: Upstream) -> None:
    upstream.release()
    catalogue, _ = make(upstream.url)
    for _ in range(3):
        assert [r.version for r in catalogue.releases(TARGET)] == [Version.parse(VERSION)]
    assert len(upstream.server.asked("/dist/index.json")) == 1
