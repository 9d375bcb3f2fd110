"""Many versions at once: chosen, built side by side, and none lost because another one fails."""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from world.rtbuild import Desk, ended
from world.runtime import Upstream, archive_name
from world.server import Reply
from world.shelves import files_of, promised

TARGETS = ("linux-x64", "darwin-arm64")
WORDS = ("-l", "fast", "-f", "tar.gz", "-f", "deb")
VERSIONS = ("22.20.0", "24.18.0", "24.19.0", "25.1.0")


@pytest.fixture
def four(upstream: Upstream) -> Upstream:
    """Give a mirror of four versions, one of which only one target has."""
    for version in VERSIONS:
        upstream.release(version, TARGETS if version != "24.18.0" else TARGETS[:1])
    return upstream


@pytest.mark.parametrize(
    ("words", "versions"),
    [
        (("22", "24"), ["22.20.0", "24.19.0"]),
        (("24", "lts", "24.19.0"), ["24.19.0"]),
        (("all",), ["25.1.0", "24.19.0", "24.18.0", "22.20.0"]),
        (("--every", ">=22 <25"), ["24.19.0", "24.18.0", "22.20.0"]),
        (("--every", "24", "22"), ["24.19.0", "24.18.0", "22.20.0"]),
        (("25", "all", "-t", "darwin-arm64"), ["25.1.0", "24.19.0", "22.20.0"]),
    ],
)
def test_versions_are_chosen(
    desk: Desk, four: Upstream, words: tuple[str, ...], versions: list[str]
) -> None:
    plan = desk.run("release", *words, *WORDS, *four.words, "--plan", "--json").good().json
    assert [each["version"] for each in plan["versions"]] == versions
    assert list(dict.fromkeys(each["version"] for each in plan["targets"])) == versions
    assert len({each["unit"] for each in plan["targets"]}) == len(plan["targets"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("24", "77"), 3, "'77'"),
        (("--every", "77"), 3, "'77'"),
        (("--every", "24", "-t", "linux-s390x"), 4, "linux-s390x"),
        (("all", "stable"), 3, "stable"),
    ],
)
def test_an_expression_that_means_nothing_stops_the_run_before_it_begins(
    desk: Desk, four: Upstream, words: tuple[str, ...], code: int, said: str
) -> None:
    desk.run("release", *words, *WORDS, *four.words).failed(code, said)
    assert not desk.dist.exists()


def test_the_result_does_not_depend_on_how_many_work(desk: Desk, four: Upstream) -> None:
    trees = []
    for jobs in ("1", "2", "5"):
        words = ("release", "all", *WORDS, *four.words, "--jobs", jobs, "--out", f"jobs{jobs}")
        shown = desk.program(*words).good()
        assert "7 of 7: node " in shown.err
        trees.append(files_of(desk.work / f"jobs{jobs}"))
    assert trees[0] == trees[1] == trees[2]
    assert promised(trees[0]) == 4
    assert not [name for name in trees[0] if name.startswith(".")]


def test_the_jobs_of_a_plan_leave_what_one_run_leaves(desk: Desk, four: Upstream) -> None:
    words = ("release", "24", "22", *WORDS, *four.words)
    desk.run(*words, "--out", "whole").good()
    (desk.work / "plan.json").write_text(
        desk.run(*words, "--out", "parts", "--plan", "--json").good().out
    )
    rows = desk.run("matrix", "--github", "--plan", "plan.json").good().json["include"]
    commands = [shlex.split(line) for row in rows for line in row["commands"].splitlines()]
    assert len(commands) == 4
    for program, *rest in reversed(commands):
        assert program == "rtbuild"
        desk.run(*rest).good()
    assert files_of(desk.work / "parts") == files_of(desk.work / "whole")


def test_what_is_finished_is_not_even_fetched(desk: Desk, four: Upstream) -> None:
    words = ("release", "all", *WORDS, *four.words, "--jobs", "1", "--json")
    first = desk.run(*words).good().json
    before = files_of(desk.dist)
    for version in VERSIONS:
        four.put(f"v{version}/{archive_name('linux-x64', version)}", Reply(b"", status=500))
    path = next(desk.cache.glob("objects"))
    path.rename(path.with_name("elsewhere"))
    again = desk.run(*words).good().json
    assert files_of(desk.dist) == before
    assert [t["unit"] for t in again["targets"]] == [t["unit"] for t in first["targets"]]
    assert all(a["kept"] for target in again["targets"] for a in target["artifacts"])
    assert (again["failed"], again["left"]) == ([], [])


def test_only_what_is_damaged_missing_or_new_is_built_again(desk: Desk, four: Upstream) -> None:
    words = ("release", "all", "-l", "fast", *four.words, "--jobs", "1", "--json")
    desk.run(*words, "-f", "tar.gz").good()
    damaged = desk.dist / "v24.19.0" / "node-v24.19.0-linux-x64.tar.gz"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    (desk.dist / "v25.1.0" / "node-v25.1.0-darwin-arm64.tar.gz").unlink()
    told = desk.run(*words, "-f", "tar.gz", "-f", "deb", "-t", "linux-x64").good().json
    kept = {a["file"]: a["kept"] for target in told["targets"] for a in target["artifacts"]}
    assert {name for name, was in kept.items() if not was} == {
        "v24.19.0/node-v24.19.0-linux-x64.tar.gz",
        *(f"v{version}/nodejs_{version}-1_amd64.deb" for version in VERSIONS),
    }
    told = desk.run(*words, "-f", "tar.gz", "-f", "deb").good().json
    kept = {a["file"]: a["kept"] for target in told["targets"] for a in target["artifacts"]}
    assert [name for name, was in kept.items() if not was] == [
        "v25.1.0/node-v25.1.0-darwin-arm64.tar.gz"
    ]
    assert desk.run("verify", "dist").good().out.endswith(" right\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_fails_does_not_keep_the_others_from_it(desk: Desk, four: Upstream, jobs: str) -> None:
    bad = archive_name("darwin-arm64", "24.19.0")
    four.put(f"v24.19.0/{bad}", b"not an archive")
    gone = archive_name("linux-x64", "22.20.0")
    four.put(f"v22.20.0/{gone}", Reply(b"", status=404))
    words = ("release", "all", *WORDS, *four.words, "--jobs", jobs, "--json")
    result = desk.program(*words).failed(7, "2 of 7 failed; node 24.19.0 for darwin-arm64", bad)
    assert [(f["version"], f["target"], f["exit_code"]) for f in result.json["failed"]] == [
        ("24.19.0", "darwin-arm64", 7),
        ("22.20.0", "linux-x64", 4),
    ]
    assert len(result.json["targets"]) == 5
    assert promised(files_of(desk.dist)) == 4

    four.release("24.19.0", TARGETS)
    four.release("22.20.0", TARGETS)
    whole = desk.program(*words).good().json
    kept = [t["unit"] for t in whole["targets"] if t["artifacts"][0]["kept"]]
    assert len(kept) == 5
    assert desk.run("verify", "dist").good().out.endswith(" right\n")


def test_a_version_that_cannot_be_planned_does_not_keep_the_others_from_it(
    desk: Desk, four: Upstream
) -> None:
    four.put("v24.18.0/SHASUMS256.txt", b"no list\n")
    words = ("release", "all", *WORDS, *four.words, "--jobs", "1")
    result = desk.run(*words).failed(7, "1 of 7 failed; node 24.18.0: ")
    assert "v25.1.0" in result.out
    assert promised(files_of(desk.dist)) == 3


def children(process: int) -> list[int]:
    """Return the processes that ``process`` has started, and that carry out units."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    found = map(int, text.split())
    return [p for p in found if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]


def wait_until(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def slow(upstream: Upstream) -> Upstream:
    """Give a mirror of versions that take a while."""
    for version in VERSIONS:
        upstream.release(version, TARGETS, weight=400_000)
    return upstream


SLOW = ("release", "all", "-l", "max", "-f", "tar.xz", "-f", "tar.gz", "--jobs", "2")
# A signal may come between opening a file and taking hold of it.
SIGNALLED = {"PYTHONWARNINGS": "error,ignore::ResourceWarning"}
LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_a_run_and_nothing_half_written_stays(
    desk: Desk, slow: Upstream, number: signal.Signals
) -> None:
    process = desk.start(*SLOW, *slow.words, env=SIGNALLED)
    wait_until(lambda: list(desk.dist.glob("v*/*.manifest.json")))
    crew = children(process.pid)
    assert len(crew) == 2
    if number is signal.SIGINT:  # as a terminal does: everybody hears it
        for each in crew:
            os.kill(each, number)
    process.send_signal(number)
    result = ended(process)
    wait_until(lambda: all(map(gone, crew)), 20)
    promised(files_of(desk.dist))
    if number is not signal.SIGKILL:
        result.failed({2: 130, 15: 143}[number], "run the same command again")
        hidden = [path.name for path in desk.dist.glob(".*")]
        assert set(hidden) <= {".lock", ".units"}  # .units: finished, and not yet published
        assert not list(desk.dist.glob(".units/*/spool*"))
    told = desk.program(*SLOW, *slow.words, "--json").good().json
    assert any(target["artifacts"][0]["kept"] for target in told["targets"])
    assert [path.name for path in desk.dist.glob(".*")] == [".lock"]
    assert desk.run("verify", "dist").good().out.endswith(" right\n")


@LINUX
def test_a_process_that_is_killed_loses_nothing(desk: Desk, slow: Upstream) -> None:
    process = desk.start(*SLOW, *slow.words, "--json", env=SIGNALLED)
    wait_until(lambda: list(desk.dist.glob("v*/*.manifest.json")))
    os.kill(children(process.pid)[0], signal.SIGKILL)
    told = ended(process).good().json
    assert (len(told["targets"]), told["failed"]) == (8, [])
    assert [path.name for path in desk.dist.glob(".*")] == [".lock"]
    assert desk.run("verify", "dist").good().out.endswith(" right\n")
