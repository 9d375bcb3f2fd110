"""A file that has arrived in part: what is there, which edition of it, and room for the rest."""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rtinstall.runtime_bundle.errors import NoSpace

STRONG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')  # RFC 9110, section 8.8.3, without weak ones


class Partial:
    """The file at ``path``, and beside it a note of the edition (ETag) it is a part of."""

    def __init__(self, path: Path) -> None:
        """Take what is at ``path``, if anything is."""
        self.path = path
        self._note = path.with_name(f"{path.name}.etag")

    @property
    def size(self) -> int:
        """Return how many bytes are there."""
        try:
            return self.path.stat().st_size
        except OSError:  # whatever is wrong, writing will say
            return 0

    def etag(self, url: str) -> str:
        """Return the strong validator noted for ``url``; empty if there is none."""
        try:
            note = json.loads(self._note.read_bytes())
            etag = note["etag"] if note["url"] == url else ""
        except (OSError, ValueError, LookupError, TypeError):
            return ""
        return etag if isinstance(etag, str) and STRONG.fullmatch(etag) else ""

    def forget(self) -> None:
        """Remove the file and its note."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    @contextmanager
    def writing(
        self, have: int, total: int | None, *, url: str = "", etag: str = ""
    ) -> Iterator[BinaryIO]:
        """Open the file to write on from ``have``; :class:`NoSpace` if the rest has no room.

        A file that filled the disk is removed: what is left of it is worth less than a disk to
        work on.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            free, missing = shutil.disk_usage(self.path.parent).free, (total or 0) - have
            if missing > free:
                raise NoSpace(f"{self.path.parent} has {free} bytes free, {missing} are to come")
            self._note.write_text(json.dumps({"url": url, "etag": etag}), encoding="utf-8")
            with self.path.open("r+b" if have else "wb") as file:
                file.seek(have)
                yield file
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                self.forget()
            raise NoSpace(f"{self.path} cannot be written: {error.strerror}") from error
