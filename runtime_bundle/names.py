"""Names and links that are safe on every system, whichever one the entries are written on later."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rtinstall.runtime_bundle.archives.limits import LIMITS, Limits
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import Entry, Symlink, check_path, resolve_link, tree

# What Windows takes for a device, with any suffix (Microsoft, "Naming Files, Paths, and Namespaces").
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


def check_tree(entries: Iterable[Entry], limits: Limits = LIMITS) -> tuple[Entry, ...]:
    """Do what :func:`model.tree` does, and refuse names and links that are unsafe on any system."""
    checked = tree(entries)
    links = {_folded(entry.path) for entry in checked if isinstance(entry, Symlink)}
    for entry in checked:
        _check_names(entry.path, limits)
        if isinstance(entry, Symlink):
            for step in _steps(entry, limits):
                if _folded(step) in links:
                    raise UnsafeArchive(f"link {entry.path!r} leads through the link {step!r}")
    return checked


def check_name(name: str, limits: Limits = LIMITS) -> None:
    """Raise :class:`UnsafeArchive` unless every system takes ``name`` for the same relative path."""
    check_path(name)
    _check_names(name, limits)


def _check_names(name: str, limits: Limits) -> None:
    if len(name.encode(errors="surrogateescape")) > limits.path or name.count("/") >= limits.depth:
        raise UnsafeArchive(f"a path in the archive is too long or too deep: {name[:80]!r}")
    folder, _, last = name.rpartition("/")
    if folder:
        _check_folder(folder, limits)
    _check_component(last, name, limits)


@lru_cache(maxsize=1 << 12)  # 6,000 paths lie in 1,000 folders
def _check_folder(folder: str, limits: Limits) -> None:
    for part in folder.split("/"):
        _check_component(part, folder, limits)


def _check_component(part: str, name: str, limits: Limits) -> None:
    length = _length(part)
    if length is None:
        raise UnsafeArchive(f"{name!r} is not UTF-8")
    if length > limits.component:
        raise UnsafeArchive(f"a name in the archive is too long: {part[:80]!r}")
    if not length:
        raise UnsafeArchive(f"{name!r} is not a name on every system")


@lru_cache(maxsize=1 << 14)  # a tree of 6,000 paths is made of 3,000 names, looked at many times
def _length(part: str) -> int | None:
    """Return the bytes of a name, 0 for one that some system reads otherwise, None if not UTF-8."""
    try:
        length = len(part.encode())
    except UnicodeEncodeError:
        return None
    if (
        ":" in part
        or part.endswith((".", " "))
        or RESERVED.fullmatch(part.partition(".")[0].rstrip(" "))
        or any(unicodedata.category(character) == "Cc" for character in part)
    ):
        return 0
    return length


def _steps(link: Symlink, limits: Limits) -> Iterator[str]:
    """Yield every place on the way from a link to its target, without the target itself."""
    parts = [part for part in link.target.split("/") if part not in ("", ".")]
    for part in parts:
        if part != "..":
            _check_component(part, link.target, limits)
    if len(link.target.encode()) > limits.path:
        raise UnsafeArchive(f"the target of link {link.path!r} is too long")
    for count in range(1, len(parts)):
        yield resolve_link(link.path, "/".join(parts[:count]))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
