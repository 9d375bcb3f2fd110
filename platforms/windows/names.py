"""What Windows calls a file name (Microsoft, "Naming Files, Paths, and Namespaces")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rtinstall.runtime_bundle.errors import NotExpressible
from rtinstall.runtime_bundle.model import Entry, Symlink
from rtinstall.runtime_bundle.names import RESERVED

# Half a surrogate pair is no character, and has no UTF-8.
FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f\ud800-\udfff]')
MOST_COMPONENT = 255  # UTF-16 units
# MAX_PATH is 260 with the zero at its end.
MOST_PATH = 259


def check_names(entries: Sequence[Entry], *, room: int) -> None:
    """Raise :class:`NotExpressible` for a link, a name Windows forbids, or a path over ``room`` units.

    The units are those of UTF-16, the path is the entry's with one unit for each separator.
    """
    faults = [fault for entry in entries for fault in _faults(entry, room)]
    if faults:
        more = f", and {len(faults) - 1} more like it" if len(faults) > 1 else ""
        raise NotExpressible(
            f"Windows cannot hold {faults[0]}{more}",
            hint="leave it out or rename it, or choose a target other than Windows",
        )


def units(text: str) -> int:
    """Return the length of ``text`` in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _faults(entry: Entry, room: int) -> Iterator[str]:
    path = entry.path
    if isinstance(entry, Symlink):
        yield f"{path!r}: it is a symbolic link"
    if units(path) > room:
        yield f"{path!r}: it has {units(path)} units of UTF-16, and there is room for {room}"
    for part in path.split("/"):
        if found := FORBIDDEN.search(part):
            yield f"{path!r}: it has the character {found[0]!r}"
        if part.endswith((".", " ")):
            yield f"{path!r}: {part!r} ends in {part[-1]!r}"
        if RESERVED.fullmatch(part.partition(".")[0].rstrip(" ")):
            yield f"{path!r}: {part!r} is the name of a device"
        if units(part) > MOST_COMPONENT:
            yield f"{path!r}: a name in it has {units(part)} units of UTF-16"
