from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from world.installed import Home
from world.mirror import KEY
from world.rtinstall import Desk
from world.runtime import Upstream
from world.server import Server, running


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Give a home without versions, and make sure that no node was run."""
    home = Home(tmp_path)
    home.work.mkdir(parents=True)
    yield home
    assert home.nothing_was_run()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.fixture
def upstream(server: Server) -> Upstream:
    """Give a signed mirror that serves nothing yet."""
    return Upstream(server, signer=KEY)
