"""Running the user's own package managers: as a list of words, in a folder of their own, and watched.

What they fetch they write below that folder, so its growth is how far they are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rtinstall.runtime_bundle.addresses import bare
from rtinstall.runtime_bundle.cache import ELSEWHERE, Cache
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import DownloadFailed, MissingTool, NoSpace, Unreachable
from rtinstall.runtime_bundle.network import Network

ASKING = 180.0  # seconds for a question
FETCHING = 3600.0  # seconds for a download
STALE = 86400.0  # seconds after which nobody can be at work any more
LOOK = 0.2  # seconds between two looks at what has arrived


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended, and what it said."""

    code: int
    output: str
    errors: str


def need_network(name: str, network: Network) -> None:
    """Raise :class:`Unreachable` if the client called ``name`` cannot be asked for want of a network."""
    if network.offline:
        raise Unreachable(
            f"{name} is not asked while the network is switched off",
            hint="--offline works with dist and with what is on disk, such as a bundle of rtbuild bundle",
        )


@contextmanager
def workplace(cache: Cache) -> Iterator[Path]:
    """Make a private folder in which no project's configuration applies, and remove it afterwards.

    It is on the disk of ``cache``, where the result is moved to. What killed runs left is removed.
    """
    home = cache.root / "work"
    try:
        home.mkdir(parents=True, exist_ok=True)
        for left in home.iterdir():
            with suppress(FileNotFoundError):  # another thread's or run's, and gone by now
                if left.stat().st_mtime < time.time() - STALE:
                    shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        raise NoSpace(f"{home} cannot be written: {error.strerror}", hint=ELSEWHERE) from error
    with tempfile.TemporaryDirectory(dir=home, ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        # npm looks upwards for a project from where it runs; it stops at this one.
        (place / "package.json").write_text("{}", encoding="utf-8")
        (place / "tmp").mkdir()
        yield place


def run(
    command: Sequence[str],
    place: Path,
    *,
    settings: Mapping[str, str],
    timeout: float = ASKING,
    progress: Progress | None = None,
    total: int | None = None,
) -> Outcome:
    """Run ``command`` in ``place`` with ``settings`` added to the environment.

    With ``progress``, tell it how much has arrived below ``place``. Raises :class:`MissingTool` if
    there is no such program, :class:`DownloadFailed` if it does not end in time.
    """
    folder = str(place / "tmp")
    environment = {**os.environ, "TMPDIR": folder, "TEMP": folder, "TMP": folder, **settings}
    try:
        process = subprocess.Popen(
            command,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise MissingTool(f"{command[0]} cannot be run: {error.strerror}") from error
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(place, ended, progress, total))
    with process:
        watcher.start()
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise DownloadFailed(f"{command[0]} did not end within {timeout:.0f} seconds") from None
        finally:
            ended.set()
            watcher.join()
            process.kill()  # nothing, if it has ended
    return Outcome(
        process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")
    )


def _watch(
    place: Path, ended: threading.Event, progress: Progress | None, total: int | None
) -> None:
    if progress is None:
        return
    before = _bytes_below(place)
    progress.start(total)
    shown = 0
    while not ended.wait(LOOK):
        arrived = max(0, _bytes_below(place) - before)
        arrived = arrived if total is None else min(arrived, total)
        if arrived > shown:
            progress.advance(arrived - shown)
            shown = arrived
    if total is not None:
        progress.advance(total - shown)


def _bytes_below(place: Path) -> int:
    count = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                count += (Path(folder) / name).stat().st_size
            except OSError:
                continue  # renamed or removed meanwhile
    return count


def last_words(outcome: Outcome) -> str:
    """Return the line in which a program says what went wrong, addresses in it bare."""
    lines = [line.strip() for line in (outcome.errors or outcome.output).splitlines()]
    wrong = [line for line in lines if line.lower().startswith(("error", "npm error", "npm err!"))]
    line = (wrong or [line for line in lines if line] or [f"exit code {outcome.code}"])[0]
    return re.sub(r"\w+://\S+", lambda match: bare(match[0]), line)[:300]
