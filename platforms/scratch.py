"""Room on disk for what must be known before it can be written."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, BinaryIO


def scratch_file(beside: BinaryIO) -> AbstractContextManager[IO[bytes]]:
    """Open a temporary file without a name, on the disk that ``beside`` is written to."""
    name = getattr(beside, "name", None)
    folder = Path(name).parent if isinstance(name, str) else None
    return tempfile.TemporaryFile(dir=folder)
