from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from world.installed import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Give a home without versions, and make sure that no node was run."""
    home = Home(tmp_path)
    home.work.mkdir(parents=True)
    yield home
    assert home.nothing_was_run()
