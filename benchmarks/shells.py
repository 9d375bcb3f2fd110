"""What the hook costs a shell that opens, and a shim a command: ours and bare, in turns, in one run.

    python benchmarks/shells.py [--node PATH] [--runs N]

Prints medians, their difference and their ratio. The targets: a shell with the hook opens at most 2 ms
later; ``node`` through a shim starts at most 3 ms later. `dash` stands for what /bin/sh is on Debian.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rtinstall.installer import records, shims
from rtinstall.installer.places import Places
from rtinstall.installer.records import Answer
from rtinstall.installer.shells import SHELLS, snippet
from rtinstall.installer.shells.values import Hook

OPEN = {
    "bash": (["bash", "--norc", "--noprofile"], "bash"),
    "zsh": (["zsh", "-f"], "zsh"),
    "dash": (["dash"], "sh"),
    "fish": (["fish", "--no-config"], "fish"),
}


def lay(folder: Path, node: str) -> tuple[Places, Path]:
    """Make a home with one version whose node is ``node``, and a project that was seen; return both."""
    places = Places(folder / "home", folder / "c", folder / "p", folder / "shared")
    hook = Hook(str(places.home), str(places.shared), "/nonexistent/rtinstall")
    binary = places.versions / "v20.2.0/bin/node"
    binary.parent.mkdir(parents=True)
    binary.symlink_to(node)
    places.aliases.mkdir()
    (places.aliases / "default").symlink_to("../versions/v20.2.0")
    for shell, (_, ending) in SHELLS.items():
        (places.home / f"env.{ending}").write_text(snippet(shell, hook))
    shims.write(places, hook, shims.ALWAYS)
    project = folder / "user/code/company/project/src"
    project.mkdir(parents=True)
    for file in (project.parent / ".nvmrc", project.parent / "package.json"):
        file.write_text("20\n")
        os.utime(file, (time.time() - 60,) * 2)
    answer = Answer(str(binary.parent), "v20.2.0", "20", str(project.parent / ".nvmrc"))
    records.write(places, project.parent, lambda _: answer)
    return places, project


def milliseconds(command: Sequence[str], folder: Path) -> float:
    """Return how long ``command`` takes."""
    begun = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"},
    )
    return (time.perf_counter() - begun) * 1000


def compare(what: str, bare: Sequence[str], ours: Sequence[str], folder: Path, runs: int) -> None:
    """Run both commands in turns, and print a row."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + 3):
        for side in (0, 1) if number % 2 else (1, 0):
            taken = milliseconds((bare, ours)[side], folder)
            if number >= 3:  # the first ones warm the caches
                times[side].append(taken)
    before, after = map(median, times)
    # The median of each pair's difference is less disturbed by what else the machine does.
    extra = median(b - a for a, b in zip(*times, strict=True))
    print(f"{what:<34}{before:8.2f}{after:8.2f}{extra:+8.2f}{after / before:8.2f}")


def main() -> None:
    """Measure every shell that is here, and the shim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node", default=shutil.which("node", path="/usr/bin:/bin:/usr/local/bin"))
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places, project = lay(folder, options.node or "/bin/true")
        print(f"{'milliseconds, medians':<34}{'bare':>8}{'ours':>8}{'extra':>8}{'ratio':>8}")
        for shell, (command, ending) in OPEN.items():
            if shutil.which(shell):
                source = "source" if shell == "fish" else "."
                hook = f"{source} {places.home}/env.{ending}"
                bare, ours = [*command, "-c", ":"], [*command, "-c", hook]
                compare(f"open {shell} in a project", bare, ours, project, options.runs)
        real = str(places.versions / "v20.2.0/bin/node")
        shim = str(places.shims / "node")
        true = shutil.which("true") or "/bin/true"
        compare("node -v", [real, "-v"], [shim, "-v"], project, options.runs)
        binary = Path(real)
        binary.unlink()
        binary.symlink_to(true)
        compare("true (a shim and nothing else)", [real], [shim], project, options.runs)


if __name__ == "__main__":
    main()
