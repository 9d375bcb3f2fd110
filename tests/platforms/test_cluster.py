"""Units on a cluster of Dask distributed: what is killed half-way loses nothing.

The cluster's scheduler and workers are programs of their own; what they write to is seen by all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from readers import deb
from rtinstall.platforms.cluster import handed_out
from rtinstall.runtime_bundle.errors import MissingTool
from world import cluster as world
from world.cluster import Cluster
from world.rtbuild import Desk, ended
from world.runtime import Upstream, noise
from world.server import running
from world.shelves import files_of, promised

pytest.importorskip("distributed", reason="needs distributed, of the extra rtinstall[scale]")

PATIENCE = 300  # seconds, where the machine has other work
VERSIONS = [f"{20 + 2 * (n % 3)}.{n}.0" for n in range(40)]
TARGETS = ("linux-x64", "linux-arm64", "linux-x64-musl", "darwin-x64", "darwin-arm64", "win-x64")
WORDS = ("release", "all", "-l", "fast", "-f", "tar.gz", "-f", "deb", "-f", "zip")


@pytest.fixture(scope="module")
def forty() -> Iterator[Upstream]:
    """Give a mirror of 40 versions for 6 targets."""
    with running() as server:
        upstream = Upstream(server)
        for version in VERSIONS:
            upstream.release(version, TARGETS)
        yield upstream


@pytest.fixture(scope="module")
def local(forty: Upstream, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Give what a run without a cluster makes of them."""
    desk = Desk(tmp_path_factory.mktemp("local"))
    ended(desk.start(*WORDS, *forty.words, "--jobs", "2"), PATIENCE).good()
    return files_of(desk.dist)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with world.running(tmp_path / "cluster") as cluster:
        yield cluster


def published(desk: Desk) -> int:
    return len(list(desk.dist.glob("v*/*.manifest.json")))


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


def test_a_worker_that_is_killed_half_way_loses_nothing(
    desk: Desk, forty: Upstream, local: dict[str, bytes], cluster: Cluster
) -> None:
    """40 versions for 6 targets, the same bytes as without a cluster."""
    first, _ = cluster.worker(1), cluster.worker(2)
    process = desk.start(*WORDS, *forty.words, "--scheduler", cluster.address, "--json")
    wait_for(lambda: published(desk) > 100)
    first.kill()
    promised(files_of(desk.dist))
    result = ended(process, PATIENCE).good()
    assert result.err == ""
    assert len(result.json["targets"]) == 240
    assert (result.json["failed"], result.json["left"]) == ([], [])
    assert files_of(desk.dist) == local
    assert promised(local) == 40
    assert [path.name for path in desk.dist.glob(".*")] == [".lock"]


def test_a_scheduler_that_is_killed_loses_nothing(
    desk: Desk, forty: Upstream, local: dict[str, bytes], cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker(1)
    some = (WORDS[0], "--every", "20", *WORDS[2:], *forty.words, "--json", "--scheduler")
    process = desk.start(*some, cluster.address)
    wait_for(lambda: published(desk) > 20)
    cluster.scheduler.kill()
    result = ended(process, PATIENCE).failed(
        5, f"the scheduler {cluster.address} was lost", "again"
    )
    finished = {target["unit"] for target in result.json["targets"]}
    assert 20 < len(finished) < 84
    assert len(result.json["left"]) == 84 - len(finished)
    promised(files_of(desk.dist))

    with world.running(tmp_path / "another") as another:
        another.worker(1)
        again = ended(desk.start(*some, another.address), PATIENCE).good().json
    kept = {t["unit"] for t in again["targets"] if all(a["kept"] for a in t["artifacts"])}
    assert kept >= finished
    files = files_of(desk.dist)
    assert promised(files) == 14
    assert {name for name in files if "index" not in name} == {n for n in local if "v20" in n}
    assert all(local[name] == data for name, data in files.items() if "index" not in name)
    assert [path.name for path in desk.dist.glob(".*")] == [".lock"]


def test_what_fails_on_a_worker_is_told_as_if_it_were_here(
    desk: Desk, upstream: Upstream, cluster: Cluster
) -> None:
    upstream.release("24.19.0", TARGETS[:2])
    upstream.put("v24.19.0/node-v24.19.0-linux-arm64.tar.xz", b"another file")
    cluster.worker(1)
    desk.work.mkdir()
    (desk.work / "motd").write_bytes(noise(12_000_000))  # more than Dask likes in a task
    (desk.work / "rtbuild.toml").write_text('[files]\n"/etc/motd" = "motd"\n')
    words = (*WORDS, *upstream.words, "--scheduler", cluster.address)
    desk.program(*words).failed(7, "1 of 2 failed; node 24.19.0 for linux-arm64: ", "do not use")
    assert promised(files_of(desk.dist)) == 1
    upstream.release("24.19.0", TARGETS[:2])
    (desk.work / "motd").rename(desk.work / "elsewhere")
    desk.program(*words).failed(11, "motd")
    (desk.work / "elsewhere").rename(desk.work / "motd")
    desk.program(*words).good()
    package = deb.read((desk.dist / "v24.19.0/nodejs_24.19.0-1_arm64.deb").read_bytes())
    assert max(len(member.data) for member in package.members) == 12_000_000


def test_a_scheduler_that_is_not_there_is_said_to_be_so(desk: Desk, upstream: Upstream) -> None:
    upstream.release("24.19.0")
    words = (*WORDS, *upstream.words, "--scheduler")
    desk.program(*words, "tcp://127.0.0.1:9").failed(5, "tcp://127.0.0.1:9 cannot be reached")
    for nonsense in ("nonsense://x", "tcp://someone:secret@127.0.0.1:9", ""):
        desk.run(*words, nonsense).failed(11, "no address of a scheduler")
    assert published(desk) == 0


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingTool, match="Dask") as caught:
        list(handed_out([], "dist", "tcp://127.0.0.1:8786"))
    assert "pip install 'rtinstall[scale]'" in caught.value.hint
