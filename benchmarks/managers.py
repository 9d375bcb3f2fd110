"""What version managers take: to install, to start node, to open a shell, to say what is active.

One command, one real Node.js from one mirror on loopback, all contenders interleaved in one run, a home
of its own and an empty cache for each installation:

    python benchmarks/managers.py [--rounds 5] [--only GROUP...] [--mirror DIR] [--nvm DIR] [--fnm FILE]
                                  [--frozen DIR] [--work DIR]

The peers are n and mise (fetched with the npm of the release itself), nodeenv (``pip install nodeenv``)
nvm, of which ``--nvm`` names a checkout, and fnm, which ``--fnm`` names: fnm and volta are on no
registry of npm, PyPI or Debian. fnm has no shims, and checks nothing that it downloads.
nvm takes no port in a mirror's address, so the mirror is at port 80, else nvm is left out. Contenders
that are not on the machine are left out, and named. ``--mirror`` is a folder that ``rtbuild release
24.19.0 -t linux-x64 -f tar.xz -f tar.gz`` has written; it is made where it is not given. It is not
signed, so rtinstall is told ``--allow-unsigned``; it checks SHA-256 as do n, nvm and mise.

``--frozen`` is a folder that ``rtbuild freeze`` has written both forms into; they are made where it is
not given. They and the program that pip installed are started for the shortest answer, ``--version``, and
for one that reads the store, ``list``.

Prints medians of wall and processor time, and the ratio or difference to what the group is measured by;
writes ``managers.json`` and ``managers.svg``. Processor time is what to look at on a machine that does
other work as well. Before each installation everything is synced: what the one before has left to the
kernel is not counted against the next. Nor is anything removed before the end (1.5 GB a round): ext4
gives no inode away that was freed in the last minutes, and looks for another one by one, which made
an installation that follows a removal up to a second slower, whoever's it was. rtinstall alone syncs
by itself what it has installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
VERSION = "24.19.0"
QUICK = 20  # runs in each round of what takes milliseconds
# What the others of a group are compared with, and what is aimed at.
AIMS = {
    "install": ("rtinstall", "rtinstall is quickest"),
    "node -v": ("bare", "at most 3 ms more"),
    "open bash": ("bare", "at most 2 ms more"),
    "open zsh": ("bare", "at most 2 ms more"),
    "current": ("python -c 'import click'", "at most 1.3 times"),
    "start": ("rtinstall, wheel", ""),
    "list": ("rtinstall, wheel", ""),
}


# What is measured of the program's own forms; it takes no mirror and no peers.
FORMS = {"start", "list"}


@dataclass(frozen=True)
class Contender:
    """A command that is timed; before each run ``fresh`` is empty, and everything is synced."""

    group: str
    tool: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    fresh: Path | None = None
    proof: str = ""  # a file below ``fresh`` that must be there afterwards


@dataclass(frozen=True)
class Result:
    """Medians over all rounds, in seconds; ``least`` is the quickest run."""

    group: str
    tool: str
    wall: float
    processor: float
    least: float
    runs: int


@dataclass
class Ground:
    """Where it all happens: a mirror, the peers, and a home for each tool."""

    work: Path
    url: str
    plain_port: bool
    node: Path  # the unpacked release
    nvm: Path | None
    fnm: Path | None
    missing: list[str] = field(default_factory=list)

    def environment(self, tool: str, **more: str) -> dict[str, str]:
        """Return the environment of ``tool``: nothing of the user's own."""
        home = self.work / "homes" / tool
        home.mkdir(parents=True, exist_ok=True)
        path = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin"))
        return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "no_proxy": "127.0.0.1", **more}

    def found(self, name: str, path: Path | str | None) -> str | None:
        """Return where a peer is; name it as missing if it is not."""
        if path and Path(path).exists():
            return str(path)
        self.missing.append(name)
        return None

    @property
    def mise(self) -> Path:
        """Return where mise is, if npm could fetch it."""
        return self.work / "peers/node_modules/@jdxcode/mise/bin/mise"

    @property
    def n(self) -> Path:
        """Return where n is, if npm could fetch it."""
        return self.work / "peers/node_modules/n/bin/n"

    def of_fnm(self, tool: str = "fnm") -> dict[str, str]:
        """Return fnm's environment, with all that is its own in the home."""
        home = str(self.work / "homes" / tool / "fnm")
        return self.environment(
            tool, FNM_DIR=home, FNM_NODE_DIST_MIRROR=self.url, XDG_RUNTIME_DIR=home
        )

    def of_mise(self, tool: str = "mise") -> dict[str, str]:
        """Return mise's environment, without its own server of versions."""
        return self.environment(
            tool, MISE_NODE_MIRROR_URL=f"{self.url}/", MISE_USE_VERSIONS_HOST="0", MISE_YES="1"
        )


RTINSTALL = str(Path(sys.executable).with_name("rtinstall"))


def installing(ground: Ground) -> Iterator[Contender]:
    """Yield whoever installs the release from the mirror."""
    folder = ground.work

    def one(tool: str, command: Sequence[str], proof: str, **more: str) -> Contender:
        home = ground.environment(tool)["HOME"]
        environment = ground.environment(tool, **more)
        return Contender("install", tool, tuple(command), environment, folder, Path(home), proof)

    words = ("install", VERSION, "--mirror", ground.url, "--allow-unsigned")
    proof = f".local/share/rtinstall/versions/v{VERSION}/bin/node"
    yield one("rtinstall", (RTINSTALL, *words), proof)
    if n := ground.found("n", ground.n):
        prefix = str(ground.work / "homes/n/n")
        yield one("n", ("bash", n, "install", VERSION), "n/bin/node",
                  N_NODE_MIRROR=ground.url, N_PREFIX=prefix)  # fmt: skip
    if ground.nvm and ground.plain_port:
        script = f'. "{ground.nvm}/nvm.sh" --no-use && nvm install {VERSION}'
        home = str(ground.work / "homes/nvm/.nvm")
        yield one("nvm", ("bash", "-c", f'mkdir -p "$NVM_DIR"; {script}'),
                  f".nvm/versions/node/v{VERSION}/bin/node",
                  NVM_DIR=home, NVM_NODEJS_ORG_MIRROR=ground.url)  # fmt: skip
    else:
        ground.missing.append("nvm")
    if fnm := ground.found("fnm", ground.fnm):
        more = {k: v for k, v in ground.of_fnm().items() if k.startswith("FNM_")}
        yield one("fnm", (fnm, "install", VERSION), f"fnm/node-versions/v{VERSION}/installation/bin/node",
                  **more)  # fmt: skip
    if mise := ground.found("mise", ground.mise):
        asked = ("install", f"node@{VERSION}")
        proof = f".local/share/mise/installs/node/{VERSION}/bin/node"
        more = {k: v for k, v in ground.of_mise().items() if k.startswith("MISE_")}
        yield one("mise", (mise, *asked), proof, **more)
    if nodeenv := ground.found("nodeenv", Path(sys.executable).with_name("nodeenv")):
        target = str(ground.work / "homes/nodeenv/env")
        yield one("nodeenv", (nodeenv, f"--mirror={ground.url}", "--prebuilt", f"--node={VERSION}", target),
                  "env/bin/node")  # fmt: skip


def prepared(ground: Ground) -> tuple[dict[str, str], Path]:
    """Install the release with rtinstall, set it up; return its environment and a project's folder."""
    environment = ground.environment("ours")
    project = ground.work / "homes/ours/src/project"
    project.mkdir(parents=True)
    (project / ".nvmrc").write_text(f"{VERSION}\n")
    past = time.time() - 60
    os.utime(project / ".nvmrc", (past, past))
    for words in (
        ("install", VERSION, "--mirror", ground.url, "--allow-unsigned"),
        ("default", VERSION),
        ("setup", "--shell", "bash", "--shell", "zsh"),
        ("hook", str(project)),
    ):
        quiet((RTINSTALL, *words), environment, project)
    return environment, project


def with_mise(ground: Ground) -> dict[str, str] | None:
    """Install the release with mise, for every folder; return its environment."""
    mise = ground.found("mise", ground.mise)
    if mise is None:
        return None
    environment = ground.of_mise("mise-active")
    quiet((mise, "use", "-g", f"node@{VERSION}"), environment, ground.work)
    quiet((mise, "reshim"), environment, ground.work)
    return environment


def with_fnm(ground: Ground) -> dict[str, str] | None:
    """Install the release with fnm, as the default; return the environment of a shell that has it."""
    if ground.fnm is None:
        return None
    environment = ground.of_fnm("fnm-active")
    quiet((str(ground.fnm), "install", VERSION), environment, ground.work)
    return {**environment, "FNM_MULTISHELL_PATH": f"{environment['FNM_DIR']}/aliases/default"}


def starting(ground: Ground) -> Iterator[Contender]:
    """Yield the ways to run node, to open a shell and to ask what is active."""
    ours, project = prepared(ground)
    store = Path(ours["HOME"], ".local/share/rtinstall")
    elsewhere = ground.work / "elsewhere"
    elsewhere.mkdir()

    def node(tool: str, program: Path, environment: Mapping[str, str], folder: Path) -> Contender:
        return Contender("node -v", tool, (str(program), "-v"), environment, folder)

    yield node("bare", store / f"versions/v{VERSION}/bin/node", ours, project)
    yield node("rtinstall's shim, default", store / "shims/node", ours, elsewhere)
    yield node("rtinstall's shim, in a project", store / "shims/node", ours, project)
    mise = with_mise(ground)
    if mise:
        yield node(
            "mise's shim", Path(mise["HOME"], ".local/share/mise/shims/node"), mise, elsewhere
        )
    fnm = with_fnm(ground)
    yield from shells(ground, ours, project, mise, fnm)
    click = (sys.executable, "-c", "import click")
    yield Contender("current", "python -c 'import click'", click, ours, project)
    yield Contender(
        "current", "rtinstall current, in a project", (RTINSTALL, "current"), ours, project
    )
    yield Contender(
        "current", "rtinstall current, default", (RTINSTALL, "current"), ours, elsewhere
    )
    words = (RTINSTALL, "current", "--json")
    yield Contender("current", "rtinstall current --json", words, ours, project)
    if mise:
        words = (str(ground.mise), "current", "node")
        yield Contender("current", "mise current", words, mise, elsewhere)
    if fnm:
        yield Contender("current", "fnm current", (str(ground.fnm), "current"), fnm, elsewhere)


def forms(ground: Ground, frozen: Path) -> Iterator[Contender]:
    """Yield the program in its three forms, as it starts."""
    environment = ground.environment("forms")
    programs = {
        "rtinstall, wheel": RTINSTALL,
        "rtinstall, onedir": str(next(frozen.glob("rtinstall-*-*/rtinstall"))),
        "rtinstall, zipapp": str(next(frozen.glob("rtinstall-*.pyz"))),
    }
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"  # the same Python
    for group, words in (("start", ("--version",)), ("list", ("list", "--json"))):
        for name, program in programs.items():
            yield Contender(group, name, (program, *words), environment, ground.work)


def shells(
    ground: Ground,
    ours: Mapping[str, str],
    project: Path,
    mise: Mapping[str, str] | None,
    fnm: Mapping[str, str] | None,
) -> Iterator[Contender]:
    """Yield the interactive shells that are opened: with nothing in their start file, and with each hook."""
    store = Path(ours["HOME"], ".local/share/rtinstall")
    for shell in ("bash", "zsh"):
        if not ground.found(shell, shutil.which(shell)):
            continue
        lines: dict[str, tuple[str, Mapping[str, str]]] = {
            "bare": ("", ours),
            "rtinstall": (f'. "{store}/env.{shell}"', ours),
        }
        if mise:
            lines["mise"] = (f'eval "$("{ground.mise}" activate {shell})"', mise)
        if fnm:
            line = f'eval "$("{ground.fnm}" env --use-on-cd --shell {shell})"'
            lines["fnm"] = (line, fnm)
        if ground.nvm and ground.plain_port:
            home = f"{ground.work}/homes/nvm-active/.nvm"
            there = f'mkdir -p "{home}"; export NVM_DIR="{home}"; . "{ground.nvm}/nvm.sh" --no-use'
            quiet(("bash", "-c", f"{there}; nvm install {VERSION}"),
                  ground.environment("nvm-active", NVM_NODEJS_ORG_MIRROR=ground.url), project)  # fmt: skip
            lines["nvm"] = (f'export NVM_DIR="{home}"; . "{ground.nvm}/nvm.sh"',
                            ground.environment("nvm-active"))  # fmt: skip
        for tool, (line, environment) in lines.items():
            folder = ground.work / "start" / f"{shell}-{tool}"
            folder.mkdir(parents=True)
            start = folder / (".zshrc" if shell == "zsh" else "bashrc")
            start.write_text(f"{line}\n")
            begin = ("zsh", "-d") if shell == "zsh" else ("bash", "--rcfile", str(start))
            command = (*begin, "-i", "-c", "exit")
            more = {**environment, "ZDOTDIR": str(folder)}
            yield Contender(f"open {shell}", tool, command, more, project)


def quiet(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    """Run what is not measured; end with what it says if it fails."""
    ended = subprocess.run(
        command, env=dict(environment), cwd=folder, capture_output=True, check=False
    )
    if ended.returncode:
        sys.exit(f"{' '.join(command)}\n{ended.stdout.decode()}{ended.stderr.decode()}")


def measure(contender: Contender, log: Path) -> tuple[float, float]:
    """Run once; return seconds of wall and of processor time."""
    if contender.fresh:
        if contender.fresh.exists():
            contender.fresh.rename(tempfile.mkdtemp(prefix="before-", dir=contender.fresh.parent))
        contender.fresh.mkdir(parents=True)
        os.sync()
    with log.open("wb") as said, Path(os.devnull).open("rb") as nothing:
        begun = time.perf_counter()
        child = subprocess.Popen(contender.command, env=dict(contender.environment), stdin=nothing,
                                 stdout=said, stderr=said, cwd=contender.folder,
                                 start_new_session=True)  # fmt: skip
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    good = child.returncode == 0
    if contender.fresh and contender.proof:
        good = good and (contender.fresh / contender.proof).exists()
    if not good:
        sys.exit(f"{' '.join(contender.command)}\n{log.read_text()[-2000:]}")
    return seconds, usage.ru_utime + usage.ru_stime


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, bool]]:
    """Serve ``folder`` on loopback, at port 80 if it is free; yield the address, and whether it is."""
    plain = True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 80))
        except OSError:
            probe.bind(("127.0.0.1", 0))
            plain = False
        port = probe.getsockname()[1]
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1",
               "--directory", str(folder))  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1{'' if plain else f':{port}'}", plain
    finally:
        server.terminate()
        server.wait()


def made_mirror(work: Path) -> Path:
    """Write the release with rtbuild, from the pip source."""
    mirror = work / "mirror"
    subprocess.run((sys.executable, "-m", "rtinstall.platforms.cli", "release", VERSION, "-t", "linux-x64",
                    "--source", "pip", "-f", "tar.xz", "-f", "tar.gz", "--out", str(mirror)),
                   check=True)  # fmt: skip
    return mirror


def made_frozen(work: Path) -> Path:
    """Freeze both forms."""
    for form in ("onedir", "zipapp"):
        subprocess.run((sys.executable, "-m", "rtinstall.platforms.cli", "freeze", "--form", form,
                        "--out", str(work / "frozen")), check=True)  # fmt: skip
    return work / "frozen"


def unpacked(mirror: Path, work: Path) -> Path:
    """Unpack the release, and install the peers of the npm registry with its npm; return its folder."""
    node = work / "node"
    node.mkdir()
    archive = mirror / f"v{VERSION}/node-v{VERSION}-linux-x64.tar.gz"
    subprocess.run(("tar", "-xf", archive, "-C", node, "--strip-components=1"), check=True)
    environment = {**os.environ, "PATH": f"{node}/bin:{os.environ['PATH']}"}
    command = (f"{node}/bin/npm", "install", "--prefix", f"{work}/peers", "--no-audit", "--no-fund",
               "n", "@jdxcode/mise")  # fmt: skip
    subprocess.run(command, env=environment, check=False)
    return node


def compared(results: Sequence[Result]) -> Callable[[Result], str]:
    """Return what says how a result stands to the one its group is measured by."""
    base = {r.group: r for r in results if r.tool == AIMS[r.group][0]}

    def text(result: Result) -> str:
        other = base.get(result.group)
        if other is None or other is result:
            return "-"
        if result.group in ("install", "current", "start", "list"):
            return f"{result.wall / other.wall:.2f} x"
        return f"{(result.wall - other.wall) * 1000:+.1f} ms"

    return text


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned text."""
    compare = compared(results)
    rows = [("what", "with", "wall ms", "processor ms", "least ms", "to the first", "aim")]
    for r in results:
        times = (f"{seconds * 1000:.1f}" for seconds in (r.wall, r.processor, r.least))
        ours = "rtinstall" in r.tool
        wall, processor, least = times
        aim = AIMS[r.group][1] if ours else ""
        rows.append((r.group, r.tool, wall, processor, least, compare(r), aim))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def plot(results: Sequence[Result], out: Path) -> None:
    """Draw a panel per group, a bar per contender."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups = list(dict.fromkeys(r.group for r in results))
    figure, axes = pyplot.subplots(
        len(groups), figsize=(9, 2 * len(groups)), squeeze=False, layout="constrained"
    )
    for panel, group in zip(axes[:, 0], groups, strict=True):
        found = [r for r in results if r.group == group][::-1]
        colours = ["C1" if "rtinstall" in r.tool else "C0" for r in found]
        panel.barh([r.tool for r in found], [r.wall * 1000 for r in found], color=colours)
        panel.set(title=group, xlabel="ms")
    figure.savefig(out, metadata={"Date": None})


def options_from(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what is measured, how often and where."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(AIMS), default=list(AIMS))
    parser.add_argument("--mirror", type=Path, help="a release that rtbuild has written")
    parser.add_argument("--frozen", type=Path, help="what rtbuild freeze has written")
    parser.add_argument("--nvm", type=Path, help="a checkout of nvm")
    parser.add_argument("--fnm", type=Path, help="the program")
    parser.add_argument("--work", type=Path, help="where the homes are; another file system")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, print, draw."""
    options = options_from(sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        work = Path(folder)
        others = FORMS.issuperset(options.only)
        mirror = work if others else options.mirror or made_mirror(work)
        node = work if others else unpacked(mirror, work)
        with served(mirror) as (url, plain):
            peers = (path and path.resolve() for path in (options.nvm, options.fnm))
            ground = Ground(work, url, plain, node, *peers)
            every = [] if others else [*installing(ground), *starting(ground)]
            if not FORMS.isdisjoint(options.only):
                every += forms(ground, (options.frozen or made_frozen(work)).resolve())
            contenders = [c for c in every if c.group in options.only]
            for name in dict.fromkeys(ground.missing):
                print(f"{name} is not on this machine: left out")
            samples: dict[int, list[tuple[float, float]]] = {i: [] for i in range(len(contenders))}
            for number in range(options.rounds):
                for _ in range(QUICK):
                    for i, contender in enumerate(contenders):
                        if len(samples[i]) < (number + 1) * (1 if contender.fresh else QUICK):
                            samples[i].append(measure(contender, work / "log"))
                print(f"round {number + 1} of {options.rounds} done", file=sys.stderr)
    results = [
        Result(c.group, c.tool, median(s[0] for s in samples[i]), median(s[1] for s in samples[i]),
               min(s[0] for s in samples[i]), len(samples[i]))
        for i, c in enumerate(contenders)
    ]  # fmt: skip
    print(table(results))
    options.out.mkdir(parents=True, exist_ok=True)
    written = options.out / "managers.json"
    if written.is_file():  # what was not measured now stays as it was
        known = [Result(**row) for row in json.loads(written.read_text())]
        results += [result for result in known if result.group not in options.only]
        results.sort(key=lambda result: list(AIMS).index(result.group))
    written.write_text(json.dumps([asdict(r) for r in results], indent=1))
    plot(results, options.out / "managers.svg")


if __name__ == "__main__":
    main()
