"""Units a second: one core, all cores, and a cluster of Dask, in one run on the same units.

    python benchmarks/scale.py [--versions 20] [--weight 2000000] [--rounds 3] [--out DIR]

A unit is one version of a stand-in for Node.js for one target, `.tar.gz` and `.deb`, from a mirror on
loopback; ``--weight`` is the bytes of its program, which no codec makes fewer (0: what a unit costs
by itself). Contenders are interleaved; medians, and the ratio to ``--jobs 1``. Planning and start-up
are part of it. Prints a table and writes ``scale.json``. Needs ``pip install '.[build,test]'``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from world import cluster
from world.rtbuild import Desk, ended
from world.runtime import Upstream
from world.server import running
from world.shelves import files_of

TARGETS = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")
WORDS = ("release", "all", "-l", "fast", "-f", "tar.gz", "-f", "deb", "--json")


def main() -> None:
    """Run every contender in turn, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--weight", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as work, running() as server:
        upstream = Upstream(server)
        for number in range(asked.versions):
            upstream.release(f"24.{number}.0", TARGETS, weight=asked.weight)
        with cluster.running(Path(work) / "cluster") as made:
            for number in range(cores):
                made.worker(number)
            contenders = {
                "--jobs 1": ("--jobs", "1"),
                f"--jobs {cores}": ("--jobs", str(cores)),
                f"--scheduler, {cores} workers": ("--scheduler", made.address),
            }
            times = measured(Path(work), upstream, contenders, asked.rounds)
    units = asked.versions * len(TARGETS)
    base = times["--jobs 1"]
    rows = [
        {"way": way, "units": units, "seconds": round(seconds, 2),
         "units_per_second": round(units / seconds, 2), "times_jobs_1": round(base / seconds, 2)}
        for way, seconds in times.items()
    ]  # fmt: skip
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    asked.out.mkdir(exist_ok=True)
    facts = {"cores": cores, "weight": asked.weight, "rounds": asked.rounds, "rows": rows}
    (asked.out / "scale.json").write_text(json.dumps(facts, indent=1) + "\n")


def measured(
    work: Path, upstream: Upstream, contenders: Mapping[str, Sequence[str]], rounds: int
) -> dict[str, float]:
    """Return the median seconds of each contender; all must come to the same bytes."""
    seconds: dict[str, list[float]] = {way: [] for way in contenders}
    first: dict[str, bytes] = {}
    for turn in range(rounds):
        for way, words in contenders.items():
            desk = Desk(work / f"{turn}{way}")
            begun = time.perf_counter()
            ended(desk.start(*WORDS, *upstream.words, *words), timeout=3600).good()
            seconds[way].append(time.perf_counter() - begun)
            made = files_of(desk.dist)
            first = first or made
            assert made == first, f"{way} makes something else"
            shutil.rmtree(desk.folder)
    return {way: median(each) for way, each in seconds.items()}


if __name__ == "__main__":
    main()
