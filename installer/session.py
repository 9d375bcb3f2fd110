"""What one run of ``rtinstall`` works with, each part made when a verb first asks for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from rtinstall.installer.places import Places, find_places


@dataclass(frozen=True)
class Session:
    """A run: the environment and folder it was started in, and what follows from these."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = field(default_factory=Path.cwd)

    @cached_property
    def places(self) -> Places:
        """Return where everything lies."""
        return find_places(self.environment)
