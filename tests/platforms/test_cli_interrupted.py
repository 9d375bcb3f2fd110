"""A run that is interrupted, terminated or killed: what is finished stays, the rest is as if it never was.

The kills are exact: strace ends the program at a chosen system call of a kind that changes ``dist/``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.verify import parse_shasums
from world.rtbuild import FAST, Desk, ended
from world.runtime import VERSION, Upstream, archive
from world.server import Reply

FOLDER = "v24.19.0"
ARCHIVE = f"{FOLDER}/node-{FOLDER}-linux-x64.tar.xz"
RELEASE = ("release", "24", "-t", "linux-x64", *FAST)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


# A signal may come between opening a file and taking hold of it.
SIGNALLED = {"PYTHONWARNINGS": "error,ignore::ResourceWarning"}


def wait_for(what: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.005)


def asking(desk: Desk, upstream: Upstream) -> Callable[[], object]:
    """Let the server be silent when it is asked for its index."""
    upstream.put("index.json", Reply(b"[]", delay=60))
    return lambda: upstream.server.asked("/dist/index.json")


def downloading(desk: Desk, upstream: Upstream) -> Callable[[], object]:
    """Let the archive come slowly."""
    data = archive("linux-x64", VERSION, 50_000)
    upstream.put(ARCHIVE, Reply(data, etag='"a"', pace=0.00002))
    return lambda: any(p.stat().st_size > 1000 for p in desk.cache.glob("partial/*[0-9a-f]"))


def building(desk: Desk, upstream: Upstream) -> Callable[[], object]:
    """Let the archive take long to write."""
    upstream.release(VERSION, weight=3_000_000)
    return lambda: list(desk.dist.glob(".stage-*/*.tar.xz"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [asking, downloading, building])
def test_an_interrupted_run_cleans_up_and_the_next_one_goes_on(
    desk: Desk,
    upstream: Upstream,
    moment: Callable[[Desk, Upstream], Callable[[], object]],
    number: signal.Signals,
) -> None:
    upstream.release(VERSION, weight=50_000)
    reached = moment(desk, upstream)
    words = (*RELEASE, *upstream.words, "-f", "tar.xz")
    words += ("-l", "max") if moment is building else ()
    process = desk.start(*words, env=SIGNALLED)
    wait_for(reached, process)
    process.send_signal(number)
    since = time.monotonic()
    result = ended(process)
    result.failed(CODES[number], SAID[number], "run the same command again")
    assert time.monotonic() - since < 15
    assert result.out == ""
    assert not desk.dist.exists() or [p.name for p in desk.dist.iterdir()] == [".lock"]

    before = upstream.server.sent()
    upstream.release(VERSION, weight=50_000)
    upstream.put(ARCHIVE, Reply(archive("linux-x64", VERSION, 50_000), etag='"a"'))
    desk.run(*RELEASE, *upstream.words, "-f", "tar.xz").good()
    if moment is downloading:
        assert upstream.server.asked(f"/dist/{ARCHIVE}")[-1].headers["range"] != "bytes=0-"
        assert upstream.server.sent() - before < 50_000
    desk.run("verify", "dist").good()


def test_a_second_signal_does_not_disturb_the_cleaning_up(desk: Desk, upstream: Upstream) -> None:
    words = (*RELEASE, *upstream.words, "-f", "tar.xz", "-l", "max")
    reached = building(desk, upstream)
    process = desk.start(*words, env=SIGNALLED)
    wait_for(reached, process)
    for _ in range(50):
        process.send_signal(signal.SIGTERM)
    ended(process).failed(143, "terminated")
    assert [p.name for p in desk.dist.iterdir()] == [".lock"]


def test_two_runs_do_not_write_into_one_mirror(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, weight=50_000)
    reached = downloading(desk, upstream)
    process = desk.start(*RELEASE, *upstream.words, env=SIGNALLED)
    try:
        wait_for(reached, process)
        desk.run(*RELEASE, *upstream.words).failed(10, "another rtbuild is writing into dist")
    finally:
        process.send_signal(signal.SIGINT)
        ended(process)


def test_a_killed_download_is_continued(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, weight=50_000)
    reached = downloading(desk, upstream)
    process = desk.start(*RELEASE, *upstream.words, env=SIGNALLED)
    wait_for(reached, process)
    process.kill()
    assert ended(process).code == -signal.SIGKILL
    upstream.put(ARCHIVE, Reply(archive("linux-x64", VERSION, 50_000), etag='"a"'))
    desk.run(*RELEASE, *upstream.words, "-f", "deb").good()
    last = upstream.server.asked(f"/dist/{ARCHIVE}")[-1]
    assert int(last.headers["range"].removeprefix("bytes=").removesuffix("-")) > 1000
    assert not list(desk.dist.glob(".stage-*"))


# Killed at exact places.

LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
# The calls that change a folder, and how many of each are tried; two groups, for two workers.
NAMING = {"rename": 12, "mkdir": 2, "unlinkat": 2, "rmdir": 2}
WRITING = {"write": 5, "fsync": 4, "openat": 4}
LINUX = ("-t", "linux-x64", "-f", "deb", "-f", "tar.gz")
# Written with going back in the file, and by way of scratch files.
OTHERS = ("-t", "win-x64", "-t", "darwin-arm64", "-f", "msi", "-f", "pkg")
FEW = {"write": 3, "rename": 2}
COUNTED = {"PYTHONDONTWRITEBYTECODE": "1"}  # every run makes the same calls


@pytest.fixture
def strace() -> tuple[str, ...]:
    path = shutil.which("strace")
    if path is None:
        pytest.skip("needs strace (Debian package strace)")
    command = (path, "-f", "-qq")
    probe = (*command, "-e", "trace=rename", "-o", "/dev/null", "true")
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    return command


def places(log: Path, dist: Path) -> dict[str, list[int]]:
    """Return which of each kind of call change ``dist``, counted from one, in the main thread."""
    count: Counter[str] = Counter()
    found: dict[str, list[int]] = {}
    calls = [match.groups() for match in map(LINE.match, log.read_text(errors="replace").splitlines())
             if match]  # fmt: skip
    # Another thread may have been the first to say something.
    ((main, _),) = Counter(thread for thread, _, _ in calls).most_common(1)
    for thread, call, rest in calls:
        if thread == main:
            count[call] += 1
            if (str(dist) in rest or "dist/" in rest) and (call != "openat" or "O_CREAT" in rest):
                found.setdefault(call, []).append(count[call])
    return found


def sample(numbers: list[int], most: int) -> list[int]:
    """Return at most ``most`` of ``numbers``, evenly spread, the first and the last among them."""
    if len(numbers) <= most:
        return numbers
    return [numbers[round(i * (len(numbers) - 1) / (most - 1))] for i in range(most)]


def check_what_is_there(desk: Desk) -> None:
    """Whatever a list of checksums names is whole; whatever has a final name is whole, too."""
    for sums in desk.dist.glob("v*/SHASUMS256.txt"):
        for name, digest in parse_shasums(sums.read_bytes()).items():
            data = (sums.parent / name).read_bytes()
            assert hashlib.sha256(data).hexdigest() == digest, f"{name} is not what is listed"
    for path in desk.dist.glob("v*/node*"):
        if path.suffix != ".json":
            desk.run("inspect", path).good()


@pytest.mark.parametrize(
    ("files", "calls"),
    [(LINUX, NAMING), (LINUX, WRITING), (OTHERS, FEW)],
    ids=["naming", "writing", "msi-pkg"],
)
def test_a_kill_at_any_place_leaves_only_whole_files(
    desk: Desk,
    upstream: Upstream,
    strace: tuple[str, ...],
    files: tuple[str, ...],
    calls: dict[str, int],
) -> None:
    """A mirror with another release in it is added to, and a package in it replaced by another."""
    upstream.release("22.20.0")
    upstream.release(VERSION, ("linux-x64", "win-x64", "darwin-arm64"))
    config = desk.folder / "rtbuild.toml"
    words = ("release", "24", *files, *FAST, *upstream.words, "--config", str(config))
    config.write_text("")
    desk.run("release", "22", "-t", "linux-x64", "-f", "tar.gz", *FAST, *upstream.words).good()
    desk.run(*words).good()
    start = desk.folder / "start"
    shutil.copytree(desk.dist, start)
    config.write_text('vendor = "ACME"\nsummary = "Node.js for ACME"\n')

    log = desk.folder / "log"
    trace = f"trace={','.join(calls)}"
    traced = desk.start(
        *words, before=(*strace, "-y", "-s", "200", "-e", trace, "-o", str(log)), env=COUNTED
    )
    ended(traced).good()
    shutil.rmtree(desk.dist)
    shutil.copytree(start, desk.dist)
    found = places(log, desk.dist)
    assert found.keys() == calls.keys()
    for call, most in calls.items():
        for number in sample(found[call], most):
            inject = f"inject={call}:signal=SIGKILL:when={number}"
            before = (*strace, "-e", f"trace={call}", "-e", inject, "-o", "/dev/null")
            result = ended(desk.start(*words, before=before, env=COUNTED))
            assert result.code in (-signal.SIGKILL, 128 + signal.SIGKILL), (call, number, result)
            check_what_is_there(desk)
            desk.run(*words).good()
            assert not [p for p in desk.dist.rglob(".*") if p.name != ".lock"], (call, number)
            assert desk.run("verify", "dist").good().out.endswith(" right\n")
            shutil.rmtree(desk.dist)
            shutil.copytree(start, desk.dist)
