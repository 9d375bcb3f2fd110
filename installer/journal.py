"""What is being changed, written down before the first step of it is made.

One small file a change, ``journal/ID``, that is on the disk before the change begins and removed after
its last step. Whoever has the lock and finds one knows that its writer is gone, and carries on.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Literal

from rtinstall.installer.disk import Disk

MOST = 1 << 14  # bytes of a record
ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Record:
    """A change.

    ``publish``: ``stage/ID/tree`` becomes ``versions/NAME``, with the receipt beside it; ``inode`` is
    that folder's, which tells whether it has already been exchanged for the one that was there.
    ``remove``: what the receipt of NAME lists goes, by way of ``trash/ID``; the rest of the folder
    goes too or, with ``keep``, is kept. ``alias``: the link NAME leads to ``target``, or goes where
    that is empty.
    """

    id: str
    what: Literal["publish", "remove", "alias"]
    name: str
    inode: int = 0
    keep: bool = False
    target: str = ""


def begin(disk: Disk, record: Record) -> None:
    """Write ``record`` down; once this returns it is on the disk."""
    disk.replace(f"journal/{record.id}", json.dumps(asdict(record)).encode())


def end(disk: Disk, record: Record) -> None:
    """Forget ``record``: its change was made, or was undone."""
    disk.unlink(f"journal/{record.id}")
    disk.sync("journal")


def unfinished(disk: Disk) -> tuple[list[Record], list[str]]:
    """Return the records there are, and the names of files that are none."""
    found: list[Record] = []
    damaged: list[str] = []
    for name in disk.names("journal"):
        try:
            value = json.loads(disk.read(f"journal/{name}", MOST))
            record = Record(**{field.name: value[field.name] for field in fields(Record)})
            known = record.what in ("publish", "remove", "alias") and isinstance(record.name, str)
            if not known or record.id != name or not ID.fullmatch(name):
                raise ValueError
            found.append(record)
        except (OSError, ValueError, LookupError, TypeError):
            damaged.append(name)
    return found, damaged
