"""Time, memory and size of every package format, ours against nFPM, dpkg-deb and rpmbuild.

One command, the same real tree, the same codec, all contenders interleaved in one run:

    python benchmarks/packages.py [--rounds 3] [--tree DIR] [--out benchmarks/results]

Without ``--tree`` the runtime is fetched through the pip source. Prints a table (medians, and the
ratio to nFPM's time where nFPM writes the format) and draws ``packages.svg`` and ``packages.json``.
Contenders that are not on the machine are left out, and named.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contender:
    """One way to write one package: ``group`` is what may be compared with each other."""

    group: str
    tool: str
    detail: str
    command: tuple[str, ...]
    output: str  # a glob below the work folder


@dataclass(frozen=True)
class Result:
    """Medians over the rounds; memory is the peak of the process and its children."""

    group: str
    tool: str
    detail: str
    seconds: float
    peak_mb: float
    size_mb: float


def ours(work: Path, tree: Path) -> list[Contender]:
    """Return our own formats and levels."""
    table = [
        ("deb zstd", "deb", "fast", "zstd"), ("deb zstd", "deb", "balanced", "zstd"),
        ("deb gzip", "deb", "fast", "gzip"), ("deb gzip", "deb", "balanced", "gzip"),
        ("deb xz", "deb", "fast", "xz"), ("deb xz", "deb", "balanced", "xz"),
        ("rpm zstd", "rpm", "fast", "zstd"), ("rpm zstd", "rpm", "balanced", "zstd"),
        ("rpm gzip", "rpm", "fast", "gzip"), ("rpm xz", "rpm", "balanced", "xz"),
        ("apk gzip", "apk", "fast", "gzip"), ("apk gzip", "apk", "balanced", "gzip"),
        ("arch zstd", "arch", "fast", "zstd"), ("arch zstd", "arch", "balanced", "zstd"),
    ]  # fmt: skip
    found = []
    for group, name, level, codec in table:
        out = work / f"ours-{name}-{level}-{codec}"
        wanted = "default" if name in ("apk",) else codec
        command = (sys.executable, str(HERE / "one_package.py"), str(tree), name, level, wanted)
        found.append(Contender(group, "rtbuild", level, (*command, str(out)), out.name))
    return found


def nfpm(work: Path, tree: Path) -> list[Contender]:
    """Return nFPM's formats; its codec levels are its own."""
    program = shutil.which("nfpm") or shutil.which("nfpm", path=str(Path(sys.executable).parent))
    if program is None:
        return []
    found = []
    table = [
        ("deb zstd", "deb", "zstd"), ("deb gzip", "deb", "gzip"), ("deb xz", "deb", "xz"),
        ("rpm zstd", "rpm", "zstd"), ("rpm gzip", "rpm", "gzip"), ("rpm xz", "rpm", "xz"),
        ("apk gzip", "apk", ""), ("arch zstd", "archlinux", ""),
    ]  # fmt: skip
    for group, packager, codec in table:
        section = f"{packager}:\n  compression: {codec}\n" if codec else ""
        config = work / f"nfpm-{packager}-{codec}.yaml"
        config.write_text(
            "name: nodejs\narch: amd64\nversion: 24.19.0\nrelease: 1\nmaintainer: A <a@b.invalid>\n"
            "description: Node.js\nlicense: MIT\n"
            f"contents:\n  - src: {tree}\n    dst: /usr\n    type: tree\n{section}"
        )
        out = work / f"nfpm-{packager}-{codec}.out"
        command = (program, "package", "-f", str(config), "-p", packager, "-t", str(out))
        found.append(Contender(group, "nfpm", codec or "default", command, out.name))
    return found


def dpkg_deb(work: Path, tree: Path) -> list[Contender]:
    """Return dpkg-deb at the levels that match ours."""
    if shutil.which("dpkg-deb") is None:
        return []
    root = work / "debroot"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        "Package: nodejs\nVersion: 24.19.0-1\nArchitecture: amd64\nMaintainer: A <a@b.invalid>\n"
        "Description: Node.js\n"
    )
    shutil.copytree(tree, root / "usr", symlinks=True)
    found = []
    for codec, level in (("zstd", 3), ("zstd", 9), ("gzip", 2), ("gzip", 6), ("xz", 0), ("xz", 3)):
        out = work / f"dpkg-{codec}-{level}.deb"
        command = ("dpkg-deb", "--root-owner-group", f"-Z{codec}", f"-z{level}", "--build",
                   str(root), str(out))  # fmt: skip
        found.append(Contender(f"deb {codec}", "dpkg-deb", f"-z{level}", command, out.name))
    return found


def rpmbuild(work: Path, tree: Path) -> list[Contender]:
    """Return rpmbuild; it has to copy the tree into its build root first, and its time says so."""
    if shutil.which("rpmbuild") is None:
        return []
    found = []
    for group, payload in (
        ("rpm zstd", "w3T2.zstdio"),
        ("rpm gzip", "w2.gzdio"),
        ("rpm xz", "w3T2.xzdio"),
    ):
        top = work / f"rpm-{payload}"
        spec = work / f"{payload}.spec"
        spec.write_text(
            "Name: nodejs\nVersion: 24.19.0\nRelease: 1\nSummary: Node.js\nLicense: MIT\n"
            "AutoReqProv: no\n%description\nNode.js\n%install\nmkdir -p %{buildroot}/usr\n"
            f"cp -a {tree}/. %{{buildroot}}/usr/\n%files\n/usr\n"
        )
        command = ("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {top}",
                   "--define", f"_binary_payload {payload}", "--define", "__os_install_post %{nil}",
                   "--define", "debug_package %{nil}", str(spec))  # fmt: skip
        found.append(Contender(group, "rpmbuild", payload, command, f"{top.name}/RPMS/*/*.rpm"))
    return found


def measure(contender: Contender, work: Path) -> tuple[float, float, float]:
    """Run once; return seconds, peak megabytes and megabytes written."""
    for old in work.glob(contender.output):
        old.unlink()
    begun = time.perf_counter()
    with (work / "log").open("wb") as log:
        child = subprocess.Popen(contender.command, stdout=log, stderr=log, cwd=work)
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(contender.command)}\n{(work / 'log').read_text()[-2000:]}")
    (written,) = work.glob(contender.output)
    return seconds, usage.ru_maxrss / 1000, written.stat().st_size / 1e6


def runtime_tree(work: Path) -> Path:
    """Fetch a real runtime and write it to disk."""
    command = (sys.executable, "-m", "rtinstall.platforms.cli", "bundle", "24.19.0", "--source", "pip",
               "--target", "linux-x64", "--out", str(work / "bundle"))  # fmt: skip
    subprocess.run(command, check=True)
    return next((work / "bundle").glob("node-v*-linux-x64"))


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned text."""
    peers = {r.group: r.seconds for r in results if r.tool == "nfpm"}
    rows = [("format", "tool", "level", "s", "peak MB", "size MB", "time / nFPM")]
    for r in results:
        ratio = f"{r.seconds / peers[r.group]:.2f}" if r.group in peers else "-"
        rows.append((r.group, r.tool, r.detail, f"{r.seconds:.2f}", f"{r.peak_mb:.0f}",
                     f"{r.size_mb:.1f}", ratio))  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows
    )


def plot(results: Sequence[Result], out: Path) -> None:
    """Draw size over time, a colour per tool; lower left is better."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6))
    for tool in dict.fromkeys(r.tool for r in results):
        mine = [r for r in results if r.tool == tool]
        axes.scatter([r.seconds for r in mine], [r.size_mb for r in mine], label=tool, s=40)
        for r in mine:
            axes.annotate(f"{r.group} {r.detail}", (r.seconds, r.size_mb), fontsize=6,
                          xytext=(4, 2), textcoords="offset points")  # fmt: skip
    axes.set(
        xscale="log", xlabel="seconds", ylabel="MB", title="One Node.js package: time and size"
    )
    axes.legend()
    figure.savefig(out, metadata={"Date": None})


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--only", default="", help="groups that contain this text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        tree = options.tree.resolve() if options.tree else runtime_tree(work)
        makers = (ours, nfpm, dpkg_deb, rpmbuild)
        contenders = []
        for maker in makers:
            found = maker(work, tree)
            if not found:
                print(f"{maker.__name__} is not on this machine: left out")
            contenders += [c for c in found if options.only in c.group]
        contenders.sort(key=lambda c: c.group)
        samples: dict[Contender, list[tuple[float, float, float]]] = {c: [] for c in contenders}
        for number in range(options.rounds):
            for contender in contenders:
                samples[contender].append(measure(contender, work))
            print(f"round {number + 1} of {options.rounds} done", file=sys.stderr)
    results = [
        Result(c.group, c.tool, c.detail, *(median(s[i] for s in samples[c]) for i in range(3)))
        for c in contenders
    ]
    print(table(results))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "packages.json").write_text(json.dumps([asdict(r) for r in results], indent=1))
    plot(results, options.out / "packages.svg")


if __name__ == "__main__":
    main()
