"""Stores of small runtimes, what is in them, and operations on them that end at a chosen step."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rtinstall.installer import stage
from rtinstall.installer.changes import Changes
from rtinstall.installer.installed import Installed
from rtinstall.installer.places import Places
from rtinstall.installer.store import Store, check
from rtinstall.runtime_bundle.errors import NoSpace
from rtinstall.runtime_bundle.model import Entry, Provenance
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version
from world.runtime import packed, runtime_entries

LINUX = target_named("linux-x64")
NPM = "lib/node_modules/npm"
FEW = (
    "LICENSE", "bin/node", "bin/npm", "include/node/node_version.h",
    f"{NPM}/package.json", f"{NPM}/bin/npm-cli.js",
)  # fmt: skip


def places_at(home: Path) -> Places:
    return Places(home, home.parent / "config.toml", home.parent / "policy", home.parent / "shared")


def store_at(home: Path) -> Store:
    return Store(places_at(home), own=LINUX)


def release(version: str) -> Release:
    return Release(Version.parse(version), EPOCH)


@cache
def _packed(version: str, target: str, weight: int, few: bool) -> bytes:
    entries: Iterable[Entry] = runtime_entries(target, version, weight)
    if few:
        entries = [entry for entry in entries if entry.path in FEW]
    return packed(entries, f"node-v{version}-{target}")


def part(
    folder: Path,
    version: str = "24.19.0",
    target: str = "linux-x64",
    *,
    weight: int = 0,
    few: bool = False,
) -> Part:
    """Return a runtime as upstream packs it, in a file of ``folder``."""
    data = _packed(version, target, weight, few)
    path = folder / f"{hashlib.sha256(data).hexdigest()}.tar.xz"
    if not path.exists():
        path.write_bytes(data)
    where = Provenance("runtime", "dist", "https://example.org/dist", "sha256:00", "signature of A")
    return Part("runtime", path, "upstream", where)


def add(
    changes: Changes,
    runtime: Part,
    version: str = "24.19.0",
    *,
    again: bool = False,
    copy: bool = False,
) -> Installed:
    return changes.add([runtime], release(version), LINUX, again=again, copy=copy)


Snapshot = Mapping[str, str]


def snapshot(folder: Path) -> Snapshot:
    """Return every path below ``folder`` and what is there; but for what the lock says."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_dir():
            found[name] = f"{path.stat().st_mode:o}"
        elif path.name != "lock":
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = f"{path.stat().st_mode:o} {digest}"
    return found


def whole(store: Store) -> list[str]:
    """Return the names of the installed versions, after making sure that each is whole."""
    for installed in store.installed():
        assert list(check(installed)) == []
    return sorted(installed.name for installed in store.installed())


# Faults.

CREATING = ("open", "write", "os.mkdir", "os.link", "os.symlink")
MUTATING = (*CREATING, "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "fsync")
Fault = Callable[[str], None]
Operation = Callable[[Changes], object]


@dataclass
class Steps:
    """Counts what changes a disk in this process, and lets ``fault`` happen at step ``at``.

    Every call that Python's own audit events tell of, and writing and syncing, of which they do not.
    ``lasting`` says for which kinds the fault happens at every later step, too.
    """

    at: int
    fault: Fault
    lasting: Sequence[str] = ()
    count: int = 0

    def watch(self) -> None:
        """Begin; there is no end but the process's."""
        stage.WORKERS = 0  # one thread: every run makes the same steps
        write, fsync = os.write, os.fsync

        def counted_write(descriptor: int, data: bytes) -> int:
            self.step("write")
            return write(descriptor, data)

        def counted_fsync(descriptor: int) -> None:
            self.step("fsync")
            fsync(descriptor)

        os.write, os.fsync = counted_write, counted_fsync  # type: ignore[assignment]
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            flags = arguments[2]
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.step(event)
        elif event in MUTATING:
            self.step(event)

    def step(self, kind: str) -> None:
        self.count += 1
        if self.count == self.at or (self.count > self.at > 0 and kind in self.lasting):
            self.fault(kind)


def killed(kind: str) -> None:
    os._exit(9)


def failing(number: int) -> Fault:
    def fail(kind: str) -> None:
        raise OSError(number, os.strerror(number))

    return fail


FULL, READ_ONLY, DENIED = errno.ENOSPC, errno.EROFS, errno.EACCES


def in_child(call: Callable[[], int]) -> int:
    """Return what ``call`` does in a process of its own, or that process's end; 99 for an exception."""
    child = os.fork()
    if not child:
        code = 99
        try:
            code = call()
        except BaseException:  # noqa: BLE001  # the parent is told
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def walk(
    start: Path,
    work: Path,
    operation: Operation,
    fault: Fault,
    lasting: Sequence[str] = (),
    *,
    gap: bool = False,
) -> int:
    """Let ``fault`` happen at each step of ``operation`` on a copy of the store ``start``.

    After every one the store is what it was, or what the operation makes of it, at the latest when the
    next run has opened it. Even before, every version that it shows is all of one of the two, and a
    version that is neither added nor removed is there, but where ``gap`` says that one cannot be
    exchanged for another in a single step. Returns the steps.
    """
    before, done = snapshot(start), work / "done"
    shutil.copytree(start, done, symlinks=True)
    with store_at(done).changing() as changes:
        operation(changes)
    after = snapshot(done)
    kept = {one.name for one in store_at(start).installed()}
    kept &= {one.name for one in store_at(done).installed()}
    home = work / "home"
    number = 0
    while True:
        number += 1
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(start, home, symlinks=True)
        steps = Steps(number, fault, lasting)

        def run(steps: Steps = steps) -> int:
            steps.watch()
            try:
                with store_at(home).changing() as changes:
                    operation(changes)
            except NoSpace:
                return 10
            return 0 if steps.count < steps.at else 20

        code = in_child(run)
        if code == 0:
            assert snapshot(home) == after
            return number - 1
        assert code in (9, 10, 20), (number, code)
        for installed in store_at(home).installed():
            tree = f"versions/{installed.name}/"
            assert below(tree, snapshot(home)) in (below(tree, before), below(tree, after)), number
        assert gap or {one.name for one in store_at(home).installed()} >= kept, number
        with store_at(home).changing():
            pass
        now = snapshot(home)
        assert now in (before, after), (number, code, differences(now, before, after))
        if code == 20:
            assert now == after, number


def below(folder: str, found: Snapshot) -> Snapshot:
    return {path: what for path, what in found.items() if path.startswith(folder)}


def differences(now: Snapshot, *others: Snapshot) -> list[set[tuple[str, str]]]:
    return [set(now.items()) ^ set(other.items()) for other in others]
