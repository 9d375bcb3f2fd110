"""Undo what auditwheel does to an executable, so that it asks for the system's libraries again.

A wheel for musl carries copies of libstdc++ and libgcc under names of their own
(``libstdc++-5d72f927.so.6.0.33``) beside the package; the executable asks for these names, and looks
for them in a folder relative to the wheel. Outside of the wheel neither is there. The names are
shorter in the original, so they are put back where they stand, ended early; nothing moves.
"""

from __future__ import annotations

import hashlib
import mmap
import re
from dataclasses import replace

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.model import File, Slice

GRAFTED = re.compile(r"(lib[a-z+_]+)-[0-9a-f]{8}\.so[.0-9]*")
ORIGINAL = {
    "libstdc++": "libstdc++.so.6",
    "libgcc_s": "libgcc_s.so.1",
    "libatomic": "libatomic.so.1",
}
SEARCH_PATH = re.compile(rb"\0(\$ORIGIN/[./]*/[a-z_]+\.libs)\0")
OWN_LIBRARIES = b"$ORIGIN/../lib"


def restored(file: File, needed: tuple[str, ...]) -> File:
    """Return the executable ``file`` asking for original names; its bytes in the spool are changed.

    ``needed`` is what it asks for now. The same file if nothing in it was grafted; raises
    :class:`WrongBinary` for a library whose original name is not known.
    """
    names = {name: match[1] for name in needed if (match := GRAFTED.fullmatch(name))}
    if not names or not isinstance(file.content, Slice):
        return file
    content = file.content
    with content.path.open("r+b") as spool, mmap.mmap(spool.fileno(), 0) as memory:
        end = content.offset + content.size
        for name, library in names.items():
            original = ORIGINAL.get(library)
            if original is None:
                raise WrongBinary(f"the executable needs {name}, whose original name is not known")
            _replace(memory, name.encode(), original.encode(), content.offset, end)
        found = SEARCH_PATH.search(memory, content.offset, end)
        if found:
            _replace(memory, found[1], OWN_LIBRARIES, content.offset, end)
        state = hashlib.sha256(memoryview(memory)[content.offset : end])
    return replace(file, sha256=state.hexdigest())


def _replace(memory: mmap.mmap, old: bytes, new: bytes, start: int, end: int) -> None:
    """Put the string ``new`` where ``old`` stands, once, as a whole string of the string table."""
    place = memory.find(b"\0" + old + b"\0", start, end)
    if place < 0 or memory.find(b"\0" + old + b"\0", place + 1, end) >= 0:
        raise WrongBinary(f"{old.decode()} does not stand in the executable just once")
    memory[place + 1 : place + 1 + len(old)] = new.ljust(len(old), b"\0")
