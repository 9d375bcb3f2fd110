from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bundles import small_bundle
from rtinstall.runtime_bundle.model import Bundle
from world.rtbuild import Desk
from world.runtime import Upstream
from world.server import running


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return small_bundle()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """Give a mirror that serves nothing yet."""
    with running() as server:
        yield Upstream(server)
