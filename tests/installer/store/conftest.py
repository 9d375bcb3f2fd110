"""A store, and runtimes to put into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtinstall.installer.store import Store
from world.store import store_at


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the store is: a place with blanks and letters that not everybody has."""
    return tmp_path / "größe ✓ home" / "rt install"


@pytest.fixture
def store(home: Path) -> Store:
    return store_at(home)
