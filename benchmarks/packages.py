"""Time, memory and size of every package format, ours against those who write it on Linux.

One command, the same real tree, the same codec, all contenders interleaved in one run:

    python benchmarks/packages.py [--rounds 3] [--only GROUP...] [--tree TARGET=DIR] [--out DIR]

The peers are nFPM, dpkg-deb and rpmbuild, wixl for .msi, Info-ZIP and 7z for .zip; a macOS .pkg has
none. A runtime that is not given by ``--tree`` is fetched through the pip source. Prints a table
(medians, and the ratio to the time of the format's main peer) and draws ``packages.svg`` and
``packages.json``, where ``--only`` renews the rows of its own groups. Contenders that are not on the
machine are left out, and named.
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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
BOTH = ("fast", "balanced")
# What is written of the runtime for each target, and at which of our levels.
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "linux-x64": {
        "deb zstd": BOTH, "deb gzip": BOTH, "deb xz": BOTH,
        "rpm zstd": BOTH, "rpm gzip": ("fast",), "rpm xz": ("balanced",),
        "apk gzip": BOTH, "arch zstd": BOTH,
    },
    "win-x64": {"msi mszip": BOTH, "zip deflate": BOTH},
    "darwin-arm64": {"pkg gzip": BOTH},
}  # fmt: skip
# Whose time the table divides by.
MAIN_PEER = {
    "deb": "nfpm",
    "rpm": "nfpm",
    "apk": "nfpm",
    "arch": "nfpm",
    "msi": "wixl",
    "zip": "zip",
}
PANELS = {"Linux": ("linux-x64",), "Windows and macOS": ("win-x64", "darwin-arm64")}


@dataclass(frozen=True)
class Contender:
    """One way to write one package: ``group`` is what may be compared with each other."""

    group: str
    tool: str
    detail: str
    command: tuple[str, ...]
    output: str  # a glob below the work folder
    folder: Path | None = None  # where to run it, if not in the work folder


@dataclass(frozen=True)
class Result:
    """Medians over the rounds; memory is the peak of the process and its children."""

    group: str
    tool: str
    detail: str
    seconds: float
    peak_mb: float
    size_mb: float


def ours(work: Path, tree: Path, target: str) -> list[Contender]:
    """Return our own formats and levels."""
    found = []
    for group, levels in GROUPS[target].items():
        name, codec = group.split()
        for level in levels:
            out = work / f"ours-{name}-{level}-{codec}"
            command = (sys.executable, str(HERE / "one_package.py"), str(tree), name, level, codec)
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


def wixl(work: Path, tree: Path) -> list[Contender]:
    """Return wixl, which has one level; a source of 2,200 files is written for it beforehand."""
    if shutil.which("wixl") is None:
        return []
    source, out = work / "node.wxs", work / "wixl.msi"
    script = HERE / "wixl_source.py"
    subprocess.run((sys.executable, str(script), str(tree), str(source)), check=True)
    command = ("wixl", "--arch", "x64", "--output", str(out), str(source))
    return [Contender("msi mszip", "wixl", "default", command, out.name, tree)]


def info_zip(work: Path, tree: Path) -> list[Contender]:
    """Return Info-ZIP's zip, at its default level, which is like our balanced one."""
    if shutil.which("zip") is None:
        return []
    out = work / "info.zip"
    command = ("zip", "-q", "-r", "-6", str(out), tree.name)
    return [Contender("zip deflate", "zip", "-6", command, out.name, tree.parent)]


def seven_zip(work: Path, tree: Path) -> list[Contender]:
    """Return 7z, which uses all processors, at its fastest and its default level."""
    if shutil.which("7z") is None:
        return []
    found = []
    for level in ("-mx1", "-mx5"):
        out = work / f"seven{level}.zip"
        command = ("7z", "a", "-tzip", "-bd", level, str(out), str(tree))
        found.append(Contender("zip deflate", "7z", level, command, out.name))
    return found


Maker = Callable[[Path, Path], list[Contender]]
PEERS: dict[str, tuple[Maker, ...]] = {
    "linux-x64": (nfpm, dpkg_deb, rpmbuild),
    "win-x64": (wixl, info_zip, seven_zip),
    "darwin-arm64": (),
}


def contenders_for(target: str, work: Path, tree: Path) -> list[Contender]:
    """Return all who write packages of the runtime for ``target``; name who is not here."""
    found = ours(work, tree, target)
    for peer in PEERS[target]:
        theirs = peer(work, tree)
        if not theirs:
            print(f"{peer.__name__} is not on this machine: left out")
        found += theirs
    return found


def measure(contender: Contender, work: Path) -> tuple[float, float, float]:
    """Run once; return seconds, peak megabytes and megabytes written."""
    for old in work.glob(contender.output):
        old.unlink()
    begun = time.perf_counter()
    with (work / "log").open("wb") as log:
        child = subprocess.Popen(contender.command, stdout=log, stderr=log,
                                 cwd=contender.folder or work)  # fmt: skip
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(contender.command)}\n{(work / 'log').read_text()[-2000:]}")
    (written,) = work.glob(contender.output)
    return seconds, usage.ru_maxrss / 1000, written.stat().st_size / 1e6


def runtime_tree(work: Path, target: str) -> Path:
    """Fetch a real runtime and write it to disk."""
    command = (sys.executable, "-m", "rtinstall.platforms.cli", "bundle", "24.19.0", "--source", "pip",
               "--target", target, "--out", str(work / "bundle"))  # fmt: skip
    subprocess.run(command, check=True)
    return next((work / "bundle").glob(f"node-v*-{target}"))


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned text."""
    peers = {r.group: r.seconds for r in results if r.tool == MAIN_PEER.get(r.group.split()[0])}
    rows = [("format", "tool", "level", "s", "peak MB", "size MB", "time / peer")]
    for r in results:
        ratio = f"{r.seconds / peers[r.group]:.2f}" if r.group in peers else "-"
        rows.append((r.group, r.tool, r.detail, f"{r.seconds:.2f}", f"{r.peak_mb:.0f}",
                     f"{r.size_mb:.1f}", ratio))  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows
    )


def with_others(results: Sequence[Result], path: Path) -> list[Result]:
    """Return the results, and what an earlier run left in ``path`` of groups that are not in them."""
    earlier = json.loads(path.read_text()) if path.exists() else []
    measured = {r.group for r in results}
    kept = [Result(**row) for row in earlier if row["group"] not in measured]
    return sorted([*results, *kept], key=lambda r: r.group)


def plot(results: Sequence[Result], out: Path) -> None:
    """Draw size over time, a colour per tool and a panel per family of systems; lower left is better."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker

    panels = {title: [r for target in targets for r in results if r.group in GROUPS[target]]
              for title, targets in PANELS.items()}  # fmt: skip
    panels = {title: found for title, found in panels.items() if found}
    colours = {tool: f"C{i}" for i, tool in enumerate(dict.fromkeys(r.tool for r in results))}
    figure, grid = pyplot.subplots(
        len(panels), figsize=(9, 6 * len(panels)), squeeze=False, layout="constrained"
    )
    for axes, (title, found) in zip(grid[:, 0], panels.items(), strict=True):
        for tool in dict.fromkeys(r.tool for r in found):
            mine = [r for r in found if r.tool == tool]
            axes.scatter([r.seconds for r in mine], [r.size_mb for r in mine],
                         label=tool, color=colours[tool], s=40)  # fmt: skip
            for r in mine:
                axes.annotate(f"{r.group} {r.detail}", (r.seconds, r.size_mb), fontsize=6,
                              xytext=(4, 2), textcoords="offset points")  # fmt: skip
        axes.set(xscale="log", xlabel="seconds", ylabel="MB",
                 title=f"One Node.js package for {title}: time and size")  # fmt: skip
        axes.margins(x=0.15)  # room for the words of the rightmost
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        axes.legend()
    figure.savefig(out, metadata={"Date": None})


def options_from(arguments: Sequence[str]) -> argparse.Namespace:
    """Return ``rounds``, ``out``, ``trees`` by target and the ``groups`` to measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    every = [group for groups in GROUPS.values() for group in groups]
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="GROUP", default=[],
                        help="only these: a format (msi), a codec (zstd) or both ('deb zstd')")  # fmt: skip
    parser.add_argument("--tree", action="append", metavar="TARGET=DIR", default=[],
                        help=f"a runtime on disk for one of {', '.join(GROUPS)}")  # fmt: skip
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args(arguments)
    options.groups = set() if options.only else set(every)
    for words in options.only:
        chosen = {group for group in every if set(words.split()) <= set(group.split())}
        if not chosen:
            parser.error(f"no group is called {words!r}; there are {', '.join(every)}")
        options.groups |= chosen
    options.trees = {}
    for words in options.tree:
        target, _, folder = words.partition("=")
        if target not in GROUPS or not Path(folder).is_dir():
            parser.error(f"--tree is a target, '=' and a folder, not {words!r}")
        options.trees[target] = Path(folder).resolve()
    return options


def main() -> None:
    """Measure, print, draw."""
    options = options_from(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        contenders = []
        for target, groups in GROUPS.items():
            if options.groups & set(groups):
                tree = options.trees.get(target) or runtime_tree(work, target)
                found = contenders_for(target, work, tree)
                contenders += [c for c in found if c.group in options.groups]
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
    data = options.out / "packages.json"
    results = with_others(results, data)
    data.write_text(json.dumps([asdict(r) for r in results], indent=1))
    plot(results, options.out / "packages.svg")


if __name__ == "__main__":
    main()
