"""A mirror in an object store: the same bytes as in a folder, and no list that is ever wrong."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bundles import small_bundle
from rtinstall.platforms.build import build
from rtinstall.platforms.outputs import Output, output_at
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.store import Store
from rtinstall.platforms.terminal import Terminal
from rtinstall.runtime_bundle.errors import MissingTool, NoSpace, NotReadable, RtError
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.releases import parse_index
from rtinstall.runtime_bundle.versions import Version
from world import s3 as world
from world.rtbuild import Desk
from world.runtime import Upstream
from world.s3 import S3, SECRET
from world.shelves import files_of, promised

QUIET = Terminal(None, quiet=True)
TARGETS = ("linux-x64", "darwin-arm64")
WORDS = ("release", "all", "-l", "fast", "-f", "tar.gz", "-f", "deb", "--jobs", "1")
OUT = ("--out", "s3://shelf/some/dist")


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with world.running() as running:
        yield running


@pytest.fixture
def s3(server: S3) -> S3:
    server.reset()
    return server


@pytest.fixture
def two(upstream: Upstream) -> Upstream:
    for version in ("22.20.0", "24.19.0"):
        upstream.release(version, TARGETS)
    return upstream


def put(output: Output, bundle: Bundle, *formats: str, revision: int = 1) -> None:
    """Let one unit be carried out and published."""
    settings = Settings() if revision == 1 else Settings(npmrc=b"a=b\n")
    name = f"{bundle.version}-{bundle.target}-{'-'.join(formats)}-{revision}"
    with output.stage() as stage:
        effort = Effort("fast", 1)
        built = [
            build(bundle, settings, each, stage=stage, effort=effort, watch=QUIET)
            for each in formats
        ]
        output.deliver(name, bundle, built, stage)
    assert output.delivered(name) is not None
    output.publish(bundle.version, [name])
    output.tidy([name])


def test_a_store_holds_the_same_as_a_folder(
    desk: Desk, two: Upstream, s3: S3, tmp_path: Path
) -> None:
    desk.run(*WORDS, *two.words, "--out", "dist").good()
    desk.run(*WORDS, *two.words, *OUT, **s3.environment).good()
    assert s3.objects("some/dist/") == files_of(desk.dist)
    changes = len(s3.changes)
    again = desk.run(*WORDS, *two.words, *OUT, "--json", **s3.environment).good().json
    assert again["out"] == "s3://shelf/some/dist"
    assert all(a["kept"] for target in again["targets"] for a in target["artifacts"])
    assert len(s3.changes) == changes
    ended = desk.run("verify", "s3://shelf/some/dist", **s3.environment).good()
    assert ended.out.endswith("\n12 of 12 right\n")


def test_the_store_is_the_same_through_several_processes(desk: Desk, two: Upstream, s3: S3) -> None:
    desk.run(*WORDS, *two.words).good()
    desk.program(*WORDS[:-1], "2", *two.words, *OUT, **s3.environment).good()
    assert s3.objects("some/dist/") == files_of(desk.dist)


def test_a_reader_never_finds_a_list_that_is_not_true(desk: Desk, two: Upstream, s3: S3) -> None:
    named: list[int] = []
    s3.watch = lambda change: named.append(promised(s3.objects("some/dist/")))
    desk.run(*WORDS, *two.words, *OUT, **s3.environment).good()
    assert len(named) == len(s3.changes) >= 30
    assert named == sorted(named)
    assert named[-1] == 2


def test_while_files_are_replaced_no_checksum_is_wrong(desk: Desk, two: Upstream, s3: S3) -> None:
    desk.run(*WORDS, *two.words, *OUT, **s3.environment).good()
    shown: list[int] = []

    def look(change: str) -> None:
        files = s3.objects("some/dist/")
        shown.append(promised({name: data for name, data in files.items() if "index" not in name}))

    s3.watch = look
    desk.run(*WORDS, *two.words, *OUT, SOURCE_DATE_EPOCH="9", **s3.environment).good()
    assert len(shown) > 30
    assert promised(s3.objects("some/dist/")) == 2


def test_a_run_that_is_cut_off_after_any_change_is_finished_by_the_next(
    desk: Desk, upstream: Upstream, s3: S3
) -> None:
    upstream.release("24.19.0", TARGETS)
    desk.run(*WORDS, *upstream.words).good()
    whole = files_of(desk.dist)
    desk.run(*WORDS, *upstream.words, *OUT, **s3.environment).good()
    total = len(s3.changes)
    assert total >= 15
    for last in range(total):
        s3.reset()
        s3.last = last
        desk.run(*WORDS, *upstream.words, *OUT, **s3.environment).failed(10, "s3://shelf/some/dist")
        promised(s3.objects("some/dist/"))
        s3.last = None
        desk.run(*WORDS, *upstream.words, *OUT, **s3.environment).good()
        assert s3.objects("some/dist/") == whole, last


@pytest.mark.parametrize("total", [1, 2, 3, 8])
def test_two_runs_at_once_lose_no_line_of_each_other(s3: S3, total: int) -> None:
    """Whenever the first has read a list, the second publishes before the first goes on."""
    put(Store.at("s3://shelf/dist"), small_bundle(version="20.1.0"), "tar.gz")
    first = Store.at("s3://shelf/dist")
    read = first.objects.read
    others = [
        small_bundle("linux-arm64", version="22.1.0"),
        small_bundle("darwin-arm64", version="22.1.0"),
        *(small_bundle(version=f"23.{n}.0") for n in range(6)),
    ][:total]

    def slow_read(name: str, limit: int) -> bytes | None:
        data = read(name, limit)
        if name.endswith(("SHASUMS256.txt", "index.json")) and others:
            put(Store.at("s3://shelf/dist"), others.pop(0), "tar.gz")
        return data

    first.objects.read = slow_read  # type: ignore[method-assign]
    put(first, small_bundle(version="22.1.0"), "tar.gz", "deb")
    assert len(others) <= max(0, total - 4)
    files = s3.objects("dist/")
    there = {name.split("/")[0] for name in files if name.startswith("v")}
    listed = {r.version.tag: r.files for r in parse_index(files["index.json"])}
    assert set(listed) == there
    assert listed["v22.1.0"] == {"linux-x64", *("linux-arm64", "osx-arm64-tar")[:total]}
    assert promised(files) == len(there) == 2 + max(0, total - 2) - len(others)


def test_a_mirror_of_others_is_added_to(s3: S3) -> None:
    store = Store.at("s3://shelf/dist")
    put(store, small_bundle(version="20.1.0"), "tar.gz")
    store.objects.remove("v20.1.0/node-v20.1.0-linux-x64.manifest.json")
    put(Store.at("s3://shelf/dist"), small_bundle(), "tar.gz")
    put(Store.at("s3://shelf/dist"), small_bundle(), "deb")
    assert [str(r.version) for r in parse_index(s3.objects("dist/")["index.json"])] == [
        "24.19.0",
        "20.1.0",
    ]
    put(Store.at("s3://shelf/dist"), small_bundle(), "tar.gz", revision=2)
    files = s3.objects("dist/")
    assert b".deb" in files["v24.19.0/SHASUMS256.txt"]
    s3.objects()
    store.objects.write("index.json", b"[1]")
    with pytest.raises(NotReadable, match=r"s3://shelf/dist/index\.json"), store.writing():
        pass


def test_what_arrives_damaged_is_not_published(s3: S3) -> None:
    store = Store.at("s3://shelf/dist")

    def damage(change: str) -> None:
        name = change.partition(" /shelf/")[2]
        if name.endswith(".tar.gz"):
            s3.damage(name)

    s3.watch = damage
    with pytest.raises(RtError):
        put(store, small_bundle(), "tar.gz")
    assert not [name for name in s3.objects("dist/") if name.startswith("v")]


@pytest.mark.parametrize(
    ("out", "env", "code", "said"),
    [
        ("s3://nowhere/dist", {}, 10, "s3://nowhere/dist"),
        ("s3://shelf/dist", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 5, "no answer"),
        (
            "s3://shelf/dist",
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            10,
            "credentials",
        ),
        ("nothing://shelf/dist", {}, 11, "nothing://shelf/dist"),
        ("gcs://someone:pass-word@shelf/dist", {}, 14, "gcs:// needs"),
        ("sftp://someone:pass-word@127.0.0.1:9/dist", {}, 14, "sftp:// needs"),
    ],
)
def test_what_is_wrong_with_a_store_is_said_without_secrets(
    desk: Desk, two: Upstream, s3: S3, out: str, env: dict[str, str], code: int, said: str
) -> None:
    env = {**s3.environment, "AWS_MAX_ATTEMPTS": "1", **env}
    ended = desk.program(*WORDS, *two.words, "--out", out, **env).failed(code, said)
    for secret in (SECRET, "pass-word"):
        assert secret not in ended.err + ended.out


def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingTool) as caught:
        output_at("s3://shelf/dist")
    assert "pip install 'rtinstall[scale]'" in caught.value.hint
    assert output_at(str(tmp_path)).shown == str(tmp_path)
    assert output_at(tmp_path.as_uri()).shown == str(tmp_path)


def test_any_store_that_fsspec_knows_will_do(tmp_path: Path) -> None:
    for address in ("memory://shelf/dist", (tmp_path / "dist").as_uri().replace("file", "local")):
        store = Store.at(address)
        put(store, small_bundle(), "tar.gz", "deb")
        put(store, small_bundle("darwin-arm64"), "tar.gz")
        store = Store.at(address)
        files = {name: store.objects.read(name, 1 << 24) or b"" for name in store.objects.all()}
        assert promised({n: d for n, d in files.items() if "/.units" not in n}) == 1
        kept = store.kept(Version.parse("24.19.0"), "linux-x64", "")
        assert kept is not None
        assert len(kept.artifacts) == 2
    with contextlib.suppress(NoSpace):
        store.objects.remove("")
