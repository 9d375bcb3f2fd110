"""The records: for each folder with a version file, the answer that hooks and shims read.

``projects/<the folder's absolute path>/.version`` is six lines:

1. the directory to put on PATH; empty: none of ours (``system``)
2. the version's name; ``!``: what is asked for is not installed, or is no version; ``-``: the
   folder's files ask for nothing, look further up; a ``?`` before it: only what ``engines`` says, which
   counts if no folder above chooses a version
3. the expression
4. the file it came from
5. the version files that were there, each with a blank before it
6. what to tell a person who comes into the folder, once; mostly empty

Only the folder's own files decide what its record says, so that a record is good as long as it is
newer than each of them and line 5 names just those: a file that appears, goes or is edited is
noticed, in this folder or in one above. A record's time is that of the file system at which reading
its folder's files began.

Where what is asked for is not installed, the directory is that of the shims: they say so instead of
running another version. ``engines`` does not choose, so there the default runs, and the note says it.

Records are a cache: they may be removed at any time, and one that cannot be written (a path too
long for the file system below our home) is only asked for again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.places import WINDOWS, Places
from rtinstall.installer.shells.values import PACKAGE, VERSION_FILES

if TYPE_CHECKING:  # what the quick verbs do without until they need it
    from rtinstall.installer.store import Store

NOTHING, REFUSED, WEAK = "-", "!", "?"
_LINES = 6
_RECORD = ".version"
_UNFINISHED = ".version~"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a folder's own files ask for, and the directory that follows from it."""

    bin: str = ""
    name: str = NOTHING
    expression: str = ""
    file: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read, with the version files that there were."""

    answer: Answer
    present: tuple[str, ...]


def present(folder: Path) -> tuple[str, ...]:
    """Return the version files in ``folder``, as ``[ -f`` sees them."""
    foreign = {PACKAGE} if "node_modules" in folder.parts else set()
    return tuple(
        name
        for name in VERSION_FILES
        if name not in foreign and os.path.isfile(folder / name)  # noqa: PTH113  # no error for a bad name
    )


def place(places: Places, folder: Path) -> Path | None:
    """Return where the record of ``folder`` is; None where it could be of another folder."""
    if not folder.is_absolute() or ".." in folder.parts or "\0" in str(folder):
        return None
    return places.project(folder)


def write(places: Places, folder: Path, ask: Callable[[Path], Answer]) -> Answer:
    """Ask for the answer of ``folder`` and write it down, if it can be."""
    path = place(places, folder)
    if path is None:
        return ask(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    except OSError:  # too long, or the folder is called .version
        return ask(folder)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123  # a descriptor is no path
            begun = os.fstat(handle).st_mtime_ns
            there = present(folder)
            answer = ask(folder)
            stream.write(_text(answer, there))
        os.utime(unfinished, ns=(begun, begun))
        os.replace(unfinished, path)  # noqa: PTH105
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return answer


def _text(answer: Answer, there: tuple[str, ...]) -> bytes:
    lines = (
        answer.bin,
        answer.name,
        _line(answer.expression),
        _line(answer.file),
        "".join(f" {name}" for name in there),
        _line(answer.note),
    )
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _line(text: str) -> str:
    """Return ``text`` on one line; what a terminal would obey is spelt out."""
    return "".join(
        letter
        if letter.isprintable() or "\udc80" <= letter <= "\udcff"
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def read(places: Places, folder: Path) -> Record | None:
    """Return the record of ``folder`` if it is still good, as a hook would find it."""
    path = place(places, folder)
    if path is None:
        return None
    try:
        lines = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
        made = path.stat().st_mtime_ns
        there = present(folder)
        if len(lines) <= _LINES or lines[4] != "".join(f" {name}" for name in there):
            return None
        files = [folder / name for name in there] + [Path(lines[3])] * os.path.isfile(lines[3])  # noqa: PTH113
        if any(file.stat().st_mtime_ns >= made for file in files):
            return None
    except OSError:
        return None
    return Record(Answer(lines[0], lines[1], lines[2], lines[3], lines[5]), there)


def write_up(places: Places, folder: Path, ask: Callable[[Path], Answer]) -> Answer:
    """Write the records of ``folder`` and of those above it, up to the one that decides.

    This is what a hook asks for: after it, the walk finds each record on its way.
    """
    weak = None
    for above in (folder, *folder.parents):
        if present(above):
            known = read(places, above) if above != folder else None
            answer = known.answer if known else write(places, above, ask)
            if answer.name.startswith(WEAK):
                weak = weak or answer
            elif answer.name != NOTHING:
                return answer
    return weak or Answer()


def every(places: Places) -> Iterator[tuple[Path, Path]]:
    """Yield each record's file and the folder it is about; what was left unfinished is removed."""
    for root, folders, files in os.walk(places.projects):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(root, name))]  # noqa: PTH114, PTH118
        for name in files:
            path = Path(root, name)
            if name.startswith(_UNFINISHED):
                path.unlink(missing_ok=True)
            elif name == _RECORD:
                parts = path.parent.relative_to(places.projects).parts
                yield path, _folder(parts)


def _folder(parts: tuple[str, ...]) -> Path:
    """Return the folder whose record's path has ``parts``."""
    if WINDOWS and parts and len(parts[0]) == 1:
        return Path(f"{parts[0]}:\\", *parts[1:])
    return Path(Path.cwd().anchor, *parts)


def refresh(places: Places, store: Store) -> tuple[Path, ...]:
    """Bring the links of aliases and every record up to what is installed and named now.

    Records of folders that are gone are forgotten. Return the folders that still have one: those are
    what ``prune`` has to know. Called after each change of what is installed and of aliases.
    """
    from rtinstall.installer.alias_links import relink
    from rtinstall.installer.answers import asker

    relink(store)
    ask = asker(places, store)
    kept = []
    for path, folder in list(every(places)):
        if present(folder):
            write(places, folder, ask)
            kept.append(folder)
        else:
            _remove(places, path)
    return tuple(sorted(kept))


def forget(places: Places, folder: Path) -> None:
    """Remove the record of ``folder``."""
    path = place(places, folder)
    if path is not None:
        _remove(places, path)


def _remove(places: Places, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
    for above in path.parents:
        if above == places.projects or places.projects not in above.parents:
            break
        try:
            above.rmdir()
        except OSError:  # another project's record is below
            break
