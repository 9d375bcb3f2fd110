"""Tell whose a path in a version's folder is: the runtime's, as it was installed, or its user's.

Users put global packages into the folder, and whatever these bring along. What a receipt lists is the
runtime's; so is everything in the folder of a package that came with it: npm updates itself by
exchanging that folder as a whole, and nobody wants the half of it that is newer than the receipt.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from rtinstall.installer.disk import is_folder
from rtinstall.installer.receipt import Line

Belongs = Callable[[str], bool]
MANIFEST = re.compile(r"((?:lib/)?node_modules/(?:@[^/]+/)?[^/@]+/)package\.json")
# What belongs to a runtime that somebody else has installed, and of which there is no list.
RUNTIME = re.compile(
    r"(?:bin/)?(?:node(?:\.exe)?|(?:npm|npx|corepack)(?:\.cmd|\.ps1)?)"
    r"|(?:lib/)?node_modules/(?:npm|corepack)(?:/.*)?"
    r"|include(?:/node(?:/.*)?)?"
    r"|share(?:/(?:doc|doc/node|doc/node/.*|man|man/man1|man/man1/node\.1|systemtap(?:/.*)?))?"
    r"|bin|lib|(?:lib/)?node_modules|LICENSE|README\.md|CHANGELOG\.md"
    r"|nodevars\.bat|install_tools\.bat|node_etw_provider\.man"
)


def of_runtime(listed: Iterable[Line]) -> Belongs:
    """Return what tells the paths of a runtime, which its receipt lists, from its user's."""
    paths = {line.path for line in listed}
    packages = tuple(match[1] for path in paths if (match := MANIFEST.fullmatch(path)))
    return lambda path: path in paths or path.startswith(packages)


def strangers(
    folder: Path, ours: Belongs, above: str = ""
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield what in ``folder`` is not ``ours``, each folder before what is in it."""
    with os.scandir(folder) as found:
        for item in sorted(found, key=lambda item: item.name):
            path = above + item.name
            inner = is_folder(item.stat(follow_symlinks=False))
            if not ours(path):
                yield path, item
            if inner:
                yield from strangers(folder / item.name, ours, f"{path}/")


def carry(old: Path, new: Path, ours: Belongs, *, link: bool) -> None:
    """Give ``new`` what in ``old`` is not ``ours``; nothing that is in ``new`` is replaced.

    With ``link`` it is the same files, for a folder that takes the place of ``old``; else copies.
    """
    for path, item in strangers(old, ours):
        place = new / path
        if os.path.lexists(place):
            continue
        status = item.stat(follow_symlinks=False)
        if is_folder(status):
            place.mkdir(parents=True)
            place.chmod(status.st_mode & 0o7777 | 0o700)
        elif item.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(Path(item.path).readlink(), item.is_dir())
        elif item.is_file(follow_symlinks=False):
            place.parent.mkdir(parents=True, exist_ok=True)
            if link:
                with suppress(OSError):
                    os.link(item.path, place, follow_symlinks=False)
                    continue
            shutil.copy2(item.path, place, follow_symlinks=False)
