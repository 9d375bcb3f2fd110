"""Changing the store: every change is staged, written into the journal, and made in small steps.

From the moment its record is in the journal a change can be finished by anybody, at any step, as
often as it takes; before that it is nothing but files in the stage. So whoever opens the store to
change it first finishes what is in the journal, then empties stage and trash.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from rtinstall.installer import journal
from rtinstall.installer import receipt as receipts
from rtinstall.installer.belongings import RUNTIME, carry, of_runtime
from rtinstall.installer.disk import ELSEWHERE, Disk, is_folder
from rtinstall.installer.installed import Installed, entries, look
from rtinstall.installer.journal import Record
from rtinstall.installer.links import Twins
from rtinstall.installer.stage import Progress, Stage
from rtinstall.installer.steps import finish, undo
from rtinstall.installer.store import Store
from rtinstall.installer.sync import early, sync_tree
from rtinstall.runtime_bundle.assemble import assemble, described, label_of
from rtinstall.runtime_bundle.directory import read_tree
from rtinstall.runtime_bundle.errors import BadConfiguration, NoSpace, NotInstalled, NotReadable
from rtinstall.runtime_bundle.locks import locked
from rtinstall.runtime_bundle.model import Bundle, Provenance
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.targets import Target

ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?<!\.)(?<!\.spec)")
FOLDERS = ("versions", "receipts", "aliases", "stage", "trash", "journal")


def silent(count: int) -> None:
    """Show no progress."""


class Changes:
    """The store, open for changes; made by :meth:`Store.changing`."""

    def __init__(self, store: Store, disk: Disk) -> None:
        """Change ``store``, whose home is open as ``disk``, and whose lock is held."""
        self.store = store
        self._disk = disk
        self._turn = threading.Lock()  # of threads that have staged something and publish it

    def add(
        self,
        parts: Sequence[Part],
        release: Release,
        target: Target,
        *,
        again: bool = False,
        copy: bool = False,
        progress: Progress = silent,
    ) -> Installed:
        """Install the runtime that the verified ``parts`` make up.

        What is installed already is returned as it is, be it that another run was quicker; with
        ``again`` it is installed once more, and in its place at every moment. ``copy`` writes every
        file, even if another version has the same. ``progress`` is told of bytes that were written,
        by several threads.

        Raises what :func:`~rtinstall.runtime_bundle.assemble.assemble` does, :class:`NoSpace` where
        it cannot be written. Nothing is left of it then.
        """
        name = self.store.name(release.version, target)
        if not again and (there := self._look(name)):
            return there
        identity = secrets.token_hex(8)
        with self._staging(identity):
            twins = Twins(self._disk, () if copy else self._others(name))
            self._stage(identity, name, parts, release, target, twins, progress)
            with self._turn:
                if not again and (there := self._look(name)):  # another thread was quicker
                    self._disk.remove(f"stage/{identity}")
                    return there
                self._commit(self._publication(identity, name))
        return self._installed(name)

    def remove(self, installed: Installed, *, keep: bool = True) -> Path | None:
        """Remove what the receipt of ``installed`` lists.

        What else is in its folder (global packages, whatever the user has put there) is moved to the
        folder that is returned, if there is anything; without ``keep`` it is removed, too.
        """
        if installed.shared:
            raise NotInstalled(
                f"{installed.name} is in the machine's store {installed.home}, which is only read"
            )
        if self._disk.status(f"receipts/{installed.name}.json") is None:
            raise NotInstalled(f"{installed.name} is not installed")
        before = set(self._disk.names("kept"))
        self._commit(Record(secrets.token_hex(8), "remove", installed.name, keep=keep))
        kept = set(self._disk.names("kept")) - before
        return self.store.places.home / "kept" / kept.pop() if kept else None

    def discard(self, stray: str) -> None:
        """Remove the folder ``stray`` among the versions, for which there is no receipt, and all in it."""
        if stray not in self.store.strays():
            raise NotInstalled(f"{stray} is no folder without a receipt")
        self._commit(Record(secrets.token_hex(8), "remove", stray))

    def adopt(
        self,
        folder: Path,
        provenance: Provenance,
        target: Target | None = None,
        *,
        copy: bool = False,
        progress: Progress = silent,
    ) -> Installed:
        """Install a copy of the runtime that somebody else has installed in ``folder``.

        It is checked as any other is, its version and target are what its own files say. What its
        user has put into the folder is copied, too, and belongs to the user here as it did there.
        What is installed already is returned as it is.
        """
        identity = secrets.token_hex(8)
        part = Part("runtime", folder, "directory", provenance)
        own = read_tree(folder, ignore=lambda path: RUNTIME.fullmatch(path) is None)
        release, target = described(part, target, self.store.places.stage, unpacked=own)
        name = self.store.name(release.version, target)
        if there := self._look(name):
            return there
        with self._staging(identity):
            twins = Twins(self._disk, () if copy else self._others(name))
            stage = Stage(self._disk, f"stage/{identity}/tree", twins=twins, progress=progress)
            spool = self._disk.home / "stage" / identity / "spool"
            with closing(stage):
                bundle = assemble([part], release, target, spool, unpacked=own)
                stage.settle(bundle.entries, ())
            carry(folder, stage.folder, lambda path: bool(RUNTIME.fullmatch(path)), link=False)
            self._write_receipt(identity, name, bundle)
            with self._turn:
                self._commit(self._publication(identity, name))
        return self._installed(name)

    def link_alias(self, alias: str, installed: Installed | None) -> None:
        """Let the link ``aliases/ALIAS`` lead to ``installed``; None takes it away."""
        if not ALIAS.fullmatch(alias):
            raise BadConfiguration(
                f"{alias!r} cannot be the name of an alias",
                hint="letters, digits, dots and dashes are for names, up to 64",
            )
        target = ""
        if installed is not None:
            target = str(installed.folder) if installed.shared else f"../versions/{installed.name}"
        self._commit(Record(secrets.token_hex(8), "alias", alias, target=target))

    def _installed(self, name: str) -> Installed:
        installed = self._look(name)
        if installed is None:
            raise NotInstalled(f"{name} was removed while it was installed")
        return installed

    def _look(self, name: str) -> Installed | None:
        try:
            return look(self.store.places.home, name, shared=False)
        except NotReadable:
            return None  # installing it again is what mends it

    def _stage(
        self,
        identity: str,
        name: str,
        parts: Sequence[Part],
        release: Release,
        target: Target,
        twins: Twins,
        progress: Progress,
    ) -> None:
        spool = self._disk.home / "stage" / identity / "spool"
        stage = Stage(self._disk, f"stage/{identity}/tree", twins=twins, progress=progress)
        with closing(stage):
            runtime = next(part for part in parts if part.what == "runtime")
            staged = None
            if runtime.layout == "upstream":
                staged = stage.unpack(runtime.path, label_of(release, target))
            with early(self._disk, f"stage/{identity}"):
                bundle = assemble(parts, release, target, spool, unpacked=staged)
                stage.settle(bundle.entries, staged or ())
        self._write_receipt(identity, name, bundle)

    def _write_receipt(self, identity: str, name: str, bundle: Bundle) -> None:
        """Complete what is staged: the receipt, and what the user has put into the one there is."""
        disk, stage = self._disk, f"stage/{identity}"
        files = receipts.files_of(bundle.entries)
        receipt = receipts.receipt_of(name, bundle, files)
        status = disk.status(f"versions/{name}")
        if status is not None and is_folder(status):
            there = self._look(name)
            ours = of_runtime(_listed(there) or list(receipts.lines(files, receipt)))
            home = self.store.places.home
            carry(home / "versions" / name, home / stage / "tree", ours, link=True)
        disk.write(f"{stage}/files", files)
        disk.write(f"{stage}/receipt", receipts.written(receipt))
        for spool in disk.names(stage):
            if spool not in ("tree", "files", "receipt"):
                disk.unlink(f"{stage}/{spool}")
        sync_tree(disk, stage)

    def _others(self, name: str) -> list[Installed]:
        return [one for one in self.store.installed() if not one.shared and one.name != name]

    def _publication(self, identity: str, name: str) -> Record:
        status = self._disk.status(f"stage/{identity}/tree")
        return Record(identity, "publish", name, inode=status.st_ino if status else 0)

    @contextmanager
    def _staging(self, identity: str) -> Iterator[None]:
        """Have a folder ``stage/ID``, of which nothing is left after an error."""
        with self._writing():
            self._disk.mkdir(f"stage/{identity}", 0o700)
            try:
                yield
            except BaseException:
                if self._disk.status(f"journal/{identity}") is None:
                    self._disk.remove(f"stage/{identity}")
                raise

    def _commit(self, record: Record) -> None:
        """Write the change down and make it; one that cannot be begun is undone."""
        with self._writing():
            journal.begin(self._disk, record)
            try:
                finish(self._disk, record)
            except OSError:
                if undo(self._disk, record):
                    journal.end(self._disk, record)
                raise
            journal.end(self._disk, record)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise NoSpace(
                f"{self._disk.home} cannot be written: {error.strerror}{where}", hint=ELSEWHERE
            ) from error


def _listed(installed: Installed | None) -> list[receipts.Line]:
    try:
        return list(entries(installed)) if installed else []
    except NotReadable:
        return []


@contextmanager
def open_changes(store: Store, wait: float) -> Iterator[Changes]:
    """Open the home of ``store``, take its lock, and finish what was left."""
    with ExitStack() as stack:
        disk = Disk(store.places.home)
        stack.callback(disk.close)
        changes = Changes(store, disk)
        stack.enter_context(locked(store.places.lock, wait=wait))
        with changes._writing():
            for folder in FOLDERS:
                disk.mkdir(folder, 0o700 if folder in ("stage", "trash") else 0o755)
            recover(disk)
        yield changes


def recover(disk: Disk) -> None:
    """Finish every change of the journal, and remove what else is in stage and trash.

    A record that cannot be read is left, with what may be its own.
    """
    records, damaged = journal.unfinished(disk)
    for record in records:
        finish(disk, record)
        journal.end(disk, record)
    for folder in ("stage", "trash"):
        for name in disk.names(folder):
            if name not in damaged:
                disk.remove(f"{folder}/{name}")
