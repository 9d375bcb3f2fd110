"""What one run of ``rtinstall`` works with, each part made when a verb first asks for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.places import Places, find_places

if TYPE_CHECKING:
    from rtinstall.installer.aliases import Aliases
    from rtinstall.installer.store import Store


@dataclass(frozen=True)
class Session:
    """A run: the environment and folder it was started in, and what follows from these."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = field(default_factory=Path.cwd)

    @cached_property
    def places(self) -> Places:
        """Return where everything lies."""
        return find_places(self.environment)

    @cached_property
    def aliases(self) -> Aliases:
        """Return the user's names for versions."""
        from rtinstall.installer.aliases import Aliases

        return Aliases(self.places.aliases)

    @cached_property
    def store(self) -> Store:
        """Return the versions on this machine."""
        from rtinstall.installer.store import Store

        return Store(self.places, environment=self.environment)
